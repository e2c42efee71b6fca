"""Weights in files of numbers beside the network file: never a pickle, never outside its folder unasked."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError, unknown

if TYPE_CHECKING:
    from nnlec.network import Array


def read_array(folder: Path, file: str, array: str, *, allow_outside: bool) -> Array:
    """The array of that name in a file beside the network file, as doubles."""
    path = _confined(folder, file, allow_outside)
    try:
        loaded = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise NnlecError(f"{file}: {error}") from None
    if isinstance(loaded, np.ndarray):
        return np.asarray(loaded, dtype=np.float64)
    with loaded:
        if array not in loaded:
            raise unknown("array", array, loaded.files)
        return np.asarray(loaded[array], dtype=np.float64)


def _confined(folder: Path, file: str, allow_outside: bool) -> Path:
    """The file's path, symbolic links followed; outside the folder it is refused."""
    home = folder.resolve()
    path = (home / file).resolve()
    if not allow_outside and not path.is_relative_to(home):
        raise NnlecError(f"{file} lies outside the network file's folder", hint="--allow-outside takes it")
    return path
