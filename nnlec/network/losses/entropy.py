"""Losses between probabilities, from logits wherever they can be: the logarithm of a rounded softmax is never taken."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.compensated import finite, two_product, two_sum
from nnlec.arithmetic.decimal_functions import exactly, extra_digits, in_two, ln, log1p, log_ratio
from nnlec.arithmetic.decimal_functions import softplus as exact_softplus
from nnlec.arithmetic.lazy_numpy import np
from nnlec.network.activations import ACTIVATIONS, Derivative, exact_log_softmax, exact_sigmoid, log_softmax, softplus
from nnlec.network.activations.rows import (
    entries,
    exact_shares_less,
    places_in_rows,
    shares_less,
    shifted_and_rest,
    softmax,
)
from nnlec.network.activations.smooth import sigmoid
from nnlec.network.losses.interface import BASES, CANCELLED, SMOOTHING, WEIGHTS, LossKind
from nnlec.network.losses.sums import sum_of_rows, times
from nnlec.network.parameters import Parameter
from nnlec.notation import call, equals, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices

BASE = Parameter("base", "e", "the base of the logarithm", choices=tuple(BASES), range="e, 2 or 10")

_LOGS = {"e": "log", "2": "log2", "10": "log10"}
"""numpy's functions."""


def _cross_entropy_total(logits: Array, target: Array, rest: Array | None = None, base: str = "e") -> Array:
    """(rows,): where every target is one class, its entry of log-softmax is all that is needed."""
    true = one_class(target) if rest is None else None
    with np.errstate(all="ignore"):
        if true is None:
            surprise = 0.0 - log_softmax(logits)
            nats = sum_of_rows(times(target, surprise)) if rest is None else _sum_of_products(target, surprise, rest)
            return _in_base(nats, base)
        shifted, lost, below = shifted_and_rest(np.ascontiguousarray(logits))
        loss = (below - entries(lost, true)) - entries(shifted, true)
        return _in_base(loss[:, 0], base)


def one_class(target: Array) -> Indices | None:
    """(rows,): the class that has all the mass of each row's target; None where a target has it elsewhere too.

    >>> one_class(np.array([[0.0, 1.0], [1.0, 0.0]])), one_class(np.array([[0.5, 0.5]]))
    (array([1, 0]), None)
    """
    rows, width = target.shape
    ones = target == 1.0
    if np.count_nonzero(ones) != rows or np.count_nonzero(target) != rows:
        return None
    true = places_in_rows(ones)
    return true if not rows or (true.min() >= 0 and true.max() < width) else None


def _in_base(nats: Array, base: str) -> Array:
    """Nats measured in another base, divided by a logarithm of two doubles."""
    if base == "e":
        return nats
    high, low = _LOGARITHMS[base]
    quotient = nats / high
    return np.asarray(quotient - quotient * (low / high))


_LOGARITHMS = {name: in_two(ln(base)) for name, (_, base) in BASES.items() if base is not None}


def _cross_entropy(logits: Array, target: Array, base: str = "e") -> Array:
    return times(target, _in_base(0.0 - log_softmax(logits), base))


def _cross_entropy_given(probabilities: Array, target: Array, base: str = "e") -> Array:
    return times(target, 0.0 - getattr(np, _LOGS[base])(probabilities))


def _cross_entropy_given_total(
    probabilities: Array, target: Array, rest: Array | None = None, base: str = "e"
) -> Array:
    return _sum_of_products(target, 0.0 - getattr(np, _LOGS[base])(probabilities), rest)


def _sum_of_products(target: Array, surprise: Array, rest: Array | None) -> Array:
    """(rows,): the terms added up with what their products lost to rounding."""
    small = two_product(target, surprise)[1]
    if rest is not None:
        small += rest * surprise
    return sum_of_rows(times(target, surprise), finite(small))


def _binary(logits: Array, target: Array) -> Array:
    return times(target, softplus(-logits)) + times(1.0 - target, softplus(logits))


def _binary_given(probabilities: Array, target: Array) -> Array:
    return times(target, 0.0 - np.log(probabilities)) + times(1.0 - target, 0.0 - np.log1p(-probabilities))


def _negative_log(log_probabilities: Array, target: Array) -> Array:
    return times(target, 0.0 - log_probabilities)


def _negative_log_total(log_probabilities: Array, target: Array, rest: Array | None = None) -> Array:
    return _sum_of_products(target, 0.0 - log_probabilities, rest)


def _divergence(logits: Array, target: Array, base: str = "e") -> Array:
    return times(target, _in_base(np.log(target) - log_softmax(logits), base))


def _divergence_total(logits: Array, target: Array, rest: None = None, base: str = "e") -> Array:  # noqa: ARG001
    """(rows,): the sum of all g - s, which is the sum of g less 1, and of g ln(g / s) - g + s, which is never negative.

    Where s is near g the latter is g (d - log1p d) with d = (s - g) / g. NaN where more than 10 bits are lost in d, or
    where the two sums cancel, so that the row is computed exactly.
    """
    less = softmax(np.ascontiguousarray(logits)) - target
    close = np.abs(less) < 0.5 * target
    terms = _divergence(logits, target) + less
    terms[close] = target[close] * _minus_log1p(less[close] / target[close])
    size = sum_of_rows(terms)
    mass = sum_of_rows(np.hstack([target, np.full((len(target), 1), -1.0)]))
    near = (size < 2.0**-20) & np.isfinite(logits).all(axis=1)
    total = np.where(near, np.nan, size + mass)
    return _in_base(_unless_cancelled(total, size), base)


def _divergence_given(probabilities: Array, target: Array, base: str = "e") -> Array:
    return times(target, _in_base(_log_ratio(target, probabilities), base))


def _divergence_given_total(probabilities: Array, target: Array, rest: None = None, base: str = "e") -> Array:  # noqa: ARG001
    """(rows,): where s is near g, g ln(g / s) is (g - s) + g (d - log1p d) with d = (s - g) / g.

    The sum of all g - s is exact, and no g (d - log1p d) is negative: of two distributions nothing cancels however
    near they are. Numbers that are no distributions may cancel still: then NaN, and the row is computed exactly.
    """
    difference = probabilities - target
    near = np.abs(difference) < 0.5 * target
    terms = times(target, np.where(near, _minus_log1p(difference / target), _log_of_quotient(target, probabilities)))
    mass, lost = np.zeros(len(target)), np.zeros(len(target))
    for change in np.where(near, -difference, 0.0).T:  # of near numbers it is exact
        mass, carried = two_sum(mass, change)
        lost += finite(carried)
    total = mass + (lost + sum_of_rows(terms))
    return _in_base(_unless_cancelled(total, sum_of_rows(np.abs(terms))), base)


def _unless_cancelled(total: Array, size: Array) -> Array:
    """The sum of some terms; NaN where the sum of their sizes is more than five times as large."""
    return np.where(np.abs(total) * 5.0 < size, np.nan, total)


def _log_ratio(a: Array, b: Array) -> Array:
    """ln(a / b) of numbers >= 0, to the last digits however near they are to each other, or far apart."""
    difference = b - a
    return np.where(np.abs(difference) < 0.5 * a, -np.log1p(difference / a), _log_of_quotient(a, b))


def _log_of_quotient(a: Array, b: Array) -> Array:
    """ln(a / b) of numbers >= 0 that are not near each other."""
    quotient = a / b
    logarithm = np.asarray(np.log(quotient))
    far = ~((quotient > 1e-300) & (quotient < 1e300))  # the quotient over- or underflows
    if far.any():
        logarithm[far] = np.log(a[far]) - np.log(b[far])
    return logarithm


def _minus_log1p(d: Array) -> Array:
    """d - ln(1 + d) of |d| <= 1/2, as r (d - 2 (r^2/3 + r^4/5 + ...)) with r = d / (2 + d), the series of 2 atanh r."""
    r = d / (2.0 + d)
    square = r * r
    series = np.zeros_like(r)
    for odd in range(39, 2, -2):  # enough for |r| up to 1/3, to the last bit
        series = (series + 1.0 / odd) * square
    return np.asarray(r * (d - 2.0 * series))


def _exact_times(factor: Decimal, surprise: Decimal) -> Decimal:
    return factor * surprise if factor else Decimal(0)


@exactly
def _exact_cross_entropy(f: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [_exact_times(gi, -log_s / scale) for gi, log_s in zip(g, exact_log_softmax(f), strict=True)]


@exactly
def _exact_cross_entropy_given(s: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [_exact_times(gi, -ln(si) / scale) for gi, si in zip(g, s, strict=True)]


def _exact_scale(base: str) -> Decimal:
    number = BASES[base][1]
    return Decimal(1) if number is None else ln(number)


@exactly
def _exact_negative_log(log_s: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [_exact_times(gi, fi.copy_negate()) for gi, fi in zip(g, log_s, strict=True)]


def _exact_divergence(f: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    with extra_digits(CANCELLED):
        scale = _exact_scale(base)
        return [_exact_times(gi, (ln(gi) - log_s) / scale) for gi, log_s in zip(g, exact_log_softmax(f), strict=True)]


def _exact_divergence_given(s: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    with extra_digits(CANCELLED):
        scale = _exact_scale(base)
        return [_exact_times(gi, log_ratio(gi, si) / scale) for gi, si in zip(g, s, strict=True)]


@exactly
def _exact_binary(f: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [
        _exact_times(gi, exact_softplus(fi.copy_negate())) + _exact_times(1 - gi, exact_softplus(fi))
        for fi, gi in zip(f, g, strict=True)
    ]


@exactly
def _exact_binary_given(s: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [
        _exact_times(gi, -ln(si)) + _exact_times(1 - gi, -log1p(si.copy_negate())) for si, gi in zip(s, g, strict=True)
    ]


def _shares_slope(logits: Array, target: Array, base: str = "e") -> Array:
    return _in_base(shares_less(np.ascontiguousarray(logits), target), base)


@exactly
def _exact_shares_slope(f: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [slope / scale for slope in exact_shares_less(f, g)]


def _binary_slope(logits: Array, target: Array) -> Array:
    """s - g, as (1 - g) s less g (1 - s): nothing cancels where s is near g = 0 or 1."""
    return (1.0 - target) * sigmoid(logits) - target * sigmoid(-logits)


@exactly
def _exact_binary_slope(f: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [(1 - gi) * exact_sigmoid(fi) - gi * exact_sigmoid(-fi) for fi, gi in zip(f, g, strict=True)]


_F, _G, _S = symbols("f", "g", "s")

ROWS: tuple[LossKind, ...] = (
    LossKind(
        "cross-entropy",
        "logits",
        "distribution",
        _cross_entropy,
        _exact_cross_entropy,
        -(_G * call("log", _S)),
        ((0.0, 0.0), (1.0, 0.0), 0.6931471805599453),
        "the lecture; ONNX SoftmaxCrossEntropyLoss",
        from_probabilities=_cross_entropy_given,
        total_from_probabilities=_cross_entropy_given_total,
        exact_from_probabilities=_exact_cross_entropy_given,
        total=_cross_entropy_total,
        probabilities=ACTIVATIONS["softmax"],
        aliases=("ce", "categorical-cross-entropy"),
        parameters=(BASE, WEIGHTS, SMOOTHING),
        derivative=Derivative(_shares_slope, _exact_shares_slope, _S - _G, "the lecture; PyTorch CrossEntropyLoss"),
    ),
    LossKind(
        "binary-cross-entropy",
        "logits",
        "each",
        _binary,
        _exact_binary,
        -(_G * call("ln", _S)) - (1 - _G) * call("ln", 1 - _S),
        ((0.0,), (1.0,), 0.6931471805599453),
        "PyTorch BCEWithLogitsLoss",
        from_probabilities=_binary_given,
        exact_from_probabilities=_exact_binary_given,
        probabilities=ACTIVATIONS["sigmoid"],
        averages=True,
        aliases=("bce", "log-loss"),
        parameters=(WEIGHTS,),
        derivative=Derivative(_binary_slope, _exact_binary_slope, _S - _G, "PyTorch BCEWithLogitsLoss"),
    ),
    LossKind(
        "negative-log-likelihood",
        "log-probabilities",
        "distribution",
        _negative_log,
        _exact_negative_log,
        -(_G * _F),
        ((-0.5, -2.0), (0.0, 1.0), 2.0),
        "ONNX NegativeLogLikelihoodLoss",
        meaning=equals(_F, call("ln", _S)),
        total=_negative_log_total,
        probabilities=ACTIVATIONS["exponential"],
        aliases=("nll",),
        parameters=(WEIGHTS,),
        derivative=Derivative(
            lambda _, g: 0.0 - g,
            lambda _, g: [gi.copy_negate() for gi in g],
            -_G,
            "PyTorch NLLLoss",
        ),
    ),
    LossKind(
        "kl-divergence",
        "logits",
        "distribution",
        _divergence,
        _exact_divergence,
        _G * call("log", _G / _S),
        ((0.0, 0.0), (1.0, 0.0), 0.6931471805599453),
        "Kullback & Leibler; PyTorch KLDivLoss",
        from_probabilities=_divergence_given,
        total=_divergence_total,
        total_from_probabilities=_divergence_given_total,
        exact_from_probabilities=_exact_divergence_given,
        probabilities=ACTIVATIONS["softmax"],
        aliases=("kl", "kullback-leibler"),
        parameters=(BASE,),
        derivative=Derivative(_shares_slope, _exact_shares_slope, _S - _G, "PyTorch KLDivLoss of log_softmax"),
    ),
)
