"""What a command does with a table: which columns it reads, and what it computes of each block of rows.

A plan is made from a table's header. A row plan computes new columns, which a writer puts beside those that pass
through; a summary plan computes a result for each block, and the results are merged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from nnlec.errors import NnlecError
from nnlec.tables.engines import Consumer, Progress, read_table
from nnlec.tables.engines.interface import Enough
from nnlec.tables.header import Header, quoted, repeated
from nnlec.tables.rows import CellRows, Passthrough, Rows, Selection, no_rows

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.engines import Engine, Source

    Column = Array | list[str]
    """New cells: numbers (rows, any number of columns), or one column of text."""


class RowPlan(Protocol):
    """New columns for every row; all are immutable records that can be pickled."""

    @property
    def selection(self) -> Selection:
        """The columns that are read."""

    @property
    def passthrough_names(self) -> tuple[str, ...]:
        """What the columns that pass through are called."""

    @property
    def added(self) -> tuple[str, ...]:
        """The names of the new columns."""

    def compute(self, rows: Rows) -> tuple[Column, ...]:
        """The new columns of a block; raises `RowErrors`."""

    def end(self) -> None:
        """Every row was computed: warns of what only all rows show."""


Result = TypeVar("Result", bound="Mergeable")
Computed = TypeVar("Computed", bound="Mergeable", covariant=True)


class Mergeable(Protocol):
    """A result of some rows."""

    def merge(self: Result, other: Result) -> Result:
        """The result of these rows and of the other ones."""


class SummaryPlan(Protocol[Computed]):
    """One result for all rows."""

    @property
    def selection(self) -> Selection:
        """The columns that are read."""

    def compute(self, rows: Rows) -> Computed:
        """The result of a block, which may have no rows; raises `RowErrors`."""

    def end(self) -> None:
        """Every row was computed: warns of what only all rows show."""


class LabelledPlan(SummaryPlan[Computed], Protocol[Computed]):
    """One result for all rows, which may be read by several plans."""

    @property
    def seen(self) -> set[str]:
        """The labels read so far; those that other plans have read can be added."""


Plan = TypeVar("Plan", bound=SummaryPlan[Any])


class Writer(Protocol):
    """Rows out, in one format."""

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """The names of the columns that pass through and of the new ones: once, before any row."""

    def write(
        self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int, *, blank: bool = False
    ) -> None:
        """A block of rows. Those that are `blank` have no results: what is added is NaN, and empty text."""

    def close(self) -> None:
        """Everything was written."""


def write_table(
    engine: Engine,
    source: Source,
    planned: Callable[[Header], RowPlan],
    writer: Writer,
    progress: Progress,
    *,
    prefix: str = "",
    suffix: str = "",
) -> None:
    """Every row of the source with the plan's new columns, `prefix` and `suffix` around their names.

    Raises `NnlecError` with file and line.
    """

    plan: RowPlan
    written = False

    def write(passthrough: Passthrough | None, columns: tuple[Column, ...], rows: int, *, blank: bool = False) -> None:
        nonlocal written
        written = True
        writer.write(passthrough, columns, rows, blank=blank)

    def start(header: Header) -> Consumer:
        nonlocal plan
        plan = planned(header)
        added = tuple(f"{prefix}{name}{suffix}" for name in plan.added)
        _expect_distinct(plan, added, header)
        writer.open(plan.passthrough_names, added)

        def take(rows: Rows) -> None:
            write(rows.passthrough, plan.compute(rows), len(rows.numbers))

        def blank(passthrough: Passthrough | None, rows: int) -> None:
            nothing = plan.compute(no_rows(plan.selection))
            added = tuple(_without_results(column, rows) for column in nothing)
            write(passthrough, added, rows, blank=True)

        return Consumer(plan.selection, take, blank)

    read_table(engine, source, start, progress)
    if not written:  # a table without rows has the types of its columns all the same
        passthrough = CellRows([]) if plan.passthrough_names else None
        write(passthrough, plan.compute(no_rows(plan.selection)), 0)
    plan.end()
    writer.close()


def _without_results(column: Column, rows: int) -> Column:
    """Rows of NaN, or of empty text, for the new columns that `column` stands for."""
    if isinstance(column, list):
        return [""] * rows
    return np.full((rows, column.shape[1]), np.nan)


def summarize(
    engine: Engine, source: Source, planned: Callable[[Header], SummaryPlan[Result]], progress: Progress
) -> Result:
    """The plan's result for all rows of the source; raises `NnlecError` with file and line."""
    result: Result
    plan, result = summarized(engine, source, planned, progress)
    plan.end()
    return result


def summarized(
    engine: Engine, source: Source, planned: Callable[[Header], Plan], progress: Progress
) -> tuple[Plan, Any]:
    """The plan, and its result for these rows, which may be some of all."""
    plan: Plan
    result: Any

    def start(header: Header) -> Consumer:
        nonlocal plan, result
        plan = planned(header)
        result = plan.compute(no_rows(plan.selection))

        def take(rows: Rows) -> None:
            nonlocal result
            result = result.merge(plan.compute(rows))

        return Consumer(plan.selection, take)

    read_table(engine, source, start, progress)
    return plan, result


def header_of(engine: Engine, source: Source, planned: Callable[[Header], object]) -> Header:
    """The header of the source, for which a plan can be made; raises `NnlecError` where none can."""
    found: list[Header] = []

    def start(header: Header) -> Consumer:
        planned(header)
        found.append(header)
        raise Enough

    read_table(engine, source, start, Progress())
    return found[0]


def _expect_distinct(plan: RowPlan, added: Sequence[str], header: Header) -> None:
    """Raises `NnlecError` where a new column has the name of another new one, or of one that passes through."""
    for name in repeated(added):
        raise NnlecError(f"two new columns are named {quoted(name)}", hint="rename one of them")
    new = set(added)
    for column, name in zip(plan.selection.passthrough, plan.passthrough_names, strict=True):
        if name in new:
            raise NnlecError(
                f"the new column {quoted(name)} has the name of {header.title(column)}, which passes through",
                where=header.place,
                hint="--prefix NAME_ names the new columns, --drop NAME leaves the old one out",
            )
