"""Students' answers: a YAML file of one sheet or several, or a CSV table of one row per student."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from nnlec.errors import NnlecError, NnlecWarning, shortened, unknown
from nnlec.filetypes import by_suffix
from nnlec.models.yaml_file.source import SourceText, read_source
from nnlec.models.yaml_file.tree import Field, ListNode, MappingNode, ScalarNode
from nnlec.text import visible

MOST_SHEETS = 100_000
_NUMBERED = re.compile(r"(.+?)(?:[ _.]([0-9]{1,6})|\[([0-9]{1,6})\])")
_FIGURE = re.compile(r"[-+−]?\.?[0-9][0-9.]*(?:[eE][-+−]?[0-9]+)?%?|\?")
OWN = ("input", "label", "target", "variant")
"""Names of a student's own input, right class and sheet."""


@dataclass(frozen=True)
class Answers:
    """One sheet as written: figures by the name of their row, what else was noted (a student's name), and where.

    A row is one text, or a list of its figures.
    """

    rows: dict[str, str | list[str]]
    notes: dict[str, str] = field(default_factory=dict)
    place: str = ""


class Names(NamedTuple):
    """What figures may be called: `rows` by name and how many figures they have, and `letters` for rows or figures.

    A letter stands for the row whose name it has, and for one figure of it, counted from 0, or for all (None).
    """

    rows: Mapping[str, int]
    letters: Mapping[str, tuple[str, int | None]]


def read_answers(path: Path, names: Names) -> list[Answers]:
    """Every sheet in the file. Keys that are no names of figures are notes.

    Warns of notes that are figures themselves: they are not marked. Raises `NnlecError`, with the place, for a file
    that cannot be read so, and for a name close to a known one.
    """
    known = list(names.rows)
    source = read_source(path, "students' answers")
    kind = by_suffix(str(path))
    in_yaml = kind is not None and kind.name in ("yaml", "json")
    sheets = list(_from_yaml(source, known) if in_yaml else _from_table(source, known))
    if not sheets:
        raise source.error(0, "no answers in it")
    sheets = _with_letters(sheets, names)
    unmarked = [
        name for name in dict.fromkeys(name for sheet in sheets for name in sheet.notes) if _unmarked(name, sheets)
    ]
    if unmarked:
        listed = ", ".join(repr(visible(shortened(name))) for name in unmarked[:8]) + ", ..." * (len(unmarked) > 8)
        what = f"{listed}: figures that are not marked, no row of figures is called so"
        warnings.warn(NnlecWarning(f"{what} (rows are called {', '.join(known)})"), stacklevel=2)
    return sheets


def _with_letters(sheets: Sequence[Answers], names: Names) -> list[Answers]:
    """The sheets with what is noted under a letter as a row, where it is figures, or as one figure of a row."""
    noted = dict.fromkeys(name for sheet in sheets for name in sheet.notes)
    taken = [name for name in noted if name in names.letters and _unmarked(name, sheets)]
    return [_with_rows(sheet, taken, names) for sheet in sheets] if taken else list(sheets)


def _with_rows(sheet: Answers, letters: Sequence[str], names: Names) -> Answers:
    rows = dict(sheet.rows)
    for letter in letters:
        row, position = names.letters[letter]
        if row in sheet.rows or (position is None and row in rows):
            raise NnlecError(
                f"{visible(shortened(letter))!r} and another name give the same figures", where=sheet.place
            )
        if letter not in sheet.notes:
            continue
        if position is None:
            rows[row] = sheet.notes[letter]
        else:
            figures = rows.setdefault(row, [""] * names.rows[row])
            if isinstance(figures, str) or figures[position]:
                raise NnlecError(
                    f"{visible(shortened(letter))!r} gives figures that are given twice", where=sheet.place
                )
            figures[position] = sheet.notes[letter]
    notes = {name: text for name, text in sheet.notes.items() if name not in letters}
    return Answers(rows, notes, sheet.place)


def _unmarked(name: str, sheets: Sequence[Answers]) -> bool:
    """Whether what is noted under this name are figures; whole numbers that come first may stand for the students."""
    texts = [text for sheet in sheets if (text := sheet.notes.get(name, "").strip())]
    if name in OWN or not any(re.search("[0-9]", text) for text in texts):
        return False
    stands_first = next(iter(sheets[0].notes), None) == name
    return all(map(_are_figures, texts)) and not (stands_first and all(text.isdigit() for text in texts))


def _are_figures(text: str) -> bool:
    """Whether a cell is a row of figures, as 5.2, 14.5 or 37,8 -23,1 or [cat=0.3, dog=?]."""
    words = re.split(r"[\s,;|]+", text.strip("[]() \t"))
    return all(_FIGURE.fullmatch(word.rpartition("=")[2]) for word in words)


def _from_yaml(source: SourceText, known: Sequence[str]) -> Iterator[Answers]:
    from nnlec.models.yaml_file import tree_of

    root = Field(source, tree_of(source))
    several = isinstance(root.node, ListNode)
    for sheet in root.elements("answers") if several else [root]:
        if not isinstance(sheet.node, MappingNode):
            raise sheet.expected("rows of figures by name, as `hidden: [5.2, 14.5]`")
        members = sheet.members((), "rows of figures by name")
        line = source.line_and_column(sheet.node.at)[0]
        texts: dict[str, str | list[str]] = {name: _text_of(member) for name, member in members.items()}
        yield _sheet(texts, known, f"{visible(str(source.path))}:{line}")


def _text_of(member: Field) -> str:
    if isinstance(member.node, ScalarNode):
        return member.node.text
    cells = member.elements("figures")
    if not all(isinstance(cell.node, ScalarNode) for cell in cells):
        raise member.expected("a list of figures")
    return ", ".join(cell.node.text or "?" for cell in cells if isinstance(cell.node, ScalarNode))


def _from_table(source: SourceText, known: Sequence[str]) -> Iterator[Answers]:
    lines = csv.reader(io.StringIO(source.text, newline=""), delimiter=_delimiter(source), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        twice = next((name for name in header if header.count(name) > 1), None)
        if twice is not None:
            raise source.error(0, f"two columns are called {visible(shortened(twice))!r}")
        for number, cells in enumerate(lines, start=1):
            place = f"{visible(str(source.path))}:{lines.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise NnlecError(f"{len(cells)} cells, expected {len(header)} as in the header", where=place)
            if number > MOST_SHEETS:
                raise NnlecError(f"more than {MOST_SHEETS:,} rows", where=place)
            yield _sheet(_joined(dict(zip(header, cells, strict=True)), known, place), known, place)
    except csv.Error as error:
        raise NnlecError(f"not valid CSV: {error}", where=f"{visible(str(source.path))}:{lines.line_num}") from None


def _delimiter(source: SourceText) -> str:
    first = source.line_at(0)
    return max(",;\t", key=lambda mark: (first.count(mark), mark == ","))


def _joined(cells: dict[str, str], known: Sequence[str], place: str) -> dict[str, str | list[str]]:
    """Columns `hidden 1`, `hidden_2`, `hidden[3]` put together as the row `hidden`."""
    joined: dict[str, str | list[str]] = {}
    for name, cell in cells.items():
        numbered = None if name in known else _NUMBERED.fullmatch(name)
        row = numbered[1] if numbered else name
        if not numbered or row not in known:
            joined[name] = cell
            continue
        position = int(numbered[2] or numbered[3])
        before = joined.setdefault(row, [])
        if isinstance(before, str):
            raise NnlecError(f"column {visible(shortened(name))!r} gives a figure of {row!r} again", where=place)
        if position != len(before) + 1:
            what = f"column {visible(shortened(name))!r} stands where '{row} {len(before) + 1}' is expected"
            raise NnlecError(what, where=place)
        before.append(cell)
    return joined


def _sheet(texts: Mapping[str, str | list[str]], known: Sequence[str], place: str) -> Answers:
    rows = {name: text for name, text in texts.items() if name in known}
    notes = {name: str(text) for name, text in texts.items() if name not in known}
    for name in notes:
        if get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.75):
            raise unknown("row of figures", visible(name), known).at(place)
    return Answers(rows, notes, place)
