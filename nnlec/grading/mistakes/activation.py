"""Mistakes around an activation."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from nnlec.grading.mistakes.interface import Alternative, MistakeKind, Work, everywhere
from nnlec.grading.operations import Linear, product

_MOST_PRODUCTS = 500
"""An activation is computed exactly for each product, which takes long in large layers."""


def _skipped(work: Work) -> Iterator[Alternative]:
    if len(work.after) > 1:
        yield Alternative(everywhere(work.before))


def _skipped_once(work: Work) -> Iterator[Alternative]:
    yield from (Alternative({unit: work.before[unit]}, unit) for unit in work.units)


def _applied_twice(work: Work) -> Iterator[Alternative]:
    yield Alternative(everywhere(work.operation.activation.exact(work.after)))


def _before_the_bias(work: Work) -> Iterator[Alternative]:
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Linear):
        biases = earlier.operation.biases
        if any(biases):
            bare = [z - b for z, b in zip(earlier.after, biases, strict=True)]
            activated = work.operation.activation.exact(bare)
            yield Alternative(everywhere(h + b for h, b in zip(activated, biases, strict=True)))


def _to_each_product(work: Work) -> Iterator[Alternative]:
    earlier = work.earlier
    if earlier is None or not isinstance(earlier.operation, Linear) or not work.operation.pointwise:
        return
    if len(earlier.before) * len(work.after) <= _MOST_PRODUCTS:
        sums = []
        for unit in range(len(work.after)):
            terms, bias = earlier.operation.terms(unit)
            products = [product(earlier.before, term) for term in terms] + ([bias] if bias else [])
            function = work.operation.activation.at_unit(unit)
            sums.append(sum((function.exact([p])[0] for p in products), Decimal(0)))
        yield Alternative(everywhere(sums))


def _to_the_inputs(work: Work) -> Iterator[Alternative]:
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Linear):
        inputs = tuple(work.operation.activation.exact(earlier.before))
        yield Alternative(everywhere(earlier.operation.follow(inputs)))


def _sign_of_the_exponent(work: Work) -> Iterator[Alternative]:
    if work.operation.is_sigmoid:
        yield Alternative(everywhere(work.operation.activation.exact([-z for z in work.before])))


ACTIVATION_MISTAKES: tuple[MistakeKind, ...] = (
    MistakeKind("activation skipped", "the activation was not applied", _skipped, 3),
    MistakeKind("activation skipped", "the activation was not applied in {unit}", _skipped_once, 2),
    MistakeKind("activation applied early", "the activation was applied before the bias was added", _before_the_bias),
    MistakeKind("activation applied early", "the activation was applied to each product", _to_each_product),
    MistakeKind("activation applied early", "the activation was applied to what went in", _to_the_inputs),
    MistakeKind("activation applied twice", "the activation was applied twice", _applied_twice, 0.3),
    MistakeKind("minus forgotten", "e^x was taken for e^-x", _sign_of_the_exponent),
)
