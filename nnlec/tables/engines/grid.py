"""Where the cells of a whole block of separated lines lie, found at once; they may be quoted, as is usual."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnlec.named import NamedTuple
from nnlec.tables.engines.dialects import Separated, has_plain_lines
from nnlec.tables.rows import CellRows, Passthrough, PlainLines, Selection
from nnlec.tables.text_column import TextColumn

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Indices

Texts = tuple[tuple[TextColumn, ...], Passthrough | None]
"""The columns of text, and what passes through."""

LF, QUOTE = b'\n"'
_FEW = 8
"""Bytes are copied one by one where less than this fraction (1 in 8) of them is copied."""


def plain_lines(data: bytes) -> bytes | None:
    """`data` with LF line ends, each line ended by one; None when it holds NUL, stray CR or broken UTF-8."""
    if not has_plain_lines(data):
        return None
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    return data if data.endswith(b"\n") else data + b"\n"


def lines_of(text: bytes) -> list[str]:
    """The lines of plain lines."""
    return text.decode().split("\n")[:-1]


class Cells(NamedTuple):
    """Plain lines, and where their cells end, (rows, columns)."""

    data: bytes
    ends: Indices

    def has_empty(self, columns: list[int]) -> bool:
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


class CellGrid(NamedTuple):
    """The cells of separated lines; `lines` are more than rows, and `inner` is true, where a quoted cell holds some."""

    cells: Cells
    lines: int
    dialect: Separated
    inner: bool
    """Whether a delimiter or a line end stands in quotes."""

    @classmethod
    def of(cls, data: bytes, width: int, dialect: Separated) -> CellGrid | None:
        """The grid of `data`; None where a row does not have `width` cells, or a quote stands where none is usual."""
        text = plain_lines(data)
        if text is None:
            return None
        array = np.frombuffer(text, np.uint8)
        line_ends = array == LF
        lines = rows = int(np.count_nonzero(line_ends))
        ends = np.flatnonzero(np.logical_or(line_ends, array == ord(dialect.delimiter), out=line_ends))
        inner = False
        if b'"' in text:
            quotes = np.flatnonzero(array == QUOTE)
            if not _are_regular(array, quotes, ord(dialect.delimiter)):
                return None
            outside = ~in_quotes(quotes, ends)
            inner = not outside.all()
            if inner:
                if b"\r" in data:
                    return None
                ends = ends[outside]
                rows = int(np.count_nonzero(array[ends] == LF))
        if ends.size != rows * width:
            return None
        cells = Cells(text, ends.reshape(rows, width))
        return cls(cells, lines, dialect, inner) if (array[cells.ends[:, -1]] == LF).all() else None

    @property
    def delimiter(self) -> str:
        """What stands between numbers."""
        return self.dialect.delimiter

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.cells.ends)

    def number_text(self, columns: list[int]) -> bytes | None:
        """Plain lines with these columns alone, points in the numbers; None where a cell is empty, or no number."""
        text = None if self.cells.has_empty(columns) else self._unquoted(columns)
        if text is None or not self.dialect.decimal_comma:
            return text
        return None if b"." in text else text.replace(b",", b".")

    def texts(self, selection: Selection) -> Texts:
        """The columns of text, and what passes through."""
        texts = tuple(TextColumn.of(self._column(column)) for column in selection.texts)
        passed = list(selection.passthrough)
        if not passed:
            return texts, None
        plain = self._unquoted(passed)
        if plain is not None:
            return texts, PlainLines(lines_of(plain), self.delimiter)
        return texts, CellRows(self._records(passed))

    def _column(self, column: int) -> list[str]:
        plain = self._unquoted([column])
        return lines_of(plain) if plain is not None else [cell for (cell,) in self._records([column])]

    def _unquoted(self, columns: list[int]) -> bytes | None:
        """Lines with these columns alone, without quotes; None where they need some."""
        text = self.cells.pick(columns)
        if b'"' not in text:
            return text
        if b'""' in text:
            return None
        text = text.translate(None, b'"')
        if self.inner:
            marks = np.frombuffer(text, np.uint8)
            count = np.count_nonzero(marks == LF) + np.count_nonzero(marks == ord(self.delimiter))
            return text if count == self.rows * len(columns) else None
        return text

    def _records(self, columns: list[int]) -> list[Sequence[str]]:
        text = io.StringIO(self.cells.pick(columns).decode())
        return [cells or [""] for cells in csv.reader(text, delimiter=self.delimiter)]


def in_quotes(quotes: Indices, places: Indices) -> NDArray[np.bool_]:
    """Which places stand in quotes: behind an odd number of them."""
    inside: NDArray[np.bool_] = (np.searchsorted(quotes, places) & 1).astype(np.bool_)
    return inside


def _are_regular(array: NDArray[np.uint8], quotes: Indices, delimiter: int) -> bool:
    """Whether every quote begins or ends a cell, or is one of two that stand for one."""
    if quotes.size % 2:
        return False
    usual = np.zeros(256, np.bool_)
    usual[[LF, delimiter, QUOTE]] = True
    return bool(usual[array[quotes[0::2] - 1]].all() and usual[array[quotes[1::2] + 1]].all())  # the last byte is LF
