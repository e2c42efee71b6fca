"""Weights alone: named arrays of a PyTorch, safetensors or NumPy file, which say nothing of how they are connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.filetypes import by_content, by_suffix
from nnlec.text import visible

if TYPE_CHECKING:
    from zipfile import ZipFile

State = Mapping[str, np.ndarray]


def refuse_weights(path: Path) -> NnlecError:
    """The error for weights given where a network is expected; for a whole module, that it is a program."""
    try:
        read_state(path)
    except NnlecError as error:
        return error
    return NnlecError(
        "this is weights alone, expected a network: which activations stand between them is not in it",
        hint=f"nnlec convert {visible(path.name)} -o net.yaml writes a network to complete",
    )


def is_state(path: Path) -> bool:
    """Whether a file holds weights alone."""
    with open(path, "rb", opener=system.open_at_once) as file:
        head = file.read(256)
    found = by_content(head) or by_suffix(str(path))
    if found is None:
        return False
    if found.name == "zip":
        from nnlec.models.archives import holds_weights, opened

        with opened(path) as archive:
            return holds_weights(archive)
    return found.name == "safetensors" or (found.name == "pickle" and head[2:4] == b"\x8a\x0a")


def read_state(path: Path) -> State:
    """Every array of a file of weights, in its order. Raises `NnlecError` for any other file.

    safetensors orders names as texts, layer 10 before layer 2: they are put in natural order.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"PK":
        from nnlec.models.archives import opened

        with opened(path) as archive:
            if all(name.endswith(".npy") for name in archive.namelist()):
                found = _of_npz(archive)
            else:
                from nnlec.models.pickled.torch_file import read_archive

                found = read_archive(archive)
    elif head[:1] == b"\x80":
        from nnlec.models.pickled import read_unpacked
        from nnlec.models.pickled.torch_file import read_old

        found = read_old(BytesIO(read_unpacked(path)))
    else:
        from nnlec.models.weights.safetensors import read_all

        with path.open("rb") as file:
            arrays = read_all(file, path.stat().st_size)
        found = {name: arrays[name] for name in sorted(arrays, key=natural)}
    return found


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that puts layer 2 before layer 10.

    >>> sorted(["0.weight", "10.weight", "2.weight"], key=natural)
    ['0.weight', '2.weight', '10.weight']
    """
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d{1,15})", name))


def _of_npz(archive: ZipFile) -> State:
    from nnlec.models.archives import member
    from nnlec.models.weights.npy import read_numbers

    contents = {name.removesuffix(".npy"): member(archive, name) for name in archive.namelist()}
    return {name: read_numbers(BytesIO(content), len(content)) for name, content in contents.items()}
