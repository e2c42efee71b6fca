"""A step of learning on many rows in decimal numbers: the exact sum of their gradients, or its mean to 60 digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import Precise, decimal_of
from nnlec.network.losses import Loss, LossExample
from nnlec.network.step import exact_gradients, moved_rows, with_numbers
from nnlec.network.trace import EXACT, ExactTrace, Row, exact_loss, exact_trace, predicted_for

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network

Take = Callable[["Array", "Array"], None]
Through = Callable[[Take], None]
"""Hands every block of inputs and targets to what takes them."""


class ExactBatch(NamedTuple):
    """A step on a batch: gradients and new numbers array by array for each layer, L before and after, how many rows."""

    rows: int
    gradients: Sequence[Mapping[str, Row]]
    after: Sequence[Mapping[str, Row]]
    network: Network
    loss: Decimal
    loss_after: Decimal


def exact_batch_step(
    network: Network, loss: Loss, through: Through, rate: Decimal, *, per_mean: bool, keep_biases: bool = False
) -> ExactBatch:
    """One step from the rows' gradients, added up or their mean; the rows are gone `through` twice."""
    total: list[dict[str, list[Decimal]]] = []
    losses, weight, rows = Decimal(0), Decimal(0), 0

    def add(inputs: Array, targets: Array) -> None:
        nonlocal losses, weight, rows
        for row, target, counts in zip(inputs, targets, loss.row_weights(targets).tolist(), strict=True):
            trace = exact_trace(network, row.tolist())
            example = example_of(trace, loss, target)
            with localcontext(EXACT):
                _add(total, [of.gradients for of in exact_gradients(trace, example)])
                losses += exact_loss(example).value
                weight += decimal_of(counts)
            rows += 1

    through(add)
    divisor = weight if per_mean else Decimal(1)
    gradients = [{name: tuple(_over(g, divisor) for g in row) for name, row in of.items()} for of in total]
    after = [
        moved_rows(layer, of, rate, keep_biases=keep_biases)
        for layer, of in zip(network.layers, gradients, strict=True)
    ]
    learned = with_numbers(network, after)
    return ExactBatch(
        rows, gradients, after, learned, _over(losses, divisor), _over(_losses(learned, loss, through), divisor)
    )


def example_of(trace: ExactTrace, loss: Loss, target: Array) -> LossExample:
    predicted = tuple(map(Precise.of, predicted_for(loss, trace)))
    return LossExample(loss, trace.network.output_names, predicted, tuple(target.tolist()))


def _losses(network: Network, loss: Loss, through: Through) -> Decimal:
    total = Decimal(0)

    def add(inputs: Array, targets: Array) -> None:
        nonlocal total
        for row, target in zip(inputs, targets, strict=True):
            value = exact_loss(example_of(exact_trace(network, row.tolist()), loss, target)).value
            with localcontext(EXACT):
                total += value

    through(add)
    return total


def _add(total: list[dict[str, list[Decimal]]], more: Sequence[Mapping[str, Row]]) -> None:
    if not total:
        total.extend({name: list(row) for name, row in of.items()} for of in more)
        return
    for sums, of in zip(total, more, strict=True):
        for name, row in of.items():
            sums[name] = [a + b for a, b in zip(sums[name], row, strict=True)]


def _over(number: Decimal, divisor: Decimal) -> Decimal:
    """The number itself, or a quotient: exact where it ends, else to 60 digits."""
    return number if divisor == 1 else working().divide(number, divisor)
