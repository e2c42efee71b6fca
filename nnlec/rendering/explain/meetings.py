"""Which numbers of which input maps meet in one cell of a result: through a window, or term by term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnlec.network.layers import Layer, Shape
from nnlec.rendering.explain.sides import Side

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.arithmetic.windows import Axis, Windows


class Span(NamedTuple):
    """Rows or columns, from the first to before the end, every `step`-th; outside the map they are padding."""

    first: int
    end: int
    step: int = 1


class Meeting(NamedTuple):
    """The rows and columns of one grid of an input that give something to a cell.

    `kernel` says which numbers meet it: map, channel and frame of the kernels; () where there are none.
    """

    side: int
    grid: int
    rows: Span
    columns: Span
    kernel: Shape = ()

    def sources(self, side: Side) -> list[int | None]:
        """Their places in the row, row by row, None where padding stands."""
        height, width = side.size
        start = side.unit(self.grid, 0, 0)
        return [
            start + i * width + j if 0 <= i < height and 0 <= j < width else None
            for i in range(*self.rows)
            for j in range(*self.columns)
        ]


def windows_of(layer: Layer) -> Windows | None:
    """The windows that a layer looks through, for a kind that has some."""
    windows: Windows | None = getattr(layer, "windows", None)
    return windows


def kernels_of(layer: Layer) -> Array | None:
    """The kernels as they are laid on a window, (maps, channels, frames, rows, columns), for a kind that has some."""
    kernels: Array | None = getattr(layer, "kernels", None)
    if kernels is None:
        return None
    missing = (1,) * (5 - kernels.ndim)
    return kernels.reshape(*kernels.shape[:2], *missing, *kernels.shape[2:])


def met_by_terms(layer: Layer, sides: Sequence[Side], unit: int, most: int) -> Iterator[Meeting]:
    """The terms of each grid: together where they are a rectangle, else one by one, and of many the first."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for term in layer.terms(unit).terms:
        number = next(n for n, side in enumerate(sides) if side.holds(term.source))
        grid, row, column = sides[number].at(term.source)
        found.setdefault((number, grid), []).append((row, column))
    for place, cells in found.items():
        for some in [cells] if _is_rectangle(cells) else [[cell] for cell in cells[:most]]:
            rows, columns = zip(*some, strict=True)
            yield Meeting(*place, _covered(rows), _covered(columns))


def _covered(indices: Sequence[int]) -> Span:
    return Span(min(indices), max(indices) + 1)


def _is_rectangle(cells: Sequence[tuple[int, int]]) -> bool:
    rows, columns = (_covered([cell[axis] for cell in cells]) for axis in (0, 1))
    return len(cells) == (rows.end - rows.first) * (columns.end - columns.first)


def met_in_windows(layer: Layer, windows: Windows, side: Side, place: Sequence[int]) -> Iterator[Meeting]:
    """A window on each grid that gives something to the cell at `place` of the result."""
    from nnlec.arithmetic.windows import Axis

    feature, *cell = place
    missing = 3 - len(cell)
    axes = (*[Axis(1, 1)] * missing, *windows.axes)
    frames, rows, columns = (_span(axis, at) for axis, at in zip(axes, (*[0] * missing, *cell), strict=True))
    kernels = kernels_of(layer)
    channels = 1 if kernels is None else int(kernels.shape[1])
    first = feature if kernels is None else feature // (len(kernels) * channels // side.shape[0]) * channels
    for channel in range(channels):
        for number, frame in enumerate(range(*frames)):
            if 0 <= frame < axes[0].size:
                grid = (first + channel) * axes[0].size + frame
                yield Meeting(0, grid, rows, columns, () if kernels is None else (feature, channel, number))


def _span(axis: Axis, cell: int) -> Span:
    start = axis.start(cell)
    return Span(start, start + axis.extent, axis.dilation)
