"""Bytes of a file or a pipe in blocks of whole lines: small blocks where a pipe is slow, so that no row waits."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.filetypes import by_content, encoding_of
from nnlec.tables.engines.files import opened
from nnlec.tables.engines.gzip_data import Gzip
from nnlec.tables.engines.interface import LONGEST_ROW, STANDARD_INPUT, Progress
from nnlec.text import visible

_PIPE = 1 << 16

_BY_PANDAS = "in Python: pandas.{}(FILE).to_csv('table.csv', index=False)"
_AS_TEXT = {
    "parquet": "name it .parquet, or say --from parquet",
    "npy": "name it .npy, or say --from npy",
    "zip": "if it is a table of arrays, name it .npz, or say --from npz",
    "xls": f"save the sheet as CSV; {_BY_PANDAS.format('read_excel')}",
    "pickle": f"it may run programs and is never opened; {_BY_PANDAS.format('read_pickle')}",
    "arrow": "convert it to CSV or Parquet",
    "sqlite": "export the table as CSV",
    "hdf5": "export the table as CSV",
}
"""How a table becomes one that is read, by the type of its file."""

_OTHER_TEXT = (
    (rb"\s*+(?:%[^\n]*+\s*+)*+@relation\b", "an ARFF file", "in Python: scipy.io.arff.loadarff reads it"),
    (
        rb"[-+0-9.eE]+(?:[ \t]+qid:[0-9]+)?(?:[ \t]+[0-9]+:[-+0-9.eE]+)+[ \t\r]*(?:#|\n|\Z)",
        "a LIBSVM file",
        "in Python: sklearn.datasets.load_svmlight_file reads it",
    ),
)
"""Patterns of the beginning of tables that are no lines of cells, what they are, and the way out."""


class Filter(Protocol):
    """Turns bytes into others a piece at a time."""

    def feed(self, data: bytes) -> bytes:
        """What can be said of the data so far; no data ends it."""


class LineReader:
    """A file as blocks of whole lines; the start of an unfinished row can be given back."""

    def __init__(self, descriptor: int, name: str, block: int, progress: Progress, form: str = "csv") -> None:
        self.name = name
        self.text_begins: int | None = 0
        """At which byte of the file; None where the text is no part of it, but made from it."""
        self._is_json = form in ("json", "jsonl")
        self._filters: list[Filter] = []
        self._counted = ""
        self._failure: NnlecError | None = None
        self._descriptor = descriptor
        self._block = block
        self._progress = progress
        self._is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._waiting = b""
        self._returned = b""
        self._needed = b""
        self._drained = False
        self._gzip: Gzip | None = None
        self._start()

    def place(self, line: int) -> str:
        """Where a line is, in a message; in an array of objects it is an object."""
        return f"{self.name}: {self._counted} {line}" if self._counted else f"{self.name}:{line}"

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
            grown = cut > had and data.find(needed, had) >= 0
            too_long = not grown and len(data) > LONGEST_ROW + had
            if self._drained or (too_long and cut <= had):
                return bytes(data)
            if too_long or (grown and (len(data) >= wanted or not self._ready())):
                self._waiting = bytes(data[cut:])
                return bytes(data[:cut])
            if not wait and not self._ready():
                self._waiting = bytes(data)
                return b""
            try:
                data += self._more(max(wanted - len(data), _PIPE))
            except NnlecError as failure:
                if cut <= had:
                    raise
                self._failure, self._drained = failure, False  # the rows before it come first
                self._waiting = bytes(data[cut:])
                return bytes(data[:cut])

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
        head = self._beginning(self._raw)
        self._drained = not head
        found = by_content(head)
        if found is not None and found.name == "gzip":
            self._gzip = Gzip(self._raw, head, self.name)
            self.text_begins = None
            head = self._beginning(self._more)
        self._expect_text(head)
        encoding = encoding_of(head)[1]
        if encoding != "utf-8":
            from nnlec.tables.engines.wide_text import WideText

            head = self._filtered(WideText(encoding[:6], self.name), head)
        if head.startswith(BOM_UTF8):
            head = head[len(BOM_UTF8) :]
            self.text_begins = None if self.text_begins is None else len(BOM_UTF8)
        if self._is_json and head.lstrip(b" \t\r\n").startswith(b"["):
            from nnlec.tables.engines.json_array import JsonArray

            self._counted = "object"
            head = self._filtered(JsonArray(self.name), head)
        self._waiting = head

    def _beginning(self, read: Callable[[int], bytes]) -> bytes:
        """As many bytes as tell what the file is: four, and of JSON one that is not blank."""
        head = more = read(_PIPE)
        while more and (len(head) < 4 or (self._is_json and head.isspace() and len(head) < LONGEST_ROW)):
            more = read(_PIPE)
            head += more
        return head

    def _filtered(self, filter: Filter, head: bytes) -> bytes:
        """Filters the file from its beginning, which is `head`."""
        self._filters.append(filter)
        self.text_begins = None
        return filter.feed(head)

    def _expect_text(self, head: bytes) -> None:
        """Raises `NnlecError` for what is no text of rows."""
        found, place = by_content(head), f"{self.name}:1"
        if found is not None:
            what, hint = found.what, _AS_TEXT.get(found.name, "") or found.hint
            if found.name == "zip" and (b"[Content_Types].xml" in head or b"xl/" in head):
                what, hint = "an Excel workbook", _AS_TEXT["xls"]
            raise NnlecError(f"this looks like {what}, expected lines of text", where=place, hint=hint)
        beginning = head[:400]
        if beginning.count(b"\0") * 3 > len(beginning) and encoding_of(head)[1] == "utf-8":
            halves = [beginning[at::4] + beginning[at + 1 :: 4] for at in (0, 2)]
            name = "utf-16" if all(map(any, halves)) else "utf-32"  # half of each character of the latter is zero
            hint = f"save it as UTF-8, or convert it: iconv -f {name} -t utf-8"
            raise NnlecError(f"this looks like {name.upper()} text without its byte order mark", where=place, hint=hint)
        for pattern, what, hint in _OTHER_TEXT:
            if re.match(pattern, head, re.IGNORECASE):
                raise NnlecError(f"this looks like {what}, expected rows of cells", where=place, hint=hint)

    def _ready(self) -> bool:
        """Whether more can be read without waiting."""
        packed = self._gzip is not None and self._gzip.has_packed
        return self._is_file or packed or system.is_ready(self._descriptor)

    def _more(self, size: int) -> bytes:
        """More of the text; it may be empty before the end, where a filter waits for more."""
        if self._failure is not None:
            raise self._failure
        data = self._raw(size) if self._gzip is None else self._gzip.read(size)
        self._drained = not data
        for filter in self._filters:
            if data or self._drained:
                data = filter.feed(data)
        return data

    def _raw(self, size: int) -> bytes:
        try:
            data = system.read(self._descriptor, size)
        except OSError as error:
            raise NnlecError(f"cannot be read: {error.strerror}", where=self.name) from None
        self._progress.bytes_read += len(data)
        return data


def _last_line_end(data: bytearray) -> int:
    """Where the last whole line ends; 0 when there is none. A lone CR ends a line where there is no LF at all."""
    cut = data.rfind(b"\n") + 1
    return cut or data.rfind(b"\r", 0, max(len(data) - 1, 0)) + 1


@contextmanager
def open_lines(path: str, block: int, progress: Progress, form: str) -> Iterator[LineReader]:
    """`path`, or standard input for `-`, of the format `form`; raises `NnlecError` for what cannot be opened."""
    if path == STANDARD_INPUT:
        try:
            os.fstat(0)
        except OSError:
            raise NnlecError("standard input is closed", hint="name a file, or pipe a table in") from None
        yield LineReader(0, "<stdin>", block, progress, form)
        return
    with open_descriptor(path) as descriptor:
        yield LineReader(descriptor, visible(path), block, progress, form)


@contextmanager
def open_descriptor(path: str) -> Iterator[int]:
    """A descriptor of the file; raises `NnlecError` for what cannot be opened."""
    descriptor = opened(path)
    try:
        yield descriptor
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
