"""The exact trace of one example: every number as on paper, from which each format of a worked example is written.

A student who multiplies 4.2 by -1.0 gets -4.2, and adds up to 5.17, not to 5.169999999999999. Numbers are the decimals
that were written; sums and products of them are exact, functions right to 60 digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from itertools import chain
from typing import TYPE_CHECKING

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import decimal_of
from nnlec.named import NamedTuple
from nnlec.network.activations import Carry, argmax, exact_log_softmax, exact_sigmoid, exact_softmax_of
from nnlec.network.layers import Layer
from nnlec.network.layers.interface import Row as Row
from nnlec.network.meaning import by_logarithms
from nnlec.network.network import Network
from nnlec.shown import Bundle, Types, in_a_notebook

if TYPE_CHECKING:
    from nnlec.network.losses import Loss, LossExample

# Products and sums of doubles are finite decimals; with this many digits none is ever rounded on the way.
EXACT = Context(prec=20_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


class ExactLayer(NamedTuple):
    """One layer at work on one example, in decimal numbers: what came in, x^T W, g(x^T W)."""

    layer: Layer
    inputs: Row
    pre_activation: Row
    output: Row


class ExactTrace(NamedTuple):
    """Every number of the forward pass of one example, as on paper; `carry` was applied before one was used again."""

    network: Network
    layers: tuple[ExactLayer, ...]
    carry: Carry | None = None

    def __repr__(self) -> str:
        return f"<ExactTrace of 1 row through {self.network!r}>"

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> Bundle:
        return in_a_notebook(self, include, exclude)

    @property
    def inputs(self) -> Row:
        return self.layers[0].inputs

    @property
    def output(self) -> Row:
        return self.layers[-1].output

    @property
    def logits(self) -> Row:
        """The scores beneath a last softmax or sigmoid; else the outputs."""
        last = self.layers[-1]
        scale = last.layer.activation.logit_scale
        if scale is None:
            return last.output
        return last.pre_activation if scale == 1 else tuple(_over(z, scale) for z in last.pre_activation)

    @property
    def probabilities(self) -> Row | None:
        """P(class) for each of the network's classes, or None where there are none."""
        keep = self.carry or (lambda number: number)
        match self.network.kind:
            case "multi-class":
                return exact_softmax_of(self.logits, self.carry).probabilities
            case "multi-label":
                return tuple(keep(exact_sigmoid(f)) for f in self.logits)
            case "binary":
                positive = keep(exact_sigmoid(self.logits[0]))
                return (1 - positive if self.carry else exact_sigmoid(self.logits[0].copy_negate()), positive)
            case _:
                return None

    @property
    def prediction(self) -> str | None:
        """The most probable class (the first of equals) or the class decided for; None where there is no one class.

        It is read from the exact scores: a difference too small to show in the probabilities counts.
        """
        names, scores = self.network.class_names, self.logits
        if self.network.kind in ("regression", "multi-label"):
            return None
        if len(scores) == 1:
            return names[int(scores[0] > 0)]
        return names[argmax(scores)]


def exact_trace(
    network: Network,
    inputs: Sequence[float | Decimal],
    carry: Carry | None = None,
    until: tuple[int, int | None] | None = None,
) -> ExactTrace:
    """The forward pass of one example; `carry` is applied to each number before it is used again.

    `inputs` are as many as the network takes; a double stands for its shortest decimal text. `until` names the last
    layer, and the only unit of it, that is asked for: no other is computed, and the layer's other numbers are NaN.
    """
    rows: list[Row] = [tuple(x if isinstance(x, Decimal) else decimal_of(x) for x in inputs)]
    layers: list[ExactLayer] = []
    keep = carry or (lambda number: number)
    last, unit = until or (len(network.layers) - 1, None)
    with localcontext(EXACT):
        for index, layer in enumerate(network.layers[: last + 1]):
            row = tuple(chain.from_iterable(rows[source] for source in network.sources[index]))
            alone = unit if index == last and layer.activation.kind.pointwise else None
            step = _one_unit(layer, row, alone, keep) if alone is not None else _every_unit(layer, row, keep)
            layers.append(step)
            rows.append(step.output)
    return ExactTrace(network, tuple(layers), carry)


def _every_unit(layer: Layer, row: Row, keep: Carry) -> ExactLayer:
    pre_activation = tuple(map(keep, layer.exact(row)))
    return ExactLayer(layer, row, pre_activation, layer.activation.in_steps(pre_activation, keep))


def _one_unit(layer: Layer, row: Row, unit: int, keep: Carry) -> ExactLayer:
    pre_activation = keep(layer.exact_unit(row, unit))
    output = keep(layer.activation.at_unit(unit).exact([pre_activation])[0])
    others = [Decimal("NaN")] * layer.n_out
    return ExactLayer(
        layer,
        row,
        (*others[:unit], pre_activation, *others[unit + 1 :]),
        (*others[:unit], output, *others[unit + 1 :]),
    )


def _over(number: Decimal, scale: float) -> Decimal:
    return working().divide(number, decimal_of(scale))


def predicted_for(loss: Loss, trace: ExactTrace) -> Row:
    """What a loss compares with its target: the logits, the outputs, or logarithms of probabilities."""
    if loss.kind.takes == "logits":
        return trace.logits
    return tuple(exact_log_softmax(trace.logits)) if by_logarithms(trace.network, loss) else trace.output


class ExactLoss(NamedTuple):
    """One example's loss in decimal numbers; `probabilities` is None for a loss that has none.

    `target` is what the terms are computed from, its label smoothing done; `weights` is () where no class has one.
    """

    predicted: Row
    target: Row
    probabilities: Row | None
    terms: Row
    value: Decimal
    weights: Row = ()


def exact_loss(example: LossExample, carry: Carry | None = None) -> ExactLoss:
    """The loss of one example on the numbers as written; `carry` is applied to each number before it is used again."""
    if carry is not None:
        return _carried_loss(example, carry)
    predicted = tuple(decimal_of(f) for f in example.predicted)
    target = tuple(decimal_of(g) for g in example.target)
    with localcontext(EXACT):
        terms = tuple(example.loss.exact_terms(predicted, target, given_probabilities=example.given_probabilities))
        squash = example.loss.kind.probabilities
        probabilities: Row | None = None
        if example.given_probabilities:
            probabilities = predicted
        elif squash:
            probabilities = tuple(squash.exact(predicted))
        smoothed = tuple(example.loss.exact_smoothed(target))
        weights = tuple(decimal_of(w) for w in example.loss.weights)
        return ExactLoss(predicted, smoothed, probabilities, terms, example.loss.exact_value(terms), weights)


def _carried_loss(example: LossExample, carry: Carry) -> ExactLoss:
    """The same from rounded probabilities, where the loss has any, and rounded terms."""
    loss, row = example.loss, tuple(map(decimal_of, example.predicted))
    full = exact_loss(example)
    probabilities, from_them, squash = full.probabilities, example.given_probabilities, loss.kind.probabilities
    if squash is not None and not from_them:
        probabilities = squash.in_steps(row, carry)
        if from_them := loss.kind.exact_from_probabilities is not None:
            row = probabilities
    with localcontext(EXACT):
        target = tuple(map(decimal_of, example.target))
        terms = tuple(map(carry, loss.exact_terms(row, target, given_probabilities=from_them)))
        return full._replace(probabilities=probabilities, terms=terms, value=carry(loss.exact_value(terms)))
