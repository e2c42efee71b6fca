"""The table side of the commands: options, the engine, the writer, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from nnlec.cli.many_options import ManyOptions, is_folder
from nnlec.cli.options import OutputOptions, emit
from nnlec.cli.output import opened, say
from nnlec.cli.table_options import TableOptions, source_of, split_names
from nnlec.errors import NnlecError
from nnlec.rendering import BINARY, RENDERERS, ROWS
from nnlec.system import remember_input
from nnlec.text import visible

if TYPE_CHECKING:
    import numpy as np

    from nnlec.cli.loss_example import LossOptions
    from nnlec.network.network import Network
    from nnlec.tables.engines import BadLine, Engine, Progress, Source
    from nnlec.tables.header import Header
    from nnlec.tables.loss import GivenAs
    from nnlec.tables.plan import Mergeable, RowPlan, SummaryPlan, Writer

Result = TypeVar("Result", bound="Mergeable")


def forward_table(
    network: Network,
    tables: TableOptions,
    output: OutputOptions,
    many: ManyOptions,
    *,
    layers: tuple[int, ...],
    logits: bool,
    predict: int,
    keep: bool,
    exact: bool,
) -> int:
    """`forward` on a table, of the last layer or of `layers`; the exit status."""
    planned: Callable[[Header], RowPlan]
    options: dict[str, Any] = {"network": network, "columns": tables.names, "keep": keep, "exact": exact}
    if layers:
        from nnlec.tables.layers import plan_layers

        planned = partial(plan_layers, layers=layers, pre_activations=logits, **options)
    else:
        from nnlec.tables.forward import plan_forward

        planned = partial(plan_forward, logits=logits, predict=predict, **options)
    if output.file is not None and is_folder(output.file):
        from nnlec.cli.many.folder import write_folder
        from nnlec.cli.many.job import RowsJob

        job = RowsJob(planned, tables._replace(data=()), output._replace(file=None), network.dtype)
        return write_folder(job, tables.paths, output.file, many)
    return _written(tables, planned, output, network.dtype)


def row_of_table(network: Network, tables: TableOptions, row: int | None, where: str) -> tuple[float, ...]:
    """The network's inputs in one row of a table: by its number, or `where` a column has a value."""
    from nnlec.tables.one_row import Wanted, one_row

    with _reading(tables) as (engine, source, _):
        return one_row(engine, source, network, tables.names, tables.dropped, Wanted(row, where))


def rows_of_table(network: Network, tables: TableOptions, most: int) -> np.ndarray:
    """The network's inputs in the first rows of a table, (rows, n_in)."""
    from nnlec.tables.first_rows import first_rows

    with _reading(tables) as (engine, source, _):
        return first_rows(engine, source, network, tables.names, most)


def softmax_table(tables: TableOptions, *, classes: str | None, exact: bool, output: OutputOptions) -> int:
    """`softmax` on a table; the exit status."""
    from nnlec.tables.softmax import plan_softmax

    names = split_names(classes, "--classes")
    return _written(tables, partial(plan_softmax, columns=tables.names, classes=names, exact=exact), output)


def loss_table(
    options: LossOptions,
    tables: TableOptions,
    output: OutputOptions,
    *,
    target_column: str | None,
    given_as: GivenAs | None,
    reduction: Literal["mean", "sum", "none"],
    exact: bool,
) -> int:
    """`loss` on a table: the mean or sum, or the table with a column more; the exit status."""
    from nnlec.cli.loss_example import target_given
    from nnlec.cli.networks import network_at
    from nnlec.network.losses import loss
    from nnlec.network.meaning import loss_name
    from nnlec.tables.loss import plan_loss, plan_loss_per_row

    network = network_at(options.network) if options.network else None
    parameters = options.loss_parameters
    target = split_names(target_column, "--target-column")
    name = loss_name(options.name, network, labelled=options.label is not None or len(target) == 1)
    settings: dict[str, Any] = {
        "loss": loss(name or "cross-entropy", parameters),
        "target": target,
        "same": partial(target_given, options.label, options.target) if not target else None,
        "columns": tables.names,
        "classes": split_names(options.classes, "--classes"),
        "network": network,
        "given": given_as,
        "exact": exact,
    }
    if reduction == "none":
        return _written(tables, partial(plan_loss_per_row, **settings), output)
    from nnlec.rendering.explain.evaluation import describe_mean_loss
    from nnlec.rendering.records.evaluation import mean_loss_record

    status, result = summarized(tables, partial(plan_loss, reduction=reduction, **settings))
    emit(output, document=lambda: describe_mean_loss(result, output.style), record=lambda: mean_loss_record(result))
    return status


def stats_table(network: Network, tables: TableOptions, layer: int | None, output: OutputOptions) -> int:
    """`stats`; the exit status."""
    from nnlec.rendering.explain.stats import describe_stats
    from nnlec.rendering.records.stats import stats_record, stats_rows
    from nnlec.tables.stats import plan_stats

    status, result = summarized(tables, partial(plan_stats, network=network, columns=tables.names, layer=layer))
    record = stats_record(result)
    emit(output, lambda: describe_stats(record, output.style), lambda: record, stats_rows)
    return status


def summarized(tables: TableOptions, planned: Callable[[Header], SummaryPlan[Result]]) -> tuple[int, Result]:
    """The exit status, and the plan's result for all rows."""
    from nnlec.tables.plan import summarize

    expect_no_blanks(tables)
    with _reading(tables) as (engine, source, progress):
        result = summarize(engine, source, tables.without_dropped(planned), progress)
    return status_of(progress, tables), result


def _written(
    tables: TableOptions, planned: Callable[[Header], RowPlan], output: OutputOptions, dtype: str = "float64"
) -> int:
    """Writes the tables with the plan's new columns; 1 when rows were skipped."""
    chosen = output.chosen("tsv" if tables.tsv else "csv")
    if chosen in RENDERERS:
        return _written_as_document(tables, planned, output)
    if chosen not in ROWS:
        raise NnlecError(f"a table of examples is not written as {chosen}", hint=f"choose one of {', '.join(ROWS)}")
    if chosen in BINARY and output.file is None and sys.stdout.isatty():
        raise NnlecError(f"{chosen} is no text for a terminal", where="--format", hint="-o FILE")
    _remember(tables)
    with writing(output.file) as write, _reading(tables, output.file) as (engine, source, progress):
        rows = rows_writer(chosen, write, engine, tables, output, dtype)
        write_rows(engine, source, planned, rows, progress, tables)
    return status_of(progress, tables)


def expect_no_blanks(tables: TableOptions) -> None:
    """Raises `NnlecError` where rows of a summary were to be blank."""
    if tables.on_bad == "blank":
        raise NnlecError("no row is written whose results could be blank", where="--on-bad", hint="--on-bad skip")


def rows_writer(
    format: str,
    write: Callable[[bytes], None],
    engine: Engine,
    tables: TableOptions,
    output: OutputOptions,
    dtype: str,
) -> Writer:
    """What writes rows in the format, as the options say."""
    from nnlec.tables.writers import writer

    return writer(
        format,
        write,
        engine.number_lines,
        escape_formulas=tables.escape_formulas,
        decimal_comma=tables.decimal_comma,
        dtype=dtype,
        rounding=output.rounding if output.rounds else None,
    )


def _written_as_document(tables: TableOptions, planned: Callable[[Header], RowPlan], output: OutputOptions) -> int:
    """A table for people."""
    from nnlec.rendering.table_rows import DocumentRows

    rows = DocumentRows(output.rounding)
    with _reading(tables, output.file) as (engine, source, progress):
        write_rows(engine, source, planned, rows, progress, tables)
    emit(output, document=rows.document, record=dict)
    return status_of(progress, tables)


def write_rows(
    engine: Engine,
    source: Source,
    planned: Callable[[Header], RowPlan],
    writer: Writer,
    progress: Progress,
    tables: TableOptions,
) -> None:
    """Every row of the source, with what is planned, to the writer."""
    from nnlec.tables.plan import write_table

    planned = tables.without_dropped(planned)
    write_table(engine, source, planned, writer, progress, prefix=tables.prefix, suffix=tables.suffix)


@contextmanager
def _reading(tables: TableOptions, output: str | None = None) -> Iterator[tuple[Engine, Source, Progress]]:
    """The engine, what it reads, and how far it is, which is shown while the block runs."""
    from nnlec.cli.progress import described, shown_progress
    from nnlec.tables.engines import Progress, engine, engine_for

    _remember(tables)
    progress = Progress()
    with _bad_rows(tables, output) as bad_line, shown_progress(progress, described):
        source = source_of(tables, bad_line)
        yield engine(tables.engine) if tables.engine else engine_for(source), source, progress


def _remember(tables: TableOptions) -> None:
    """Keeps the files of the table from being written."""
    for path in tables.paths:
        remember_input(0 if path == "-" else path)


def status_of(progress: Progress, tables: TableOptions) -> int:
    """0, or 1 when rows have no results, and standard error says how many."""
    if not progress.skipped:
        return 0
    what = "have no results" if tables.on_bad == "blank" else "were skipped"
    say(f"Note: {progress.skipped:,} of {progress.rows + progress.skipped:,} rows {what}")
    return 1


@contextmanager
def _bad_rows(tables: TableOptions, output: str | None) -> Iterator[Callable[[BadLine], None]]:
    """What is done with a row that is left out: nothing, or a line of the --bad-rows file."""
    if tables.bad_rows is None:
        yield lambda _: None
        return
    with second_table(tables.bad_rows, output, "--bad-rows", ("file", "line", "reason", "row")) as rows:

        def keep(bad: BadLine) -> None:
            rows.writerow((bad.file, bad.line, bad.reason, bad.data.decode("utf-8", "backslashreplace").rstrip("\r\n")))

        yield keep


@contextmanager
def second_table(path: str, output: str | None, option: str, heading: Sequence[str]) -> Iterator[Any]:
    """The csv writer of a table that is written beside the output; raises `NnlecError` where that is the same file."""
    import csv

    if os.path.realpath(output or "-") == os.path.realpath(path):
        raise NnlecError("this file is written already, expected another one", where=option)
    with opened(path) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(heading)
        yield rows


@contextmanager
def writing(output: str | None) -> Iterator[Callable[[bytes], None]]:
    """Where the bytes of a table go: standard output, or a file that is replaced only when complete."""
    with opened(output) as stream:
        terminal = stream.isatty()
        binary = getattr(stream, "buffer", None)

        def write(data: bytes) -> None:
            if binary is None or terminal:
                stream.write(_visible_lines(data.decode("utf-8", "replace")))
            else:
                binary.write(data)
            stream.flush()

        yield write


def _visible_lines(text: str) -> str:
    """Lines of cells with nothing in them that a terminal would obey but tabs."""
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
