"""The different values of a column, in order, with how often each occurs: for curves by threshold and for medians.

Up to a number of different values they are kept as they are. Beyond it every value is cut to 10 bits after its first
one (of a probability above 1/2: the distance from 1 is cut), whatever the order and the parts of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array

    Keys = NDArray[np.int64]

_ONE = int(np.float64(1.0).view(np.int64))
_CUT = 42
"""Of 52 bits after the first."""

CUT_TO = 2.0**-10
"""How far a value may be cut, as a share of itself."""


@dataclass(frozen=True)
class Sample:
    """Values that are 0 or more as integers in the same order, not yet sorted in the `parts` added last.

    A part is the keys and their counts, (keys, columns): in column j the rows of group j.
    """

    limit: int
    columns: int
    mirrored: bool
    """Whether the values are probabilities, of which those above 1/2 are kept as their distance from 1."""
    parts: tuple[tuple[Keys, Keys], ...] = ()
    cut: bool = False

    @classmethod
    def of(cls, values: Array, groups: NDArray[Any], columns: int, limit: int, *, mirrored: bool = True) -> Sample:
        """That of values from 0, (rows,), none NaN, each in a group from 0."""
        counts = np.zeros((len(values), columns), np.int64)
        counts[np.arange(len(values)), groups.astype(np.intp)] = 1
        keys = _keys(values) if mirrored else (values + 0.0).view(np.int64)
        return cls(limit, columns, mirrored, ((keys, counts),))

    def merge(self, other: Sample) -> Sample:
        """That of both parts of the rows."""
        both = replace(self, parts=(*self.parts, *other.parts), cut=self.cut or other.cut)
        return both.sorted() if sum(len(keys) for keys, _ in both.parts) > 2 * self.limit else both

    def sorted(self) -> Sample:
        """The same in one part, cut where there are too many different values."""
        if not self.parts:
            return self
        keys, counts = (np.concatenate(each) for each in zip(*self.parts, strict=True))
        keys, counts = _counted(self._shortened(keys) if self.cut else keys, counts)
        if self.cut or len(keys) <= self.limit:
            return replace(self, parts=((keys, counts),))
        return replace(self, parts=(_counted(self._shortened(keys), counts),), cut=True)

    @property
    def values(self) -> Array:
        """Those of the one part of a sorted sample, ascending."""
        ((keys, _),) = self.parts
        if not self.mirrored:
            return keys.view(np.float64)
        upper = keys > _ONE
        return np.where(upper, 1.0 - (2 * _ONE - keys).view(np.float64), keys.view(np.float64))

    @property
    def counts(self) -> Keys:
        """(values, columns): how often each value occurs in each group."""
        return self.parts[0][1]

    def _shortened(self, keys: Keys) -> Keys:
        if not self.mirrored:
            return (keys >> _CUT) << _CUT
        upper = keys > _ONE
        cut = (np.where(upper, 2 * _ONE - keys, keys) >> _CUT) << _CUT
        return np.where(upper, 2 * _ONE - cut, cut)


def _keys(values: Array) -> Keys:
    """Probabilities as integers in their order: below 1/2 their own bits, above it those of the distance from 1."""
    upper = values > 0.5
    bits = np.where(upper, 1.0 - values, values + 0.0).view(np.int64)
    return np.where(upper, 2 * _ONE - bits, bits)


def _counted(keys: Keys, counts: Keys) -> tuple[Keys, Keys]:
    """The different keys, ascending, and the sums of their counts."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if keys.size else np.empty(0, np.intp)
    return keys[first], np.add.reduceat(counts[order], first, axis=0) if keys.size else counts[:0]
