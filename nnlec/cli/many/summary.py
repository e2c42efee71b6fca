"""`evaluate` over many files: a result for each, merged in their order, so that no digit depends on who was first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from nnlec.cli.many.files import File, outcomes, separable, size_of, warn_again
from nnlec.cli.many.job import SummaryJob
from nnlec.cli.many.report import Report, described
from nnlec.cli.many.workers import running
from nnlec.cli.many_options import ManyOptions
from nnlec.cli.progress import shown_progress
from nnlec.cli.table_options import TableOptions, source_of
from nnlec.errors import NnlecError
from nnlec.tables.engines import engine, engine_for
from nnlec.tables.plan import header_of
from nnlec.tables.rows import no_rows

if TYPE_CHECKING:
    from nnlec.tables.header import Header
    from nnlec.tables.plan import LabelledPlan, Mergeable

Result = TypeVar("Result", bound="Mergeable")


def summarize_files(
    tables: TableOptions, planned: Callable[[Header], LabelledPlan[Result]], many: ManyOptions
) -> tuple[int, Result | None]:
    """The exit status, and the result of all rows of all files; None when a file failed, which standard error says."""
    paths: Sequence[str] = tables.paths
    if "-" in paths:
        raise NnlecError("standard input is read by one process", where="--workers", hint="name files")
    source = source_of(tables, lambda _: None)
    first = source._replace(paths=tuple(paths[:1]))
    chosen = engine(tables.engine) if tables.engine else engine_for(first)
    of_tables = tables.without_dropped(planned)
    header = header_of(chosen, first, of_tables)
    plan = of_tables(header)
    job = SummaryJob(planned, tables._replace(data=()), header)
    files = [File(path, size_of(path), separable=separable(path, source)) for path in paths]
    report = Report(paths, sum(file.size for file in files))
    result = plan.compute(no_rows(plan.selection))
    waiting: dict[int, Result] = {}
    merged = 0
    try:
        with shown_progress(report, described), running(job, many, files) as (run, ahead):
            for number, outcome in outcomes(job, files, run, ahead=ahead):
                warn_again(outcome)
                report.add(number, files[number].size, outcome)
                plan.seen.update(outcome.seen)
                if not outcome.failure:
                    waiting[number] = outcome.result  # type: ignore[assignment]
                while merged in waiting:
                    result, merged = result.merge(waiting.pop(merged)), merged + 1
    finally:
        report.tell_failures()
    if report.failures:
        return 2, None
    plan.end()
    return report.status(tables), result
