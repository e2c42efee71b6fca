"""A student's figures against the computation: what is right and by which road, what is wrong and by which slip.

A fair person accepts a figure that follows from what the student wrote before, names the first wrong one, and says what
must have happened. So each row of figures is met with every row that could rightly stand there: computed in full,
from the student's own figures, rounded on the way, or from an earlier slip carried on in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import localcontext

from nnlec.errors import NnlecError, unknown
from nnlec.grading.figures import Figure, counted, figure
from nnlec.grading.remarks import remarks
from nnlec.grading.search import Search
from nnlec.grading.segment import Stretch
from nnlec.grading.steps import Problem
from nnlec.grading.verdict import Mark, MarkedRow, Road, Verdict
from nnlec.network.trace import EXACT, Row

_MOST_ROADS = 4
_MOST_SLIPS_CARRIED = 3


@dataclass(frozen=True)
class _Source:
    """A row that the next figures may follow from."""

    road: Road
    row: Row


def mark(problem: Problem, answers: Mapping[str, Sequence[Figure]]) -> Verdict:
    """The verdict on rows of figures, given by the names of their steps; an empty row was not answered.

    Raises `NnlecError` for a row that is not asked for, one given under two names, too few or too many figures, and
    no figures at all.
    """
    given = _by_step(problem, answers)
    sources = [_Source(Road.FULL, problem.given)]
    start = 0
    rows: list[MarkedRow] = []
    with localcontext(EXACT):
        for index in sorted(given):
            stretch = Stretch(problem, start, index + 1, tuple(given[index]))
            row = _marked(stretch, sources)
            sources = _sources_after(stretch, sources, row)
            rows.append(row)
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
            size = len(problem.steps[index].labels)
            given[index] = counted(row, size) if row else (figure(""),) * size
        except NnlecError as error:
            raise error.at(name) from None
    if not given:
        raise NnlecError("no figures to check")
    return given


def _marked(stretch: Stretch, sources: Sequence[_Source]) -> MarkedRow:
    step, figures = stretch.steps[-1], stretch.figures
    roads = list(_roads(stretch, sources))
    found = [next((road for road, row in roads if f.rounds(row[unit])), None) for unit, f in enumerate(figures)]
    wrong = frozenset(unit for unit, road in enumerate(found) if road is None and figures[unit].value is not None)
    slips = Search(stretch, wrong).slips(source.row for source in sources) if wrong else []
    if not _shows_work(figures, found):
        slips = [slip for slip in slips if slip.explains == wrong]
    marks = tuple(
        Mark(label, f, number, road, tuple(slip for slip in slips if unit in slip.explains))
        for unit, (label, f, number, road) in enumerate(zip(step.labels, figures, roads[0][1], found, strict=True))
    )
    divided = [stretch.before_last(source.row) for source in sources]
    return MarkedRow(step.name, marks, remarks(step, divided, figures) if wrong else ())


def _roads(stretch: Stretch, sources: Sequence[_Source]) -> Iterator[tuple[Road, Row]]:
    """Every row that may rightly stand here, the fullest first."""
    for source in sources:
        yield source.road, stretch.end(source.row)
    for source in sources:
        road = source.road if source.road is Road.SLIP else Road.ROUNDED
        for carry in stretch.carries(finer=4):
            yield road, stretch.end(source.row, carry)


def _sources_after(stretch: Stretch, sources: Sequence[_Source], marked: MarkedRow) -> list[_Source]:
    """What the next row may follow from: the same in full, the student's own row, the row due, the slips' rows."""
    in_full = [s for s in sources if s.road in (Road.FULL, Road.SLIP)][:_MOST_ROADS]
    after = [_Source(source.road, stretch.end(source.row)) for source in in_full]
    exact, figures = after[0].row, stretch.figures
    if _shows_work(figures, [one.road for one in marked.marks]):
        own = tuple(e if f.value is None else f.value for f, e in zip(figures, exact, strict=True))
        mixed = tuple(e if m.right else o for m, o, e in zip(marked.marks, own, exact, strict=True))
        due = tuple(f.rounding.value(e) for f, e in zip(figures, exact, strict=True))
        rows = {own: Road.OWN, mixed: Road.OWN} | {due: Road.ROUNDED if due != own else Road.OWN}
        after += [_Source(road, row) for row, road in rows.items() if row != exact]
    return after + [_Source(Road.SLIP, slip.row) for slip in marked.slips[:_MOST_SLIPS_CARRIED]]


def _shows_work(figures: Sequence[Figure], roads: Sequence[Road | None]) -> bool:
    """A row of zeros, or of one wrong number over and over, shows no work that could be carried on."""
    answered = [figure.value for figure in figures if figure.value is not None]
    if all(road is not None for road in roads):
        return True
    right = any(figure.value for figure, road in zip(figures, roads, strict=True) if road is not None)
    return right or (any(answered) and (len(answered) == 1 or len(set(answered)) > 1))
