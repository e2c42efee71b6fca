"""`forward` on a table: the network's outputs as new columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.named import NamedTuple
from nnlec.network.network import Network
from nnlec.tables.columns import InputColumns, input_columns
from nnlec.tables.decisions import applying, expect_separable, ranked
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.plan import Column


class ForwardPlan(NamedTuple):
    """The outputs (or `logits`) of every row; with `predict` the prediction, and a classifier's probability.

    `predict` is how many of the likeliest classes are written, 0 for none. With `exact` every number is the double
    nearest to the exact one.
    """

    network: Network
    inputs: InputColumns
    logits: bool
    predict: int
    exact: bool
    passthrough: tuple[int, ...]
    passthrough_names: tuple[str, ...]

    @property
    def selection(self) -> Selection:
        """The inputs, and what passes through."""
        return Selection(self.inputs.columns, passthrough=self.passthrough)

    @property
    def added(self) -> tuple[str, ...]:
        """The network's output names, and those of the prediction."""
        return self.network.output_names + _prediction_names(self.network, self.predict)

    def compute(self, rows: Rows) -> tuple[Column, ...]:
        """The new columns of a block."""
        inputs = self.inputs.rows(rows.numbers)
        if self.exact:
            from nnlec.tables.exact import forward_columns

            return forward_columns(self.network, inputs, logits=self.logits, predict=self.predict)
        if not self.predict:
            return (self.network.forward(inputs, logits=self.logits),)
        pre_activation, output = self.network.last(inputs)
        scores = self.network.logits_of(pre_activation, output)
        return (pre_activation if self.logits else output, *_predictions(self.network, scores, self.predict))

    def end(self) -> None:
        """Each row was computed by itself: there is nothing to add."""


def plan_forward(
    header: Header,
    network: Network,
    *,
    logits: bool,
    predict: int,
    columns: Sequence[str],
    keep: bool,
    exact: bool = False,
) -> ForwardPlan:
    """The inputs are consumed unless `keep`; every other column passes through."""
    if predict:
        _expect_predictions(network, predict)
    inputs = input_columns(network, header, columns)
    passing = header.passing(() if keep else inputs.columns, inputs.by_column)
    return ForwardPlan(network, inputs, logits, predict, exact, *passing)


def _expect_predictions(network: Network, count: int) -> None:
    if count > 1 and network.kind not in ("multi-class", "binary"):
        raise NnlecError("the likeliest classes are those of a network with probabilities of classes", where="--top-k")
    if count > 1 and count > len(network.class_names):
        raise NnlecError(f"{count} classes, the network has {len(network.class_names)}", where="--top-k")
    if network.kind == "regression" and network.n_out > 1:
        raise NnlecError(f"--predict needs a classifier or one output, the network has {network.n_out}")
    if network.kind == "multi-label":
        expect_separable(network.class_names)


def _prediction_names(network: Network, count: int) -> tuple[str, ...]:
    """prediction, probability, prediction_2, probability_2, ..."""
    pair = ("prediction", "probability") if network.kind in ("multi-class", "binary") else ("prediction",)
    return tuple(name if rank == 1 else f"{name}_{rank}" for rank in range(1, count + 1) for name in pair)


def _predictions(network: Network, logits: Array, count: int) -> tuple[Column, ...]:
    """The prediction: a class and its probability, the labels that apply joined by `;`, or a regressor's output.

    Of a classifier with probabilities, the `count` likeliest classes.
    """
    if network.kind == "regression":
        return (logits,)
    if network.kind == "multi-label":
        names = network.class_names
        return ([";".join(names[i] for i in np.flatnonzero(row)) for row in applying(logits)],)
    predictions, probabilities = network.predictions(logits), network.probabilities(logits)
    assert predictions is not None
    if probabilities is None:
        return (list(predictions),)
    if count == 1:
        return list(predictions), probabilities.max(axis=1, keepdims=True)
    order = ranked(logits)[:, :count]
    names = network.class_names
    found: list[Column] = []
    for classes in order.T:
        found += [[names[i] for i in classes], np.take_along_axis(probabilities, classes[:, None], axis=1)]
    return tuple(found)
