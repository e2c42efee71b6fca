"""`stats`: what the layers of a network give for the rows of a table, layer by layer or unit by unit, in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import finite, two_product
from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.network.network import Network
from nnlec.tables.columns import InputColumns, input_columns
from nnlec.tables.header import Header
from nnlec.tables.layers import unit_names
from nnlec.tables.rows import Rows, Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array, Flags
    from nnlec.network.activations import Activation

    Counts = NDArray[np.int64]

_OUTPUTS = 1 << 20
"""Numbers of a layer at a time, so that memory stays flat however wide a layer is."""

_NEAR = 0.01
"""A unit is saturated in a row where its output is this near to a bound, as a share of the range."""


class Moments:
    """Count, mean and standard deviation of numbers, from exact sums: the same for any order of the rows."""

    def __init__(self, total: ExactSum, squares: ExactSum) -> None:
        self._total = total
        self._squares = squares

    @classmethod
    def of(cls, values: Array) -> Moments:
        """Those of every number of an array."""
        square, rest = two_product(values, values)
        squares = ExactSum.of(square)
        squares.add(finite(rest))
        return cls(ExactSum.of(values), squares)

    def merge(self, other: Moments) -> Moments:
        """Those of both parts."""
        return Moments(self._total.merge(other._total), self._squares.merge(other._squares))

    @property
    def count(self) -> int:
        return self._total.count

    @property
    def mean(self) -> float | None:
        """None of no numbers, and of those among which one is not finite."""
        return self._total.mean() if self.count and self._total.exact is not None else None

    @property
    def deviation(self) -> float | None:
        """The square root of the mean squared distance from the mean."""
        total, squares = self._total.exact, self._squares.exact
        if not self.count or total is None or squares is None:
            return None
        return math.sqrt((squares - total * total / self.count) / self.count)


@dataclass(frozen=True)
class LayerStats:
    """The outputs of a layer over some rows.

    Arrays have a number for each unit: its least and largest output, how often it was 0, and how often saturated, that
    is within 1 % of a bound of its activation (None where it has no bounds on both sides). `moments` are of the whole
    layer, or one for each unit.
    """

    name: str
    activation: str
    units: tuple[str, ...]
    rows: int
    least: Array
    largest: Array
    zeros: Counts
    saturated: Counts | None
    moments: tuple[Moments, ...]

    @classmethod
    def of(cls, name: str, activation: Activation, units: tuple[str, ...], output: Array, *, each: bool) -> LayerStats:
        """Those of some rows, (rows, units)."""
        some = np.concatenate([output, np.full((1, output.shape[1]), np.nan)])  # of no rows the least is NaN
        return cls(
            name,
            activation.name,
            units,
            len(output),
            np.fmin.reduce(some, axis=0),
            np.fmax.reduce(some, axis=0),
            np.count_nonzero(output == 0.0, axis=0).astype(np.int64),
            _saturated(activation, output),
            tuple(map(Moments.of, output.T.copy())) if each else (Moments.of(output),),
        )

    def merge(self, other: LayerStats) -> LayerStats:
        """Those of both parts."""
        return replace(
            self,
            rows=self.rows + other.rows,
            least=np.fmin(self.least, other.least),
            largest=np.fmax(self.largest, other.largest),
            zeros=self.zeros + other.zeros,
            saturated=None if self.saturated is None or other.saturated is None else self.saturated + other.saturated,
            moments=tuple(a.merge(b) for a, b in zip(self.moments, other.moments, strict=True)),
        )

    @property
    def dead(self) -> Flags:
        """(units,): whether the unit gave 0 for every row."""
        return np.asarray((self.zeros == self.rows) & (self.rows > 0))

    @property
    def always_saturated(self) -> Flags | None:
        """(units,): whether the unit was saturated in every row."""
        return None if self.saturated is None else np.asarray((self.saturated == self.rows) & (self.rows > 0))


@dataclass(frozen=True)
class Stats:
    """The layers of a network over some rows; `by_unit`: one layer, each of its units."""

    rows: int
    layers: tuple[LayerStats, ...]
    by_unit: bool = False

    def merge(self, other: Stats) -> Stats:
        """That of both parts."""
        layers = tuple(a.merge(b) for a, b in zip(self.layers, other.layers, strict=True))
        return Stats(self.rows + other.rows, layers, self.by_unit)


@dataclass(frozen=True)
class StatsPlan:
    """Every layer as a whole, or the units of one layer (counted from 0)."""

    network: Network
    inputs: InputColumns
    layer: int | None = None

    @property
    def selection(self) -> Selection:
        """The inputs."""
        return Selection(self.inputs.columns)

    def compute(self, rows: Rows) -> Stats:
        """The layers over a block of rows."""
        inputs = self.inputs.rows(rows.numbers)
        height = max(1, _OUTPUTS // max(layer.n_out for layer in self.network.layers))
        parts = [inputs[start : start + height] for start in range(0, max(1, len(inputs)), height)]
        return reduce(Stats.merge, map(self._of, parts))

    def end(self) -> None:
        """Each row was computed by itself: there is nothing to add."""

    def _of(self, inputs: Array) -> Stats:
        trace, each, found = self.network.trace(inputs), self.layer is not None, []
        for number, step in enumerate(trace.layers):
            if self.layer in (None, number):
                units = unit_names(self.network, number)
                found.append(LayerStats.of(step.layer.name, step.layer.activation, units, step.output, each=each))
        return Stats(len(inputs), tuple(found), each)


def plan_stats(header: Header, network: Network, columns: Sequence[str], layer: int | None = None) -> StatsPlan:
    """The inputs are in the columns asked for, else found by name or position."""
    return StatsPlan(network, input_columns(network, header, columns), layer)


def _bounds(activation: Activation) -> tuple[float, float] | None:
    """The least and the largest output of an activation that stays the same far to both sides, as a sigmoid does."""
    if not activation.kind.pointwise or activation.kind.gives == "decision":
        return None
    low, also_low, also_high, high = activation.at_unit(0)(np.array([[-2e4], [-1e4], [1e4], [2e4]])).ravel().tolist()
    return (low, high) if low == also_low < also_high == high < np.inf else None


def _saturated(activation: Activation, output: Array) -> Counts | None:
    bounds = _bounds(activation)
    if bounds is None:
        return None
    low, high = bounds
    margin = _NEAR * (high - low)
    near = (output <= low + margin) | (output >= high - margin)
    return np.asarray(np.count_nonzero(near, axis=0), np.int64)
