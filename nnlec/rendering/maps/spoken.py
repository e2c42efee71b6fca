"""Maps as words: rows of numbers, and where the window lies among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nnlec.rendering.document import Line
from nnlec.rendering.document.maps import Grid, Maps, Window
from nnlec.rendering.maps import rows_of
from nnlec.text import own


def written(maps: Maps, words: Callable[[Line], str]) -> Iterator[str | Line]:
    """The first cell at work, its sum, the size of the results and the results; a fact each."""
    entry = maps.entries[0]
    padded, _ = maps.marks(entry)
    for group in maps.at_work(entry):
        for grid, window in group:
            yield from _grid(grid, words)
            yield from _window(grid, window)
    if padded:
        yield f"{own('pad')}: {own('padding')}, {maps.padding}"
    yield from (*entry.working, *maps.size)
    for group in maps.outcome(entry):
        for grid, window in group:
            yield from _grid(grid, words)
            if window is not None and grid.shape != (1, 1):
                yield f"{own('this cell')}: {_place(window.row, window.column)}"


def _grid(grid: Grid, words: Callable[[Line], str]) -> Iterator[str]:
    """Its name, its size, and a line for each row by its number in the whole map; beside the map is padding."""
    size = own("map {n} by {n2}", n=grid.shape[0], n2=grid.shape[1])
    yield ", ".join([f"{words(grid.name)} {size}", *grid.parts])
    for row in rows_of(grid):
        shown = (own("pad") if grid.is_padding(i, j) else text for i, j, text in row)
        yield f"{own('row {n}', n=row[0][0] + 1)}: {' '.join(shown)}"


def _window(grid: Grid, window: Window | None) -> Iterator[str]:
    """Which rows and columns count, where not all do, and which cell wins."""
    if window is None:
        return
    if (window.height, window.width) != grid.size or window.is_dilated:
        rows = _span(window.row, window.height, window.steps[0])
        columns = _span(window.column, window.width, window.steps[1])
        yield own("window: rows {rows}; columns {columns}", rows=rows, columns=columns)
    if window.chosen is not None:
        yield f"{own('largest')}: {_place(*window.chosen)}"


def _span(first: int, size: int, step: int) -> str:
    numbers = range(first + 1, first + size + 1, step)
    if step == 1 and size > 1:
        return own("{n} to {n2}", n=numbers[0], n2=numbers[-1])
    return ", ".join(map(str, numbers))


def _place(row: int, column: int) -> str:
    return f"{own('row {n}', n=row + 1)}, {own('column {n}', n=column + 1)}"
