"""A column of text in which few values differ, dictionary-encoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Indices


class TextColumn(NamedTuple):
    """`values`, no two alike, and `codes`, (rows,): the row's cell is values[code]."""

    values: list[str]
    codes: Indices

    @classmethod
    def of(cls, cells: Sequence[str]) -> TextColumn:
        """The column of these cells.

        >>> TextColumn.of(["cat", "dog", "cat"])
        TextColumn(values=['cat', 'dog'], codes=array([0, 1, 0]))
        """
        codes = {value: code for code, value in enumerate(dict.fromkeys(cells))}
        return cls(list(codes), np.fromiter(map(codes.__getitem__, cells), np.intp, len(cells)))
