"""A product in another layout than the lecture's x^T W: neurons as rows, a bias apart. No figure changes."""

from __future__ import annotations

from collections.abc import Iterator

from nnlec.rendering.document import Entry, Matrix, Product
from nnlec.rendering.explain.figures import Notation


def arranged(product: Product, note: Notation, *, bias: bool) -> Product:
    """x^T W, its first row the bias where there is one, as the notation has it."""
    left, right, added, turned = product.left, product.right, None, note.neurons_in_rows
    if bias and note.bias_apart:
        added = Matrix(right.rows[:1], (1, right.shape[1]))
        left, right = _turned(_below(_turned(left))), _below(right)
    if not turned:
        return product._replace(left=left, right=right, added=added)
    return product._replace(
        left=_turned(right),
        right=_turned(left),
        added=added and _turned(added),
        result=_turned(product.result),
        entries=tuple(map(_entry_turned, product.entries)),
    )


def gradient_arranged(product: Product, note: Notation, *, bias: bool) -> Product:
    """[1 x]^T times delta, the first row of which belongs to the bias where there is one, as the notation has it."""
    left, result, entries = product.left, product.result, product.entries
    if bias and note.bias_apart:
        left, result = _below(left), _below(result)
        entries = tuple(entry._replace(row=entry.row - 1) for entry in entries if entry.row)
    if not note.neurons_in_rows:
        return product._replace(left=left, result=result, entries=entries)
    return product._replace(
        left=_turned(product.right),
        right=_turned(left),
        result=_turned(result),
        entries=tuple(_by_place(map(_entry_turned, entries))),
    )


def _by_place(entries: Iterator[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.row, entry.column))


def _entry_turned(entry: Entry) -> Entry:
    return entry._replace(row=entry.column, column=entry.row)


def _turned(matrix: Matrix) -> Matrix:
    """The transposed matrix."""
    return Matrix(tuple(zip(*matrix.rows, strict=True)), matrix.shape[::-1])


def _below(matrix: Matrix) -> Matrix:
    """Without its first row."""
    return Matrix(matrix.rows[1:], (matrix.shape[0] - 1, matrix.shape[1]))
