"""Reads a whole block of plain rows at once; returns None for a block that must be read record by record.

It accepts no text that `parse_number` rejects: the block may hold the bytes of decimal numbers only, every row must
have as many cells as the table has columns, and every number must be finite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from nnlec.arithmetic.numbers import NumeralError
from nnlec.arithmetic.parse_floats import decimals
from nnlec.tables.engines.dialects import Dialect, JsonLines, Separated
from nnlec.tables.engines.grid import LF, CellGrid
from nnlec.tables.engines.interface import ParsedBlock
from nnlec.tables.header import Header
from nnlec.tables.rows import CellRows, Rows, Selection
from nnlec.tables.text_column import TextColumn

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.engines.json_grid import JsonGrid

DECIMAL = b"0123456789+-.eE\n"
_EMPTY = re.compile(rb"(?:^|[,\n]) *[,\n]")

ParseNumbers = Callable[[bytes, int, int, str], "Array | None"]
"""(rows, columns): the numbers of plain lines with that delimiter; None where a cell is not a finite number."""


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
        values = np.fromstring(text.replace(b"\n", b",") + b"0", sep=" , ")[:-1]
    except (ValueError, DeprecationWarning):
        return None
    if values.size != rows * columns or not np.isfinite(values).all():  # numpy before 2.3 stops at what is no number
        return None
    return values.reshape(rows, columns)


def reordered(numbers: Array, order: list[int], wanted: tuple[int, ...]) -> Array:
    """`numbers`, whose columns are those of `order`, ascending, with the columns `wanted`."""
    if tuple(order) == wanted:
        return numbers
    return np.ascontiguousarray(numbers[:, np.searchsorted(order, wanted)])


def read_block(
    data: bytes, selection: Selection, header: Header, dialect: Dialect, parse: ParseNumbers = numbers_of
) -> ParsedBlock | None:
    """The rows of a block of whole lines, read at once; None when they must be read one by one."""
    grid = _grid(data, header.width, dialect)
    found = None if grid is None else _rows_of_grid(grid, selection, parse)
    if found is None and (not is_separated(dialect) or b'"' in data):
        return _rows_of_records(data, selection, header, dialect)
    return found


def is_separated(dialect: Dialect) -> TypeGuard[Separated]:
    """Whether one byte stands between cells."""
    return isinstance(dialect, Separated) and len(dialect.delimiter) == 1


def _grid(data: bytes, width: int, dialect: Dialect) -> CellGrid | JsonGrid | None:
    """Where the cells lie; None where that is not found at once."""
    if is_separated(dialect):
        return CellGrid.of(data, width, dialect)
    if isinstance(dialect, JsonLines):
        from nnlec.tables.engines.json_grid import JsonGrid

        return JsonGrid.of(data, width, dialect)
    return None


def _rows_of_grid(grid: CellGrid | JsonGrid, selection: Selection, parse: ParseNumbers) -> ParsedBlock | None:
    """The rows of a block whose cells were found."""
    order = sorted(set(selection.numbers))
    numbers: Array | None = np.empty((grid.rows, 0))
    if order:
        text = grid.number_text(order)
        numbers = None if text is None else parse(text, grid.rows, len(order), grid.delimiter)
    texts = None if numbers is None else grid.texts(selection)
    if numbers is None or texts is None:
        return None
    return ParsedBlock(Rows(reordered(numbers, order, selection.numbers), *texts), grid.lines)


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
