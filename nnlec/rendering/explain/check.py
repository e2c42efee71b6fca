"""A verdict on a student's figures, as one would write it under the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnlec.grading import Basis, Mark, MarkedRow, Mistake, Verdict
from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Prose, Table
from nnlec.rendering.explain.figures import Style, column

MOST_MISTAKES = 8

_SUMMARY = ("right", "of", "first wrong", "slip")
"""The columns that a table of students gets, in the order of `_summary`."""

_ALL_RIGHT = {1: "The figure is right.", 2: "Both figures are right."}

_BASES = {
    Basis.FULL: "right",
    Basis.OWN: "right, carried on",
    Basis.ROUNDED: "right, rounded on the way",
    Basis.MISTAKE: "right, follows from the mistake",
}


def describe_check(verdict: Verdict, style: Style = Style()) -> Document:  # noqa: B008
    """Each row of figures with its verdicts and the mistakes found; how many are right, and the first wrong one."""
    blocks: list[Block] = []
    for row in verdict.rows:
        blocks += _describe_row(row, style)
    return (*blocks, *_describe_whole(verdict, style))


def describe_checks(students: Sequence[tuple[Mapping[str, str], Verdict]]) -> Document:
    """One line for each student: what was noted, how many figures are right, the first wrong one and its mistake."""
    lines = summaries(students)
    right = sum(verdict.right for _, verdict in students)
    notes = len(lines[0]) - len(_SUMMARY)
    numbers = {notes + position for position, name in enumerate(_SUMMARY) if name in ("right", "of")}
    rows = (tuple(Number(cell) if i in numbers else cell for i, cell in enumerate(line.values())) for line in lines)
    unread = sum(verdict.unreadable for _, verdict in students)
    cells = (
        "1 figure could not be read, and counts" if unread == 1 else f"{unread} figures could not be read, and count"
    )
    return (
        Table(tuple(lines[0]), tuple(rows)),
        Prose(f"{right} of {len(students)} sheets are right throughout."),
        *([Prose(f"{cells} as not right.")] if unread else []),
    )


def summaries(students: Sequence[tuple[Mapping[str, str], Verdict]]) -> list[dict[str, str]]:
    """The same lines as text by column; every line has the same columns.

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
        return _BASES[mark.basis]
    if mark.figure.value is not None:
        return "wrong"
    return "not answered" if mark.figure.readable else "cannot be read"


def _describe_row(row: MarkedRow, style: Style) -> list[Block]:
    computed = column([mark.expected for mark in row.marks], style)
    rows = tuple(
        (mark.label, Number(mark.figure.text or "?"), number, verdict_text(mark))
        for mark, number in zip(row.marks, computed, strict=True)
    )
    return [
        Heading(row.name, 2),
        Table(("figure", "written", "computed", "verdict"), rows),
        *(Prose(f"{remark[:1].upper()}{remark[1:]}.") for remark in row.remarks),
        *_describe_mistakes(row),
    ]


def _describe_mistakes(row: MarkedRow) -> list[Block]:
    wrong = [mark for mark in row.marks if not mark.right and mark.answered]
    mistakes = row.mistakes
    bounded = [Prose("Not every possible mistake was tried: there are too many.")] if row.bounded else []
    if not wrong:
        return []
    if not mistakes:
        none = [] if row.remarks else [Prose("No single mistake was found that explains what is wrong.")]
        return [*none, *bounded]
    if len(mistakes) == 1 and len(mistakes[0].explains) == len(wrong):
        return [Prose(f"Likely mistake: {mistakes[0].name} - {mistakes[0].sentence}."), *bounded]
    return [*_list_mistakes(row, whole=len(mistakes[0].explains) == len(wrong)), *bounded]


def _list_mistakes(row: MarkedRow, *, whole: bool) -> list[Block]:
    """A table of the mistakes, and how many more there are; `whole`: the first explains all that is wrong."""
    shown, more = row.mistakes[:MOST_MISTAKES], len(row.mistakes) - MOST_MISTAKES
    lines: tuple[tuple[Cell, ...], ...] = tuple((m.name, m.sentence, _explained(m, row)) for m in shown)
    intro = "One of these mistakes explains what is wrong" if whole else "These mistakes explain some of what is wrong"
    table: list[Block] = [
        Prose(f"{intro}, the most likely first:"),
        Table(("mistake", "what happened", "explains"), lines),
    ]
    if more > 0:
        table.append(Prose("1 more mistake explains it too." if more == 1 else f"{more} more mistakes explain it too."))
    return table


def _explained(mistake: Mistake, row: MarkedRow) -> str:
    return ", ".join(mark.label for unit, mark in enumerate(row.marks) if unit in mistake.explains)


def _describe_whole(verdict: Verdict, style: Style) -> list[Block]:
    right, of = sum(mark.right for mark in verdict.marks), len(verdict.marks)
    if right == of:
        return [Heading("verdict", 2), Prose(_ALL_RIGHT.get(of, f"All {of} figures are right."))]
    blocks: list[Block] = [Heading("verdict", 2), Prose(f"{right} of {of} figures are right.")]
    if verdict.first_wrong is not None:
        row, mark = verdict.first_wrong
        written = "not answered" if mark.figure.value is None and mark.figure.readable else mark.figure.text
        expected = style.rounding.text(mark.expected)
        blocks.append(Prose(f"First wrong: {row.name}, {mark.label}: {written}, computed {expected}."))
    return blocks


def _summary(verdict: Verdict) -> tuple[str, ...]:
    """The columns of `_SUMMARY` for one sheet."""
    first = verdict.first_wrong
    mistakes = first[1].mistakes if first else ()
    others = f" (or {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return (
        str(sum(mark.right for mark in verdict.marks)),
        str(len(verdict.marks)),
        f"{first[0].name}, {first[1].label}: {first[1].figure.text or '?'}" if first else "",
        f"{mistakes[0].name}: {mistakes[0].sentence}{others}" if mistakes else "",
    )
