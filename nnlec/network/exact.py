"""The forward pass on the numbers as written: exact through dense layers, right to 60 digits elsewhere.

A student who multiplies 4.2 by -1.0 gets -4.2, and adds up to 5.17, not to 5.169999999999999: the working on paper and
`--exact` are computed here. The doubles of a network stand for the decimal numbers that were written (`decimal_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import NamedTuple

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import exact_sigmoid, exact_softmax
from nnlec.network.layers import Dense
from nnlec.network.losses import LossExample
from nnlec.network.network import Network

# Products and sums of doubles are finite decimals; with this many digits none is ever rounded on the way.
EXACT = Context(prec=20_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])

Row = tuple[Decimal, ...]
Carry = Callable[[Decimal], Decimal]


class ExactLayer(NamedTuple):
    """One layer at work on one example, in decimal numbers: what came in, x^T W, g(x^T W)."""

    layer: Dense
    inputs: Row
    weights: tuple[Row, ...]
    bias: Row | None
    pre_activation: Row
    output: Row


class ExactTrace(NamedTuple):
    """Every number of the forward pass of one example, as on paper."""

    network: Network
    layers: tuple[ExactLayer, ...]

    @property
    def logits(self) -> Row:
        last = self.layers[-1]
        logit_scale = last.layer.activation.logit_scale
        if logit_scale is None:
            return last.output
        return last.pre_activation if logit_scale == 1 else tuple(_over(z, logit_scale) for z in last.pre_activation)

    @property
    def probabilities(self) -> Row | None:
        """P(class) for each of the network's classes, or None where it is no classifier."""
        match self.network.kind:
            case "multi-class":
                return tuple(exact_softmax(self.logits))
            case "multi-label":
                return tuple(exact_sigmoid(f) for f in self.logits)
            case "binary":
                return (exact_sigmoid(self.logits[0].copy_negate()), exact_sigmoid(self.logits[0]))
            case _:
                return None


def exact_trace(network: Network, inputs: Sequence[float], carry: Carry | None = None) -> ExactTrace:
    """The forward pass of one example; `carry` is applied to each figure before it is used again, as a pencil does."""
    row: Row = tuple(decimal_of(x) for x in inputs)
    layers: list[ExactLayer] = []
    keep = carry or (lambda number: number)
    with localcontext(EXACT):
        for layer in network.layers:
            weights = tuple(tuple(decimal_of(w) for w in weight_row) for weight_row in layer.weights.tolist())
            bias = None if layer.bias is None else tuple(decimal_of(b) for b in layer.bias.tolist())
            pre_activation = tuple(keep(z) for z in _product(row, weights, bias))
            output = tuple(keep(h) for h in layer.activation.exact(pre_activation))
            layers.append(ExactLayer(layer, row, weights, bias, pre_activation, output))
            row = output
    return ExactTrace(network, tuple(layers))


def _over(number: Decimal, logit_scale: float) -> Decimal:
    return working().divide(number, decimal_of(logit_scale))


def _product(row: Row, weights: tuple[Row, ...], bias: Row | None) -> list[Decimal]:
    start = bias or (Decimal(0),) * len(weights[0])
    return [
        sum((x * w for x, w in zip(row, column, strict=True)), b)
        for b, column in zip(start, zip(*weights, strict=True), strict=True)
    ]


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


def exact_loss(example: LossExample) -> ExactLoss:
    """The loss of one example on the numbers as written."""
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
