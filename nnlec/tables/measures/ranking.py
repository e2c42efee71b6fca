"""ROC AUC and average precision: of two classes for the second, of more for each class against the rest.

Exact up to a number of different scores; beyond it scores are cut (`sample`), and the error bound is worked out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.tables.measures.interface import MeasuredBlock, MetricKind, Settings, listed, mean, one_by_one
from nnlec.tables.measures.sample import Distribution, Sample

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags

_NO_NUMBER = "no ROC AUC and average precision: a score is NaN"
_TOO_MANY = "no ROC AUC and average precision of more than {:,} scores with weights"


@dataclass(frozen=True)
class Ranking:
    """The scores of each curve, of rows of the class and of the others."""

    classes: tuple[str, ...]
    curves: tuple[Sample, ...]
    nan: bool

    @classmethod
    def of(cls, block: MeasuredBlock, settings: Settings) -> Ranking:
        """That of a block without weights."""
        names, scores, applies = one_by_one(block, block.scores)
        usable = ~np.isnan(scores).any(axis=1)
        limit = max(settings.different // max(scores.shape[1], 1), 1024)
        curves = (
            Sample.of(score[usable], flag[usable], limit, mirrored=True)
            for score, flag in zip(scores.T, applies.T, strict=True)
        )
        return cls(names, tuple(curves), not usable.all())

    def merge(self, other: Ranking) -> Ranking:
        """That of both parts."""
        curves = (mine.merge(theirs) for mine, theirs in zip(self.curves, other.curves, strict=True))
        return Ranking(self.classes, tuple(curves), self.nan or other.nan)

    def result(self) -> dict[str, Any]:
        """{roc_auc, average_precision, by_class, notes}, with error bounds where scores were cut."""
        if self.nan:
            return _missing(_NO_NUMBER)
        return _of_curves(self.classes, [_curve(sample.distribution()) for sample in self.curves])


@dataclass(frozen=True)
class WeightedRanking:
    """Scores, whether the class applies, and weights, row by row: of no more numbers than `most`."""

    classes: tuple[str, ...]
    parts: tuple[tuple[Array, Flags, Array], ...]
    rows: int
    nan: bool
    most: int

    @classmethod
    def of(cls, block: MeasuredBlock, settings: Settings) -> WeightedRanking:
        """That of a block with weights."""
        assert block.weights is not None
        names, scores, applies = one_by_one(block, block.scores)
        nan = bool(np.isnan(scores).any())
        return cls(names, ((scores, applies, block.weights),), len(scores), nan, settings.different)._bounded()

    def merge(self, other: WeightedRanking) -> WeightedRanking:
        """That of both parts."""
        rows, nan = self.rows + other.rows, self.nan or other.nan
        return WeightedRanking(self.classes, (*self.parts, *other.parts), rows, nan, self.most)._bounded()

    def result(self) -> dict[str, Any]:
        """The same as of rows without weights."""
        if self.nan or self._too_many:
            return _missing(_NO_NUMBER if self.nan else _TOO_MANY.format(self.most))
        scores, applies, weights = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        curves = zip(scores.T, applies.T, strict=True)
        return _of_curves(self.classes, [_weighted_curve(score, flag, weights) for score, flag in curves])

    @property
    def _too_many(self) -> bool:
        return self.rows * len(self.classes) > self.most

    def _bounded(self) -> WeightedRanking:
        return replace(self, parts=()) if self.nan or self._too_many else self


class RankingAreas(NamedTuple):
    """ROC AUC and average precision of one class, and how far each may be from that of the uncut scores."""

    roc_auc: float | None
    average_precision: float | None
    roc_auc_error: float = 0.0
    average_precision_error: float = 0.0
    roc: tuple[tuple[float, float], ...] = ()
    """False and true positive rate at each of some thresholds."""


def _curve(sample: Distribution) -> RankingAreas:
    """The areas under the curves; equal scores are one threshold, and a pair of them counts half."""
    counts = sample.counts[::-1]  # from the largest score
    rest, own = counts[:, 0], counts[:, 1]
    hits, alarms = np.cumsum(own), np.cumsum(rest)
    positive, negative = int(own.sum()), int(rest.sum())
    if not positive:
        return RankingAreas(None, None)
    precision = _precision(own, hits, hits + alarms, positive)
    if not negative:
        return RankingAreas(None, precision)
    halves = int((own * (2 * (negative - alarms) + rest)).sum())
    area = halves / (2 * positive * negative)
    roc = _some_points(alarms / negative, hits / positive)
    if not sample.cut:
        return RankingAreas(area, precision, roc=roc)
    tied = int((own * rest).sum()) / (2 * positive * negative)
    best = _precision(own, hits, hits + alarms - rest, positive)
    worst = _precision(own, hits - own + 1, hits - own + 1 + alarms, positive)
    return RankingAreas(area, precision, tied, max(best - precision, precision - worst), roc)


def _precision(own: Any, hits: Any, found: Any, positive: int) -> float:
    some = own > 0
    return math.fsum((own[some] / positive * (hits[some] / found[some])).tolist())


def _weighted_curve(score: Array, applies: Flags, weights: Array) -> RankingAreas:
    """The same of sums of weights, added up in an order that does not depend on that of the rows."""
    order = np.lexsort((weights, applies, score))[::-1]
    score, own = score[order], np.where(applies, weights, 0.0)[order]
    rest = weights[order] - own
    last = np.flatnonzero(np.concatenate([score[1:] != score[:-1], [True]])) if score.size else np.empty(0, np.intp)
    hits, alarms = np.cumsum(own)[last], np.cumsum(rest)[last]
    if not hits.size or hits[-1] <= 0:
        return RankingAreas(None, None)
    positive, negative = float(hits[-1]), float(alarms[-1])
    steps, sides = np.diff(hits, prepend=0.0), np.diff(alarms, prepend=0.0)
    some = steps > 0
    precision = math.fsum((steps[some] / positive * (hits[some] / (hits + alarms)[some])).tolist())
    if negative <= 0:
        return RankingAreas(None, precision)
    area = math.fsum((steps * (negative - alarms + 0.5 * sides)).tolist())
    return RankingAreas(area / positive / negative, precision, roc=_some_points(alarms / negative, hits / positive))


_POINTS = 200


def _some_points(alarms: Array, hits: Array) -> tuple[tuple[float, float], ...]:
    """Points of the curve from (0, 0) to (1, 1): those where it turns, and of many the nearest to even steps."""
    x, y = np.concatenate([[0.0], alarms]), np.concatenate([[0.0], hits])
    turns = np.ones(len(x), bool)
    turns[1:-1] = (x[1:-1] - x[:-2]) * (y[2:] - y[1:-1]) != (y[1:-1] - y[:-2]) * (x[2:] - x[1:-1])
    x, y = x[turns], y[turns]
    if len(x) > _POINTS:
        steps = np.searchsorted(x + y, np.linspace(0.0, 2.0, _POINTS)).clip(0, len(x) - 1)
        steps = np.unique(np.concatenate([[0], steps, [len(x) - 1]]))
        x, y = x[steps], y[steps]
    return tuple(zip(x.tolist(), y.tolist(), strict=True))


def _of_curves(classes: tuple[str, ...], curves: list[RankingAreas]) -> dict[str, Any]:
    """One class's figures as they are, the mean over several."""
    aucs, precisions = [each.roc_auc for each in curves], [each.average_precision for each in curves]
    found: dict[str, Any] = {"roc_auc": mean(aucs), "average_precision": mean(precisions)}
    if len(classes) == 1:
        found["roc"] = [list(point) for point in curves[0].roc]
    else:
        found["by_class"] = {"roc_auc": aucs, "average_precision": precisions}
    errors = [each.roc_auc_error for each in curves], [each.average_precision_error for each in curves]
    bounds = [float(sum(map(Fraction, each)) / max(len(each), 1)) for each in errors]
    if any(bounds):
        found |= {"roc_auc_error": bounds[0], "average_precision_error": bounds[1]}
    missing = [name for name, each in zip(classes, curves, strict=True) if each.roc_auc is None]
    return found | {"notes": [f"no ROC AUC of {listed(missing)}: all rows are of it, or none is"] if missing else []}


def _missing(note: str) -> dict[str, Any]:
    return {"roc_auc": None, "average_precision": None, "notes": [note]}


def _measure(block: MeasuredBlock, settings: Settings) -> Ranking | WeightedRanking:
    return (Ranking if block.weights is None else WeightedRanking).of(block, settings)


ROWS = (
    MetricKind(
        "ranking",
        lambda block, _: block.scores is not None,
        _measure,
        "ROC AUC, average precision, of more than two classes each against the rest and their mean",
    ),
)
