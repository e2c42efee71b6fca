"""Maps as grids of shown numbers: inputs with a window, kernels, results, and how each cell came about.

Rows and columns count from 0 at the map's own first cell, so what lies before it or behind the last one is padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import overload

from nnlec.named import NamedTuple
from nnlec.rendering.document import Line
from nnlec.text import own


class Shades(NamedTuple):
    """A whole map in grey: one byte for each cell, row by row, from 0 for the lowest number to 255 for the highest."""

    levels: bytes
    low: str
    high: str


class Window(NamedTuple):
    """The cells of one grid that one cell of a result comes from, every `steps`-th of a rectangle.

    `kernel` is the grid of weights they meet, `chosen` the cell that won, where one wins.
    """

    grid: int
    row: int
    column: int
    height: int
    width: int
    steps: tuple[int, int] = (1, 1)
    kernel: int | None = None
    chosen: tuple[int, int] | None = None

    @property
    def is_dilated(self) -> bool:
        """Whether cells of the rectangle are left out."""
        return (self.height > 1 and self.steps[0] > 1) or (self.width > 1 and self.steps[1] > 1)

    def surrounds(self, row: int, column: int) -> bool:
        """Whether the cell lies in the rectangle."""
        return 0 <= row - self.row < self.height and 0 <= column - self.column < self.width

    def meets(self, row: int, column: int) -> bool:
        """Whether the cell is one of those that count."""
        inside = self.surrounds(row, column)
        return inside and (row - self.row) % self.steps[0] == 0 and (column - self.column) % self.steps[1] == 0


class Grid(NamedTuple):
    """A map, or a part of it, whose first cell stands at `origin` of a map of `shape`; its padding is shown with it.

    `name` may end in a relation: "x[1] =". `shades` is the whole of a map of which only a part is shown.
    """

    name: Line
    rows: tuple[tuple[str, ...], ...]
    shape: tuple[int, int]
    origin: tuple[int, int] = (0, 0)
    shades: Shades | None = None

    @property
    def size(self) -> tuple[int, int]:
        """How many rows and columns are shown, padding included."""
        return len(self.rows), len(self.rows[0])

    @property
    def parts(self) -> tuple[str, ...]:
        """Which rows and columns of the map are shown; nothing where all of them are."""
        across = _COLUMNS if self.shape[0] > 1 else _PLACES
        spans = zip((_ROWS, across), self.origin, self.size, self.shape, strict=True)
        return tuple(_span(*span) for span in spans if span[1] > 0 or span[1] + span[2] < span[3])

    def cells(self) -> Iterator[tuple[int, int, str]]:
        """Row, column and text of each cell shown."""
        top, left = self.origin
        return ((top + i, left + j, text) for i, row in enumerate(self.rows) for j, text in enumerate(row))

    def is_padding(self, row: int, column: int) -> bool:
        """Whether the cell lies beside the map."""
        return not (0 <= row < self.shape[0] and 0 <= column < self.shape[1])

    def around(self, window: Window) -> Grid:
        """Of a part of a map, what stands around the window, or its first rows and columns; a whole map as it is."""
        if not self.parts:
            return self
        top, left = (max(0, first - 1 - start) for first, start in zip(window[1:3], self.origin, strict=True))
        bottom, right = (
            window.row + window.height + 1 - self.origin[0],
            window.column + window.width + 1 - self.origin[1],
        )
        rows = tuple(row[left:right] for row in self.rows[top:bottom])
        return self._replace(rows=rows, origin=(self.origin[0] + top, self.origin[1] + left))

    def columns(self, first: int, last: int) -> Grid:
        """Some of the columns shown, counted from 0 among them."""
        rows = tuple(row[first:last] for row in self.rows)
        return self._replace(rows=rows, origin=(self.origin[0], self.origin[1] + first))


GridWindow = tuple[Grid, Window | None]
"""A grid and the cells of it that are marked."""


_ROWS = ("row {n} of {n2}", "rows {n} of {n2}")
_COLUMNS = ("column {n} of {n2}", "columns {n} of {n2}")
_PLACES = ("place {n} of {n2}", "places {n} of {n2}")


def _span(names: tuple[str, str], first: int, length: int, whole: int) -> str:
    """Which of the rows, counted from 1; those of the padding do not count."""
    start, end = max(first, 0) + 1, min(first + length, whole)
    one, several = names
    return own(one, n=start, n2=whole) if start == end else own(several, n=f"{start}-{end}", n2=whole)


class MapEntry(NamedTuple):
    """One cell of a result: the windows it comes from and its lines, one for each window where there are several.

    A last line may add them up.
    """

    result: int
    row: int
    column: int
    windows: tuple[Window, ...]
    working: tuple[Line, ...]


class Entries(Sequence[MapEntry]):
    """Entries that are made when they are looked at: most pages show the first one alone."""

    def __init__(self, cells: Sequence[int], made: Callable[[int], MapEntry]) -> None:
        self._cells, self._made = cells, cache(made)

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, index: int) -> MapEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[MapEntry]: ...
    def __getitem__(self, index: int | slice) -> MapEntry | list[MapEntry]:
        if isinstance(index, slice):
            return list(map(self._made, self._cells[index]))
        return self._made(self._cells[index])


class Maps(NamedTuple):
    """Input maps and kernels, the maps they give, and how their cells came about; the first one is shown at work.

    `size` works out how large the results are; `padding` says what a cell of padding counts as.
    """

    inputs: tuple[Grid, ...]
    kernels: tuple[Grid, ...]
    results: tuple[Grid, ...]
    entries: Sequence[MapEntry]
    size: tuple[Line, ...] = ()
    padding: str = "0"

    def pairs(self, entry: MapEntry) -> Iterator[tuple[Grid, Window]]:
        """Each input with its window, and behind it the kernel that it meets."""
        for window in entry.windows:
            yield self.inputs[window.grid], window
            if window.kernel is not None:
                kernel = self.kernels[window.kernel]
                yield kernel, Window(window.kernel, 0, 0, *kernel.shape)

    def at_work(self, entry: MapEntry) -> Iterator[tuple[GridWindow, ...]]:
        """An input around its window, and the kernel beside it; numbers that only move, among all."""
        for window in entry.windows:
            parts = self.pairs(entry._replace(windows=(window,)))
            yield tuple((grid if mark is not window else grid.around(mark), mark) for grid, mark in parts)
        met = {window.grid for window in entry.windows}
        yield from (((grid, None),) for n, grid in enumerate(self.inputs) if not self.size and n not in met)

    def outcome(self, entry: MapEntry) -> Iterator[tuple[GridWindow, ...]]:
        """Each result, the entry's own with its cell marked."""
        for number, grid in enumerate(self.results):
            cell = Window(number, entry.row, entry.column, 1, 1) if number == entry.result else None
            yield ((grid, cell),)

    def marks(self, entry: MapEntry) -> tuple[bool, bool]:
        """Whether a cell of padding is shown at work, and whether one cell wins."""
        shown = [self.inputs[window.grid] for window in entry.windows]
        padded = any(grid.is_padding(row, column) for grid in shown for row, column, _ in grid.cells())
        return padded, any(window.chosen is not None for window in entry.windows)
