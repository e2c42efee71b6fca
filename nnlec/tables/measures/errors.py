"""The errors of numbers: of each output, and their means over the outputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from nnlec.arithmetic.compensated import finite, two_product
from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.tables.measures.interface import MeasuredBlock, MetricKind, Settings
from nnlec.tables.measures.sample import CUT_TO, Sample


class Sums(NamedTuple):
    """Of one output: weighted sums of squared and absolute errors, of targets and their squares; and the largest error.

    The row of the largest error counts from 0 in the part; of equal ones it is the first. None where a sum is not
    asked for: the median has no weights.
    """

    squared: ExactSum
    absolute: ExactSum
    targets: ExactSum
    squares: ExactSum
    errors: Sample | None
    largest: float
    row: int


@dataclass(frozen=True)
class Errors:
    """The sums of each output, and the rows and weights of all."""

    outputs: tuple[str, ...]
    sums: tuple[Sums, ...]
    weights: ExactSum
    rows: int

    @classmethod
    def of(cls, block: MeasuredBlock, settings: Settings) -> Errors:
        """Those of a block of numbers."""
        limit = max(settings.different // max(len(block.names), 1), 1024)
        columns = zip(block.target.T, block.predicted.T, strict=True)
        sums = tuple(_sums(g, f, block.weights, limit) for g, f in columns)
        rows = len(block.target)
        return cls(block.names, sums, ExactSum.of(np.ones(rows) if block.weights is None else block.weights), rows)

    def merge(self, other: Errors) -> Errors:
        """That of both parts, of which `other` is the later one."""
        sums = tuple(_merged(a, b, self.rows) for a, b in zip(self.sums, other.sums, strict=True))
        return Errors(self.outputs, sums, self.weights.merge(other.weights), self.rows + other.rows)

    def result(self) -> dict[str, Any]:
        """{mse, mae, rmse, r2, median_error, largest_error, largest_row, outputs, notes}; rows count from 1."""
        outputs = [self._output(each) for each in self.sums]
        means = {name: _mean([each[name] for each in outputs]) for name in ("mse", "mae", "rmse", "r2", "median_error")}
        known = [each for each in outputs if each["largest_error"] is not None]
        worst = max(known, key=lambda each: (each["largest_error"], -each["largest_row"]), default=None)
        largest = {key: worst[key] if worst else None for key in ("largest_error", "largest_row")}
        still = [name for name, each in zip(self.outputs, outputs, strict=True) if each["r2"] is None]
        notes = [f"no R2 of {', '.join(still[:8])}: the targets do not vary"] if still and self.rows else []
        if any(each.errors is None for each in self.sums):
            notes.append("no median with weights")
        elif any(each.errors is not None and each.errors.distribution().cut for each in self.sums):
            notes.append(f"a median is short by up to {CUT_TO:.1g} of itself: there are too many different errors")
        named = [{"name": name, **each} for name, each in zip(self.outputs, outputs, strict=True)]
        return {**means, **largest, "outputs": named, "notes": notes}

    def _output(self, sums: Sums) -> dict[str, Any]:
        mse = sums.squared.over(self.weights)
        found = {"mse": mse, "mae": sums.absolute.over(self.weights), "rmse": math.sqrt(mse)}
        return {
            **{name: None if math.isnan(value) else value for name, value in found.items()},
            "r2": self._r2(sums),
            "median_error": _median(sums.errors),
            "largest_error": None if sums.row < 0 or math.isnan(sums.largest) else sums.largest,
            "largest_row": None if sums.row < 0 else sums.row + 1,
        }

    def _r2(self, sums: Sums) -> float | None:
        """1 - residual / total sum of squares, in fractions; None where the targets do not vary."""
        residual, total, squares = sums.squared.exact, sums.targets.exact, sums.squares.exact
        weights = self.weights.exact
        if residual is None or total is None or squares is None or not weights:
            return None
        variation = squares - total * total / weights
        if variation <= 0:
            return None
        try:
            return float(1 - residual / variation)
        except OverflowError:
            return -math.inf


def _sums(target: Any, predicted: Any, weights: Any, limit: int) -> Sums:
    difference = np.abs(predicted - target)
    squared, absolute, targets = difference * difference, difference, target
    square, rest = two_product(target, target)
    errors: Sample | None = None
    if weights is None:
        squares = ExactSum.of(square)
        squares.add(finite(rest))
        known = difference[~np.isnan(difference)]
        errors = Sample.of(known, None, limit, mirrored=False)
    else:
        counted = weights > 0
        squared, absolute = (np.where(counted, each * weights, 0.0) for each in (squared, difference))
        targets, more = two_product(target, weights)
        targets = np.concatenate([targets, finite(more)])
        weighed, lost = two_product(square, weights)
        squares = ExactSum.of(np.concatenate([weighed, finite(lost), finite(rest) * weights]))
        difference = np.where(counted, difference, -1.0)
    row = int(difference.argmax()) if difference.size else -1  # a NaN is the largest
    largest = float(difference[row]) if difference.size else -1.0
    row = -1 if largest < 0 else row
    return Sums(ExactSum.of(squared), ExactSum.of(absolute), ExactSum.of(targets), squares, errors, largest, row)


def _merged(first: Sums, second: Sums, rows: int) -> Sums:
    later = second.row >= 0 and not math.isnan(first.largest) and not second.largest <= first.largest
    errors = first.errors.merge(second.errors) if first.errors is not None and second.errors is not None else None
    return Sums(
        first.squared.merge(second.squared),
        first.absolute.merge(second.absolute),
        first.targets.merge(second.targets),
        first.squares.merge(second.squares),
        errors,
        second.largest if later else first.largest,
        second.row + rows if later else first.row,
    )


def _median(errors: Sample | None) -> float | None:
    """The middle one, or the mean of both middle ones."""
    if errors is None:
        return None
    ordered = errors.distribution()
    ends = np.cumsum(ordered.counts[:, 0])
    if not ends.size:
        return None
    count = int(ends[-1])
    places = np.searchsorted(ends, [(count - 1) // 2, count // 2], side="right")
    low, high = ordered.values[places].tolist()
    return low if low == high else float((Fraction(low) + Fraction(high)) / 2) if math.isfinite(high) else high


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) and values else None


ROWS = (
    MetricKind(
        "errors",
        lambda block, _: block.compared == "numbers",
        Errors.of,
        "MSE, RMSE, MAE, median and largest error with its row, R2, by output and over all",
    ),
)
