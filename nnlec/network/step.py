"""One step of learning on one example, every number exact: the prediction, its loss, the way back, the new weights.

Weights on the way back are those before the step; `new_upstream` is the order of older programs, which change a layer's
weights first and then hand delta down through the new ones: no gradient of L.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import partial
from typing import TYPE_CHECKING

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import Precise, decimal_of
from nnlec.errors import NnlecError
from nnlec.named import NamedTuple
from nnlec.network.activations import Carry
from nnlec.network.gradient import exact_last_delta, loss_of
from nnlec.network.layers.dense import LARGE
from nnlec.network.layers.interface import Layer, decimals
from nnlec.network.losses import LossExample
from nnlec.network.network import Network
from nnlec.network.trace import (
    EXACT,
    ExactLayer,
    ExactLoss,
    ExactTrace,
    Row,
    exact_loss,
    exact_trace,
    predicted_for,
)
from nnlec.notation import Formula, operand, put_in
from nnlec.notation.decimal_value import decimal_value
from nnlec.notation.formula import names_in
from nnlec.shown import Bundle, Types, in_a_notebook
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.network.losses import Loss, LossExample

LossOfTrace = Callable[[ExactTrace], "LossExample"]
"""From what a network gives to its loss: the same loss and target for every network of its shape."""


class LayerStep(NamedTuple):
    """One layer on the way back.

    `upstream` is dL/dy of its outputs y, or dL/dlogits where the loss `meets_logits`; `slopes` is g'(z), None for an
    activation of a whole row and where the loss meets the logits; `delta` is dL/dz. `gradients` and `after`, the new
    numbers, have a row for each array that a step changes, `below` is dL/dx of what came in, `changed` the layer with
    its new numbers where it is that which hands delta down.
    """

    at: ExactLayer
    upstream: Row
    slopes: Row | None
    delta: Row
    gradients: Mapping[str, Row]
    after: Mapping[str, Row]
    below: Row
    meets_logits: bool = False
    changed: Layer | None = None

    @property
    def layer(self) -> Layer:
        return self.at.layer

    @property
    def handing_down(self) -> Layer:
        """The layer whose weights delta goes down through."""
        return self.changed or self.layer


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

    def __repr__(self) -> str:
        return f"<ExactStep of rate {self.rate} from {self.before.network!r}>"

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> Bundle:
        return in_a_notebook(self, include, exclude)

    @property
    def kept(self) -> tuple[str, ...]:
        """The names of the arrays that have a gradient and are not changed."""
        return tuple({name: None for of in self.layers for name in of.gradients if name not in of.after})

    @property
    def new_upstream(self) -> bool:
        """Whether weights on the way back are those after their update."""
        return any(of.changed is not None for of in self.layers)


def exact_step(
    network: Network,
    inputs: Sequence[float],
    example: LossOfTrace,
    rate: Decimal,
    carry: Carry | None = None,
    *,
    keep_biases: bool = False,
    new_upstream: bool = False,
) -> ExactStep:
    """One step from the loss of one example; `carry` is applied to each number before it is used again."""

    def moved(layer: LayerStep) -> LayerStep:
        after = moved_rows(layer.layer, layer.gradients, rate, keep_biases=keep_biases)
        step = layer._replace(after={name: tuple(map(keep, row)) for name, row in after.items()})
        if not new_upstream:
            return step
        changed = with_arrays(step.layer, step.after)
        return step._replace(below=changed.exact_backward(step.at.inputs, step.delta)[0], changed=changed)

    keep = carry or (lambda number: number)
    before = exact_trace(network, inputs, carry)
    of = example(before)
    loss = exact_loss(of, carry)
    with localcontext(EXACT):
        stepped = tuple(_way_back(before, of, keep, moved, None if carry is None else loss))
    learned = with_numbers(network, [layer.after for layer in stepped])
    after = exact_trace(learned, inputs, carry)
    return ExactStep(before, of, loss, rate, stepped, learned, after, exact_loss(example(after), carry))


def step_of(
    network: Network,
    inputs: object,
    target: Sequence[float],
    rate: float | Decimal,
    given: Loss | str | None,
    *,
    keep_biases: bool,
) -> ExactStep:
    """One step on one example, from the loss given or the network's usual one. Raises `NnlecError` for a wrong size."""
    chosen = loss_of(network, given)
    if len(target) != network.n_out:
        raise NnlecError(f"{counted(len(target), 'number')}, expected {network.n_out}", where="target")
    goal = tuple(map(float, target))
    names = network.class_names if len(network.class_names) == network.n_out else network.output_names

    def example(trace: ExactTrace) -> LossExample:
        predicted = tuple(map(Precise.of, predicted_for(chosen, trace)))
        return LossExample(chosen, names, predicted, goal)

    rows = network.accept(inputs)
    if len(rows) != 1:
        raise NnlecError(f"{counted(len(rows), 'row')}, expected one example", where="inputs")
    how_far = rate if isinstance(rate, Decimal) else decimal_of(rate)
    return exact_step(network, rows[0].tolist(), example, how_far, keep_biases=keep_biases)


def exact_gradients(trace: ExactTrace, example: LossExample) -> list[LayerStep]:
    """The way back alone, in the precision of the context."""
    return _way_back(trace, example, lambda number: number, lambda step: step)


def _way_back(
    trace: ExactTrace,
    example: LossExample,
    keep: Carry,
    moved: Callable[[LayerStep], LayerStep],
    carried: ExactLoss | None = None,
) -> list[LayerStep]:
    """The layers in the network's order, each `moved` before the one below it is worked; from the probabilities of
    the loss where they were `carried`."""
    network = trace.network
    predicted, target = map(_as_decimals, (example.predicted, example.target))
    slopes, meets_logits = exact_last_delta(network, example.loss, predicted, trace.logits, target)
    if carried is not None and carried.probabilities is not None and not example.given_probabilities:
        slopes = slopes_at(example.loss, carried.target, carried.probabilities) or slopes
    upstream = [[Decimal(0)] * layer.n_out for layer in network.layers]
    upstream[-1] = slopes
    found: list[LayerStep] = []
    for index in range(len(trace.layers) - 1, -1, -1):
        above = tuple(map(keep, upstream[index]))
        step = moved(_layer_back(trace.layers[index], above, keep, meets_logits=meets_logits and not found))
        found.append(step)
        start = 0
        for source in network.sources[index]:
            width = network.layers[source - 1].n_out if source else network.n_in
            if source:
                part = step.below[start : start + width]
                upstream[source - 1] = [a + b for a, b in zip(upstream[source - 1], part, strict=True)]
            start += width
    return found[::-1]


def slopes_at(loss: Loss, target: Row, probabilities: Row) -> list[Decimal]:
    """dL/df by the loss's rule in s and g, worked with these probabilities.

    Empty where the rule has other letters, or no finite value.
    """
    rule = loss.derivative_rule(target)
    if not names_in(rule) <= {"s", "g", "w"}:
        return []
    rows = {"s": probabilities, "g": target, **({"w": _as_decimals(loss.weights)} if loss.weights else {})}
    found = [worked(rule, dict(zip(rows, numbers, strict=True))) for numbers in zip(*rows.values(), strict=True)]
    slopes = [slope for slope in found if slope is not None]
    return slopes if len(slopes) == len(found) else []


def worked(rule: Formula, numbers: Mapping[str, Decimal]) -> Decimal | None:
    """A rule worked with numbers, by their letters; None where it has no finite value."""
    return decimal_value(put_in(rule, {name: operand(str(x).lower()) for name, x in numbers.items()}), EXACT)


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
    slopes = tuple(function.slopes(at.pre_activation))
    exact = tuple(function.exact(at.pre_activation))
    if derivative is None or exact == at.output or names_in(derivative.formula) != {"y"}:
        return slopes
    found = [worked(derivative.formula, {"y": y}) for y in at.output]
    return tuple(of_sum if slope is None else slope for slope, of_sum in zip(found, slopes, strict=True))


def moved_rows(
    layer: Layer, gradients: Mapping[str, Row], rate: Decimal, *, keep_biases: bool = False
) -> dict[str, Row]:
    """A layer's new numbers, each less the rate times its gradient, exactly."""
    with localcontext(EXACT):
        return {
            name: tuple(old - rate * g for old, g in zip(decimals(layer.numbers[name]), row, strict=True))
            for name, row in gradients.items()
            if not (keep_biases and name == "bias")
        }


def with_numbers(network: Network, learned: Sequence[Mapping[str, Row]]) -> Network:
    """The network with other learned numbers, which keep all their digits in exact computations.

    Raises `NnlecError` for a number beyond the largest double.
    """
    layers = tuple(with_arrays(layer, rows) for layer, rows in zip(network.layers, learned, strict=True))
    changed = copy.copy(network)
    object.__setattr__(changed, "layers", layers)
    return changed


def with_arrays(layer: Layer, rows: Mapping[str, Row]) -> Layer:
    """The layer with other numbers: doubles that know their digits, or plain ones where they are many."""
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
