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


def groups_of(columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int) -> list[list[int]]:
    """Which columns stand side by side, where not all of them do; one of names before all others begins each group.

    >>> groups_of([["class", "dog"], ["s", "0.25"], ["L", "1.39"]], [False, True, True], 14)
    [[0, 1], [0, 2]]
    """
    everything = list(range(len(columns)))
    least = widths_of(columns, whole, 0)
    if sum(least) + _GAP * (len(columns) - 1) <= room:
        return [everything]
    name = [] if whole[0] or len(columns) == 1 else [0]
    groups: list[list[int]] = []
    for column in everything[len(name) :]:
        width = sum(least[other] + _GAP for other in (groups[-1] if groups else [])) + least[column]
        if groups and width <= room:
            groups[-1].append(column)
        else:
            groups.append([*name, column])
    return groups


def _raised(least: Sequence[int], most: Sequence[int], level: int) -> list[int]:
    """Each width raised to the level, but not beyond its most."""
    return [max(low, min(high, level)) for low, high in zip(least, most, strict=True)]
