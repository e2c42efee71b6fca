"""Keras models made by hand: descriptions as Keras writes them, and arrays by the paths of their groups."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import nnlec
from nnlec import Network


def described(*layers: tuple[str, Mapping[str, Any]], shape: tuple[Any, ...] = (2,), **more: Any) -> dict[str, Any]:
    """A Sequential model as Keras 3 describes it."""
    first = {"class_name": "InputLayer", "module": "keras.layers", "config": {"batch_shape": [None, *shape]}}
    listed = [
        {
            "class_name": name,
            "module": "keras.layers",
            "registered_name": None,
            "config": {"name": f"l{place}", **config},
        }
        for place, (name, config) in enumerate(layers)
    ]
    return {"class_name": "Sequential", "module": "keras", "config": {"name": "s", "layers": [first, *listed]}, **more}


def saved(
    folder: Path, entry: object, arrays: Mapping[str, Any] | None = None, change: Callable[[Any], None] | None = None
) -> Path:
    """A .keras file; `change` may do something to its file of weights."""
    import h5py

    weights = BytesIO()
    with h5py.File(weights, "w") as file:
        for key, array in (arrays or {}).items():
            file[f"layers/{key}"] = np.asarray(array, dtype=np.float32)
        if change is not None:
            change(file)
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", entry if isinstance(entry, str) else json.dumps(entry))
        archive.writestr("metadata.json", '{"keras_version": "3.9.0"}')
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


def functional(**changes: Any) -> dict[str, Any]:
    """A Functional model of a dense layer."""
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    node = {"args": [tensor], "kwargs": {}}
    layers = [
        {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, 2]}, "inbound_nodes": []},
        {"class_name": "Dense", "name": "d", "config": {"units": 1}, "inbound_nodes": [node]},
    ]
    given = {"layers": layers, "input_layers": ["x", 0, 0], "output_layers": [["d", 0, 0]]} | changes
    return {"class_name": "Functional", "config": given}


def in_memory(entry: Mapping[str, Any], weights: Mapping[str, Any]) -> Any:
    """What a model in memory shows of itself."""
    named = [SimpleNamespace(name=name, get_weights=lambda arrays=arrays: arrays) for name, arrays in weights.items()]
    return SimpleNamespace(to_json=lambda: json.dumps(entry), layers=named)


def chained(*layers: tuple[Any, ...], shape: tuple[int, ...] = (2,), **more: Any) -> Network:
    """The network of a Sequential model in memory; a layer is its class, its options and its weights."""
    weights = {f"l{place}": list(map(np.asarray, arrays)) for place, (_, _, *arrays) in enumerate(layers)}
    named = {config.get("name", f"l{place}"): weights[f"l{place}"] for place, (_, config, *_) in enumerate(layers)}
    entry = described(*((kind, config) for kind, config, *_ in layers), shape=shape, **more)
    return nnlec.from_keras(in_memory(entry, named))


def tensor(name: str, use: int = 0) -> dict[str, Any]:
    """What a layer gives, as Keras 3 describes it where another takes it."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, use, 0]}}


def graphed(*layers: tuple[Any, ...], shape: tuple[int, ...] = (2,), **changes: Any) -> Any:
    """A Functional model in memory: a layer is its class, its name, what it takes, its options and its weights."""
    first = {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, *shape]}, "inbound_nodes": []}
    listed = []
    for kind, name, taken, options, *_ in layers:
        given = [tensor(each) for each in taken.split()]
        node: dict[str, Any] = {"args": [given] if len(given) > 1 else given, "kwargs": {}}
        entry = {"class_name": kind, "name": name, "config": {"name": name, **options}, "inbound_nodes": [node]}
        listed.append(entry)
    ends = {"input_layers": ["x", 0, 0], "output_layers": [layers[-1][1], 0, 0]}
    model = {"class_name": "Functional", "config": {"layers": [first, *listed], **ends} | changes}
    return in_memory(model, {name: list(map(np.asarray, arrays)) for _, name, _, _, *arrays in layers})


def kinds(network: Network) -> str:
    """The kinds of a network's layers, with the activations of those that have one: `conv+relu flatten dense`."""
    shown = [(layer.kind, layer.activation) for layer in network.layers]
    return " ".join(kind if bent.is_identity else f"{kind}+{bent.name}" for kind, bent in shown)
