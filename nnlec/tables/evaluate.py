"""`evaluate`: predictions, their loss and the metrics of their kind, in one pass over a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import sigmoid
from nnlec.network.losses import Loss, loss
from nnlec.network.meaning import expect_fit
from nnlec.network.network import Network
from nnlec.tables.columns import InputColumns, input_columns
from nnlec.tables.decisions import applying, class_loss, taken_by
from nnlec.tables.header import Header
from nnlec.tables.loss import RowLosses, row_losses
from nnlec.tables.measures import USUAL, Measured, MeasuredBlock, Settings
from nnlec.tables.metrics import Evaluation, MeanLoss, expect_few
from nnlec.tables.rows import RowError, Rows, Selection, expect_none
from nnlec.tables.targets import TargetColumns, labels_of, target_columns, target_of

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags, Indices

IN_GROUPS = 1 << 14
"""How many different scores or errors are kept of each group of rows."""


class Predictor(Protocol):
    """Where predictions and targets come from."""

    @property
    def selection(self) -> Selection:
        """The columns read: numbers of targets last, numbers between them are passed by; a label is the first text."""

    def measured(self, rows: Rows) -> tuple[MeasuredBlock, RowLosses | None]:
        """The block as metrics see it, and the loss of each row, if there is one; raises `RowErrors`."""

    @property
    def loss(self) -> Loss | None:
        """The loss, if there is one."""

    @property
    def target(self) -> TargetColumns:
        """How the truth is read."""


@dataclass(frozen=True)
class NetworkPredictor:
    """A network's outputs; a decision has no loss unless one is asked for."""

    network: Network
    loss: Loss | None
    inputs: InputColumns
    target: TargetColumns
    threshold: float | None = None

    @property
    def selection(self) -> Selection:
        """Inputs and target."""
        return Selection(self.inputs.columns).and_then(self.target.selection)

    def measured(self, rows: Rows) -> tuple[MeasuredBlock, RowLosses | None]:
        """A forward pass and its comparison with the targets."""
        network = self.network
        targets, inputs = self.target.read(rows), self.inputs.rows(rows.numbers)
        losses = None
        if self.loss is None:
            logits = network.logits(inputs)
        else:
            predicted, logits = taken_by(self.loss, network, inputs)
            losses = row_losses(self.loss, predicted, targets.values)
        if network.kind == "regression":
            return MeasuredBlock("numbers", network.output_names, targets.values, logits), losses
        probabilities = network.probabilities(logits)
        scores = sigmoid(logits) if network.kind == "one-vs-rest" else probabilities
        natural = _natural_losses(network, logits, targets.values, losses, self.loss)
        if network.kind == "multi-label":
            applies = applying(logits, probabilities, self.threshold)
            target = targets.values >= 0.5
            return MeasuredBlock(
                "labels", network.class_names, target, applies, probabilities, logits, scores, natural
            ), losses
        classes = targets.one_class()
        chosen = network.predict_classes(logits)
        if self.threshold is not None:
            chosen = applying(logits, probabilities, self.threshold)[:, -1].astype(np.intp)
        ranks = np.concatenate([-logits, logits], axis=1) if network.n_out == 1 else logits
        if network.kind == "decision":
            return MeasuredBlock("classes", network.class_names, classes, chosen), losses
        return MeasuredBlock(
            "classes", network.class_names, classes, chosen, probabilities, ranks, scores, natural
        ), losses


@dataclass(frozen=True)
class EvaluatePlan:
    """The mean loss and the metrics of predictions, of all rows and of each group; rows may have weights."""

    predictor: Predictor
    settings: Settings = USUAL
    weights: int | None = None
    by: int | None = None

    @property
    def selection(self) -> Selection:
        """What the predictor reads, weights before it among the numbers, groups behind it among the texts."""
        weight = Selection(() if self.weights is None else (self.weights,))
        group = Selection((), () if self.by is None else (self.by,))
        return weight.and_then(self.predictor.selection).and_then(group)

    @property
    def seen(self) -> set[str]:
        """The labels read so far."""
        return labels_of(self.predictor.target)

    def compute(self, rows: Rows) -> Evaluation:
        """The evaluation of a block."""
        return self.computed(rows)[0]

    def computed(self, rows: Rows) -> tuple[Evaluation, MeasuredBlock]:
        """The evaluation of a block, and the block as it was measured."""
        weights = None
        if self.weights is not None:
            weights = _checked(rows.numbers[:, 0], self.weights)
            rows = rows._replace(numbers=np.ascontiguousarray(rows.numbers[:, 1:]))
        block, losses = self.predictor.measured(rows)
        block = block._replace(weights=weights)
        if self.by is None:
            return self._of(block, losses, self.settings), block
        group = rows.texts[-1]
        expect_few(group.values)
        settings = self.settings._replace(different=IN_GROUPS)
        found = {}
        for code, name in enumerate(group.values):
            own = group.codes == code
            lost = None if losses is None else RowLosses(*(each[own] for each in losses))
            found[name] = self._of(_part(block, own), lost, settings)
        whole = self._of(block, losses, self.settings)
        return Evaluation(whole.rows, whole.loss, whole.measured, found), block

    def end(self) -> None:
        """Warns of what all targets show."""
        self.predictor.target.end()

    def _of(self, block: MeasuredBlock, losses: RowLosses | None, settings: Settings) -> Evaluation:
        mean, loss = None, self.predictor.loss
        if losses is not None and loss is not None:
            values, counts = losses
            if block.weights is not None:
                values = np.where(block.weights > 0, values * block.weights, 0.0)
                counts = counts * block.weights
            mean = MeanLoss.of(loss.name, "mean", values, counts)
        return Evaluation(len(block.target), mean, Measured.of(block, settings))


def plan_evaluate(
    header: Header,
    network: Network,
    loss: Loss | None,
    target: Sequence[str],
    *,
    columns: Sequence[str] = (),
    threshold: float | None = None,
    settings: Settings = USUAL,
    weights: str | None = None,
    by: str | None = None,
) -> EvaluatePlan:
    """Raises `NnlecError` for a loss that does not fit the network's outputs."""
    targets = target_columns(header, target)
    beside = beside_of(header, weights, by)
    inputs = input_columns(network, header, columns, (*targets, *(each for each in beside if each is not None)))
    if set(inputs.columns) & set(targets):
        raise NnlecError("a column is both input and target", where=header.place)
    if loss is not None:
        expect_fit(loss, network)
    expect_threshold(threshold, settings, network.kind)
    if network.kind in ("multi-label", "decision", "regression"):
        expect_ranks(settings, f"the kind {network.kind}")
    reading = target_of(loss or class_loss(network), targets, network.class_names, network.n_out, header.place)
    return EvaluatePlan(NetworkPredictor(network, loss, inputs, reading, threshold), settings, *beside)


def beside_of(header: Header, weights: str | None, by: str | None) -> tuple[int | None, int | None]:
    """The columns of weights and of groups."""
    found = (None if name is None else header.find(name) for name in (weights, by))
    return next(found), next(found)


def expect_threshold(threshold: float | None, settings: Settings, kind: str) -> None:
    """Raises `NnlecError` where a threshold is asked for and no probability is compared with one."""
    if (threshold is not None or settings.sweep) and kind not in ("binary", "multi-label"):
        raise NnlecError(f"a threshold is for two classes of one probability, or for labels, not for {kind}")


def expect_ranks(settings: Settings, instead: str) -> None:
    """Raises `NnlecError` where the k likeliest classes are asked for and there are none."""
    if settings.top_k is not None:
        raise NnlecError(f"the likeliest classes are of scores of classes, not of {instead}", where="--top-k")


def _natural_losses(
    network: Network, logits: Array, target: Array, losses: RowLosses | None, measured: Loss | None
) -> Array | None:
    """(rows,): the log loss with natural logarithms, which often is the loss that is measured anyway."""
    if network.kind not in ("multi-class", "binary", "multi-label"):
        return None
    natural = _LOG_LOSS if network.kind == "multi-class" else _BINARY_LOG_LOSS
    if measured == natural and losses is not None:
        return losses.values
    return natural.value(logits, np.where(target > 0, target, 0.0))  # a sign may be -1


_LOG_LOSS, _BINARY_LOG_LOSS = loss("cross-entropy"), loss("binary-cross-entropy")


def _checked(weights: Array, column: int) -> Array:
    """Weights that can be; raises `RowErrors`."""
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    expect_none(wrong, RowError(column, "no weight, expected a number from 0"))
    return np.ascontiguousarray(weights)


def _part(block: MeasuredBlock, own: Flags | Indices) -> MeasuredBlock:
    """Some rows of a block."""
    compared, names, *arrays = block
    return MeasuredBlock(compared, names, *(None if each is None else each[own] for each in arrays))
