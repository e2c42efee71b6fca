"""`evaluate`: forward pass, loss and the metrics of the network's kind, in one pass over a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.tables.columns import InputColumns, input_columns
from nnlec.tables.decisions import applying, class_loss, decided, expect_fit, taken_by
from nnlec.tables.header import Header
from nnlec.tables.loss import row_losses
from nnlec.tables.metrics import ClassMetrics, ErrorMetrics, Evaluation, LabelMetrics, MeanLoss
from nnlec.tables.rows import Rows, Selection
from nnlec.tables.targets import TargetColumns, Targets, target_columns, target_of

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.metrics import Metrics


@dataclass(frozen=True)
class EvaluatePlan:
    """The mean loss of a network, and the metrics of its kind; a decision has no loss unless one is asked for."""

    network: Network
    loss: Loss | None
    inputs: InputColumns
    target: TargetColumns

    @property
    def selection(self) -> Selection:
        """Inputs and target."""
        return Selection(self.inputs.columns).and_then(self.target.selection)

    def compute(self, rows: Rows) -> Evaluation:
        """The evaluation of a block."""
        targets, inputs = self.target.read(rows), self.inputs.rows(rows.numbers)
        if self.loss is None:
            return Evaluation(None, _metrics(self.network, targets, self.network.logits(inputs)))
        predicted, logits = taken_by(self.loss, self.network, inputs)
        losses = row_losses(self.loss, predicted, targets.values)
        return Evaluation(
            MeanLoss.of(self.loss.name, "mean", losses.values, losses.weights), _metrics(self.network, targets, logits)
        )

    def end(self) -> None:
        """Warns of what all targets show."""
        self.target.end()


def plan_evaluate(
    header: Header, network: Network, loss: Loss | None, target: Sequence[str], *, columns: Sequence[str] = ()
) -> EvaluatePlan:
    """Raises `NnlecError` for a loss that does not fit the network's outputs."""
    targets = target_columns(header, target)
    inputs = input_columns(network, header, columns, targets)
    if set(inputs.columns) & set(targets):
        raise NnlecError("a column is both input and target", where=header.place)
    if loss is not None:
        expect_fit(loss, network)
    reading = target_of(loss or class_loss(network), targets, network.class_names, network.n_out, header.place)
    return EvaluatePlan(network, loss, inputs, reading)


def _metrics(network: Network, targets: Targets, logits: Array) -> Metrics:
    """The metrics of a block: `logits` of a classifier, outputs of a regressor."""
    match network.kind:
        case "multi-class" | "one-vs-rest" | "binary" | "decision":
            return ClassMetrics.of(network.class_names, targets.one_class(), decided(network, logits))
        case "multi-label":
            return LabelMetrics.of(network.class_names, targets.values >= 0.5, applying(logits))
        case _:
            return ErrorMetrics.of(network.output_names, targets.values, logits)
