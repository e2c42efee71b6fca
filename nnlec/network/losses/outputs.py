"""Losses between plain outputs and true values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.decimal_functions import exactly
from nnlec.arithmetic.lazy_numpy import np
from nnlec.network.losses.interface import ExactTerms, LossDerivative, LossKind
from nnlec.network.parameters import Parameter
from nnlec.notation import absolute, call, cases, equals, number, symbols

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
    return np.maximum(1.0 - target * output, 0.0)


@exactly
def _exact_hinge(output: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
    one = Decimal(1)  # 1 - g f rounded once: the product may cancel against the 1
    return [max(g.copy_negate().fma(f, one), Decimal(0)) for f, g in zip(output, target, strict=True)]


def _huber_slope(output: Array, target: Array, delta: float) -> Array:
    return np.clip(output - target, -delta, delta)


@exactly
def _exact_huber_slope(output: Sequence[Decimal], target: Sequence[Decimal], delta: float) -> list[Decimal]:
    bend = Decimal(repr(delta))
    return [min(max(f - g, -bend), bend) for f, g in zip(output, target, strict=True)]


def _hinge_slope(output: Array, target: Array) -> Array:
    return np.where(target * output < 1.0, 0.0 - target, 0.0)


@exactly
def _exact_hinge_slope(output: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
    return [-g if g.fma(f, Decimal(-1)) < 0 else Decimal(0) for f, g in zip(output, target, strict=True)]


def _sign(x: Decimal) -> Decimal:
    return Decimal((x > 0) - (x < 0))


def _of_difference(function: Callable[[Decimal], Decimal]) -> ExactTerms:
    @exactly
    def terms(output: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
        return [function(f - g) for f, g in zip(output, target, strict=True)]

    return terms


_F, _G, _DELTA = symbols("f", "g", "delta")

_SLOPE = LossDerivative(
    lambda f, g: f - g,
    _of_difference(lambda d: d),
    _F - _G,
    "by hand",
)
_TWICE_SLOPE = LossDerivative(
    lambda f, g: 2.0 * (f - g),
    _of_difference(lambda d: 2 * d),
    2 * (_F - _G),
    "PyTorch MSELoss",
)

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
        derivative=_TWICE_SLOPE,
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
        derivative=LossDerivative(
            lambda f, g: np.sign(f - g),
            _of_difference(_sign),
            cases((1, _F > _G), (0, equals(_F, _G)), (-number("1"), _F < _G)),
            "PyTorch L1Loss",
            "where f = g, with two slopes, 0 is taken, as in PyTorch",
        ),
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
        derivative=_SLOPE,
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
        derivative=_TWICE_SLOPE,
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
        derivative=_SLOPE,
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
        derivative=LossDerivative(
            _huber_slope,
            _exact_huber_slope,
            call("max", -_DELTA, call("min", _DELTA, _F - _G)),
            "PyTorch HuberLoss",
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
        derivative=LossDerivative(
            _hinge_slope,
            _exact_hinge_slope,
            cases((-_G, _G * _F < 1), (0, _G * _F >= 1)),
            "Keras Hinge",
            "where g f = 1, with two slopes, 0 is taken",
        ),
    ),
)
