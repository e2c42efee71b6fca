"""A sum of doubles without rounding: the same for any order and any grouping of the rows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnlec.table import Array

_SHIFT = 1126  # 2^-1126 divides the last bit of every double's 53-bit mantissa as `frexp` gives it


class ExactSum:
    """The sum of all finite doubles added so far as one integer, in units of 2^-1126; infinities and NaN apart.

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
        mantissas, exponents = np.frexp(flat)
        whole = np.ldexp(mantissas, 53).astype(np.int64)
        lowest = int(exponents.min()) if flat.size else 0
        # Halves of 27 and 26 bits: their sums over a block are exact in a double, which is what bincount adds in.
        high = np.bincount(exponents - lowest, weights=whole >> 26)
        low = np.bincount(exponents - lowest, weights=whole & ((1 << 26) - 1))
        for offset in np.flatnonzero((high != 0) | (low != 0)).tolist():
            self._units += ((int(high[offset]) << 26) + int(low[offset])) << (lowest + offset - 53 + _SHIFT)

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
