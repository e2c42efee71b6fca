"""Networks written as files: YAML, JSON, ONNX, weights alone, a Python program; one file and one row each."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlec.errors import NnlecError, unknown
from nnlec.filetypes import by_suffix

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network

WRITERS: dict[str, str] = {
    "yaml": "nnlec.models.writers.text",
    "json": "nnlec.models.writers.text",
    "onnx": "nnlec.models.onnx_file.write",
    "safetensors": "nnlec.models.writers.arrays",
    "npz": "nnlec.models.writers.arrays",
    "python": "nnlec.models.writers.python",
}
"""Format -> the module that writes it, by `write(network, format, stem)`."""


class WrittenFile(NamedTuple):
    """Bytes of a file, those of files beside it by name, and what the format could not say."""

    content: bytes
    beside: dict[str, bytes]
    notes: tuple[str, ...] = ()


def written(network: Network, form: str, stem: str = "network") -> WrittenFile:
    """A network in that format; files beside it are named after `stem`. Raises `NnlecError` for what cannot be said."""
    if form not in WRITERS:
        raise unknown("format", form, WRITERS)
    made: WrittenFile = import_module(WRITERS[form]).write(_named(network), form, stem)
    return made


def _named(network: Network) -> Network:
    """The network with a name for each layer, by which its arrays are found: that of its place where it has none.

    Raises `NnlecError` where two layers have the same name.
    """
    names = [layer.name or f"layer {number}" for number, layer in enumerate(network.layers, start=1)]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise NnlecError(f"two layers are named {twice!r}", hint="a file finds weights by their layer's name")
    if all(layer.name for layer in network.layers):
        return network
    named = (replace(of, name=name) for of, name in zip(network.layers, names, strict=True))  # type: ignore[type-var]
    return replace(network, layers=tuple(named))


def format_of(path: str) -> str:
    """The format that a file's suffix names. Raises `NnlecError` for any other."""
    named = by_suffix(path)
    if path.lower().endswith(".py"):
        return "python"
    if named is None or named.name not in WRITERS or path.lower().endswith(".gz"):
        suffixes = ".yaml, .json, .onnx, .safetensors, .npz, .py"
        raise NnlecError(f"no format is known by this suffix, expected {suffixes}", where=path, hint="or give -f")
    return named.name


def single(array: Array) -> np.ndarray:
    """Numbers in single precision, those too large for it at its bound."""
    bound = np.finfo(np.float32).max
    return np.clip(array, -bound, bound).astype(np.float32)


def rounding_note(arrays: list[Array]) -> str:
    """What rounding to single precision does to these numbers; empty where it does nothing."""
    changed = total = 0
    largest = 0.0
    for array in arrays:
        rounded = single(array).astype(np.float64)
        different = rounded != array
        total += array.size
        changed += int(different.sum())
        if different.any():
            relative = np.abs(rounded - array) / np.maximum(np.abs(array), np.finfo(np.float32).tiny)
            largest = max(largest, float(relative.max()))
    if not changed:
        return ""
    return f"{changed:,} of {total:,} weights are rounded to single precision, by {largest:.1e} of themselves at most"
