"""What a mistake is: a name, a sentence, and the numbers that a student would get who made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from nnlec.arithmetic.rounding import Rounding, in_full
from nnlec.grading.figures import Figure, rounded
from nnlec.grading.steps import LECTURE, Problem, Wording
from nnlec.named import NamedTuple
from nnlec.network.trace import Row

_BRIEF = Rounding(significant=6)


class Work(NamedTuple):
    """A step at work: what went in, what comes out, and the figures written for it (none, where it was not asked).

    `earlier` is the work of the step before, where that is part of the same segment. `units` are the figures that a
    mistake in one place may concern. `kept` are numbers that stand behind `after` for later steps.
    """

    operation: Any
    before: Row
    after: Row
    labels_before: tuple[str, ...]
    labels: tuple[str, ...]
    units: tuple[int, ...]
    earlier: Work | None = None
    written: tuple[Figure, ...] = ()
    kept: Row = ()
    wording: Wording = LECTURE

    @property
    def size(self) -> int:
        """About how many products it takes."""
        layer = getattr(self.operation, "layer", None)
        return len(self.before) * len(self.after) if layer is None else layer.multiplications

    def row(self, changes: Mapping[int, Decimal]) -> Row:
        """The whole row after the step, with the changes that a mistake makes in it."""
        return (*(changes.get(unit, number) for unit, number in enumerate(self.after)), *self.kept)


def work_of(problem: Problem, index: int, row: Row, earlier: Work | None) -> Work:
    """A step of a problem at work on a row; no figures are written for it, and a mistake may concern each."""
    step = problem.steps[index]
    after = step.follow(row)
    return Work(
        step.own_operation,
        step.taken(row),
        after[: step.size],
        step.taken(problem.labels_before(index)),
        step.labels[: step.size],
        tuple(range(step.size)),
        earlier,
        kept=after[step.size :],
        wording=problem.wording,
    )


class Alternative(NamedTuple):
    """What would stand there after one mistake: the numbers that change, and where the mistake was made.

    `unit` is the figure it concerns, None for all; `source` is the number that went in, None for none or all;
    `read` was taken where `was` stands; `word` is whatever else the sentence needs.
    """

    changes: Mapping[int, Decimal]
    unit: int | None = None
    source: int | None = None
    read: Decimal | None = None
    was: Decimal | None = None
    word: str = ""


class MistakeKind(NamedTuple):
    """A row of the table of mistakes. `plausibility` is how often it is made, against the others."""

    name: str
    sentence: str
    alternatives: Callable[[Work], Iterator[Alternative]]
    plausibility: float = 1.0

    def explain(self, work: Work, alternative: Alternative) -> str:
        """The sentence, with names and numbers put in."""
        return self.sentence.format(
            unit="" if alternative.unit is None else work.labels[alternative.unit],
            source="" if alternative.source is None else work.labels_before[alternative.source],
            read="" if alternative.read is None else _spelled(alternative.read),
            was="" if alternative.was is None else _spelled(alternative.was),
            word=alternative.word,
            **work.wording._asdict(),
        )


def _spelled(number: Decimal) -> str:
    """A number in a sentence: as it is if it is short, else to six figures."""
    short = len(number.normalize().as_tuple().digits) <= 6
    return in_full(number) if short else _BRIEF.text(number)


def everywhere(row: Iterable[Decimal]) -> dict[int, Decimal]:
    """The changes of a mistake that replaces the whole row."""
    return dict(enumerate(row))


def inputs_rounded(counts: Iterable[int], work: Work) -> Iterator[Alternative]:
    """Every number that went in rounded more than it needs to be, to each of these counts of decimals."""
    for places in counts:
        coarse = tuple(rounded(number, places) for number in work.before)
        if coarse != work.before:
            yield Alternative(everywhere(work.operation.follow(coarse)), word=decimals(places))


def misplaced_points(number: Decimal) -> list[Decimal]:
    """The number with its decimal point one or two places off: -1.0 read as -0.1, -10, -.01."""
    return [number.scaleb(places) for places in (-1, 1, -2, 2)] if number else []


def swapped_digits(number: Decimal, zeros: int = 0) -> list[Decimal]:
    """The number with two neighbouring digits swapped, 2.3 read as 3.2; so many zeros may stand before its digits."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > 6:
        return []
    digits = (0,) * zeros + digits
    return [
        Decimal((sign, (*digits[:i], digits[i + 1], digits[i], *digits[i + 2 :]), exponent))
        for i in range(len(digits) - 1)
        if digits[i] != digits[i + 1]
    ]


def misread_digits(number: Decimal) -> list[Decimal]:
    """The number with one of its digits read as another, 0.35 read as 0.30; short numbers alone."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > 3:
        return []
    return [
        Decimal((sign, (*digits[:i], read, *digits[i + 1 :]), exponent))
        for i, digit in enumerate(digits)
        for read in range(10)
        if read != digit
    ]


def decimals(places: int) -> str:
    """The count in words; a negative one is of places before the point.

    >>> decimals(1), decimals(0), decimals(-1)
    ('1 decimal', 'no decimals', 'tens')
    """
    words = {1: "1 decimal", 0: "no decimals", -1: "tens", -2: "hundreds", -3: "thousands"}
    return words.get(places, f"{places} decimals")
