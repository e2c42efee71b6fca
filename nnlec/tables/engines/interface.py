"""What an engine is: it takes a table from files to a sink, in constant memory, along a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from nnlec.tables.interface import Layout, Plan, Planner, Sink, Summary, Tally

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.categories import Categories
    from nnlec.tables.engines.dialects import Dialect

RECORD = 8 << 20
"""The longest row, in bytes: an unclosed quote or a file without line ends is noticed here."""

STANDARD_INPUT = "-"


class BadLine(NamedTuple):
    """A row that was left out: where it began, why, and its bytes."""

    file: str
    line: int
    reason: str
    data: bytes


def _forget(_: BadLine) -> None:
    """Bad lines are counted, not kept."""


class Source(NamedTuple):
    """One table, which may lie in several files, and how to read it."""

    paths: tuple[str, ...] = (STANDARD_INPUT,)
    format: str = ""
    """csv, tsv, jsonl or parquet; empty: the suffix of the file says it, and csv where it says nothing."""
    delimiter: str = ""
    header: bool | None = None
    on_bad: Literal["stop", "skip"] = "stop"
    nonfinite: bool = False
    block: int = 0
    """Bytes read at a time; 0 leaves it to the engine. No result depends on it."""
    bad_line: Callable[[BadLine], None] = _forget


class Rows(NamedTuple):
    """A block as it was read: numbers (rows, k), columns of text, and what passes through, as the sink wants it.

    `lines`: how many lines of the file they are; more than rows where a quoted cell holds a line end.
    """

    numbers: Array
    texts: tuple[Categories, ...]
    kept: list[str]
    lines: int


class Codec(Protocol):
    """What differs between engines: how a plain block of text is read, and how numbers are written."""

    block: int
    """How many bytes it likes to read at a time."""

    def read(self, data: bytes, plan: Plan, layout: Layout, dialect: Dialect, sink: Sink) -> Rows | None:
        """The rows of whole lines of text; None when anything about them is out of the ordinary."""


class Engine(Codec, Protocol):
    """A way of taking a table from source to sink."""

    def run(self, source: Source, planner: Planner, sink: Sink, tally: Tally) -> Summary:
        """Every row, in order; raises `NnlecError` with file and line where one cannot be read."""

    def number_lines(self, numbers: Array, delimiter: str) -> bytes:
        """Rows of numbers as text, the shortest that reads back to the same double, each row ended by a newline."""
