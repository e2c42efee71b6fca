"""README.md and the pages of the guide as they should be: transcripts replayed, lists made by the program.

In a page, `$ command` in a console block is run, and what it prints stands below it. A yaml block whose first line is
`# NAME.yaml` is that file for the commands that follow. A python block is a doctest. What stands between
`<!-- list: NAME -->` and `<!-- end -->` is written by the function NAME of `LISTS`.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

import nnlec
from nnlec.cli import COMMANDS, group
from nnlec.cli.commands.guide import FOLDER, topics
from nnlec.cli.examples import examples
from nnlec.cli.modal import long_name, places
from tests.transcripts import TOP, run, same

README = TOP / "README.md"
PAGES = [README, *sorted(FOLDER.glob("*.md"))]

_PART = re.compile(
    r"^```(?P<kind>console|yaml|python)\n(?P<text>.*?)^```$|"
    r"^(?P<start><!-- list: (?P<list>\w+) -->\n)(?P<lines>.*?)^(?P<end><!-- end -->)$",
    re.M | re.S,
)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.M)


def as_it_should_be(page: Path) -> str:
    """The page's text with every output and list as the program gives it now; files go to the current folder.

    Raises `AssertionError` for a Python example that does not hold.
    """

    def renewed(part: re.Match[str]) -> str:
        if part["list"]:
            return f"{part['start']}{LISTS[part['list']](page)}{part['end']}"
        text = part["text"]
        if part["kind"] == "console":
            return f"```console\n{replayed(text)}```"
        if part["kind"] == "python":
            example = doctest.DocTestParser().get_doctest(text, {}, page.name, page.name, 0)
            assert example.examples, f"{page.name}: a Python block without >>>"
            assert doctest.DocTestRunner().run(example).failed == 0, page.name
        elif name := re.match(r"# ([a-z-]+\.yaml)\n", text):
            Path(name[1]).write_text(text, encoding="utf-8")
        return part[0]

    return _PART.sub(renewed, page.read_text(encoding="utf-8"))


def replayed(transcript: str) -> str:
    """The commands of a transcript, each with what it prints; last digits that depend on the machine stay."""
    lines, code = [], 0
    for command, shown in _COMMAND.findall(transcript):
        if command == "echo $?":
            actual = f"{code}\n"
        else:
            ran = run(command)
            actual, code = ran.shown, ran.code
        lines.append(f"$ {command}\n{shown if same(shown, actual) else actual}")
    return "".join(lines)


def _table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _commands(_: Path) -> str:
    return _table(("command", "what it does"), ((f"`nnlec {name}`", text) for name, text in COMMANDS.items()))


def _topics(page: Path) -> str:
    folder = FOLDER.relative_to(page.parent).as_posix()
    rows = ((f"[{name}]({folder}/{name}.md)", summary) for name, summary in topics().items())
    return _table(("page", "what it tells"), rows)


def _examples(_: Path) -> str:
    return _table(("file", "what it shows"), ((f"`{row.name}.yaml`", row.summary) for row in examples()))


def _listed(what: str) -> list[dict[str, Any]]:
    """The rows that `nnlec list` has."""
    rows: list[dict[str, Any]] = json.loads(run(f"nnlec list {what} -f json").stdout)[what]
    return rows


def _named(row: dict[str, Any]) -> str:
    return f"`{row['name']}`" + (f" ({', '.join(row['aliases'])})" if row["aliases"] else "")


def _parameters(row: dict[str, Any]) -> str:
    return "; ".join(
        f"{parameter['name']} = {'none' if parameter['default'] == [] else parameter['default']}"
        for parameter in row["parameters"]
    )


def _activations(_: Path) -> str:
    rows = ((_named(row), f"`{row['formula']}`", row["range"], _parameters(row)) for row in _listed("activations"))
    return _table(("activation", "formula", "range", "parameters"), rows)


def _losses(_: Path) -> str:
    rows = ((_named(row), f"`{row['formula']}`", row["takes"], _parameters(row)) for row in _listed("losses"))
    return _table(("loss", "formula", "f is", "parameters"), rows)


def _layers(_: Path) -> str:
    rows = ((f"`{row['name']}`", row["computes"], _keys(row)) for row in _listed("layers"))
    return _table(("type", "computes", "keys"), rows)


def _keys(row: dict[str, Any]) -> str:
    return "; ".join(
        f"`{key['name']}`: {', '.join([key['meaning'], *words])}"
        for key in row["keys"]
        for words in [[f"or {word}" for word in key["words"] if word not in key["meaning"]]]
    )


def _formats(_: Path) -> str:
    rows = ((f"`{row['name']}`", row["for"], " ".join(row["suffixes"])) for row in _listed("formats"))
    return _table(("format", "for", "suffix"), rows)


def _engines(_: Path) -> str:
    rows = ((f"`{row['name']}`", row["needs"] or "nothing more") for row in _listed("engines"))
    return _table(("engine", "needs"), rows)


def _api(_: Path) -> str:
    """The public classes and functions, each with the first paragraph of its docstring."""
    public = ((name, getattr(nnlec, name)) for name in nnlec.__all__)
    rows = ((f"`{name}`", _first_paragraph(inspect.getdoc(what))) for name, what in public if callable(what))
    return _table(("name", "what it is"), rows)


def _options(_: Path) -> str:
    """Every option with its help, and the commands that have it; one row for each help text."""
    users: dict[tuple[str, str], list[str]] = {}
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        for option in command.params:
            record = option.get_help_record(context) if isinstance(option, click.Option) else None
            if record:
                users.setdefault((record[0], " ".join(record[1].split())), []).append(name)
    rows = ((f"`{option}`", text, ", ".join(users[option, text])) for option, text in sorted(users, key=_by_name))
    return _table(("option", "what it does", "commands"), rows)


def _modes(_: Path) -> str:
    """For each command where its options have a meaning: the options that have it in the same places."""
    rows: dict[tuple[str, str], list[str]] = {}
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option):
                words = "; ".join(place.words for place in places(command, option))
                rows.setdefault((name, words), []).append(f"`{long_name(option)}`")
    return _table(
        ("command", "where", "options"),
        (
            (name, words or "everywhere", ", ".join(sorted(rows[name, words])))
            for name, words in sorted(rows, key=_first)
        ),
    )


def _first(row: tuple[str, str]) -> tuple[int, bool]:
    return [*COMMANDS].index(row[0]), row[1] != ""


def _by_name(option: tuple[str, str]) -> str:
    long = re.search(r"-+([\w-]+)", option[0].partition(", ")[2] or option[0])
    assert long, option[0]
    return long[1]


def rooms() -> list[str]:
    """The rooms of the import contract, the highest first."""
    contract = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    return [room.removeprefix("nnlec.") for floor in contract[0]["layers"] for room in floor.split(" | ")]


def _rooms(_: Path) -> str:
    return _table(("room", "what is in it"), ((f"`{room}`", _docstring(room)) for room in rooms()))


def _docstring(room: str) -> str:
    """The first paragraph of a package's or module's docstring."""
    path = TOP / "nnlec" / room
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return _first_paragraph(ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))))


def _first_paragraph(docstring: str | None) -> str:
    assert docstring
    return docstring.partition("\n\n")[0].replace("\n", " ")


LISTS: dict[str, Callable[[Path], str]] = {
    "activations": _activations,
    "api": _api,
    "commands": _commands,
    "engines": _engines,
    "examples": _examples,
    "formats": _formats,
    "layers": _layers,
    "losses": _losses,
    "modes": _modes,
    "options": _options,
    "rooms": _rooms,
    "topics": _topics,
}
"""Name in the mark of a list -> what writes the list for that page."""
