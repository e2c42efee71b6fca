"""Columns aligned with blanks: any run of blanks and tabs separates two cells; those around a line mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nnlec.tables.engines.dialects import (
    BLANK,
    Separated,
    TextRecord,
    WholeRecords,
    has_plain_lines,
    lines_of,
    problem_in,
)

_CELL = re.compile(r'"((?:[^"]|"")*+)"(?=[ \t]|\Z)|([^" \t][^ \t]*+)')
_RUN = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class Blanks(Separated):
    """Cells between blanks; one that holds blanks is quoted, and ends in its line."""

    delimiter: str = BLANK

    def records(self, data: bytes, line: int) -> Iterator[TextRecord]:
        """The records of `data`, whose first line is number `line`."""
        begin = 0
        for number, (text, size) in enumerate(lines_of(data), start=line):
            trimmed = text.strip(" \t\r\n")
            cells, problem = _cells(trimmed) if '"' in trimmed else (_RUN.split(trimmed) if trimmed else [], "")
            problem = problem or problem_in(cells)
            yield TextRecord(number, number + 1, begin, begin + size, [] if problem else cells, problem)
            begin += size

    def whole(self, data: bytes) -> WholeRecords | None:
        """All records at once, and how many lines they are; None where anything is wrong with any of them."""
        records = list(self.records(data, 1)) if has_plain_lines(data) else []
        if not all(record.cells for record in records):
            return None
        return ([record.cells for record in records], len(records)) if records else None

    def _in_quotes(self, data: bytes, record: TextRecord) -> list[bool]:
        text = data[record.begin : record.end].decode("utf-8", "surrogateescape").strip()
        return [found[1] is not None for found in _CELL.finditer(text)]

    def plain(self, data: bytes) -> tuple[bytes, Separated]:
        """The same rows with one tab between cells, where no cell is quoted."""
        if b'"' in data:
            return data, self
        data = data.replace(b"\t", b" ").replace(b"\r\n", b"\n")
        while b"  " in data:
            data = data.replace(b"  ", b" ")
        data = data.replace(b" \n", b"\n").replace(b"\n ", b"\n").strip(b" ")
        return data.replace(b" ", b"\t"), Separated("\t", self.decimal_comma)


def _cells(text: str) -> tuple[list[str], str]:
    """The cells of a line with quotes, or what is wrong with it."""
    cells: list[str] = []
    at = 0
    while at < len(text):
        found = _CELL.match(text, at)
        if found is None:
            return [], "a quote that is not closed in its line, or text right behind a closing one"
        cells.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        blank = _RUN.match(text, found.end())
        at = blank.end() if blank else found.end()
    return cells, ""
