"""The options about tables that commands share: which files, how they are read, and how rows are written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from nnlec.cli.options import Choice, several, single_option
from nnlec.errors import NnlecError
from nnlec.filetypes import TABLES
from nnlec.named import NamedTuple
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.tables.engines import BadLine, Source
    from nnlec.tables.header import Header

Plan = TypeVar("Plan")


class TableOptions(NamedTuple):
    """Options about tables: the files, how they are read and written."""

    data: tuple[str, ...] = ()
    engine: str | None = None
    input_format: str | None = None
    delimiter: str | None = None
    decimal_comma: bool = False
    tsv: bool = False
    header: bool | None = None
    columns: str | None = None
    drop: str | None = None
    on_bad: Literal["stop", "skip", "blank"] | None = None
    bad_rows: str | None = None
    allow_nonfinite: bool = False
    escape_formulas: bool = False
    prefix: str = ""
    suffix: str = ""

    @property
    def wanted(self) -> bool:
        """Whether there is a table: files are named, or something is piped in."""
        return bool(self.data) or not sys.stdin.isatty()

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the table, patterns such as *.csv filled in; standard input where none is named."""
        return tuple(path for name in self.data or ("-",) for path in _matching(name))

    @property
    def names(self) -> tuple[str, ...]:
        """--columns as a list; a name with a comma is quoted as in a CSV."""
        return split_names(self.columns, "--columns")

    def without_dropped(self, planned: Callable[[Header], Plan]) -> Callable[[Header], Plan]:
        """What `planned` makes of a table without the columns of --drop."""
        return lambda header: planned(header.dropping(self.dropped))

    @property
    def dropped(self) -> tuple[str, ...]:
        """--drop as a list."""
        return split_names(self.drop, "--drop")


table_options = several(
    single_option(
        "--columns",
        metavar="NAMES",
        help="Columns to read, in order: names, positions from 1, ranges (2-9, 5-, age-height), or all but '!id'.",
    ),
    single_option("--drop", metavar="NAMES", help="Columns to leave out, named as in --columns."),
    single_option(
        "-d",
        "--delimiter",
        metavar="CHAR",
        help="What separates the cells read (default: a comma); blank: any run of blanks and tabs.",
    ),
    click.option("--decimal-comma", is_flag=True, help="Numbers as 1,5, read and written; between them stands ';'."),
    click.option("--tsv", is_flag=True, help="Read and write cells separated by tabs."),
    click.option("--header/--no-header", default=None, help="The first line names the columns, or is data."),
    single_option("--from", "input_format", type=Choice(list(TABLES)), help="Format (default: by suffix, else csv)."),
    single_option(
        "--on-bad",
        type=Choice(["stop", "skip", "blank"]),
        help="At a bad row: stop (default), skip it, or leave its results blank.",
    ),
    single_option("--bad-rows", metavar="FILE", help="Keep them here, with line and reason."),
    click.option("--allow-nonfinite", is_flag=True, help="Read nan, inf and -inf as numbers."),
    single_option(
        "--engine",
        metavar="NAME",
        help="stream, or polars (default: polars, if installed, for files of 32 MB and more, and for Parquet).",
    ),
)
"""The options of every command that reads tables."""

writing_options = several(
    single_option("--prefix", metavar="TEXT", default="", help="Put TEXT before the names of the new columns."),
    single_option("--suffix", metavar="TEXT", default="", help="Put TEXT behind the names of the new columns."),
    click.option("--escape-formulas", is_flag=True, help="Put ' before text a spreadsheet would compute."),
)
"""The options of every command that writes tables row by row."""


def _matching(name: str) -> Sequence[str]:
    """The file of that name, or those of a pattern, sorted; raises `NnlecError` for a pattern that none fits."""
    if not any(mark in name for mark in "*?[") or os.path.exists(name):
        return (name,)
    from glob import glob

    from nnlec.tables.engines.files import is_remote

    found: Sequence[str]
    if is_remote(name):
        from nnlec.tables.engines.remote import matching

        found = matching(name) if "*" in name else (name,)
    else:
        found = sorted(path for path in glob(name, recursive=True) if not os.path.isdir(path))
    if not found:
        raise NnlecError("no file has such a name", where=visible(name))
    return found


def take_table_options(given: dict[str, Any]) -> TableOptions:
    """The options of `table_options` out of a command's keyword arguments; the output has decimal commas too."""
    own = {name: given.pop(name) for name in list(given) if name in TableOptions._fields}
    if "decimal_comma" in own:
        given["decimal_comma"] = own["decimal_comma"]  # on paper too
    return TableOptions(**own)


def split_names(text: str | None, option: str) -> tuple[str, ...]:
    """Names separated by commas, quoted as in a CSV where they hold one; none where the option is not given.

    Raises `NnlecError` for an empty name.

    >>> split_names('x1,"a,b"', "--columns")
    ('x1', 'a,b')
    """
    if text is None:
        return ()
    import csv

    try:
        names = tuple(name.strip() for row in csv.reader([text], strict=True, skipinitialspace=True) for name in row)
    except csv.Error as error:
        raise NnlecError(f"{error}", where=option) from None
    if not names or "" in names:
        raise NnlecError("a name is empty", where=option)
    return names


def source_of(tables: TableOptions, bad_line: Callable[[BadLine], None]) -> Source:
    """The table as an engine reads it."""
    from nnlec.tables.engines import Source

    return Source(
        paths=tables.paths,
        format=tables.input_format or "",
        delimiter=_delimiter(tables),
        decimal_comma=tables.decimal_comma,
        header=tables.header,
        on_bad=tables.on_bad or "stop",
        nonfinite=tables.allow_nonfinite,
        bad_line=bad_line,
    )


def _delimiter(tables: TableOptions) -> str:
    given = tables.delimiter
    if given is None:
        return "\t" if tables.tsv else ""
    if tables.tsv and given != "\t":
        raise click.UsageError("give --tsv or --delimiter, not both")
    given = {"\\t": "\t", "tab": "\t"}.get(given, given)
    if given == "blank":
        return given
    if given == "," and tables.decimal_comma:
        raise NnlecError("a comma cannot separate cells and decimals, expected ; or a tab", where="--delimiter")
    if len(given) != 1 or not given.isascii() or given in '"\r\n.+-\0' or given.isalnum():
        raise NnlecError(
            f"{given!r} cannot separate cells, expected blank, or one character such as ; or |", where="--delimiter"
        )
    return given
