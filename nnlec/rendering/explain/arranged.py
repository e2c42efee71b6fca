"""A product in another layout than the lecture's x^T W: neurons as rows, a bias apart. No figure changes."""

from __future__ import annotations

from nnlec.rendering.document import Entry, Matrix, Product
from nnlec.rendering.explain.figures import Notation


def arranged(product: Product, note: Notation, *, bias: bool) -> Product:
    """x^T W, its first row the bias where there is one, as the notation has it."""
    if bias and note.bias_apart:
        left, right = product.left, product.right
        added = Matrix(right.rows[:1], (1, right.shape[1]))
        product = product._replace(left=_turned(_below(_turned(left))), right=_below(right), added=added)
    return _product_turned(product) if note.neurons_in_rows else product


def gradient_arranged(product: Product, note: Notation, *, bias: bool) -> Product:
    """[1 x]^T times delta, the first row of which belongs to the bias where there is one, as the notation has it."""
    if bias and note.bias_apart:
        entries = tuple(entry._replace(row=entry.row - 1) for entry in product.entries if entry.row)
        product = product._replace(left=_below(product.left), result=_below(product.result), entries=entries)
    return _product_turned(product) if note.neurons_in_rows else product


def _product_turned(product: Product) -> Product:
    """The transposed product, its entries row by row."""
    entries = sorted(map(_entry_turned, product.entries), key=lambda entry: (entry.row, entry.column))
    return product._replace(
        left=_turned(product.right),
        right=_turned(product.left),
        added=product.added and _turned(product.added),
        result=_turned(product.result),
        entries=tuple(entries),
    )


def _entry_turned(entry: Entry) -> Entry:
    return entry._replace(row=entry.column, column=entry.row)


def _turned(matrix: Matrix) -> Matrix:
    """The transposed matrix."""
    return Matrix(tuple(zip(*matrix.rows, strict=True)), matrix.shape[::-1])


def _below(matrix: Matrix) -> Matrix:
    """Without its first row."""
    return Matrix(matrix.rows[1:], (matrix.shape[0] - 1, matrix.shape[1]))
