"""The mean loss of a table and its metrics; results of parts of a table can be merged, in any order."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.errors import NnlecError
from nnlec.network.losses import Reduction
from nnlec.shown import in_a_notebook
from nnlec.tables.measures import Measured
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


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
class Evaluation:
    """The mean loss of some rows, None where there is none, their metrics, and both for each group of rows."""

    rows: int
    loss: MeanLoss | None
    measured: Measured
    groups: Mapping[str, Evaluation] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Evaluation of {counted(self.rows, 'row')}>"

    _repr_mimebundle_ = in_a_notebook

    def merge(self, other: Evaluation) -> Evaluation:
        """That of both parts, of which `other` is the later one; raises `NnlecError` for too many groups."""
        loss = self.loss.merge(other.loss) if self.loss is not None and other.loss is not None else None
        groups = dict(self.groups)
        for name, group in other.groups.items():
            groups[name] = groups[name].merge(group) if name in groups else group
        expect_few(groups)
        return Evaluation(self.rows + other.rows, loss, self.measured.merge(other.measured), groups)


GROUPS = 100
"""How many groups of rows are measured at most."""


def expect_few(groups: Collection[str]) -> None:
    """Raises `NnlecError` for more groups than `GROUPS`."""
    if len(groups) > GROUPS:
        hint = "choose a column in which few values differ"
        raise NnlecError(f"more than {GROUPS} groups", where="--by", hint=hint)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
