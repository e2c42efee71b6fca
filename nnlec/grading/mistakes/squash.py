"""Slips around an activation."""

from __future__ import annotations

from collections.abc import Iterator

from nnlec.grading.mistakes.interface import Alternative, SlipKind, Work, everywhere
from nnlec.grading.steps import Affine, affine


def _skipped(work: Work) -> Iterator[Alternative]:
    if len(work.after) > 1:
        yield Alternative(everywhere(work.before))


def _skipped_once(work: Work) -> Iterator[Alternative]:
    yield from (Alternative({unit: work.before[unit]}, unit) for unit in work.units)


def _applied_twice(work: Work) -> Iterator[Alternative]:
    yield Alternative(everywhere(work.operation.activation.exact(work.after)))


def _before_the_bias(work: Work) -> Iterator[Alternative]:
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Affine) and earlier.operation.bias is not None:
        bias = earlier.operation.bias
        bare = [z - b for z, b in zip(earlier.after, bias, strict=True)]
        squashed = work.operation.activation.exact(bare)
        yield Alternative(everywhere(h + b for h, b in zip(squashed, bias, strict=True)))


def _to_each_product(work: Work) -> Iterator[Alternative]:
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Affine):
        g = work.operation.activation.exact
        columns = zip(*earlier.operation.weights, strict=True)
        bias = earlier.operation.bias or (None,) * len(work.after)
        products = [[x * w for x, w in zip(earlier.before, column, strict=True)] for column in columns]
        rows = [row if b is None else [*row, b] for row, b in zip(products, bias, strict=True)]
        yield Alternative(everywhere(sum(g(row)) for row in rows))


def _to_the_inputs(work: Work) -> Iterator[Alternative]:
    earlier = work.earlier
    if earlier is not None and isinstance(earlier.operation, Affine):
        inputs = tuple(work.operation.activation.exact(earlier.before))
        yield Alternative(everywhere(affine(inputs, earlier.operation.weights, earlier.operation.bias)))


def _sign_of_the_exponent(work: Work) -> Iterator[Alternative]:
    if work.operation.activation.name == "sigmoid":
        yield Alternative(everywhere(work.operation.activation.exact([-z for z in work.before])))


SQUASH_SLIPS: tuple[SlipKind, ...] = (
    SlipKind("activation skipped", "the activation was not applied", _skipped, 3),
    SlipKind("activation skipped", "the activation was not applied in {unit}", _skipped_once, 2),
    SlipKind("activation applied early", "the activation was applied before the bias was added", _before_the_bias),
    SlipKind("activation applied early", "the activation was applied to each product", _to_each_product),
    SlipKind("activation applied early", "the activation was applied to what went in", _to_the_inputs),
    SlipKind("activation applied twice", "the activation was applied twice", _applied_twice, 0.3),
    SlipKind("minus forgotten", "e^x was taken for e^-x", _sign_of_the_exponent),
)
