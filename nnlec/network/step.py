"""One step of learning on one example, every number exact: the prediction, its loss, the way back, the new weights.

Weights on the way back are always those before the step.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import Precise, decimal_of
from nnlec.errors import NnlecError
from nnlec.network.gradient import exact_last_delta
from nnlec.network.layers.dense import LARGE
from nnlec.network.layers.interface import Layer, decimals
from nnlec.network.network import Network
from nnlec.network.trace import EXACT, Carry, ExactLayer, ExactLoss, ExactTrace, Row, exact_loss, exact_trace
from nnlec.notation import exact_value, operand, put_in
from nnlec.notation.formula import names_in

if TYPE_CHECKING:
    from nnlec.network.losses import LossExample

Example = Callable[[ExactTrace], "LossExample"]
"""From what a network gives to its loss: the same loss and target for every network of its shape."""


class LayerStep(NamedTuple):
    """One layer on the way back.

    `upstream` is dL/dy of its outputs y, or dL/dlogits where the loss `meets_logits`; `slopes` is g'(z), None for an
    activation of a whole row and where the loss meets the logits; `delta` is dL/dz. `gradients` and `after`, the new
    numbers, have a row for each array that a step changes, `below` is dL/dx of what came in.
    """

    at: ExactLayer
    upstream: Row
    slopes: Row | None
    delta: Row
    gradients: Mapping[str, Row]
    after: Mapping[str, Row]
    below: Row
    meets_logits: bool = False

    @property
    def layer(self) -> Layer:
        return self.at.layer


class ExactStep(NamedTuple):
    """A step of learning: what was before it, the way back with its layers in the network's order, what is after it."""

    before: ExactTrace
    example: LossExample
    loss: ExactLoss
    rate: Decimal
    layers: tuple[LayerStep, ...]
    network: Network
    after: ExactTrace
    loss_after: ExactLoss

    @property
    def kept(self) -> tuple[str, ...]:
        """The names of the arrays that have a gradient and are not changed."""
        return tuple({name: None for of in self.layers for name in of.gradients if name not in of.after})


def exact_step(
    network: Network,
    inputs: Sequence[float],
    example: Example,
    rate: Decimal,
    carry: Carry | None = None,
    *,
    keep_biases: bool = False,
) -> ExactStep:
    """One step from the loss of one example; `carry` is applied to each number before it is used again."""
    keep = carry or (lambda number: number)
    before = exact_trace(network, inputs, carry)
    of = example(before)
    loss = exact_loss(of)
    with localcontext(EXACT):
        layers = _way_back(before, of, keep)
        stepped = tuple(_moved(layer, rate, keep, keep_biases) for layer in layers)
    learned = with_numbers(network, [layer.after for layer in stepped])
    after = exact_trace(learned, inputs, carry)
    return ExactStep(before, of, loss, rate, stepped, learned, after, exact_loss(example(after)))


def _way_back(trace: ExactTrace, example: LossExample, keep: Carry) -> list[LayerStep]:
    network = trace.network
    predicted, target = map(_as_decimals, (example.predicted, example.target))
    slopes, meets_logits = exact_last_delta(network, example.loss, predicted, trace.logits, target)
    upstream = [[Decimal(0)] * layer.n_out for layer in network.layers]
    upstream[-1] = slopes
    found: list[LayerStep] = []
    for index in range(len(trace.layers) - 1, -1, -1):
        above = tuple(map(keep, upstream[index]))
        step = _layer_back(trace.layers[index], above, keep, meets_logits=meets_logits and not found)
        found.append(step)
        start = 0
        for source in network.sources[index]:
            width = network.layers[source - 1].n_out if source else network.n_in
            if source:
                part = step.below[start : start + width]
                upstream[source - 1] = [a + b for a, b in zip(upstream[source - 1], part, strict=True)]
            start += width
    return found[::-1]


def _as_decimals(numbers: Sequence[float]) -> Row:
    return tuple(decimal_of(number) for number in numbers)


def _layer_back(at: ExactLayer, upstream: Row, keep: Carry, *, meets_logits: bool) -> LayerStep:
    function = at.layer.activation
    slopes: Row | None = None
    if meets_logits:
        scale = decimal_of(function.logit_scale or 1.0)
        delta = upstream if scale == 1 else tuple(keep(working().divide(d, scale)) for d in upstream)
    elif function.kind.pointwise:
        slopes = _slopes(at)
        delta = tuple(keep(up * slope) for up, slope in zip(upstream, slopes, strict=True))
    else:
        delta = tuple(map(keep, function.exact_backward(at.pre_activation, upstream)))
    below, gradients = at.layer.exact_backward(at.inputs, delta)
    kept = {name: tuple(map(keep, row)) for name, row in gradients.items()}
    return LayerStep(at, upstream, slopes, delta, kept, {}, below, meets_logits)


def _slopes(at: ExactLayer) -> Row:
    """g'(z) of each unit; from the output where that is how it is written, as f (1 - f): the output may be rounded."""
    function = at.layer.activation
    derivative = function.kind.derivative
    exact = tuple(function.exact(at.pre_activation))
    if derivative is None or exact == at.output or names_in(derivative.formula) != {"y"}:
        return tuple(function.slopes(at.pre_activation))
    values = [exact_value(put_in(derivative.formula, {"y": operand(str(y).lower())})) for y in at.output]
    return tuple(Decimal(v.numerator) / Decimal(v.denominator) for v in values if v is not None)


def _moved(step: LayerStep, rate: Decimal, keep: Carry, keep_biases: bool) -> LayerStep:
    """The layer's new numbers: each less the rate times its gradient."""
    after = {
        name: tuple(
            keep(old - rate * gradient)
            for old, gradient in zip(decimals(step.layer.numbers[name]), gradients, strict=True)
        )
        for name, gradients in step.gradients.items()
        if not (keep_biases and name == "bias")
    }
    return step._replace(after=after)


def with_numbers(network: Network, learned: Sequence[Mapping[str, Row]]) -> Network:
    """The network with other learned numbers, which keep all their digits in exact computations.

    Raises `NnlecError` for a number beyond the largest double.
    """
    layers = tuple(_with_arrays(layer, rows) for layer, rows in zip(network.layers, learned, strict=True))
    changed = copy.copy(network)
    object.__setattr__(changed, "layers", layers)
    return changed


def _with_arrays(layer: Layer, rows: Mapping[str, Row]) -> Layer:
    """The layer with other arrays: doubles that know their digits, or plain ones where they are many."""
    changed = copy.copy(layer)
    for name, row in rows.items():
        numbers = [Precise.of(number) for number in row]
        if not np.isfinite(numbers).all():
            raise NnlecError(f"the step leads beyond the largest double in the {name} of {layer.name}")
        shape = layer.numbers[name].shape
        array = np.array(numbers, dtype=object if len(numbers) < LARGE else np.float64).reshape(shape)
        array.flags.writeable = False
        object.__setattr__(changed, name, array)
        if array.dtype == object and type(layer).exact_unit is Layer.exact_unit:  # whole numbers would lose digits
            object.__setattr__(changed, "exact", partial(Layer.exact, changed))
    return changed
