"""Reads a whole block of plain rows at once; returns None for a block that must be read record by record.

It accepts no text that `parse_number` rejects: the block may hold the bytes of decimal numbers only, every row must
have as many cells as the table has columns, and every number must be finite.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnlec.arithmetic.numbers import NumeralError
from nnlec.arithmetic.parse_floats import decimals
from nnlec.named import NamedTuple
from nnlec.tables.engines.dialects import Dialect, Separated, has_plain_lines
from nnlec.tables.engines.interface import ParsedBlock
from nnlec.tables.header import Header
from nnlec.tables.rows import CellRows, PlainLines, Rows, Selection
from nnlec.tables.text_column import TextColumn

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

DECIMAL = b"0123456789+-.eE\n"
_EMPTY = re.compile(rb"(?:^|[,\n]) *[,\n]")
LF = 10
_FEW = 8
"""Bytes are copied one by one where less than this fraction (1 in 8) of them is copied."""


def plain_lines(data: bytes) -> bytes | None:
    """`data` with LF line ends, each line ended by one; None when it holds quotes, NUL, stray CR or broken UTF-8."""
    if b'"' in data or not has_plain_lines(data):
        return None
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    return data if data.endswith(b"\n") else data + b"\n"


class Grid(NamedTuple):
    """Plain lines, and where their cells end, (rows, columns)."""

    data: bytes
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, data: bytes, width: int, delimiter: str) -> Grid | None:
        """The grid of `data`; None where a line does not have `width` cells."""
        array = np.frombuffer(data, np.uint8)
        line_ends = array == LF
        lines = np.count_nonzero(line_ends)
        ends = np.flatnonzero(np.logical_or(line_ends, array == ord(delimiter), out=line_ends))
        if ends.size != lines * width:
            return None
        grid = ends.reshape(-1, width)
        return cls(data, grid) if (array[grid[:, -1]] == LF).all() else None

    def has_empty_cell(self, columns: list[int]) -> bool:
        """Whether a cell of these columns ends where it begins."""
        before = np.concatenate(([-1], self.ends.ravel()[:-1])).reshape(self.ends.shape)
        lengths = self.ends - before if len(columns) == self.ends.shape[1] else (self.ends - before)[:, columns]
        return bool((lengths == 1).any())

    def pick(self, columns: list[int]) -> bytes:
        """The lines with these columns alone, in the order of the table."""
        width = self.ends.shape[1]
        if len(columns) == width:
            return self.data
        wanted = np.isin(np.arange(width), columns)
        runs = np.flatnonzero(np.append(wanted[:-1] != wanted[1:], True))  # the last column of each run of like ones
        chosen = np.flatnonzero(wanted[runs])
        ends = self.ends.take(runs, axis=1)
        lengths = np.diff(ends.ravel(), prepend=-1).reshape(ends.shape)
        each = lengths.take(chosen, axis=1).ravel()
        total = int(each.sum())
        cells = np.frombuffer(self.data, np.uint8).copy()
        cells[self.ends[:, columns[-1]]] = LF
        if total * _FEW > len(cells):
            picked = cells[np.repeat(np.tile(wanted[runs], len(self.ends)), lengths.ravel())]
        else:
            starts = ends.take(chosen, axis=1).ravel() + 1 - np.cumsum(each)
            picked = cells[np.repeat(starts, each) + np.arange(total)]
        return bytes(picked.data)


def numbers_of(text: bytes, rows: int, columns: int, delimiter: str) -> Array | None:
    """(rows, columns): the numbers of plain lines, correctly rounded; None when a cell is not a finite number."""
    separator = delimiter.encode()
    odd = text.translate(None, DECIMAL + separator)
    if odd.strip(b" "):
        return None
    if separator != b",":
        text = text.replace(separator, b",")
    if odd and _EMPTY.search(text):  # numpy reads some of them as -1
        return None
    if not odd:
        array = np.frombuffer(text, np.uint8)
        fast = decimals(text, np.flatnonzero((array == ord(",")) | (array == LF)))
        if fast is not None and np.isfinite(fast).all():
            return fast.reshape(rows, columns)
    try:  # blanks in the separator let blanks stand around it
        values = np.fromstring(text.replace(b"\n", b",") + b"0", sep=" , " if odd else ",")
    except (ValueError, DeprecationWarning):
        return None
    values, end = values[:-1], values[-1:]  # numpy before 2.3 stops at what is no number, and does not say so
    if end.size == 0 or values.size != rows * columns or not np.isfinite(values).all():
        return None
    return values.reshape(rows, columns)


def with_points(text: bytes, dialect: Separated) -> bytes | None:
    """Lines of numbers with decimal points; None where they should have commas and have points."""
    if not dialect.decimal_comma:
        return text
    return None if b"." in text else text.replace(b",", b".")


def reordered(numbers: Array, order: list[int], wanted: tuple[int, ...]) -> Array:
    """`numbers`, whose columns are those of `order`, ascending, with the columns `wanted`."""
    if tuple(order) == wanted:
        return numbers
    return np.ascontiguousarray(numbers[:, np.searchsorted(order, wanted)])


def read_block(data: bytes, selection: Selection, header: Header, dialect: Dialect) -> ParsedBlock | None:
    """The rows of a block of whole lines, read at once; None when they must be read one by one."""
    if not isinstance(dialect, Separated) or len(dialect.delimiter) > 1 or b'"' in data:
        return _rows_of_records(data, selection, header, dialect)
    delimiter = dialect.delimiter
    lines = plain_lines(data)
    grid = Grid.of(lines, header.width, delimiter) if lines is not None else None
    if grid is None:
        return None
    order = sorted(set(selection.numbers))
    if order:
        if grid.has_empty_cell(order):
            return None
        text = with_points(grid.pick(order), dialect)
        numbers = None if text is None else numbers_of(text, len(grid.ends), len(order), delimiter)
        if numbers is None:
            return None
        numbers = reordered(numbers, order, selection.numbers)
    else:
        numbers = np.empty((len(grid.ends), 0))
    return ParsedBlock(Rows(numbers, *texts_and_passthrough(grid, selection, delimiter)), len(grid.ends))


def _rows_of_records(data: bytes, selection: Selection, header: Header, dialect: Dialect) -> ParsedBlock | None:
    """The rows of a block with quoted cells, or of JSON lines."""
    found = dialect.whole(data)
    if found is None:
        return None
    records, lines = found
    if any(len(record) != header.width for record in records):
        return None
    try:
        cells = [dialect.numeral(record[column]) for record in records for column in selection.numbers]
    except NumeralError:
        return None
    if not all(cells):
        return None
    shape = len(records), len(selection.numbers)
    text = "".join([cell + "\n" for cell in cells])
    if text.count("\n") != len(cells):  # a cell with a line end in it is no number
        return None
    numbers = numbers_of(text.encode(), len(cells), 1, "\n") if cells else np.empty(shape)
    if numbers is None:
        return None
    return ParsedBlock(cell_rows(numbers.reshape(shape), records, selection, dialect), lines)


def cell_rows(numbers: Array, records: Sequence[Sequence[str]], selection: Selection, dialect: Dialect) -> Rows:
    """The rows of records whose numbers were read."""
    texts = tuple(TextColumn.of([record[column] for record in records]) for column in selection.texts)
    if not selection.passthrough:
        return Rows(numbers, texts)
    cells: list[Sequence[str]] = [[record[column] for column in selection.passthrough] for record in records]
    return Rows(numbers, texts, CellRows(cells, dialect.typed))


def texts_and_passthrough(
    grid: Grid, selection: Selection, delimiter: str
) -> tuple[tuple[TextColumn, ...], PlainLines | None]:
    """The columns of text, and the lines that pass through."""
    texts = tuple(TextColumn.of(_lines(grid.pick([column]))) for column in selection.texts)
    passed = selection.passthrough
    return texts, PlainLines(_lines(grid.pick(list(passed))), delimiter) if passed else None


def _lines(text: bytes) -> list[str]:
    return text.decode().split("\n")[:-1]
