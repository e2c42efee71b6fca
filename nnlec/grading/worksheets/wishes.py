"""What makes numbers nice on paper. To add a wish, add a row: every sheet is held against all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.operations import Activated, Normalised
from nnlec.grading.worksheets.exercise import AskedRow, Exercise
from nnlec.network.trace import EXACT, Row

LARGEST = 20
_FROM_TIE = Decimal("0.1")
_SMALLEST_SHARE = Decimal("0.01")
_BETWEEN_CLASSES = Decimal("0.1")
_STEEPEST = 4
TRIVIAL = frozenset(map(Decimal, (-1, 0, 1)))
"""Numbers that make a product too easy."""

_SQUASHING = frozenset({"sigmoid", "tanh"})
_SWITCHING = frozenset({"relu"})


@dataclass(frozen=True)
class Draft:
    """An exercise as it was drawn, to so many decimals; `drawn` says whether its weights were drawn too.

    `rounds` says whether rounded figures are gone on with.
    """

    exercise: Exercise
    places: int
    drawn: bool
    rounds: bool

    @cached_property
    def passed(self) -> tuple[AskedRow, ...]:
        """The rows of the forward pass, as the sheet asks for them."""
        return tuple(self.exercise.passed(self._places))

    @cached_property
    def stepped(self) -> tuple[AskedRow, ...]:
        """The rows of the step, as the sheet asks for them: they take longer."""
        return tuple(self.exercise.stepped(self._places))

    @property
    def asked(self) -> tuple[AskedRow, ...]:
        return (*self.passed, *self.stepped)

    @property
    def _places(self) -> int | None:
        return self.places if self.rounds else None

    @property
    def otherwise(self) -> tuple[AskedRow, ...]:
        """The same rows, in full where rounded figures are gone on with, and from rounded ones where they are not."""
        return self.exercise.rows(None if self.rounds else self.places)

    @property
    def numbers(self) -> Iterator[Decimal]:
        """Every figure; those of the step are computed when it is their turn."""
        yield from (number for row in self.passed for number in row.exact)
        yield from (number for row in self.stepped for number in row.exact)

    def into(self, *names: str) -> Iterator[Row]:
        """The rows before each activation of one of these names."""
        before = self.exercise.given
        for step, row in zip(self.exercise.problem.steps, self.passed, strict=True):
            operation = step.own_operation
            if isinstance(operation, Activated) and operation.activation.name in names:
                yield step.taken(before)
            before = row.exact


class Wish(NamedTuple):
    """A wish: its name, what it asks for, and whether a draft meets it."""

    name: str
    sentence: str
    holds: Callable[[Draft], bool]


def printed(number: Decimal, places: int) -> Decimal:
    """A figure as it is asked for: half away from zero, without a minus before 0."""
    return Rounding(places, fixed=True).value(number)


def _finite(draft: Draft) -> bool:
    return all(number.is_finite() for row in draft.passed for number in row.exact)


def _carry(draft: Draft) -> bool:
    pairs = zip(draft.asked, draft.otherwise, strict=True)
    return all(
        printed(a, draft.places) == printed(b, draft.places)
        for row, other in pairs
        for a, b in zip(row.exact, other.exact, strict=True)
    )


def _ties(draft: Draft) -> bool:
    return all(number.is_finite() and _from_tie(number, draft.places) >= _FROM_TIE for number in draft.numbers)


def _from_tie(number: Decimal, places: int) -> Decimal:
    """How far a number is from the nearest tie, in units of its last place."""
    return abs(EXACT.remainder(abs(number).scaleb(places, EXACT), Decimal(1)) - Decimal("0.5"))


def _size(draft: Draft) -> bool:
    return all(number.is_finite() and abs(number) <= LARGEST for number in draft.numbers)


def _shares(draft: Draft) -> Iterator[Row]:
    steps = zip(draft.exercise.problem.steps, draft.passed, strict=True)
    return (row.exact for step, row in steps if isinstance(step.own_operation, Normalised))


def _sum(draft: Draft) -> bool:
    rows = ([printed(share, draft.places) for share in row] for row in _shares(draft))
    return all(sum(row) == 1 for row in rows)


def _share(draft: Draft) -> bool:
    return all(share >= _SMALLEST_SHARE for row in _shares(draft) for share in row)


def _switches(draft: Draft) -> bool:
    rows = list(draft.into(*_SWITCHING))
    return all(0 not in row and (len(row) == 1 or min(row) < 0 < max(row)) for row in rows)


def _steep(draft: Draft) -> bool:
    return all(abs(z) <= _STEEPEST for row in draft.into(*_SQUASHING) for z in row)


def _apart(draft: Draft) -> bool:
    scores = _scores(draft)
    if len(scores) < 2:
        return all(abs(score) >= _BETWEEN_CLASSES for score in scores)
    best, second = sorted(scores, reverse=True)[:2]
    return best - second >= _BETWEEN_CLASSES


def _scores(draft: Draft) -> Row:
    """The scores of the classes between which it is decided; none where there are no classes."""
    network = draft.exercise.network
    if network is None:
        return draft.exercise.given
    if network.kind not in ("multi-class", "binary", "decision"):
        return ()
    steps = zip(draft.exercise.problem.steps, draft.passed, strict=True)
    named = {name: row.exact for step, row in steps for name in step.names}
    return named.get("logits", named["output"])


def _weights(draft: Draft) -> bool:
    network = draft.exercise.network
    if network is None or not draft.drawn:
        return True
    arrays = (array for layer in network.layers for array in layer.arrays.values())
    return all(decimal_of(float(weight)) not in TRIVIAL for array in arrays for weight in array.ravel())


WISHES: tuple[Wish, ...] = (
    Wish("weights", "no drawn weight is 0, 1 or -1", _weights),
    Wish("finite", "every figure is a number", _finite),
    Wish("apart", "the two best classes are at least 0.1 apart", _apart),
    Wish("switch", "of each relu one unit is on, one is off, and none stands at 0", _switches),
    Wish("steep", f"what goes into a sigmoid or tanh is within {_STEEPEST}", _steep),
    Wish("share", "every probability is at least 0.01", _share),
    Wish("sum", "the printed probabilities add up to 1", _sum),
    Wish("ties", "no figure is within a tenth of a place of a tie", _ties),
    Wish("size", f"no figure is beyond {LARGEST}", _size),
    Wish("carry", "rounding on the way gives the same figures as computing in full", _carry),
)
"""In the order in which they are asked: a draft that does not meet one is asked no further."""
