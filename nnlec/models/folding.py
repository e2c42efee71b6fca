"""Norms and scalings put into the dense and convolutional layers beside them, where nothing but rounding changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.network.layers import Layer
from nnlec.network.network import Network

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


def folded(network: Network) -> Network:
    """The network with fewer layers: a dropout vanishes, an affine layer joins the one before, or the one behind.

    Backwards only onto weights without an activation, forwards only into dense or unpadded convolution: a norm behind
    a relu is not the same before it, and zeros of a padding are not normalised.
    """
    layers, sources = list(network.layers), [list(each) for each in network.sources]
    number = 1
    while number <= len(layers):
        number = 1 if len(layers) > 1 and _fold(layers, sources, number) else number + 1
    return replace(network, layers=tuple(layers), sources=tuple(map(tuple, sources)))


def _fold(layers: list[Layer], sources: list[list[int]], number: int) -> bool:
    """Whether the layer of that number is now part of another."""
    layer = layers[number - 1]
    affine = _affine(layer)
    if affine is None:
        return False
    factor, shift = affine
    before = sources[number - 1][0]
    takers = [place for place, taken in enumerate(sources, start=1) for each in taken if each == number]
    alone = before and sum(taken.count(before) for taken in sources) == 1
    if layer.activation.is_identity and (factor == 1.0).all() and not shift.any():
        _remove(layers, sources, number)
        return True
    if alone and (merged := _behind(layers[before - 1], factor, shift)) is not None:
        layers[before - 1] = replace(merged, activation=layer.activation)  # type: ignore[type-var]
        _remove(layers, sources, number)
        return True
    if layer.activation.is_identity and len(takers) == 1:
        follower = _ahead(layers[takers[0] - 1], factor, shift)
        if follower is not None:
            layers[takers[0] - 1] = follower
            _remove(layers, sources, number)
            return True
    return False


def _remove(layers: list[Layer], sources: list[list[int]], number: int) -> None:
    """Takes a layer out; who took it takes what it took."""
    before = sources[number - 1][0]
    del layers[number - 1], sources[number - 1]
    for taken in sources:
        taken[:] = [before if each == number else each - (each > number) for each in taken]


def _affine(layer: Any) -> tuple[Array, Array] | None:
    """Factor and shift of each unit, or of each channel; None for a layer that is not affine number by number."""
    channels = layer.in_shape[:1]
    if layer.kind == "dropout":
        return np.ones(channels), np.zeros(channels)
    if layer.kind == "scale":
        factor = np.broadcast_to(layer.multiply / layer.divide, channels)
        return factor, np.broadcast_to(layer.add - layer.subtract * factor, channels)
    if layer.kind == "batch_norm":
        factor = np.broadcast_to(layer.scale / np.sqrt(layer.variance + layer.epsilon), channels)
        return factor, np.broadcast_to(layer.shift - layer.mean * factor, channels)
    return None


def _behind(layer: Any, factor: Array, shift: Array) -> Layer | None:
    """A layer of weights followed by an affine one, as one; None where its activation comes between."""
    if layer.kind not in ("dense", "conv") or not layer.activation.is_identity:
        return None
    axis = 1 if layer.kind == "dense" else 0
    spread = factor.reshape([-1 if place == axis else 1 for place in range(layer.weights.ndim)])
    bias = shift if layer.bias is None else layer.bias * factor + shift
    changed: Layer = replace(layer, weights=layer.weights * spread, bias=bias)
    return changed


def _ahead(layer: Any, factor: Array, shift: Array) -> Layer | None:
    """An affine layer followed by a layer of weights, as one; None where a padding comes between."""
    if layer.kind == "dense":
        added, weights = shift @ layer.weights, layer.weights * factor[:, np.newaxis]
    elif layer.kind == "conv" and layer.groups == 1 and not layer.windows.is_padded:
        spread = factor.reshape(-1, *[1] * (layer.weights.ndim - 2))
        over = tuple(range(2, layer.weights.ndim))
        added, weights = (layer.weights.sum(over) * shift).sum(1), layer.weights * spread
    else:
        return None
    changed: Layer = replace(layer, weights=weights, bias=added if layer.bias is None else layer.bias + added)
    return changed
