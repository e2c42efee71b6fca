"""Several steps of gradient descent in doubles, from the same rows each time; and how the loss goes down."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError
from nnlec.network.gradient import Gradients, moved, scaled

if TYPE_CHECKING:
    from nnlec.network.network import Network

Measure = Callable[["Network"], tuple[Gradients, float, float]]
"""The gradients of the rows' summed loss, that sum, and the weight of the rows that a mean divides by."""


class Descent(NamedTuple):
    """The network at the end, and L before the first step and after each."""

    network: Network
    losses: list[float]


def descend(
    network: Network,
    measure: Measure,
    rate: float,
    steps: int,
    *,
    per_mean: bool = False,
    biases: bool = True,
    told: Callable[[int], None] = lambda _: None,
) -> Descent:
    """So many steps, each from the sum of the rows' gradients or from their mean; `told` hears of each.

    Raises `NnlecError` where L or a number of the network is no longer finite.
    """
    losses: list[float] = []
    for number in range(steps + 1):
        gradients, total, weight = measure(network)
        divisor = weight if per_mean else 1.0
        losses.append(total / divisor)
        _expect_finite(losses[-1], "L", number)
        told(number)
        if number < steps:
            with np.errstate(all="ignore"):
                step = scaled(gradients, 1.0 / divisor) if per_mean else gradients
                network = after_step(network, step, rate, biases=biases, number=number + 1)
    return Descent(network, losses)


def after_step(network: Network, gradients: Gradients, rate: float, *, biases: bool, number: int) -> Network:
    """The network after the step of that number. Raises `NnlecError` where it overflows."""
    try:
        return moved(network, gradients, rate, biases=biases)
    except NnlecError:
        for layer, of in zip(network.layers, gradients, strict=True):
            for name, array in of.items():
                size = float(np.abs(array).max(initial=0.0))
                _expect_finite(size * rate, f"a gradient of the {name} of {layer.name}", number)
        raise


def _expect_finite(number: float, what: str, step: int) -> None:
    if not math.isfinite(number):
        where, hint = ("before the first step", "") if step == 0 else (f"in step {step}", "a smaller --rate")
        raise NnlecError(f"{what} is {number:g} {where}", where="overflow", hint=hint)
