"""Unpacks gzip data a piece at a time, and refuses what grows beyond reason."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from nnlec.errors import NnlecError

_PIECE = 1 << 16
_SMALL = 32 * 1024 * 1024
_MAX_RATIO = 200
"""Gzip data may unpack to `_SMALL` bytes, or to `_MAX_RATIO` times their size; tables of numbers grow tenfold."""


class Gzip:
    """A gzip file, which may have several members one after the other."""

    def __init__(self, read: Callable[[int], bytes], head: bytes, name: str) -> None:
        self._read = read
        self._name = name
        self._packed = head
        self._size = len(head)
        self._grown = 0
        self._member = zlib.decompressobj(wbits=31)

    @property
    def has_packed(self) -> bool:
        """Whether more can be unpacked without reading."""
        return bool(self._packed)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; empty at the end. Raises `NnlecError` for damage, and for a file that was cut short."""
        while True:
            self._fill()
            if self._member.eof:
                if not self._packed:
                    return b""
                self._packed = self._packed.lstrip(b"\0")
                if not self._packed:
                    continue
                self._member = zlib.decompressobj(wbits=31)
            if not self._packed:
                raise NnlecError("the gzip data ends early: the file was cut short", where=self._name)
            try:
                data = self._member.decompress(self._packed, size)
            except zlib.error as error:
                raise NnlecError(f"the gzip data is damaged: {error}", where=self._name) from None
            self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._grown += len(data)
            if self._grown > max(_SMALL, _MAX_RATIO * self._size):
                raise NnlecError(
                    f"the gzip data grows to more than {_MAX_RATIO} times its size: a gzip bomb",
                    where=self._name,
                    hint="if it is meant so, unpack it first",
                )
            if data:
                return data

    def _fill(self) -> None:
        if not self._packed:
            self._packed = self._read(_PIECE)
            self._size += len(self._packed)
