"""ONNX's operators on maps, said in our layers: what `tests/test_onnx.py` runs their node tests through."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlec.arithmetic.windows import Windows
from nnlec.network.layers import Layer
from nnlec.network.layers.add import Add
from nnlec.network.layers.average_pool import AveragePool
from nnlec.network.layers.batch_norm import BatchNorm
from nnlec.network.layers.concat import Concat
from nnlec.network.layers.conv import Conv
from nnlec.network.layers.flatten import Flatten
from nnlec.network.layers.layer_norm import LayerNorm
from nnlec.network.layers.max_pool import MaxPool
from nnlec.network.layers.multiply import Multiply
from nnlec.network.layers.reshape import Reshape
from nnlec.network.layers.transpose import Transpose

Array = NDArray[np.float64]
Attributes = dict[str, Any]
Pads = tuple[tuple[int, int], ...]


class LeftOut(Exception):
    """Why a node test asks for what a network here has not."""


def of_rows(layer: Layer, x: Array) -> list[Array]:
    """What the layer gives for (rows, ...)."""
    return [layer.forward(x.reshape(-1, layer.n_in)).reshape(-1, *layer.out_shape)]


def over(x: Array, kernel: list[int], attributes: Attributes) -> dict[str, Any]:
    """Stride, padding and dilation of windows, as our layers take them."""
    inputs, axes = x.shape[2:], len(x.shape[2:])
    stride = tuple(attributes.get("strides", [1] * axes))
    dilation = tuple(attributes.get("dilations", [1] * axes))
    auto = attributes.get("auto_pad", b"NOTSET").decode()
    flat = attributes.get("pads", [0] * 2 * axes)
    pads: Pads = tuple(zip(flat[:axes], flat[axes:], strict=True))
    if auto.startswith("SAME"):
        same = Windows.over(inputs, tuple(kernel), stride, "same", dilation).axes
        pads = tuple((a.before, a.after) if auto == "SAME_UPPER" else (a.after, a.before) for a in same)
    if attributes.get("ceil_mode"):
        if attributes.get("count_include_pad"):
            raise LeftOut("it rounds the size up, and counts some of its padding")
        pads = rounded_up(inputs, kernel, stride, dilation, pads)
    return {"stride": stride, "padding": pads, "dilation": dilation}


def rounded_up(inputs: tuple[int, ...], kernel: list[int], stride: Any, dilation: Any, pads: Pads) -> Pads:
    """Padding with which the size is rounded up; not for a window that would start behind the input."""
    grown = []
    for n, k, s, d, (before, after) in zip(inputs, kernel, stride, dilation, pads, strict=True):
        cells = -(-(n + before + after - d * (k - 1) - 1) // s) + 1
        cells -= (cells - 1) * s >= n + before
        grown.append((before, max(after, (cells - 1) * s + d * (k - 1) + 1 - n - before)))
    return tuple(grown)


def conv(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    x, weights, *bias = inputs
    windows = over(x, list(weights.shape[2:]), attributes)
    layer = Conv(weights, x.shape[1:], bias[0] if bias else None, **windows, groups=attributes.get("group", 1))
    return of_rows(layer, x)


def max_pool(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    kernel = attributes["kernel_shape"]
    return of_rows(MaxPool(inputs[0].shape[1:], tuple(kernel), **over(inputs[0], kernel, attributes)), inputs[0])


def average_pool(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    kernel, counted = attributes["kernel_shape"], bool(attributes.get("count_include_pad"))
    windows = over(inputs[0], kernel, attributes)
    return of_rows(AveragePool(inputs[0].shape[1:], tuple(kernel), **windows, count_padding=counted), inputs[0])


def batch_norm(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    if attributes.get("training_mode"):
        raise LeftOut("it learns the mean and the variance of the batch")
    x, scale, shift, mean, variance = inputs
    return of_rows(BatchNorm(x.shape[1:], mean, variance, np.array(attributes.get("epsilon", 1e-5)), scale, shift), x)


def layer_norm(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    x, scale, *shift = inputs
    axis = attributes.get("axis", -1) % x.ndim
    epsilon = np.array(attributes.get("epsilon", 1e-5))
    layer = LayerNorm(x.shape[axis:], epsilon, scale, shift[0] if shift else np.array(0.0))
    return [layer.forward(x.reshape(-1, layer.n_in)).reshape(x.shape)]


def flatten(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    axis = attributes.get("axis", 1)
    return of_rows(Flatten(inputs[0].shape[axis:] or (1,)), inputs[0]) if axis else one_row(Flatten, inputs[0])


def one_row(kind: Callable[..., Layer], x: Array, *given: Any) -> list[Array]:
    """What a layer of that kind gives for one example of all numbers."""
    layer = kind(x.shape, *given)
    return [layer.forward(x.reshape(1, -1)).reshape(layer.out_shape if given else (1, -1))]


def reshape(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    x, wanted = inputs
    shape = [int(n) if n or attributes.get("allowzero") else x.shape[at] for at, n in enumerate(wanted.tolist())]
    if 0 in shape:
        raise LeftOut("an axis of size 0")
    return one_row(Reshape, x, tuple(x.size // -prod(shape) if n < 0 else n for n in shape))


def transpose(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    axes = attributes.get("perm", range(inputs[0].ndim)[::-1])
    return one_row(Transpose, inputs[0], tuple(axis + 1 for axis in axes))


def concat(attributes: Attributes, inputs: list[Array]) -> list[Array]:
    axis = attributes["axis"] % inputs[0].ndim
    layer = Concat(tuple(x.shape[axis:] for x in inputs))
    rows = np.concatenate([x.reshape(prod(x.shape[:axis]), -1) for x in inputs], axis=1)
    return [layer.forward(rows).reshape(*inputs[0].shape[:axis], *layer.out_shape)]


def joined(kind: type[Add] | type[Multiply]) -> Callable[[Attributes, list[Array]], list[Array]]:
    def run(_: Attributes, inputs: list[Array]) -> list[Array]:
        axes = max(x.ndim for x in inputs)
        layer = kind(tuple((1,) * (axes - x.ndim) + x.shape for x in inputs))
        row = np.concatenate([x.ravel() for x in inputs])[np.newaxis]
        return [layer.forward(row).reshape(layer.out_shape)]

    return run


def everything(kind: Callable[..., Layer]) -> Callable[[Attributes, list[Array]], list[Array]]:
    return lambda _, inputs: of_rows(kind(inputs[0].shape[1:], "all"), inputs[0])


OPERATORS: dict[str, Callable[[Attributes, list[Array]], list[Array]]] = {
    "Conv": conv,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalMaxPool": everything(MaxPool),
    "GlobalAveragePool": everything(AveragePool),
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Concat": concat,
    "Add": joined(Add),
    "Mul": joined(Multiply),
}
