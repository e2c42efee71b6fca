"""The different values of a column, in order, with how often each occurs: for curves by threshold and for medians.

Up to a number of different values they are kept as they are. Beyond it every value is cut to 10 bits after its first
one (of a probability above 1/2: the distance from 1 is cut), whatever the order and the parts of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array, Flags

    Keys = NDArray[np.uint64]
    Counts = NDArray[np.int64]

_ONE = np.float64(1.0).view(np.uint64)
_TWO = _ONE + _ONE
_BIT = np.uint64(1)
_CUT = np.uint64(42)
"""Of 52 bits after the first."""

CUT_TO = 2.0**-10
"""How far a value may be cut, as a share of itself."""


class Distribution(NamedTuple):
    """Different values, ascending, and (values, 2): in how many rows each stands, unmarked and marked."""

    values: Array
    counts: Counts
    cut: bool


@dataclass(frozen=True)
class Sample:
    """Numbers from 0, each marked or not, as integers in the same order, the mark in the last bit.

    `waiting` are those added last, a number for each row; the others are sorted, with how often each occurs.
    """

    limit: int
    mirrored: bool
    """Whether the numbers are probabilities, of which those above 1/2 are kept as their distance from 1."""
    waiting: tuple[Keys, ...] = ()
    sorted: Keys = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: Counts = field(default_factory=lambda: np.empty(0, np.int64))
    cut: bool = False

    @classmethod
    def of(cls, values: Array, marked: Flags | None, limit: int, *, mirrored: bool) -> Sample:
        """That of numbers, (rows,), none NaN."""
        keys = (_mirrored(values) if mirrored else (values + 0.0).view(np.uint64)) << _BIT
        return cls(limit, mirrored, (keys if marked is None else keys | marked,))

    def merge(self, other: Sample) -> Sample:
        """That of both parts of the rows."""
        both = replace(self, waiting=(*self.waiting, *other.waiting), cut=self.cut or other.cut)
        if other.sorted.size or both.cut != self.cut:
            both = both._joined(self._shortened(other.sorted) if both.cut else other.sorted, other.counts)
        return both._tidied() if sum(map(len, both.waiting)) > self.limit else both

    def distribution(self) -> Distribution:
        """The different numbers and their counts."""
        tidy = self._tidied()
        keys = tidy.sorted >> _BIT
        starts = _starts(keys)
        counts = np.zeros((len(starts), 2), np.int64)
        counts[np.cumsum(_is_first(keys)) - 1, (tidy.sorted & _BIT).astype(np.intp)] = tidy.counts
        return Distribution(self._numbers(keys[starts]), counts, tidy.cut)

    def _tidied(self) -> Sample:
        """The same with nothing waiting, cut where there are too many different numbers."""
        waiting = np.concatenate([*self.waiting, np.empty(0, np.uint64)])
        waiting = np.sort(self._shortened(waiting) if self.cut else waiting)
        starts = _starts(waiting)
        tidy = replace(self, waiting=())._joined(waiting[starts], np.diff(starts, append=len(waiting)))
        if tidy.cut or np.count_nonzero(_is_first(tidy.sorted >> _BIT)) <= self.limit:
            return tidy
        return replace(tidy, cut=True)._joined(np.empty(0, np.uint64), np.empty(0, np.int64))

    def _joined(self, keys: Keys, counts: Counts) -> Sample:
        """With these sorted ones too; all are cut if the sample is."""
        own = self._shortened(self.sorted) if self.cut else self.sorted
        both, counted = np.concatenate([own, keys]), np.concatenate([self.counts, counts])
        order = np.argsort(both, kind="stable")
        both = both[order]
        starts = _starts(both)
        counted = np.add.reduceat(counted[order], starts) if starts.size else counted
        return replace(self, sorted=both[starts], counts=counted)

    def _shortened(self, packed: Keys) -> Keys:
        keys = packed >> _BIT
        upper = keys > _ONE if self.mirrored else np.zeros(len(keys), bool)
        cut = (np.where(upper, _TWO - keys, keys) >> _CUT) << _CUT
        return (np.where(upper, _TWO - cut, cut) << _BIT) | (packed & _BIT)

    def _numbers(self, keys: Keys) -> Array:
        if not self.mirrored:
            return keys.view(np.float64)
        return np.where(keys > _ONE, 1.0 - (_TWO - keys).view(np.float64), keys.view(np.float64))


def _mirrored(values: Array) -> Keys:
    """Probabilities as integers in their order: below 1/2 their own bits, above it those of the distance from 1."""
    upper = values > 0.5
    bits = np.where(upper, 1.0 - values, values + 0.0).view(np.uint64)
    return np.where(upper, _TWO - bits, bits)


def _is_first(keys: Keys) -> Flags:
    """Which of sorted keys differ from the one before."""
    first = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    return first


def _starts(keys: Keys) -> NDArray[np.intp]:
    return np.flatnonzero(_is_first(keys))
