"""The verdict on one sheet, or on many, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnlec.grading import MarkedRow, Verdict


def check_record(verdict: Verdict) -> dict[str, object]:
    """{right, figures, right_figures, unreadable_figures, first_wrong, rows} of one sheet.

    Each of the rows is {name, figures, slips, remarks, bounded}.
    """
    first = verdict.first_wrong
    return {
        "right": verdict.right,
        "figures": len(verdict.marks),
        "right_figures": sum(mark.right for mark in verdict.marks),
        "unreadable_figures": verdict.unreadable,
        "first_wrong": None if first is None else {"row": first[0].name, "figure": first[1].label},
        "rows": [_row_record(row) for row in verdict.rows],
    }


def checks_record(students: Sequence[tuple[Mapping[str, str], Verdict]]) -> dict[str, object]:
    """{sheets, right_sheets, students: [{notes, ...}]}, each student's verdict as in `check_record`."""
    return {
        "sheets": len(students),
        "right_sheets": sum(verdict.right for _, verdict in students),
        "students": [{"notes": dict(notes), **check_record(verdict)} for notes, verdict in students],
    }


def _row_record(row: MarkedRow) -> dict[str, object]:
    return {
        "name": row.name,
        "figures": [
            {
                "name": mark.label,
                "written": mark.figure.text or None,
                "computed": float(mark.expected),
                "note": mark.figure.note or None,
                "right": mark.right,
                "follows": None if mark.basis is None else mark.basis.value,
            }
            for mark in row.asked
        ],
        "slips": [
            {
                "name": mistake.name,
                "explanation": mistake.sentence,
                "step": mistake.step,
                "explains": [mark.label for unit, mark in enumerate(row.marks) if unit in mistake.explains],
            }
            for mistake in row.mistakes
        ],
        "remarks": list(row.remarks),
        "bounded": row.bounded,
    }
