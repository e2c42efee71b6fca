"""`nnlec example`: the example networks, listed, printed or copied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from nnlec.cli.examples import COPY, example_file, examples, files
from nnlec.cli.modal import ModalCommand
from nnlec.cli.options import plain_options, single_option, written_plainly
from nnlec.cli.output import opened, write_text
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from nnlec.rendering.document import Document

_COPIES = f"`nnlec example NAME` prints a file, `{COPY}` copies them all."


def _complete(_ctx: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
    return [CompletionItem(row.name, help=row.summary) for row in examples() if row.name.startswith(start)]


@click.command(cls=ModalCommand)
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--all", "copy_all", is_flag=True, help="Copy every file of the examples into the folder of --output.")
@single_option("-o", "--output", type=click.Path(), metavar="DIR", help="The folder. It is made if need be.")
@plain_options
def example(name: str | None, copy_all: bool, output: str | None, plain: bool, width: int | None) -> None:
    """List the example networks, print the file NAME, or copy all files.

    A file that is there already is left alone if its content is the same. Otherwise nothing is copied.

    \b
    Examples:
      nnlec example
      nnlec example lecture
      nnlec example --all -o configs
    """
    if copy_all:
        if name is not None:
            raise click.UsageError("give NAME or --all, not both")
        if output is None:
            raise click.UsageError("--all needs --output DIR")
        _copy(Path(output))
    elif name is not None:
        write_text(_text(name), None)
    else:
        write_text(written_plainly(_listed(), width) if plain else _listing(), None)


def _listing() -> str:
    rows = examples()
    width = max(len(row.name) for row in rows)
    lines = [f"  {row.name:{width}}  {row.summary}\n  {'':{width}}  {row.command}\n" for row in rows]
    return f"{''.join(lines)}\n{_COPIES}\n"


def _listed() -> Document:
    from nnlec.rendering.document import Prose
    from nnlec.rendering.explain.listing import describe_names

    rows = [(row.name, row.summary, row.command) for row in examples()]
    return (*describe_names(("example", "about", "try"), rows), Prose(_COPIES))


def _text(name: str) -> str:
    path = example_file(name)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NnlecError("this example is no text", where=path.name, hint=f"copy it: {COPY}") from None


def _copy(folder: Path) -> None:
    """Every file into `folder`, or none: raises `NnlecError` where a file would be overwritten or cannot be written."""
    contents = {folder / path.name: path.read_bytes() for path in files()}
    try:
        for target, content in contents.items():
            if target.exists() and target.read_bytes() != content:
                raise NnlecError(
                    "a file of this name with other content is there, nothing was copied", where=str(target)
                )
        folder.mkdir(parents=True, exist_ok=True)
        for target, content in contents.items():
            if not target.exists():
                with opened(str(target)) as stream:
                    stream.buffer.write(content)
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror}", where=str(error.filename or folder)) from None
    click.echo(f"{len(contents)} files in {folder}")
