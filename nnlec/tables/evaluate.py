"""`evaluate`: forward pass, loss and the figures of merit of the network's kind, in one pass over a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import sigmoid
from nnlec.network.losses import Loss, loss
from nnlec.network.network import Network
from nnlec.network.parameters import ParameterValue
from nnlec.tables.columns import input_columns
from nnlec.tables.forward import inputs_of
from nnlec.tables.interface import Layout, Plan, Planner
from nnlec.tables.loss import losses_of
from nnlec.tables.targets import target_columns, truth_of

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.categories import Categories
    from nnlec.tables.interface import Column

_LOSS_OF_KIND = {
    "multi-class": "cross-entropy",
    "binary": "binary-cross-entropy",
    "multi-label": "binary-cross-entropy",
    "regression": "mean-squared-error",
}


def default_loss(network: Network) -> str:
    """The loss a network is measured by: its own, else that of its kind."""
    return network.loss or _LOSS_OF_KIND[network.kind]


def evaluate_planner(network: Network, measure: Loss, target: Sequence[str], columns: Sequence[str] = ()) -> Planner:
    """For a figure of merit's sink: each row's loss, its target, and what the network says of it."""

    def plan(layout: Layout) -> Plan:
        truth_columns = target_columns(layout, target)
        taken = input_columns(network, layout, columns, truth_columns)
        if set(taken) & set(truth_columns):
            raise NnlecError("a column is both input and target", where=layout.place)
        inputs = inputs_of(network, taken)
        truth = truth_of(measure, truth_columns, network.class_names, network.n_out, layout.place)
        logits_say_all = measure.kind.takes == "logits" and network.kind != "regression"

        def compute(numbers: Array, texts: tuple[Categories, ...]) -> tuple[Column, ...]:
            true = truth.read(numbers[:, len(taken) :], texts)
            rows = inputs(np.ascontiguousarray(numbers[:, : len(taken)]))
            logits, output = (network.logits(rows),) * 2 if logits_say_all else network.scores(rows)
            lost = losses_of(measure, logits if measure.kind.takes == "logits" else output, true)
            return lost, true, said_of(network, logits, output)

        return Plan((*taken, *truth.numbers), (), (), compute, truth.texts)

    return plan


def said_of(network: Network, logits: Array, output: Array) -> Array:
    """What a figure of merit compares with the target: the class, as (rows, 1), or probabilities, or the output."""
    match network.kind:
        case "multi-class" | "binary":
            return network.predict_classes(logits).astype(np.float64)[:, np.newaxis]
        case "multi-label":
            return sigmoid(logits)
        case _:
            return output


def measure_of(network: Network, name: str | None, options: Mapping[str, ParameterValue]) -> Loss:
    """The loss asked for, else the network's own, else that of its kind."""
    return loss(name or default_loss(network), options)
