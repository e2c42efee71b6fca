"""A student's figures against the computation: what is right and why, what is wrong and by which mistake.

A figure is right if it follows from what was written before it: computed in full, from the student's own figures, from
numbers rounded on the way, or from an earlier mistake. The first wrong figure is named, with what must have happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import localcontext

from nnlec.errors import NnlecError, unknown
from nnlec.grading.candidates import Candidates, StartingRow
from nnlec.grading.figures import UNANSWERED, Figure, as_many, has_neighbour
from nnlec.grading.remarks import remarks
from nnlec.grading.search import MOST_NUMBERS, FittingMistake, Search, distinct
from nnlec.grading.segment import Segment
from nnlec.grading.steps import Problem
from nnlec.grading.verdict import Basis, Mark, MarkedRow, Verdict
from nnlec.network.trace import EXACT, Row

_MOST_SOURCES = 4
_MOST_MISTAKES_CARRIED = 3


def mark(problem: Problem, answers: Mapping[str, Sequence[Figure]]) -> Verdict:
    """The verdict on rows of figures, given by the names of their steps; an empty row was not answered.

    Raises `NnlecError` for a row that is not asked for, one given under two names, too few or too many figures, and
    no figures at all.
    """
    given = _by_step(problem, answers)
    candidates = Candidates(problem, [figure for row in given.values() for figure in row])
    sources = [StartingRow(Basis.FULL, problem.given)]
    start = 0
    rows: list[MarkedRow] = []
    with localcontext(EXACT):
        for index in sorted(given):
            segment = Segment(problem, start, index + 1, tuple(given[index]))
            row, found = _marked(segment, sources, candidates, MOST_NUMBERS // len(given))
            new = _new_sources(segment, row, found)
            sources = [*_continued(segment, sources), *new]
            own = {u: m.figure.value for u, m in enumerate(row.marks) if not m.right and m.figure.value is not None}
            candidates.add(new, own if _shows_work(row.marks) else {}, index + 1)
            rows.append(row._replace(marks=row.marks[: problem.steps[index].size]))
            start = index + 1
    return Verdict(tuple(rows))


def _by_step(problem: Problem, answers: Mapping[str, Sequence[Figure]]) -> dict[int, Sequence[Figure]]:
    given: dict[int, Sequence[Figure]] = {}
    for name, row in answers.items():
        index = problem.find(name)
        if index is None:
            raise unknown("row of figures", name, [n for step in problem.steps for n in step.names])
        if index in given:
            raise NnlecError(f"{name!r} is given twice", hint=f"also as {' or '.join(problem.steps[index].names)}")
        try:
            step = problem.steps[index]
            given[index] = (*as_many(row, step.size), *(UNANSWERED,) * step.kept)
        except NnlecError as error:
            layer = getattr(step.own_operation, "layer", None)
            hint = (layer.outputs_hint(len(row)) if layer is not None else "") or error.hint
            raise NnlecError(error.what, where=error.where, hint=hint).at(name) from None
    if not given:
        raise NnlecError("no figures to check")
    return given


def _marked(
    segment: Segment, sources: Sequence[StartingRow], candidates: Candidates, most_numbers: int
) -> tuple[MarkedRow, list[FittingMistake]]:
    step, figures = segment.steps[-1], segment.figures
    ends = [(source.basis, segment.end(source.row)) for source in sources]
    bases = _bases(segment, ends, candidates)
    marks = [Mark(*of) for of in zip(step.labels, figures, ends[0][1], bases, strict=True)]
    wrong = frozenset(unit for unit, one in enumerate(marks) if not one.right and one.answered)
    if not wrong:
        return MarkedRow(step.name, tuple(marks)), []
    search = Search(segment, wrong, most_numbers)
    found = distinct(search.mistakes([source.row for source in sources]))
    if not _shows_work(marks):
        found = [one for one in found if one.mistake.explains == wrong]
    for unit in wrong:
        explain = tuple(one.mistake for one in found if unit in one.mistake.explains)
        marks[unit] = marks[unit]._replace(mistakes=explain)
    divided = [segment.before_last(source.row) for source in sources]
    return MarkedRow(step.name, tuple(marks), remarks(step, divided, figures), search.bounded), found


def _bases(segment: Segment, ends: Sequence[tuple[Basis, Row]], candidates: Candidates) -> list[Basis | None]:
    """Why each figure is right, or None; zeros last, because a small number may be 0.00 beside a right 0.90."""
    bases: list[Basis | None] = [None] * len(segment.figures)
    for zeros in (False, True):
        beside = has_neighbour(segment.figures, [basis is not None for basis in bases])
        for unit, written in enumerate(segment.figures):
            if written.value is not None and (written.value == 0) is zeros:
                fits = (basis for basis, row in ends if written.claims(row[unit], beside=beside[unit]))
                bases[unit] = next(fits, None) or candidates.find(segment.stop, unit, written, beside=beside[unit])
    return bases


def _continued(segment: Segment, sources: Sequence[StartingRow]) -> list[StartingRow]:
    """The computations in full and from a mistake, after the segment."""
    kept = [source for source in sources if source.basis in (Basis.FULL, Basis.MISTAKE)][:_MOST_SOURCES]
    return [StartingRow(source.basis, segment.end(source.row), segment.stop) for source in kept]


def _new_sources(segment: Segment, marked: MarkedRow, found: Sequence[FittingMistake]) -> list[StartingRow]:
    """What else the next row may follow from: the student's own row, the row due, the rows of the mistakes found."""
    exact, figures = [one.expected for one in marked.marks], segment.figures
    rows: dict[Row, Basis] = {}
    if _shows_work(marked.marks):
        own = tuple(e if f.value is None else f.value for f, e in zip(figures, exact, strict=True))
        mixed = tuple(e if m.right else o for m, o, e in zip(marked.marks, own, exact, strict=True))
        due = tuple(e if f.value is None else f.rounded(e) for f, e in zip(figures, exact, strict=True))
        rows = {own: Basis.OWN, mixed: Basis.OWN} | {due: Basis.ROUNDED if due != own else Basis.OWN}
        rows.pop(tuple(exact), None)
    carried = [(one.row(), Basis.MISTAKE) for one in found[:_MOST_MISTAKES_CARRIED]]
    return [StartingRow(basis, row, segment.stop) for row, basis in (*rows.items(), *carried)]


def _shows_work(marks: Sequence[Mark]) -> bool:
    """A row of zeros, or of one wrong number over and over, shows no work that could be carried on."""
    answered = [one.figure.value for one in marks if one.figure.value is not None]
    if all(one.right for one in marks):
        return True
    right = any(one.figure.value for one in marks if one.right)
    return right or (any(answered) and (len(answered) == 1 or len(set(answered)) > 1))
