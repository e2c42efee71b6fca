"""A sum of doubles without rounding: the same for any order and any grouping of the rows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnlec.table import Array

_SHIFT = 1074  # 2^-1074 is the smallest double, and divides every other
_FRACTION = (1 << 52) - 1
_HALF = 26


class ExactSum:
    """The sum of all finite doubles added so far as one integer, in units of 2^-1074; infinities and NaN apart.

    >>> total = ExactSum()
    >>> total.add(np.array([1e300, 1.0, -1e300])), total.count, total.mean()
    (None, 3, 0.3333333333333333)
    """

    def __init__(self) -> None:
        self.count = 0
        self._units = 0
        self._special = 0.0

    def add(self, values: Array) -> None:
        """Adds every number of an array."""
        self.count += int(values.size)
        flat = values.ravel()
        finite = np.isfinite(flat)
        if not finite.all():
            with np.errstate(invalid="ignore"):
                self._special += float(flat[~finite].sum())
            flat = flat[finite]
        if not flat.size:
            return
        if (flat == flat[0]).all():
            self._units += flat.size * _units(float(flat[0]))
            return
        bits = flat.view(np.int64)
        exponents = (bits >> 52) & 0x7FF
        whole = (bits & _FRACTION) + np.where(exponents > 0, _FRACTION + 1, 0)
        np.negative(whole, out=whole, where=bits < 0)
        # Halves of 27 and 26 bits: their sums over a block are exact in a double, which is what bincount adds in.
        high = np.bincount(exponents, weights=whole >> _HALF)
        low = np.bincount(exponents, weights=whole & ((1 << _HALF) - 1))
        for exponent in np.flatnonzero((high != 0) | (low != 0)).tolist():
            self._units += ((int(high[exponent]) << _HALF) + int(low[exponent])) << max(exponent - 1, 0)

    @property
    def exact(self) -> Fraction | None:
        """The sum; None when an infinity or NaN was added."""
        return None if self._special != 0.0 else Fraction(self._units, 1 << _SHIFT)

    def mean(self) -> float:
        """The double nearest to the mean; NaN of nothing."""
        return self._divided(self.count << _SHIFT)

    def total(self) -> float:
        """The double nearest to the sum; 0 of nothing."""
        return self._divided(1 << _SHIFT) if self.count else 0.0

    def over(self, other: ExactSum) -> float:
        """The double nearest to this sum divided by another one, which is positive; NaN of nothing."""
        return self._divided(other._units)

    def _divided(self, units: int) -> float:
        if not self.count or not units:
            return math.nan
        if self._special != 0.0:
            return self._special
        try:
            return self._units / units
        except OverflowError:
            return math.inf if self._units > 0 else -math.inf


def _units(value: float) -> int:
    """A finite double in units of 2^-1074."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * ((1 << _SHIFT) // denominator)
