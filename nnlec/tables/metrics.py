"""The mean loss of a table, and the metrics of each kind of network; results of parts of a table can be merged.

All of them are the same for any order and any parts of the rows: counts are whole numbers, sums are exact, and every
mean is rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import finite, two_product
from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.network.losses import Reduction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array, Flags, Indices

    Counts = NDArray[np.int64]


@dataclass(frozen=True)
class MeanLoss:
    """The mean loss of some rows, or the sum; in a mean, rows with class weights count by their weight."""

    loss: str
    reduction: Reduction = "mean"
    losses: ExactSum = field(default_factory=ExactSum)
    weights: ExactSum = field(default_factory=ExactSum)

    @classmethod
    def of(cls, loss: str, reduction: Reduction, losses: Array, weights: Array) -> MeanLoss:
        """That of rows with these losses and weights."""
        return cls(loss, reduction, ExactSum.of(losses), ExactSum.of(weights))

    def merge(self, other: MeanLoss) -> MeanLoss:
        """That of both parts."""
        return MeanLoss(self.loss, self.reduction, self.losses.merge(other.losses), self.weights.merge(other.weights))

    @property
    def rows(self) -> int:
        return self.losses.count

    @property
    def value(self) -> float | None:
        """The mean or the sum; None for the mean of no rows."""
        return _number(self.losses.total() if self.reduction == "sum" else self.losses.over(self.weights))


@dataclass(frozen=True)
class ClassMetrics:
    """Accuracy, precision and recall of a classifier that chooses one class, from its confusion matrix.

    `confusion[i, j]` counts the rows of class i for which class j was predicted.
    """

    classes: tuple[str, ...]
    confusion: Counts

    @classmethod
    def of_nothing(cls, classes: tuple[str, ...]) -> ClassMetrics:
        """Those of no rows."""
        return cls(classes, np.zeros((len(classes), len(classes)), np.int64))

    @classmethod
    def of(cls, classes: tuple[str, ...], target: Indices, predicted: Indices) -> ClassMetrics:
        """Those of rows of these classes, (rows,), and predictions."""
        n = len(classes)
        return cls(classes, np.bincount(target * n + predicted, minlength=n * n).reshape(n, n))

    def merge(self, other: ClassMetrics) -> ClassMetrics:
        """Those of both parts."""
        return ClassMetrics(self.classes, self.confusion + other.confusion)

    @property
    def accuracy(self) -> float | None:
        return _ratio(int(np.trace(self.confusion)), int(self.confusion.sum()))

    @property
    def precision(self) -> list[float | None]:
        return _ratios(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def recall(self) -> list[float | None]:
        return _ratios(np.diag(self.confusion), self.confusion.sum(axis=1))


@dataclass(frozen=True)
class LabelMetrics:
    """Accuracy, precision and recall of a classifier of several labels; a row is right when all its labels are.

    `confusion[i, t, p]` counts the rows to which label i applies (t = 1) or not, and is predicted (p = 1) or not.
    """

    classes: tuple[str, ...]
    rows: int
    right: int
    confusion: Counts

    @classmethod
    def of_nothing(cls, classes: tuple[str, ...]) -> LabelMetrics:
        """Those of no rows."""
        return cls(classes, 0, 0, np.zeros((len(classes), 2, 2), np.int64))

    @classmethod
    def of(cls, classes: tuple[str, ...], target: Flags, predicted: Flags) -> LabelMetrics:
        """Those of rows to which these labels apply, (rows, classes), and for which those are predicted."""
        counts = [
            [((target == applies) & (predicted == found)).sum(axis=0) for found in (False, True)]
            for applies in (False, True)
        ]
        right = int((target == predicted).all(axis=1).sum())
        return cls(classes, len(target), right, np.array(counts, np.int64).transpose(2, 0, 1))

    def merge(self, other: LabelMetrics) -> LabelMetrics:
        """Those of both parts."""
        return LabelMetrics(
            self.classes, self.rows + other.rows, self.right + other.right, self.confusion + other.confusion
        )

    @property
    def accuracy(self) -> float | None:
        return _ratio(self.right, self.rows)

    @property
    def precision(self) -> list[float | None]:
        return _ratios(self.confusion[:, 1, 1], self.confusion[:, :, 1].sum(axis=1))

    @property
    def recall(self) -> list[float | None]:
        return _ratios(self.confusion[:, 1, 1], self.confusion[:, 1, :].sum(axis=1))


@dataclass(frozen=True)
class OutputErrors:
    """Mean squared and absolute error, its root and R^2 of one output.

    The sums: of squared and absolute differences, of the targets and of their squares.
    """

    name: str
    squared: ExactSum = field(default_factory=ExactSum)
    absolute: ExactSum = field(default_factory=ExactSum)
    targets: ExactSum = field(default_factory=ExactSum)
    squares: ExactSum = field(default_factory=ExactSum)

    @classmethod
    def of(cls, name: str, target: Array, predicted: Array) -> OutputErrors:
        """Those of some rows, (rows,)."""
        difference = predicted - target
        square, rest = two_product(target, target)
        squares = ExactSum.of(square)
        squares.add(finite(rest))
        return cls(
            name, ExactSum.of(difference * difference), ExactSum.of(np.abs(difference)), ExactSum.of(target), squares
        )

    def merge(self, other: OutputErrors) -> OutputErrors:
        """Those of both parts."""
        return OutputErrors(
            self.name,
            self.squared.merge(other.squared),
            self.absolute.merge(other.absolute),
            self.targets.merge(other.targets),
            self.squares.merge(other.squares),
        )

    @property
    def mse(self) -> float | None:
        return _number(self.squared.mean())

    @property
    def mae(self) -> float | None:
        return _number(self.absolute.mean())

    @property
    def rmse(self) -> float | None:
        return _number(math.sqrt(self.squared.mean()))

    @property
    def r2(self) -> float | None:
        """1 - residual / total sum of squares, in fractions; None where the targets do not vary."""
        residual, total, squares = self.squared.exact, self.targets.exact, self.squares.exact
        if residual is None or total is None or squares is None or not self.targets.count:
            return None
        variation = squares - total * total / self.targets.count
        if variation <= 0:
            return None
        try:
            return float(1 - residual / variation)
        except OverflowError:
            return -math.inf


@dataclass(frozen=True)
class ErrorMetrics:
    """The errors of each output of a regression, and averaged over the outputs."""

    outputs: tuple[OutputErrors, ...]

    @classmethod
    def of_nothing(cls, names: Sequence[str]) -> ErrorMetrics:
        """Those of no rows."""
        return cls(tuple(map(OutputErrors, names)))

    @classmethod
    def of(cls, names: Sequence[str], target: Array, predicted: Array) -> ErrorMetrics:
        """Those of some rows, (rows, outputs)."""
        columns = zip(names, target.T, predicted.T, strict=True)
        return cls(tuple(OutputErrors.of(name, g, f) for name, g, f in columns))

    def merge(self, other: ErrorMetrics) -> ErrorMetrics:
        """Those of both parts."""
        return ErrorMetrics(tuple(a.merge(b) for a, b in zip(self.outputs, other.outputs, strict=True)))

    @property
    def mse(self) -> float | None:
        return _mean([each.mse for each in self.outputs])

    @property
    def mae(self) -> float | None:
        return _mean([each.mae for each in self.outputs])

    @property
    def rmse(self) -> float | None:
        return _mean([each.rmse for each in self.outputs])

    @property
    def r2(self) -> float | None:
        return _mean([each.r2 for each in self.outputs])


Metrics = ClassMetrics | LabelMetrics | ErrorMetrics


@dataclass(frozen=True)
class Evaluation:
    """The mean loss of some rows, None where there is none, and the metrics of the network's kind."""

    loss: MeanLoss | None
    metrics: Metrics

    def merge(self, other: Evaluation) -> Evaluation:
        """That of both parts, which are of one network."""
        loss = self.loss.merge(other.loss) if self.loss is not None and other.loss is not None else None
        return Evaluation(loss, self.metrics.merge(other.metrics))  # type: ignore[arg-type]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) and values else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ratios(parts: Counts, wholes: Counts) -> list[float | None]:
    return [_ratio(int(part), int(whole)) for part, whole in zip(parts, wholes, strict=True)]
