"""Networks written in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from nnlec.activations import activation
from nnlec.errors import NnlecError
from nnlec.network import Dense, Network

if TYPE_CHECKING:
    from nnlec.network import Array


def load(path: str) -> Network:
    """The network in the YAML file at `path`."""
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise NnlecError(f"cannot read: {error.strerror}", where=path) from None
    layers = tuple(_dense(layer, number, path) for number, layer in enumerate(document["layers"], start=1))
    name, unit, loss = (str(document.get(key, "")) for key in ("name", "unit", "loss"))
    inputs, classes, outputs = (tuple(map(str, document.get(key, ()))) for key in ("inputs", "classes", "outputs"))
    return Network(layers, name, inputs, classes, outputs, unit, loss)


def _dense(layer: dict[str, Any], number: int, path: str) -> Dense:
    weights = _weights(layer["weights"], path)
    bias: Array | None = None
    first_row = layer.get("bias") == "first-row"
    if first_row:
        bias, weights = weights[0], np.ascontiguousarray(weights[1:])
    elif layer.get("bias", "none") != "none":
        bias = _weights(layer["bias"], path)
    name = str(layer.get("name", f"layer {number}"))
    return Dense(weights, bias, activation(layer.get("activation", "identity")), name, first_row)


def _weights(given: Any, path: str) -> Array:
    if isinstance(given, dict):
        return np.asarray(np.load(Path(path).parent / given["file"], allow_pickle=False)[given["array"]], np.float64)
    return np.asarray(given, dtype=np.float64)
