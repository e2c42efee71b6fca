"""How wide columns are on a terminal, and which stand side by side: cells fold between words, numbers nowhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from nnlec.rendering.document import Matrix
from nnlec.text import own

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


def columns_named(matrix: Matrix, first: int, last: int) -> str:
    """Which columns of the whole matrix a group of the shown ones is, those left out counted too."""
    left_out = matrix.shape[1] - len(matrix.rows[0])
    cut = next((i for i, cell in enumerate(matrix.rows[0]) if cell == "..."), len(matrix.rows[0])) if left_out else last
    start = first + 1 + (left_out if first > cut else 0)
    end = last + (left_out if last > cut else 0)
    return own("column {n}", n=start) if start == end else own("columns {n}", n=f"{start}-{end}")


def column_groups(rows: Sequence[Sequence[str]], room: int) -> Iterator[tuple[int, int]]:
    """First and last column of each group that fits in `room`; one column at least, however narrow the page."""
    widths = [max(len(cell) for cell in column) + 3 for column in zip(*rows, strict=True)]
    first, used = 0, 0
    for index, width in enumerate(widths):
        if index > first and used + width > room:
            yield first, index
            first, used = index, 0
        used += width
    yield first, len(widths)


def _raised(least: Sequence[int], most: Sequence[int], level: int) -> list[int]:
    """Each width raised to the level, but not beyond its most."""
    return [max(low, min(high, level)) for low, high in zip(least, most, strict=True)]
