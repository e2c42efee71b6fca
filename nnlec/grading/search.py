"""The search for mistakes: every row of the table of mistakes, at every place, against the figures that are wrong.

All alternatives of one kind go through the remaining steps together, in floating point; those that fit are certain
enough, and those that fit barely are computed again exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import DecimalException
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.grading.figures import has_neighbour
from nnlec.grading.fit import Fit
from nnlec.grading.mistakes import MISTAKES, SWAPPED, WRITING_MISTAKES, Alternative, MistakeKind, Work, decimals
from nnlec.grading.mistakes.interface import work_of
from nnlec.grading.operations import MOST_TERMS
from nnlec.grading.segment import FULL, CarryRounding, Segment, follow
from nnlec.grading.verdict import Mistake
from nnlec.named import NamedTuple
from nnlec.network.trace import Row

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags

MOST_NUMBERS = 8_000_000
"""Numbers computed for one sheet before its search is bounded: about a second."""

_MOST_CONFIRMED = 200_000
"""The same for numbers computed exactly; beyond it floating point decides."""

_BATCH = 500_000
_MOST_COMPARED = 20
"""Mistakes of a name whose rows are compared, which takes an exact computation each."""

_Place = tuple[str, str, int, int | None, int | None, int]
"""A kind of mistake, the step, unit and source where it is made, and which reading: the same from every start."""


class FittingMistake(NamedTuple):
    """A mistake that fits, and how to compute the row that follows from it in full."""

    mistake: Mistake
    row: Callable[[], Row]


class _Computation(NamedTuple):
    """One way from a start to the figures: the rows on it, and how they were rounded."""

    carry: CarryRounding
    rows: tuple[Row, ...]


@dataclass
class Search:
    """Looks for the single mistakes that explain the `wrong` figures at the end of a segment.

    It is bounded by `most_numbers` that it may compute, and then `bounded` is true.
    """

    segment: Segment
    wrong: frozenset[int]
    most_numbers: int = MOST_NUMBERS
    bounded: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        figures = self.segment.figures
        beside = has_neighbour(figures, [True] * len(figures))
        self._fit = Fit(figures, self.wrong, tuple(beside))
        self._left, self._confirmations = self.most_numbers, _MOST_CONFIRMED

    def mistakes(self, starts: Sequence[Row]) -> list[FittingMistake]:
        """Those that explain wrong figures and contradict none that is right, the likeliest first."""
        found: dict[_Place, FittingMistake] = {}
        for carry in (FULL, *self.segment.carries()):
            for start in dict.fromkeys(starts):
                way = _Computation(carry, (start, *self.segment.rows(start, carry)))
                for place, one in self._on_the_way(way):
                    found.setdefault(place, one)
        for start in starts:
            for place, one in self._rounded_on_the_way(start):
                found.setdefault(place, one)
        return sorted(found.values(), key=lambda one: (-len(one.mistake.explains), -one.mistake.weight))

    def _on_the_way(self, way: _Computation) -> Iterator[tuple[_Place, FittingMistake]]:
        for number, work in enumerate(self._works(way.rows)):
            if work.size > MOST_TERMS:
                self.bounded = True
            elif all(n.is_finite() for n in (*work.before, *work.after)):
                for kind in self._kinds(number):
                    yield from self._of(kind, work, number, way)

    def _kinds(self, number: int) -> tuple[MistakeKind, ...]:
        """What may go wrong in a step: the mistakes of its operation, and those of writing a row down."""
        step = self.segment.steps[number]
        written = number == len(self.segment.steps) - 1
        return (
            *MISTAKES.get(type(step.own_operation), ()),
            *(WRITING_MISTAKES if written else () if step.inner else (SWAPPED,)),
        )

    def _works(self, rows: Sequence[Row]) -> Iterator[Work]:
        """Each step at work on the rows of one computation."""
        segment = self.segment
        work: Work | None = None
        for index in range(segment.start, segment.stop):
            work = work_of(segment.problem, index, rows[index - segment.start], work)
            if index == segment.stop - 1:
                written = segment.figures[: len(work.after)]
                work = work._replace(units=tuple(sorted(self.wrong)), written=written)
            yield work

    def _of(
        self, kind: MistakeKind, work: Work, number: int, way: _Computation
    ) -> Iterator[tuple[_Place, FittingMistake]]:
        """The mistakes of one kind in one step; one with many alternatives fits by chance and weighs less."""
        rest = self.segment.steps[number + 1 :]
        size = 3 * len(self.segment.figures) + sum(len(step.labels) for step in (self.segment.steps[number], *rest))
        most = max(0, self._left) // size
        try:
            alternatives = list(islice(kind.alternatives(work), most + 1))
        except (DecimalException, ArithmeticError):
            return  # with such numbers this mistake cannot be computed: the logarithm of -0.1
        if len(alternatives) > most:
            self.bounded = True
            return
        self._left -= len(alternatives) * size
        readings = _readings(alternatives)
        weight = kind.plausibility / max(1, len(alternatives))
        for index, explains in self._fitting(alternatives, work, number, way):
            one = alternatives[index]
            place = (kind.name, kind.sentence, number, one.unit, one.source, readings[index])
            step = self.segment.steps[number].name
            mistake = Mistake(kind.name, kind.explain(work, one), step, explains, weight)
            yield place, FittingMistake(mistake, partial(self._outcome, work, one, number, way))

    def _fitting(
        self, alternatives: Sequence[Alternative], work: Work, number: int, way: _Computation
    ) -> Iterator[tuple[int, frozenset[int]]]:
        """The alternatives that fit, by their index, and the figures that each explains."""
        rest = self.segment.steps[number + 1 :]
        after = np.array([float(n) for n in (*work.after, *work.kept)])
        height = max(1, _BATCH // max(len(step.labels) for step in self.segment.steps[number:]))
        for start in range(0, len(alternatives), height):
            batch = alternatives[start : start + height]
            rows, changed = _changed(after, batch)
            for position, step in enumerate(rest, start=number):
                rows = step.forward(way.carry.forward(self.segment.steps[position], rows))
            fits, certain = self._fit.of_rows(rows, np.ones_like(rows, dtype=bool) if rest else changed)
            for index in np.flatnonzero(fits.any(axis=1)).tolist():
                explains: frozenset[int] | None = frozenset(np.flatnonzero(fits[index]).tolist())
                if not certain[index] and self._may_confirm(work):
                    one = batch[index]
                    units = range(len(self.segment.figures)) if rest else one.changes
                    explains = self._fit.of_row(self._outcome(work, one, number, way), units)
                if explains:
                    yield start + index, explains

    def _may_confirm(self, work: Work) -> bool:
        self._confirmations -= sum(len(step.labels) for step in self.segment.steps) + len(work.before)
        return self._confirmations > 0

    def _outcome(self, work: Work, alternative: Alternative, number: int, way: _Computation) -> Row:
        """The last row after a mistake, exactly."""
        steps = self.segment.steps
        row = work.row(alternative.changes)
        if number == len(steps) - 1:
            return row
        known = way.rows[number + 1 :] if way.carry == FULL else None
        return follow(steps[number + 1 :], way.carry.apply(steps[number], row), way.carry, known)[-1]

    def _rounded_on_the_way(self, start: Row) -> Iterator[tuple[_Place, FittingMistake]]:
        """Rows in between rounded to fewer decimals than the figures claim."""
        for places, carry in self.segment.coarser():
            final = self.segment.end(start, carry)
            explains = self._fit.of_row(final, range(len(final)))
            if explains:
                sentence = f"the numbers in between were rounded to {decimals(places)}"
                name = "rounded too early"
                mistake = Mistake(name, sentence, self.segment.steps[-1].name, explains, 1.0)
                yield (
                    (name, sentence, -1, None, None, 0),
                    FittingMistake(mistake, partial(self.segment.end, start, carry)),
                )


def distinct(found: Sequence[FittingMistake]) -> list[FittingMistake]:
    """The mistakes without those that another covers, which explains more, and each once: no two of a name with the
    same row."""
    largest = set(map(_explained, found))
    kept: list[FittingMistake] = []
    rows: dict[str, set[Row]] = {}
    for one in found:
        if any(_explained(one) < more for more in largest):
            continue
        seen = rows.setdefault(one.mistake.name, set())
        row = one.row() if len(seen) < _MOST_COMPARED else ()
        if row and row in seen:
            continue
        seen.add(row)
        kept.append(one)
    return kept


def _explained(found: FittingMistake) -> frozenset[int]:
    return found.mistake.explains


def _readings(alternatives: Sequence[Alternative]) -> list[int]:
    """For each alternative, which one it is of those with the same unit and source."""
    seen: Counter[tuple[int | None, int | None]] = Counter()
    readings = []
    for one in alternatives:
        seen[one.unit, one.source] += 1
        readings.append(seen[one.unit, one.source])
    return readings


def _changed(after: Array, batch: Sequence[Alternative]) -> tuple[Array, Flags]:
    """A row for each alternative in floating point, and which of its numbers it changes."""
    rows = np.tile(after, (len(batch), 1))
    changed = np.zeros(rows.shape, dtype=bool)
    places = [(number, unit) for number, one in enumerate(batch) for unit in one.changes]
    if places:
        at = tuple(np.array(places).T)
        rows[at] = [float(value) for one in batch for value in one.changes.values()]
        changed[at] = True
    return rows, changed
