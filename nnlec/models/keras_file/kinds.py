"""The classes of Keras's layers that are read: one row each, which reads every option and weight there is.

Source: https://keras.io/api/layers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.models.keras_file import windows
from nnlec.models.keras_file.activations import ACTIVATION_LAYERS, activation
from nnlec.models.keras_file.values import KerasValue, KerasWalk, channels_first
from nnlec.network.activations import ACTIVATIONS, Activation

if TYPE_CHECKING:
    from nnlec.models.keras_file.layer import KerasLayer

Make = Callable[[KerasWalk, "KerasLayer", KerasValue], KerasValue]
Join = Callable[[KerasWalk, "KerasLayer", Sequence[KerasValue]], KerasValue]


def _dense(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """Of maps it is a convolution with kernels of one place: it meets the last axis."""
    walk.unpadded(value)
    units, width, rank = layer.whole("units"), value.shape[-1], len(value.shape)
    shapes: dict[str, tuple[int, ...]] = {"kernel": (width, units)}
    if layer.flag("use_bias", True):
        shapes["bias"] = (units,)
    given = layer.weights(shapes)
    weights: dict[str, Any] = {"bias": given["bias"]} if "bias" in given else {}
    if rank == 1:
        order = value.order
        weights["weights"] = given["kernel"] if order is None else given["kernel"][order]
        made = walk.made(walk.add("dense", weights, value.number), (0,))
    elif rank <= 4:
        turned = walk.turned(value, channels_first(rank - 1, rank))
        weights["weights"] = given["kernel"].T.reshape(units, width, *(1,) * (rank - 1))
        made = walk.made(walk.add("conv", weights, turned.number), turned.axes)
    else:
        raise layer.error(f"it takes examples of {list(value.shape)}, which are more axes than are read")
    return walk.activated(made, activation(layer))


def _activation(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    return walk.activated(value, ACTIVATION_LAYERS[layer.class_name](layer))


def _prelu(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """A learned slope for each number, or for each that `shared_axes` leaves apart."""
    walk.unpadded(value)
    shared = layer.axes("shared_axes", len(value.shape)) if layer.option("shared_axes") else []
    shape = [1 if axis in shared else size for axis, size in enumerate(value.shape)]
    slopes = walk.laid(value, layer.weights({"alpha": shape})["alpha"])
    each = prod(value.shape) // slopes.size
    listed: list[float] = np.repeat(slopes.ravel().astype(np.float64), each).tolist()
    alpha = listed[0] if len(set(listed)) == 1 else tuple(listed)
    return walk.activated(value, [Activation(ACTIVATIONS["prelu"], {"alpha": alpha})])


def _flatten(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """Maps in the order of the network; what comes next is put into that order."""
    walk.unpadded(value)
    first = layer.word("data_format", "channels_last", "channels_first") == "channels_first"
    if len(value.shape) == 1:
        return value
    if first:  # it puts the channels last before it flattens
        value = _moved(value, (*range(1, len(value.shape)), 0))
    number = walk.add("flatten", {}, value.number)
    return KerasValue(number, (prod(value.shape),), (0,), maps=(value.shape, value.axes))


def _moved(value: KerasValue, axes: Sequence[int]) -> KerasValue:
    """The value with Keras's axes in another order, which moves nothing here."""
    shape = tuple(value.shape[axis] for axis in axes)
    return value.used(value.uses, shape=shape, axes=tuple(axes.index(axis) for axis in value.axes))


def _permute(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    order = [axis - 1 for axis in layer.sizes("dims", len(value.shape))]
    if sorted(order) != list(range(len(order))):
        raise layer.error("dims does not name each axis once")
    return _moved(walk.plain(walk.unpadded(value)), order)


def _reshape(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    given, total = layer.option("target_shape"), prod(value.shape)
    sizes = list(given) if isinstance(given, list | tuple) else [given]
    whole = all(isinstance(each, int) and not isinstance(each, bool) and (each > 0 or each == -1) for each in sizes)
    known = prod(each for each in sizes if each != -1) if whole else 0
    if not known or sizes.count(-1) > 1 or total % known or len(sizes) > 6:
        raise layer.error(f"examples of {list(value.shape)} do not become what target_shape says")
    shape = tuple(total // known if each == -1 else each for each in sizes)
    if prod(shape) != total:
        raise layer.error(f"examples of {list(value.shape)} do not become {list(shape)}")
    return walk.reshaped(value, shape)


def _batch_norm(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    walk.unpadded(value)
    rank = len(value.shape)
    axis = layer.axis("axis", rank)
    layer.off("renorm", "virtual_batch_size", "adjustment")
    names = (*_learned(layer), "moving_mean", "moving_variance")
    weights = layer.weights(dict.fromkeys(names, (value.shape[axis],)))
    if rank > 1:
        value = walk.turned(value, channels_first(axis, rank))
    order = value.order
    given: dict[str, object] = {"epsilon": layer.number("epsilon", 1e-3)}
    given |= {_NORM[theirs]: array if order is None else array[order] for theirs, array in weights.items()}
    return walk.like(value, "batch_norm", given)


_NORM = {"gamma": "scale", "beta": "shift", "moving_mean": "mean", "moving_variance": "variance"}


def _learned(layer: KerasLayer) -> list[str]:
    """The weights that a norm has by its options."""
    return [name for name, key in (("gamma", "scale"), ("beta", "center")) if layer.flag(key, True)]


def _layer_norm(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    walk.unpadded(value)
    over = sorted(layer.axes("axis", len(value.shape)))
    layer.off("rms_scaling")
    sizes = [value.shape[axis] for axis in over]
    weights = layer.weights(dict.fromkeys(_learned(layer), sizes))
    given: dict[str, object] = {"epsilon": layer.number("epsilon", 1e-3)}
    kept = [axis for axis in range(len(value.shape)) if axis not in over]
    if any(value.shape[axis] != 1 for axis in kept):
        value = walk.turned(value, (*kept, *over))
        given |= {_NORM[theirs]: array.reshape(sizes) for theirs, array in weights.items()}
        if not weights:
            given["scale"] = np.ones(sizes)  # its shape says over which axes the norm is
        return walk.made(walk.add("layer_norm", given, value.number), value.axes)
    for theirs, array in weights.items():
        whole = array.reshape(value.shape).transpose(value.axes)
        given[_NORM[theirs]] = whole if value.order is None else whole[value.order]
    return walk.like(value, "layer_norm", given)


def _scaled(walk: KerasWalk, value: KerasValue, steps: Mapping[str, np.ndarray]) -> KerasValue:
    """A scale layer; numbers lie on Keras's last axes."""
    walk.unpadded(value)
    given = {key: walk.laid(value, numbers) for key, numbers in steps.items()}
    return walk.like(value, "scale", given)


def _numbers(layer: KerasLayer, key: str, default: float | None = None) -> np.ndarray:
    """An option that is a number, or a nested list of numbers."""
    try:
        return np.asarray(layer.option(key, default), dtype=np.float64)
    except (TypeError, ValueError):
        raise layer.error(f"{key} does not hold numbers") from None


def _rescaling(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    steps = {"multiply": _numbers(layer, "scale"), "add": _numbers(layer, "offset", 0.0)}
    return _scaled(walk, value, {key: each for key, each in steps.items() if key == "multiply" or each.any()})


def _normalization(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """What training saw has mean 0 and variance 1; its spread is 1e-7 at the least."""
    rank = len(value.shape)
    kept = layer.axes("axis", rank) if layer.option("axis", -1) is not None else []
    shape = [size if axis in kept else 1 for axis, size in enumerate(value.shape)]
    if layer.option("mean") is None:
        sizes = [value.shape[axis] for axis in sorted(kept)]
        mean, variance, _ = layer.weights({"mean": sizes, "variance": sizes, "count": ()}).values()
    else:
        mean, variance = _numbers(layer, "mean"), _numbers(layer, "variance")
    if not {mean.size, variance.size} <= {1, prod(shape)}:
        raise layer.error(f"{mean.size} means and {variance.size} variances for examples of {list(value.shape)}")
    mean, variance = (each if each.size == 1 else each.reshape(shape) for each in (mean, variance))
    layer.option("variance")
    spread = np.maximum(np.sqrt(variance.astype(np.float64)), 1e-7)
    if layer.flag("invert", False):
        return _scaled(walk, value, {"multiply": spread, "add": mean})
    return _scaled(walk, value, {"subtract": mean, "divide": spread})


def _dropout(walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    walk.unpadded(value)
    rate = layer.number("rate")
    layer.option("data_format")
    return walk.like(value, "dropout", {"rate": rate})


def _nothing(_walk: KerasWalk, layer: KerasLayer, value: KerasValue) -> KerasValue:
    """A layer that changes something in learning alone, whatever its options."""
    layer.ignored = True
    return value


def _alike(walk: KerasWalk, layer: KerasLayer, values: Sequence[KerasValue]) -> list[KerasValue]:
    """The values with their axes in one order."""
    plain = [walk.plain(walk.unpadded(value)) for value in values]
    ranks = {len(value.shape) for value in plain}
    if len(values) < 2 or len(ranks) > 1:
        shapes = " and ".join(str(list(value.shape)) for value in values)
        raise layer.error(f"{shapes} come in, expected two or more with equally many axes")
    return [walk.turned(value, plain[0].axes) for value in plain]


def _joined(kind: str, walk: KerasWalk, layer: KerasLayer, values: Sequence[KerasValue]) -> KerasValue:
    alike = _alike(walk, layer, values)
    return walk.made(walk.add(kind, {}, *(value.number for value in alike)), alike[0].axes)


def _subtract(walk: KerasWalk, layer: KerasLayer, values: Sequence[KerasValue]) -> KerasValue:
    if len(values) != 2:
        raise layer.error(f"{len(values)} come in, expected two")
    first, second = _alike(walk, layer, values)
    negative = walk.add("scale", {"multiply": -1.0}, second.number, name="")
    return walk.made(walk.add("add", {}, first.number, negative), first.axes)


def _average(walk: KerasWalk, layer: KerasLayer, values: Sequence[KerasValue]) -> KerasValue:
    total = _joined("add", walk, layer, values)
    return walk.made(walk.add("scale", {"divide": float(len(values))}, total.number), total.axes)


def _concatenate(walk: KerasWalk, layer: KerasLayer, values: Sequence[KerasValue]) -> KerasValue:
    rank = len(values[0].shape)
    order = channels_first(layer.axis("axis", rank), rank)
    alike = [walk.turned(value, order) for value in _alike(walk, layer, values)]
    return walk.made(walk.add("concat", {}, *(value.number for value in alike)), order)


def _of_axes(names: str, make: Callable[..., KerasValue], most: int = 3) -> dict[str, Make]:
    """A class for each number of axes, which is what `make` takes first."""
    return {names.format(axes): partial(make, axes) for axes in range(1, most + 1)}


LAYERS: Mapping[str, Make] = {
    "Dense": _dense,
    **dict.fromkeys(ACTIVATION_LAYERS, _activation),
    "PReLU": _prelu,
    **_of_axes("Conv{}D", windows.conv),
    **_of_axes("DepthwiseConv{}D", windows.depthwise, 2),
    **_of_axes("SeparableConv{}D", windows.separable, 2),
    **_of_axes("MaxPooling{}D", partial(windows.pool, "max_pool")),
    **_of_axes("AveragePooling{}D", partial(windows.pool, "average_pool")),
    **_of_axes("GlobalMaxPooling{}D", partial(windows.whole_map, "max_pool")),
    **_of_axes("GlobalAveragePooling{}D", partial(windows.whole_map, "average_pool")),
    **_of_axes("ZeroPadding{}D", windows.zeros),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    **dict.fromkeys(("BatchNormalization", "BatchNormalizationV1"), _batch_norm),
    "LayerNormalization": _layer_norm,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), _dropout),
    **dict.fromkeys(("GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization"), _nothing),
    **{f"Random{what}": _nothing for what in ("Flip", "Rotation", "Zoom", "Translation", "Contrast", "Brightness")},
    "Identity": _nothing,
}
"""Class of a layer -> what it makes of what comes in."""

JOINS: Mapping[str, Join] = {
    "Add": partial(_joined, "add"),
    "Multiply": partial(_joined, "multiply"),
    "Subtract": _subtract,
    "Average": _average,
    "Concatenate": _concatenate,
}
"""Class of a layer that takes several -> what it makes of them."""

REASONS: Mapping[str, str] = {
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional"), "recurrent layers are not read"),
    **{f"ConvLSTM{axes}D": "recurrent layers are not read" for axes in (1, 2, 3)},
    **{f"{kind}Attention": "attention is not read" for kind in ("", "Additive", "MultiHead", "GroupQuery")},
    "Lambda": "it holds Python code, which is not run",
    "Embedding": "a look-up by what the rows hold is not read",
    "Masking": "masks are not read",
    "TimeDistributed": "a layer that is used for each step is not read",
    **dict.fromkeys(("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"), "an operation outside a layer is not read"),
}
"""Why a class is refused, where there is more to say than that no layer does it."""
