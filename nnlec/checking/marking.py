"""A student's figures against the computation: what is right and by which road, what is wrong and by which slip.

A fair person accepts a figure that follows from what the student wrote before, names the first wrong one, and says what
must have happened. So each row of figures is met with every row that could rightly stand there: computed in full,
from the student's own figures, rounded at each step, or from an earlier slip carried on in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext
from enum import Enum

from nnlec.checking.figures import Figure, counted, figure
from nnlec.checking.remarks import remarks
from nnlec.checking.slips import SLIPS, WRITING_SLIPS, Alternative, SlipKind, Work, decimals
from nnlec.checking.steps import Problem, Step
from nnlec.errors import NnlecError, unknown
from nnlec.exact import EXACT, Row
from nnlec.rounding import Rounding

MOST_SEARCHED = 20_000
"""Slips are looked for in layers of up to this many weights."""


class Road(Enum):
    """How a right figure follows."""

    FULL = "full precision"
    OWN = "your own figures carried on"
    ROUNDED = "rounded at each step"
    SLIP = "follows from the slip"


@dataclass(frozen=True)
class Slip:
    """One thing that would explain figures that are wrong: which, and how likely among the slips found."""

    name: str
    sentence: str
    step: str
    unit: str
    source: str
    explains: frozenset[int]
    weight: float
    row: Row


@dataclass(frozen=True)
class Mark:
    """One figure's verdict; `expected` is the number in full, `road` how it follows (None: it is wrong)."""

    label: str
    figure: Figure
    expected: Decimal
    road: Road | None
    slips: tuple[Slip, ...] = ()

    @property
    def right(self) -> bool:
        return self.road is not None


@dataclass(frozen=True)
class MarkedRow:
    """The verdicts of one row of figures, and what holds for the row as a whole."""

    name: str
    marks: tuple[Mark, ...]
    remarks: tuple[str, ...] = ()

    @property
    def slips(self) -> tuple[Slip, ...]:
        """Each slip once, the most plausible first."""
        return tuple(dict.fromkeys(slip for mark in self.marks for slip in mark.slips))


@dataclass(frozen=True)
class Verdict:
    """A whole sheet, marked."""

    rows: tuple[MarkedRow, ...]

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(mark for row in self.rows for mark in row.marks)

    @property
    def right(self) -> bool:
        return all(mark.right for mark in self.marks)

    @property
    def first_wrong(self) -> tuple[MarkedRow, Mark] | None:
        return next(((row, mark) for row in self.rows for mark in row.marks if not mark.right), None)


@dataclass(frozen=True)
class _Carry:
    """How a pencil rounds on the way: every row, or only those of whole layers."""

    rounding: Rounding
    inner: bool

    def apply(self, step: Step, row: Row) -> Row:
        return tuple(self.rounding.value(number) for number in row) if self.inner or not step.inner else row


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
    with localcontext(EXACT):
        return _marked(problem, _by_step(problem, answers))


def _marked(problem: Problem, given: Mapping[int, Sequence[Figure]]) -> Verdict:
    sources = [_Source(Road.FULL, problem.given)]
    start = 0
    rows: list[MarkedRow] = []
    for index in sorted(given):
        stretch = _Stretch(problem, start, index + 1, tuple(given[index]))
        marked = stretch.marked(sources)
        rows.append(marked)
        sources = stretch.sources_after(sources, marked)
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


@dataclass(frozen=True)
class _Stretch:
    """The steps from one row of figures to the next: `problem.steps[start:stop]`."""

    problem: Problem
    start: int
    stop: int
    figures: tuple[Figure, ...]

    @property
    def steps(self) -> Sequence[Step]:
        return self.problem.steps[self.start : self.stop]

    def marked(self, sources: Sequence[_Source]) -> MarkedRow:
        step = self.steps[-1]
        roads = list(self._roads(sources))
        found = [
            next((road for road, row in roads if figure.rounds(row[unit])), None)
            for unit, figure in enumerate(self.figures)
        ]
        wrong = frozenset(u for u, road in enumerate(found) if road is None and self.figures[u].value is not None)
        exact = roads[0][1]
        slips = self._slips(sources, wrong) if wrong else []
        if not _shows_work(self.figures, exact):
            slips = [slip for slip in slips if slip.explains == wrong]
        marks = tuple(
            Mark(label, figure, exact[unit], road, tuple(s for s in slips if unit in s.explains))
            for unit, (label, figure, road) in enumerate(zip(step.labels, self.figures, found, strict=True))
        )
        divided = [
            _follow(self.steps[:-1], source.row)[-1] if len(self.steps) > 1 else source.row for source in sources
        ]
        return MarkedRow(step.name, marks, remarks(step, divided, self.figures) if wrong else ())

    def sources_after(self, sources: Sequence[_Source], marked: MarkedRow) -> list[_Source]:
        """What the next row may follow from: the same sources in full, the student's own row, the slips' rows."""
        full = [_Source(s.road, _follow(self.steps, s.row)[-1]) for s in sources if s.road in (Road.FULL, Road.SLIP)]
        exact = full[0].row
        after = full[:4]
        if _shows_work(self.figures, exact):
            own = tuple(e if f.value is None else f.value for f, e in zip(self.figures, exact, strict=True))
            mixed = tuple(e if m.right else o for m, o, e in zip(marked.marks, own, exact, strict=True))
            after += [_Source(Road.OWN, row) for row in dict.fromkeys((own, mixed)) if row != exact]
            after.append(
                _Source(Road.ROUNDED, tuple(f.rounding.value(e) for f, e in zip(self.figures, exact, strict=True)))
            )
        return after + [_Source(Road.SLIP, slip.row) for slip in marked.slips[:3]]

    def _roads(self, sources: Sequence[_Source]) -> Iterator[tuple[Road, Row]]:
        """Every row that may rightly stand here, the fullest first."""
        for source in sources:
            yield source.road, _follow(self.steps, source.row)[-1]
        if len(self.steps) > 1:
            for source in sources:
                road = source.road if source.road is Road.SLIP else Road.ROUNDED
                for carry in self._carries(finer=4):
                    yield road, _follow(self.steps, source.row, carry)[-1]

    def _carries(self, finer: int) -> list[_Carry]:
        """Rounding to the decimals written, up to `finer` - 1 more, or the significant figures written."""
        answered = [figure for figure in self.figures if figure.value is not None]
        places = {max(0, figure.places) + more for figure in answered for more in range(finer)}
        significant = {figure.significant for figure in answered if figure.significant > 1}
        roundings = [Rounding(n, fixed=True) for n in sorted(places)]
        if finer > 1:
            roundings += [Rounding(significant=n) for n in sorted(significant)]
        between = {step.inner for step in self.steps[:-1]}
        ways = [inner for inner in (False, True) if inner in between]
        return [_Carry(rounding, inner) for rounding in roundings for inner in ways]

    def _slips(self, sources: Sequence[_Source], wrong: frozenset[int]) -> list[Slip]:
        """Every single slip that explains wrong figures and contradicts none that is right, the likeliest first."""
        found: dict[tuple[str, str], Slip] = {}
        carries = [None, *self._carries(finer=1)]
        for source in sources:
            for carry in carries:
                for slip in self._slips_from(source.row, carry, wrong):
                    found.setdefault((slip.step, slip.sentence), slip)
            for slip in self._rounded_on_the_way(source.row, wrong):
                found.setdefault((slip.step, slip.sentence), slip)
        return sorted(found.values(), key=lambda slip: (-len(slip.explains), -slip.weight))

    def _slips_from(self, start: Row, carry: _Carry | None, wrong: frozenset[int]) -> Iterator[Slip]:
        rows = _follow(self.steps, start, carry)
        work: Work | None = None
        for number, step in enumerate(self.steps):
            before = rows[number - 1] if number else start
            last = number == len(self.steps) - 1
            work = Work(
                step.operation,
                before,
                step.follow(before),
                self.problem.labels_before(self.start + number),
                step.labels,
                tuple(sorted(wrong)) if last else tuple(range(len(step.labels))),
                work,
                self.figures if last else (),
            )
            if not all(n.is_finite() for n in (*work.before, *work.after)) or len(before) * len(rows) > MOST_SEARCHED:
                continue
            for kind in (*SLIPS.get(type(step.operation), ()), *(WRITING_SLIPS if last else ())):
                yield from self._slips_of(kind, work, number, carry, wrong, rows[number:])

    def _rounded_on_the_way(self, start: Row, wrong: frozenset[int]) -> Iterator[Slip]:
        """Rows in between rounded to fewer decimals than the figures claim."""
        claimed = max((figure.places for figure in self.figures if figure.value is not None), default=0)
        between = {step.inner for step in self.steps[:-1]}
        for places in reversed(range(min(claimed, 4))):
            for inner in sorted(between):
                final = _follow(self.steps, start, _Carry(Rounding(places, fixed=True), inner))[-1]
                explains = frozenset(unit for unit in wrong if self.figures[unit].rounds(final[unit]))
                if self._fits(explains, range(len(final)), final, wrong):
                    sentence = f"the numbers in between were rounded to {decimals(places)}"
                    yield Slip("rounded too early", sentence, self.steps[-1].name, "", "", explains, 1.0, final)

    def _slips_of(
        self,
        kind: SlipKind,
        work: Work,
        number: int,
        carry: _Carry | None,
        wrong: frozenset[int],
        known: Sequence[Row],
    ) -> Iterator[Slip]:
        try:
            alternatives = list(kind.alternatives(work))
        except (DecimalException, ArithmeticError):
            return  # with such numbers this slip cannot be computed: the logarithm of -0.1
        for alternative in alternatives:
            row = tuple(alternative.changes.get(unit, value) for unit, value in enumerate(work.after))
            final = row
            if number < len(self.steps) - 1:
                kept = row if carry is None else carry.apply(self.steps[number], row)
                final = _follow(self.steps[number + 1 :], kept, carry, known)[-1]
                changed: Iterable[int] = range(len(final))
            else:
                changed = alternative.changes
            explains = frozenset(unit for unit in changed if unit in wrong and self.figures[unit].rounds(final[unit]))
            if self._fits(explains, changed, final, wrong):
                yield self._slip(kind, work, alternative, number, explains, len(alternatives), final)

    def _fits(self, explains: frozenset[int], changed: Iterable[int], final: Row, wrong: frozenset[int]) -> bool:
        """Whether a slip leaves right figures right, and explains most of the wrong ones that it would change."""
        written = [unit for unit in changed if self.figures[unit].value is not None]
        touched = [unit for unit in written if unit in wrong]
        if len(explains) < len(touched) and not (len(explains) > 1 and 2 * len(explains) > len(touched)):
            return False
        return bool(explains) and all(self.figures[unit].rounds(final[unit]) for unit in written if unit not in wrong)

    def _slip(
        self,
        kind: SlipKind,
        work: Work,
        alternative: Alternative,
        number: int,
        explains: frozenset[int],
        readings: int,
        final: Row,
    ) -> Slip:
        """A slip that could have been made in many places is more likely to fit by chance: it weighs less."""
        return Slip(
            kind.name,
            kind.explain(work, alternative),
            self.steps[number].name,
            "" if alternative.unit is None else work.labels[alternative.unit],
            "" if alternative.source is None else work.labels_before[alternative.source],
            explains,
            kind.plausibility / readings,
            final,
        )


def _follow(
    steps: Sequence[Step], row: Row, carry: _Carry | None = None, known: Sequence[Row] | None = None
) -> list[Row]:
    """The rows after each step; with `carry`, each but the last is rounded before it is used.

    `known` are the rows, the first included, of a computation that differs in few numbers.
    """
    rows: list[Row] = []
    for number, step in enumerate(steps, start=1):
        row = step.follow_again(row, known[number - 1], known[number]) if known else step.follow(row)
        if carry is not None and number < len(steps):
            row = carry.apply(step, row)
        rows.append(row)
    return rows


def _shows_work(figures: Sequence[Figure], exact: Row) -> bool:
    """A row of zeros, or of one number written over and over, shows no work that could be carried on."""
    answered = [figure.value for figure in figures if figure.value is not None]
    if all(figure.rounds(number) for figure, number in zip(figures, exact, strict=True)):
        return True
    return any(answered) and (len(answered) == 1 or len(set(answered)) > 1)
