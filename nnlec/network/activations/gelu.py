"""GELU, x times the share of a standard normal distribution below x, right to the last digits in its tail too.

Hendrycks & Gimpel, Gaussian Error Linear Units, arXiv:1606.08415.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.compensated import two_product, two_sum
from nnlec.arithmetic.decimal_functions import exactly, exp, in_two, normal_below, pi, working
from nnlec.arithmetic.lazy_numpy import np
from nnlec.network.activations.interface import ActivationKind, Derivative, each, times_share
from nnlec.network.activations.smooth import times_exp
from nnlec.notation import call, number, symbol

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

# Chebyshev series of (a + 1) e^(a^2/2) erfc(a / sqrt 2) / 2 in (a - 5) / (a + 5), from tests/accuracy/fit_gelu.py.
COEFFICIENTS: tuple[float, ...] = (
    0.4619742120721857,
    -0.06516520239491264,
    -0.005458781501136567,
    0.01229619904556344,
    -0.006470872915703688,
    0.0022407355224168305,
    -0.0005638623774651974,
    9.984031082925812e-05,
    -9.849514843168493e-06,
    -4.032494233045217e-07,
    2.99023962013034e-07,
    -3.032070748442814e-08,
    -4.617665713929027e-09,
    1.3298288008382692e-09,
    3.007242719019045e-11,
    -4.4299537255328156e-11,
    1.3999857147018152e-12,
    1.4718957028912571e-12,
    -9.325953119165372e-14,
    -5.294681169067695e-14,
    3.958188414414517e-15,
    2.1048214642963194e-15,
    -1.345671286136144e-16,
    -9.097614914495833e-17,
    2.9906032105666557e-18,
    4.120292578607833e-18,
    5.960428481740839e-20,
    -1.8658806714429316e-19,
)

_FARTHEST = 40.0  # the tail at -40 is 0 in double precision

_CUBIC_SHARE = Decimal("0.044715")


@exactly
def _slope() -> Decimal:
    return 2 * (2 / pi()).sqrt()


# The tanh form is x sigmoid(x (SLOPE + CUBIC x^2)), 2 sqrt(2/pi) and 0.044715 of it, each in two doubles.
_SLOPE, _CUBIC = in_two(_slope()), in_two(working().multiply(_slope(), _CUBIC_SHARE))


def gelu(x: Array) -> Array:
    """x Phi(x), as x - tail for x > 0 and -tail below, where tail = |x| Phi(-|x|)."""
    a = np.minimum(np.abs(x), _FARTHEST)
    square, rest = two_product(a, a)
    tail = a * (_chebyshev((a - 5.0) / (a + 5.0)) / (a + 1.0)) * np.exp(-0.5 * square) * (1.0 - 0.5 * rest)
    return np.where(x > 0.0, x - tail, np.copysign(tail, x))


def _chebyshev(t: Array) -> Array:
    """The series at t, by Clenshaw's recurrence."""
    twice = 2.0 * t
    before, last = np.zeros_like(t), np.zeros_like(t)
    for coefficient in COEFFICIENTS[:0:-1]:
        before, last = last, twice * last - before + coefficient
    return t * last - before + COEFFICIENTS[0]


def gelu_tanh(x: Array) -> Array:
    """x / 2 (1 + tanh u), as x / (1 + e^-2u) with 2u carried in two doubles."""
    bounded = np.clip(x, -_FARTHEST, _FARTHEST)
    twice_u, rest = _twice_u(bounded)
    below = times_exp(bounded, twice_u) * (1.0 + rest)
    return np.where(x > 0.0, x, below) / (1.0 + np.exp(-np.abs(twice_u)))


def _twice_u(bounded: Array) -> tuple[Array, Array]:
    """2u in two doubles."""
    square, square_rest = two_product(bounded, bounded)
    cubic, cubic_rest = two_product(square, _CUBIC[0])
    slope, slope_rest = two_sum(cubic, _SLOPE[0])
    slope_rest = slope_rest + (cubic_rest + square_rest * _CUBIC[0] + square * _CUBIC[1] + _SLOPE[1])
    twice_u, rest = two_product(bounded, slope)
    return twice_u, rest + bounded * slope_rest


def _gelu_slope(x: Array) -> Array:
    """Phi(x) + x phi(x)."""
    bounded = np.clip(x, -_FARTHEST, _FARTHEST)
    square, rest = two_product(bounded, bounded)
    below = np.where(bounded == 0.0, 0.5, gelu(bounded) / np.where(bounded == 0.0, 1.0, bounded))
    return below + bounded * (np.exp(-0.5 * square) * (1.0 - 0.5 * rest)) * _DENSITY_AT_0


@exactly
def _exact_gelu_slope(x: Decimal) -> Decimal:
    if x.is_infinite():
        return Decimal(int(x > 0))
    return normal_below(x) + x * exp(-x * x / 2) / (2 * pi()).sqrt()


def _gelu_tanh_slope(x: Array) -> Array:
    """t + x t (1 - t) 2u' with t = 1 / (1 + e^-2u)."""
    bounded = np.clip(x, -_FARTHEST, _FARTHEST)
    twice_u, rest = _twice_u(bounded)
    e = np.exp(-np.abs(twice_u)) * (1.0 - np.sign(twice_u) * rest)
    share = np.where(bounded > 0.0, 1.0, e) / (1.0 + e)
    steep = _SLOPE[0] + 3.0 * _CUBIC[0] * np.square(bounded)
    return share + bounded * steep * (e / np.square(1.0 + e))


@exactly
def _exact_gelu_tanh_slope(x: Decimal) -> Decimal:
    if x.is_infinite():
        return Decimal(int(x > 0))
    twice_u = _slope() * x * (1 + _CUBIC_SHARE * x * x)
    e = exp(-abs(twice_u))
    steep = _slope() * (1 + 3 * _CUBIC_SHARE * x * x)
    return (1 if x > 0 else e) / (1 + e) + x * steep * e / (1 + e) ** 2


def _exact_gelu_tanh(x: Decimal) -> Decimal:
    twice_u = _slope() * x * (1 + _CUBIC_SHARE * x * x)
    e = exp(-abs(twice_u))
    return times_share(x, (1 if x > 0 else e) / (1 + e))


_DENSITY_AT_0 = float(exactly(lambda: 1 / (2 * pi()).sqrt())())

_X, _E = symbol("x"), symbol("e")
_ROOT, _SHARE = call("sqrt", 2 / symbol("pi")), number("0.044715")
_TANH = call("tanh", _ROOT * (_X + _SHARE * _X**3))

ROWS: tuple[ActivationKind, ...] = (
    ActivationKind(
        "gelu",
        gelu,
        each(lambda x: times_share(x, normal_below(x))),
        _X / 2 * (1 + call("erf", _X / call("sqrt", 2))),
        ((-1.0, 0.0, 1.0), (-0.15865525393145705, 0.0, 0.8413447460685429)),
        "ONNX Gelu; Hendrycks & Gimpel, arXiv:1606.08415",
        "-0.17 to infinity",
        note="the default of PyTorch and Keras",
        derivative=Derivative(
            _gelu_slope,
            each(_exact_gelu_slope),
            (1 + call("erf", _X / call("sqrt", 2))) / 2 + _X * _E ** -(_X**2 / 2) / call("sqrt", 2 * symbol("pi")),
            "PyTorch GELU",
        ),
    ),
    ActivationKind(
        "gelu_tanh",
        gelu_tanh,
        each(_exact_gelu_tanh),
        _X / 2 * (1 + _TANH),
        ((-1.0, 0.0, 1.0), (-0.1588080093917233, 0.0, 0.8411919906082767)),
        'ONNX Gelu with approximate = "tanh"',
        "-0.17 to infinity",
        derivative=Derivative(
            _gelu_tanh_slope,
            each(_exact_gelu_tanh_slope),
            (1 + _TANH) / 2 + _X / 2 * (1 - _TANH**2) * _ROOT * (1 + number("0.134145") * _X**2),
            'PyTorch GELU with approximate = "tanh"',
        ),
    ),
)
