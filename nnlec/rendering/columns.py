"""How wide columns are, and which stand side by side where not all have room: on a terminal, on paper, on slides."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

_GAP = 3


def widths_of(columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int) -> list[int]:
    """The width of each column, in character cells of a terminal; the cells of a column that is `whole` fold nowhere.

    Those of the others fold between words. Wider than `room` where it does not hold the whole ones and the longest word
    of every other column.

    >>> columns = [["loss", "mean-squared-error (mse)"], ["formula", "L = 1/n sum (f - g)^2"], ["value", "1.25"]]
    >>> widths_of(columns, [False, False, True], 80)
    [24, 21, 5]
    >>> widths_of(columns, [False, False, True], 46)
    [18, 17, 5]
    >>> widths_of(columns, [False, False, True], 20)
    [18, 7, 5]
    """
    from rich.cells import cell_len

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
    widths = [width + _GAP for width in widths_of(columns, whole, 0)]
    names = 0 if whole[0] or len(columns) == 1 else 1
    groups = groups_that_fit(widths[names:], room + _GAP, sum(widths[:names]))
    return [[*range(names), *range(names + first, names + last)] for first, last in groups]


def groups_that_fit(widths: Iterable[float], room: float, taken: float = 0) -> Iterator[tuple[int, int]]:
    """Where each group begins and ends of what stands side by side in `room`, of which so much is `taken`.

    A group has one at least, however narrow the page is.

    >>> list(groups_that_fit([2, 3, 2, 9, 1], 8)), list(groups_that_fit([2, 3, 2, 9, 1], 8, taken=2))
    ([(0, 3), (3, 4), (4, 5)], [(0, 2), (2, 3), (3, 4), (4, 5)])
    """
    first = last = 0
    used = taken
    for width in widths:
        if last > first and used + width > room:
            yield first, last
            first, used = last, taken
        last += 1
        used += width
    yield first, last


def counted(first: int, last: int, shown: Sequence[str], size: int) -> tuple[int, int]:
    """Where a group of the cells shown begins and ends in the whole row, counted from 1, those left out counted too."""
    left_out = size - len(shown)
    cut = shown.index("...") if "..." in shown else size
    return first + 1 + left_out * (first > cut), last + left_out * (last > cut)


def _raised(least: Sequence[int], most: Sequence[int], level: int) -> list[int]:
    """Each width raised to the level, but not beyond its most."""
    return [max(low, min(high, level)) for low, high in zip(least, most, strict=True)]
