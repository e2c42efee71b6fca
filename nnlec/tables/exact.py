"""Rows computed exactly, each result rounded once to the nearest double: what `--exact` asks for, more slowly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.numbers import decimal_of, nearest_double, nearest_float32
from nnlec.network.activations import exact_softmax
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.network.trace import ExactTrace, exact_trace

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.plan import Column


def forward_columns(network: Network, inputs: Array, *, logits: bool, predict: int) -> tuple[Column, ...]:
    """The outputs of every row, or the last pre-activation; the `predict` likeliest classes and probabilities."""
    traces = [exact_trace(network, row) for row in inputs.tolist()]
    outputs = _of_layer(traces, network, len(network.layers) - 1, pre_activations=logits)
    if not predict:
        return (outputs,)
    if network.kind == "regression":
        return outputs, outputs
    if network.kind == "multi-label":
        names = network.class_names
        return outputs, [";".join(compress(names, (f > 0 for f in trace.logits))) for trace in traces]
    probabilities = [trace.probabilities or () for trace in traces]
    predictions = [trace.prediction or "" for trace in traces]
    if not all(probabilities):
        return outputs, predictions
    if predict == 1:
        return outputs, predictions, _doubles(max(row) for row in probabilities)
    orders = [_ranked(trace.logits)[:predict] for trace in traces]
    found: list[Column] = [outputs]
    for rank in range(predict):
        found.append([network.class_names[order[rank]] for order in orders])
        found.append(_doubles(row[order[rank]] for row, order in zip(probabilities, orders, strict=True)))
    return tuple(found)


def _ranked(scores: Sequence[Decimal]) -> list[int]:
    """The classes from the largest score on; of equals the first, and NaN before all."""
    if len(scores) == 1:
        return [1, 0] if scores[0] > 0 else [0, 1]
    return sorted(range(len(scores)), key=lambda i: (not scores[i].is_nan(), 0 if scores[i].is_nan() else -scores[i]))


def layer_columns(
    network: Network, inputs: Array, layers: Sequence[int], *, pre_activations: bool
) -> tuple[Column, ...]:
    """The outputs of these layers of every row, or their pre-activations."""
    traces = [exact_trace(network, row, until=(layers[-1], None)) for row in inputs.tolist()]
    return tuple(_of_layer(traces, network, index, pre_activations=pre_activations) for index in layers)


def _of_layer(traces: Sequence[ExactTrace], network: Network, index: int, *, pre_activations: bool) -> Array:
    """(rows, units): what one layer gives, or its pre-activations."""
    last = index == len(network.layers) - 1
    nearest = nearest_float32 if network.dtype == "float32" and last else nearest_double
    found = [t.layers[index].pre_activation if pre_activations else t.layers[index].output for t in traces]
    numbers = np.array([list(map(nearest, row)) for row in found], np.float64)
    return numbers.reshape(len(found), network.layers[index].n_out)


def softmax_rows(logits: Array) -> Array:
    """Softmax along each row."""
    return _doubles(x for row in logits.tolist() for x in exact_softmax(_decimals(row))).reshape(logits.shape)


def loss_of_rows(loss: Loss, predicted: Array, target: Array, *, given_probabilities: bool) -> Array:
    """(rows,): the loss of each row."""
    terms = (
        loss.exact_terms(_decimals(f), _decimals(g), given_probabilities=given_probabilities)
        for f, g in zip(predicted.tolist(), target.tolist(), strict=True)
    )
    return _doubles(map(loss.exact_value, terms)).reshape(-1)


def _decimals(row: Sequence[float]) -> list[Decimal]:
    return [decimal_of(x) for x in row]


def _doubles(numbers: Iterable[Decimal]) -> Array:
    """(numbers, 1): one column, of no rows too."""
    return np.array(list(map(nearest_double, numbers)), np.float64).reshape(-1, 1)
