"""Convolution of many images at once, with the same bits for an image in any batch and on any number of threads."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.matmul import BlockedProduct
from nnlec.arithmetic.scratch import SCRATCH
from nnlec.arithmetic.windows import Slices, Windows

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


_SCRATCH_SIZE = 1 << 18
"""Numbers of windows that are laid out at a time, 2 MB: they stay in the cache until they are multiplied."""

_LARGE_SCRATCH = 1 << 20
"""Of these, where many images are multiplied together, and of a copy on the way: 8 MB."""

_FEW_CELLS = 16
"""Maps of fewer cells are multiplied for many images together: the kernels would be read anew for each image."""


_LEADING: Slices = (slice(None),) * 3
"""The axes of images, groups, and channels of a group, which stand before those of an image."""


class Convolution:
    """Cross-correlation of images (channels, ...) with kernels (out, channels / groups, ...), plus a bias.

    `bias` is (out,) or None. The windows of an image are laid out as the columns of a matrix, and all kernels are
    multiplied with it. The shapes of these products depend on the image's shape alone, and so do its last bits. No
    zero in the result is negative.
    """

    def __init__(self, windows: Windows, kernels: Array, bias: Array | None, groups: int = 1) -> None:
        self._windows, self._groups = windows, groups
        self._out, self._per_group = int(kernels.shape[0]), int(kernels.shape[1])
        self._entries = prod(kernels.shape[1:])
        self._kernels = kernels.reshape(groups, self._out // groups, self._entries)
        self._bias = np.zeros(self._out) if bias is None else bias + 0.0
        self._few = windows.cells < _FEW_CELLS and self._kernels[0].size > windows.cells * _FEW_CELLS

    def multiply(self, inputs: Array, out: Array | None = None) -> Array:
        """The maps (rows, out * cells) of (rows, channels * size), written to `out` where it is given."""
        rows = len(inputs)
        result = np.empty((rows, self._out * self._windows.cells)) if out is None else out
        size = self._groups * self._entries * self._windows.cells
        height = max(1, (_LARGE_SCRATCH if self._few else _SCRATCH_SIZE) // size)
        multiply = self._for_many_images if self._few else self._image_by_image
        for start in range(0, rows, height):
            some = slice(start, start + height)
            images = inputs[some].reshape(-1, self._groups, self._per_group, *self._windows.inputs)
            maps = result[some].reshape(-1, self._groups, self._out // self._groups, self._windows.cells)
            multiply(images, maps)
        return result

    def _image_by_image(self, images: Array, maps: Array) -> None:
        bias = self._bias.reshape(self._groups, -1, 1)
        for cells, reached, windows in self._windows.tiles(max(1, _SCRATCH_SIZE // (self._groups * self._entries))):
            place = maps[..., cells]
            np.matmul(self._kernels, self._columns(images[(*_LEADING, *reached)], windows), out=place)
            place += bias

    def _columns(self, images: Array, windows: Windows) -> Array:
        """The windows as columns, (images, groups, entries, cells): a view where each is one number or the image."""
        shape = (len(images), self._groups, self._entries, windows.cells)
        if not windows.is_padded and windows.inputs in (windows.window, windows.shape):
            return images.reshape(shape)
        columns = SCRATCH.array("columns", shape)
        laid_out = columns.reshape(*shape[:2], self._per_group, *windows.window, *windows.shape)
        lay_out(images, windows, laid_out)
        return columns

    def _for_many_images(self, images: Array, maps: Array) -> None:
        windows, axes = self._windows, len(self._windows.axes)
        shape = (self._groups, len(images), *windows.shape, self._per_group, *windows.window)
        laid_out = SCRATCH.array("columns", shape)
        to_columns = (1, 0, 2 + axes, *range(3 + axes, 3 + 2 * axes), *range(2, 2 + axes))
        lay_out(images, windows, laid_out.transpose(to_columns))
        for group, (product, windows_of) in enumerate(zip(self._products, laid_out, strict=True)):
            values = product.multiply(windows_of.reshape(-1, self._entries))
            maps[:, group] = values.reshape(len(images), windows.cells, -1).swapaxes(1, 2)

    @cached_property
    def _products(self) -> list[BlockedProduct]:
        biases = self._bias.reshape(self._groups, -1)
        return [BlockedProduct(kernels.T, bias) for kernels, bias in zip(self._kernels, biases, strict=True)]


def lay_out(images: Array, windows: Windows, out: Array) -> None:
    """What each window holds at each entry, 0 on padding.

    Copies (images, groups, channels, *inputs) to (images, groups, channels, *window, *cells): first along the last axis
    alone, so that the rest is copied in long runs.
    """
    *others, last = windows.axes
    shape = (*images.shape[:3], last.window, *(axis.padded for axis in others), last.cells)
    if prod(shape) > _LARGE_SCRATCH:
        _lay_out_by_entries(images, windows, out)
        return
    rows = SCRATCH.array("rows", shape)
    if windows.is_padded:
        rows[...] = 0.0
    inside: Slices = tuple(slice(axis.before, axis.before + axis.size) for axis in others)
    for entry, (cells, inputs) in enumerate(last.overlaps):
        rows[:, :, :, entry][(*_LEADING, *inside, cells)] = images[..., inputs]
    steps = rows.strides[4:-1]
    strides = (
        *rows.strides[:3],
        *(step * axis.dilation for step, axis in zip(steps, others, strict=True)),
        rows.strides[3],
        *(step * axis.stride for step, axis in zip(steps, others, strict=True)),
        rows.strides[-1],
    )
    out[...] = np.lib.stride_tricks.as_strided(rows, out.shape, strides, writeable=False)


def _lay_out_by_entries(images: Array, windows: Windows, out: Array) -> None:
    """The same without a copy on the way."""
    for entry, cells, inputs in windows.overlaps():
        at: tuple[slice | int, ...] = (*_LEADING, *entry)
        place = out[at]
        place[...] = 0.0
        place[(*_LEADING, *cells)] = images[(*_LEADING, *inputs)]
