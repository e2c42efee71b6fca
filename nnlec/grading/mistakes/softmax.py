"""Mistakes in e^f and in the division by their sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from nnlec.grading.figures import rounded
from nnlec.grading.mistakes.interface import (
    Alternative,
    MistakeKind,
    Work,
    decimals,
    everywhere,
    misplaced_points,
    swapped_digits,
)
from nnlec.grading.operations import Exponentials, normalised
from nnlec.network.activations import DIGITS, activation


def _left_out(work: Work) -> Iterator[Alternative]:
    """What went in, as it was."""
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
        yield Alternative(everywhere(rounded(e, places) for e in work.after), word=decimals(places))


def _sum_without_one(work: Work) -> Iterator[Alternative]:
    total = sum(work.before, Decimal(0))
    for source, e in enumerate(work.before):
        if total != e:
            yield Alternative(everywhere(normalised(work.before, total - e)), source=source)


def _sum_with_one_twice(work: Work) -> Iterator[Alternative]:
    total = sum(work.before, Decimal(0))
    for source, e in enumerate(work.before):
        yield Alternative(everywhere(normalised(work.before, total + e)), source=source)


def _softmax_of_softmax(work: Work) -> Iterator[Alternative]:
    yield Alternative(everywhere(activation("softmax").exact(work.after)))


def _scores_divided(work: Work) -> Iterator[Alternative]:
    """f over the sum of the f, where the exponentials are part of the same segment."""
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Exponentials):
        total = sum(earlier.before, Decimal(0))
        yield Alternative(everywhere(normalised(earlier.before, total)))  # fails at a sum of 0


_SCORE_READ = "the score of {unit} was read as {read}, it is {was}"

EXPONENTIAL_MISTAKES: tuple[MistakeKind, ...] = (
    MistakeKind("exponential skipped", "no exponential was taken", _left_out),
    MistakeKind("another base", "{word}^{score} was taken for e^{score}", _other_base),
    MistakeKind("one sign", "e^-{score} was taken for e^{score}", _every_sign),
    MistakeKind("one sign", _SCORE_READ, _score_read(lambda f: [-f]), 3),
    MistakeKind("one input misread", _SCORE_READ, _score_read(misplaced_points)),
    MistakeKind("one input misread", _SCORE_READ, _score_read(swapped_digits), 0.1),
    MistakeKind("rounded too early", "the exponentials were rounded to {word}", _exponentials_rounded, 0.5),
)

NORMALISATION_MISTAKES: tuple[MistakeKind, ...] = (
    MistakeKind("not divided by the sum", "the exponentials were not divided by their sum", _left_out),
    MistakeKind("one term left out", "the exponential of {source} is missing in the sum", _sum_without_one, 2),
    MistakeKind("one term counted twice", "the exponential of {source} is in the sum twice", _sum_with_one_twice, 0.3),
    MistakeKind("softmax of softmax", "softmax was applied to the probabilities", _softmax_of_softmax, 2),
    MistakeKind("exponential skipped", "the scores were divided by their sum", _scores_divided),
)
