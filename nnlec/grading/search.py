"""The search for slips: every row of the table of slips, at every place, against the figures that are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import DecimalException

from nnlec.grading.mistakes import SLIPS, SWAPPED, WRITING_SLIPS, Alternative, SlipKind, Work, decimals
from nnlec.grading.segment import Carry, Stretch, follow
from nnlec.grading.verdict import Slip
from nnlec.network.trace import Row

MOST_WEIGHTS = 4_000
"""Slips are looked for among up to this many weights of a layer: those that lead to figures that are wrong."""

_Place = tuple[str, str, int, int | None, int | None, int]
"""A kind of slip, the step, unit and source where it is made, and which reading: the same slip from every start."""


@dataclass(frozen=True)
class Search:
    """Looks for the single slips that explain the `wrong` figures at the end of a stretch."""

    stretch: Stretch
    wrong: frozenset[int]

    def slips(self, starts: Iterable[Row]) -> list[Slip]:
        """Those that explain wrong figures and contradict none that is right, the likeliest first."""
        found: dict[_Place, Slip] = {}
        for start in starts:
            for place, slip in self._from(start):
                found.setdefault(place, slip)
        return sorted(found.values(), key=lambda slip: (-len(slip.explains), -slip.weight))

    def _from(self, start: Row) -> Iterator[tuple[_Place, Slip]]:
        for carry in (None, *self.stretch.carries(finer=1)):
            rows = [start, *self.stretch.rows(start, carry)]
            for number, work in enumerate(self._works(rows)):
                if not all(n.is_finite() for n in (*work.before, *work.after)):
                    continue
                if len(work.before) * len(work.units) <= MOST_WEIGHTS:
                    for kind in self._kinds(number):
                        yield from self._of(kind, work, number, carry, rows[number + 1 :])
        yield from self._rounded_on_the_way(start)

    def _kinds(self, number: int) -> tuple[SlipKind, ...]:
        """What may go wrong in a step: the slips of its operation, and those of writing a row down."""
        step = self.stretch.steps[number]
        written = number == len(self.stretch.steps) - 1
        return (
            *SLIPS.get(type(step.operation), ()),
            *(WRITING_SLIPS if written else () if step.inner else (SWAPPED,)),
        )

    def _works(self, rows: Sequence[Row]) -> Iterator[Work]:
        """Each step at work on the rows of one computation."""
        steps, figures = self.stretch.steps, self.stretch.figures
        work: Work | None = None
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            work = Work(
                step.operation,
                rows[number],
                step.follow(rows[number]),
                self.stretch.problem.labels_before(self.stretch.start + number),
                step.labels,
                tuple(sorted(self.wrong)) if last else tuple(range(len(step.labels))),
                work,
                figures if last else (),
            )
            yield work

    def _of(
        self, kind: SlipKind, work: Work, number: int, carry: Carry | None, known: Sequence[Row]
    ) -> Iterator[tuple[_Place, Slip]]:
        """The slips of one kind in one step; one that could be made at many places fits by chance: it weighs less."""
        try:
            alternatives = list(kind.alternatives(work))
        except (DecimalException, ArithmeticError):
            return  # with such numbers this slip cannot be computed: the logarithm of -0.1
        step = self.stretch.steps[number]
        readings: Counter[tuple[int | None, int | None]] = Counter()
        for alternative in alternatives:
            spot = (alternative.unit, alternative.source)
            readings[spot] += 1
            final, changed = self._outcome(work, alternative, number, carry, known)
            explains = self._explained(changed, final)
            if self._fits(explains, changed, final):
                weight = kind.plausibility / len(alternatives)
                place = (kind.name, kind.sentence, number, *spot, readings[spot])
                yield place, Slip(kind.name, kind.explain(work, alternative), step.name, explains, weight, final)

    def _outcome(
        self, work: Work, alternative: Alternative, number: int, carry: Carry | None, known: Sequence[Row]
    ) -> tuple[Row, Iterable[int]]:
        """The last row after a slip, and the figures of it that may differ."""
        row = tuple(alternative.changes.get(unit, value) for unit, value in enumerate(work.after))
        rest = self.stretch.steps[number + 1 :]
        if not rest:
            return row, alternative.changes
        kept = row if carry is None else carry.apply(self.stretch.steps[number], row)
        final = follow(rest, kept, carry, known)[-1]
        return final, range(len(final))

    def _explained(self, changed: Iterable[int], final: Row) -> frozenset[int]:
        return frozenset(u for u in changed if u in self.wrong and self.stretch.figures[u].rounds(final[u]))

    def _fits(self, explains: frozenset[int], changed: Iterable[int], final: Row) -> bool:
        """Whether a slip leaves right figures right, and explains most of the wrong ones that it would change."""
        figures = self.stretch.figures
        written = [unit for unit in changed if figures[unit].value is not None]
        touched = [unit for unit in written if unit in self.wrong]
        if len(explains) < len(touched) and not (len(explains) > 1 and 2 * len(explains) > len(touched)):
            return False
        return bool(explains) and all(figures[unit].rounds(final[unit]) for unit in written if unit not in self.wrong)

    def _rounded_on_the_way(self, start: Row) -> Iterator[tuple[_Place, Slip]]:
        """Rows in between rounded to fewer decimals than the figures claim."""
        for places, carry in self.stretch.coarser():
            final = self.stretch.end(start, carry)
            explains = self._explained(range(len(final)), final)
            if self._fits(explains, range(len(final)), final):
                sentence = f"the numbers in between were rounded to {decimals(places)}"
                name = "rounded too early"
                slip = Slip(name, sentence, self.stretch.steps[-1].name, explains, 1.0, final)
                yield (name, sentence, -1, None, None, 0), slip
