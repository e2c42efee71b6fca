"""Gradients checked against difference quotients, (L(w + e) - L(w - e)) / 2e, with far more digits than they need."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext

from nnlec.arithmetic.decimal_functions import PROMISED, working_precision
from nnlec.named import NamedTuple
from nnlec.network.layers.interface import decimals
from nnlec.network.step import ExactStep, LossOfTrace, with_numbers
from nnlec.network.trace import EXACT, exact_loss, exact_trace

_DISTANCE = Decimal("1e-30")
_DIGITS = PROMISED + 80
_NEAR = Decimal("1e-40")
"""How near both must be to each other, as a share of the largest gradient: the quotient's own error is e squared."""

_MOST_PRODUCTS = 200_000
"""Products of two exact numbers that a check may take: less than a second."""


class QuotientCheck(NamedTuple):
    """How many gradients there are, were checked, stand at a corner of the loss, and do not agree with their quotient.

    At a corner there is a slope on either side, and the gradient is what the convention says.
    """

    gradients: int
    checked: int
    corners: int
    wrong: int


def check_gradients(step: ExactStep, example: LossOfTrace) -> QuotientCheck:
    """Every gradient of a step against its difference quotient; some of them, evenly spread, where they are many."""
    places = [
        (index, name, k)
        for index, of in enumerate(step.layers)
        for name, row in of.gradients.items()
        for k in range(len(row))
    ]
    network = step.before.network
    products = 2 * sum(layer.multiplications for layer in network.layers)
    every = -(-len(places) * products // _MOST_PRODUCTS)
    chosen = places[:: max(1, every)]
    largest = max((abs(g) for of in step.layers for row in of.gradients.values() for g in row), default=Decimal(0))
    corners = wrong = 0
    for (index, name, k), (left, right) in zip(chosen, _quotients(step, example, chosen), strict=True):
        gradient = step.layers[index].gradients[name][k]
        with localcontext(EXACT):
            if abs(right - left) > max(largest, abs(right), abs(left)).scaleb(-9):
                corners += 1
            elif not abs((left + right) / 2 - gradient) <= max(largest, _NEAR) * _NEAR:
                wrong += 1
    return QuotientCheck(len(places), len(chosen), corners, wrong)


def _quotients(
    step: ExactStep, example: LossOfTrace, places: list[tuple[int, str, int]]
) -> Iterator[tuple[Decimal, Decimal]]:
    """The quotient on the left and on the right of each learned number."""
    network, inputs = step.before.network, step.before.inputs
    numbers = [{name: tuple(decimals(of.layer.numbers[name])) for name in of.gradients} for of in step.layers]

    def loss_at(index: int, name: str, k: int, distance: Decimal) -> Decimal:
        row = numbers[index][name]
        with localcontext(EXACT):
            moved = {**numbers[index], name: (*row[:k], row[k] + distance, *row[k + 1 :])}
        changed = with_numbers(network, [moved if at == index else {} for at in range(len(numbers))])
        return exact_loss(example(exact_trace(changed, inputs))).value

    with working_precision(_DIGITS):
        here = exact_loss(example(exact_trace(network, inputs))).value
        for place in places:
            below, above = loss_at(*place, -_DISTANCE), loss_at(*place, _DISTANCE)
            with localcontext(EXACT):
                yield (here - below) / _DISTANCE, (above - here) / _DISTANCE
