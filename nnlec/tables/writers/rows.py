"""Tables as data: csv, tsv, jsonl, json, a block of rows at a time; numbers are the shortest round-trip text."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import AS_NULL, NnlecError, NnlecWarning
from nnlec.tables.header import names_by_probability, quoted, repeated
from nnlec.tables.rows import JsonValue, Passthrough, PlainLines

if TYPE_CHECKING:
    from nnlec.arithmetic.rounding import Rounding
    from nnlec.arithmetic.types import Array
    from nnlec.tables.engines.interface import NumberLines
    from nnlec.tables.plan import Column

WriteBytes = Callable[[bytes], None]
"""Where bytes leave: a file, or standard output."""

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SeparatedRows:
    """Rows with delimiters between cells: quotes only where they are needed, LF line ends.

    A name that is a number is quoted in the header, unless P(3) stands beside 3: so that it is read as a name again.
    """

    def __init__(
        self, write: WriteBytes, number_lines: NumberLines, delimiter: str = ",", *, escape_formulas: bool = False
    ) -> None:
        self._write = write
        self._number_lines = number_lines
        self._delimiter = delimiter
        self._escape = escape_formulas
        self._needs_quotes = re.compile(f'[{re.escape(delimiter)}"\r\n]')

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Writes the header."""
        names = [*passthrough, *added]
        clear = names_by_probability(names)
        cells = [f'"{name}"' if is_number(name) and name not in clear else self._cell(name) for name in names]
        self._write((self._delimiter.join(cells) + "\n").encode("utf-8", "surrogateescape"))

    def write(
        self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int, *, blank: bool = False
    ) -> None:
        """The rows of a block; where all is new and numeric, in one piece."""
        if blank:
            added = tuple([""] * rows for column in added for _ in range(_width(column)))
        if blank and passthrough is None and len(added) == 1:
            self._write(b'""\n' * rows)  # a line with nothing in it would be no row
            return
        if passthrough is None and len(added) == 1 and isinstance(added[0], np.ndarray):
            self._write(self._number_lines(added[0], self._delimiter))
        else:
            parts = ([] if passthrough is None else [self._lines(passthrough)]) + [self._texts(c) for c in added]
            text = "".join([line + "\n" for line in map(self._delimiter.join, zip(*parts, strict=True))])
            self._write(text.encode("utf-8", "surrogateescape"))

    def _lines(self, passthrough: Passthrough) -> list[str]:
        """The passed-through cells of each row, copied where they can be."""
        if isinstance(passthrough, PlainLines) and passthrough.delimiter == self._delimiter and not self._escape:
            return passthrough.lines
        return [self._delimiter.join(map(self._cell, cells)) for cells in passthrough.cells]

    def close(self) -> None:
        """Nothing follows the last row."""

    def _texts(self, column: Column) -> list[str]:
        if isinstance(column, np.ndarray):
            return self._number_lines(column, self._delimiter).decode().split("\n")[:-1]
        return [self._cell(text) for text in column]

    def _cell(self, text: str) -> str:
        if self._escape and text.startswith(_FORMULA) and not _is_number(text):
            text = "'" + text
        if self._needs_quotes.search(text):
            return '"' + text.replace('"', '""') + '"'
        return text


def _width(column: Column) -> int:
    return column.shape[1] if isinstance(column, np.ndarray) else 1


def rounded(rounding: Rounding) -> NumberLines:
    """Rows of numbers as shown figures."""

    def lines(numbers: Array, delimiter: str) -> bytes:
        rows = (delimiter.join([rounding.text(Decimal(repr(x))) for x in row]) for row in numbers.tolist())
        return "".join([row + "\n" for row in rows]).encode()

    return lines


def with_commas(number_lines: NumberLines) -> NumberLines:
    """The same spelling with decimal commas."""
    return lambda numbers, delimiter: number_lines(numbers, delimiter).replace(b".", b",")


class Stream(io.RawIOBase):
    """What a library writes to, from its first byte to its last; it remembers why that failed."""

    def __init__(self, write: WriteBytes) -> None:
        self._write_all = write
        self.failure: BaseException | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        try:
            self._write_all(bytes(data))
        except BaseException as failure:
            self.failure = failure
            raise
        return len(data)

    def close(self) -> None:
        """It is not ours to close."""
        with suppress(ValueError):
            super().close()


class JsonRows:
    """Rows as JSON objects: one per line, or the items of one array."""

    def __init__(
        self, write: WriteBytes, number_lines: NumberLines, *, array: bool, decimal_comma: bool = False
    ) -> None:
        self._decimal_comma = decimal_comma
        self._write = write
        self._number_lines = number_lines
        self._array = array
        self._keys: list[str] = []
        self._new_keys: list[str] = []
        self._begun = False

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the keys. Raises `NnlecError` for a name that two columns have: JSON would lose one."""
        expect_distinct([*passthrough, *added], "a JSON object")
        self._keys = [json.dumps(name, ensure_ascii=False) + ": " for name in passthrough]
        self._new_keys = [json.dumps(name, ensure_ascii=False) + ": " for name in added]
        if self._array:
            self._write(b"[")

    def write(
        self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int, *, blank: bool = False
    ) -> None:
        """The rows of a block. NaN and infinities, which JSON has no numbers for, become null, with a warning."""
        columns: list[list[str]] = [] if passthrough is None else [self._members(passthrough)]
        keys = iter(self._new_keys)
        for column in added:
            if blank:
                values = [["null"] * rows] * _width(column)
            elif isinstance(column, np.ndarray):
                values = self._number_columns(column)
            else:
                values = [list(map(_text, column))]
            columns += [[key + value for value in each] for each, key in zip(values, keys, strict=False)]
        lines = ["{" + ", ".join(members) + "}" for members in zip(*columns, strict=True)]
        assert len(lines) == rows
        if self._array:
            text = "".join([(",\n" if self._begun or number else "\n") + line for number, line in enumerate(lines)])
        else:
            text = "".join([line + "\n" for line in lines])
        self._begun = self._begun or bool(lines)
        self._write(text.encode("utf-8", "replace"))

    def close(self) -> None:
        """Ends the array."""
        if self._array:
            self._write(b"\n]\n" if self._begun else b"]\n")

    def _number_columns(self, numbers: Array) -> list[list[str]]:
        texts = self._number_lines(numbers.T.reshape(-1, 1), ",").decode().split("\n")[:-1]
        wrong = np.flatnonzero(~np.isfinite(numbers.T.reshape(-1)))
        if wrong.size:
            warnings.warn(NnlecWarning(AS_NULL), stacklevel=2)
            for index in wrong:
                texts[index] = "null"
        rows = len(numbers)
        return [texts[column * rows : (column + 1) * rows] for column in range(numbers.shape[1])]

    def _members(self, passthrough: Passthrough) -> list[str]:
        """The passed-through cells of each row, as members of an object."""
        value = _typed_value if passthrough.typed else _comma_value if self._decimal_comma else _untyped_value
        return [
            ", ".join([key + value(cell) for key, cell in zip(self._keys, cells, strict=True)])
            for cells in passthrough.cells
        ]


def _typed_value(cell: str) -> str:
    return str(cell) if type(cell) is JsonValue else _text(cell)


def _untyped_value(cell: str) -> str:
    """A cell that is written as a number is one."""
    return cell if _JSON_NUMBER.fullmatch(cell) else _text(cell)


def _comma_value(cell: str) -> str:
    number = cell.replace(",", ".")
    return number if "." not in cell and _JSON_NUMBER.fullmatch(number) else _text(cell)


def expect_distinct(names: Sequence[str], holder: str) -> None:
    """Raises `NnlecError` where two columns have one name, which `holder` cannot hold."""
    for name in repeated(names):
        raise NnlecError(f"two columns are named {quoted(name)}, which {holder} cannot hold")


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
