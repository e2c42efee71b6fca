"""What an engine is: how blocks of a table's text are read, and how numbers are written as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from nnlec.named import NamedTuple
from nnlec.tables.header import Header
from nnlec.tables.rows import Passthrough, Rows, Selection

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.engines.dialects import Dialect

LONGEST_ROW = 8 << 20
"""In bytes: an unclosed quote or a file without line ends is noticed here."""

STANDARD_INPUT = "-"

OnBad = Literal["stop", "skip", "blank"]
"""A bad row ends the run, is left out, or gets no results."""


class BadLine(NamedTuple):
    """A row that was left out: where it began, why, and its bytes."""

    file: str
    line: int
    reason: str
    data: bytes


def _forget(_: BadLine) -> None:
    """Bad lines are counted, not kept."""


class Source(NamedTuple):
    """One table, which may be in several files, and how to read it."""

    paths: tuple[str, ...] = (STANDARD_INPUT,)
    format: str = ""
    """The name of a format; empty: the suffix of the file says it, and csv where it says nothing."""
    delimiter: str = ""
    decimal_comma: bool = False
    header: bool | None = None
    on_bad: OnBad = "stop"
    nonfinite: bool = False
    block: int = 0
    """Bytes read at a time; 0 leaves it to the engine. No result depends on it."""
    bad_line: Callable[[BadLine], None] = _forget
    like: Header | None = None
    """The header of another file of the same table; None: that of the first file."""
    part: tuple[int, int] | None = None
    """Of one file, the lines that begin from one byte up to another one, if they can be told from the rest."""


class Progress:
    """How far a run has come: rows taken, rows left out as bad, bytes read and in all (None: not known)."""

    def __init__(self, rows: int = 0, bytes_read: int = 0, bytes_total: int | None = None) -> None:
        self.rows = rows
        self.skipped = 0
        self.bytes_read = bytes_read
        self.bytes_total = bytes_total


class Consumer(NamedTuple):
    """The columns that are read, and what is done with each block of rows.

    `take` raises `RowErrors`, before it does anything, for rows that cannot be used. `blank` takes what passes through
    of rows that have no results, and their number.
    """

    selection: Selection
    take: Callable[[Rows], None]
    blank: Callable[[Passthrough | None, int], None] = lambda *_: None


Start = Callable[[Header], Consumer]
"""What a header is given to, and the rows below it then go to; raises `NnlecError` for a header that does not fit."""


class Enough(Exception):
    """Raised by what takes a header, or rows: nothing more of the table is read."""


class ParsedBlock(NamedTuple):
    """The rows of a block of text, and how many lines they are: more than rows where quoted cells hold line ends."""

    rows: Rows
    lines: int


ReadBlock = Callable[["bytes", Selection, Header, "Dialect"], ParsedBlock | None]
"""The rows of whole lines of text; None where they must be read one by one."""

NumberLines = Callable[["Array", str], bytes]
"""Rows of numbers, (rows, columns), as lines of text with that delimiter; the shortest text that reads back."""


class Engine(NamedTuple):
    """How many bytes an engine reads at a time, and what it does; every engine gives the same rows, text and errors."""

    block: int
    read_block: ReadBlock
    number_lines: NumberLines
    read_parquet: Callable[[Source, Start, Progress], None] | None = None
