"""The fast engine: polars' parser and printer, on blocks of our own, so that memory stays flat.

Needs the extra nnlec[fast].
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from nnlec.tables.engines import stream
from nnlec.tables.engines.block_reader import DECIMAL, is_separated, numbers_of, read_block, reordered
from nnlec.tables.engines.dialects import Dialect
from nnlec.tables.engines.grid import LF, plain_lines
from nnlec.tables.engines.interface import Engine, ParsedBlock
from nnlec.tables.engines.parquet import read_parquet
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


_WIDE = 1000
"""Columns from which a frame for each block takes longer than it saves."""

_MANY_SMALL = 8
"""Numbers from 1e-5 to 1e-4, which polars writes otherwise, are too many when they are more than one in so many."""

_ZEROS = b"0.0000"
_AFTER_ZEROS = re.compile(rb"([1-9])([0-9]*)")


def read_fast(data: bytes, selection: Selection, header: Header, dialect: Dialect) -> ParsedBlock | None:
    """The rows of a block, or None; where all of it is plain numbers, polars finds the cells too."""
    order = sorted(set(selection.numbers))
    everything = len(order) == header.width <= _WIDE and not selection.texts and not selection.passthrough
    if everything and is_separated(dialect) and not dialect.decimal_comma and b'"' not in data:
        lines = plain_lines(data)
        if lines is not None and not lines.translate(None, DECIMAL + dialect.delimiter.encode()):
            numbers = _numbers(lines, len(order), dialect.delimiter)
            return None if numbers is None else _block(numbers, order, selection)
    return read_block(data, selection, header, dialect, _parsed)


def _block(numbers: Array, order: list[int], selection: Selection) -> ParsedBlock:
    return ParsedBlock(Rows(reordered(numbers, order, selection.numbers)), len(numbers))


def _parsed(text: bytes, rows: int, columns: int, delimiter: str) -> Array | None:
    """The numbers of plain lines; those with blanks around them are left to the default engine's reader."""
    if text.translate(None, DECIMAL + delimiter.encode()):
        return numbers_of(text, rows, columns, delimiter)
    return _numbers(text, columns, delimiter)


def number_lines(numbers: Array, delimiter: str) -> bytes:
    """Rows of numbers as lines of shortest round-trip text, spelled as the default engine spells them."""
    size = np.abs(numbers)
    small = np.count_nonzero((size >= 1e-5) & (size < 1e-4))
    if not numbers.size or numbers.shape[1] > _WIDE or small * _MANY_SMALL > numbers.size:
        return stream.number_lines(numbers, delimiter)
    out = io.BytesIO()
    pl.from_numpy(numbers).write_csv(out, include_header=False, separator=delimiter)
    text = out.getvalue()
    if small:
        text = _with_exponents(text)
    return text if np.isfinite(numbers).all() else text.replace(b"NaN", b"nan")


def _numbers(text: bytes, columns: int, delimiter: str) -> Array | None:
    """(rows, columns) of plain lines of decimal numbers; None where a cell is missing, no number, or not finite."""
    if columns > _WIDE:
        column = _numbers(text.replace(delimiter.encode(), b"\n"), 1, delimiter)
        return None if column is None else column.reshape(-1, columns)
    schema = {f"{column}": pl.Float64 for column in range(columns)}
    try:
        frame = pl.read_csv(text, has_header=False, schema=schema, separator=delimiter, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    lines = np.count_nonzero(np.frombuffer(text, np.uint8) == LF)  # far faster than bytes.count
    if frame.height != lines:
        return None
    numbers = frame.to_numpy(order="c")  # NaN where a cell is missing
    return numbers if np.isfinite(numbers).all() else None


def _with_exponents(text: bytes) -> bytes:
    """Polars writes 0.000012 where the shortest text is 1.2e-5. Splitting is three times as fast as a pattern.

    >>> _with_exponents(b"0.000012,-0.00003,10.00001")
    b'1.2e-5,-3e-5,10.00001'
    """
    first, *others = text.split(_ZEROS)
    pieces, before = [first], first
    for piece in others:
        found = None if before[-1:].isdigit() else _AFTER_ZEROS.match(piece)
        if found is None:
            pieces += [_ZEROS, piece]
        else:
            leading, rest = found.groups()
            pieces += [leading, b"." + rest if rest else b"", b"e-5", piece[found.end() :]]
        before = piece
    return b"".join(pieces)


ENGINE = Engine(2 << 20, read_fast, number_lines, read_parquet)
