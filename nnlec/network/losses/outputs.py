"""Losses between plain outputs and true values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.decimal_functions import exactly
from nnlec.network.losses.interface import ExactTerms, LossKind
from nnlec.network.parameters import Parameter
from nnlec.notation import absolute, call, cases, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


def _squared(output: Array, target: Array) -> Array:
    return np.square(output - target)


def _absolute(output: Array, target: Array) -> Array:
    return np.abs(output - target)


def _half_squared(output: Array, target: Array) -> Array:
    return 0.5 * np.square(output - target)


def _huber(output: Array, target: Array, delta: float) -> Array:
    distance = np.abs(output - target)
    return np.where(distance <= delta, 0.5 * np.square(distance), delta * (distance - 0.5 * delta))


@exactly
def _exact_huber(output: Sequence[Decimal], target: Sequence[Decimal], delta: float) -> list[Decimal]:
    bend = Decimal(repr(delta))
    distances = (abs(f - g) for f, g in zip(output, target, strict=True))
    return [d * d / 2 if d <= bend else bend * (d - bend / 2) for d in distances]


def _hinge(output: Array, target: Array) -> Array:
    return np.maximum(1.0 - target * output, 0.0) + 0.0


@exactly
def _exact_hinge(output: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
    one = Decimal(1)  # 1 - g f rounded once: the product may cancel against the 1
    return [max(g.copy_negate().fma(f, one), Decimal(0)) for f, g in zip(output, target, strict=True)]


def _of_difference(function: Callable[[Decimal], Decimal]) -> ExactTerms:
    @exactly
    def terms(output: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
        return [function(f - g) for f, g in zip(output, target, strict=True)]

    return terms


_F, _G, _DELTA = symbols("f", "g", "delta")

ROWS: tuple[LossKind, ...] = (
    LossKind(
        "mean-squared-error",
        "outputs",
        "real",
        _squared,
        _of_difference(lambda d: d * d),
        (_F - _G) ** 2,
        ((1.0, 3.0), (0.0, 0.0), 5.0),
        "scikit-learn mean_squared_error",
        averages=True,
        aliases=("mse",),
    ),
    LossKind(
        "mean-absolute-error",
        "outputs",
        "real",
        _absolute,
        _of_difference(abs),
        absolute(_F - _G),
        ((1.0, -3.0), (0.0, 0.0), 2.0),
        "scikit-learn mean_absolute_error",
        averages=True,
        aliases=("mae",),
    ),
    LossKind(
        "half-mean-squared-error",
        "outputs",
        "real",
        _half_squared,
        _of_difference(lambda d: d * d / 2),
        (_F - _G) ** 2 / 2,
        ((1.0, 3.0), (0.0, 0.0), 2.5),
        "scikit-learn MLPRegressor; its derivative is f - g, without a 2",
        averages=True,
        aliases=("half-mse",),
    ),
    LossKind(
        "sum-squared-error",
        "outputs",
        "real",
        _squared,
        _of_difference(lambda d: d * d),
        (_F - _G) ** 2,
        ((1.0, 3.0), (0.0, 0.0), 10.0),
        "PyTorch MSELoss with reduction = sum",
        aliases=("sse",),
    ),
    LossKind(
        "half-sum-squared-error",
        "outputs",
        "real",
        _half_squared,
        _of_difference(lambda d: d * d / 2),
        (_F - _G) ** 2 / 2,
        ((1.0, 3.0), (0.0, 0.0), 5.0),
        "Bishop, Pattern Recognition and Machine Learning, 5.2; its derivative is f - g, without a 2",
        aliases=("half-sse", "half-squared-error"),
    ),
    LossKind(
        "huber",
        "outputs",
        "real",
        _huber,
        _exact_huber,
        cases(
            ((_F - _G) ** 2 / 2, absolute(_F - _G) <= _DELTA),
            (_DELTA * (absolute(_F - _G) - _DELTA / 2), absolute(_F - _G) > _DELTA),
        ),
        ((0.5, 3.0), (0.0, 0.0), 1.3125),
        "PyTorch HuberLoss, Keras Huber; Huber 1964",
        averages=True,
        parameters=(
            Parameter("delta", 1.0, "the distance at which the square becomes a line", lambda d: d > 0, "more than 0"),
        ),
    ),
    LossKind(
        "hinge",
        "outputs",
        "sign",
        _hinge,
        _exact_hinge,
        call("max", 0, 1 - _G * _F),
        ((0.5, 3.0), (1.0, -1.0), 2.25),
        "Keras Hinge; g is 1 for the right class, -1 for the others",
        averages=True,
    ),
)
