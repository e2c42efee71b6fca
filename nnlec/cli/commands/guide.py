"""`nnlec guide`: the manual, a page for each topic."""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from nnlec.cli.modal import ModalCommand
from nnlec.cli.options import plain_options, written_plainly
from nnlec.cli.output import render_options, write_text
from nnlec.errors import unknown

FOLDER = Path(__file__).parent.parent.parent / "guide"

_WIDEST = 100


def topics() -> dict[str, str]:
    """The name of each page -> the sentence below its title."""
    return {path.stem: path.read_text(encoding="utf-8").split("\n")[2] for path in sorted(FOLDER.glob("*.md"))}


def _complete(_ctx: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=summary) for name, summary in topics().items() if name.startswith(start)]


@click.command(cls=ModalCommand)
@click.argument("topic", required=False, shell_complete=_complete)
@plain_options
def guide(topic: str | None, plain: bool, width: int | None) -> None:
    """Show the page of the guide about TOPIC; without one, the list of topics.

    On a terminal the page is laid out, in a pipe or a file it is Markdown, with --plain neither.

    \b
    Examples:
      nnlec guide
      nnlec guide network-files
      nnlec guide tables > tables.md
    """
    known = topics()
    if topic is None and plain:
        from nnlec.rendering.explain.listing import describe_names

        write_text(written_plainly(describe_names(("topic", "about"), [*known.items()]), width), None)
        return
    if topic is None:
        width = max(map(len, known))
        lines = [f"  {name:{width}}  {summary}\n" for name, summary in known.items()]
        write_text(f"{''.join(lines)}\n`nnlec guide TOPIC` shows a page.\n", None)
        return
    if topic not in known:
        raise unknown("topic", topic, known)
    text = (FOLDER / f"{topic}.md").read_text(encoding="utf-8")
    text = re.sub(r"^<!--.*-->\n", "", text, flags=re.M)  # marks for the program that writes the lists
    if plain:
        from nnlec.cli.manual import document_of

        write_text(written_plainly(document_of(text), width), None)
        return
    write_text(_laid_out(text, width) if sys.stdout.isatty() else text, None)


def _laid_out(text: str, width: int | None) -> str:
    """Markdown as a terminal shows it, no wider than is good to read."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    sheet = render_options(to_file=False, width=width)
    file = StringIO()
    console = Console(
        file=file,
        width=width or min(sheet.width or _WIDEST, _WIDEST),
        force_terminal=sheet.color,
        color_system="standard" if sheet.color else None,
        theme=Theme({"markdown.code": "bold cyan"}),
        legacy_windows=False,
        _environ={},  # width and colour are those of the page
    )
    text = re.sub(r"^```(console|sh)$", "```text", text, flags=re.M)  # what a shell prints is no program
    console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))
