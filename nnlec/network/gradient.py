"""The gradient of a loss by every learned number of a network, for many rows in doubles (backpropagation).

The exact gradient of one example, with every number on the way, is `nnlec.network.step`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.threads import one_thread
from nnlec.errors import NnlecError
from nnlec.network.activations import activation
from nnlec.network.activations.rows import exact_shares_less, shares_less
from nnlec.network.forward import every_layer
from nnlec.network.losses import Loss, loss
from nnlec.network.meaning import by_logarithms, expect_fit, usual_loss
from nnlec.network.validation import rows_of

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Layer
    from nnlec.network.losses import Loss
    from nnlec.network.network import Network

Made = TypeVar("Made")

BLOCK = 4096
"""Rows that go through the network together: a gradient has the same bits however the rows are handed over."""

Per = Literal["mean", "sum"]

Gradients = list[dict[str, "Array"]]
"""For each layer the gradient of each array that a step changes, in its shape."""

Changed = Callable[["Layer", Mapping[str, "Array"]], "Layer"]
"""A layer after the step that its gradients ask for."""


def meets_logits(network: Network, loss: Loss) -> bool:
    """Whether the loss is taken from what lies beneath the last activation: s - g is then dL/dz."""
    if not network.ends_in_probabilities:
        return False
    return loss.kind.takes == "logits" or (loss.kind.takes == "log-probabilities" and by_logarithms(network, loss))


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


def gradients_of(
    network: Network, loss: Loss, inputs: Array, target: Array, changed: Changed | None = None
) -> tuple[Gradients, Array]:
    """The gradients of the summed loss of some rows, and the loss of each row, (rows,).

    `inputs` is (rows, n_in), `target` (rows, n_out). The rows are taken by blocks from the first one on. A layer that
    is `changed` first hands delta down as it is then, which only a single row may ask for.
    """
    total: Gradients = []
    losses = np.empty(len(inputs))
    with one_thread(), np.errstate(all="ignore"):
        for start in range(0, len(inputs), BLOCK):
            rows = slice(start, start + BLOCK)
            found, losses[rows] = _of_block(network, loss, inputs[rows], target[rows], changed)
            total = added(total, found)
    return total, losses


def added(total: Gradients, more: Gradients) -> Gradients:
    """Their sum, in the place of the first; the second, where there is none so far."""
    if not total:
        return more
    for sums, found in zip(total, more, strict=True):
        for name, array in found.items():
            sums[name] += array
    return total


def _of_block(
    network: Network, loss: Loss, inputs: Array, target: Array, changed: Changed | None
) -> tuple[Gradients, Array]:
    passed = list(every_layer(network.layers, network.sources, inputs, together=True))
    *_, before, after = passed[-1]
    found: Gradients = []
    upstream: list[Array | None] = [None] * len(passed)
    for index in range(len(passed) - 1, -1, -1):
        layer, taken, pre_activation, output = passed[index]
        above = upstream[index]
        if index == len(passed) - 1:
            delta = last_delta(network, loss, before, after, target)
        elif above is None:  # nothing takes it
            delta = np.zeros_like(output)
        else:
            delta = layer.activation.backward(pre_activation, above)
        found.append(layer.gradients(taken, delta))
        sources = network.sources[index]
        if any(sources):
            handing = layer if changed is None else changed(layer, found[-1])
            _hand_down(network, handing.backward(taken, delta), sources, upstream)
    values = loss.value(predicted_of(network, loss, before, after), target)
    return found[::-1], values


def _hand_down(network: Network, below: Array, sources: Sequence[int], upstream: list[Array | None]) -> None:
    """Adds dL/dx of a layer to dL/dy of each layer that it takes; 0 is the input."""
    start = 0
    for source in sources:
        width = network.layers[source - 1].n_out if source else network.n_in
        part, start = below[:, start : start + width], start + width
        if source:
            before = upstream[source - 1]
            upstream[source - 1] = part if before is None else before + part


def scaled(gradients: Gradients, factor: float) -> Gradients:
    """Every gradient times a number."""
    return [{name: factor * array for name, array in of.items()} for of in gradients]


def moved(network: Network, gradients: Sequence[Mapping[str, Array]], rate: float, *, biases: bool = True) -> Network:
    """The network after a step: each learned number less the rate times its gradient."""
    pairs = zip(network.layers, gradients, strict=True)
    layers = tuple(moved_layer(layer, of, rate, biases=biases) for layer, of in pairs)
    return _with_fields(network, {"layers": layers})


def moved_layer(layer: Layer, gradients: Mapping[str, Array], rate: float, *, biases: bool = True) -> Layer:
    """A layer after a step. Raises `NnlecError` where a number of it is no longer finite."""
    changed = {n: np.asarray(layer.arrays[n] - rate * array) for n, array in gradients.items() if biases or n != "bias"}
    for name, array in changed.items():
        if not np.isfinite(array).all():
            raise NnlecError(f"{name} holds a number that is not finite", where=name)
        array.flags.writeable = False
    return _with_fields(layer, changed) if changed else layer


def _with_fields(made: Made, changed: Mapping[str, Any]) -> Made:
    """Another of the same kind with some fields changed, whose shapes were checked when the first one was made."""
    other: Made = object.__new__(type(made))
    names = _names(type(made))  # type: ignore[arg-type]
    kept: dict[str, Any] = {name: made.__dict__[name] for name in names}
    other.__dict__.update(kept | dict(changed))
    return other


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def loss_of(network: Network, given: Loss | str | None) -> Loss:
    """The loss that is given, else the network's usual one. Raises `NnlecError` where it does not fit, or is open."""
    name = given or usual_loss(network)
    if name is None:
        raise NnlecError(f"which loss? {network.layers[-1].activation.name} decides and gives no probabilities")
    chosen = name if isinstance(name, Loss) else loss(name)
    expect_fit(chosen, network)
    return chosen


def network_gradients(
    network: Network, inputs: object, target: object, given: Loss | str | None, per: Per
) -> Gradients:
    """The gradients of the mean loss of some rows, or of its sum; a mean with class weights divides by their sum."""
    chosen = loss_of(network, given)
    rows, targets = network.accept(inputs), rows_of(target)
    if targets.shape != (len(rows), network.n_out):
        raise NnlecError(f"shape {targets.shape}, expected {(len(rows), network.n_out)}", where="target")
    if not len(rows):
        raise NnlecError("no rows", where="inputs")
    found, _ = gradients_of(network, chosen, rows, targets)
    return scaled(found, 1.0 / float(chosen.row_weights(targets).sum())) if per == "mean" else found
