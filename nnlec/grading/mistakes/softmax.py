"""Slips in e^f and in the division by their sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.mistakes.interface import (
    Alternative,
    SlipKind,
    Work,
    decimals,
    everywhere,
    misplaced_points,
    swapped_digits,
)
from nnlec.grading.steps import Exponentials, shares
from nnlec.network.activations import DIGITS, activation


def _exponential_skipped(work: Work) -> Iterator[Alternative]:
    yield Alternative(everywhere(work.before))


def _other_base(work: Work) -> Iterator[Alternative]:
    for base in (2, 10):
        logarithm = DIGITS.ln(Decimal(base))
        yield Alternative(everywhere(DIGITS.exp(f * logarithm) for f in work.before), word=str(base))


def _every_sign(work: Work) -> Iterator[Alternative]:
    if len(work.before) > 1:
        yield Alternative(everywhere(DIGITS.exp(-f) for f in work.before))


def _score_read(readings: Callable[[Decimal], list[Decimal]]) -> Callable[[Work], Iterator[Alternative]]:
    def alternatives(work: Work) -> Iterator[Alternative]:
        for unit in work.units:
            was = work.before[unit]
            for read in readings(was) if was else ():
                yield Alternative({unit: DIGITS.exp(read)}, unit, unit, read, was)

    return alternatives


def _exponentials_rounded(work: Work) -> Iterator[Alternative]:
    for places in (2, 1, 0):
        rounding = Rounding(places, fixed=True)
        yield Alternative(everywhere(rounding.value(e) for e in work.after), word=decimals(places))


def _not_divided(work: Work) -> Iterator[Alternative]:
    yield Alternative(everywhere(work.before))


def _sum_without_one(work: Work) -> Iterator[Alternative]:
    total = sum(work.before, Decimal(0))
    for source, e in enumerate(work.before):
        if total != e and len(work.before) > 1:
            yield Alternative(everywhere(shares(work.before, total - e)), source=source)


def _sum_with_one_twice(work: Work) -> Iterator[Alternative]:
    total = sum(work.before, Decimal(0))
    for source, e in enumerate(work.before):
        yield Alternative(everywhere(shares(work.before, total + e)), source=source)


def _softmax_of_softmax(work: Work) -> Iterator[Alternative]:
    yield Alternative(everywhere(activation("softmax").exact(work.after)))


def _scores_divided(work: Work) -> Iterator[Alternative]:
    """f over the sum of the f, where the exponentials are part of the same stretch."""
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Exponentials):
        yield Alternative(everywhere(shares(earlier.before, sum(earlier.before, Decimal(0)))))  # fails at a sum of 0


EXPONENTIAL_SLIPS: tuple[SlipKind, ...] = (
    SlipKind("exponential skipped", "no exponential was taken", _exponential_skipped),
    SlipKind("another base", "{word}^f was taken for e^f", _other_base),
    SlipKind("one sign", "e^-f was taken for e^f", _every_sign),
    SlipKind("one sign", "the score of {unit} was read as {read}, it is {was}", _score_read(lambda f: [-f]), 3),
    SlipKind("one input misread", "the score of {unit} was read as {read}, it is {was}", _score_read(misplaced_points)),
    SlipKind(
        "one input misread", "the score of {unit} was read as {read}, it is {was}", _score_read(swapped_digits), 0.1
    ),
    SlipKind("rounded too early", "the exponentials were rounded to {word}", _exponentials_rounded, 0.5),
)

SHARE_SLIPS: tuple[SlipKind, ...] = (
    SlipKind("not divided by the sum", "the exponentials were not divided by their sum", _not_divided),
    SlipKind("one term left out", "the exponential of {source} is missing in the sum", _sum_without_one, 2),
    SlipKind("one term counted twice", "the exponential of {source} is in the sum twice", _sum_with_one_twice, 0.3),
    SlipKind("softmax of softmax", "softmax was applied to the probabilities", _softmax_of_softmax, 2),
    SlipKind("exponential skipped", "the scores were divided by their sum", _scores_divided),
)
