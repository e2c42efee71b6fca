"""A sum of doubles without rounding: the same for any order and any grouping of the rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlec.arithmetic.compensated import extract
from nnlec.arithmetic.lazy_numpy import np

if TYPE_CHECKING:
    from fractions import Fraction

    from nnlec.arithmetic.types import Array

SHIFT = 1074  # 2^-1074 is the smallest double, and divides every other
_AT_A_TIME = 8192
DIGITS = 53
LARGEST = 1000
"""The exponent beyond which the extraction might overflow."""


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

    @classmethod
    def of(cls, values: Array) -> ExactSum:
        """The sum of every number of an array."""
        total = cls()
        total.add(values)
        return total

    def merge(self, other: ExactSum) -> ExactSum:
        """The sum of what was added to either."""
        both = ExactSum()
        both.count = self.count + other.count
        both._units = self._units + other._units
        both._special = self._special + other._special
        return both

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
            self._units += flat.size * units(float(flat[0]))
            return
        for start in range(0, flat.size, _AT_A_TIME):
            self._units += _sum_of_units(flat[start : start + _AT_A_TIME])

    @property
    def exact(self) -> Fraction | None:
        """The sum; None when an infinity or NaN was added."""
        from fractions import Fraction

        return None if self._special != 0.0 else Fraction(self._units, 1 << SHIFT)

    def mean(self) -> float:
        """The double nearest to the mean; NaN of nothing."""
        return self._divided(self.count << SHIFT)

    def total(self) -> float:
        """The double nearest to the sum; 0 of nothing."""
        return self._divided(1 << SHIFT) if self.count else 0.0

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


def _sum_of_units(values: Array) -> int:
    """The sum of finite doubles in units of 2^-1074.

    The sum of all high parts is exact; the low parts are cut again at a smaller unit, until nothing is left.
    """
    exponent = math.frexp(float(np.abs(values).max()))[1]
    if exponent > LARGEST:
        return sum(map(units, values.tolist()))
    total = 0
    while True:
        high, values = extract(values, exponent, values.size)
        total += units(float(high.sum()))
        if not values.any():
            return total
        exponent += values.size.bit_length() - DIGITS


def units(value: float) -> int:
    """A finite double in units of 2^-1074."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * ((1 << SHIFT) // denominator)
