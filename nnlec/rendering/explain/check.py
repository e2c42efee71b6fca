"""A verdict on a student's figures, as one would write it under the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnlec.arithmetic.numbers import is_number
from nnlec.arithmetic.rounding import Rounding
from nnlec.grading import Basis, Mark, MarkedRow, Mistake, Verdict
from nnlec.grading.problems import RESERVED
from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Prose, Table, UserName
from nnlec.rendering.explain.figures import Style

A_FEW = 5
"""As many mistakes are named; of more that fit a short figure none is likely."""

_SHORT = 3
"""A figure of so many digits fits many mistakes by chance."""

_MOST_PLACES = 12

_SUMMARY = ("right", "of", "first wrong", "slip")
"""The columns that a table of students gets, in the order of `_summary`."""

_RIGHT = {(1, 1): "The figure is right.", (0, 1): "The figure is wrong.", (2, 2): "Both figures are right."}
"""What is said of figures: how many are right, of how many."""

_SHEET = ("The sheet is not right throughout.", "The sheet is right throughout.")
"""The same of a single sheet."""

_OF_LAYERS = ("layer ", "delta ", "gradient ", "after ")
"""How the names of rows begin that say more than the layer."""

_BASES = {
    Basis.FULL: "right",
    Basis.OWN: "right, carried on",
    Basis.ROUNDED: "right, rounded on the way",
    Basis.MISTAKE: "right, follows from the mistake",
}

Students = Sequence[tuple[Mapping[str, str], Verdict]]


def describe_check(verdict: Verdict, style: Style = Style()) -> Document:  # noqa: B008
    """Each row of figures with its verdicts and the mistakes found; how many are right, and the first wrong one."""
    blocks: list[Block] = []
    for row in verdict.rows:
        blocks += _describe_row(row, style)
    return (*blocks, *_describe_whole(verdict, style))


def describe_page(student: str, verdict: Verdict, style: Style) -> Document:
    """The verdict on one student's sheet under a title of its own."""
    return (Heading(UserName(student), 1), *describe_check(verdict, style))


def describe_checks(
    students: Students, who: Sequence[str] = (), unmarked: Sequence[str] = (), written: str = ""
) -> Document:
    """One line for each student: who it is, how many figures are right, the first wrong one and its mistake.

    `unmarked` are columns of figures that no name fits, `written` a sentence about what else was made.
    """
    lines = summaries(students)
    names = list(lines[0])[-len(_SUMMARY) :]
    notes = [name for name in lines[0] if name not in names]
    shown = [*(name for name in notes if name in who), *names]
    if not notes:
        lines, shown = [{"line": str(number), **line} for number, line in enumerate(lines, start=1)], ["line", *names]
    given = {name: UserName(name) for name in notes}
    rows = tuple(
        tuple(
            Number(line[name]) if name in names[:2] else UserName(line[name]) if name in given else line[name]
            for name in shown
        )
        for line in lines
    )
    right = sum(verdict.right for _, verdict in students)
    remarks = [_unread(students)]
    if unmarked:
        listed = ", ".join(unmarked)
        remarks.append(f"Not marked, though they look like figures: {listed}. --columns says what they are.")
    if left_out := [name for name in notes if name not in (*who, *unmarked)]:
        remarks.append(f"Not shown: {', '.join(left_out)} (-f csv has them).")
    remarks.append(written)
    return (
        Table(tuple(given.get(name, name) for name in shown), rows),
        Prose(_SHEET[right] if len(students) == 1 else f"{right} of {len(students)} sheets are right throughout."),
        *(Prose(remark) for remark in remarks if remark),
    )


def row_title(name: str) -> str:
    """The name of a row of figures; that of a layer is a user's."""
    ours = name in RESERVED or name.endswith(" before activation") or name.startswith(_OF_LAYERS)
    return name if ours else UserName(name)


def summaries(students: Students) -> list[dict[str, str]]:
    """The same lines as text by column, with every note; every line has the same columns.

    A student's own column keeps its name: where it is called `right`, the verdict's column is `checked right`.
    """
    notes = dict.fromkeys(note for noted, _ in students for note in noted)
    names: list[str] = []
    for name in _SUMMARY:
        while name in notes:
            name = f"checked {name}"
        names.append(name)
    return [
        {note: noted.get(note, "") for note in notes} | dict(zip(names, _summary(verdict), strict=True))
        for noted, verdict in students
    ]


def verdict_text(mark: Mark) -> str:
    """right, and why; wrong; or not answered."""
    if mark.basis is not None:
        return f"right, as Python rounds {mark.expected:f}" if mark.as_python_rounds else _BASES[mark.basis]
    if mark.figure.value is not None:
        return "wrong"
    return "not answered" if mark.figure.readable else "not read"


def _unread(students: Students) -> str:
    counts = (
        (sum(verdict.unreadable for _, verdict in students), "could not be read"),
        (sum(verdict.unanswered for _, verdict in students), "was not answered"),
    )
    said = [
        f"{count} figure{'' if count == 1 else 's'} {what if count == 1 else what.replace('was', 'were')}"
        for count, what in counts
        if count
    ]
    total = sum(count for count, _ in counts)
    return f"{' and '.join(said)}; {'it counts' if total == 1 else 'they count'} as not right." if said else ""


def _describe_row(row: MarkedRow, style: Style) -> list[Block]:
    rows = tuple(
        (UserName(mark.label), "" if row.as_a_whole else _written(mark), Number(number), verdict_text(mark))
        for mark, number in zip(row.asked, _computed(row, style), strict=True)
    )
    read = dict.fromkeys(mark.figure.note for mark in row.asked if mark.figure.note)
    return [
        Heading(row_title(row.name), 2),
        Table(("figure", "written", "computed", "verdict"), rows),
        *([Prose(f"Written: {row.as_a_whole} - not {len(row.asked)} figures.")] if row.as_a_whole else []),
        *([Prose(f"{'; '.join(read)}.")] if read else []),
        *(Prose(f"{remark[:1].upper()}{remark[1:]}.") for remark in row.remarks),
        *_describe_mistakes(row),
    ]


def _written(mark: Mark) -> Cell:
    """The figure as written: a number among numbers where it is a plain one."""
    text = mark.figure.text or "?"
    return Number(text) if is_number(text) or (mark.figure.readable and not mark.answered) else UserName(text)


def _computed(row: MarkedRow, style: Style) -> list[str]:
    """The numbers computed, each with as many figures as were written, or as are asked for."""
    numbers = [mark.expected for mark in row.asked]
    if style.rounding != Rounding():
        return style.rounding.texts(numbers)
    places = max((mark.figure.places for mark in row.asked if mark.figure.places <= _MOST_PLACES), default=0)
    rounding = Rounding(max(Rounding().decimals, places))
    texts = rounding.texts(numbers)
    if places > Rounding().decimals and not all(map(rounding.is_shown_in_full, numbers)):
        texts = rounding._replace(fixed=True).texts(numbers)  # the last zeros are figures too
    return [
        Rounding(significant=max(Rounding().decimals, mark.figure.significant)).text(mark.expected)
        if mark.figure.places > _MOST_PLACES
        else text
        for mark, text in zip(row.asked, texts, strict=True)
    ]


def _describe_mistakes(row: MarkedRow) -> list[Block]:
    wrong, mistakes = _wrong(row), row.mistakes
    if not wrong:
        return []
    bounded = [Prose("Not every possible mistake was tried: there are too many.")] if row.bounded else []
    if not mistakes:
        none = [] if row.remarks else [Prose("No single mistake was found that explains what is wrong.")]
        return [*none, *bounded]
    first, whole = mistakes[0], len(mistakes[0].explains) == len(wrong)
    if len(mistakes) == 1:
        found = "Likely mistake" if whole else f"One mistake explains {_explained(first, row)}"
        return [Prose(f"{found}: {first.name} - {first.sentence}."), *bounded]
    if _too_short(row):
        return [Prose(f"Too short a figure to tell the mistake: {len(mistakes)} would explain it."), *bounded]
    return [*_list_mistakes(row, whole=whole), *bounded]


def _wrong(row: MarkedRow) -> list[Mark]:
    """The figures that were answered, and wrongly."""
    return [mark for mark in row.asked if not mark.right and mark.answered]


def _too_short(row: MarkedRow) -> bool:
    """Whether so many mistakes fit because so few digits are written."""
    wrong = _wrong(row)
    return len(row.mistakes) > A_FEW and len(wrong) == 1 and wrong[0].figure.significant <= _SHORT


def _list_mistakes(row: MarkedRow, *, whole: bool) -> list[Block]:
    """A table of the mistakes, and how many more there are; `whole`: the first explains all that is wrong."""
    shown, more = row.mistakes[:A_FEW], len(row.mistakes) - A_FEW
    lines: tuple[tuple[Cell, ...], ...] = tuple((m.name, m.sentence, _explained(m, row)) for m in shown)
    intro = "One of these mistakes explains what is wrong" if whole else "These mistakes explain some of what is wrong"
    table: list[Block] = [
        Prose(f"{intro}, the most likely first:"),
        Table(("mistake", "what happened", "explains"), lines),
    ]
    if more > 0:
        table.append(Prose("1 more mistake explains it too." if more == 1 else f"{more} more mistakes explain it too."))
    return table


def _explained(mistake: Mistake, row: MarkedRow) -> UserName:
    return UserName(", ".join(mark.label for unit, mark in enumerate(row.marks) if unit in mistake.explains))


def _describe_whole(verdict: Verdict, style: Style) -> list[Block]:
    right, of = sum(mark.right for mark in verdict.marks), len(verdict.marks)
    said = f"All {of} figures are right." if right == of else f"{right} of {of} figures are right."
    blocks: list[Block] = [Heading("verdict", 2), Prose(_RIGHT.get((right, of), said))]
    if verdict.first_wrong is not None:
        row, mark = verdict.first_wrong
        written = "not answered" if not mark.answered and mark.figure.readable else mark.figure.text
        expected = "" if row.as_a_whole else f", computed {_computed(row, style)[row.asked.index(mark)]}"
        blocks.append(Prose(f"First wrong: {_place(row, mark)}: {written}{expected}."))
    return blocks


def _summary(verdict: Verdict) -> tuple[str, ...]:
    """The columns of `_SUMMARY` for one sheet."""
    first = verdict.first_wrong
    right = str(sum(mark.right for mark in verdict.marks))
    if first is None:
        return right, str(len(verdict.marks)), "", ""
    row, mark = first
    return right, str(len(verdict.marks)), f"{_place(row, mark)}: {mark.figure.text or '?'}", _slip(row, mark)


def _place(row: MarkedRow, mark: Mark) -> str:
    """A figure in its row; the row alone where it stands as a whole."""
    return row.name if row.as_a_whole or row.name == mark.label else f"{row.name}, {mark.label}"


def _slip(row: MarkedRow, mark: Mark) -> str:
    mistakes = mark.mistakes
    if not mistakes:
        return "" if mark.figure.readable else "not read"
    if _too_short(row):
        return f"too short a figure to tell ({len(mistakes)} fit)"
    others = f" (or {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return f"{mistakes[0].name}: {mistakes[0].sentence}{others}"
