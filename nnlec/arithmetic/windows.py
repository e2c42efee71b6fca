"""Where windows stand over an input of one, two or three dimensions, and which numbers each of them holds.

Nothing here has channels or values. A convolution and a pooling look at the same windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlec.arithmetic.written import Shape
from nnlec.errors import NnlecError
from nnlec.text import by, counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

    Each = Array | int | tuple[int, ...]
    """One whole number, or one an axis."""

    Pads = Each | tuple[tuple[int, ...], ...] | str
    """The same; or (before, after) of each axis, "same" or "valid"."""

Slices = tuple[slice, ...]

MOST = 100_000_000
"""Numbers that one row of a map may have: 0.8 GB."""

_FARTHEST = 1 << 40
"""Beyond any stride, padding or dilation that means something; below it no sum overflows."""


class WindowEntry(NamedTuple):
    """One entry of a window: its place in the kernel, and in the input (None where it stands on padding)."""

    kernel: Shape
    source: Shape | None


@dataclass(frozen=True)
class Axis:
    """One dimension: `size` inputs, `before` and `after` padding, windows of `window` entries every `stride`.

    The size on paper is `(size + before + after - extent) / stride + 1`, rounded down.

    >>> Axis(3, 2, before=1, after=1).cells
    4
    """

    size: int
    window: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    @property
    def padded(self) -> int:
        return self.size + self.before + self.after

    @property
    def extent(self) -> int:
        """From the first entry of a window to its last, both counted."""
        return self.dilation * (self.window - 1) + 1

    @cached_property
    def cells(self) -> int:
        return (self.padded - self.extent) // self.stride + 1

    @cached_property
    def is_whole(self) -> bool:
        """Whether there is one window, and it is all there is."""
        return self == Axis(self.size, self.size, self.stride)

    def start(self, cell: int) -> int:
        """Where the cell's window starts in the input; negative within the padding before."""
        return cell * self.stride - self.before

    def part(self, first: int, stop: int) -> tuple[slice, Axis]:
        """Those cells alone: the inputs that they reach, and the axis that has these inputs only."""
        begin, end = self.start(first), self.start(stop - 1) + self.extent
        low, high = min(max(begin, 0), self.size), min(max(end, 0), self.size)
        after = end - begin - (high - low) - max(low - begin, 0)
        return slice(low, high), replace(self, size=high - low, before=max(low - begin, 0), after=after)

    @cached_property
    def overlaps(self) -> tuple[tuple[slice, slice], ...]:
        """For each entry of a window, the cells that have an input there, and these inputs."""
        return tuple(map(self._overlap, range(self.window)))

    def _overlap(self, entry: int) -> tuple[slice, slice]:
        offset = entry * self.dilation - self.before
        low = max(0, -(offset // self.stride))
        high = min(self.cells, (self.size - 1 - offset) // self.stride + 1)
        if high <= low:
            return slice(0, 0), slice(0, 0)
        return slice(low, high), slice(low * self.stride + offset, (high - 1) * self.stride + offset + 1, self.stride)

    def held(self, cell: int) -> slice:
        """The inputs that the cell's window holds."""
        start = self.start(cell)
        first = start % self.dilation if start < 0 else start
        return slice(first, max(0, start + self.extent), self.dilation)

    @cached_property
    def counts(self) -> Array:
        """How many inputs the window of each cell holds, padding not counted, (cells,)."""
        starts = np.arange(self.cells) * self.stride - self.before
        low = np.maximum(0, -(starts // self.dilation))
        high = np.minimum(self.window, (self.size - 1 - starts) // self.dilation + 1)
        return np.asarray(np.maximum(high - low, 0), dtype=np.float64)


@dataclass(frozen=True)
class Windows:
    """The windows over an input, one for each cell of a map; an axis for each dimension.

    >>> windows = Windows.over((3, 3), (2, 2), padding=1)
    >>> windows.shape
    (4, 4)
    >>> [place.source for place in windows.places((0, 1))]
    [None, None, (0, 0), (0, 1)]
    """

    axes: tuple[Axis, ...]

    @classmethod
    def over(
        cls,
        inputs: Shape,
        window: Shape,
        stride: Each = 1,
        padding: Pads = 0,
        dilation: Each = 1,
        *,
        key: str = "size",
    ) -> Windows:
        """Windows of that shape over inputs of that shape (without channels).

        `stride` and `dilation` are one number or one an axis. `padding` is one number, one an axis, (before, after) of
        each axis, "valid" for none, or "same": as much as gives a cell for each `stride` inputs, the odd one behind.
        Raises `NnlecError` for what cannot be, before any memory is taken; `key` is where the window's size was given.
        """
        if min(window) < 1:
            raise NnlecError(f"a window of {by(window)}", where=key)
        if len(window) != len(inputs):
            what = f"a window of {by(window)} over an input of {by(inputs)}: {len(window)}-D over {len(inputs)}-D"
            raise NnlecError(what, where=key)
        strides = _each("stride", stride, len(inputs), least=1)
        dilations = _each("dilation", dilation, len(inputs), least=1)
        bare = [Axis(n, w, s, dilation=d) for n, w, s, d in zip(inputs, window, strides, dilations, strict=True)]
        pads = _pads(padding, bare)
        windows = cls(tuple(replace(axis, before=a, after=b) for axis, (a, b) in zip(bare, pads, strict=True)))
        windows._check(key)
        return windows

    def _check(self, key: str) -> None:
        padded, extent = (tuple(getattr(axis, what) for axis in self.axes) for what in ("padded", "extent"))
        if any(axis.extent > axis.padded for axis in self.axes):
            dilated = "" if extent == self.window else f", {by(extent)} with its dilation,"
            pads = "" if padded == self.inputs else f", {by(padded)} with its padding"
            what = f"a window of {by(self.window)}{dilated} is larger than the input, {by(self.inputs)}{pads}"
            raise NnlecError(what, where=key)
        if self.cells > MOST:
            what = f"an input of {by(self.inputs)} becomes a map of {by(self.shape)}: more than {MOST:,} numbers"
            raise NnlecError(what, where="padding" if padded != self.inputs else key)

    @cached_property
    def inputs(self) -> Shape:
        return tuple(axis.size for axis in self.axes)

    @cached_property
    def window(self) -> Shape:
        return tuple(axis.window for axis in self.axes)

    @cached_property
    def shape(self) -> Shape:
        """The map's shape: a cell for each window."""
        return tuple(axis.cells for axis in self.axes)

    @cached_property
    def cells(self) -> int:
        return prod(self.shape)

    @property
    def is_padded(self) -> bool:
        return any(axis.before or axis.after for axis in self.axes)

    def with_stride_one(self) -> Windows:
        """As many windows, each one step after the one before: what is computed where the stride is forgotten."""
        return Windows(
            tuple(
                replace(axis, stride=1, after=axis.cells - 1 + axis.extent - axis.size - axis.before)
                for axis in self.axes
            )
        )

    def places(self, cell: Shape) -> Iterator[WindowEntry]:
        """The entries of one cell's window, the last axis fastest."""
        starts = [axis.start(index) for axis, index in zip(self.axes, cell, strict=True)]
        for kernel in product(*(range(axis.window) for axis in self.axes)):
            source = tuple(s + k * axis.dilation for s, k, axis in zip(starts, kernel, self.axes, strict=True))
            inside = all(0 <= at < axis.size for at, axis in zip(source, self.axes, strict=True))
            yield WindowEntry(kernel, source if inside else None)

    def held(self, cell: Shape) -> list[tuple[int, int]]:
        """The entries of one cell's window that hold an input, and these inputs, as places in flattened arrays."""
        flat = [0]
        for axis, index in zip(self.axes, cell, strict=True):
            places = range(axis.start(index), axis.start(index) + axis.extent, axis.dilation)
            flat = [
                before * axis.size + at if before >= 0 and 0 <= at < axis.size else -1
                for before in flat
                for at in places
            ]
        return [(entry, source) for entry, source in enumerate(flat) if source >= 0]

    def overlaps(self) -> Iterator[tuple[Shape, tuple[slice, ...], tuple[slice, ...]]]:
        """For each entry of the kernel, the cells that have an input there, and these inputs, a slice an axis."""
        each = [axis.overlaps for axis in self.axes]
        for kernel in np.ndindex(*self.window):
            pairs = [slices[entry] for slices, entry in zip(each, kernel, strict=True)]
            yield kernel, tuple(cells for cells, _ in pairs), tuple(inputs for _, inputs in pairs)

    def tiles(self, most: int) -> Iterator[tuple[slice, tuple[slice, ...], Windows]]:
        """Runs of at most so many cells that lie one behind another; the same ones whatever is computed of them.

        Each is given as its cells in the flattened map, the inputs that it reaches, and its windows over these alone.
        """
        if self.cells <= most:
            yield slice(0, self.cells), tuple(slice(0, axis.size) for axis in self.axes), self
            return
        heights: list[int] = []
        for axis in self.axes:
            heights.append(max(1, min(axis.cells, most // prod(self.shape[len(heights) + 1 :]))))
        starts = [range(0, n, height) for n, height in zip(self.shape, heights, strict=True)]
        for corner in product(*starts):
            parts = [
                axis.part(first, min(first + height, axis.cells))
                for axis, first, height in zip(self.axes, corner, heights, strict=True)
            ]
            windows = Windows(tuple(axis for _, axis in parts))
            begin = int(np.ravel_multi_index(corner, self.shape))
            yield slice(begin, begin + windows.cells), tuple(inputs for inputs, _ in parts), windows

    def check_each_holds_an_input(self) -> None:
        """Raises `NnlecError` where a window would hold nothing but padding."""
        for axis in self.axes:
            if max(axis.before, axis.after) >= axis.extent or not axis.counts.all():
                pads = f"{axis.before} before and {axis.after} after {counted(axis.size, 'input')}"
                raise NnlecError(f"a window of {axis.window} would hold nothing but padding: {pads}", where="padding")


def _each(key: str, given: Each, axes: int, *, least: int) -> Shape:
    """One whole number an axis."""
    array = np.asarray(given, dtype=np.float64)
    if array.ndim > 1 or (array.ndim and len(array) != axes):
        raise NnlecError(f"{by(array.shape)} numbers, expected 1 or {axes}, one an axis", where=key)
    return _whole(key, np.broadcast_to(array, (axes,)), least)


def _whole(key: str, array: Array, least: int) -> Shape:
    for number in array.ravel().tolist():
        if number != np.floor(number) or not least <= number <= _FARTHEST:
            least_or_most = f"{least} or more" if number < least else f"{_FARTHEST} or less"
            what = "a whole number" if number != np.floor(number) else least_or_most
            raise NnlecError(f"{number:.15g}, expected {what}", where=key)
    return tuple(int(number) for number in array.ravel().tolist())


def _pads(given: Pads, axes: list[Axis]) -> list[tuple[int, int]]:
    """What stands before and after each axis."""
    if isinstance(given, str):
        if given == "valid":
            return [(0, 0)] * len(axes)
        if given != "same":
            raise NnlecError(f"{given!r}, expected numbers, same or valid", where="padding")
        missing = [max(0, (-(-a.size // a.stride) - 1) * a.stride + a.extent - a.size) for a in axes]
        return [(each // 2, each - each // 2) for each in missing]
    array = np.asarray(given, dtype=np.float64)
    if array.ndim == 2 and array.shape == (len(axes), 2):
        flat = _whole("padding", array, 0)
        return list(zip(flat[::2], flat[1::2], strict=True))
    if array.ndim == 2 or (array.ndim == 1 and len(array) != len(axes)):
        many = f"1, {len(axes)} (one an axis), or {len(axes)} pairs [before, after]"
        expected = "1 or [[before, after]]" if len(axes) == 1 else many
        hint = _pads_hint(array.ravel().tolist(), len(axes)) if array.size == 2 * len(axes) else ""
        what = f"{by(array.shape)} numbers, expected {expected}"
        raise NnlecError(what, where="padding", hint=hint)
    return [(n, n) for n in _each("padding", array, len(axes), least=0)]


def _pads_hint(flat: list[float], axes: int) -> str:
    """ONNX lists all that stands before and then all that stands after."""
    pairs = ", ".join(f"[{before:g}, {after:g}]" for before, after in zip(flat[:axes], flat[axes:], strict=True))
    return f"ONNX's list of these is [{pairs}] here"
