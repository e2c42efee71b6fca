"""How good probabilities are: log loss, Brier score, and whether the right class is among the k largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlec.arithmetic.compensated import plain_row_sum
from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.arithmetic.tally import Tally
from nnlec.tables.measures.interface import MeasuredBlock, MetricKind, Settings, ratio


@dataclass(frozen=True)
class Proper:
    """Sums over rows of -log P(truth), of squared differences of probabilities, and of weights."""

    log_loss: ExactSum
    brier: ExactSum
    weights: ExactSum

    @classmethod
    def of(cls, block: MeasuredBlock, _: Settings) -> Proper:
        """Those of a block; of labels each row's mean over the labels.

        The squares of several classes are added up, from 0 to 2; of two classes the one of the second counts.
        """
        assert block.probabilities is not None
        assert block.log_loss is not None
        rows = len(block.probabilities)
        if block.compared == "labels":
            squares = plain_row_sum((block.probabilities - block.target) ** 2)[:, 0] / len(block.names)
        elif len(block.names) == 2:
            squares = (block.probabilities[:, 1] - block.target) ** 2
        else:
            difference = block.probabilities.copy()
            difference[np.arange(rows), block.target] -= 1.0
            squares = plain_row_sum(difference * difference)[:, 0]
        if block.weights is None:
            return cls(ExactSum.of(block.log_loss), ExactSum.of(squares), ExactSum.of(np.ones(rows)))
        weights = block.weights
        counted = weights > 0
        losses, squares = (np.where(counted, each * weights, 0.0) for each in (block.log_loss, squares))
        return cls(ExactSum.of(losses), ExactSum.of(squares), ExactSum.of(weights))

    def merge(self, other: Proper) -> Proper:
        """Those of both parts."""
        log_loss, brier = self.log_loss.merge(other.log_loss), self.brier.merge(other.brier)
        return Proper(log_loss, brier, self.weights.merge(other.weights))

    def result(self) -> dict[str, Any]:
        """{log_loss, brier}: the log loss is infinite where a truth had no probability at all."""
        found = {"log_loss": self.log_loss.over(self.weights), "brier": self.brier.over(self.weights)}
        return {name: None if np.isnan(value) else value for name, value in found.items()}


@dataclass(frozen=True)
class TopK:
    """How many rows had their class among the k largest scores; of equal scores the first class is the larger."""

    k: int
    tally: Tally

    @classmethod
    def of(cls, block: MeasuredBlock, settings: Settings) -> TopK:
        """That of a block."""
        assert block.logits is not None
        k = settings.top_k or 1
        own = block.logits[np.arange(len(block.target)), block.target].reshape(-1, 1)
        before = np.arange(len(block.names)) < block.target.reshape(-1, 1)
        larger = (block.logits > own) | ((block.logits == own) & before)
        right = (larger.sum(axis=1) < k) & ~np.isnan(own[:, 0])
        return cls(k, Tally.of(right.astype(np.intp), 2, block.weights))

    def merge(self, other: TopK) -> TopK:
        """That of both parts."""
        return TopK(self.k, self.tally.merge(other.tally))

    def result(self) -> dict[str, Any]:
        """{top_k, top_k_accuracy}."""
        wrong, right = self.tally.values
        return {"top_k": self.k, "top_k_accuracy": ratio(right, wrong + right)}


ROWS = (
    MetricKind(
        "probabilities",
        lambda block, _: block.probabilities is not None and block.log_loss is not None,
        Proper.of,
        "log loss (natural logarithm), Brier score",
    ),
    MetricKind(
        "top-k",
        lambda block, settings: settings.top_k is not None and block.logits is not None and block.compared == "classes",
        TopK.of,
        "top-k accuracy (`--top-k K`)",
    ),
)
