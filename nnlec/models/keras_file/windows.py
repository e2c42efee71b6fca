"""Keras's layers that look at windows of maps: convolution, pooling, and the zeros around maps."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.models.keras_file.activations import activation
from nnlec.models.keras_file.values import KerasValue, KerasWalk, channels_first
from nnlec.models.padding import placed, same_padding
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.models.keras_file.layer import KerasLayer

_NEVER_NEGATIVE = {"relu", "sigmoid", "softplus", "exponential", "softmax", "hard_sigmoid"}


def channel_axis(layer: KerasLayer, value: KerasValue, axes: int) -> int:
    """The axis of the channels of maps with that many axes more."""
    last = layer.word("data_format", "channels_last", "channels_first") == "channels_last"
    if len(value.shape) != axes + 1:
        raise layer.error(f"windows with {counted(axes, 'axis')} over examples of {list(value.shape)}")
    return axes if last else 0


def _maps(walk: KerasWalk, layer: KerasLayer, value: KerasValue, axes: int) -> KerasValue:
    """The value with channels first; its shape and padding are those of the axes in that order."""
    axis = channel_axis(layer, value, axes)
    order = channels_first(axis, axes + 1)
    padding = value.padding or ((0, 0),) * len(value.shape)
    turned = walk.turned(value, order)
    laid = KerasValue(turned.number, turned.shape, order, padding=tuple(padding[each] for each in order))
    if any(laid.padding[0]):
        raise layer.error("zeros around the channels, which no layer adds")
    return laid


def _placed(
    layer: KerasLayer, maps: KerasValue, kernel: tuple[int, ...], padding: str, stride: int | tuple[int, ...] = 1
) -> dict[str, object]:
    """stride, padding and dilation, those that are not as usual."""
    axes = len(kernel)
    strides, dilation = layer.sizes("strides", axes, stride), layer.sizes("dilation_rate", axes, 1)
    pads = np.array(maps.padding[1:])
    if padding == "causal":
        pads[0, 0] += (kernel[0] - 1) * dilation[0]
    elif padding == "same":
        sizes = [maps.shape[axis] + sum(pair) for axis, pair in zip(maps.axes[1:], maps.padding[1:], strict=True)]
        pads += np.reshape(same_padding(sizes, kernel, strides, dilation, upper=True), (2, axes)).T
    return placed(strides, dilation, pads)


def _kernels(weights: np.ndarray) -> np.ndarray:
    """(..., in, out) as (out, in, ...)."""
    axes = weights.ndim - 2
    return weights.transpose(axes + 1, axes, *range(axes))


def conv(axes: int, walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """Convolution over that many axes."""
    maps = _maps(walk, layer, value, axes)
    kernel, filters, groups = layer.sizes("kernel_size", axes), layer.whole("filters"), layer.whole("groups", 1)
    channels = maps.shape[maps.axes[0]]
    shapes: dict[str, tuple[int, ...]] = {"kernel": (*kernel, channels // groups, filters)}
    if layer.flag("use_bias", True):
        shapes["bias"] = (filters,)
    padding = layer.word("padding", "valid", "same", *(("causal",) if axes == 1 else ()))
    given = _placed(layer, maps, kernel, padding)
    weights = layer.weights(shapes)
    given |= {"weights": _kernels(weights["kernel"]), "groups": groups}
    return _with_bias(walk, layer, given, weights, maps)


def _with_bias(
    walk: KerasWalk, layer: KerasLayer, given: dict[str, object], weights: Any, maps: KerasValue
) -> KerasValue:
    if "bias" in weights:
        given["bias"] = weights["bias"]
    steps = activation(layer)
    return walk.activated(walk.made(walk.add("conv", given, maps.number), maps.axes), steps)


def depthwise(axes: int, walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """Kernels of its own for each channel."""
    maps = _maps(walk, layer, value, axes)
    given, shapes = _depthwise(layer, maps, axes, "kernel")
    if layer.flag("use_bias", True):
        shapes["bias"] = (shapes["kernel"][-1] * shapes["kernel"][-2],)
    weights = layer.weights(shapes)
    given["weights"] = _kernels_of_each(weights["kernel"])
    return _with_bias(walk, layer, given, weights, maps)


def separable(axes: int, walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """Kernels of its own for each channel, and then one number for each two channels."""
    maps = _maps(walk, layer, value, axes)
    given, shapes = _depthwise(layer, maps, axes, "depthwise_kernel")
    filters = layer.whole("filters")
    shapes["pointwise_kernel"] = (*(1,) * axes, shapes["depthwise_kernel"][-1] * maps.shape[maps.axes[0]], filters)
    if layer.flag("use_bias", True):
        shapes["bias"] = (filters,)
    weights = layer.weights(shapes)
    given["weights"] = _kernels_of_each(weights["depthwise_kernel"])
    first = walk.made(walk.add("conv", given, maps.number, name=f"{layer.name}_depthwise"), maps.axes)
    return _with_bias(walk, layer, {"weights": _kernels(weights["pointwise_kernel"])}, weights, first)


def _depthwise(
    layer: KerasLayer, maps: KerasValue, axes: int, name: str
) -> tuple[dict[str, object], dict[str, tuple[int, ...]]]:
    """The values of a convolution of each channel by itself, and the shape of its weights."""
    channels = maps.shape[maps.axes[0]]
    kernel, times = layer.sizes("kernel_size", axes), layer.whole("depth_multiplier", 1)
    if layer.whole("groups", 1) != 1:
        raise layer.error("groups of channels, each of which has kernels of its own anyway")
    given = _placed(layer, maps, kernel, layer.word("padding", "valid", "same"))
    return given | {"groups": channels}, {name: (*kernel, channels, times)}


def _kernels_of_each(weights: np.ndarray) -> np.ndarray:
    """(..., channels, times) as (channels * times, 1, ...)."""
    axes = weights.ndim - 2
    return weights.transpose(axes, axes + 1, *range(axes)).reshape(-1, 1, *weights.shape[:axes])


def pool(kind: str, axes: int, walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """The largest, or the mean, of each window; a mean leaves Keras's own padding out."""
    maps = _maps(walk, layer, value, axes)
    size = layer.sizes("pool_size", axes, 2)
    same = layer.word("padding", "valid", "same")
    given = _placed(layer, maps, size, same, stride=size) | {"size": np.array(size, float)}
    zeros = any(map(any, maps.padding))
    if zeros and kind == "max_pool" and not _never_negative(walk, maps.number):
        raise layer.error("zeros around maps that may be negative: a largest number leaves padding out")
    if zeros and kind == "average_pool":
        if same == "same":
            raise layer.error("zeros that count, and padding that does not count")
        given["count_padding"] = "true"
    return walk.made(walk.add(kind, given, maps.number), maps.axes)


def _never_negative(walk: KerasWalk, number: int) -> bool:
    made = walk.assembly.layer(number)
    return made is not None and made.activation.name in _NEVER_NEGATIVE


def whole_map(kind: str, axes: int, walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """One window, the whole map; `keepdims` keeps its axes with size 1."""
    maps = _maps(walk, layer, walk.unpadded(value), axes)
    pooled = walk.made(walk.add(kind, {"size": "all"}, maps.number), maps.axes)
    return pooled if layer.flag("keepdims", False) else walk.reshaped(pooled, (prod(pooled.shape),))


def zeros(axes: int, walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """Zeros around maps, which the next layer adds."""
    walk.unpadded(value)
    axis = channel_axis(layer, value, axes)
    given = layer.option("padding", 1)
    listed = list(given) if isinstance(given, list | tuple) else [given] * axes
    if axes == 1 and len(listed) == 2:
        listed = [listed]
    pairs = [tuple(each) if isinstance(each, list | tuple) else (each, each) for each in listed]
    whole = all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 10_000 for pair in pairs for n in pair)
    if len(pairs) != axes or not whole or any(len(pair) != 2 for pair in pairs):
        raise layer.error("its padding is not read")
    pairs.insert(axis, (0, 0))
    return value.used(value.uses, padding=tuple(pairs))
