"""Activations made of straight pieces: no rounding beyond that of one product and one sum."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from nnlec.arithmetic.decimal_functions import exactly
from nnlec.arithmetic.lazy_numpy import np
from nnlec.network.activations.interface import NO_SLOPE, ActivationKind, Derivative, each
from nnlec.network.parameters import FROM_0, Parameter
from nnlec.notation import ELSE, absolute, call, cases, equals, number, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_LARGEST = sys.float_info.max
_FEW = 1 << 14


@cache
def _zeros() -> Array:
    return np.zeros(_FEW)


def _relu(x: Array, out: Array | None = None) -> Array:
    if out is not None:  # a product, in which no zero is negative
        flat, result, zeros = x.reshape(-1), out.reshape(-1), _zeros()
        for start in range(0, flat.size, _FEW):  # numpy is five times as fast beside an array as beside a number
            part = flat[start : start + _FEW]
            np.maximum(part, zeros[: part.size], out=result[start : start + part.size])
        return out
    return np.asarray(np.maximum(x, 0.0) + 0.0)  # max(-0, 0) may be either zero, and + 0 makes it 0


def _leaky(x: Array, alpha: float | tuple[float, ...]) -> Array:
    slope = np.asarray(alpha)
    below = slope * x
    if not slope.all():
        below = np.where((slope == 0.0) & np.isinf(x), 0.0, below)
    return np.where(x >= 0.0, x, below)


def _exact_leaky(x: Decimal, alpha: Decimal) -> Decimal:
    if x.is_infinite() and not alpha:
        return max(x, Decimal(0))
    return alpha * x if x < 0 else x


@exactly
def _exact_prelu(row: Sequence[Decimal], alpha: float | tuple[float, ...]) -> list[Decimal]:
    slopes = alpha if isinstance(alpha, tuple) else (alpha,) * len(row)
    return [_exact_leaky(x, Decimal(repr(slope))) for x, slope in zip(row, slopes, strict=True)]


def _hard_sigmoid(x: Array, alpha: float, beta: float) -> Array:
    bounded = x if alpha else np.clip(x, -_LARGEST, _LARGEST)  # 0 times infinity is NaN
    return np.clip(alpha * bounded + beta, 0.0, 1.0)


def _exact_hard_sigmoid(x: Decimal, alpha: Decimal, beta: Decimal) -> Decimal:
    if x.is_infinite() and not alpha:
        return _between(0, beta, 1)
    return _between(0, alpha.fma(x, beta), 1)  # rounded once: the product may cancel against beta


def _hard_swish(x: Array) -> Array:
    bounded = np.maximum(x, -3.0)
    return bounded * (np.clip(bounded + 3.0, 0.0, 6.0) / 6.0)


def _shrink(x: Array, lambd: float, bias: float) -> Array:
    return np.where(np.abs(x) <= lambd, 0.0, x - np.sign(x) * bias)


def _exact_shrink(x: Decimal, lambd: Decimal, bias: Decimal) -> Decimal:
    return Decimal(0) if -lambd <= x <= lambd else x - (bias if x > 0 else -bias)


def _exact_step(x: Decimal, at_zero: Decimal) -> Decimal:
    return x if x.is_nan() else Decimal(1) if x > 0 else Decimal(0) if x < 0 else at_zero


def _exact_sign(x: Decimal) -> Decimal:
    return x if x.is_nan() else Decimal((x > 0) - (x < 0))


def _exact_hard_swish(x: Decimal) -> Decimal:
    bounded = max(x, Decimal(-3))
    return bounded * _between(0, bounded + 3, 6) / 6


def _between(low: int, x: Decimal, high: int) -> Decimal:
    return min(max(x, Decimal(low)), Decimal(high))


@exactly
def _exact_leaky_slopes(row: Sequence[Decimal], alpha: float | tuple[float, ...]) -> list[Decimal]:
    slopes = alpha if isinstance(alpha, tuple) else (alpha,) * len(row)
    return [Decimal(1) if x > 0 else Decimal(repr(slope)) for x, slope in zip(row, slopes, strict=True)]


def _hard_sigmoid_slope(x: Array, alpha: float, beta: float) -> Array:
    line = alpha * x + beta
    return np.where((line > 0.0) & (line < 1.0), alpha, 0.0)


def _exact_hard_sigmoid_slope(x: Decimal, alpha: Decimal, beta: Decimal) -> Decimal:
    return alpha if 0 < alpha.fma(x, beta) < 1 else Decimal(0)


def _hard_swish_slope(x: Array) -> Array:
    return np.where(x <= -3.0, 0.0, np.where(x >= 3.0, 1.0, (2.0 * np.clip(x, -3.0, 3.0) + 3.0) / 6.0))


def _exact_hard_swish_slope(x: Decimal) -> Decimal:
    return Decimal(0) if x <= -3 else Decimal(1) if x >= 3 else (2 * x + 3) / 6


def _indicator(x: Decimal, holds: bool) -> Decimal:
    """1 where it holds; NaN of NaN."""
    return x if x.is_nan() else Decimal(int(holds))


_X, _ALPHA, _BETA, _AT_ZERO, _LAMBD, _BIAS = symbols("x", "alpha", "beta", "at_zero", "lambd", "bias")
_LEAKY_SLOPE = Derivative(
    lambda x, alpha: np.where(x > 0.0, 1.0, alpha),
    _exact_leaky_slopes,
    cases((1, _X > 0), (_ALPHA, _X <= 0)),
    "PyTorch LeakyReLU",
    "at 0, where there are two slopes, alpha is taken, as in PyTorch",
)
_LEAKY = cases((_X, _X >= 0), (_ALPHA * _X, _X < 0))

ROWS: tuple[ActivationKind, ...] = (
    ActivationKind(
        "identity",
        lambda x: x,
        list,
        _X,
        ((-2.0, 3.0), (-2.0, 3.0)),
        "ONNX Identity",
        "any number",
        ("linear", "none"),
        derivative=Derivative(lambda x, **_: np.ones_like(x), each(lambda _: Decimal(1)), number("1"), "by hand"),
    ),
    ActivationKind(
        "step",
        lambda x, at_zero: np.heaviside(x, at_zero),
        each(_exact_step),
        cases((1, _X > 0), (_AT_ZERO, equals(_X, 0)), (0, _X < 0)),
        ((-2.0, 0.0, 3.0), (0.0, 1.0, 1.0)),
        "the lecture's perceptron; it leaves the value at 0 open",
        "0 or 1",
        ("heaviside", "perceptron"),
        (Parameter("at_zero", 1.0, "the value at x = 0"),),
        note="numpy.heaviside asks for the value at 0 too",
        gives="decision",
        derivative=NO_SLOPE,
    ),
    ActivationKind(
        "sign",
        lambda x: np.sign(x),
        each(_exact_sign),
        cases((1, _X > 0), (0, equals(_X, 0)), (-number("1"), _X < 0)),
        ((-2.0, 0.0, 3.0), (-1.0, 0.0, 1.0)),
        "ONNX Sign",
        "-1, 0 or 1",
        gives="decision",
        derivative=NO_SLOPE,
    ),
    ActivationKind(
        "relu",
        _relu,
        each(lambda x: max(x, Decimal(0))),
        call("max", 0, _X),
        ((-2.0, 3.0), (0.0, 3.0)),
        "ONNX Relu",
        "0 to infinity",
        takes_out=True,
        gives="amount",
        derivative=Derivative(
            lambda x: np.where(x > 0.0, 1.0, 0.0),
            each(lambda x: _indicator(x, x > 0)),
            cases((1, _X > 0), (0, _X <= 0)),
            "PyTorch ReLU",
            "at 0, where there are two slopes, 0 is taken, as in PyTorch",
        ),
    ),
    ActivationKind(
        "leaky_relu",
        _leaky,
        each(_exact_leaky),
        _LEAKY,
        ((-2.0, 3.0), (-0.02, 3.0)),
        "ONNX LeakyRelu",
        "any number",
        ("leakyrelu",),
        (Parameter("alpha", 0.01, "the slope below 0"),),
        note="PyTorch 0.01 too, Keras 0.3",
        derivative=_LEAKY_SLOPE,
    ),
    ActivationKind(
        "prelu",
        _leaky,
        _exact_prelu,
        _LEAKY,
        ((-2.0, 3.0), (-0.5, 3.0)),
        "ONNX PRelu; He et al., arXiv:1502.01852",
        "any number",
        (),
        (Parameter("alpha", 0.25, "the learned slope below 0, one number or one for each unit", several=True),),
        note="the slope is learned: PyTorch starts at 0.25, Keras at 0",
        derivative=_LEAKY_SLOPE,
    ),
    ActivationKind(
        "hard_sigmoid",
        _hard_sigmoid,
        each(_exact_hard_sigmoid),
        call("max", 0, call("min", 1, _ALPHA * _X + _BETA)),
        ((-3.0, 0.0, 1.0, 4.0), (0.0, 0.5, 0.7, 1.0)),
        "ONNX HardSigmoid",
        "0 to 1",
        ("hardsigmoid",),
        (Parameter("alpha", 0.2, "the slope at 0"), Parameter("beta", 0.5, "the value at 0")),
        note="PyTorch and Keras 3 have alpha = 1/6",
        gives="amount",
        derivative=Derivative(
            _hard_sigmoid_slope,
            each(_exact_hard_sigmoid_slope),
            cases((0, _ALPHA * _X + _BETA <= 0), (0, _ALPHA * _X + _BETA >= 1), (_ALPHA, ELSE)),
            "PyTorch Hardsigmoid",
            "at its two corners 0 is taken, as in PyTorch",
        ),
    ),
    ActivationKind(
        "hard_swish",
        _hard_swish,
        each(_exact_hard_swish),
        _X * call("max", 0, call("min", 6, _X + 3)) / 6,
        ((-4.0, -1.5, 0.0, 3.0, 5.0), (0.0, -0.375, 0.0, 3.0, 5.0)),
        "ONNX HardSwish; Howard et al., arXiv:1905.02244",
        "-0.375 to infinity",
        ("hardswish", "hard_silu"),
        derivative=Derivative(
            _hard_swish_slope,
            each(_exact_hard_swish_slope),
            cases((0, _X + 3 <= 0), (1, _X >= 3), ((2 * _X + 3) / 6, ELSE)),
            "PyTorch Hardswish",
            "at -3 the slope 0 is taken and at 3 the slope 1, as in PyTorch",
        ),
    ),
    ActivationKind(
        "hard_tanh",
        lambda x: np.clip(x, -1.0, 1.0),
        each(lambda x: _between(-1, x, 1)),
        call("max", -number("1"), call("min", 1, _X)),
        ((-2.0, 0.5, 3.0), (-1.0, 0.5, 1.0)),
        "ONNX Clip from -1 to 1; PyTorch Hardtanh",
        "-1 to 1",
        ("hardtanh",),
        derivative=Derivative(
            lambda x: np.where(np.abs(x) < 1.0, 1.0, 0.0),
            each(lambda x: _indicator(x, abs(x) < 1)),
            cases((1, absolute(_X) < 1), (0, absolute(_X) >= 1)),
            "PyTorch Hardtanh",
            "at -1 and 1, where there are two slopes, 0 is taken, as in PyTorch",
        ),
    ),
    ActivationKind(
        "thresholded_relu",
        lambda x, alpha: np.where(x <= alpha, 0.0, x),
        each(lambda x, alpha: Decimal(0) if x <= alpha else x),
        cases((_X, _X > _ALPHA), (0, _X <= _ALPHA)),
        ((-2.0, 1.0, 3.0), (0.0, 0.0, 3.0)),
        "ONNX ThresholdedRelu",
        "0, or above alpha",
        parameters=(Parameter("alpha", 1.0, "the threshold"),),
        note="PyTorch's Threshold has no default",
        gives="amount",
        derivative=Derivative(
            lambda x, alpha: np.where(x > alpha, 1.0, 0.0),
            each(lambda x, alpha: _indicator(x, x > alpha)),
            cases((1, _X > _ALPHA), (0, _X <= _ALPHA)),
            "PyTorch Threshold",
            "at alpha, where it jumps, 0 is taken, as in PyTorch",
        ),
    ),
    ActivationKind(
        "shrink",
        _shrink,
        each(_exact_shrink),
        cases((_X + _BIAS, _X < -_LAMBD), (_X - _BIAS, _X > _LAMBD), (0, absolute(_X) <= _LAMBD)),
        ((-2.0, 0.5, 3.0), (-2.0, 0.0, 3.0)),
        "ONNX Shrink",
        "any number",
        ("hard_shrink",),
        (
            Parameter("lambd", 0.5, "what is nearer to 0 becomes 0", *FROM_0),
            Parameter("bias", 0.0, "what the rest is moved towards 0 by"),
        ),
        note="PyTorch's Softshrink is shrink with bias = lambd = 0.5",
        derivative=Derivative(
            lambda x, lambd, **_: np.where(np.abs(x) > lambd, 1.0, 0.0),
            each(lambda x, lambd, **_: _indicator(x, abs(x) > lambd)),
            cases((1, absolute(_X) > _LAMBD), (0, absolute(_X) <= _LAMBD)),
            "PyTorch Hardshrink",
            "at -lambd and lambd 0 is taken, as in PyTorch",
        ),
    ),
)
