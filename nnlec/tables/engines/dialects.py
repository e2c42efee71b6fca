"""Text as records: CSV and its like, or JSON lines; one at a time with the line it began on, or all at once."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from nnlec.tables.engines.interface import LONGEST_ROW
from nnlec.tables.header import quoted
from nnlec.tables.rows import JsonValue

_CUT_SHORT = "unexpected end of data"  # the csv module's words for a quote that is still open


class Record(NamedTuple):
    """A record: where it began and ended in its block, and its cells or what is wrong with it.

    No cells and no problem is a blank line. `unfinished`: the block ended inside a quoted cell.
    """

    line: int
    next_line: int
    begin: int
    end: int
    cells: Sequence[str]
    problem: str = ""
    unfinished: bool = False


Whole = tuple[Sequence[Sequence[str]], int]
"""Records, and how many lines they are."""


class _Feed:
    """Physical lines (LF, CRLF or CR) as text, counted as they are taken."""

    def __init__(self, data: bytes) -> None:
        self.lines = 0
        self.offset = 0
        self._ascii = data.isascii()
        self._parts = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        part = next(self._parts)
        self.lines += 1
        self.offset += len(part) if self._ascii else len(part.encode("utf-8", "surrogateescape"))
        return part


class Separated(NamedTuple):
    """Cells between delimiters, quoted as RFC 4180 has it."""

    delimiter: str = ","

    @property
    def typed(self) -> bool:
        """Whether cells are strings or something else; text is neither."""
        return False

    def records(self, data: bytes, line: int) -> Iterator[Record]:
        """The records of `data`, whose first line is number `line`."""
        feed = _Feed(data)
        reader = csv.reader(feed, delimiter=self.delimiter, strict=True)
        spoilt = None if _is_clean(data) else _spoilt
        while True:
            begin, before = feed.offset, feed.lines
            cells: list[str] = []
            problem = ""
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                unfinished = str(error) == _CUT_SHORT
                problem = _UNCLOSED if unfinished else _csv_problem(str(error), self.delimiter)
            else:
                unfinished = False
                if spoilt is not None:
                    problem = spoilt(cells)
            yield Record(line + before, line + feed.lines, begin, feed.offset, cells, problem, unfinished)

    @staticmethod
    def may_be_number(cell: str) -> bool:
        """Whether a cell may be read as a number: any that is not empty."""
        return bool(cell)

    def whole(self, data: bytes) -> Whole | None:
        """All records at once, and how many lines they are; None where anything is wrong with any of them."""
        if not _has_plain_lines(data):
            return None
        reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=self.delimiter, strict=True)
        try:
            return list(reader), reader.line_num
        except csv.Error:
            return None


@dataclass
class JsonLines:
    """One JSON object per line; the keys of the first are the columns."""

    names: tuple[str, ...] = ()

    @property
    def typed(self) -> bool:
        """Whether cells are strings or something else."""
        return True

    def records(self, data: bytes, line: int) -> Iterator[Record]:
        """The records of `data`, whose first line is number `line`; cells in the order of the first record's keys."""
        feed = _Feed(data)
        for text in feed:
            end = feed.offset
            begin = end - len(text.encode("utf-8", "surrogateescape"))
            cells: Sequence[str] = ()
            problem = ""
            if text.strip(" \t\r\n"):
                try:
                    cells = self._cells(_object(text))
                except _BadJson as bad:
                    problem = str(bad)
                except RecursionError:
                    problem = "this JSON is nested too deeply"
            yield Record(line + feed.lines - 1, line + feed.lines, begin, end, cells, problem)

    @staticmethod
    def may_be_number(cell: str) -> bool:
        """Whether a cell may be read as a number: a string is none, whatever it says."""
        return type(cell) is JsonValue

    def whole(self, data: bytes) -> Whole | None:
        """All records at once, and how many lines they are; None where anything is wrong with any of them."""
        if not _has_plain_lines(data) or _HALF.search(data):
            return None
        texts = data.decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
        records: list[Sequence[str]] = []
        try:
            for text in texts:
                pairs, end = _DECODER.raw_decode(text)
                names, values = zip(*pairs, strict=True)
                if end != len(text) or names != self.names or type(pairs) is not _Pairs:
                    return None
                records.append([value if isinstance(value, str) else _cell(value) for value in values])
        except (ValueError, TypeError, RecursionError):
            return None
        return records, len(texts)

    def _cells(self, pairs: list[tuple[str, object]]) -> list[str]:
        values = dict(pairs)
        if len(values) < len(pairs):
            raise _BadJson("a key stands twice in the object")
        self.names = self.names or tuple(values)
        if values.keys() != set(self.names):
            missing = next((name for name in self.names if name not in values), "")
            strange = next((name for name in values if name not in self.names), "")
            raise _BadJson(
                f"the key {quoted(missing)} of the first object is missing"
                if missing in self.names and missing not in values
                else f"the key {quoted(strange)} is not in the first object"
            )
        return [_cell(values[name]) for name in self.names]


Dialect = Separated | JsonLines


@contextmanager
def long_cells() -> Iterator[None]:
    """Lets the csv module read cells as long as a row may be; its limit is one for the whole process."""
    before = csv.field_size_limit(2 * LONGEST_ROW)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _BadJson(ValueError):
    pass


def _object(text: str) -> list[tuple[str, object]]:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _BadJson(_NOT_UTF8) from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _BadJson(f"this is not JSON: {error.msg} at character {error.colno}") from None
    if "\\u" in text:
        _expect_whole_characters(value)
    if not isinstance(value, _Pairs):
        raise _BadJson('expected a JSON object, {"name": value, ...}')
    return value


def _expect_whole_characters(value: object) -> None:
    try:
        _spelt(value).encode()
    except UnicodeEncodeError as error:
        half = ord(error.object[error.start])
        raise _BadJson(f"\\u{half:04x} is half a character, its other half is missing") from None


class _Pairs(list[tuple[str, object]]):
    """A JSON object that remembers a key given twice."""


_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=JsonValue, parse_int=JsonValue, parse_constant=JsonValue
)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return JsonValue(_spelt(value))


def _spelt(value: object) -> str:
    """Compact JSON of a decoded value, numbers as they were written."""
    if isinstance(value, JsonValue):
        return str(value)
    if isinstance(value, _Pairs):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_spelt(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_spelt, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


_NOT_UTF8 = "bytes that are not UTF-8 (convert the file, for instance: iconv -f latin1 -t utf-8)"
_UNCLOSED = "the quote opened in this row is never closed"


def _is_clean(data: bytes) -> bool:
    """Whether `data` is UTF-8 without NUL bytes."""
    if b"\0" in data:
        return False
    try:
        return data.isascii() or data.decode() is not None
    except UnicodeDecodeError:
        return False


def _has_plain_lines(data: bytes) -> bool:
    """Whether `data` is clean and every CR belongs to a line end."""
    return _is_clean(data) and data.count(b"\r") == data.count(b"\r\n")


def _spoilt(cells: Sequence[str]) -> str:
    for number, cell in enumerate(cells, start=1):
        if "\0" in cell:
            return f"a NUL byte in cell {number}"
        try:
            cell.encode()
        except UnicodeEncodeError:
            return f"cell {number} has {_NOT_UTF8}"
    return ""


def _csv_problem(message: str, delimiter: str) -> str:
    if "expected after" in message:
        return f"text follows a closing quote, expected {delimiter!r} or the end of the line"
    if "field limit" in message:
        return f"a cell is longer than {LONGEST_ROW >> 20} MiB"
    return message
