"""A column of text in which few values differ, dictionary-encoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from nnlec.named import NamedTuple

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
        code_of: defaultdict[str, int] = defaultdict(count().__next__)
        codes = np.fromiter(map(code_of.__getitem__, cells), np.intp, len(cells))
        return cls(list(code_of), codes)
