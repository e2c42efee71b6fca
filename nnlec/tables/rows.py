"""A block of rows as it was read, and what may be wrong with one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.named import NamedTuple
from nnlec.tables.text_column import TextColumn

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags
    from nnlec.tables.header import Header


class Selection(NamedTuple):
    """The columns that are read as numbers, those that are read as text, and those that are passed through."""

    numbers: tuple[int, ...]
    texts: tuple[int, ...] = ()
    passthrough: tuple[int, ...] = ()

    def and_then(self, other: Selection) -> Selection:
        """These columns, and those of `other` behind them."""
        return Selection(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class JsonValue(str):
    """A cell that is no string in its file, as it is written there: 1.50, true, null, [1]."""

    __slots__ = ()


class PlainLines(NamedTuple):
    """Passed-through rows as they are in the file, without quotes: a writer with this delimiter may copy them."""

    lines: list[str]
    delimiter: str

    @property
    def typed(self) -> bool:
        """Text of a CSV file has no types: a cell that is written as a number is one."""
        return False

    @property
    def cells(self) -> list[Sequence[str]]:
        return [line.split(self.delimiter) for line in self.lines]


class CellRows(NamedTuple):
    """Passed-through rows as cells. Where they are `typed`, every cell that is no `JsonValue` is a string."""

    cells: list[Sequence[str]]
    typed: bool = False


class TypedRows(NamedTuple):
    """Passed-through rows as columns that have types, arrays or polars' series; `spelled` gives the cells of one."""

    columns: tuple[Any, ...]
    spelled: Callable[[Any], list[str]]

    @property
    def typed(self) -> bool:
        return True

    @property
    def cells(self) -> list[Sequence[str]]:
        return list(zip(*map(self.spelled, self.columns), strict=True))


Passthrough = PlainLines | CellRows | TypedRows


def cells_by_column(passthrough: Passthrough, columns: int) -> list[Sequence[str]]:
    """The cells of each of so many columns, which may have no rows."""
    return list(zip(*passthrough.cells, strict=True)) or [()] * columns


class Rows(NamedTuple):
    """A block of rows: numbers (rows, k), columns of text, and what passes through (None: no column does)."""

    numbers: Array
    texts: tuple[TextColumn, ...] = ()
    passthrough: Passthrough | None = None


def no_rows(selection: Selection) -> Rows:
    """A block without rows."""
    return Rows(np.empty((0, len(selection.numbers))), tuple(TextColumn.of([]) for _ in selection.texts))


class RowError(NamedTuple):
    """What is wrong with a row: in which column (None: in the row as a whole), and a hint."""

    column: int | None
    what: str
    hint: str = ""

    def located(self, header: Header) -> NnlecError:
        """The error with the name of its column."""
        place = "" if self.column is None else header.title(self.column)
        return NnlecError(self.what, where=place, hint=self.hint)


class RowErrors(Exception):
    """Rows of a block, counted from 0, that can be read but not used; `skippable` unless all rows are in question."""

    def __init__(self, errors: Mapping[int, RowError], *, skippable: bool = True) -> None:
        super().__init__(errors)
        self.errors = errors
        self.skippable = skippable


def expect_none(wrong: Flags, error: RowError, *, skippable: bool = True) -> None:
    """Raises `RowErrors` with the same error for every row that is `wrong`, (rows,)."""
    if wrong.any():
        raise RowErrors(dict.fromkeys(np.flatnonzero(wrong).tolist(), error), skippable=skippable)
