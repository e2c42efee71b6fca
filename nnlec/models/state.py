"""Weights alone: named arrays of a PyTorch, safetensors or NumPy file, which say nothing of how they are connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.filetypes import by_content, by_suffix
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from nnlec.network.network import Network

State = Mapping[str, np.ndarray]


def refuse_weights(path: Path) -> NnlecError:
    """The error for weights given where a network is expected."""
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
        from nnlec.models.archives import opened

        with opened(path) as archive:
            names = archive.namelist()
            return any(name.endswith("/data.pkl") for name in names) or all(name.endswith(".npy") for name in names)
    return found.name == "safetensors" or (found.name == "pickle" and head[2:4] == b"\x8a\x0a")


def read_state(path: Path) -> State:
    """Every array of a file of weights, in its order. Raises `NnlecError` for any other file.

    safetensors orders names as texts, layer 10 before layer 2: they are put in natural order.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
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


def _of_npz(archive: object) -> State:
    from zipfile import ZipFile

    from nnlec.models.archives import member
    from nnlec.models.weights.npy import read_numbers

    assert isinstance(archive, ZipFile)
    contents = {name.removesuffix(".npy"): member(archive, name) for name in archive.namelist()}
    return {name: read_numbers(BytesIO(content), len(content)) for name, content in contents.items()}


def chained(state: State) -> Network:
    """A network of the matrices in their order, each with the bias behind it; the activations are all identity.

    Raises `NnlecError` where sizes do not meet, and for what is neither a matrix nor a bias of one.
    """
    from nnlec.models.assembly import Assembly, layer_of

    matrices = {name: array for name, array in state.items() if array.ndim == 2}
    if not matrices:
        raise NnlecError(f"{counted(len(state), 'array')}, none of them a matrix")
    biases = {name: array for name, array in state.items() if array.ndim == 1}
    others = [name for name in state if name not in matrices and name not in biases]
    if others:
        raise NnlecError(f"{others[0]!r} is {state[others[0]].ndim}-D: only matrices and their biases are put together")
    rows_out = _rows_are_outputs(matrices, biases)
    first = next(iter(matrices.values()))
    assembly = Assembly((int(first.shape[1 if rows_out else 0]),))
    for name, matrix in matrices.items():
        values: dict[str, object] = {"weights": matrix.T if rows_out else matrix}
        bias = biases.pop(_bias_name(name, biases), None)
        if bias is not None:
            values["bias"] = bias
        try:
            assembly.add("dense", values, (len(assembly.layers),), layer_of(name))
        except NnlecError as error:
            raise error.at(name) from None
    if biases:
        raise NnlecError(f"{next(iter(biases))!r} is the bias of no matrix: a norm, or a layer of another kind")
    single = all(array.dtype.itemsize <= 4 for array in state.values())
    return assembly.network(dtype="float32" if single else "float64")


def _rows_are_outputs(matrices: State, biases: State) -> bool:
    """Whether matrices are (out, in), as PyTorch has them: where names or the biases say so, else where they chain."""
    if any(name.endswith(".weight") for name in matrices):
        return True
    shapes = [array.shape for array in matrices.values()]
    chain = all(one[1] == other[0] for one, other in pairwise(shapes))
    turned = all(one[0] == other[1] for one, other in pairwise(shapes))
    for name, array in matrices.items():
        bias = biases.get(_bias_name(name, biases))
        if bias is not None:
            chain, turned = chain and len(bias) == array.shape[1], turned and len(bias) == array.shape[0]
    return turned and not chain


def _bias_name(name: str, biases: State) -> str:
    """The name of the bias of a matrix: fc.weight and fc.bias, W1 and b1, coefs_0 and intercepts_0."""
    pairs = (("weight", "bias"), ("weights", "biases"), ("weights", "bias"), ("W", "b"), ("w", "b"), ("kernel", "bias"))
    for weights, bias in (*pairs, ("coefs", "intercepts")):
        guess = name.replace(weights, bias)
        if guess != name and guess in biases:
            return guess
    return ""
