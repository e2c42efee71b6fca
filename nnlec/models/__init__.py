"""Files in, networks out: one row per kind of file."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.filetypes import by_suffix
from nnlec.models.values import Values, parse_values
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.network import Network

__all__ = ["LOADERS", "Values", "load_network", "parse_values"]

LOADERS: dict[str, str] = {
    ".yaml": "nnlec.models.yaml_file",
    ".yml": "nnlec.models.yaml_file",
    ".json": "nnlec.models.yaml_file",
}
"""Suffix -> the module whose `load` reads such a file, imported when one is read."""

_ANY_OTHER = "nnlec.models.yaml_file"

_NAMED = "name them in a network file: weights: {file: ...}"
_OTHERS = {
    "onnx": "",
    "tflite": "",
    "safetensors": _NAMED,
    "npz": _NAMED,
    "npy": _NAMED,
    "csv": "the network comes first, then the table",
    "tsv": "the network comes first, then the table",
    "jsonl": "the network comes first, then the table",
    "parquet": "the network comes first, then the table",
}
"""Types of files that are often given as a network by mistake, and hints."""


def load_network(path: str | os.PathLike[str], *, allow_outside: bool = False) -> Network:
    """The network that the file describes.

    A suffix that is not in `LOADERS` is read as YAML: that loader looks at the first bytes and says what else they
    are. Weight files must lie in the network file's folder, or beneath it, unless `allow_outside`.

    Raises `NnlecError` with the place, `FILE:LINE:COL: layers[1].weights: ...`, for whatever is wrong with the file.

    >>> network = load_network("configs/lecture.yaml")
    >>> network.n_in, network.n_out, network.name
    (3, 2, 'Lecture example')
    """
    suffix = Path(path).suffix.lower()
    named = by_suffix(str(path))
    if named is not None and named.name in _OTHERS:
        hint = _OTHERS[named.name]
        raise NnlecError(f"this is {named.what}, expected a network", where=visible(str(path)), hint=hint)
    module = import_module(LOADERS.get(suffix, _ANY_OTHER))
    network: Network = module.load(Path(path), allow_outside=allow_outside)
    return network
