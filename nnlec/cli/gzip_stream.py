"""What is written, compressed by gzip: the same bytes whenever it is written."""

from __future__ import annotations

import io
import zlib
from typing import Any, BinaryIO


class Packed(io.RawIOBase):
    """A raw stream; only `finish` completes the file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._packer = zlib.compressobj(wbits=31)

    @property
    def name(self) -> object:
        return getattr(self._out, "name", None)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._out.write(self._packer.compress(data))
        return memoryview(data).nbytes

    def finish(self) -> None:
        """Writes what is left."""
        self._out.write(self._packer.flush())
