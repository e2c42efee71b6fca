"""Where the values of a whole block of JSON lines lie, found at once: objects with the same keys in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlec.named import NamedTuple
from nnlec.tables.engines.dialects import HALF, JsonLines
from nnlec.tables.engines.grid import LF, QUOTE, Cells, Texts, in_quotes, plain_lines
from nnlec.tables.rows import CellRows, Selection
from nnlec.tables.text_column import TextColumn

_BLANK, _ZERO, _MINUS, _POINT = b" 0-."
_IS_MARK = np.isin(np.arange(256), list(b":,}\n"))
_IS_DIGIT = np.isin(np.arange(256), list(b"0123456789"))
_ENDS_NUMBER = np.isin(np.arange(256), list(b",\n"))


class JsonGrid(NamedTuple):
    """Cells of a key and a value in turn, and one that is empty at the end of each line."""

    cells: Cells
    dialect: JsonLines

    @classmethod
    def of(cls, data: bytes, width: int, dialect: JsonLines) -> JsonGrid | None:
        """The grid of `data`; None where a line is no object with just these keys, or has a comma in a value."""
        text = plain_lines(data)
        if text is None or b'\\"' in text or HALF.search(text):
            return None
        array = np.frombuffer(text, np.uint8)
        marks = np.flatnonzero(_IS_MARK[array])
        inside = in_quotes(np.flatnonzero(array == QUOTE), marks)
        ends = marks[~inside]
        if ends.size % (2 * width + 1) or (array[marks[inside]] == LF).any():  # or a line ends within a string
            return None
        ends = ends.reshape(-1, 2 * width + 1)
        if (array[ends] != np.frombuffer((b":," * width)[:-1] + b"}\n", np.uint8)).any():
            return None
        colons = ends[:, : 2 * width : 2]
        if (array[colons + 1] == _BLANK).all():  # as most programs write them
            colons += 1
        cells = Cells(text, ends)
        if dialect.whole(text[: text.index(b"\n")]) is None or not _have_equal_keys(cells):
            return None
        return cls(cells, dialect)

    @property
    def delimiter(self) -> str:
        """What stands between numbers."""
        return ","

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.cells.ends)

    @property
    def lines(self) -> int:
        """As many."""
        return self.rows

    def number_text(self, columns: list[int]) -> bytes | None:
        """Plain lines with these columns alone; None where a value does not look as a number does in JSON."""
        text = self.cells.pick([2 * column + 1 for column in columns])
        return text if _look_as_in_json(text) else None

    def texts(self, selection: Selection) -> Texts | None:
        """The columns of text, and what passes through; None where a value, needed or not, may be no JSON."""
        width = self.cells.ends.shape[1] // 2
        others = sorted({*range(width)}.difference(selection.numbers).union(selection.texts, selection.passthrough))
        records = self._values(others) if others else []
        if records is None:
            return None
        place = {column: number for number, column in enumerate(others)}
        texts = tuple(TextColumn.of([record[place[column]] for record in records]) for column in selection.texts)
        passed = [place[column] for column in selection.passthrough]
        if not passed:
            return texts, None
        cells = records if passed == list(range(len(others))) else [[record[i] for i in passed] for record in records]
        return texts, CellRows(cells, typed=True)

    def _values(self, columns: list[int]) -> list[Any] | None:
        """The cells of each row; None where they are no JSON, or a bracket leaves open whether they are."""
        text = self.cells.pick([2 * column + 1 for column in columns])
        if b"[" in text:  # without one, a closing bracket is no JSON
            return None
        return self.dialect.arrays("[[" + text[:-1].decode().replace("\n", "],[") + "]]")


def _have_equal_keys(cells: Cells) -> bool:
    """Whether every line has the keys of the first, and nothing behind its object."""
    text = cells.pick(list(range(0, cells.ends.shape[1], 2)))
    return text == text[: text.index(b"\n") + 1] * len(cells.ends)


def _look_as_in_json(text: bytes) -> bool:
    """Whether numbers begin with a digit, with 0 only before a point or e, and have digits behind a point.

    These are the spellings that are numbers elsewhere; all else that is none in JSON is none anywhere.
    """
    array = np.frombuffer(text, np.uint8)
    starts = np.concatenate(([0], np.flatnonzero(_ENDS_NUMBER[array])[:-1] + 1))
    starts += array[starts] == _MINUS
    first_zero = array[starts] == _ZERO
    if not _IS_DIGIT[array[starts]].all() or _IS_DIGIT[array[starts[first_zero] + 1]].any():
        return False
    return bool(_IS_DIGIT[array[np.flatnonzero(array == _POINT) + 1]].all())
