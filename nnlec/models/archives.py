"""Zip archives that hold a model: which kind one is, by the names inside; members read within bounds."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError, shortened
from nnlec.models.weights.npz import MAX_RATIO, METHODS, SMALL
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.network import Network

MOST_MEMBERS = 20_000


def load(path: Path, *, allow_outside: bool = False) -> Network:  # noqa: ARG001
    """The network in an archive of skops or Keras. Raises `NnlecError` for any other."""
    with opened(path) as archive:
        names = set(archive.namelist())
        if "schema.json" in names:
            from nnlec.models.scikit_learn import network_of
            from nnlec.models.scikit_learn.skops import read_skops

            return network_of(read_skops(archive))
        if {"config.json", "model.weights.h5"} <= names:
            from nnlec.models.keras_file import load_archive

            return load_archive(archive)
        if "config.json" in names and any(name.startswith("model.weights") for name in names):
            raise NnlecError("a Keras model whose weights lie in several files, or in another format than HDF5")
        if holds_weights(archive):
            from nnlec.models.state import refuse_weights

            raise refuse_weights(path)
    raise NnlecError("this is a zip archive, expected a network")


def holds_weights(archive: zipfile.ZipFile) -> bool:
    """Whether these are weights alone: a file of PyTorch, or arrays of NumPy."""
    names = archive.namelist()
    return any(name.endswith("/data.pkl") for name in names) or all(name.endswith(".npy") for name in names)


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive of that name. Raises `NnlecError` for a damaged one, and one of too many members."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > MOST_MEMBERS:
                raise NnlecError(f"an archive of {len(names):,} members, the limit is {MOST_MEMBERS:,}")
            double = next((name for name, other in pairwise(sorted(names)) if name == other), None)
            if double is not None:
                raise NnlecError(f"two members are called '{visible(shortened(double))}'")
            yield archive
    except FileNotFoundError:
        raise NnlecError("no such file") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError) as error:
        raise NnlecError(f"a damaged archive: {visible(shortened(str(error)))}") from None


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a member. Raises `NnlecError` for one that is not there, or that would grow too much."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise NnlecError(f"the archive has no member '{visible(shortened(name))}'") from None
    check_growth(entry)
    with archive.open(entry) as file:
        content = file.read(entry.file_size)
    if len(content) != entry.file_size:
        raise NnlecError(f"the member '{visible(shortened(name))}' is cut short")
    return content


def check_growth(entry: zipfile.ZipInfo) -> None:
    """Raises `NnlecError` for a member that would grow far beyond what it takes in the file."""
    if entry.compress_type not in METHODS:
        raise NnlecError(f"'{visible(shortened(entry.filename))}' is compressed by a method that is not read")
    if entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        sizes = f"from {entry.compress_size:,} to {entry.file_size:,} bytes"
        raise NnlecError(f"'{visible(shortened(entry.filename))}' would grow {sizes}: a zip bomb")
