"""How each format draws a block of maps; `nnlec.rendering.document.maps` says what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from nnlec.rendering.document.maps import Grid, Maps
from nnlec.text import own


def legend(maps: Maps, padding: str, winner: str) -> Iterator[str]:
    """What a format's marks mean, those that the first cell at work has: of padding, and of the one that wins."""
    padded, won = maps.marks(maps.entries[0])
    if padded:
        yield f"{padding}: {own('padding')}, {maps.padding}"
    if won:
        yield f"{winner}: {own('the largest')}"


def rows_of(grid: Grid) -> list[list[tuple[int, int, str]]]:
    """Row, column and text of each cell shown, row by row."""
    return [list(row) for _, row in groupby(grid.cells(), key=lambda cell: cell[0])]
