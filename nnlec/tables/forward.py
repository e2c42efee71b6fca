"""`forward` on a table: the network's outputs as new columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.network import Network
from nnlec.tables.columns import input_columns
from nnlec.tables.interface import BadRows, Layout, Plan, Planner, Problem

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.interface import Column


def forward_planner(
    network: Network, *, logits: bool = False, predict: bool = False, columns: Sequence[str] = (), keep: bool = False
) -> Planner:
    """Outputs (or `logits`) under the network's names; with `predict` the prediction, and a classifier's probability.

    The inputs are consumed unless `keep`; every other column passes through.
    """
    if predict and network.kind == "regression" and network.n_out > 1:
        raise NnlecError(f"--predict needs a classifier or one output, the network has {network.n_out}")
    predicted = _predictions(network) if predict else ()

    def plan(layout: Layout) -> Plan:
        taken = input_columns(network, layout, columns)
        inputs = inputs_of(network, taken)

        def compute(numbers: Array, _: object) -> tuple[Column, ...]:
            rows = inputs(numbers)
            if not predict:
                return (network.forward(rows, logits=logits),)
            pre_activation, output = network.last(rows)
            scores = network.logits_of(pre_activation, output)
            return (pre_activation if logits else output, *_predicted(network, scores))

        kept = tuple(range(layout.width)) if keep else layout.without(taken)
        names = network.input_names if len(taken) == network.n_in else ("1", *network.input_names)
        return Plan(taken, kept, (*network.output_names, *predicted), compute, titles=names)

    return plan


def inputs_of(network: Network, columns: tuple[int, ...]) -> Callable[[Array], Array]:
    """From the numbers of the input columns to rows as the network takes them: a leading 1 is checked and taken off."""
    if len(columns) == network.n_in:
        return lambda numbers: numbers

    def without_leading_one(numbers: Array) -> Array:
        wrong = np.flatnonzero(numbers[:, 0] != 1.0)
        if wrong.size:
            raise BadRows(
                {
                    int(row): Problem(
                        columns[0],
                        f"{float(numbers[row, 0])!r}, expected the leading 1 that meets the bias",
                        f"give 1 and {network.n_in} inputs, or the {network.n_in} inputs alone",
                    )
                    for row in wrong
                }
            )
        return np.ascontiguousarray(numbers[:, 1:])

    return without_leading_one


def _predictions(network: Network) -> tuple[str, ...]:
    return ("prediction", "probability") if network.kind in ("multi-class", "binary") else ("prediction",)


def _predicted(network: Network, logits: Array) -> tuple[Column, ...]:
    """The prediction: a class and its probability, the labels that apply joined by `;`, or a regressor's output."""
    probabilities = network.probabilities(logits)
    if probabilities is None:
        return (logits,)
    if network.kind == "multi-label":
        names = network.class_names
        return ([";".join(names[i] for i in np.flatnonzero(row >= 0.5)) for row in probabilities],)
    best = network.predictions(logits)
    assert best is not None
    return list(best), probabilities.max(axis=1, keepdims=True)
