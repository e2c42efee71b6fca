"""`step` on a table: the gradient of a batch, whose rows may come in any chunks, in one pass and flat memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.errors import NnlecError
from nnlec.network.gradient import BLOCK, Gradients, added, gradients_of
from nnlec.network.losses import Loss
from nnlec.network.meaning import expect_fit
from nnlec.network.network import Network
from nnlec.tables.columns import InputColumns, input_columns
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection
from nnlec.tables.targets import TargetColumns, target_columns, target_of

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.exact_batch import Take

"""What is done with a block of inputs and targets."""


class BatchRows:
    """Rows on their way into blocks of one height: what a block gives does not depend on how the rows were read."""

    def __init__(self, take: Take, inputs: Array, targets: Array) -> None:
        self._take = take
        self._waiting = [(inputs, targets)] if len(inputs) else []
        self.rows = len(inputs)

    def merge(self, other: BatchRows) -> BatchRows:
        """The same with the rows of `other` behind; whole blocks are handed on."""
        self._waiting += other._waiting
        self.rows += other.rows
        if sum(len(inputs) for inputs, _ in self._waiting) >= BLOCK:
            inputs, targets = self._joined()
            whole = len(inputs) - len(inputs) % BLOCK
            for start in range(0, whole, BLOCK):
                self._take(inputs[start : start + BLOCK], targets[start : start + BLOCK])
            self._waiting = [(inputs[whole:], targets[whole:])] if whole < len(inputs) else []
        return self

    def end(self) -> None:
        """Hands the last rows on."""
        if self._waiting:
            self._take(*self._joined())
            self._waiting = []

    def _joined(self) -> tuple[Array, Array]:
        inputs, targets = zip(*self._waiting, strict=True)
        return np.concatenate(inputs), np.concatenate(targets)


@dataclass(frozen=True)
class BatchPlan:
    """Inputs and targets of each row."""

    inputs: InputColumns
    target: TargetColumns
    take: Take

    @property
    def selection(self) -> Selection:
        """Inputs and target."""
        return Selection(self.inputs.columns).and_then(self.target.selection)

    def compute(self, rows: Rows) -> BatchRows:
        """The rows of a block; raises `RowErrors` for targets that cannot be."""
        targets = self.target.read(rows).values
        return BatchRows(self.take, np.ascontiguousarray(self.inputs.rows(rows.numbers)), targets)

    def end(self) -> None:
        """Warns of what all targets show."""
        self.target.end()


def plan_batch(
    header: Header, *, network: Network, loss: Loss, target: Sequence[str], columns: Sequence[str], take: Take
) -> BatchPlan:
    """The inputs are in the columns asked for, else found by name or position, never among the target."""
    expect_fit(loss, network)
    wanted = target_columns(header, target)
    inputs = input_columns(network, header, columns, wanted)
    if set(inputs.columns) & set(wanted):
        raise NnlecError("a column is both input and target", where=header.place)
    return BatchPlan(inputs, target_of(loss, wanted, network.class_names, network.n_out, header.place), take)


class BatchSums(NamedTuple):
    """The gradients of the summed loss of a batch, that sum, the weight that a mean divides by, and how many rows."""

    gradients: Gradients
    loss: float
    weight: float
    rows: int


@dataclass
class GradientSum:
    """The gradients of block after block, added up in their order; without class weights a row weighs 1."""

    network: Network
    loss: Loss
    gradients: Gradients = field(default_factory=list)
    rows: int = 0
    _losses: ExactSum = field(default_factory=ExactSum)
    _weights: ExactSum = field(default_factory=ExactSum)

    def take(self, inputs: Array, targets: Array) -> None:
        """Adds a block."""
        found, losses = gradients_of(self.network, self.loss, inputs, targets)
        self._losses.add(losses)
        if self.loss.weights:
            self._weights.add(self.loss.row_weights(targets))
        self.rows += len(inputs)
        self.gradients = added(self.gradients, found)

    @property
    def sums(self) -> BatchSums:
        weight = self._weights.total() if self.loss.weights else float(self.rows)
        return BatchSums(self.gradients, self._losses.total(), weight, self.rows)
