"""The table side of the commands: options, the engine, the sink, and the exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import click

from nnlec.cli.options import Paper, emit
from nnlec.cli.output import opened
from nnlec.errors import NnlecError
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.network import Network
    from nnlec.network.parameters import ParameterValue
    from nnlec.tables.engines import BadLine, Engine, Source
    from nnlec.tables.interface import Planner, Sink
    from nnlec.tables.loss import Given
    from nnlec.tables.metrics import MeanLoss

Command = TypeVar("Command", bound=Callable[..., Any])


class Tables(NamedTuple):
    """What was asked for about tables: where they are, how they are read, how they are written."""

    data: tuple[str, ...] = ()
    engine: str | None = None
    input_format: str | None = None
    delimiter: str | None = None
    tsv: bool = False
    header: bool | None = None
    columns: str | None = None
    on_bad: str = "stop"
    bad_rows: str | None = None
    allow_nonfinite: bool = False
    escape_formulas: bool = False

    @property
    def wanted(self) -> bool:
        """Whether there is a table: files are named, or something is piped in."""
        return bool(self.data) or not sys.stdin.isatty()

    @property
    def names(self) -> tuple[str, ...]:
        """--columns as a list; a name with a comma is quoted as in a CSV."""
        return split_names(self.columns) if self.columns else ()


@dataclass(frozen=True)
class LossAsked:
    """What was asked of `loss` on a table."""

    target_column: str
    name: str | None = None
    options: Mapping[str, ParameterValue] = field(default_factory=dict)
    classes: str | None = None
    network: Network | None = None
    given: Given | None = None
    reduction: Literal["mean", "sum", "none"] = "mean"
    exact: bool = False


def table_options(command: Command) -> Command:
    """The options of every command that reads tables."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


SOURCES = ("csv", "tsv", "jsonl", "parquet")

_OPTIONS = (
    click.option("--columns", metavar="NAMES", help="Columns to read, in order: names, or positions from 1."),
    click.option("-d", "--delimiter", metavar="CHAR", help="What separates the cells read (default: a comma)."),
    click.option("--tsv", is_flag=True, help="Read and write cells separated by tabs."),
    click.option("--header/--no-header", default=None, help="The first line names the columns, or is data."),
    click.option("--from", "input_format", type=click.Choice(SOURCES), help="Format (default: by suffix, else csv)."),
    click.option("--on-bad", type=click.Choice(["stop", "skip"]), default="stop", help="What to do about a bad row."),
    click.option("--bad-rows", metavar="FILE", help="With --on-bad skip: keep them here, with line and reason."),
    click.option("--allow-nonfinite", is_flag=True, help="Take nan and inf where they are spelt so."),
    click.option("--escape-formulas", is_flag=True, help="Put ' before text a spreadsheet would compute."),
    click.option("--engine", metavar="NAME", help="stream (default) or another; see 'nnlec list engines'."),
)


def take_tables(given: dict[str, Any]) -> Tables:
    """The options of `table_options` out of a command's keyword arguments."""
    return Tables(**{name: given.pop(name) for name in list(given) if name in Tables._fields})


def split_names(text: str) -> tuple[str, ...]:
    """Names separated by commas, quoted as in a CSV where they hold one.

    >>> split_names('x1,"a,b"')
    ('x1', 'a,b')
    """
    import csv

    try:
        return tuple(name.strip() for name in next(csv.reader([text], strict=True, skipinitialspace=True)))
    except csv.Error as error:
        raise NnlecError(f"{error}", where="--columns") from None


def forward_table(network: Network, tables: Tables, *, logits: bool, predict: bool, keep: bool, paper: Paper) -> int:
    """`forward` on a table; the exit status."""
    from nnlec.tables.forward import forward_planner

    planner = forward_planner(network, logits=logits, predict=predict, columns=tables.names, keep=keep)
    return write_table(tables, planner, paper)


def softmax_table(tables: Tables, *, classes: str | None, exact: bool, paper: Paper) -> int:
    """`softmax` on a table; the exit status."""
    from nnlec.tables.softmax import softmax_planner

    planner = softmax_planner(tables.names, split_names(classes) if classes else (), exact=exact)
    return write_table(tables, planner, paper)


def loss_table(asked: LossAsked, tables: Tables, paper: Paper) -> int:
    """`loss` on a table: the mean or sum, or the table with a column more; the exit status."""
    from nnlec.network.losses import loss
    from nnlec.tables.loss import loss_planner
    from nnlec.tables.metrics import MeanLoss

    network = asked.network
    measure = loss(asked.name or (network.loss if network else "") or "cross-entropy", asked.options)
    if asked.exact:
        from nnlec.network.rounded import rounded_loss

        measure = rounded_loss(measure)
    planner = loss_planner(
        measure,
        split_names(asked.target_column),
        columns=tables.names,
        classes=split_names(asked.classes) if asked.classes else (),
        network=network,
        given=asked.given,
        per_row=asked.reduction == "none",
    )
    if asked.reduction == "none":
        return write_table(tables, planner, paper)
    return _summarise(tables, planner, MeanLoss(measure, asked.reduction), paper)


def evaluate_table(
    network: Network,
    tables: Tables,
    target_column: str,
    name: str | None,
    options: Mapping[str, ParameterValue],
    paper: Paper,
) -> int:
    """`evaluate`; the exit status."""
    from nnlec.tables.evaluate import evaluate_planner, measure_of
    from nnlec.tables.metrics import Evaluation

    measure = measure_of(network, name, options)
    planner = evaluate_planner(network, measure, split_names(target_column), tables.names)
    return _summarise(tables, planner, Evaluation(network, measure), paper)


def _summarise(tables: Tables, planner: Planner, sink: MeanLoss, paper: Paper) -> int:
    """Runs a plan into a sink that keeps figures, and writes them."""
    from nnlec.rendering.explain import describe_evaluation

    status = run(_engine(tables), tables, planner, sink)
    record = sink.record()
    emit(paper, document=lambda: describe_evaluation(record, paper.style), record=lambda: record)
    return status


def write_table(tables: Tables, planner: Planner, paper: Paper) -> int:
    """Runs a plan from the tables to the output; 1 when rows were skipped."""
    from nnlec.rendering import PAPER, ROWS, format_of
    from nnlec.tables.writers.rows import JsonRows, SeparatedRows

    made = _engine(tables)
    chosen = paper.format or (format_of(paper.output) if paper.output else None) or ("tsv" if tables.tsv else "csv")
    if chosen in PAPER:
        return _write_on_paper(made, tables, planner, paper)
    if chosen not in ROWS:
        raise NnlecError(f"a table of examples is not written as {chosen}", hint=f"choose one of {', '.join(ROWS)}")
    with writing(paper.output) as write:
        sink: Sink
        if chosen == "parquet":
            from nnlec.tables.writers.parquet import ParquetRows

            sink = ParquetRows(write)
        elif chosen in ("json", "jsonl"):
            typed = tables.input_format == "jsonl" or any("jsonl" in path for path in tables.data)
            sink = JsonRows(write, made.number_lines, array=chosen == "json", typed=typed)
        else:
            delimiter = "\t" if chosen == "tsv" else ","
            sink = SeparatedRows(write, made.number_lines, delimiter, guard=tables.escape_formulas)
        return run(made, tables, planner, sink)


def _write_on_paper(made: Engine, tables: Tables, planner: Planner, paper: Paper) -> int:
    """A table for people; every format has one but the data formats."""
    from nnlec.rendering.table_rows import PaperRows

    sink = PaperRows(paper.rounding)
    status = run(made, tables, planner, sink)
    emit(paper, document=sink.document, record=dict)
    return status


def run(engine: Engine, tables: Tables, planner: Planner, sink: Sink) -> int:
    """Runs a plan; says on standard error how many rows were skipped, and then the status is 1."""
    from nnlec.cli.progress import shown_progress
    from nnlec.tables.interface import Tally

    tally = Tally()
    with _bad_rows(tables) as bad_line, shown_progress(tally):
        summary = engine.run(source_of(tables, bad_line), planner, sink, tally)
    if not summary.skipped:
        return 0
    click.echo(f"Note: {summary.skipped:,} of {summary.rows + summary.skipped:,} rows were skipped", err=True)
    return 1


@contextmanager
def _bad_rows(tables: Tables) -> Iterator[Callable[[BadLine], None]]:
    """What is done with a row that is left out: nothing, or a line of the --bad-rows file."""
    import csv

    if not tables.bad_rows:
        yield lambda _: None
        return
    if tables.on_bad != "skip":
        raise click.UsageError("--bad-rows needs --on-bad skip")
    with opened(tables.bad_rows) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("file", "line", "reason", "row"))

        def keep(bad: BadLine) -> None:
            rows.writerow((bad.file, bad.line, bad.reason, bad.data.decode("utf-8", "backslashreplace").rstrip("\r\n")))

        yield keep


def source_of(tables: Tables, bad_line: Callable[[BadLine], None]) -> Source:
    """The table as an engine reads it."""
    from nnlec.tables.engines import Source

    return Source(
        paths=tables.data or ("-",),
        format=tables.input_format or ("tsv" if tables.tsv else ""),
        delimiter=_delimiter(tables),
        header=tables.header,
        on_bad="skip" if tables.on_bad == "skip" else "stop",
        nonfinite=tables.allow_nonfinite,
        bad_line=bad_line,
    )


def _delimiter(tables: Tables) -> str:
    given = tables.delimiter
    if given is None:
        return "\t" if tables.tsv else ""
    if tables.tsv and given != "\t":
        raise click.UsageError("give --tsv or --delimiter, not both")
    given = {"\\t": "\t", "tab": "\t"}.get(given, given)
    if len(given) != 1 or not given.isascii() or given in '"\r\n.+-\0' or given.isalnum():
        raise NnlecError(f"{given!r} cannot separate cells, expected one character such as ; or |", where="--delimiter")
    return given


def _engine(tables: Tables) -> Engine:
    """The engine asked for; else the fast one where it is installed."""
    from nnlec.tables.engines import best_engine, engine

    return engine(tables.engine) if tables.engine else best_engine()


@contextmanager
def writing(output: str | None) -> Iterator[Callable[[bytes], None]]:
    """Where the bytes of a table go: standard output, or a file that appears when it is whole."""
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
