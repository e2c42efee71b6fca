"""What the reader, the arithmetic and the writer of a table agree on; no file, no format, no network.

A *layout* is what the head of a table says. A *plan*, made from it, names the columns that are read and computes the
new ones from a block of rows. A *sink* takes what passes through and what is new, block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nnlec.errors import NnlecError, shortened, unknown
from nnlec.text import visible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnlec.tables.categories import Categories

    Array = NDArray[np.float64]
    Column = Array | list[str]
    """New cells: numbers (rows, any number of columns), or one column of text."""
    Compute = Callable[[Array, tuple[Categories, ...]], tuple[Column, ...]]


class Layout(NamedTuple):
    """The head of a table: where it stands, the names of its columns (none without a header), and its first row."""

    place: str
    names: tuple[str, ...]
    width: int
    first: tuple[str, ...] = ()

    def title(self, column: int) -> str:
        """How a message calls a column.

        >>> Layout("t.csv:1", ("x1", "x2"), 2).title(1), Layout("t.csv:1", (), 2).title(1)
        ("column 'x2'", 'column 2')
        """
        return f"column {quoted(self.names[column])}" if self.names else f"column {column + 1}"

    def find(self, wanted: str) -> int:
        """The column of that name, or where no name fits, the column at that position, counted from 1.

        Raises `NnlecError` for an unknown name (the nearest is offered) and for one that stands in the header twice.
        """
        if wanted in self.names:
            if self.names.count(wanted) > 1:
                raise NnlecError(f"column {quoted(wanted)} stands in the header twice", where=self.place)
            return self.names.index(wanted)
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

    def without(self, columns: Sequence[int]) -> tuple[int, ...]:
        """Every column but these, in the order of the table."""
        return tuple(column for column in range(self.width) if column not in set(columns))


class Plan(NamedTuple):
    """Which columns are read as numbers and as text, which pass through, and what is added on their right."""

    numbers: tuple[int, ...]
    keep: tuple[int, ...]
    adds: tuple[str, ...]
    compute: Compute
    texts: tuple[int, ...] = ()
    titles: tuple[str, ...] = ()
    """What the columns of a table without a header are called where they pass through."""


Planner = Callable[[Layout], Plan]


class Problem(NamedTuple):
    """What is wrong with a row that reads well: in which column (None: the row as a whole), and a hint."""

    column: int | None
    what: str
    hint: str = ""


class BadRows(Exception):
    """Raised by a plan's `compute`: rows of the block, counted from 0, that read well but cannot be meant."""

    def __init__(self, problems: Mapping[int, Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


class Sink(Protocol):
    """Where rows go."""

    verbatim: str
    """The delimiter with which a plain cell may be copied as it stands; empty where cells are always rewritten."""

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """The names of the columns that pass through and of the new ones: once, before any row."""

    def kept(self, cells: Sequence[str]) -> str:
        """The cells of one row that pass through, as `write` wants them."""

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:
        """A block of rows; `kept` is empty where nothing passes through."""

    def close(self) -> None:
        """Everything was written."""


class Summary(NamedTuple):
    """What became of a table: rows written, rows left out as bad."""

    rows: int = 0
    skipped: int = 0


@dataclass
class Tally:
    """How far a run has come; a progress bar reads it."""

    rows: int = 0
    skipped: int = 0
    bytes_read: int = 0
    bytes_total: int | None = field(default=None)


def quoted(name: str) -> str:
    """A name from a table as a message shows it: short, and with nothing that a terminal would obey."""
    return f"'{visible(shortened(name))}'"
