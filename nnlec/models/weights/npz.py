"""NumPy's .npz: a zip archive of .npy files, read one member at a time, in memory."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.weights import npy

SMALL = 64 * 1024 * 1024
MAX_RATIO = 20
"""A member of more than `SMALL` bytes with a higher compression ratio is refused: trained weights compress badly."""

METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""How a member may be compressed."""


def read(file: BinaryIO, size: int, array: str) -> np.ndarray:  # noqa: ARG001
    """The member `array`.npy of the archive; without a name, the only one."""
    try:
        with zipfile.ZipFile(file) as archive:
            member = _member(archive, array)
            with archive.open(member) as opened:
                return npy.read_numbers(opened, member.file_size)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise NnlecError(f"not a .npz archive, or a damaged one: {error}") from None


def _member(archive: zipfile.ZipFile, array: str) -> zipfile.ZipInfo:
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        path = PurePosixPath(member.filename)
        if len(path.parts) != 1 or path.suffix != ".npy" or "\\" in member.filename:
            raise NnlecError(f"the member {member.filename!r} is no array of an .npz archive")
        if path.stem in members:
            raise NnlecError(f"two arrays are called {path.stem!r}")
        members[path.stem] = member
    array = npy.asked_for(array, members, "array")
    chosen = members[array]
    if chosen.compress_type not in METHODS:
        raise NnlecError(f"{array!r} is compressed by a method that NumPy does not use")
    if chosen.file_size > SMALL and chosen.file_size > MAX_RATIO * max(chosen.compress_size, 1):
        raise NnlecError(
            f"{array!r} would grow from {chosen.compress_size:,} to {chosen.file_size:,} bytes: a zip bomb",
            hint="np.savez writes it uncompressed",
        )
    return chosen
