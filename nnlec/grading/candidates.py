"""Every row that may rightly stand at a step: computed in full, or rounded on the way in any usual way.

There are thousands, so that they are computed in floating point; one that fits a figure is computed again exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.grading.figures import Figure
from nnlec.grading.operations import LossOf
from nnlec.grading.segment import FULL, CarryRounding, carries
from nnlec.grading.steps import Problem, Step
from nnlec.grading.verdict import Basis
from nnlec.named import NamedTuple
from nnlec.network.trace import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array, Flags, Indices

_FINER = 3
"""Guard digits that are tried one by one; what more of them can change is a slack."""

_MOST_NUMBERS = 60_000
"""Numbers that are kept for a step: rows times figures."""

_MOST_CONFIRMED = 20
_NEAR = 1e-9


class StartingRow(NamedTuple):
    """A row that the next figures may follow from, after so many `steps`."""

    basis: Basis
    row: Row
    steps: int = 0


class Candidates:
    """The rows that may stand after each step, computed when they are asked for and only once.

    `ways` are the roundings that the figures of the whole sheet suggest. A candidate is a source and the ways chosen
    after each step since: its number in `ways`, negative where the student's own wrong figures were put in first.
    """

    def __init__(self, problem: Problem, figures: Sequence[Figure]) -> None:
        self.problem = problem
        self.ways = [FULL, *carries(figures, _FINER)]
        places = max((way.places for way in self.ways if way.places is not None), default=0)
        self._finest = 0.5 * 10.0 ** -float(places + 1)
        self._sources = [StartingRow(Basis.FULL, problem.given)]
        self._own: dict[int, Mapping[int, Decimal]] = {}
        self._at = -1  # arrays are made when a figure is not what the computation in full gives
        self._rows: Array
        self._origins: Indices
        self._choices: Indices
        self._radius: Array

    def _begin(self) -> None:
        self._rows = _floats([self.problem.given])
        self._origins = np.zeros(1, dtype=np.intp)
        self._choices = np.zeros((1, 0), dtype=np.intp)
        self._radius = np.zeros(len(self.problem.given))
        self._at = 0

    def add(self, sources: Sequence[StartingRow], own: Mapping[int, Decimal], index: int) -> None:
        """What else the figures after `index` steps may follow from; `own` are wrong figures that may be carried on."""
        self._sources += sources
        if own:
            self._own[index] = own

    def find(self, index: int, unit: int, figure: Figure, *, beside: bool) -> Basis | None:
        """How the figure follows as the `unit`-th after `index` steps, if it does."""
        self._advance(index)
        assert figure.value is not None
        half = 0.5 * 10.0 ** -float(max(-300, figure.places))
        slack = float(self._radius[unit])
        near = half + slack + _NEAR * (half + abs(float(figure.value)))
        fits: Flags = np.abs(self._rows[:, unit] - float(figure.value)) <= near
        for candidate in np.flatnonzero(fits)[:_MOST_CONFIRMED].tolist():
            if figure.claims(self._exact(candidate)[unit], beside=beside, slack=Decimal(slack)):
                return self._basis(candidate, rounded=bool(self._choices[candidate].any()) or slack > 0)
        return self._with_rounded_terms(figure) if isinstance(self.problem.steps[index - 1].operation, LossOf) else None

    def _with_rounded_terms(self, figure: Figure) -> Basis | None:
        """How the figure follows as a loss whose terms were rounded before they were added up, if it does."""
        off: Array = np.abs(self._rows[:, 0] - float(figure.value or 0))
        for candidate in np.argsort(off, kind="stable")[:_MOST_CONFIRMED].tolist():
            for places in sorted({way.places for way in self.ways if way.places is not None}):
                if figure.claims(self._exact(candidate, places)[0]):
                    return self._basis(candidate, rounded=True)
        return None

    def _basis(self, candidate: int, *, rounded: bool) -> Basis:
        """Why a figure is right that follows from a candidate."""
        basis = self._sources[int(self._origins[candidate])].basis
        return Basis.ROUNDED if basis is Basis.FULL and rounded else basis

    def _advance(self, index: int) -> None:
        if self._at < 0:
            self._begin()
        while self._at < index:
            if self._at:
                self._branch()
            step = self.problem.steps[self._at]
            self._radius = self._radius_after(step)
            self._rows = step.forward(self._rows)
            self._at += 1

    def _branch(self) -> None:
        """Each row as it is and rounded in every way, with the student's own wrong figures and without; new sources."""
        step, own = self.problem.steps[self._at - 1], self._own.get(self._at, {})
        rows, origins, chosen = [], [], []
        for sign in (1, -1) if own else (1,):
            base = self._rows
            if sign < 0:
                base = base.copy()
                base[:, list(own)] = [float(value) for value in own.values()]
            for number, way in enumerate(self.ways, start=1):
                rows.append(way.forward(step, base))
                origins.append(self._origins)
                chosen.append(np.full(len(base), -number if sign < 0 else number - 1))
        choices = np.hstack([np.tile(self._choices, (len(rows), 1)), np.concatenate(chosen)[:, None]])
        added = [number for number, source in enumerate(self._sources) if source.steps == self._at]
        if added:
            rows.append(_floats([self._sources[number].row for number in added]))
            origins.append(np.array(added))
            choices = np.vstack([choices, np.zeros((len(added), choices.shape[1]), dtype=np.intp)])
        self._keep(np.vstack(rows), np.concatenate(origins), choices)

    def _keep(self, rows: Array, origins: Indices, choices: Indices) -> None:
        """Different rows alone; where there are too many, those with the fewest different ways."""
        finite = np.flatnonzero(np.isfinite(rows).all(axis=1))
        rows, origins, choices = rows[finite], origins[finite], choices[finite]
        first = np.sort(np.unique(_hashes(rows), return_index=True)[1])
        most = max(1, _MOST_NUMBERS // rows.shape[1])
        if len(first) > most:
            ordered = np.sort(choices[first], axis=1)
            different = (np.diff(ordered, axis=1) != 0).sum(axis=1)
            first = np.sort(first[np.argsort(different, kind="stable")[:most]])
        self._rows, self._origins, self._choices = rows[first], origins[first], choices[first]

    def _radius_after(self, step: Step) -> Array:
        """By how much numbers after a step may change where those before it are rounded to many digits."""
        if not len(self._rows):
            return np.zeros(len(step.labels))
        radius = self._radius + (self._finest if self._at else 0.0)
        middle = self._rows[:1]
        with np.errstate(invalid="ignore"):
            moved = np.abs(step.forward(middle + np.diag(radius)) - step.forward(middle)).sum(axis=0)
        return np.where(np.isfinite(moved), moved, 0.0)

    def _exact(self, candidate: int, places: int | None = None) -> Row:
        """A candidate's row after the step that was reached last; the terms of a loss rounded to so many decimals."""
        source = self._sources[int(self._origins[candidate])]
        row: Row = source.row
        choices: list[int] = self._choices[candidate].tolist()
        for index in range(source.steps, self._at):
            if index > source.steps:
                row = self._chosen(row, choices[index - 1], index)
            row = self.problem.steps[index].follow(row, places)
        return row

    def _chosen(self, row: Row, choice: int, index: int) -> Row:
        if choice < 0:
            row = tuple(self._own[index].get(unit, number) for unit, number in enumerate(row))
        way: CarryRounding = self.ways[-choice - 1 if choice < 0 else choice]
        return way.apply(self.problem.steps[index - 1], row)


def _floats(rows: Sequence[Row]) -> Array:
    """Rows in floating point, numbers beyond its range infinite."""
    return np.array([[float(number) for number in row] for row in rows])


def _hashes(rows: Array) -> NDArray[np.uint64]:
    """A number for each row, the same for rows of the same bits."""
    factors = np.random.default_rng(0).integers(1, 1 << 63, rows.shape[1], dtype=np.uint64) | np.uint64(1)
    bits: NDArray[np.uint64] = np.ascontiguousarray(rows).view(np.uint64) * factors
    return np.asarray(bits.sum(axis=1, dtype=np.uint64))
