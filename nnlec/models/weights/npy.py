"""NumPy's .npy: a magic number, a version, a header in a Python literal's clothes, the numbers."""

from __future__ import annotations

import math
import re
from typing import BinaryIO

import numpy as np

from nnlec.errors import NnlecError, shortened

MAX_HEADER = 10_000
MAX_DIMENSIONS = 8

_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}

# The header is read by this pattern alone; it is never evaluated, not even by ast.literal_eval, which recurses.
_ENTRY = re.compile(
    r"""\s*(?P<q>['"])(?:
        descr(?P=q)\s*:\s*(?P<d>['"])(?P<descr>[^'"]{0,20})(?P=d)
      | fortran_order(?P=q)\s*:\s*(?P<fortran_order>True|False)
      | shape(?P=q)\s*:\s*\((?P<shape>[0-9\s,]*)\)
    )\s*(?:,|(?=\}))""",
    re.X,
)
_NUMBER_TYPE = re.compile(r"[<>|=]?(?:f[248]|[iu][1248])")


def read(file: BinaryIO, size: int, array: str) -> np.ndarray:
    """The one array of a .npy file of `size` bytes; it has no name, so none may be asked for."""
    if array:
        raise NnlecError(f"a .npy file holds one array without a name, but {array!r} is asked for", hint="leave it out")
    return read_numbers(file, size)


def read_numbers(file: BinaryIO, size: int) -> np.ndarray:
    """The array in the next `size` bytes of `file`."""
    start = file.read(8)
    if not start.startswith(_MAGIC):
        raise NnlecError("not a NumPy .npy array")
    width = _LENGTH_BYTES.get(start[6:8])
    if width is None:
        raise NnlecError("a version of .npy that is not known")
    length = int.from_bytes(file.read(width), "little")
    if length > min(MAX_HEADER, size):
        raise NnlecError(f"the header claims {length:,} bytes, the limit is {min(MAX_HEADER, size):,}")
    dtype, fortran_order, shape = _header(file.read(length).decode("latin-1"))
    claimed, present = math.prod(shape) * dtype.itemsize, size - 8 - width - length
    if claimed != present:
        shown = " x ".join(map(str, shape))
        raise NnlecError(f"the header claims {shown} numbers, {claimed:,} bytes, but {present:,} are there")
    content = file.read(claimed)
    if len(content) != claimed:
        raise NnlecError(f"the file ends after {len(content):,} of {claimed:,} bytes")
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran_order else "C")


def _header(text: str) -> tuple[np.dtype, bool, tuple[int, ...]]:
    """`{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`"""
    text = text.strip()
    found: dict[str, str] = {}
    at = 1
    while entry := _ENTRY.match(text, at):
        found |= {key: value for key, value in entry.groupdict().items() if value is not None and len(key) > 1}
        at = entry.end()
    if text[:1] != "{" or text[at:].strip() != "}" or len(found) != 3:
        if "|O" in text:
            raise NnlecError("an array of Python objects (a pickle), which is never read")
        raise NnlecError(f"not the header of a plain array: {shortened(text)}")
    if not _NUMBER_TYPE.fullmatch(found["descr"]):
        what = "Python objects (a pickle), which are never read" if "O" in found["descr"] else f"'{found['descr']}'"
        raise NnlecError(f"an array of {what}, expected one of floats or integers")
    return np.dtype(found["descr"]), found["fortran_order"] == "True", _shape(found["shape"])


def _shape(text: str) -> tuple[int, ...]:
    sizes = [size.strip() for size in text.split(",")]
    if sizes[-1] == "":
        sizes.pop()
    if len(sizes) > MAX_DIMENSIONS or not all(size.isdigit() and len(size) < 20 for size in sizes):
        raise NnlecError(f"not the shape of an array: ({shortened(text)})")
    shape = tuple(map(int, sizes))
    if 0 in shape:
        raise NnlecError("an empty array")
    return shape
