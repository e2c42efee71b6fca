"""NumPy's .npy, its header read by NumPy within bounds; an array of Python objects (a pickle) is refused."""

from __future__ import annotations

import math
from collections.abc import Collection
from io import BytesIO
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from nnlec.errors import NnlecError, unknown

MAX_HEADER = 10_000
"""Bytes of the header: NumPy's own limit for a header that is not trusted."""
MAX_DIMENSIONS = 8

_HEADER_READERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
    (3, 0): npy_format.read_array_header_2_0,  # differs only in names of fields, which no plain array has
}


def read(file: BinaryIO, size: int, array: str) -> np.ndarray:
    """The one array of a .npy file of `size` bytes; it has no name, so none may be asked for."""
    if array:
        raise NnlecError(f"a .npy file holds one array without a name, but {array!r} is asked for", hint="leave it out")
    return read_numbers(file, size)


def asked_for(array: str, known: Collection[str], kind: str) -> str:
    """The name of an array in a file of several; without a name, that of the only one."""
    if not known:
        raise NnlecError(f"it holds no {kind}")
    if not array and len(known) == 1:
        array = next(iter(known))
    if not array:
        raise NnlecError(f"{len(known)} {kind}s, which one?", hint=f"array: {', '.join(list(known)[:8])}")
    if array not in known:
        raise unknown(kind, array, known)
    return array


def read_numbers(file: BinaryIO, size: int) -> np.ndarray:
    """The array in the next `size` bytes of `file`, which begins with it."""
    return read_any(file, size, "fiu")


def read_any(file: BinaryIO, size: int, kinds: str = "fiubU") -> np.ndarray:
    """The same for arrays of these kinds, as NumPy calls them; texts are U."""
    start = file.read(8)
    start += file.read(2 if start.endswith(b"\1\0") else 4)  # the length of the header
    length = int.from_bytes(start[8:], "little")
    head = BytesIO(start + file.read(min(length, MAX_HEADER)))  # NumPy would allocate whatever length is claimed
    try:
        read_header = _HEADER_READERS[npy_format.read_magic(head)]
        shape, fortran_order, dtype = read_header(head, max_header_size=MAX_HEADER)
    except Exception:  # of a damaged header NumPy raises errors of many types
        raise NnlecError("not a NumPy .npy array, or its header is damaged") from None
    if dtype.kind not in kinds or (dtype.kind != "U" and dtype.itemsize > 8) or not dtype.itemsize:
        what = "Python objects (a pickle), which are never read" if dtype.hasobject else f"'{dtype.str}'"
        raise NnlecError(f"an array of {what}, expected one of floats or integers")
    if len(shape) > MAX_DIMENSIONS or not all(type(n) is int and 0 < n < 2**63 for n in shape):
        raise NnlecError("the header claims an empty array, or one of an impossible shape")
    claimed, present = math.prod(shape) * dtype.itemsize, size - head.tell()
    if claimed != present:
        shown = " x ".join(map(str, shape)) or "1"
        raise NnlecError(f"the header claims {shown} numbers, {claimed:,} bytes, but {present:,} are there")
    content = file.read(claimed)
    if len(content) != claimed:
        raise NnlecError(f"the file ends after {len(content):,} of {claimed:,} bytes")
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran_order else "C")
