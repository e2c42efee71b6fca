"""Records of delimiter-separated text and of JSON lines: one at a time with line numbers, or all at once."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import ClassVar

from nnlec.arithmetic.numbers import NumeralError
from nnlec.named import NamedTuple
from nnlec.tables.engines.interface import LONGEST_ROW
from nnlec.tables.header import quoted
from nnlec.tables.rows import JsonValue

BLANK = "blank"
"""Stands for a delimiter that is a run of blanks or tabs."""

_CUT_SHORT = "unexpected end of data"  # the csv module's message for a quote that is not closed


class TextRecord(NamedTuple):
    """A record: its lines, where it begins and ends in its block, and its cells or what is wrong with it.

    A blank line has no cells and no problem. `unfinished`: the block ended inside a quoted cell.
    """

    line: int
    next_line: int
    begin: int
    end: int
    cells: Sequence[str]
    problem: str = ""
    unfinished: bool = False


WholeRecords = tuple[Sequence[Sequence[str]], int]
"""Records, and how many lines they are."""


def lines_of(data: bytes) -> Iterator[tuple[str, int]]:
    """Each line (ended by LF, CRLF or CR) of `data` as text, and how many bytes it has."""
    ascii_only = data.isascii()
    for text in io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""):
        yield text, len(text) if ascii_only else len(text.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True)
class Separated:
    """Cells between delimiters, quoted as in RFC 4180; numbers have a decimal point, or all of them a comma."""

    delimiter: str = ","
    decimal_comma: bool = False
    typed: ClassVar[bool] = False
    """Whether every cell that is no `JsonValue` is a string."""

    def records(self, data: bytes, line: int) -> Iterator[TextRecord]:
        """The records of `data`, whose first line is number `line`."""
        end = 0

        def lines() -> Iterator[str]:
            nonlocal end
            for text, size in lines_of(data):
                end += size
                yield text

        reader = csv.reader(lines(), delimiter=self.delimiter, strict=True)
        clean = _is_clean(data)
        while True:
            begin, before = end, reader.line_num
            cells: list[str] = []
            unfinished = False
            try:
                cells = next(reader)
                problem = "" if clean else problem_in(cells)
            except StopIteration:
                return
            except csv.Error as error:
                unfinished = str(error) == _CUT_SHORT
                problem = UNCLOSED if unfinished else _csv_problem(str(error), self.delimiter)
            yield TextRecord(line + before, line + reader.line_num, begin, end, cells, problem, unfinished)

    def quoted_names(self, data: bytes, first: TextRecord, second: TextRecord | None) -> list[bool]:
        """Which cells of the first record stand in quotes, above a cell that does not: names, whatever they say."""
        if b'"' not in data[first.begin : first.end]:
            return [False] * len(first.cells)
        above = self._in_quotes(data, first)
        below = [False] * len(above) if second is None else self._in_quotes(data, second)
        return [upper and not lower for upper, lower in zip_longest(above, below[: len(above)], fillvalue=False)]

    def _in_quotes(self, data: bytes, record: TextRecord) -> list[bool]:
        mark = re.escape(self.delimiter)
        text = data[record.begin : record.end].decode("utf-8", "surrogateescape").rstrip("\r\n")
        cells = re.finditer(rf'("(?:[^"]|"")*"|[^{mark}]*)(?:{mark}|$)', text)
        return [cell[1].startswith('"') for cell in islice(cells, len(record.cells))]

    def numeral(self, cell: str) -> str:
        """The text of a cell as a number; raises `NumeralError` where no cell of this kind is a number."""
        if not self.decimal_comma:
            return cell
        if "." in cell:
            raise NumeralError(f"{quoted(cell)} is not a number with a decimal comma", "write it as 1234,5")
        return cell.replace(",", ".")

    def plain(self, data: bytes) -> tuple[bytes, Separated]:
        """The same rows as engines read them fastest."""
        return data, self

    def whole(self, data: bytes) -> WholeRecords | None:
        """All records at once, and how many lines they are; None where anything is wrong with any of them."""
        if not has_plain_lines(data):
            return None
        reader = csv.reader(io.StringIO(data.decode()), delimiter=self.delimiter, strict=True)
        try:
            return list(reader), reader.line_num
        except csv.Error:
            return None


@dataclass
class JsonLines:
    """One JSON object per line; the keys of the first are the columns."""

    names: tuple[str, ...] = ()
    typed: ClassVar[bool] = True

    def records(self, data: bytes, line: int) -> Iterator[TextRecord]:
        """The records of `data`, whose first line is number `line`; cells in the order of the first record's keys."""
        begin = 0
        for number, (text, size) in enumerate(lines_of(data), start=line):
            cells: Sequence[str] = ()
            problem = ""
            if text.strip(" \t\r\n"):
                try:
                    cells = self._cells(_object(text.rstrip("\r\n")))
                except _BadJson as bad:
                    problem = str(bad)
                except RecursionError:
                    problem = "this JSON is nested too deeply"
            yield TextRecord(number, number + 1, begin, begin + size, cells, problem)
            begin += size

    @staticmethod
    def numeral(cell: str) -> str:
        """The text of a cell as a number; raises `NumeralError` for a string, whatever it says."""
        if type(cell) is not JsonValue:
            raise NumeralError(f"{quoted(cell)} is a string", "write the number without quotes")
        if cell.startswith("{"):
            raise NumeralError(
                f"{quoted(cell)} is an object", "one object is one row; pandas: to_json(orient='records')"
            )
        return cell

    def plain(self, data: bytes) -> tuple[bytes, JsonLines]:
        """The same rows as engines read them fastest."""
        return data, self

    def whole(self, data: bytes) -> WholeRecords | None:
        """All records at once, and how many lines they are; None where anything is wrong with any of them."""
        if not has_plain_lines(data) or HALF.search(data):
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

    @staticmethod
    def arrays(text: str) -> list[list[str]] | None:
        """The cells of an array of arrays; None where it is no JSON."""
        try:
            found = _DECODER.decode(text)
        except (ValueError, RecursionError):
            return None
        if not all(found):  # a cell that is empty
            return None
        return [[value if isinstance(value, str) else _cell(value) for value in values] for values in found]

    def _cells(self, pairs: list[tuple[str, object]]) -> list[str]:
        values = dict(pairs)
        if len(values) < len(pairs):
            raise _BadJson("a key stands twice in the object")
        self.names = self.names or tuple(values)
        if values.keys() != set(self.names):
            for name in self.names:
                if name not in values:
                    raise _BadJson(f"the key {quoted(name)} of the first object is missing")
            strange = next(name for name in values if name not in self.names)
            raise _BadJson(f"the key {quoted(strange)} is not in the first object")
        return [_cell(values[name]) for name in self.names]


Dialect = Separated | JsonLines


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
        raise _BadJson(f"this is not JSON: {error.msg.removesuffix(' at')} at character {error.colno}") from None
    if "\\u" in text:
        _expect_whole_characters(value)
    if not isinstance(value, _Pairs):
        raise _BadJson('expected a JSON object, {"name": value, ...}')
    return value


def _expect_whole_characters(value: object) -> None:
    try:
        _json_text(value).encode()
    except UnicodeEncodeError as error:
        half = ord(error.object[error.start])
        raise _BadJson(f"\\u{half:04x} is half a character, its other half is missing") from None


class _Pairs(list[tuple[str, object]]):
    """A JSON object that remembers a key given twice."""


HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=JsonValue, parse_int=JsonValue, parse_constant=JsonValue
)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return JsonValue(_json_text(value))


def _json_text(value: object) -> str:
    """Compact JSON of a decoded value, numbers as they were written."""
    if isinstance(value, JsonValue):
        return str(value)
    if isinstance(value, _Pairs):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_json_text(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


_NOT_UTF8 = "bytes that are not UTF-8 (save the file as UTF-8, or convert it: iconv -f latin1 -t utf-8)"
UNCLOSED = "the quote opened in this row is never closed"


def _is_clean(data: bytes) -> bool:
    """Whether `data` is UTF-8 without NUL bytes."""
    if b"\0" in data:
        return False
    try:
        return data.isascii() or data.decode() is not None
    except UnicodeDecodeError:
        return False


def has_plain_lines(data: bytes) -> bool:
    """Whether `data` is clean and every CR belongs to a line end."""
    return _is_clean(data) and (b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"))


def problem_in(cells: Sequence[str]) -> str:
    """What is wrong with the characters of a record; empty where nothing is."""
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
