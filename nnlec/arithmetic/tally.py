"""How many rows are in each group, or what they weigh: exact, so the same for any order and any parts of the rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import extract
from nnlec.arithmetic.exact_sum import DIGITS, LARGEST, SHIFT, units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array, Indices

ExactNumber = int | Fraction


@dataclass(frozen=True)
class Tally:
    """A whole number for each of `size` groups; of weights, sums in units of 2^-1074.

    >>> Tally.of(np.array([0, 2, 2]), 3).values
    [1, 0, 2]
    >>> Tally.of(np.array([0, 2, 2]), 3, np.array([0.5, 0.25, 1.0])).values
    [Fraction(1, 2), Fraction(0, 1), Fraction(5, 4)]
    """

    size: int
    counts: NDArray[np.int64] | None = None
    sums: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, groups: Indices, size: int, weights: Array | None = None) -> Tally:
        """That of rows in these groups, (rows,), with finite weights, (rows,), or without."""
        if weights is None:
            return cls(size, np.bincount(groups, minlength=size))
        return cls(size, None, _sums(groups, size, weights))

    def merge(self, other: Tally) -> Tally:
        """That of both parts."""
        if self.counts is not None and other.counts is not None:
            return Tally(self.size, self.counts + other.counts)
        both = dict(self.sums)
        for group, total in other.sums.items():
            both[group] = both.get(group, 0) + total
        return Tally(self.size, None, both)

    @property
    def values(self) -> list[ExactNumber]:
        """The number of each group."""
        if self.counts is not None:
            return list(map(int, self.counts))
        return [Fraction(self.sums.get(group, 0), 1 << SHIFT) for group in range(self.size)]


def _sums(groups: Indices, size: int, weights: Array) -> dict[int, int]:
    """Sums of parts that add up exactly in doubles, until nothing is left of the weights."""
    sums: dict[int, int] = {}
    if not weights.any():
        return sums
    exponent = math.frexp(float(np.abs(weights).max()))[1]
    if exponent > LARGEST:
        for group, weight in zip(groups.tolist(), weights.tolist(), strict=True):
            sums[group] = sums.get(group, 0) + units(weight)
        return sums
    while weights.any():
        high, weights = extract(weights, exponent, weights.size)
        added = np.bincount(groups, high, size)
        for group in np.flatnonzero(added).tolist():
            sums[group] = sums.get(group, 0) + units(float(added[group]))
        exponent += weights.size.bit_length() - DIGITS
    return sums
