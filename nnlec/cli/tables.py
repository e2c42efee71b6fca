"""The table side of the commands: options, the engine, the sink, and the exit status."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from nnlec.engines import Engine, Source
    from nnlec.network import Network
    from nnlec.table import Planner, Sink, Summary

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Tables:
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


def table_options(command: Command) -> Command:
    """The options of every command that reads tables."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--columns", metavar="NAMES", help="Columns to read, in order: names, or positions from 1."),
    click.option("-d", "--delimiter", metavar="CHAR", help="What separates the cells read (default: a comma)."),
    click.option("--tsv", is_flag=True, help="Read and write cells separated by tabs."),
    click.option("--header/--no-header", default=None, help="The first line names the columns, or is data."),
    click.option(
        "--from", "input_format", type=click.Choice(["csv", "tsv", "jsonl"]), help="Default: by suffix, else csv."
    ),
    click.option("--on-bad", type=click.Choice(["stop", "skip"]), default="stop", help="What to do about a bad row."),
    click.option("--bad-rows", metavar="FILE", help="With --on-bad skip: keep them here, with line and reason."),
    click.option("--allow-nonfinite", is_flag=True, help="Take nan and inf where they are spelt so."),
    click.option("--escape-formulas", is_flag=True, help="Put ' before text a spreadsheet would compute."),
    click.option("--engine", metavar="NAME", help="stream (default) or another; see 'nnlec list engines'."),
)


def take_tables(given: dict[str, Any]) -> Tables:
    """The options of `table_options` out of a command's keyword arguments."""
    return Tables(**{name: given.pop(name) for name in list(given) if name in Tables.__dataclass_fields__})


def split_names(text: str) -> tuple[str, ...]:
    """Names separated by commas, quoted as in a CSV where they hold one.

    >>> split_names('x1,"a,b"')
    ('x1', 'a,b')
    """
    try:
        return tuple(name.strip() for name in next(csv.reader([text], strict=True, skipinitialspace=True)))
    except csv.Error as error:
        raise NnlecError(f"{error}", where="--columns") from None


def forward_table(
    network: Network, tables: Tables, *, logits: bool, predict: bool, keep: bool, format: str | None, output: str | None
) -> int:
    """`forward` on a table; the exit status."""
    from nnlec.scoring.forward import forward_planner

    planner = forward_planner(network, logits=logits, predict=predict, columns=tables.names, keep=keep)
    return write_table(tables, planner, format, output)


def softmax_table(tables: Tables, *, classes: str | None, format: str | None, output: str | None) -> int:
    """`softmax` on a table; the exit status."""
    from nnlec.scoring.softmax import softmax_planner

    planner = softmax_planner(tables.names, split_names(classes) if classes else ())
    return write_table(tables, planner, format, output)


def write_table(tables: Tables, planner: Planner, format: str | None, output: str | None) -> int:
    """Runs a plan from the tables to the output; 1 when rows were skipped."""
    from nnlec.writers import ROWS, format_of
    from nnlec.writers.rows import JsonRows, SeparatedRows

    made = _engine(tables)
    chosen = format or (format_of(output) if output else None) or ("tsv" if tables.tsv else "csv")
    if chosen not in ROWS:
        raise NnlecError(f"a table of examples is not written as {chosen}", hint=f"choose one of {', '.join(ROWS)}")
    with writing(output) as write:
        sink: Sink
        if chosen in ("json", "jsonl"):
            typed = tables.input_format == "jsonl" or any("jsonl" in path for path in tables.data)
            sink = JsonRows(write, made.number_lines, array=chosen == "json", typed=typed)
        else:
            delimiter = "\t" if chosen == "tsv" else ","
            sink = SeparatedRows(write, made.number_lines, delimiter, guard=tables.escape_formulas)
        return run(made, tables, planner, sink)


def run(engine: Engine, tables: Tables, planner: Planner, sink: Sink) -> int:
    """Runs a plan; says on standard error how many rows were skipped, and then the status is 1."""
    from nnlec.table import Tally

    summary = engine.run(source_of(tables), planner, sink, Tally())
    return report(summary)


def report(summary: Summary) -> int:
    """The exit status: 1 when rows were skipped on request."""
    if not summary.skipped:
        return 0
    total = summary.rows + summary.skipped
    click.echo(f"Note: {summary.skipped:,} of {total:,} rows were skipped", err=True)
    return 1


def source_of(tables: Tables) -> Source:
    """The table as an engine reads it."""
    from nnlec.engines import Source

    if tables.bad_rows and tables.on_bad != "skip":
        raise click.UsageError("--bad-rows needs --on-bad skip")
    return Source(
        paths=tables.data or ("-",),
        format=tables.input_format or ("tsv" if tables.tsv else ""),
        delimiter=_delimiter(tables),
        header=tables.header,
        on_bad="skip" if tables.on_bad == "skip" else "stop",
        nonfinite=tables.allow_nonfinite,
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
    from nnlec.engines import engine

    return engine(tables.engine or "stream")


@contextmanager
def writing(output: str | None) -> Iterator[Callable[[bytes], None]]:
    """Where the bytes of a table go: standard output, or a file that appears when it is whole."""
    if output is None:
        yield _to_standard_output
        return
    beside = tempfile.NamedTemporaryFile("wb", dir=os.path.dirname(output) or ".", delete=False)  # noqa: SIM115
    try:
        with beside:
            yield lambda data: _write_all(beside.fileno(), data)
        os.replace(beside.name, output)
    except BaseException:
        os.unlink(beside.name)
        raise


def _to_standard_output(data: bytes) -> None:
    try:
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:
            sys.stdout.write(data.decode("utf-8", "replace"))
        else:
            stream.write(data)
        sys.stdout.flush()
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror}", where="standard output") from None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
