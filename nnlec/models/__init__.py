"""Readers of network files, files of weights, students' answers, and values typed on a command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.filetypes import by_suffix
from nnlec.models.values import Values, parse_values
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.network import Network

__all__ = ["Values", "load_network", "parse_values"]

_NAMED = "name them in a network file: weights: {file: ...}"
_OTHERS = {
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
    """The network that the file describes: YAML or JSON, or a model of another tool, recognised by its content.

    Weight files must lie in the network file's folder, or beneath it, unless `allow_outside`.

    Raises `NnlecError` with the place, `FILE:LINE:COL: layers[1].weights: ...`, for whatever is wrong with the file.

    >>> network = load_network("configs/lecture.yaml")
    >>> network.n_in, network.n_out, network.name
    (3, 2, 'Lecture example')
    """
    from nnlec.models.formats import format_of, load_as

    form = format_of(Path(path))
    if form is not None:
        return load_as(form, Path(path), allow_outside=allow_outside)
    named = by_suffix(str(path))
    if named is not None and named.name in _OTHERS:
        hint = _OTHERS[named.name]
        raise NnlecError(f"this is {named.what}, expected a network", where=visible(str(path)), hint=hint)
    from nnlec.models.yaml_file import load

    return load(Path(path), allow_outside=allow_outside)
