"""Rows times a matrix plus a bias, with the same bits for a row in any batch and on any number of threads."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.threads import is_openblas

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_REGISTER = 8
"""Doubles in the widest register of a processor that numpy knows."""

_STEP = 64
"""Rows by which a block may be lower: a multiple of the height of every kernel's tile."""

_SMALL_GEMM = 1_000_000
"""Up to this many multiplications OpenBLAS uses small-matrix kernels, which need no column padding."""

_BIAS_TILE_SIZE = 1 << 13
"""Length of the repeated bias that is added in one call."""


class BlockedProduct:
    """x^T W + b for rows x, in blocks of one fixed height; `weights` is (n_in, n_out), `bias` (n_out,) or None.

    BLAS gives a row different last bits depending on how many rows it is multiplied with. Blocks of one height, which
    depends on the matrix's shape alone, make a row's result independent of its neighbours, of chunking and of threads
    (on one machine's kernel). What OpenBLAS does with a block that is lower, or has few columns, is known; for others
    every block is whole. No zero in the result is negative.
    """

    def __init__(self, weights: Array, bias: Array | None) -> None:
        self._weights = weights
        self._bias = bias
        self.n_in, self.n_out = int(weights.shape[0]), int(weights.shape[1])

    @cached_property
    def block_height(self) -> int:
        """How many rows are multiplied at a time."""
        return 1024 if self._weights.size <= 256 else 512

    @cached_property
    def row_step(self) -> int:
        """The last block is padded to a multiple of this many rows: the same kernels multiply it as a full one."""
        if not is_openblas():
            return self.block_height
        steps = _SMALL_GEMM // (self._padded_weights.size * _STEP) + 1
        return min(steps * _STEP, self.block_height)

    @cached_property
    def _padded_weights(self) -> Array:
        """The weights row by row, with zero columns up to the next multiple of 8, one register of the widest kernels.

        BLAS has separate kernels for what is left over at an edge. They round otherwise, and which rows they get
        depends on where in its block a row stands.
        """
        small = is_openblas() and self.block_height * self._weights.size <= _SMALL_GEMM
        spare = 0 if small else -self.n_out % _REGISTER
        return np.pad(self._weights, ((0, 0), (0, spare))) if spare else np.ascontiguousarray(self._weights)

    @cached_property
    def _bias_tile(self) -> Array:
        """The bias repeated for several rows. None of its zeros is negative, and so none of a sum with it is."""
        bias = np.zeros(self.n_out) if self._bias is None else self._bias + 0.0
        rows = _STEP
        while rows > 1 and rows * self.n_out > _BIAS_TILE_SIZE:
            rows //= 2
        return np.tile(bias, rows)

    def multiply(self, inputs: Array, out: Array | None = None) -> Array:
        """x^T W + b, (rows, n_out), written to `out` where it is given; the last block is padded with zero rows."""
        rows, height = len(inputs), self.block_height
        product = np.empty((rows, self.n_out)) if out is None else out
        whole = rows - rows % height
        for start in range(0, whole, height):
            self._multiply_block(inputs[start : start + height], product[start : start + height])
        if whole < rows:
            multiple = self.row_step
            last = np.zeros((-(-(rows - whole) // multiple) * multiple, self.n_in))
            last[: rows - whole] = inputs[whole:]
            filled = np.empty((len(last), self.n_out))
            self._multiply_block(last, filled)
            product[whole:] = filled[: rows - whole]
        return product

    def _multiply_block(self, inputs: Array, product: Array) -> None:
        weights = self._padded_weights
        if weights.shape[1] == self.n_out:
            np.matmul(inputs, weights, out=product)
        else:
            product[:] = np.matmul(inputs, weights)[:, : self.n_out]
        several = product.reshape(-1, self._bias_tile.size)
        several += self._bias_tile
