"""Students' answers: a YAML file of one sheet or several, or a table of one row per student."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from nnlec.errors import NnlecError, NnlecWarning, bare_name, shortened, unknown
from nnlec.filetypes import by_suffix
from nnlec.models.answers_table import rows_of_table
from nnlec.models.yaml_file import tree_of
from nnlec.models.yaml_file.source import SourceText, read_source
from nnlec.models.yaml_file.tree import Field, ListNode, MappingNode, ScalarNode
from nnlec.notation.typed_numbers import are_numbers
from nnlec.text import visible

OWN = ("input", "label", "target", "variant")
"""Names of a student's own input, right class and sheet."""

STUDENT = "student"

_NUMBERED = re.compile(r"(.+?)(?:[ _.]([0-9]{1,6})|\[([0-9]{1,6})\])")
_SURELY_FIGURES = re.compile(r".*[0-9][\])+⁺]*|P\(.*\)")
_WHO = (
    *((name,) for name in ("student", "name", "full name", "your name", "student name", "nom", "nombre", "nome")),
    ("first name", "vorname", "given name", "prénom", "surname", "last name", "family name", "nachname"),
)
_IDS = ("username", "user", "email", "email address", "e-mail", "e-mail-adresse", "student id", "id", "matrikelnummer")
"""Columns that say who a student is, the best first; first and last names go together."""

_NO_ANSWERS = (
    *(name for names in (*_WHO, _IDS) for name in names),
    *("timestamp", "score", "total score", "grade", "points", "mark", "number", "no", "nr", "row", "variant", "group"),
    *("duration", "time", "time taken", "attempt", "date", "age", "semester", "punkte", "bewertung", "zeitstempel"),
)
"""Columns whose numbers are no figures."""

SheetCells = Mapping[str, str | list[str]]
WrittenSheet = tuple[str, SheetCells, str]
"""The place of a sheet, what stands there by name, and a row that cannot be told apart (usually "")."""


@dataclass(frozen=True)
class Answers:
    """One sheet as written: figures by the name of their row, what else was noted (a student's name), and where.

    A row is one text, or a list of its figures, in which None is one that was not asked for.
    """

    rows: dict[str, str | list[str | None]]
    notes: dict[str, str] = field(default_factory=dict)
    place: str = ""


class AnswersFile(NamedTuple):
    """Every sheet of a file, the notes that say who a student is, and those that are figures and were not marked."""

    sheets: list[Answers]
    who: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()


FigurePlace = tuple[str, int | None]
"""A row of figures, and which one of it is meant, counted from 0: None for the whole row."""


class Names(NamedTuple):
    """What figures may be called: `rows` by name and how many figures they have, and `letters` for rows or figures.

    `chosen` are columns by name, or how their names begin, and what figures they have.
    """

    rows: Mapping[str, int]
    letters: Mapping[str, FigurePlace]
    chosen: Mapping[str, str] = {}

    def place(self, name: str) -> FigurePlace | None:
        """The row or figure of that name, whatever its case and blanks; None for a name that no figures have."""
        if name in self.rows:
            return name, None
        if name in self.letters:
            return self.letters[name]
        numbered = _NUMBERED.fullmatch(name)
        for row, count in self.rows.items():
            if bare_name(row) == bare_name(name):
                return row, None
            if numbered and bare_name(row) == bare_name(numbered[1]):
                position = int(numbered[2] or numbered[3])
                return (row, position - 1) if 1 <= position <= count else None
        alike = {place for letter, place in self.letters.items() if bare_name(letter) == bare_name(name)}
        return alike.pop() if len(alike) == 1 else None


def read_answers(path: str, names: Names) -> AnswersFile:
    """Every sheet in the file. Keys that are no names of figures are notes.

    Raises `NnlecError`, with the place, for a file that cannot be read so, for a name close to a known one, and for
    figures that are given by two names.
    """
    kind = by_suffix(path)
    in_yaml = kind is not None and kind.name in ("yaml", "json")
    source = read_source(path, "students' answers", pasted=not in_yaml)
    written = list(_from_yaml(source) if in_yaml else rows_of_table(source))
    if not written:
        raise source.error(0, "no answers in it")
    columns = list(dict.fromkeys(name for _, cells, _ in written for name in cells))
    meant = _chosen(columns, names)
    student = [name for name in columns if meant.get(name) == STUDENT]
    places: dict[str, FigurePlace] = {}
    for name in columns:
        place = names.place(meant.get(name, name))
        if place is not None and (name in meant or _holds_figures(name, names, written)):
            places[name] = place
    own = {name: meant[name] for name in columns if meant.get(name) in OWN}
    sheets = [_sheet(sheet, places, own, names) for sheet in written]
    for sheet in sheets:
        _expect_no_misspelling(sheet, names)
    if not places:
        hint = f'columns of figures are called {", ".join(names.rows)}; or say it: --columns "{columns[-1][:20]}=..."'
        raise source.error(0, "no figures to check", hint=hint)
    notes = list(dict.fromkeys(name for sheet in sheets for name in sheet.notes))
    who = tuple(student) or _who(notes)
    unmarked = (name for name in notes if name not in who and _is_unmarked(name, sheets))
    return AnswersFile(sheets, who, tuple(unmarked))


def warn_of_unmarked(answers: AnswersFile, names: Names) -> None:
    """Warns of notes that are figures: they are not marked."""
    if answers.unmarked:
        what = f"{listed(answers.unmarked)}: figures that are not marked, no row of figures is called so"
        warnings.warn(NnlecWarning(f"{what} (rows are called {', '.join(names.rows)})"), stacklevel=2)


def listed(names: Sequence[str]) -> str:
    """The first names of columns, quoted."""
    return ", ".join(repr(visible(shortened(name))) for name in names[:8]) + ", ..." * (len(names) > 8)


def _chosen(columns: Sequence[str], names: Names) -> dict[str, str]:
    """What the chosen columns mean, by their whole names; a student's own input may be called `Input`."""
    meant: dict[str, str] = {}
    for wanted, name in names.chosen.items():
        if names.place(name) is None and name not in (*OWN, STUDENT):
            raise unknown("row of figures", name, [*names.rows, *names.letters, STUDENT, *OWN]).at("--columns")
        fits = [column for column in columns if column == wanted]
        fits = fits or [column for column in columns if bare_name(column) == bare_name(wanted)]
        fits = fits or [column for column in columns if bare_name(column).startswith(bare_name(wanted))]
        if len(fits) > 1:
            raise NnlecError(f"{wanted!r} begins the names of {len(fits)} columns: {listed(fits)}", where="--columns")
        if not fits:
            raise unknown("column", wanted, [visible(shortened(column)) for column in columns]).at("--columns")
        if fits[0] in meant:
            raise NnlecError(f"column {visible(shortened(fits[0]))!r} is given twice", where="--columns")
        meant[fits[0]] = name
    for name in OWN:
        spelt = [column for column in columns if bare_name(column) == name and names.place(column) is None]
        if len(spelt) == 1 and spelt[0] not in meant and name not in meant.values():
            meant[spelt[0]] = name
    return meant


def _holds_figures(name: str, names: Names, written: Sequence[WrittenSheet]) -> bool:
    """Whether a column called like figures has some; h is also right-handed, and f female."""
    if name in names.rows or _SURELY_FIGURES.fullmatch(name):
        return True
    return _mostly_numbers([str(cells[name]) for _, cells, _ in written if name in cells])


def _mostly_numbers(texts: Sequence[str]) -> bool:
    answered = [text.strip() for text in texts if text.strip()]
    return sum(map(are_numbers, answered)) * 2 > len(answered)


def _sheet(written: WrittenSheet, places: Mapping[str, FigurePlace], own: Mapping[str, str], names: Names) -> Answers:
    where, cells, odd = written
    rows: dict[str, str | list[str | None]] = {}
    notes: dict[str, str] = {}
    whole: dict[str, str] = {}
    for name, cell in cells.items():
        if name not in places:
            notes[own.get(name, name)] = cell if isinstance(cell, str) else ", ".join(cell)
            continue
        row, position = places[name]
        if odd:
            cell = [odd] * names.rows[row] if position is None else odd
        if row in whole or (position is None and row in rows):
            raise NnlecError(f"{visible(shortened(name))!r} and another name give the same figures", where=where)
        if position is None:
            whole[row] = name
            rows[row] = cell if isinstance(cell, str) else list(cell)
            continue
        figures = rows.setdefault(row, [None] * names.rows[row])
        if isinstance(figures, str) or figures[position] is not None:
            raise NnlecError(f"{visible(shortened(name))!r} gives figures that are given twice", where=where)
        figures[position] = cell if isinstance(cell, str) else ", ".join(cell)
    return Answers(rows, notes, where)


def _expect_no_misspelling(sheet: Answers, names: Names) -> None:
    known = [row.lower() for row in names.rows]
    for name in sheet.notes:
        if name not in OWN and get_close_matches(name.lower(), known, n=1, cutoff=0.75):
            raise unknown("row of figures", visible(name), names.rows).at(sheet.place)


def _who(notes: Sequence[str]) -> tuple[str, ...]:
    """The notes that say who a student is; the first one where none is called so."""
    for known in _WHO:
        found = tuple(name for name in notes if name.strip().casefold() in known)
        if found:
            return tuple(sorted(found, key=lambda name: known.index(name.strip().casefold())))
    asking = [name for name in notes if "name" in re.findall(r"\w+", name.casefold())]
    ids = [name for name in notes if name.strip().casefold() in _IDS]
    return tuple((asking or ids or notes)[:1])


def _is_unmarked(name: str, sheets: Sequence[Answers]) -> bool:
    """Whether what is noted under this name are figures."""
    if name in OWN or name.strip().casefold().partition("/")[0] in _NO_ANSWERS:
        return False
    texts = [sheet.notes.get(name, "") for sheet in sheets]
    return _mostly_numbers(texts) and any(re.search("[0-9]", text) for text in texts)


def _from_yaml(source: SourceText) -> Iterator[WrittenSheet]:
    root = Field(source, tree_of(source))
    several = isinstance(root.node, ListNode)
    for sheet in root.elements("answers") if several else [root]:
        if not isinstance(sheet.node, MappingNode):
            raise sheet.expected("rows of figures by name, as `hidden: [5.2, 14.5]`")
        members = sheet.members((), "rows of figures by name")
        line = source.line_and_column(sheet.node.at)[0]
        yield f"{visible(source.path)}:{line}", {name: _text_of(member) for name, member in members.items()}, ""


def _text_of(member: Field) -> str | list[str]:
    if isinstance(member.node, ScalarNode):
        return member.node.text
    cells = member.elements("figures")
    if not all(isinstance(cell.node, ScalarNode) for cell in cells):
        raise member.expected("a list of figures")
    return [cell.node.text or "?" for cell in cells if isinstance(cell.node, ScalarNode)]
