"""Tables as data: csv, tsv, jsonl, json, a block of rows at a time; numbers are the shortest round-trip text."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.tables.interface import quoted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.interface import Column

Write = Callable[[bytes], None]
"""Where bytes leave: a file, or standard output."""

NumberLines = Callable[["Array", str], bytes]
"""How an engine spells rows of numbers."""

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SeparatedRows:
    """Rows with delimiters between cells: quotes only where they are needed, LF line ends."""

    def __init__(self, write: Write, number_lines: NumberLines, delimiter: str = ",", *, guard: bool = False) -> None:
        self._write = write
        self._number_lines = number_lines
        self._delimiter = delimiter
        self._guard = guard
        self._needs_quotes = re.compile(f'[{re.escape(delimiter)}"\r\n]')
        self.verbatim = "" if guard else delimiter

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """Writes the header."""
        self._write((self.kept([*kept, *added]) + "\n").encode("utf-8", "surrogateescape"))

    def kept(self, cells: Sequence[str]) -> str:
        """Cells as they stand between delimiters."""
        return self._delimiter.join(map(self._cell, cells))

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:  # noqa: ARG002
        """The rows of a block; where all is new and numeric, as the engine spells them."""
        if not kept and len(results) == 1 and isinstance(results[0], np.ndarray):
            self._write(self._number_lines(results[0], self._delimiter))
        else:
            parts = ([kept] if kept else []) + [self._texts(column) for column in results]
            text = "".join([line + "\n" for line in map(self._delimiter.join, zip(*parts, strict=True))])
            self._write(text.encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        """Nothing follows the last row."""

    def _texts(self, column: Column) -> list[str]:
        if isinstance(column, np.ndarray):
            return self._number_lines(column, self._delimiter).decode().split("\n")[:-1]
        return [self._cell(text) for text in column]

    def _cell(self, text: str) -> str:
        if self._guard and text.startswith(_FORMULA) and not _is_number(text):
            text = "'" + text
        if self._needs_quotes.search(text):
            return '"' + text.replace('"', '""') + '"'
        return text


class JsonRows:
    """Rows as JSON objects: one per line, or the items of one array."""

    verbatim = ""

    def __init__(self, write: Write, number_lines: NumberLines, *, array: bool, typed: bool) -> None:
        self._write = write
        self._number_lines = number_lines
        self._array = array
        self._typed = typed
        self._keys: list[str] = []
        self._new_keys: list[str] = []
        self._begun = False

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the keys. Raises `NnlecError` for a name that stands twice: JSON would lose a column."""
        names = [*kept, *added]
        for name in names:
            if names.count(name) > 1:
                raise NnlecError(f"two columns are named {quoted(name)}, which a JSON object cannot hold")
        self._keys = [json.dumps(name, ensure_ascii=False) + ": " for name in kept]
        self._new_keys = [json.dumps(name, ensure_ascii=False) + ": " for name in added]
        if self._array:
            self._write(b"[")

    def kept(self, cells: Sequence[str]) -> str:
        """Cells as members of an object."""
        return ", ".join([key + self._value(cell) for key, cell in zip(self._keys, cells, strict=True)])

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:
        """The rows of a block. NaN and infinities, which JSON cannot say, become null, and a warning says so."""
        columns: list[list[str]] = [kept] if kept else []
        keys = iter(self._new_keys)
        for result in results:
            values = self._number_columns(result) if isinstance(result, np.ndarray) else [list(map(_text, result))]
            columns += [[key + value for value in column] for column, key in zip(values, keys, strict=False)]
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
            warnings.warn(
                NnlecWarning("NaN and infinities are written as null: JSON has no numbers for them"), stacklevel=2
            )
            for index in wrong:
                texts[index] = "null"
        rows = len(numbers)
        return [texts[column * rows : (column + 1) * rows] for column in range(numbers.shape[1])]

    def _value(self, cell: str) -> str:
        # A subclass of str is a JSON value that was read as such; a cell of a CSV is a number where it is spelt as one.
        if type(cell) is not str or (not self._typed and _JSON_NUMBER.fullmatch(cell)):
            return str(cell)
        return _text(cell)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
