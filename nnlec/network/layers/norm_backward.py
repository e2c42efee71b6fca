"""The way back through a normalisation: scale and shift are learned, and a mean that is the row's own moves too.

With n = (x - mean) / root the gradient of the scale is delta n, that of the shift delta. Mean and root of a layer norm
depend on each x of the group: dL/dx = (u - mean(u) - n mean(u n)) / root with u = delta scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.decimal_functions import working

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices
    from nnlec.network.layers.interface import Layer

LEARNED = ("scale", "shift")


def exact_learned(
    layer: Layer, places: Sequence[int], normalised: Sequence[Decimal], delta: Sequence[Decimal]
) -> Mapping[str, tuple[Decimal, ...]]:
    """The gradients of scale and shift, which unit `i` takes at `places[i]` where they are more than one number."""
    found = {}
    for name, slopes in zip(LEARNED, (normalised, [Decimal(1)] * len(delta)), strict=True):
        size = int(layer.arrays[name].size)
        total = [Decimal(0)] * size
        for place, d, slope in zip(places, delta, slopes, strict=True):
            total[place if size > 1 else 0] += d * slope
        found[name] = tuple(total)
    return found


def learned(layer: Layer, places: Indices, normalised: Array, delta: Array) -> dict[str, Array]:
    """The same of rows, (rows, n), added up."""
    found = {}
    for name, slopes in zip(LEARNED, (delta * normalised, delta), strict=True):
        array = layer.arrays[name]
        summed = slopes.sum(axis=0)
        total = np.bincount(places, summed, int(array.size)) if array.size > 1 else summed.sum()
        found[name] = np.asarray(total).reshape(array.shape)
    return found


def exact_group(
    x: Sequence[Decimal], scale: Sequence[Decimal], delta: Sequence[Decimal], epsilon: Decimal
) -> tuple[list[Decimal], list[Decimal]]:
    """n and dL/dx of numbers that have one mean, in working precision."""
    context = working()
    count = Decimal(len(x))
    mean = context.divide(sum(x, Decimal(0)), count)
    variance = context.divide(sum(((number - mean) ** 2 for number in x), Decimal(0)), count)
    root = context.sqrt(variance + epsilon)
    n = [context.divide(number - mean, root) for number in x]
    u = [d * s for d, s in zip(delta, scale, strict=True)]
    mean_u = context.divide(sum(u, Decimal(0)), count)
    mean_un = context.divide(sum((a * b for a, b in zip(u, n, strict=True)), Decimal(0)), count)
    return n, [context.divide(a - mean_u - b * mean_un, root) for a, b in zip(u, n, strict=True)]


def group(x: Array, scale: Array, delta: Array, epsilon: float) -> tuple[Array, Array]:
    """The same of rows, (rows, n)."""
    centred = x - x.mean(axis=1, keepdims=True)
    root = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + epsilon)
    n, u = centred / root, delta * scale
    return n, (u - u.mean(axis=1, keepdims=True) - n * (u * n).mean(axis=1, keepdims=True)) / root
