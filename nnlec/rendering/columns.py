"""How wide the columns of a table are on a terminal: cells fold between words only, numbers nowhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rich.cells import cell_len

_GAP = 3


def widths_of(columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int) -> list[int]:
    """The width of each column, in character cells of a terminal; the cells of a column that is `whole` fold nowhere.

    Wider than `room` where it does not hold them and the longest word of every other column.

    >>> columns = [["loss", "mean-squared-error (mse)"], ["formula", "L = 1/n sum (f - g)^2"], ["value", "1.25"]]
    >>> widths_of(columns, [False, False, True], 80)
    [24, 21, 5]
    >>> widths_of(columns, [False, False, True], 46)
    [18, 17, 5]
    >>> widths_of(columns, [False, False, True], 20)
    [18, 7, 5]
    """
    cells = [max(map(cell_len, column)) for column in columns]
    words = [
        cell if fixed else max(cell_len(word) for text in column for word in text.split() or [""])
        for column, cell, fixed in zip(columns, cells, whole, strict=True)
    ]
    room -= _GAP * (len(columns) - 1)
    fitting = bisect_right(range(max(cells) + 1), room, key=lambda level: sum(_raised(words, cells, level)))
    return _raised(words, cells, fitting - 1)


def _raised(least: Sequence[int], most: Sequence[int], level: int) -> list[int]:
    """Each width raised to the level, but not beyond its most."""
    return [max(low, min(high, level)) for low, high in zip(least, most, strict=True)]
