"""Weights in .npy, .npz and .safetensors files; by default only those in the network file's folder or beneath it.

No pickle is read. The sizes in a header are checked against the size of the file before memory is allocated.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from nnlec import system
from nnlec.errors import NnlecError, unknown
from nnlec.models.weights import npy, npz, safetensors

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

WeightReader = Callable[[BinaryIO, int, str], "np.ndarray"]

READERS: dict[str, WeightReader] = {".npy": npy.read, ".npz": npz.read, ".safetensors": safetensors.read}
"""Suffix -> `read(file, size in bytes, name of the array)`, which raises `NnlecError` for whatever is wrong."""


def read_array(folder: Path, file: str, array: str, *, allow_outside: bool) -> Array:
    """The array of that name ("": the only array) in a file, as doubles."""
    reader = READERS.get(Path(file).suffix.lower())
    if reader is None:
        raise unknown("kind of weight file", Path(file).suffix, READERS)
    with opened(folder, file, allow_outside=allow_outside) as (stream, size):
        values = reader(stream, size, array)
    return _as_doubles(values)


@contextmanager
def opened(folder: Path, file: str, *, allow_outside: bool) -> Iterator[tuple[BinaryIO, int]]:
    """A file beside a network file, open, and its size. Raises `NnlecError` for one that may not be read or cannot."""
    path = _confined(folder, file, allow_outside)
    try:
        with open(path, "rb", opener=system.open_at_once) as stream:
            status = os.fstat(stream.fileno())
            system.remember_input(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NnlecError("not a regular file")
            yield stream, status.st_size
    except FileNotFoundError:
        folders = "\\" in file and os.sep == "/"
        raise NnlecError("no such file", hint="write / between folders, as every system reads it" * folders) from None
    except OSError as error:
        raise NnlecError(error.strerror or str(error)) from None


def _confined(folder: Path, file: str, allow_outside: bool) -> Path:
    """The file's path, symbolic links followed. Raises `NnlecError` for a path outside the folder."""
    home = folder.resolve()
    path = home / file
    try:
        # Another drive or server (\\server\share) is not even looked at: Windows would log in there.
        if allow_outside or path.is_relative_to(home.anchor):
            path = path.resolve()
    except (OSError, RuntimeError) as error:  # a loop of symbolic links
        raise NnlecError(str(error)) from None
    if not allow_outside and not path.is_relative_to(home):
        raise NnlecError("it lies outside the network file's folder", hint="--allow-outside takes it")
    return path


def _as_doubles(values: np.ndarray) -> Array:
    if values.dtype.kind in "iu" and values.size and max(int(values.max()), -int(values.min())) > 2**53:
        raise NnlecError("integers beyond 2^53, which no double holds exactly")
    return np.asarray(values, dtype=np.float64, order="C")
