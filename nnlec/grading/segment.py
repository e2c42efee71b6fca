"""The steps from one written row of figures to the next, and how numbers may be rounded on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.rounding import Rounding
from nnlec.grading.figures import Figure, rounded
from nnlec.grading.steps import Problem, Step
from nnlec.named import NamedTuple
from nnlec.network.trace import Row

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_TIE = 1e-12
"""A number this near to a tie, of itself, is a tie that floating point missed."""


class CarryRounding(NamedTuple):
    """How rows are rounded on the way: to `places` decimals or `significant` figures; all, or not the inner ones."""

    places: int | None = None
    significant: int | None = None
    inner: bool = True

    def number(self, number: Decimal) -> Decimal:
        if self.significant is not None:
            return Rounding(significant=self.significant).value(number)
        return number if self.places is None else rounded(number, self.places)

    def apply(self, step: Step, row: Row) -> Row:
        return tuple(map(self.number, row)) if self.inner or not step.inner else row

    def forward(self, step: Step, rows: Array) -> Array:
        """The same of rows in floating point."""
        if (self.places is None and self.significant is None) or (step.inner and not self.inner):
            return rows
        with np.errstate(all="ignore"):
            places: Array = np.full(rows.shape, float(self.places or 0))
            if self.significant is not None:
                places = self.significant - 1 - np.floor(np.log10(np.abs(rows)) + _TIE)
            scale = 10.0**places
            shown = np.floor(np.abs(rows) * scale * (1 + _TIE) + 0.5) / scale
        return np.where(np.isfinite(shown), np.copysign(shown, rows), rows)


FULL = CarryRounding()


def carries(figures: Iterable[Figure], finer: int) -> list[CarryRounding]:
    """Rounding to the decimals of some figure or to up to `finer` more, then to the significant figures of one."""
    answered = [figure for figure in figures if figure.value is not None]
    places = sorted({max(0, figure.places) + more for figure in answered for more in range(finer + 1)})
    significant = sorted({figure.significant for figure in answered if figure.significant > 1}) if finer else []
    return [*(CarryRounding(places=n) for n in places), *(CarryRounding(significant=n) for n in significant)]


class Segment(NamedTuple):
    """The steps `problem.steps[start:stop]`, and the figures written after the last of them."""

    problem: Problem
    start: int
    stop: int
    figures: tuple[Figure, ...]

    @property
    def steps(self) -> Sequence[Step]:
        return self.problem.steps[self.start : self.stop]

    def rows(self, row: Row, carry: CarryRounding = FULL) -> list[Row]:
        """The row after each step; each but the last is rounded before it is used."""
        return follow(self.steps, row, carry)

    def end(self, row: Row, carry: CarryRounding = FULL) -> Row:
        """The row that the figures are held against."""
        return self.rows(row, carry)[-1]

    def before_last(self, row: Row) -> Row:
        """The row that goes into the last step."""
        return self.rows(row)[-2] if len(self.steps) > 1 else row

    def carries(self) -> list[CarryRounding]:
        """Rounding to the decimals written, of every row and of whole layers only, where there are rows in between."""
        places = [carry.places for carry in carries(self.figures, finer=0)]
        return [CarryRounding(n, inner=inner) for n in places for inner in self._ways()]

    def coarser(self) -> list[tuple[int, CarryRounding]]:
        """Rounding to fewer decimals than are written, the finest first."""
        claimed = max((figure.places for figure in self.figures if figure.value is not None), default=0)
        counts = reversed(range(min(claimed, 4)))
        return [(n, CarryRounding(n, inner=inner)) for n in counts for inner in self._ways()]

    def _ways(self) -> list[bool]:
        """Whether inner rows are rounded too: only where there are such rows, or others, to round."""
        return sorted({step.inner for step in self.steps[:-1]})


def follow(
    steps: Sequence[Step], row: Row, carry: CarryRounding = FULL, known: Sequence[Row] | None = None
) -> list[Row]:
    """The rows after each step.

    `known` are the rows, the first included, of a computation that differs in few numbers.
    """
    rows: list[Row] = []
    for number, step in enumerate(steps, start=1):
        row = step.follow_again(row, known[number - 1], known[number]) if known else step.follow(row)
        if number < len(steps):
            row = carry.apply(step, row)
        rows.append(row)
    return rows
