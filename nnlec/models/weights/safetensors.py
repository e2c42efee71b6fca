"""safetensors: the length of a JSON header, the header, the numbers of all tensors without a gap.

Source: the format's description at https://github.com/huggingface/safetensors (Format).
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from nnlec.errors import NnlecError, shortened, unknown
from nnlec.models.weights.npy import MAX_DIMENSIONS, asked_for

MAX_HEADER = 16 * 1024 * 1024
"""Bytes of the header: enough for a hundred thousand tensors."""

_TYPES: dict[str, str] = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",  # the upper half of a float32; NumPy has no such type
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
}


FLOATS = {"F64", "F32", "F16", "BF16"}


class StoredTensor(NamedTuple):
    """A tensor, and where its numbers begin and end."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    def numbers(self, file: BinaryIO, first: int, count: int) -> np.ndarray:
        """The `count` numbers from the `first` on."""
        size = np.dtype(_TYPES[self.dtype]).itemsize
        file.seek(self.begin + first * size)
        return _of_bytes(file.read(count * size), self.dtype)


def read(file: BinaryIO, size: int, array: str) -> np.ndarray:
    """The tensor of that name; without a name, the only one."""
    tensors = _header(file, size)
    array = asked_for(array, tensors, "tensor")
    return _numbers(file, array, tensors[array])


def place(file: BinaryIO, size: int, array: str) -> StoredTensor | None:
    """Where the floats of that name stand; None for what `read` refuses, and for integers."""
    tensors = _header(file, size)
    found = tensors.get(array) if array or len(tensors) != 1 else next(iter(tensors.values()))
    return found if found is not None and found.dtype in FLOATS else None


def read_all(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    """Every tensor by name."""
    return {name: _numbers(file, name, tensor) for name, tensor in _header(file, size).items()}


def _header(file: BinaryIO, size: int) -> dict[str, StoredTensor]:
    """The tensors by name, their places counted from the beginning of the file."""
    length = int.from_bytes(file.read(8), "little")
    limit = min(MAX_HEADER, max(0, size - 8))
    if length > limit:
        raise NnlecError(f"the header claims {length:,} bytes, the limit is {limit:,}")
    start = 8 + length
    tensors = _tensors(file.read(length), size - start)
    return {name: each._replace(begin=start + each.begin, end=start + each.end) for name, each in tensors.items()}


def _numbers(file: BinaryIO, array: str, tensor: StoredTensor) -> np.ndarray:
    if tensor.dtype not in _TYPES:
        raise unknown(f"type of tensor {array!r}:", tensor.dtype, _TYPES)
    file.seek(tensor.begin)
    return _of_bytes(file.read(tensor.end - tensor.begin), tensor.dtype).reshape(tensor.shape)


def _of_bytes(content: bytes, dtype: str) -> np.ndarray:
    values = np.frombuffer(content, dtype=_TYPES[dtype])
    return (values.astype("<u4") << 16).view("<f4") if dtype == "BF16" else values


def _tensors(header: bytes, room: int) -> dict[str, StoredTensor]:
    """Every tensor by name, its place counted from the header's end; they must fill the `room` there without gaps."""
    try:
        entries = json.loads(header.decode("utf-8"), object_pairs_hook=_distinct_keys)
    except (ValueError, RecursionError):
        raise NnlecError("the header is not JSON: no safetensors file") from None
    if not isinstance(entries, dict):
        raise NnlecError("the header is not a JSON object: no safetensors file")
    entries.pop("__metadata__", None)
    tensors = {name: _tensor(name, entry) for name, entry in entries.items()}
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != end:
            raise NnlecError(f"the bytes of tensor {_shown(name)} begin at {tensor.begin:,}, expected {end:,}")
        end = tensor.end
    if end != room:
        raise NnlecError(f"the header claims {end:,} bytes of numbers, but {room:,} are there")
    return tensors


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NnlecError(f"two entries of the header are called {_shown(name)}")
        found[name] = value
    return found


def _tensor(name: str, entry: Any) -> StoredTensor:
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(begin), int(end)]} if all(
            type(number) is int and 0 <= number < 2**63 for number in (*shape, begin, end)
        ):
            pass
        case _:
            raise NnlecError(f"the header's entry of tensor {_shown(name)} is not one of safetensors")
    if len(shape) > MAX_DIMENSIONS:
        raise NnlecError(f"tensor {_shown(name)} has {len(shape):,} dimensions")
    itemsize = np.dtype(_TYPES[dtype]).itemsize if dtype in _TYPES else None
    if begin > end or (itemsize and math.prod(shape) * itemsize != end - begin):
        claimed = " x ".join(map(str, shape))
        raise NnlecError(f"tensor {_shown(name)} claims {claimed} of {shortened(dtype)} in {end - begin:,} bytes")
    return StoredTensor(dtype, tuple(shape), begin, end)


def _shown(name: str) -> str:
    return repr(shortened(name))
