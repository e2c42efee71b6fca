"""The gradient of a loss by every learned number of a network, for many rows in doubles (backpropagation).

The exact gradient of one example, with every number on the way, is `nnlec.network.step`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.threads import one_thread
from nnlec.network.activations import activation
from nnlec.network.activations.rows import exact_shares_less, shares_less
from nnlec.network.forward import every_layer
from nnlec.network.meaning import gives_logarithms

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.losses import Loss
    from nnlec.network.network import Network

BLOCK = 4096
"""Rows that go through the network together: a gradient has the same bits however the rows are handed over."""

Gradients = list[dict[str, "Array"]]
"""For each layer the gradient of each array that a step changes, in its shape."""


def meets_logits(network: Network, loss: Loss) -> bool:
    """Whether the loss is taken from what lies beneath the last activation: s - g is then dL/dz."""
    if not network.ends_in_probabilities:
        return False
    return loss.kind.takes == "logits" or (loss.kind.takes == "log-probabilities" and by_logarithms(network, loss))


def by_logarithms(network: Network, loss: Loss) -> bool:
    """Whether the loss takes the logarithms of the network's probabilities, which the network does not give out."""
    return loss.kind.takes == "log-probabilities" and network.kind == "multi-class" and not gives_logarithms(network)


def predicted_of(network: Network, loss: Loss, pre_activation: Array, output: Array) -> Array:
    """(rows, n_out): what the loss takes, from the last layer's numbers."""
    logits = network.logits_of(pre_activation, output)
    if by_logarithms(network, loss):
        return activation("log_softmax")(logits)
    return logits if loss.kind.takes == "logits" else output


def last_delta(network: Network, loss: Loss, pre_activation: Array, output: Array, target: Array) -> Array:
    """(rows, n_out): dL/dz of the last layer."""
    last = network.layers[-1].activation
    slopes = loss.derivative(predicted_of(network, loss, pre_activation, output), target)
    if by_logarithms(network, loss):
        slopes = -shares_less(network.logits_of(pre_activation, output), slopes)
    if meets_logits(network, loss):
        scale = last.logit_scale
        return slopes if scale in (None, 1.0) else slopes / scale
    return last.backward(pre_activation, slopes)


def exact_last_delta(
    network: Network, loss: Loss, predicted: Sequence[Decimal], logits: Sequence[Decimal], target: Sequence[Decimal]
) -> tuple[list[Decimal], bool]:
    """dL/df of one row of decimal numbers, f the outputs; dL/dlogits, and true, where the loss meets the logits."""
    slopes = loss.exact_derivative(predicted, target)
    if by_logarithms(network, loss):
        slopes = [slope.copy_negate() for slope in exact_shares_less(logits, slopes)]
    return slopes, meets_logits(network, loss)


def gradients_of(network: Network, loss: Loss, inputs: Array, target: Array) -> tuple[Gradients, Array]:
    """The gradients of the summed loss of some rows, and the loss of each row, (rows,).

    `inputs` is (rows, n_in), `target` (rows, n_out). The rows are taken by blocks from the first one on.
    """
    total: Gradients = []
    losses = np.empty(len(inputs))
    with one_thread(), np.errstate(all="ignore"):
        for start in range(0, len(inputs), BLOCK):
            rows = slice(start, start + BLOCK)
            found, losses[rows] = _of_block(network, loss, inputs[rows], target[rows])
            total = found if not total else [_added(a, b) for a, b in zip(total, found, strict=True)]
    return total, losses


def _added(total: dict[str, Array], more: dict[str, Array]) -> dict[str, Array]:
    for name, array in more.items():
        total[name] += array
    return total


def _of_block(network: Network, loss: Loss, inputs: Array, target: Array) -> tuple[Gradients, Array]:
    passed = every_layer(network.layers, inputs)
    found: Gradients = []
    delta = last_delta(network, loss, *passed[-1], target)
    for index in range(len(network.layers) - 1, -1, -1):
        layer, before = network.layers[index], passed[index - 1][1] if index else inputs
        found.append(layer.gradients(before, delta))
        if index:
            upstream = layer.backward(before, delta)
            delta = network.layers[index - 1].activation.backward(passed[index - 1][0], upstream)
    values = loss.value(predicted_of(network, loss, *passed[-1]), target)
    return found[::-1], values


def scaled(gradients: Gradients, factor: float) -> Gradients:
    """Every gradient times a number."""
    return [{name: factor * array for name, array in of.items()} for of in gradients]


def moved(network: Network, gradients: Sequence[Mapping[str, Array]], rate: float, *, biases: bool = True) -> Network:
    """The network after a step: each learned number less the rate times its gradient."""
    from dataclasses import replace

    layers = []
    for layer, of in zip(network.layers, gradients, strict=True):
        changed = {n: layer.arrays[n] - rate * array for n, array in of.items() if biases or n != "bias"}
        layers.append(replace(layer, **changed) if changed else layer)  # type: ignore[type-var]
    return replace(network, layers=tuple(layers))
