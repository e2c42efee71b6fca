"""Where numbers of a row stand in maps: their names, and which part of a large map is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod

from nnlec.named import NamedTuple
from nnlec.network.layers import Shape
from nnlec.network.network import Network
from nnlec.rendering.document import Symbol

ShownRange = tuple[int, int]
"""The first row or column shown and the one after the last; the first may lie in the padding."""


class Side(NamedTuple):
    """Maps in a row of numbers, from `start` on: what comes in from one layer, or what a layer gives.

    A grid is two-dimensional: one for each channel, and for each frame of each channel.
    """

    symbol: Symbol
    shape: Shape
    start: int

    @property
    def leading(self) -> Shape:
        """The axes that a grid does not have."""
        return self.shape[:-2] if len(self.shape) > 2 else self.shape[:-1]

    @property
    def grids(self) -> int:
        return prod(self.leading)

    @property
    def size(self) -> tuple[int, int]:
        """The rows and columns of a grid."""
        return (self.shape[-2] if len(self.shape) > 2 else 1), self.shape[-1]

    def holds(self, unit: int) -> bool:
        """Whether a place of the row is one of these maps'."""
        return self.start <= unit < self.start + prod(self.shape)

    def at(self, unit: int) -> tuple[int, int, int]:
        """The grid, row and column of a place in the row."""
        rows, columns = self.size
        grid, place = divmod(unit - self.start, rows * columns)
        return (grid, *divmod(place, columns))

    def unit(self, grid: int, row: int, column: int) -> int:
        """The place in the row."""
        rows, columns = self.size
        return self.start + (grid * rows + row) * columns + column

    def grid_symbol(self, grid: int) -> Symbol:
        """x[2], or x[2,1] for a frame of a channel."""
        return self.symbol._replace(place=from_one(unravelled(grid, self.leading)))

    def cell_symbol(self, unit: int) -> Symbol:
        """x[2,1,3]; x3 of a single row."""
        places = unravelled(unit - self.start, self.shape)
        if len(self.shape) > 1:
            return self.symbol._replace(place=from_one(places))
        return self.symbol._replace(subscript=from_one(places))


def starts(network: Network, index: int) -> Iterator[tuple[int, int]]:
    """What a layer takes, by number (0 is the input), and where each begins among its inputs."""
    start = 0
    for source in network.sources[index]:
        yield source, start
        start += network.layers[source - 1].n_out if source else network.n_in


def unravelled(place: int, shape: Sequence[int]) -> list[int]:
    """The indices of a place in a flattened array of that shape."""
    indices: list[int] = []
    for size in reversed(shape):
        place, index = divmod(place, size)
        indices.insert(0, index)
    return indices


def from_one(places: Iterable[int]) -> str:
    """2,1,3 for the indices 1, 0 and 2: counted from 1, as on paper."""
    return ",".join(str(place + 1) for place in places)


def part_around(index: int, size: int, most: int) -> ShownRange:
    """All, or a few cells around that one.

    >>> part_around(3, 8, 10), part_around(0, 28, 10), part_around(13, 28, 10)
    ((0, 8), (0, 5), (11, 16))
    """
    if size <= most:
        return 0, size
    few = max(1, most // 2)
    start = max(0, min(index - few // 2, size - few))
    return start, start + few


def covering(spans: Iterable[ShownRange], size: int, before: int, after: int, most: int) -> ShownRange:
    """All with its padding, or of a large map what holds those spans, but no more than twice as much as is shown."""
    if size <= most:
        return -before, size + after
    firsts, ends = zip(*spans, strict=True)
    start = max(min(firsts), -before)
    return start, min(max(ends), size + after, start + 2 * most)
