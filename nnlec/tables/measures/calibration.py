"""Whether probabilities mean what they say, and what another threshold than 1/2 would decide."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from nnlec.arithmetic.tally import Tally
from nnlec.tables.measures.confusion import plain
from nnlec.tables.measures.interface import MeasuredBlock, MetricKind, Settings, one_by_one, ratio

BINS = 10
THRESHOLDS = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True)
class Reliability:
    """In each of ten equal bins of the probability: rows by whether it came true, and the sum of the probabilities.

    Of two classes the probability is that of the second, of more that of the class predicted, of labels that of each.
    A probability on the edge of two bins is in the lower one.
    """

    right: Tally
    confidence: Tally
    nan: bool

    @classmethod
    def of(cls, block: MeasuredBlock, _: Settings) -> Reliability:
        """That of a block."""
        stated, applies, weights = _stated(block)
        usable = ~np.isnan(stated)
        bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], stated[usable])
        weights = None if weights is None else weights[usable]
        groups = bins * 2 + applies[usable]
        return cls(
            Tally.of(groups, 2 * BINS, weights),
            Tally.of(bins, BINS, stated[usable] if weights is None else stated[usable] * weights),
            not usable.all(),
        )

    def merge(self, other: Reliability) -> Reliability:
        """That of both parts."""
        return Reliability(
            self.right.merge(other.right),
            self.confidence.merge(other.confidence),
            self.nan or other.nan,
        )

    def result(self) -> dict[str, Any]:
        """{calibration_error, reliability: [{from, to, rows, probability, frequency}]} of the bins with rows."""
        cells, confidence = self.right.values, self.confidence.values
        right, rows = cells[1::2], [wrong + hits for wrong, hits in zip(cells[::2], cells[1::2], strict=True)]
        gaps = sum((abs(Fraction(a) - Fraction(b)) for a, b in zip(right, confidence, strict=True)), Fraction(0))
        if self.nan:
            return {"calibration_error": None, "reliability": [], "notes": ["no calibration: a probability is NaN"]}
        lines = [
            {
                "from": number / BINS,
                "to": (number + 1) / BINS,
                "rows": plain(count),
                "probability": ratio(Fraction(total), Fraction(count)),
                "frequency": ratio(hits, count),
            }
            for number, (count, hits, total) in enumerate(zip(rows, right, confidence, strict=True))
            if count
        ]
        return {"calibration_error": ratio(gaps, Fraction(sum(rows))), "reliability": lines}


@dataclass(frozen=True)
class Sweep:
    """How often a label or the second class applied, by how many of the thresholds its probability is above."""

    names: tuple[str, ...]
    tally: Tally

    @classmethod
    def of(cls, block: MeasuredBlock, _: Settings) -> Sweep:
        """That of a block of two classes or of labels."""
        names, stated, applies = one_by_one(block, block.probabilities)
        n, steps = stated.shape[1], len(THRESHOLDS) + 1
        passed = np.where(np.isnan(stated), 0, np.searchsorted(THRESHOLDS, stated))
        groups = (np.arange(n) * steps + passed) * 2 + applies
        weights = None if block.weights is None else np.repeat(block.weights, n)
        return cls(names, Tally.of(groups.ravel(), 2 * steps * n, weights))

    def merge(self, other: Sweep) -> Sweep:
        """That of both parts."""
        return Sweep(self.names, self.tally.merge(other.tally))

    def result(self) -> dict[str, Any]:
        """{thresholds: [{class, threshold, precision, recall, f1}]}: predicted where the probability is larger."""
        cells, steps = self.tally.values, len(THRESHOLDS) + 1
        lines = []
        for number, name in enumerate(self.names):
            own = cells[number * 2 * steps : (number + 1) * 2 * steps]
            support = sum(own[1::2])
            for step, threshold in enumerate(THRESHOLDS, start=1):
                hits, found = sum(own[2 * step + 1 :: 2]), sum(own[2 * step :])
                figures = {
                    "precision": ratio(hits, found),
                    "recall": ratio(hits, support),
                    "f1": ratio(2 * hits, found + support),
                }
                lines.append({"class": name, "threshold": threshold, **figures})
        return {"thresholds": lines}


def _stated(block: MeasuredBlock) -> tuple[Any, Any, Any]:
    """(n,): probabilities, whether what they are of was true, and weights."""
    assert block.probabilities is not None
    if block.compared == "labels":
        weights = None if block.weights is None else np.repeat(block.weights, len(block.names))
        return block.probabilities.ravel(), block.target.ravel(), weights
    if len(block.names) == 2:
        return block.probabilities[:, 1], block.target == 1, block.weights
    chosen = block.probabilities[np.arange(len(block.target)), block.predicted]
    return chosen, block.target == block.predicted, block.weights


ROWS = (
    MetricKind(
        "calibration",
        lambda block, _: block.probabilities is not None,
        Reliability.of,
        "expected calibration error and the reliability table, in ten equal bins",
    ),
    MetricKind(
        "thresholds",
        lambda block, settings: (
            settings.sweep and block.probabilities is not None and (block.compared == "labels" or len(block.names) == 2)
        ),
        Sweep.of,
        "precision, recall and F1 by threshold (`--threshold sweep`)",
    ),
)
