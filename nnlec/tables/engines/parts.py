"""A part of a large text file, as far as its lines can be told from the others without reading these."""

from __future__ import annotations

import os

from nnlec import system
from nnlec.tables.engines.dialects import JsonLines, has_plain_lines
from nnlec.tables.engines.interface import LONGEST_ROW, Engine, Progress, Source, Start
from nnlec.tables.engines.line_reader import LineReader, open_descriptor, open_lines
from nnlec.tables.engines.text_driver import Head, RowsOfFile, dialect_of, format_of, long_cells
from nnlec.text import visible

_AT_A_TIME = 1 << 20


class Inseparable(Exception):
    """Rows may reach over line ends, or the text is not in the file as it is: the file must be read as a whole."""


class PartOfLines(LineReader):
    """The lines from one byte of a file up to another one; both are where a line begins."""

    def __init__(
        self, descriptor: int, name: str, block: int, progress: Progress, form: str, begin: int, end: int
    ) -> None:
        self._begin, self._left = begin, end - begin
        os.lseek(descriptor, begin, os.SEEK_SET)
        super().__init__(descriptor, name, block, progress, form)

    def read(self, *, wait: bool = True) -> bytes:
        """Raises `Inseparable` where a cell may have a line end in it."""
        data = super().read(wait=wait)
        quoted = not self._is_json and b'"' in data
        if quoted or not has_plain_lines(data) or (len(data) > LONGEST_ROW and not data.endswith(b"\n")):
            raise Inseparable
        return data

    def place(self, line: int) -> str:
        """As in the whole file."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        left, before = self._begin, 0
        while left and (data := system.read(self._descriptor, min(_AT_A_TIME, left))):
            left, before = left - len(data), before + data.count(b"\n")
        return super().place(before + line)

    def _start(self) -> None:
        """What the file is was seen where it begins."""

    def _raw(self, size: int) -> bytes:
        data = super()._raw(min(size, self._left))
        self._left -= len(data)
        return data


def read_part(source: Source, start: Start, engine: Engine, progress: Progress) -> None:
    """The rows of a part of the one file of the source; raises `NnlecError` with file and line, and `Inseparable`."""
    (path,), part = source.paths, source.part
    assert part is not None
    form, block = format_of(path, source), source.block or engine.block
    dialect = dialect_of(form, source)
    with long_cells():
        with open_lines(path, block, Progress(), form) as lines:
            head = Head(source, dialect, lines, source.like)
            if lines.text_begins is None or (isinstance(dialect, JsonLines) and form != "jsonl"):
                raise Inseparable
            body = lines.text_begins + head.size
        header = source.like or head.header
        consumer = head.started(start)
        with open_descriptor(path) as descriptor:
            begin, end = (max(body, line_start(descriptor, at)) for at in part)
            rest = PartOfLines(descriptor, visible(path), block, progress, form, begin, end)
            rows = RowsOfFile(source, dialect, rest, header, consumer, engine, progress)
            rows.read(b"", 1)
            if rows.records.blank is not None and end < os.fstat(descriptor).st_size:
                raise Inseparable  # whether rows follow is not known here


def line_start(descriptor: int, at: int) -> int:
    """Where the first line begins that begins at this byte or after it; the size of the file where none does."""
    if at == 0:
        return 0
    position = os.lseek(descriptor, at - 1, os.SEEK_SET)
    while data := system.read(descriptor, _AT_A_TIME):
        if (found := data.find(b"\n")) >= 0:
            return position + found + 1
        position += len(data)
        if position > at + LONGEST_ROW:
            raise Inseparable
    return position
