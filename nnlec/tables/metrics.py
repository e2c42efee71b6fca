"""Sinks that keep figures, not rows: the mean loss, and the figures of merit of each kind of network.

All of them are the same for any chunking of the rows: counts are whole numbers, and every mean is rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.network.losses import Loss, Reduction
from nnlec.network.losses.entropy import one_class
from nnlec.network.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array
    from nnlec.tables.interface import Column


class MeanLoss:
    """The number of rows and their mean loss, or its sum; in a mean, rows with class weights count by their weight."""

    verbatim = ""

    def __init__(self, measure: Loss, reduction: Reduction = "mean") -> None:
        self._measure = measure
        self._reduction = reduction
        self._loss = ExactSum()
        self._weight = ExactSum()

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """Nothing is written."""

    def kept(self, cells: Sequence[str]) -> str:  # noqa: ARG002
        """Nothing passes through."""
        return ""

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:  # noqa: ARG002
        """Takes a block of losses and weights, (rows, 2), into account."""
        losses = results[0]
        assert isinstance(losses, np.ndarray)
        self._loss.add(losses[:, 0])
        self._weight.add(losses[:, 1])

    def close(self) -> None:
        """Nothing is written."""

    def record(self) -> dict[str, object]:
        """{loss, rows, mean} or {loss, rows, sum}; the mean of no rows is None."""
        reduced = self._loss.total() if self._reduction == "sum" else self._loss.over(self._weight)
        return {"loss": self._measure.name, "rows": self._loss.count, self._reduction: _number(reduced)}


class Evaluation(MeanLoss):
    """The mean loss and the figures of merit of the network's kind."""

    def __init__(self, network: Network, measure: Loss) -> None:
        super().__init__(measure)
        self._merit = _MERITS[network.kind](network)

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:
        """Takes a block of losses, targets and predictions into account."""
        super().write(kept, results, rows)
        _, true, said = results
        assert isinstance(true, np.ndarray)
        assert isinstance(said, np.ndarray)
        self._merit.add(true, said)

    def record(self) -> dict[str, object]:
        """{loss, rows, mean} and the figures of the network's kind; None where a figure has no value."""
        return super().record() | self._merit.record()


class _OneClass:
    """Accuracy, confusion matrix (rows: the truth, columns: the prediction), precision and recall of each class."""

    def __init__(self, network: Network) -> None:
        self._classes = network.class_names
        self._counts = np.zeros((len(self._classes), len(self._classes)), np.int64)

    def add(self, true: Array, said: Array) -> None:
        n = len(self._classes)
        right = true[:, 0].astype(np.intp) if true.shape[1] == 1 else one_class(true)
        if right is None:
            right = true.argmax(axis=1)
        self._counts += np.bincount(right * n + said[:, 0].astype(np.intp), minlength=n * n).reshape(n, n)

    def record(self) -> dict[str, object]:
        hits = np.diag(self._counts)
        return {
            "accuracy": _ratio(int(hits.sum()), int(self._counts.sum())),
            "classes": list(self._classes),
            "confusion": self._counts.tolist(),
            "precision": _ratios(hits, self._counts.sum(axis=0)),
            "recall": _ratios(hits, self._counts.sum(axis=1)),
        }


class _SeveralLabels:
    """A label applies from probability 0.5; a row is right when all its labels are."""

    def __init__(self, network: Network) -> None:
        self._classes = network.class_names
        self._rows = 0
        self._right = 0
        self._counts = np.zeros((len(self._classes), 2, 2), np.int64)

    def add(self, true: Array, said: Array) -> None:
        is_true, is_said = true >= 0.5, said >= 0.5
        self._rows += len(true)
        self._right += int((is_true == is_said).all(axis=1).sum())
        for truth in (0, 1):
            for word in (0, 1):
                self._counts[:, truth, word] += ((is_true == truth) & (is_said == word)).sum(axis=0)

    def record(self) -> dict[str, object]:
        hits = self._counts[:, 1, 1]
        return {
            "accuracy": _ratio(self._right, self._rows),
            "classes": list(self._classes),
            "confusion": self._counts.tolist(),
            "precision": _ratios(hits, self._counts[:, :, 1].sum(axis=1)),
            "recall": _ratios(hits, self._counts[:, 1, :].sum(axis=1)),
        }


class _Errors:
    """Mean squared and absolute error, its root, and R^2, for each output and averaged over the outputs."""

    def __init__(self, network: Network) -> None:
        self._names = network.output_names
        self._origin: Array | None = None
        self._sums = [[ExactSum() for _ in range(4)] for _ in self._names]

    def add(self, true: Array, said: Array) -> None:
        if self._origin is None and len(true):
            self._origin = true[0].copy()  # near the values, so that their squares lose nothing
        difference = said - true
        for output, (squared, absolute, moment, second) in enumerate(self._sums):
            wrong = difference[:, output]
            about = true[:, output] - (self._origin[output] if self._origin is not None else 0.0)
            squared.add(wrong * wrong)
            absolute.add(np.abs(wrong))
            moment.add(about)
            second.add(about * about)

    def record(self) -> dict[str, object]:
        each = [self._figures(*sums) for sums in self._sums]
        averaged = {key: _mean([figures[key] for figures in each]) for key in ("mse", "mae", "rmse", "r2")}
        return {
            **averaged,
            "outputs": [{"name": name, **figures} for name, figures in zip(self._names, each, strict=True)],
        }

    def _figures(
        self, squared: ExactSum, absolute: ExactSum, moment: ExactSum, second: ExactSum
    ) -> dict[str, float | None]:
        mse = squared.mean()
        return {
            "mse": _number(mse),
            "mae": _number(absolute.mean()),
            "rmse": _number(math.sqrt(mse)),
            "r2": _explained(squared, moment, second),
        }


def _explained(squared: ExactSum, moment: ExactSum, second: ExactSum) -> float | None:
    """1 - residual / total sum of squares, in fractions; None where the truth does not vary."""
    residual, first, about = squared.exact, moment.exact, second.exact
    if residual is None or first is None or about is None or not squared.count:
        return None
    total = about - first * first / squared.count
    return float(1 - residual / total) if total > 0 else None


_MERITS: dict[str, type[_OneClass] | type[_SeveralLabels] | type[_Errors]] = {
    "multi-class": _OneClass,
    "binary": _OneClass,
    "multi-label": _SeveralLabels,
    "regression": _Errors,
}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) and values else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ratios(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> list[float | None]:
    return [_ratio(int(part), int(whole)) for part, whole in zip(parts, wholes, strict=True)]
