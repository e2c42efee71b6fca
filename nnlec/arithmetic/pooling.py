"""The largest number and the mean of each window, of many images at once; an image gives the same bits in any batch.

An image here is one channel. A window is taken along one axis after the other. Sums are carried in two doubles, the
second of which is what rounding took from the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import fsum, prod
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import row_sum, two_sum
from nnlec.arithmetic.scratch import SCRATCH
from nnlec.arithmetic.windows import Axis, Slices, Windows

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags, Indices

_TILE = 1 << 17
"""Inputs at a time, 1 MB: calls of numpy take longer than the numbers of smaller parts."""

_PIECE = 1 << 16
"""Numbers of a window over everything that are added at a time."""

_LARGE = 2.0**900
"""From here on numbers are halved a hundred times before they are added: the sum of some could overflow."""

_CANCELLED = 2.0**-40
"""A sum that small, beside the largest number of its image, is added again exactly."""

_EVERYTHING = slice(None)


def max_pool(images: Array, windows: Windows, out: Array) -> None:
    """The largest of each window: (images, *inputs) to (images, cells). NaN where a window has one; no negative 0.

    Padding is minus infinity.
    """
    for values, tile, place in _tiles(images, windows, out):
        np.add(_combined(values, tile, np.maximum, -np.inf), 0.0, out=place)


def average_pool(images: Array, windows: Windows, out: Array, *, count_padding: bool = False) -> None:
    """The mean of each window: (images, *inputs) to (images, cells), padding left out or counted as 0.

    At most 3 units in the last place from the exact mean. No negative 0.
    """
    for values, tile, place in _tiles(images, windows, out):
        counts: Array | float = float(prod(windows.window))
        if windows.is_padded and not count_padding:
            counts = reduce(np.multiply.outer, [axis.counts for axis in tile.axes]).ravel()
        all_but_first = tuple(range(1, values.ndim))
        most, least = values.max(all_but_first, initial=-np.inf), values.min(all_but_first, initial=np.inf)
        largest = np.maximum(most, -least)
        if (largest >= _LARGE).any():
            factor = np.where((largest >= _LARGE) & (largest < np.inf), 2.0**-100, 1.0)
            scaled = values * factor.reshape(-1, *[1] * len(all_but_first))
            _sums(scaled, tile, largest * factor, ~((least >= 0) | (most <= 0)), place)
            place /= counts
            place /= factor[:, np.newaxis]
        else:
            _sums(values, tile, largest, ~((least >= 0) | (most <= 0)), place)
            place /= counts
        place += 0.0


def _sums(values: Array, windows: Windows, largest: Array, mixed: Flags, place: Array) -> None:
    """The sum of each window, (images, cells), to `place`. `largest` is the largest number of each image.

    Numbers of one sign lose little when they are added; of an image with both signs, sums are carried in two doubles.
    """
    if not mixed.any():
        place[...] = _combined(values, windows, np.add, 0.0)
    elif mixed.all():
        place[...] = _compensated_sums(values, windows, largest[:, np.newaxis])
    else:
        place[~mixed] = _combined(values[~mixed], windows, np.add, 0.0)
        place[mixed] = _compensated_sums(values[mixed], windows, largest[mixed, np.newaxis])


def _combined(values: Array, windows: Windows, combine: np.ufunc, empty: float) -> Array:
    """Each window's numbers combined, (images, cells), as doubles give it; `empty` stands where there are none."""
    for number, axis in enumerate(windows.axes, start=1):
        before = (_EVERYTHING,) * number
        if axis.is_whole:
            values = np.asarray(combine.reduce(values, axis=number, keepdims=True))
            continue
        everywhere = slice(0, axis.cells)
        overlaps = sorted(axis.overlaps, key=lambda overlap: overlap[0] != everywhere)
        if len(overlaps) > 1 and overlaps[1][0] == everywhere:
            first, second = (values[(*before, inputs)] for _, inputs in overlaps[:2])
            result = combine(first, second, out=SCRATCH.array(f"sum {number}", first.shape))
            del overlaps[:2]
        else:
            result = _entry(values, before, axis, overlaps.pop(0), empty, f"sum {number}")
        for cells, inputs in overlaps:
            place = result[(*before, cells)]
            combine(place, values[(*before, inputs)], out=place)
        values = result
    return values.reshape(len(values), -1)


def _compensated_sums(values: Array, windows: Windows, largest: Array) -> Array:
    """The sum of each window, (images, cells), as if in twice the precision; `largest` is that of each image."""
    if len(windows.axes) == 1 and windows.axes[0].is_whole:
        total, rest = _sum_of_all(values, largest)
    else:
        total, rest = _sums_along(values, None, 1, windows.axes[0])
        for number, axis in enumerate(windows.axes[1:], start=2):
            total, rest = _sums_along(total, rest, number, axis)
        total, rest = total.reshape(len(values), -1), rest.reshape(len(values), -1)
    infinite = ~np.isfinite(largest)
    if infinite.any():  # there is no rest of a sum that is not finite
        rest[~np.isfinite(rest)] = 0.0
        largest = np.where(infinite, 0.0, largest)
    total += rest
    doubtful = np.abs(total) < largest * _CANCELLED
    if doubtful.any():
        size, others = np.abs(values), tuple(range(1, values.ndim))
        least = size.min(others, initial=np.inf, where=size > 0.0)[:, np.newaxis]
        doubtful &= (rest != 0.0) | (least < largest * _CANCELLED)  # two doubles hold any sum of numbers near in size
        _add_exactly(values, windows, total, np.argwhere(doubtful))
    return total


def _sums_along(total: Array, rest: Array | None, number: int, axis: Axis) -> tuple[Array, Array]:
    """Both doubles of each window's sum along the axis of that number."""
    before = (_EVERYTHING,) * number
    overlaps = axis.overlaps
    sums = _entry(total, before, axis, overlaps[0], 0.0, f"sum {number}")
    if rest is None:
        rests = SCRATCH.array(f"rest {number}", sums.shape)
        rests[...] = 0.0
    else:
        rests = _entry(rest, before, axis, overlaps[0], 0.0, f"rest {number}")
    for overlap in overlaps[1:]:
        if rest is not None:
            rests += _entry(rest, before, axis, overlap, 0.0, "entry")
        _add(sums, rests, _entry(total, before, axis, overlap, 0.0, "entry"))
    return sums, rests


def _sum_of_all(values: Array, largest: Array) -> tuple[Array, Array]:
    """Both doubles of the sum of each image (images, numbers), (images, 1), piece by piece."""
    exponent = np.frexp(np.where(np.isfinite(largest), largest, 0.0))[1]
    total, rest = row_sum(values[:, :_PIECE], exponent)
    for start in range(_PIECE, values.shape[1], _PIECE):
        more, more_rest = row_sum(values[:, start : start + _PIECE], exponent)
        total, lost = two_sum(total, more)
        rest += lost + more_rest
    infinite = ~np.isfinite(largest[:, 0])
    total[infinite] = values[infinite].sum(axis=1, keepdims=True)
    return total, rest


def _add(total: Array, rest: Array, more: Array) -> None:
    """Adds to both doubles of a sum (Knuth's TwoSum, in place)."""
    grown, part, lost = (SCRATCH.array(name, total.shape) for name in ("grown", "part", "lost"))
    np.add(total, more, out=grown)
    np.subtract(grown, total, out=part)
    np.subtract(grown, part, out=lost)
    np.subtract(total, lost, out=lost)
    rest += lost
    rest += np.subtract(more, part, out=part)
    total[...] = grown


def _entry(values: Array, before: Slices, axis: Axis, overlap: tuple[slice, slice], empty: float, name: str) -> Array:
    """What every window holds at one entry, along an axis that stands behind `before`: a copy that is contiguous."""
    cells, inputs = overlap
    number = len(before)
    result = SCRATCH.array(name, (*values.shape[:number], axis.cells, *values.shape[number + 1 :]))
    if cells.stop - cells.start < axis.cells:
        result[...] = empty
    result[(*before, cells)] = values[(*before, inputs)]
    return result


def _add_exactly(values: Array, windows: Windows, total: Array, cells: Indices) -> None:
    """Puts the rounded exact sum of the windows of these (image, cell) into `total`."""
    for image, cell in cells.tolist():
        corner = np.unravel_index(cell, windows.shape)
        first, *others = (axis.held(int(at)) for axis, at in zip(windows.axes, corner, strict=True))
        box = values[(image, first, *others)]
        total[image, cell] = fsum(number for part in box for number in part.ravel().tolist())


def _tiles(images: Array, windows: Windows, out: Array) -> Iterator[tuple[Array, Windows, Array]]:
    """Some images, or a part of one, with its windows and the place for what comes of them, (images, cells)."""
    height = max(1, _TILE // prod(windows.inputs))
    if all(axis.is_whole for axis in windows.axes):
        images = images.reshape(len(images), -1)
        windows = Windows((Axis(images.shape[1], images.shape[1]),))
    cells = max(1, _TILE // prod(axis.stride for axis in windows.axes)) if height == 1 else windows.cells
    for start in range(0, len(images), height):
        some = slice(start, start + height)
        for place, reached, tile in windows.tiles(cells):
            yield images[(some, *reached)], tile, out[some, place]
