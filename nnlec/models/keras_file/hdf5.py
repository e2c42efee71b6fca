"""HDF5 as Keras writes it: groups, arrays and attributes, each checked before h5py reads it.

A link may lead to another file, an array may lie in another file or be made of others, and a shape may claim more than
is stored: none of that is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import takewhile
from math import prod
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError, not_installed, shortened
from nnlec.models.keras_file.texts import Content, check_header, texts_at
from nnlec.models.weights.npz import MAX_RATIO, SMALL
from nnlec.text import visible

if TYPE_CHECKING:
    from pathlib import Path

MOST_NAMES = 100_000
"""Names in a list of names."""
_MOST_DEPTH = 64

_FILTERS = {1, 2, 3, 32000}
"""deflate, shuffle, fletcher32 and lzf, which come with h5py; any other may be a program that HDF5 would load."""


@contextmanager
def opened(source: Path | BytesIO) -> Iterator[Group]:
    """The root group of a file. Raises `NnlecError` for a damaged one, and where h5py is not installed."""
    try:
        import h5py
    except ImportError:
        raise not_installed("a Keras model needs the h5py package", "keras") from None
    try:
        with _bytes_of(source) as content:
            check_header(content)
            with h5py.File(source, "r", locking=False) as file:
                yield Group(file, content)
    except (OSError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, MemoryError, OverflowError):
        raise NnlecError("a damaged HDF5 file") from None


@contextmanager
def _bytes_of(source: Path | BytesIO) -> Iterator[Content]:
    """All bytes of a file, in memory or mapped into it."""
    if isinstance(source, BytesIO):
        yield source.getvalue()
        return
    with open(source, "rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
        yield mapped


class Group:
    """A group of h5py's, or another object with attributes, and the bytes of its file."""

    def __init__(self, handle: Any, content: Content) -> None:
        self.handle = handle
        self.content = content

    def __len__(self) -> int:
        return len(self.handle)

    def __contains__(self, name: str) -> bool:
        return name in self.handle

    def _held(self, name: str) -> Any:
        """What it holds under a name, itself and no link to elsewhere; None where there is no such name."""
        import h5py

        link = self.handle.get(name, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise NnlecError(f"'{visible(shortened(name))}' is a link to another place, which is not followed")
        return self.handle[name]

    def group(self, path: str) -> Group | None:
        """The group at a path beneath it; None where there is none."""
        import h5py

        names = path.split("/")
        if len(names) > _MOST_DEPTH:  # groups may hold themselves
            return None
        inner = self
        for name in names:
            found = inner._held(name)
            if not isinstance(found, h5py.Group):
                return None
            inner = Group(found, self.content)
        return inner

    def numbers(self, path: str) -> np.ndarray:
        """The array at a path beneath it."""
        import h5py

        folder, _, name = path.rpartition("/")
        inner = self.group(folder) if folder else self
        found = None if inner is None else inner._held(name)
        shown = f"'{visible(shortened(path))}'"
        if not isinstance(found, h5py.Dataset):
            raise NnlecError(f"the array {shown} is not there")
        _check(found, shown)
        array = np.asarray(found[()])
        if found.dtype.kind == "u" and Group(found, self.content).text("dtype") == "bfloat16":
            array = (array.astype("<u4") << 16).view("<f4")  # the upper halves of single precision
        if not np.isfinite(array).all():
            raise NnlecError(f"the array {shown} holds numbers that are not finite")
        return array

    def has(self, name: str) -> bool:
        """Whether it has an attribute of that name."""
        return name in self.handle.attrs

    def text(self, name: str) -> str:
        """An attribute that is one text; empty where there is none."""
        found = self._texts(name)
        return found[0] if len(found) == 1 else ""

    def texts(self, name: str) -> list[str]:
        """An attribute that is a list of texts, or in parts, numbered from 0, where it was too long for one."""
        parts = takewhile(self.has, (f"{name}{part}" for part in range(MOST_NAMES)))
        return [text for each in ([name] if self.has(name) else parts) for text in self._texts(each)]

    def _texts(self, name: str) -> list[str]:
        if not self.has(name):
            return []
        import h5py

        about = self.handle.attrs.get_id(name)
        count = prod(about.shape or ())
        if count > MOST_NAMES or count * about.dtype.itemsize > SMALL:
            raise NnlecError(f"the attribute {name} is too large")
        if h5py.check_string_dtype(about.dtype) is None:
            if count:
                raise NnlecError(f"the attribute {name} holds no text")
            return []
        if about.dtype.kind == "O":
            return texts_at(self.content, h5py.h5o.get_info(self.handle.id).addr, name, count)
        return [each.decode("utf-8") for each in np.asarray(self.handle.attrs[name]).ravel().tolist()]


def _check(found: Any, shown: str) -> None:
    """Raises `NnlecError` for an array whose numbers are not all in the file, or that are no numbers."""
    if found.external or found.is_virtual:
        raise NnlecError(f"the array {shown} lies in another file, which is not read")
    if found.shape is None or found.dtype.kind not in "fiu" or found.dtype.itemsize > 8:
        raise NnlecError(f"the array {shown} does not hold numbers")
    settings = found.id.get_create_plist()
    filters = {settings.get_filter(place)[0] for place in range(settings.get_nfilters())}
    if filters - _FILTERS:
        raise NnlecError(f"the array {shown} is packed by a filter that is not read")
    claimed, stored = prod(found.shape) * found.dtype.itemsize, found.id.get_storage_size()
    chunk = prod(found.chunks or ()) * found.dtype.itemsize
    if (claimed > stored and not filters) or max(claimed, chunk) > max(SMALL, MAX_RATIO * stored):
        raise NnlecError(f"the array {shown} claims {list(found.shape)}, but {stored:,} bytes are stored")
