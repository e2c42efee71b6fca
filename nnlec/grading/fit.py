"""Whether the row that a mistake leads to explains wrong figures and leaves right ones right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.grading.figures import Figure
from nnlec.network.trace import Row

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags

_NEAR = 1e-9
"""How far floating point may be off, of a number."""


@dataclass(frozen=True)
class Fit:
    """The figures of a row, those that are wrong, and whether a zero may be a small number beside the others."""

    figures: tuple[Figure, ...]
    wrong: frozenset[int]
    beside: tuple[bool, ...]

    def of_row(self, row: Row, changed: Iterable[int]) -> frozenset[int]:
        """The figures that an exact row explains; none where it contradicts a right figure or explains too few.

        `changed` are the numbers that a mistake changes. Of several wrong ones most must be explained.
        """
        written = [unit for unit in changed if self.figures[unit].value is not None]
        claimed = {unit for unit in written if self.figures[unit].claims(row[unit], beside=self.beside[unit])}
        touched = [unit for unit in written if unit in self.wrong]
        explains = claimed & self.wrong
        fits = claimed.issuperset(unit for unit in written if unit not in self.wrong)
        enough = len(explains) == len(touched) or (len(explains) > 1 and 2 * len(explains) > len(touched))
        return frozenset(explains) if fits and enough else frozenset()

    def of_rows(self, rows: Array, changed: Flags) -> tuple[Flags, Flags]:
        """The same of many rows in floating point, (rows, figures), and which rows are certain.

        A row is uncertain where a number is so near to the edge of what its figure claims that only an exact
        computation can tell; it is taken to fit.
        """
        values, places, wrong, answered, zeros, smallest = self._arrays
        with np.errstate(all="ignore"):
            size = np.abs(rows)
            first = np.where(rows == 0, 0.0, np.maximum(0.0, np.floor(np.log10(size) + _NEAR)))
            half = 0.5 * 10.0 ** -np.where(places < 0, np.maximum(places, np.where(values == 0, 0, -first)), places)
            beyond = np.abs(rows - values) - half
            slack = _NEAR * (half + size + np.abs(values))
            claimed = (beyond <= slack) & (~zeros | (size < smallest))
            written = changed & answered
            uncertain: Flags = np.any(written & (np.abs(beyond) <= slack), axis=1)
        explains = claimed & written & wrong
        several, touched = explains.sum(axis=1), (written & wrong).sum(axis=1)
        enough = (several == touched) | ((several > 1) & (2 * several > touched))
        fits = (claimed | ~written | wrong).all(axis=1) & enough
        return explains & fits[:, None], ~uncertain

    @cached_property
    def _arrays(self) -> tuple[Array, Array, Flags, Flags, Flags, Array]:
        """Of each figure: value, places, wrong, answered, a zero alone, and below which numbers a zero is right."""
        answered = [figure.value is not None for figure in self.figures]
        return (
            np.array([float(figure.value or 0) for figure in self.figures]),
            np.array([float(max(-300, min(300, figure.places))) for figure in self.figures]),
            np.array([unit in self.wrong for unit in range(len(self.figures))]),
            np.array(answered),
            np.array([f.value == 0 and not beside for f, beside in zip(self.figures, self.beside, strict=True)]),
            np.array([float(figure.smallest) * (1 + _NEAR) for figure in self.figures]),
        )
