"""Bytes of a file or a pipe, in blocks of whole lines: as they come when they come slowly, in large blocks else."""

from __future__ import annotations

import os
import select
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from nnlec.errors import NnlecError
from nnlec.tables.engines.interface import RECORD, STANDARD_INPUT
from nnlec.tables.interface import Tally
from nnlec.text import visible

_PIPE = 1 << 16
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

# What a file that is no text of rows begins with, what that is, and what to do about it.
_STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"PAR1", "a Parquet file", "name it .parquet, or say --from parquet"),
    (b"ARROW1", "an Arrow file", "convert it to CSV or Parquet"),
    (b"\x93NUMPY", "a numpy array", "write it as CSV with numpy.savetxt"),
    (b"\x89PNG", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF8", "a GIF picture", ""),
    (b"%PDF", "a PDF document", ""),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x89HDF", "an HDF5 file", "export the table as CSV"),
    (b"BZh", "bzip2 data", "unpack it first: bzip2 -dc FILE | nnlec ..."),
    (b"\xfd7zXZ", "xz data", "unpack it first: xz -dc FILE | nnlec ..."),
    (b"\x28\xb5\x2f\xfd", "zstd data", "unpack it first: zstd -dc FILE | nnlec ..."),
    (b"\xff\xfe", "UTF-16 text", "convert it: iconv -f utf-16 -t utf-8"),
    (b"\xfe\xff", "UTF-16 text", "convert it: iconv -f utf-16 -t utf-8"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "fetch it: git lfs pull"),
    (b"\x80\x04\x95", "a Python pickle", "it is never opened; export the table as CSV"),
)
_HARMLESS = 32 * 1024 * 1024
_MOST_GROWTH = 200
"""What gzip data may grow to: that many bytes, or that many times their number; tables of measurements grow tenfold."""
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<svg")


class Lines:
    """A file as blocks of whole lines, with room to hand back what cannot be used yet."""

    def __init__(self, descriptor: int, name: str, block: int, tally: Tally) -> None:
        self.name = name
        self._descriptor = descriptor
        self._block = block
        self._tally = tally
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
        """Whole lines; the last may lack its newline at the end of the file. Empty when nothing is left.

        Without `wait`, also empty when no whole line is there yet.

        A block without any line end is a line longer than `RECORD`, or what was given back and cannot grow.
        """
        had = len(self._returned)
        wanted = max(self._block, 2 * had)
        data = bytearray(self._returned + self._waiting)
        self._returned = self._waiting = b""
        self._needed, needed = b"", self._needed
        while True:
            cut = _last_line_end(data)
            grown = cut > had and (not needed or data.find(needed, had) >= 0)
            too_long = not grown and len(data) > RECORD + had
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
        """The start of a row that ends in a later block: the next `read` begins with it and goes further.

        At least until `needed` was read, which may be the quote without which the row cannot end.
        """
        self._returned = data
        self._needed = needed

    def unread(self, data: bytes) -> None:
        """What was read last: the next `read` begins with it."""
        self._waiting = data + self._waiting

    @property
    def ended(self) -> bool:
        """Whether the last `read` reached the end of the file."""
        return self._drained and not self._waiting

    def _start(self) -> None:
        head = self._raw(_PIPE)
        while 0 < len(head) < 4 and (more := self._raw(_PIPE)):
            head += more
        if head.startswith(_GZIP):
            self._gzip = zlib.decompressobj(wbits=31)
            self._packed = head
            head = self._more(_PIPE)
        else:
            self._drained = not head
        self._refuse_strangers(head)
        self._waiting = head.removeprefix(_BOM)

    def _refuse_strangers(self, head: bytes) -> None:
        place = f"{self.name}:1"
        for start, what, hint in _STRANGERS:
            if head.startswith(start):
                raise NnlecError(f"this looks like {what}, expected lines of text", where=place, hint=hint)
        if head.lstrip()[:12].lower().startswith(_MARKUP):
            raise NnlecError("this looks like HTML or XML, expected lines of text", where=place)
        beginning = head[:400]
        if beginning.count(b"\0") * 3 > len(beginning):
            hint = "convert it: iconv -f utf-16 -t utf-8"
            raise NnlecError("NUL bytes between the letters: this looks like UTF-16 text", where=place, hint=hint)

    def _ready(self) -> bool:
        """Whether more can be read without waiting."""
        return self._is_file or bool(self._packed) or bool(select.select([self._descriptor], [], [], 0)[0])

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
            if self._grown > max(_HARMLESS, _MOST_GROWTH * self._read):
                raise NnlecError(
                    f"the gzip data grows to more than {_MOST_GROWTH} times its size: a gzip bomb",
                    where=self.name,
                    hint="if it is meant so, unpack it: gzip -dc FILE | nnlec ...",
                )
            if data:
                return data

    def _raw(self, size: int) -> bytes:
        try:
            data = os.read(self._descriptor, size)
        except OSError as error:
            raise NnlecError(f"cannot be read: {error.strerror}", where=self.name) from None
        self._tally.bytes_read += len(data)
        self._read += len(data)
        return data


def _last_line_end(data: bytearray) -> int:
    """Where the last whole line ends; 0 when there is none. A lone CR ends a line where there is no LF at all."""
    cut = data.rfind(b"\n") + 1
    return cut or data.rfind(b"\r", 0, max(len(data) - 1, 0)) + 1


@contextmanager
def open_lines(path: str, block: int, tally: Tally) -> Iterator[Lines]:
    """`path`, or standard input for `-`; raises `NnlecError` for what cannot be opened."""
    if path == STANDARD_INPUT:
        yield Lines(_standard_input(), "<stdin>", block, tally)
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NnlecError(f"cannot be opened: {reason}", where=visible(path)) from None
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise NnlecError("this is a folder, expected a file", where=visible(path))
        yield Lines(descriptor, visible(path), block, tally)
    finally:
        os.close(descriptor)


def _standard_input() -> int:
    try:
        os.fstat(0)
    except OSError:
        raise NnlecError("standard input is closed", hint="name a file, or pipe a table in") from None
    return 0


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
