"""Losses between probabilities, from logits wherever they can be: the logarithm of a rounded softmax is never taken."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.activations import ACTIVATIONS, exact_log_softmax, log_softmax, softplus
from nnlec.elementary import log1p
from nnlec.elementary import softplus as exact_softplus
from nnlec.losses.interface import SMOOTHING, WEIGHTS, LossKind
from nnlec.parameters import Parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BASES: dict[str, tuple[str, Decimal | None]] = {
    "e": ("ln", None),
    "2": ("log2", Decimal(2)),
    "10": ("log10", Decimal(10)),
}
"""The logarithms a cross-entropy can be measured in: natural (nats), base 2 (bits), base 10."""

BASE = Parameter("base", "e", "the base of the logarithm", choices=tuple(BASES), range="e, 2 or 10")

_LOGS = {"e": np.log, "2": np.log2, "10": np.log10}
_NATURAL_LOGS = {"2": np.log(2.0), "10": np.log(10.0)}


def cross_entropy(logits: Array, target: Array) -> Array:
    """(rows,): L = -sum_i g_i log s_i of each row, in nats, from logits (rows, classes) and target of the same shape.

    >>> import numpy as np
    >>> cross_entropy(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]))
    array([2000.])
    """
    return np.asarray(_cross_entropy(logits, target).sum(axis=1))


def _cross_entropy(logits: Array, target: Array, base: str = "e") -> Array:
    surprise = 0.0 - log_softmax(logits)  # never -0.0
    return _times(target, surprise if base == "e" else surprise / _NATURAL_LOGS[base])


def _cross_entropy_given(probabilities: Array, target: Array, base: str = "e") -> Array:
    with np.errstate(divide="ignore"):
        return _times(target, 0.0 - _LOGS[base](probabilities))


def _binary(logits: Array, target: Array) -> Array:
    return _times(target, softplus(-logits)) + _times(1.0 - target, softplus(logits))


def _binary_given(probabilities: Array, target: Array) -> Array:
    with np.errstate(divide="ignore"):
        return _times(target, 0.0 - np.log(probabilities)) + _times(1.0 - target, 0.0 - np.log1p(-probabilities))


def _times(factor: Array, surprise: Array) -> Array:
    """Their product, where 0 log 0 = 0: what has no mass in the target adds nothing, however surprising."""
    with np.errstate(invalid="ignore"):
        return np.where(factor == 0.0, 0.0, factor * surprise)


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


def _exact_binary(f: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [
        _exact_times(gi, exact_softplus(-fi)) + _exact_times(1 - gi, exact_softplus(fi))
        for fi, gi in zip(f, g, strict=True)
    ]


def _exact_binary_given(s: Sequence[Decimal], g: Sequence[Decimal]) -> list[Decimal]:
    return [_exact_times(gi, -si.ln()) + _exact_times(1 - gi, -log1p(-si)) for si, gi in zip(s, g, strict=True)]


ROWS: tuple[LossKind, ...] = (
    LossKind(
        "cross-entropy",
        "logits",
        "distribution",
        _cross_entropy,
        _exact_cross_entropy,
        "L = -sum_i g_i log s_i",
        r"L = -\sum_i g_i \log s_i",
        ((0.0, 0.0), (1.0, 0.0), 0.6931471805599453),
        "the lecture; ONNX SoftmaxCrossEntropyLoss",
        term="-g ln s",
        term_latex=r"-g \ln s",
        from_probabilities=_cross_entropy_given,
        exact_from_probabilities=_exact_cross_entropy_given,
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
        "L = -1/n sum_i (g_i log s_i + (1 - g_i) log (1 - s_i))",
        r"L = -\frac{1}{n} \sum_i \left(g_i \log s_i + (1 - g_i) \log (1 - s_i)\right)",
        ((0.0,), (1.0,), 0.6931471805599453),
        "PyTorch BCEWithLogitsLoss",
        term="-g ln s - (1 - g) ln (1 - s)",
        term_latex=r"-g \ln s - (1 - g) \ln (1 - s)",
        from_probabilities=_binary_given,
        exact_from_probabilities=_exact_binary_given,
        probabilities=ACTIVATIONS["sigmoid"],
        averages=True,
        aliases=("bce", "log-loss"),
        parameters=(WEIGHTS,),
    ),
)
