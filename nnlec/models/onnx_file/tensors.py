"""Tensors of an ONNX file as arrays, those that stand in a second file among them; every length is checked first.

Source: onnx.proto3, TensorProto, at https://github.com/onnx/onnx; ExternalData.md there.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Type(NamedTuple):
    """How numbers of a type stand in `raw_data`, and the field of those that do not."""

    dtype: str
    field: str


_TYPES: Mapping[int, _Type] = {
    1: _Type("<f4", "float_data"),
    2: _Type("u1", "int32_data"),
    3: _Type("i1", "int32_data"),
    4: _Type("<u2", "int32_data"),
    5: _Type("<i2", "int32_data"),
    6: _Type("<i4", "int32_data"),
    7: _Type("<i8", "int64_data"),
    9: _Type("?", "int32_data"),
    10: _Type("<f2", "int32_data"),
    11: _Type("<f8", "double_data"),
    12: _Type("<u4", "uint64_data"),
    13: _Type("<u8", "uint64_data"),
    16: _Type("<u2", "int32_data"),  # bfloat16, the upper half of a float32
}
_FLOAT16, DOUBLE, _BFLOAT16, _STRING = 10, 11, 16, 8
FLOATS = {1, 10, 11, 16}

_EXTERNAL = 1
"""Where a tensor says that its numbers lie, if they lie in a second file."""


class Files(NamedTuple):
    """Where an ONNX file lies, and whether its second file may lie elsewhere."""

    path: Path
    allow_outside: bool


def array_of(tensor: Any, files: Files) -> np.ndarray:
    """The numbers, or texts, of a TensorProto. Raises `NnlecError` for what is no tensor, and for other types."""
    name = f"tensor '{visible(shortened(tensor.name))}'"
    shape = tuple(tensor.dims)
    if any(size < 0 for size in shape) or len(shape) > 8:
        raise NnlecError(f"its shape is {list(shape)[:8]}", where=name)
    if tensor.data_type == _STRING:
        return _checked(np.array([text.decode("utf-8", "replace") for text in tensor.string_data]), shape, name)
    kind = _TYPES.get(tensor.data_type)
    if kind is None:
        raise NnlecError(f"numbers of type {tensor.data_type} are not read, expected floats or integers", where=name)
    if tensor.data_location == _EXTERNAL:
        values = np.frombuffer(_external(tensor, shape, kind, files, name), dtype=kind.dtype)
    elif raw := tensor.raw_data:  # each look at it copies it
        if len(raw) != prod(shape) * np.dtype(kind.dtype).itemsize:
            raise NnlecError(f"{len(raw):,} bytes for {prod(shape):,} numbers", where=name)
        values = np.frombuffer(raw, dtype=kind.dtype)
    else:
        values = _listed(getattr(tensor, kind.field), tensor.data_type, kind)
    if tensor.data_type == _BFLOAT16:
        values = (values.astype("<u4") << 16).view("<f4")
    return _checked(values, shape, name)


def is_there(tensor: Any, files: Files) -> bool:
    """Whether as many bytes of floats are there as its shape asks for; they are not read.

    Raises `NnlecError` for a second file that may not be read, or has fewer.
    """
    kind, shape = _TYPES.get(tensor.data_type), tuple(tensor.dims)
    if kind is None or tensor.data_type not in FLOATS:
        return False
    if tensor.data_location == _EXTERNAL:
        _external(tensor, shape, kind, files, f"tensor '{visible(shortened(tensor.name))}'", read=False)
        return True
    return bool(tensor.ByteSize() >= prod(shape) * np.dtype(kind.dtype).itemsize)


def _listed(numbers: Any, data_type: int, kind: _Type) -> np.ndarray:
    """Numbers that are written one by one; those of 16 bits as the integer of their bits."""
    bits = data_type in (_FLOAT16, _BFLOAT16)
    given = np.array(numbers)
    values = given.astype("<u2" if bits else kind.dtype)
    if given.dtype.kind in "iu" and (values != given).any():
        raise NnlecError("a number is too large for its type")
    return values.view(kind.dtype) if bits else values


def _checked(values: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    if values.size != prod(shape):
        raise NnlecError(f"{values.size:,} numbers, but its shape is {list(shape)}", where=name)
    return values.reshape(shape)


def _external(tensor: Any, shape: tuple[int, ...], kind: _Type, files: Files, name: str, *, read: bool = True) -> bytes:
    """The bytes of a tensor in a second file, which lies in the folder of the first or beneath it."""
    from nnlec.models.weights import opened

    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    needed = prod(shape) * np.dtype(kind.dtype).itemsize
    try:
        offset, length = int(entries.get("offset") or 0), int(entries.get("length") or needed)
    except ValueError:
        raise NnlecError("its place in the second file is no number", where=name) from None
    if not location or offset < 0 or length != needed:
        raise NnlecError(f"{length:,} bytes at {offset:,} of a second file, expected {needed:,}", where=name)
    try:
        with opened(files.path.parent, location, allow_outside=files.allow_outside) as (file, size):
            if offset + length > size:
                raise NnlecError(f"{length:,} bytes at {offset:,}, but it has {size:,}")
            file.seek(offset)
            return file.read(length) if read else b""
    except NnlecError as error:
        missing = "the file of its tensors, which lies beside the model" * (error.what == "no such file")
        raise NnlecError(error.what, where=visible(shortened(location)), hint=error.hint or missing) from None
