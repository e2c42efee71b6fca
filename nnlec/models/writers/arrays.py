"""Weights alone: safetensors in PyTorch's names and layout, so that load_state_dict takes it; .npz with the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.writers import WrittenFile
from nnlec.models.writers.values import state_of

if TYPE_CHECKING:
    from nnlec.network.network import Network


def write(network: Network, form: str, stem: str) -> WrittenFile:  # noqa: ARG001
    """The weights of a network, single precision where that holds them all."""
    state = {name: narrowed(array) for name, array in state_of(network).items()}
    kept = ", ".join(sorted({layer.activation.name for layer in network.layers if not layer.activation.is_identity}))
    note = (
        f"weights alone: the file does not say which layers they belong to, nor the activations ({kept or 'identity'})"
    )
    if form == "npz":
        file = BytesIO()
        np.savez(file, allow_pickle=False, **state)
        return WrittenFile(file.getvalue(), {}, (note,))
    return WrittenFile(safetensors(state), {}, (note,))


def narrowed(array: np.ndarray) -> np.ndarray:
    """The same numbers in single precision, where it holds each of them."""
    with np.errstate(over="ignore"):
        half = array.astype(np.float32)
    return half if (half == array).all() else array


def safetensors(state: Mapping[str, np.ndarray]) -> bytes:
    """A file of these arrays, as https://github.com/huggingface/safetensors describes it."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts, end = [], 0
    for name, array in sorted(state.items(), key=lambda item: (-item[1].itemsize, item[0])):
        content = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        kind = "F32" if array.itemsize == 4 else "F64"
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + len(content)]}
        parts.append(content)
        end += len(content)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)
