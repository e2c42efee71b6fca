"""The fast forward pass: many rows on their way through a chain of layers, a tile of them at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.threads import one_thread

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Layer

_WORTH_A_THREAD = 5_000_000
"""Multiplications that take longer than starting a thread."""

_TILE = 1 << 16
"""Outputs of a layer at a time: few enough to stay in the cache, and many enough to be worth a few calls."""

_MOST_SCRATCH = 1 << 21
"""Outputs of a layer at a time, at most: 16 MB of maps."""


Sources = tuple[tuple[int, ...], ...]
"""What each layer takes: 0 is the input, n what the nth layer gives."""


def chain(depth: int) -> Sources:
    """The sources of layers each of which takes the one before.

    >>> chain(3)
    ((0,), (1,), (2,))
    """
    return tuple((number,) for number in range(depth))


def joined(values: Sequence[Array | None], sources: Sequence[int]) -> Array:
    """The rows of the sources, one behind the other where there are several."""
    taken = [rows for each in sources if (rows := values[each]) is not None]
    return taken[0] if len(taken) == 1 else np.concatenate(taken, axis=1)


def forward_into(
    layers: Sequence[Layer], sources: Sources, inputs: Array, pre_activation: Array, outputs: Array | None
) -> None:
    """Fills `pre_activation` with the last layer's, and `outputs` with its activation; they may be the same array.

    All are (rows, units) and stand in memory row by row. Rows are shared between threads where that pays.
    """
    rows = len(inputs)
    step = max(layer.row_step for layer in layers)
    with one_thread() as threads:
        work = rows * sum(layer.multiplications for layer in layers)
        parts = max(1, min(threads, work // _WORTH_A_THREAD, -(-rows // step)))
        if parts == 1:
            _fill(layers, sources, inputs, pre_activation, outputs, slice(0, rows))
            return
        first, *others = _slices(0, rows, -(-rows // (step * parts)) * step)
        pool = _pool(threads - 1, os.getpid())
        running = [pool.submit(_fill, layers, sources, inputs, pre_activation, outputs, share) for share in others]
        _fill(layers, sources, inputs, pre_activation, outputs, first)
        for share in running:
            share.result()


def every_layer(
    layers: Sequence[Layer], sources: Sources, inputs: Array, *, together: bool = False
) -> Iterator[tuple[Layer, Array, Array, Array]]:
    """Every layer with its inputs, its pre-activation and its output, for a few rows, which always come `together`."""
    with one_thread(), np.errstate(all="ignore"):
        values = [inputs]
        for layer, taken in zip(layers, sources, strict=True):
            rows = joined(values, taken)
            pre_activation = layer.forward_together(rows) if together else layer.forward(rows)
            values.append(layer.activation.apply(pre_activation, np.empty_like(pre_activation)))
            yield layer, rows, pre_activation, values[-1]


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001 (a forked process has none of its parent's)
    """Threads that wait for the next pass: to start new ones takes as long as a small network."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads)


def _fill(
    layers: Sequence[Layer],
    sources: Sources,
    inputs: Array,
    pre_activation: Array,
    outputs: Array | None,
    share: slice,
) -> None:
    """A share of the rows: all hidden layers on one tile of them at a time, which stays in the cache."""
    *hidden, last = layers
    tile = _tile(layers)
    scratch = _places(min(tile, share.stop - share.start), [layer.n_out for layer in hidden], sources)
    with np.errstate(all="ignore"):
        for rows in _slices(share.start, share.stop, tile):
            values: list[Array | None] = [inputs[rows]]
            for layer, taken, place in zip(hidden, sources, scratch, strict=False):
                hidden_rows = place[: rows.stop - rows.start]
                layer.forward(joined(values, taken), hidden_rows)
                values.append(layer.activation.apply(hidden_rows, hidden_rows))
            last.forward(joined(values, sources[-1]), pre_activation[rows])
        if outputs is None:
            return
        for rows in _slices(share.start, share.stop, max(tile, _TILE // last.n_out)):
            output = last.activation.apply(pre_activation[rows], outputs[rows])
            if not np.may_share_memory(output, outputs):
                outputs[rows] = output


def _tile(layers: Sequence[Layer]) -> int:
    """Rows at a time: whole blocks that stay in the cache; fewer where a block of maps would take too much memory."""
    block, widest = max(layer.block_height for layer in layers), max(layer.n_out for layer in layers)
    fitting = max(1, _TILE // (block * widest)) * block
    return max(1, min(fitting, _MOST_SCRATCH // widest))


def _places(height: int, widths: Sequence[int], sources: Sources) -> list[Array]:
    """(height, width) for what each layer gives. One lies where another did that no later layer takes."""
    from nnlec.arithmetic.scratch import SCRATCH

    last_use = {each: number for number, taken in enumerate(sources, start=1) for each in taken}
    room: list[int] = []
    until: list[int] = []
    chosen: list[int] = []
    for number, width in enumerate(widths, start=1):
        place = next((index for index, end in enumerate(until) if end < number), len(room))
        if place == len(room):
            room.append(0)
            until.append(0)
        room[place] = max(room[place], width)
        until[place] = last_use.get(number, number)
        chosen.append(place)
    starts = [height * sum(room[:place]) for place in range(len(room) + 1)]
    numbers = SCRATCH.array("hidden", (starts[-1],))
    return [
        numbers[starts[place] : starts[place] + height * width].reshape(height, width)
        for place, width in zip(chosen, widths, strict=True)
    ]


def _slices(start: int, stop: int, height: int) -> Iterator[slice]:
    """The rows in parts of that height, the last one shorter."""
    for first in range(start, stop, height):
        yield slice(first, min(first + height, stop))
