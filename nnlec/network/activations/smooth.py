"""Smooth activations of one number, in forms that neither overflow nor cancel."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.compensated import finite, two_product, two_sum
from nnlec.arithmetic.decimal_functions import exactly, exp, expm1, tanh
from nnlec.arithmetic.decimal_functions import softplus as exact_softplus
from nnlec.arithmetic.lazy_numpy import np
from nnlec.network.activations.interface import ActivationKind, Derivative, each, times_share
from nnlec.network.parameters import ABOVE_0, FROM_0, Parameter
from nnlec.notation import absolute, call, cases, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_LARGEST = sys.float_info.max
_SUBNORMAL_BELOW = -700.0  # e^x is near to subnormal, and loses digits that x e^x still has


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x) of every number of an array, from e^-|x| so that nothing overflows.

    >>> sigmoid(np.array([[0.0, 1000.0]])).tolist()
    [[0.5, 1.0]]
    """
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)


@exactly
def exact_sigmoid(x: Decimal) -> Decimal:
    """1 / (1 + e^-x), right to 60 digits."""
    e = exp(-abs(x))
    return (1 if x >= 0 else e) / (1 + e)


def softplus(x: Array) -> Array:
    """ln(1 + e^x), from e^-|x| so that nothing overflows."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


def _silu(x: Array, beta: float) -> Array:
    if beta == 1.0:
        return np.where(x >= 0.0, x, times_exp(x, x)) / (1.0 + np.exp(-np.abs(x)))
    exponent, rest = two_product(x, beta)
    e = np.exp(-np.abs(exponent))
    below = times_exp(x, exponent) * (1.0 + finite(rest))
    return np.where((exponent >= 0.0) | (beta == 0.0), x, below) / (1.0 + np.where(beta == 0.0, 1.0, e))


def times_exp(x: Array, exponent: Array) -> Array:
    """x e^exponent, in two halves where the exponential alone is subnormal; 0 where it wins over an infinite x."""
    product = x * np.exp(exponent)
    tiny = exponent < _SUBNORMAL_BELOW
    if not tiny.any():
        return product
    half = np.exp(0.5 * exponent)
    return np.where(tiny, np.clip(x, -_LARGEST, _LARGEST) * half * half, product)


def _mish(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    above = x * ((1.0 + 2.0 * e) / (1.0 + 2.0 * e + 2.0 * e * e))
    plus, lost = two_sum(e, 2.0)
    n = e * plus
    divisor, rest = two_sum(n, 2.0)
    product = x * (n / divisor)
    product += product * (lost / plus - (rest + e * lost) / divisor)
    below = np.where(x < _SUBNORMAL_BELOW, times_exp(x, x), product)
    return np.where(x >= 0.0, above, below)


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0.0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def _celu(x: Array, alpha: float) -> Array:
    quotient = np.minimum(x, 0.0) / alpha
    return np.where((x > 0.0) | (quotient > -1e-17), x, alpha * np.expm1(quotient))  # a tiny quotient may underflow


def _softsign(x: Array) -> Array:
    bounded = np.clip(x, -_LARGEST, _LARGEST)
    return bounded / (1.0 + np.abs(bounded))


def _exact_silu(x: Decimal, beta: Decimal) -> Decimal:
    return times_share(x, exact_sigmoid(beta * x if beta else beta))


def _exact_softsign(x: Decimal) -> Decimal:
    return Decimal(1).copy_sign(x) if x.is_infinite() else x / (1 + abs(x))


def _exact_elu(x: Decimal, alpha: Decimal) -> Decimal:
    return x if x > 0 else alpha * expm1(x)


def _sigmoid_slope(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.asarray(e / np.square(1.0 + e))


@exactly
def _exact_sigmoid_slope(x: Decimal) -> Decimal:
    e = exp(-abs(x))
    return e / (1 + e) ** 2


def _tanh_slope(x: Array) -> Array:
    return 4.0 * _sigmoid_slope(2.0 * x)


def _silu_slope(x: Array, beta: float) -> Array:
    exponent, rest = two_product(x, beta)
    u = np.clip(exponent, -1000.0, 1000.0)
    e = np.exp(-np.abs(u)) * (1.0 - np.sign(u) * finite(rest))
    return np.where(u >= 0.0, 1.0 + (1.0 + u) * e, e * (e + (1.0 + u))) / np.square(1.0 + e)


@exactly
def _exact_silu_slope(x: Decimal, beta: Decimal) -> Decimal:
    u = beta * x if beta else Decimal(0)
    if u.is_infinite():
        return Decimal(int(u > 0))
    share = exact_sigmoid(u)
    return share * (1 + u * exact_sigmoid(-u))


def _mish_slope(x: Array) -> Array:
    bounded = np.clip(x, -1000.0, 1000.0)
    e = np.exp(-np.abs(bounded))
    n = np.where(x >= 0.0, 1.0 + 2.0 * e, e * (e + 2.0))  # tanh(softplus x) = n / d
    rest = np.where(x >= 0.0, 2.0 * e * e, 2.0)
    d = n + rest
    share = np.where(x >= 0.0, 1.0, e) / (1.0 + e)
    return np.asarray(n / d + bounded * share * (rest * (d + n) / np.square(d)))


@exactly
def _exact_mish_slope(x: Decimal) -> Decimal:
    if x.is_infinite():
        return Decimal(int(x > 0))
    inner = exact_softplus(x)
    return tanh(inner) + x * 4 * _exact_sigmoid_slope(2 * inner) * exact_sigmoid(x)


def _exact_elu_slope(x: Decimal, alpha: Decimal) -> Decimal:
    return Decimal(1) if x > 0 else alpha * exp(x)


_X, _Y, _E, _ALPHA, _BETA, _GAMMA = symbols("x", "y", "e", "alpha", "beta", "gamma")
_SOFTPLUS_TANH = call("tanh", call("ln", 1 + _E**_X))
_ALPHA_AT_0 = "at 0, where alpha other than 1 makes two slopes, that of the left is taken, as in PyTorch"

ROWS: tuple[ActivationKind, ...] = (
    ActivationKind(
        "sigmoid",
        sigmoid,
        each(exact_sigmoid),
        1 / (1 + _E**-_X),
        ((0.0,), (0.5,)),
        "the lecture; ONNX Sigmoid",
        "0 to 1",
        ("logistic",),
        logit_scale=lambda: 1.0,
        gives="probability",
        derivative=Derivative(_sigmoid_slope, each(_exact_sigmoid_slope), _Y * (1 - _Y), "PyTorch Sigmoid"),
    ),
    ActivationKind(
        "tanh",
        lambda x: np.tanh(x),
        each(tanh),
        (_E**_X - _E**-_X) / (_E**_X + _E**-_X),
        ((0.0,), (0.0,)),
        "ONNX Tanh",
        "-1 to 1",
        derivative=Derivative(_tanh_slope, each(lambda x: 4 * _exact_sigmoid_slope(2 * x)), 1 - _Y**2, "PyTorch Tanh"),
    ),
    ActivationKind(
        "elu",
        _elu,
        each(_exact_elu),
        cases((_X, _X > 0), (_ALPHA * (_E**_X - 1), _X <= 0)),
        ((-1.0, 0.0, 2.0), (-0.6321205588285577, 0.0, 2.0)),
        "ONNX Elu; Clevert et al., arXiv:1511.07289",
        "-alpha to infinity",
        parameters=(Parameter("alpha", 1.0, "minus the value at -infinity", *FROM_0),),
        derivative=Derivative(
            lambda x, alpha: np.where(x > 0.0, 1.0, alpha * np.exp(np.minimum(x, 0.0))),
            each(_exact_elu_slope),
            cases((1, _X > 0), (_ALPHA * _E**_X, _X <= 0)),
            "PyTorch ELU",
            _ALPHA_AT_0,
        ),
    ),
    ActivationKind(
        "selu",
        lambda x, alpha, gamma: gamma * _elu(x, alpha),
        each(lambda x, alpha, gamma: gamma * _exact_elu(x, alpha)),
        cases((_GAMMA * _X, _X > 0), (_GAMMA * _ALPHA * (_E**_X - 1), _X <= 0)),
        ((-1.0, 0.0, 1.0), (-1.1113307378125628, 0.0, 1.0507009873554805)),
        "ONNX Selu; Klambauer et al., arXiv:1706.02515",
        "-1.758 to infinity",
        parameters=(
            Parameter("alpha", 1.6732632423543772, "the fixed point's alpha", *FROM_0),
            Parameter("gamma", 1.0507009873554805, "the fixed point's scale", *ABOVE_0),
        ),
        note="PyTorch and Keras alike; ONNX rounds both to single precision",
        derivative=Derivative(
            lambda x, alpha, gamma: gamma * np.where(x > 0.0, 1.0, alpha * np.exp(np.minimum(x, 0.0))),
            each(lambda x, alpha, gamma: gamma * _exact_elu_slope(x, alpha)),
            cases((_GAMMA, _X > 0), (_GAMMA * _ALPHA * _E**_X, _X <= 0)),
            "PyTorch SELU",
            _ALPHA_AT_0,
        ),
    ),
    ActivationKind(
        "celu",
        _celu,
        each(lambda x, alpha: x if x > 0 else alpha * expm1(x / alpha)),
        cases((_X, _X > 0), (_ALPHA * (_E ** (_X / _ALPHA) - 1), _X <= 0)),
        ((-1.0, 0.0, 2.0), (-0.6321205588285577, 0.0, 2.0)),
        "ONNX Celu; Barron, arXiv:1704.07483",
        "-alpha to infinity",
        parameters=(Parameter("alpha", 1.0, "minus the value at -infinity", *ABOVE_0),),
        derivative=Derivative(
            lambda x, alpha: np.exp(np.minimum(x, 0.0) / alpha),
            each(lambda x, alpha: Decimal(1) if x > 0 else exp(x / alpha)),
            cases((1, _X > 0), (_E ** (_X / _ALPHA), _X <= 0)),
            "PyTorch CELU",
        ),
    ),
    ActivationKind(
        "silu",
        _silu,
        each(_exact_silu),
        _X / (1 + _E ** -(_BETA * _X)),
        ((-1.0, 0.0, 1.0), (-0.2689414213699951, 0.0, 0.7310585786300049)),
        "ONNX Swish; Ramachandran et al., arXiv:1710.05941",
        "-0.279 / beta to infinity",
        ("swish",),
        (Parameter("beta", 1.0, "how sharply it bends at 0"),),
        derivative=Derivative(
            _silu_slope,
            each(_exact_silu_slope),
            (1 + (1 + _BETA * _X) * _E ** -(_BETA * _X)) / (1 + _E ** -(_BETA * _X)) ** 2,
            "PyTorch SiLU",
        ),
    ),
    ActivationKind(
        "mish",
        _mish,
        each(lambda x: times_share(x, tanh(exact_softplus(x)))),
        _X * call("tanh", call("ln", 1 + _E**_X)),
        ((-1.0, 0.0, 1.0), (-0.3034014613741089, 0.0, 0.8650983882673103)),
        "ONNX Mish; Misra, arXiv:1908.08681",
        "-0.309 to infinity",
        derivative=Derivative(
            _mish_slope,
            each(_exact_mish_slope),
            _SOFTPLUS_TANH + _X * (1 - _SOFTPLUS_TANH**2) / (1 + _E**-_X),
            "PyTorch Mish",
        ),
    ),
    ActivationKind(
        "softplus",
        softplus,
        each(exact_softplus),
        call("ln", 1 + _E**_X),
        ((0.0,), (0.6931471805599453,)),
        "ONNX Softplus",
        "0 to infinity",
        note="PyTorch returns x itself above 20",
        gives="amount",
        derivative=Derivative(sigmoid, each(exact_sigmoid), 1 / (1 + _E**-_X), "PyTorch Softplus"),
    ),
    ActivationKind(
        "softsign",
        _softsign,
        each(_exact_softsign),
        _X / (1 + absolute(_X)),
        ((-3.0, 0.0, 1.0), (-0.75, 0.0, 0.5)),
        "ONNX Softsign",
        "-1 to 1",
        derivative=Derivative(
            lambda x: 1.0 / np.square(1.0 + np.abs(x)),
            each(lambda x: 1 / (1 + abs(x)) ** 2),
            1 / (1 + absolute(_X)) ** 2,
            "PyTorch Softsign",
        ),
    ),
    ActivationKind(
        "exponential",
        lambda x: np.exp(x),
        each(exp),
        _E**_X,
        ((0.0, 1.0), (1.0, 2.718281828459045)),
        "ONNX Exp; Keras exponential",
        "0 to infinity",
        ("exp",),
        gives="amount",
        derivative=Derivative(lambda x: np.exp(x), each(exp), _Y, "by hand"),
    ),
)
