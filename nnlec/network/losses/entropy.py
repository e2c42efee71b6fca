"""Losses between probabilities, from logits wherever they can be: the logarithm of a rounded softmax is never taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import finite, two_product, two_sum
from nnlec.arithmetic.decimal_functions import log1p
from nnlec.arithmetic.decimal_functions import softplus as exact_softplus
from nnlec.network.activations import ACTIVATIONS, exact_log_softmax, log_softmax, softplus
from nnlec.network.activations.rows import entries, places_in_rows, shifted_and_rest
from nnlec.network.losses.interface import SMOOTHING, WEIGHTS, LossKind, sum_of_rows
from nnlec.network.parameters import Parameter
from nnlec.notation import call, equals, symbols

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices

BASES: dict[str, tuple[str, Decimal | None]] = {
    "e": ("ln", None),
    "2": ("log2", Decimal(2)),
    "10": ("log10", Decimal(10)),
}
"""The logarithms a cross-entropy can be measured in: natural (nats), base 2 (bits), base 10."""

BASE = Parameter("base", "e", "the base of the logarithm", choices=tuple(BASES), range="e, 2 or 10")

_LOGS = {"e": np.log, "2": np.log2, "10": np.log10}
_NATURAL_LOGS = {"e": 1.0, "2": math.log(2.0), "10": math.log(10.0)}


def _cross_entropy_total(logits: Array, target: Array, base: str = "e") -> Array:
    """(rows,): where every target is one class, its entry of log-softmax is all that is needed."""
    true = one_class(target)
    if true is None:
        return sum_of_rows(_cross_entropy(logits, target, base))
    with np.errstate(all="ignore"):
        shifted, rest, below = shifted_and_rest(np.ascontiguousarray(logits))
        loss = (below - entries(rest, true)) - entries(shifted, true)
    return np.asarray(loss[:, 0] if base == "e" else loss[:, 0] / _NATURAL_LOGS[base])


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


def _cross_entropy(logits: Array, target: Array, base: str = "e") -> Array:
    surprise = log_softmax(logits)
    np.subtract(0.0, surprise, out=surprise)  # never -0.0
    return _times(target, surprise if base == "e" else surprise / _NATURAL_LOGS[base])


def _cross_entropy_given(probabilities: Array, target: Array, base: str = "e") -> Array:
    with np.errstate(divide="ignore"):
        return _times(target, 0.0 - _LOGS[base](probabilities))


def _cross_entropy_given_total(probabilities: Array, target: Array, base: str = "e") -> Array:
    """(rows,): the terms added up with what their products lost to rounding."""
    with np.errstate(all="ignore"):
        surprise = 0.0 - _LOGS[base](probabilities)
        _, rest = two_product(target, surprise)
    return sum_of_rows(_times(target, surprise), finite(rest))


def _binary(logits: Array, target: Array) -> Array:
    return _times(target, softplus(-logits)) + _times(1.0 - target, softplus(logits))


def _binary_given(probabilities: Array, target: Array) -> Array:
    with np.errstate(divide="ignore"):
        return _times(target, 0.0 - np.log(probabilities)) + _times(1.0 - target, 0.0 - np.log1p(-probabilities))


def _negative_log(log_probabilities: Array, target: Array) -> Array:
    return _times(target, 0.0 - log_probabilities)


def _divergence(logits: Array, target: Array, base: str = "e") -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _times(target, np.log(target) - log_softmax(logits)) / _NATURAL_LOGS[base]


def _divergence_given(probabilities: Array, target: Array, base: str = "e") -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _times(target, -np.log1p((probabilities - target) / target)) / _NATURAL_LOGS[base]


def _divergence_total(probabilities: Array, target: Array, base: str = "e") -> Array:
    """(rows,): the sum of g (d - log1p d) with d = (s - g) / g, plus what the masses of g and s differ by.

    Every g (d - log1p d) is positive, so that nothing cancels however near s is to g.
    """
    with np.errstate(all="ignore"):
        d = (probabilities - target) / target
        positive = _times(target, _minus_log1p(d))
        mass, rest = np.zeros(len(target)), np.zeros(len(target))
        for g, s in zip(target.T, probabilities.T, strict=True):
            difference, lost = two_sum(g, -s)
            mass, carried = two_sum(mass, np.where(g > 0.0, difference, 0.0))
            rest += finite(carried) + np.where(g > 0.0, lost, 0.0)
    return (mass + (rest + sum_of_rows(positive))) / _NATURAL_LOGS[base]


def _minus_log1p(d: Array) -> Array:
    """d - ln(1 + d), near 0 as r (d - 2 (r^2/3 + r^4/5 + ...)) with r = d / (2 + d), the series of 2 atanh r."""
    r = d / (2.0 + d)
    square = r * r
    series = np.zeros_like(r)
    for odd in range(39, 1, -2):  # enough for |r| up to 1/3, to the last bit
        series = (series + 1.0 / odd) * square
    return np.where((d > -0.5) & (d < 1.0), r * (d - 2.0 * series), d - np.log1p(d))


def _times(factor: Array, surprise: Array) -> Array:
    """Their product, where 0 log 0 = 0: what has no mass in the target adds nothing, however surprising."""
    with np.errstate(invalid="ignore"):
        product = factor * surprise
    return product if np.isfinite(surprise).all() else np.where(factor == 0.0, 0.0, product)


def _exact_times(factor: Decimal, surprise: Decimal) -> Decimal:
    return factor * surprise if factor else Decimal(0)


def _exact_cross_entropy(f: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [_exact_times(gi, -log_s / scale) for gi, log_s in zip(g, exact_log_softmax(f), strict=True)]


def _exact_cross_entropy_given(s: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [_exact_times(gi, -si.ln() / scale) for gi, si in zip(g, s, strict=True)]


def _exact_scale(base: str) -> Decimal:
    number = BASES[base][1]
    return Decimal(1) if number is None else number.ln()


def _exact_negative_log(log_s: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [_exact_times(gi, -fi) for gi, fi in zip(g, log_s, strict=True)]


def _exact_divergence(f: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [gi * (gi.ln() - log_s) / scale if gi else gi for gi, log_s in zip(g, exact_log_softmax(f), strict=True)]


def _exact_divergence_given(s: Sequence[Decimal], g: Sequence[Decimal], base: str = "e") -> list[Decimal]:
    scale = _exact_scale(base)
    return [gi * -log1p((si - gi) / gi) / scale if gi else gi for gi, si in zip(g, s, strict=True)]


def _exact_binary(f: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [
        _exact_times(gi, exact_softplus(-fi)) + _exact_times(1 - gi, exact_softplus(fi))
        for fi, gi in zip(f, g, strict=True)
    ]


def _exact_binary_given(s: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [_exact_times(gi, -si.ln()) + _exact_times(1 - gi, -log1p(-si)) for si, gi in zip(s, g, strict=True)]


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
        probabilities=ACTIVATIONS["exponential"],
        aliases=("nll",),
        parameters=(WEIGHTS,),
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
        total_from_probabilities=_divergence_total,
        exact_from_probabilities=_exact_divergence_given,
        probabilities=ACTIVATIONS["softmax"],
        aliases=("kl", "kullback-leibler"),
        parameters=(BASE,),
    ),
)
