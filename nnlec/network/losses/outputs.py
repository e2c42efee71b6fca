"""Losses between plain outputs and true values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.decimal_functions import exactly
from nnlec.arithmetic.lazy_numpy import np
from nnlec.network.activations import Derivative
from nnlec.network.losses.interface import ExactTerms, LossKind
from nnlec.network.parameters import ABOVE_0, Parameter
from nnlec.notation import absolute, call, cases, equals, number, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


def _squared(output: Array, target: Array) -> Array:
    return np.square(output - target)


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

_SLOPE = Derivative(
    lambda f, g: f - g,
    _of_difference(lambda d: d),
    _F - _G,
    "by hand",
)
_TWICE_SLOPE = Derivative(
    lambda f, g: 2.0 * (f - g),
    _of_difference(lambda d: 2 * d),
    2 * (_F - _G),
    "PyTorch MSELoss",
)


def _squared_error(
    name: str, of_1_and_3: float, source: str, *, half: bool, averages: bool, aliases: tuple[str, ...]
) -> LossKind:
    """The sum or the mean of squared differences, or of their halves; `of_1_and_3` is that of the differences 1 and 3.

    Halves have a derivative without a 2.
    """
    return LossKind(
        name,
        "outputs",
        "real",
        _half_squared if half else _squared,
        _of_difference((lambda d: d * d / 2) if half else (lambda d: d * d)),
        (_F - _G) ** 2 / 2 if half else (_F - _G) ** 2,
        ((1.0, 3.0), (0.0, 0.0), of_1_and_3),
        source,
        averages=averages,
        aliases=aliases,
        derivative=_SLOPE if half else _TWICE_SLOPE,
    )


ROWS: tuple[LossKind, ...] = (
    _squared_error(
        "mean-squared-error", 5.0, "scikit-learn mean_squared_error", half=False, averages=True, aliases=("mse",)
    ),
    LossKind(
        "mean-absolute-error",
        "outputs",
        "real",
        lambda f, g: np.abs(f - g),
        _of_difference(abs),
        absolute(_F - _G),
        ((1.0, -3.0), (0.0, 0.0), 2.0),
        "scikit-learn mean_absolute_error",
        averages=True,
        aliases=("mae",),
        derivative=Derivative(
            lambda f, g: np.sign(f - g),
            _of_difference(_sign),
            cases((1, _F > _G), (0, equals(_F, _G)), (-number("1"), _F < _G)),
            "PyTorch L1Loss",
            "where f = g, with two slopes, 0 is taken, as in PyTorch",
        ),
    ),
    _squared_error(
        "half-mean-squared-error",
        2.5,
        "scikit-learn MLPRegressor; its derivative is f - g, without a 2",
        half=True,
        averages=True,
        aliases=("half-mse",),
    ),
    _squared_error(
        "sum-squared-error", 10.0, "PyTorch MSELoss with reduction = sum", half=False, averages=False, aliases=("sse",)
    ),
    _squared_error(
        "half-sum-squared-error",
        5.0,
        "Bishop, Pattern Recognition and Machine Learning, 5.2; its derivative is f - g, without a 2",
        half=True,
        averages=False,
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
        parameters=(Parameter("delta", 1.0, "the distance at which the square becomes a line", *ABOVE_0),),
        derivative=Derivative(
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
        derivative=Derivative(
            _hinge_slope,
            _exact_hinge_slope,
            cases((-_G, _G * _F < 1), (0, _G * _F >= 1)),
            "Keras Hinge",
            "where g f = 1, with two slopes, 0 is taken",
        ),
    ),
)
