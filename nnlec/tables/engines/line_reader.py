"""Bytes of a file or a pipe in blocks of whole lines: small blocks where a pipe is slow, so that no row waits."""

from __future__ import annotations

import os
import stat
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.filetypes import by_content
from nnlec.tables.engines.interface import LONGEST_ROW, STANDARD_INPUT, Progress
from nnlec.text import visible

_PIPE = 1 << 16

_AS_TEXT = {
    "parquet": "name it .parquet, or say --from parquet",
    "zip": "save the sheet as CSV",
    "xls": "save the sheet as CSV",
    "npy": "write it as CSV with numpy.savetxt",
    "arrow": "convert it to CSV or Parquet",
    "sqlite": "export the table as CSV",
    "hdf5": "export the table as CSV",
}
"""How a table becomes text, by the type of its file."""

_SMALL = 32 * 1024 * 1024
_MAX_RATIO = 200
"""Gzip data may unpack to `_SMALL` bytes, or to `_MAX_RATIO` times their size; tables of numbers grow tenfold."""


class Lines:
    """A file as blocks of whole lines; the start of an unfinished row can be given back."""

    def __init__(self, descriptor: int, name: str, block: int, progress: Progress) -> None:
        self.name = name
        self._descriptor = descriptor
        self._block = block
        self._progress = progress
        self._is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._waiting = b""
        self._returned = b""
        self._needed = b""
        self._drained = False
        self._gzip: zlib._Decompress | None = None
        self._packed = b""
        self._read = self._grown = 0
        self._start()

    def read(self, *, wait: bool = True) -> bytes:
        """Whole lines; the last line of the file may have no line end. Empty at the end of the file.

        Without `wait`, also empty where no whole line can be read without waiting.

        A block without any line end is a line longer than `LONGEST_ROW`, or data given back at the end of the file.
        """
        had = len(self._returned)
        wanted = max(self._block, 2 * had)
        data = bytearray(self._returned + self._waiting)
        self._returned = self._waiting = b""
        self._needed, needed = b"", self._needed
        while True:
            cut = _last_line_end(data)
            grown = cut > had and (not needed or data.find(needed, had) >= 0)
            too_long = not grown and len(data) > LONGEST_ROW + had
            if self._drained or (too_long and cut <= had):
                return bytes(data)
            if too_long or (grown and (len(data) >= wanted or not self._ready())):
                self._waiting = bytes(data[cut:])
                return bytes(data[:cut])
            if not wait and not self._ready():
                self._waiting = bytes(data)
                return b""
            data += self._more(max(wanted - len(data), _PIPE))

    def give_back(self, data: bytes, needed: bytes = b"") -> None:
        """The start of a row that ends in a later block: the next `read` begins with it.

        That block holds more lines, and `needed` behind the data: the quote without which the row cannot end.
        """
        self._returned = data
        self._needed = needed

    def unread(self, data: bytes) -> None:
        """Data of the last `read`: the next one begins with it."""
        self._waiting = data + self._waiting

    @property
    def ended(self) -> bool:
        """Whether the last `read` reached the end of the file."""
        return self._drained and not self._waiting

    def _start(self) -> None:
        head = self._raw(_PIPE)
        while 0 < len(head) < 4 and (more := self._raw(_PIPE)):
            head += more
        self._drained = not head
        found = by_content(head)
        if found is not None and found.name == "gzip":
            self._gzip = zlib.decompressobj(wbits=31)
            self._packed = head
            head = self._more(_PIPE)
            found = by_content(head)
        place = f"{self.name}:1"
        if found is not None:
            hint = found.hint or _AS_TEXT.get(found.name, "")
            raise NnlecError(f"this looks like {found.what}, expected lines of text", where=place, hint=hint)
        beginning = head[:400]
        if beginning.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or beginning.count(b"\0") * 3 > len(beginning):
            hint = "save it as UTF-8, or convert it: iconv -f utf-16 -t utf-8"
            raise NnlecError("this looks like UTF-16 text", where=place, hint=hint)
        self._waiting = head.removeprefix(BOM_UTF8)

    def _ready(self) -> bool:
        """Whether more can be read without waiting."""
        return self._is_file or bool(self._packed) or system.is_ready(self._descriptor)

    def _more(self, size: int) -> bytes:
        if self._gzip is not None:
            return self._unpacked(size)
        data = self._raw(size)
        self._drained = not data
        return data

    def _unpacked(self, size: int) -> bytes:
        """Up to `size` bytes out of a gzip file, which may have several members one after the other."""
        while True:
            assert self._gzip is not None
            self._packed = self._packed or self._raw(_PIPE)
            if self._gzip.eof:
                self._packed = self._packed.lstrip(b"\0")
                if not self._packed:
                    self._drained = True
                    return b""
                self._gzip = zlib.decompressobj(wbits=31)
            if not self._packed:
                raise NnlecError("the gzip data ends early: the file was cut short", where=self.name)
            try:
                data = self._gzip.decompress(self._packed, size)
            except zlib.error as error:
                raise NnlecError(f"the gzip data is damaged: {error}", where=self.name) from None
            self._packed = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail
            self._grown += len(data)
            if self._grown > max(_SMALL, _MAX_RATIO * self._read):
                raise NnlecError(
                    f"the gzip data grows to more than {_MAX_RATIO} times its size: a gzip bomb",
                    where=self.name,
                    hint="if it is meant so, unpack it first",
                )
            if data:
                return data

    def _raw(self, size: int) -> bytes:
        try:
            data = system.read(self._descriptor, size)
        except OSError as error:
            raise NnlecError(f"cannot be read: {error.strerror}", where=self.name) from None
        self._progress.bytes_read += len(data)
        self._read += len(data)
        return data


def _last_line_end(data: bytearray) -> int:
    """Where the last whole line ends; 0 when there is none. A lone CR ends a line where there is no LF at all."""
    cut = data.rfind(b"\n") + 1
    return cut or data.rfind(b"\r", 0, max(len(data) - 1, 0)) + 1


@contextmanager
def open_lines(path: str, block: int, progress: Progress) -> Iterator[Lines]:
    """`path`, or standard input for `-`; raises `NnlecError` for what cannot be opened."""
    if path == STANDARD_INPUT:
        try:
            os.fstat(0)
        except OSError:
            raise NnlecError("standard input is closed", hint="name a file, or pipe a table in") from None
        yield Lines(0, "<stdin>", block, progress)
        return
    if os.path.isdir(path):
        raise NnlecError("this is a folder, expected a file", where=visible(path))
    try:
        descriptor = system.open_to_read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NnlecError(f"cannot be opened: {reason}", where=visible(path)) from None
    try:
        yield Lines(descriptor, visible(path), block, progress)
    finally:
        os.close(descriptor)


def size_of(paths: tuple[str, ...]) -> int | None:
    """The bytes of all the files together; None when one of them is a pipe."""
    total = 0
    for path in paths:
        try:
            status = os.fstat(0) if path == STANDARD_INPUT else os.stat(path)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total
