"""Losses between plain outputs and true values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.losses.interface import ExactTerms, LossKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def _squared(output: Array, target: Array) -> Array:
    return np.square(output - target)


def _absolute(output: Array, target: Array) -> Array:
    return np.abs(output - target)


def _of_difference(function: Callable[[Decimal], Decimal]) -> ExactTerms:
    def terms(output: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
        return [function(f - g) for f, g in zip(output, target, strict=True)]

    return terms


ROWS: tuple[LossKind, ...] = (
    LossKind(
        "mean-squared-error",
        "outputs",
        "real",
        _squared,
        _of_difference(lambda d: d * d),
        "L = 1/n sum_i (f_i - g_i)^2",
        r"L = \frac{1}{n} \sum_i (f_i - g_i)^2",
        ((1.0, 3.0), (0.0, 0.0), 5.0),
        "scikit-learn mean_squared_error",
        term="(f - g)^2",
        term_latex="(f - g)^2",
        averages=True,
        aliases=("mse",),
    ),
    LossKind(
        "mean-absolute-error",
        "outputs",
        "real",
        _absolute,
        _of_difference(abs),
        "L = 1/n sum_i |f_i - g_i|",
        r"L = \frac{1}{n} \sum_i |f_i - g_i|",
        ((1.0, -3.0), (0.0, 0.0), 2.0),
        "scikit-learn mean_absolute_error",
        term="|f - g|",
        term_latex="|f - g|",
        averages=True,
        aliases=("mae",),
    ),
)
