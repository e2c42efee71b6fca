"""A verdict on a student's figures, as one would write it under the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnlec.grading import Mark, MarkedRow, Road, Slip, Verdict
from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Prose, Table
from nnlec.rendering.explain.figures import Style, column

MOST_SLIPS = 8

_ROADS = {
    Road.FULL: "right",
    Road.OWN: "right, carried on",
    Road.ROUNDED: "right, rounded on the way",
    Road.SLIP: "right, from the slip",
}


def describe_check(verdict: Verdict, style: Style = Style()) -> Document:  # noqa: B008
    """Each row of figures with its verdicts; the first wrong figure, and the slip behind it; what is right in all."""
    blocks: list[Block] = []
    for row in verdict.rows:
        blocks += _describe_row(row, style)
    return (*blocks, *_describe_whole(verdict, style))


def describe_checks(students: Sequence[tuple[Mapping[str, str], Verdict]]) -> Document:
    """One line for each student: what was noted, how many figures are right, the first wrong one and its slip."""
    lines = summaries(students)
    right = sum(verdict.right for _, verdict in students)
    numbers = {"right", "of"}
    rows = (tuple(Number(cell) if key in numbers else cell for key, cell in line.items()) for line in lines)
    return (
        Table(tuple(lines[0]), tuple(rows)),
        Prose(f"{right} of {len(students)} sheets are right throughout."),
    )


def summaries(students: Sequence[tuple[Mapping[str, str], Verdict]]) -> list[dict[str, str]]:
    """The same lines as text by column; every line has the same columns."""
    notes = dict.fromkeys(note for noted, _ in students for note in noted)
    return [{note: noted.get(note, "") for note in notes} | _summary(verdict) for noted, verdict in students]


def verdict_text(mark: Mark) -> str:
    """right, and by which road; wrong; or not answered."""
    if mark.road is not None:
        return _ROADS[mark.road]
    return "wrong" if mark.figure.value is not None else "not answered"


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
        *_describe_slips(row),
    ]


def _describe_slips(row: MarkedRow) -> list[Block]:
    wrong = [mark for mark in row.marks if not mark.right and mark.figure.value is not None]
    slips = row.slips
    if not wrong:
        return []
    if not slips:
        return [] if row.remarks else [Prose("No single slip was found that explains what is wrong.")]
    if len(slips) == 1 and len(slips[0].explains) == len(wrong):
        return [Prose(f"The slip, it seems: {slips[0].name} - {slips[0].sentence}.")]
    shown = slips[:MOST_SLIPS]
    more = [Prose(f"{len(slips) - MOST_SLIPS} more slips would explain it too.")] if len(slips) > MOST_SLIPS else []
    lines: tuple[tuple[Cell, ...], ...] = tuple((slip.name, slip.sentence, _explained(slip, row)) for slip in shown)
    whole = len(slips[0].explains) == len(wrong)
    intro = "One of these slips would explain it" if whole else "These slips would explain some of it"
    return [Prose(f"{intro}, the likeliest first:"), Table(("slip", "what happened", "explains"), lines), *more]


def _explained(slip: Slip, row: MarkedRow) -> str:
    return ", ".join(mark.label for unit, mark in enumerate(row.marks) if unit in slip.explains)


def _describe_whole(verdict: Verdict, style: Style) -> list[Block]:
    right, of = sum(mark.right for mark in verdict.marks), len(verdict.marks)
    if right == of:
        return [Heading("verdict", 2), Prose(f"All {of} figures are right." if of > 1 else "The figure is right.")]
    blocks: list[Block] = [Heading("verdict", 2), Prose(f"{right} of {of} figures are right.")]
    if verdict.first_wrong is not None:
        row, mark = verdict.first_wrong
        written = mark.figure.text if mark.figure.value is not None else "not answered"
        expected = style.rounding.text(mark.expected)
        blocks.append(Prose(f"First wrong: {row.name}, {mark.label}: {written}, computed {expected}."))
    return blocks


def _summary(verdict: Verdict) -> dict[str, str]:
    first = verdict.first_wrong
    slips = first[1].slips if first else ()
    others = f" (or {len(slips) - 1} more)" if len(slips) > 1 else ""
    return {
        "right": str(sum(mark.right for mark in verdict.marks)),
        "of": str(len(verdict.marks)),
        "first wrong": f"{first[0].name}, {first[1].label}: {first[1].figure.text or '?'}" if first else "",
        "slip": f"{slips[0].name}: {slips[0].sentence}{others}" if slips else "",
    }
