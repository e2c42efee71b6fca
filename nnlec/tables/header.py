"""The header of a table: its place, and the names of its columns."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from nnlec.errors import NnlecError, NnlecWarning, shortened, unknown
from nnlec.tables.ranges import ColumnRange, item_of
from nnlec.text import visible

T = TypeVar("T", str, int)


@dataclass(frozen=True)
class Header:
    """Where a table begins, the names of its columns (none without a header line), and the cells of its first row."""

    place: str
    names: tuple[str, ...]
    width: int
    first: tuple[str, ...] = ()
    nonfinite: bool = False
    """Whether nan and infinities are numbers too."""
    dropped: frozenset[int] = frozenset()
    """Columns that are read only where they are named, and never pass through."""

    def has(self, name: str) -> bool:
        """Whether a column has that name."""
        return name in self._position

    def title(self, column: int) -> str:
        """The name of a column in a message.

        >>> Header("t.csv:1", ("x1", "x2"), 2).title(1), Header("t.csv:1", (), 2).title(1)
        ("column 'x2'", 'column 2')
        """
        return f"column {quoted(self.names[column])}" if self.names else f"column {column + 1}"

    def find(self, wanted: str) -> int:
        """The column of that name, or where no name fits, the column at that position, counted from 1.

        Raises `NnlecError` for an unknown name (the nearest is offered) and for one that two columns have.
        """
        if wanted in self._repeated:
            raise NnlecError(f"column {quoted(wanted)} stands in the header twice", where=self.place)
        if wanted in self._position:
            return self._position[wanted]
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and 1 <= int(wanted) <= self.width:
            return int(wanted) - 1
        if not self.names:
            raise NnlecError(
                f"column {quoted(wanted)} is asked for, but the table has no header",
                where=self.place,
                hint=f"--header if the first line is one; else give a position, 1 to {self.width}",
            )
        error = unknown("column", visible(wanted), [visible(name) for name in self.names])
        raise error.at(self.place)

    def choose(self, wanted: Sequence[str]) -> tuple[int, ...]:
        """The columns that were asked for, by name, position or range; a column that is taken twice is a warning.

        Where all items are `!name`, every column but these. Raises `NnlecError` for a number that is a name in a list
        of positions: it may mean either.
        """
        items = [item_of(name, self.has) for name in wanted]
        named = [name for item in items for name in item.named]
        if not all(map(self.has, named)):
            for name in filter(self.has, named):
                column = self.find(name)
                if name.isascii() and name.isdigit() and int(name) != column + 1:
                    raise NnlecError(
                        f"{quoted(name)} is the name of column {column + 1} and the position of another column",
                        where=self.place,
                        hint="choose every column by name, or rename this one",
                    )
        left_out = {column for item in items if item.left_out for column in self._columns(item)}
        columns = [column for item in items if not item.left_out for column in self._columns(item)]
        columns = [c for c in columns or self.without(()) if c not in left_out]
        for column in sorted(set(repeated(columns))):
            warnings.warn(NnlecWarning(f"{self.title(column)} is taken twice"), stacklevel=2)
        return tuple(columns)

    def _columns(self, item: ColumnRange) -> Sequence[int]:
        """The columns of an item; raises `NnlecError` for a range that runs backwards."""
        first = self.find(item.first)
        if item.last is None:
            return (first,)
        last = self.find(item.last) if item.last else self.width - 1
        if last < first:
            raise NnlecError(
                f"{quoted(item.last)} stands before {quoted(item.first)}, a range runs forward", where=self.place
            )
        return range(first, last + 1)

    def dropping(self, names: Sequence[str]) -> Header:
        """The same table without these columns; raises `NnlecError` for a column that is not there."""
        return replace(self, dropped=frozenset(self.choose(names))) if names else self

    def without(self, columns: Iterable[int]) -> tuple[int, ...]:
        """Every column but these and the dropped ones, in the order of the table."""
        left_out = self.dropped.union(columns)
        return tuple(column for column in range(self.width) if column not in left_out)

    def names_of(self, columns: Sequence[int], otherwise: Mapping[int, str]) -> tuple[str, ...]:
        """The names of columns; where the table has no header, those in `otherwise`, else `column 3`.

        >>> Header("t.csv:1", (), 3).names_of([0, 2], {2: "x1"})
        ('column 1', 'x1')
        """
        if self.names:
            return tuple(self.names[column] for column in columns)
        return tuple(otherwise.get(column, f"column {column + 1}") for column in columns)

    def passing(self, left_out: Iterable[int], otherwise: Mapping[int, str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """The columns that pass through, all but those left out and dropped, and their names."""
        columns = self.without(left_out)
        return columns, self.names_of(columns, otherwise)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {name: column for column, name in enumerate(self.names)}

    @cached_property
    def _repeated(self) -> frozenset[str]:
        return frozenset(repeated(self.names))


def repeated(names: Iterable[T]) -> list[T]:
    """The names (or columns) that occurred before in the list, once for each repetition.

    >>> repeated(["a", "b", "a"])
    ['a']
    """
    seen: set[T] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def names_by_probability(cells: Iterable[str]) -> frozenset[str]:
    """The cells of a line that can only be names, for the line also has the name of their probability.

    >>> sorted(names_by_probability(["id", "3", "4", "P(3)", "P(4)"]))
    ['3', '4']
    """
    every = frozenset(cells)
    return frozenset(cell for cell in every if f"P({cell})" in every)


def quoted(name: str) -> str:
    """A name from a table as a message shows it: shortened, control characters escaped."""
    return f"'{visible(shortened(name))}'"
