"""Dense layers, and many rows on their way through a chain of them: the same bits in any batch, on any thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.threads import one_thread
from nnlec.network.activations import Activation

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from nnlec.arithmetic.types import Array

_WORTH_A_THREAD = 5_000_000
"""Multiplications that take longer than starting a thread."""

_REGISTER = 8
"""Doubles in the widest register of a processor that numpy knows."""

_STEP = 64
"""Rows by which a block may be lower: a multiple of the height of every kernel's tile."""

_SMALL = 1_000_000
"""Multiplications up to which some BLAS have kernels of their own for a product, which need no whole registers."""

_ADDED = 1 << 13
"""Numbers to which biases are added at once."""

_TILE = 1 << 16
"""Outputs of a layer at a time: few enough to stay in the cache, and many enough to be worth a few calls."""


@dataclass(frozen=True, eq=False)
class Dense:
    """A fully connected layer, `activation(inputs @ weights + bias)` (lecture: h = g(x^T W)).

    `weights` is (n_in, n_out): a row is an input, a column a neuron. `bias` is (n_out,) or None. `leading_one`
    remembers that the bias was written as the first row of W, so that an input may be given with the 1 that meets it.
    """

    weights: Array
    bias: Array | None
    activation: Activation
    name: str
    leading_one: bool = False

    def __post_init__(self) -> None:
        self.activation.check_units(self.n_out)

    @property
    def n_in(self) -> int:
        return int(self.weights.shape[0])

    @property
    def n_out(self) -> int:
        return int(self.weights.shape[1])

    @cached_property
    def block_height(self) -> int:
        """How many rows are multiplied at a time: it depends on the layer's shape alone, so a row's bits do too."""
        return 1024 if self.weights.size <= 256 else 512

    @cached_property
    def least_height(self) -> int:
        """What the last block is a multiple of: the same kernels multiply it as one of full height."""
        steps = _SMALL // (self.whole_tiles.size * _STEP) + 1
        return min(steps * _STEP, self.block_height)

    @cached_property
    def whole_tiles(self) -> Array:
        """The weights row by row, with zero columns up to the next multiple of 8, one register of the widest kernels.

        BLAS has kernels of their own for what is left over at an edge. They round otherwise, and which rows they get
        depends on where in its block a row stands.
        """
        spare = -self.n_out % _REGISTER if self.block_height * self.weights.size > _SMALL else 0
        return np.pad(self.weights, ((0, 0), (0, spare))) if spare else np.ascontiguousarray(self.weights)

    @cached_property
    def addend(self) -> Array:
        """What is added to several rows of x^T W at once: the bias again and again, long enough for the processor.

        None of its zeros is negative, and so none of a sum with it is.
        """
        bias = np.zeros(self.n_out) if self.bias is None else self.bias + 0.0
        rows = _STEP
        while rows > 1 and rows * self.n_out > _ADDED:
            rows //= 2
        return np.tile(bias, rows)

    @property
    def parameters(self) -> int:
        """How many numbers the layer has learned: weights and bias."""
        return int(self.weights.size) + (0 if self.bias is None else int(self.bias.size))


def pass_through(layers: Sequence[Dense], inputs: Array, logits: Array, outputs: Array | None) -> None:
    """Fills `logits` with the last pre-activation of every row and `outputs`, which may be the same array, with its g.

    All are (rows, units) and stand in memory row by row. Rows are shared between threads where that pays.
    """
    rows = len(inputs)
    block = max(layer.block_height for layer in layers)
    with one_thread() as threads:
        work = rows * sum(layer.weights.size for layer in layers)
        parts = max(1, min(threads, work // _WORTH_A_THREAD, -(-rows // block)))
        if parts == 1:
            _fill(layers, inputs, logits, outputs, slice(0, rows))
            return
        first, *others = _slices(0, rows, -(-rows // (block * parts)) * block)
        pool = _pool(threads - 1, os.getpid())
        at_work = [pool.submit(_fill, layers, inputs, logits, outputs, share) for share in others]
        _fill(layers, inputs, logits, outputs, first)
        for share in at_work:
            share.result()


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001 (a forked process has none of its parent's)
    """Threads that wait for the next pass: to start new ones takes as long as a small network."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads)


def _fill(layers: Sequence[Dense], inputs: Array, logits: Array, outputs: Array | None, share: slice) -> None:
    """A share of the rows: all hidden layers on one tile of them at a time, which stays in the cache."""
    *hidden, last = layers
    block = max(layer.block_height for layer in layers)
    tile = max(1, _TILE // (block * max(layer.n_out for layer in layers))) * block
    products = _SCRATCH.tiles(min(tile, share.stop - share.start), [layer.n_out for layer in hidden])
    with np.errstate(all="ignore"):
        for rows in _slices(share.start, share.stop, tile):
            values = inputs[rows]
            for layer, product in zip(hidden, products, strict=True):
                pre_activation = multiply(values, layer, product[: len(values)])
                values = layer.activation.apply(pre_activation, pre_activation)
            multiply(values, last, logits[rows])
        if outputs is None:
            return
        for rows in _slices(share.start, share.stop, max(tile, _TILE // last.n_out)):
            output = last.activation.apply(logits[rows], outputs[rows])
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


def multiply(inputs: Array, layer: Dense, out: Array | None = None) -> Array:
    """x^T W + b, (rows, n_out), in blocks of one fixed height, the last one padded with zero rows.

    BLAS gives a row different last bits depending on how many rows it is multiplied with; blocks of one height make
    a row's result independent of its neighbours, of chunking and of threads (on one machine's kernel). The last
    block is only as high as the next multiple of `least_height`. No zero in the result is negative.
    """
    rows, height = len(inputs), layer.block_height
    product = np.empty((rows, layer.n_out)) if out is None else out
    whole = rows - rows % height
    for start in range(0, whole, height):
        _multiply_block(inputs[start : start + height], layer, product[start : start + height])
    if whole < rows:
        least = layer.least_height
        last = np.zeros((-(-(rows - whole) // least) * least, layer.n_in))
        last[: rows - whole] = inputs[whole:]
        filled = np.empty((len(last), layer.n_out))
        _multiply_block(last, layer, filled)
        product[whole:] = filled[: rows - whole]
    return product


def _multiply_block(inputs: Array, layer: Dense, product: Array) -> None:
    weights = layer.whole_tiles
    if weights.shape[1] == layer.n_out:
        np.matmul(inputs, weights, out=product)
    else:
        product[:] = np.matmul(inputs, weights)[:, : layer.n_out]
    several = product.reshape(-1, layer.addend.size)
    several += layer.addend
