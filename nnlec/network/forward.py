"""The fast forward pass: many rows on their way through a chain of layers, a tile of them at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.threads import one_thread

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Layer

_WORTH_A_THREAD = 5_000_000
"""Multiplications that take longer than starting a thread."""

_TILE = 1 << 16
"""Outputs of a layer at a time: few enough to stay in the cache, and many enough to be worth a few calls."""


def forward_into(layers: Sequence[Layer], inputs: Array, pre_activation: Array, outputs: Array | None) -> None:
    """Fills `pre_activation` with the last layer's, and `outputs` with its activation; they may be the same array.

    All are (rows, units) and stand in memory row by row. Rows are shared between threads where that pays.
    """
    rows = len(inputs)
    block = max(layer.block_height for layer in layers)
    with one_thread() as threads:
        work = rows * sum(layer.multiplications for layer in layers)
        parts = max(1, min(threads, work // _WORTH_A_THREAD, -(-rows // block)))
        if parts == 1:
            _fill(layers, inputs, pre_activation, outputs, slice(0, rows))
            return
        first, *others = _slices(0, rows, -(-rows // (block * parts)) * block)
        pool = _pool(threads - 1, os.getpid())
        running = [pool.submit(_fill, layers, inputs, pre_activation, outputs, share) for share in others]
        _fill(layers, inputs, pre_activation, outputs, first)
        for share in running:
            share.result()


def every_layer(layers: Sequence[Layer], inputs: Array) -> list[tuple[Array, Array]]:
    """The pre-activation and the output of every layer, for a few rows."""
    with one_thread(), np.errstate(all="ignore"):
        shapes = [(len(inputs), layer.n_out) for layer in layers]
        return list(_through(layers, inputs, ((np.empty(shape), np.empty(shape)) for shape in shapes)))


def _through(
    layers: Iterable[Layer], values: Array, places: Iterable[tuple[Array, Array]]
) -> Iterator[tuple[Array, Array]]:
    """The pre-activation and the output of each layer; a place for either is given, and they may be the same."""
    for layer, (pre_activation, output) in zip(layers, places, strict=True):
        layer.forward(values, pre_activation)
        values = layer.activation.apply(pre_activation, output)
        yield pre_activation, values


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001 (a forked process has none of its parent's)
    """Threads that wait for the next pass: to start new ones takes as long as a small network."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads)


def _fill(layers: Sequence[Layer], inputs: Array, pre_activation: Array, outputs: Array | None, share: slice) -> None:
    """A share of the rows: all hidden layers on one tile of them at a time, which stays in the cache."""
    *hidden, last = layers
    block = max(layer.block_height for layer in layers)
    tile = max(1, _TILE // (block * max(layer.n_out for layer in layers))) * block
    scratch = _SCRATCH.tiles(min(tile, share.stop - share.start), [layer.n_out for layer in hidden])
    with np.errstate(all="ignore"):
        for rows in _slices(share.start, share.stop, tile):
            values = inputs[rows]
            places = ((place[: len(values)], place[: len(values)]) for place in scratch)
            outputs_of_hidden = [output for _, output in _through(hidden, values, places)]
            last.forward(outputs_of_hidden[-1] if hidden else values, pre_activation[rows])
        if outputs is None:
            return
        for rows in _slices(share.start, share.stop, max(tile, _TILE // last.n_out)):
            output = last.activation.apply(pre_activation[rows], outputs[rows])
            if not np.may_share_memory(output, outputs):
                outputs[rows] = output


class _Scratch(threading.local):
    """Memory that stays between calls: asking the system for it again would take as long as a small layer."""

    def __init__(self) -> None:
        self._numbers = np.empty(0)

    def tiles(self, height: int, widths: Sequence[int]) -> list[Array]:
        """(height, width) for each width; every other one lies in the same place."""
        size = height * max(widths, default=0)
        if self._numbers.size < 2 * size:
            self._numbers = np.empty(2 * size)
        places = [self._numbers[:size], self._numbers[size:]]
        return [places[i % 2][: height * width].reshape(height, width) for i, width in enumerate(widths)]


_SCRATCH = _Scratch()


def _slices(start: int, stop: int, height: int) -> Iterator[slice]:
    """The rows in parts of that height, the last one shorter."""
    for first in range(start, stop, height):
        yield slice(first, min(first + height, stop))
