"""What a network file says of a layer: the values of its kind's keys, and its arrays by PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nnlec.network.layers import Layer
    from nnlec.network.network import Network

LayerValues = dict[str, Any]


def values_of(layer: Layer) -> LayerValues:
    """Arrays, whole numbers and words by key, those that are not as usual."""
    return _VALUES[layer.kind](layer)


def _dense(layer: Any) -> LayerValues:
    if layer.bias_in_first_row:
        return {"weights": np.vstack([layer.bias, layer.weights]), "bias": "first-row"}
    return {"weights": layer.weights, "bias": "none" if layer.bias is None else layer.bias}


def _windows(layer: Any) -> LayerValues:
    """stride, padding and dilation of a layer's windows."""
    axes = layer.windows.axes
    found: LayerValues = {"stride": [axis.stride for axis in axes]}
    if any(axis.before or axis.after for axis in axes):
        found["padding"] = [[axis.before, axis.after] for axis in axes]
    if any(axis.dilation != 1 for axis in axes):
        found["dilation"] = [axis.dilation for axis in axes]
    return found


def _conv(layer: Any) -> LayerValues:
    found: LayerValues = {"weights": layer.weights, "bias": "none" if layer.bias is None else layer.bias}
    found |= _windows(layer)
    if layer.groups != 1:
        found["groups"] = layer.groups
    if layer.flip:
        found["flip"] = "true"
    return found


def _pool(layer: Any) -> LayerValues:
    if isinstance(layer.window, str):
        return {"size": "all"}
    found: LayerValues = {"size": [axis.window for axis in layer.windows.axes]} | _windows(layer)
    if getattr(layer, "count_padding", False):
        found["count_padding"] = "true"
    return found


def _norm(layer: Any) -> LayerValues:
    names = ("mean", "variance") if layer.kind == "batch_norm" else ()
    found: LayerValues = {name: getattr(layer, name) for name in (*names, "scale", "shift")}
    return found | {"epsilon": layer.epsilon}


_VALUES: Mapping[str, Callable[[Any], LayerValues]] = {
    "dense": _dense,
    "conv": _conv,
    "max_pool": _pool,
    "average_pool": _pool,
    "batch_norm": _norm,
    "layer_norm": _norm,
    "scale": lambda layer: dict(layer.arrays) or {"multiply": np.array(1.0)},
    "reshape": lambda layer: {"shape": list(layer.to)},
    "transpose": lambda layer: {"axes": list(layer.axes)},
    "dropout": lambda layer: {"rate": np.array(layer.rate)},
    **dict.fromkeys(("flatten", "add", "multiply", "concat"), lambda _: {}),
}

_NAMES: Mapping[str, Mapping[str, str]] = {
    "dense": {"weights": "weight", "bias": "bias"},
    "conv": {"weights": "weight", "bias": "bias"},
    "batch_norm": {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"},
    "layer_norm": {"scale": "weight", "shift": "bias"},
}
"""Kind -> key -> the name of its array in a state_dict."""


def state_of(network: Network) -> dict[str, np.ndarray]:
    """Every learned array by PyTorch's name, `hidden.weight` (out, in)."""
    return {
        state_name(layer, key): array.T if (layer.kind, key) == ("dense", "weights") else array
        for layer in network.layers
        for key, array in learned(layer).items()
    }


def learned(layer: Layer) -> dict[str, np.ndarray]:
    """The arrays of a layer that were learned, the bias by itself."""
    if layer.kind in ("batch_norm", "layer_norm"):
        return {key: value for key, value in values_of(layer).items() if key != "epsilon"}
    return dict(layer.arrays)


def state_name(layer: Layer, key: str) -> str:
    """The name of a layer's array in a file of weights."""
    return f"{layer.name.replace(' ', '_')}.{_NAMES.get(layer.kind, {}).get(key, key)}"
