"""A column of text in which few cells differ: the different ones, and which of them stands in each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.intp]
    Words = NDArray[np.uint64]

_BYTES = 8
_LONGEST = 4 * _BYTES
_MASKS = np.array([(1 << 8 * length) - 1 for length in range(_BYTES + 1)], np.uint64)
_HASHES = ((0x9E3779B97F4A7C15, 12), (0xBF58476D1CE4E5B9, 16), (0x94D049BB133111EB, 16))
"""Odd factors, and how many leading bits of the product are the hash: few for few names, so that they stay near."""


class Categories(NamedTuple):
    """`names`, no two alike, and `codes`, (rows,): the row's cell is names[code]."""

    names: list[str]
    codes: Indices

    @classmethod
    def of(cls, cells: Sequence[str]) -> Categories:
        """The categories of cells one by one.

        >>> Categories.of(["cat", "dog", "cat"])
        Categories(names=['cat', 'dog'], codes=array([0, 1, 0]))
        """
        codes = {name: code for code, name in enumerate(dict.fromkeys(cells))}
        return cls(list(codes), np.fromiter(map(codes.__getitem__, cells), np.intp, len(cells)))

    @classmethod
    def of_lines(cls, data: bytes) -> Categories:
        """The categories of UTF-8 lines without NUL bytes: of short lines all at once, in no certain order of names.

        >>> names, codes = Categories.of_lines(b"cat\\ndog\\ncat\\n")
        >>> [names[code] for code in codes]
        ['cat', 'dog', 'cat']
        """
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        lengths = np.diff(ends, prepend=-1) - 1
        groups = _grouped(data, ends - lengths, lengths) if ends.size and lengths.max() <= _LONGEST else None
        if groups is None:
            return cls.of(data.decode().split("\n")[:-1])
        codes, rows = groups
        return cls(
            [data[end - length : end].decode() for end, length in zip(ends[rows], lengths[rows], strict=True)], codes
        )


def _grouped(data: bytes, starts: Indices, lengths: Indices) -> tuple[Indices, Indices] | None:
    """The group of each cell, and one row of each group; None where the hashes of different cells agree."""
    padded = data + bytes(_LONGEST)
    words: Words = np.ndarray(len(padded) - _BYTES + 1, "<u8", padded, strides=(1,))  # eight bytes from every place
    groups = None
    for offset in range(0, max(int(lengths.max()), 1), _BYTES):
        keys = words[starts + offset] & _MASKS[np.clip(lengths - offset, 0, _BYTES)]
        found = _groups(keys)
        if found is not None and groups is not None:
            found = _groups((groups[0].astype(np.uint64) << np.uint64(32)) | found[0].astype(np.uint64))
        if found is None:
            return None
        groups = found
    return groups


def _groups(keys: Words) -> tuple[Indices, Indices] | None:
    """Which keys are alike: a perfect hash is a permutation of the different ones."""
    rows = np.arange(keys.size)
    for factor, bits in _HASHES:
        slots = ((keys * np.uint64(factor)) >> np.uint64(64 - bits)).astype(np.intp)
        row_of = np.full(1 << bits, -1, np.intp)
        row_of[slots] = rows
        if (keys[row_of[slots]] == keys).all():
            used = np.flatnonzero(row_of >= 0)
            rank = np.empty(1 << bits, np.intp)
            rank[used] = np.arange(used.size)
            return rank[slots], row_of[used]
    return None
