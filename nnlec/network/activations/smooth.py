"""Smooth activations of one number, in forms that neither overflow nor cancel."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import finite, two_product, two_sum
from nnlec.arithmetic.decimal_functions import exactly, exp, expm1, tanh
from nnlec.arithmetic.decimal_functions import softplus as exact_softplus
from nnlec.network.activations.interface import ActivationKind, each, times_share
from nnlec.network.parameters import Parameter
from nnlec.notation import absolute, call, cases, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_LARGEST = float(np.finfo(np.float64).max)
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


def _selu(x: Array, alpha: float, gamma: float) -> Array:
    return gamma * _elu(x, alpha)


def _softsign(x: Array) -> Array:
    bounded = np.clip(x, -_LARGEST, _LARGEST)
    return bounded / (1.0 + np.abs(bounded))


def _exact_silu(x: Decimal, beta: Decimal) -> Decimal:
    return times_share(x, exact_sigmoid(beta * x if beta else beta))


def _exact_softsign(x: Decimal) -> Decimal:
    return Decimal(1).copy_sign(x) if x.is_infinite() else x / (1 + abs(x))


def _exact_elu(x: Decimal, alpha: Decimal) -> Decimal:
    return x if x > 0 else alpha * expm1(x)


_X, _E, _ALPHA, _BETA, _GAMMA = symbols("x", "e", "alpha", "beta", "gamma")

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
    ),
    ActivationKind(
        "tanh",
        lambda x: np.tanh(x),
        each(tanh),
        (_E**_X - _E**-_X) / (_E**_X + _E**-_X),
        ((0.0,), (0.0,)),
        "ONNX Tanh",
        "-1 to 1",
    ),
    ActivationKind(
        "elu",
        _elu,
        each(_exact_elu),
        cases((_X, _X > 0), (_ALPHA * (_E**_X - 1), _X <= 0)),
        ((-1.0, 0.0, 2.0), (-0.6321205588285577, 0.0, 2.0)),
        "ONNX Elu; Clevert et al., arXiv:1511.07289",
        "-alpha to infinity",
        (),
        (Parameter("alpha", 1.0, "minus the value at -infinity", lambda a: a >= 0, "0 or more"),),
    ),
    ActivationKind(
        "selu",
        _selu,
        each(lambda x, alpha, gamma: gamma * _exact_elu(x, alpha)),
        cases((_GAMMA * _X, _X > 0), (_GAMMA * _ALPHA * (_E**_X - 1), _X <= 0)),
        ((-1.0, 0.0, 1.0), (-1.1113307378125628, 0.0, 1.0507009873554805)),
        "ONNX Selu; Klambauer et al., arXiv:1706.02515",
        "-1.758 to infinity",
        (),
        (
            Parameter("alpha", 1.6732632423543772, "the fixed point's alpha", lambda a: a >= 0, "0 or more"),
            Parameter("gamma", 1.0507009873554805, "the fixed point's scale", lambda a: a > 0, "more than 0"),
        ),
        note="PyTorch and Keras alike; ONNX rounds both to single precision",
    ),
    ActivationKind(
        "celu",
        _celu,
        each(lambda x, alpha: x if x > 0 else alpha * expm1(x / alpha)),
        cases((_X, _X > 0), (_ALPHA * (_E ** (_X / _ALPHA) - 1), _X <= 0)),
        ((-1.0, 0.0, 2.0), (-0.6321205588285577, 0.0, 2.0)),
        "ONNX Celu; Barron, arXiv:1704.07483",
        "-alpha to infinity",
        (),
        (Parameter("alpha", 1.0, "minus the value at -infinity", lambda a: a > 0, "more than 0"),),
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
    ),
    ActivationKind(
        "mish",
        _mish,
        each(lambda x: times_share(x, tanh(exact_softplus(x)))),
        _X * call("tanh", call("ln", 1 + _E**_X)),
        ((-1.0, 0.0, 1.0), (-0.3034014613741089, 0.0, 0.8650983882673103)),
        "ONNX Mish; Misra, arXiv:1908.08681",
        "-0.309 to infinity",
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
    ),
    ActivationKind(
        "softsign",
        _softsign,
        each(_exact_softsign),
        _X / (1 + absolute(_X)),
        ((-3.0, 0.0, 1.0), (-0.75, 0.0, 0.5)),
        "ONNX Softsign",
        "-1 to 1",
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
    ),
)
