"""Batch and layer normalisation of many rows; a row gives the same bits in any batch.

Where a shift meets a product of nearly the same size, their difference has few digits of either. Factors and products
are therefore carried in two doubles; what even these do not decide is computed in decimal numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.compensated import plain_row_sum, row_sum, two_product, two_sum
from nnlec.arithmetic.scratch import SCRATCH

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices

_TILE = 1 << 16
"""Numbers at a time, half a megabyte: calls of numpy take longer than the numbers of smaller parts."""

_PIECE = 1 << 17
"""Numbers of a long row at a time."""

_HIGH_BITS = np.int64(-1 << 27)
"""Keeps 26 bits of a double's fraction, whose products with others of that kind are exact."""

_CANCELLED = 2.0**-24
"""A result that small beside the shift is computed anew."""

_LOST = 2.0**-40
"""A number that near to the mean, beside the largest of its row, is computed anew."""

_HUGE = 300
"""Powers of two beyond which squares are computed of numbers brought near 1 first."""

_DIGITS = Context(prec=60)

ArrayPair = tuple["Array", "Array"]


class BlockedBatchNorm:
    """(x - mean) / sqrt(variance + epsilon) * scale + shift for (rows, channels, numbers); a number for each channel.

    At most 3 units in the last place from the exact value. No zero in the result is negative.
    """

    def __init__(self, mean: Array, variance: Array, scale: Array, shift: Array, epsilon: float) -> None:
        self._given = mean, variance, epsilon, scale, shift
        with np.errstate(all="ignore"):
            factor = quotient((scale, np.zeros_like(scale)), root(two_sum(variance, epsilon)))
            product, rest = two_product(mean, factor[0])
            total, lost = two_sum(shift, -product)
            lost -= rest + mean * factor[1]
            self._factor = tuple(part[:, np.newaxis] for part in halves_of(factor))
            self._constant = (total + lost + 0.0)[:, np.newaxis], ((total - (total + lost)) + lost)[:, np.newaxis]

            self._limit = _CANCELLED * np.abs(self._constant[0])

    @np.errstate(all="ignore")
    def apply(self, values: Array, out: Array) -> None:
        """(rows, channels, numbers) to `out`, another array."""
        height = max(1, _TILE // (values.shape[1] * values.shape[2]))
        width = max(1, _TILE // values.shape[2])
        for start in range(0, len(values), height):
            for first in range(0, values.shape[1], width):
                some, channels = slice(start, start + height), slice(first, first + width)
                self._tile(values[some, channels], channels, out[some, channels])

    def _tile(self, values: Array, channels: slice, out: Array) -> None:
        high, low = (part[channels] for part in self._factor)
        constant, rest = (part[channels] for part in self._constant)
        straight_line(values, (high, low), constant, rest, out)
        clear = np.abs(out, out=SCRATCH.array("line 0", out.shape)) >= self._limit[channels]
        if not clear.all():
            self._exactly(values, channels, out, np.argwhere(~clear))

    def _exactly(self, values: Array, channels: slice, result: Array, places: Indices) -> None:
        """Puts the exact value, rounded, at these (row, channel, number)."""
        known: dict[tuple[int, float], float] = {}
        for row, channel, number in places.tolist():
            key = channel + channels.start, float(values[row, channel, number])
            if key not in known:
                known[key] = self._exact(*key)
            result[row, channel, number] = known[key]

    def _exact(self, channel: int, x: float) -> float:
        mean, variance, epsilon, scale, shift = self._given
        if not np.isfinite(x):
            return x * float(self._factor[0][channel, 0])
        spread = Fraction(float(variance[channel])) + Fraction(epsilon)
        return _normalised(Fraction(x) - Fraction(float(mean[channel])), spread, scale[channel], shift[channel])


@np.errstate(all="ignore")
def layer_norm(values: Array, epsilon: float, scale: Array, shift: Array, out: Array) -> None:
    """(x - mean) / sqrt(variance + epsilon) * scale + shift along each row of (rows, numbers), to `out`.

    `scale` and `shift` are (numbers,) or a single number, (1,). At most 3 units in the last place from the exact value.
    No zero in the result is negative.
    """
    height = max(1, _TILE // values.shape[1])
    for start in range(0, len(values), height):
        some = slice(start, start + height)
        _layer_norm(values[some], epsilon, scale, shift, out[some])


def _layer_norm(values: Array, epsilon: float, scale: Array, shift: Array, out: Array) -> None:
    """The same of a few rows, however long: some columns at a time."""
    width = values.shape[1]
    pieces = [slice(start, start + _PIECE) for start in range(0, width, _PIECE)]
    exponent = np.frexp(np.maximum(values.max(axis=1, keepdims=True), -values.min(axis=1, keepdims=True)))[1]
    far = (exponent > _HUGE) | ((exponent < -_HUGE) & (epsilon < 2.0 ** (-2 * _HUGE)))
    moved = np.where(far, -exponent, 0)
    near = np.ldexp(_LOST, exponent + moved)
    given = values
    if far.any():
        values = np.ldexp(values, moved)
    count = np.array(float(width)), np.array(0.0)
    middle = sum(plain_row_sum(values[:, piece]) for piece in pieces) / width
    mean = quotient(_sum(pieces, lambda piece: two_sum(values[:, piece], -middle)), count)
    kept: dict[int, ArrayPair] = {}

    def centred(piece: slice) -> ArrayPair:
        """x - mean, good to twice the digits; kept where it is all of the row."""
        if piece.start in kept:
            return kept[piece.start]
        difference, lost = two_sum(values[:, piece], -middle)
        lost -= mean[0]
        lost -= mean[1]
        result = difference + lost
        lost -= result - difference
        if len(pieces) == 1:
            kept[piece.start] = result, lost
        return result, lost

    def squared(piece: slice) -> ArrayPair:
        difference, lost = centred(piece)
        high = _high(difference)
        low = difference - high
        return high * high, (difference + high) * low + 2.0 * difference * lost

    variance = quotient(_sum(pieces, squared), count)
    spread, rest = two_sum(variance[0], np.ldexp(epsilon, 2 * moved))
    inverse = quotient((np.array(1.0), np.array(0.0)), root((spread, rest + variance[1])))
    doubtful = np.zeros(values.shape, np.bool_)
    for piece in pieces:
        difference, lost = centred(piece)
        close = np.abs(difference) < near
        if close.any():
            doubtful[:, piece] = close & (difference != 0.0)
        factor = _factor(inverse, scale if scale.size == 1 else scale[piece])
        lost *= factor[0]
        straight_line(difference, factor, (shift if shift.size == 1 else shift[piece]) + 0.0, lost, out[:, piece])
    if shift.any():
        doubtful |= np.abs(out) < _CANCELLED * np.abs(shift)
    for row in np.flatnonzero(doubtful.any(axis=1)).tolist():
        _row_exactly(given[row], epsilon, scale, shift, out[row], doubtful[row])


def _sum(pieces: list[slice], part: Callable[[slice], ArrayPair]) -> ArrayPair:
    """The sum of each row of all parts, a pair of numbers each, as a sum of two doubles, (rows, 1)."""
    total, rest = np.array(0.0), np.array(0.0)
    for piece in pieces:
        values, small = part(piece)
        exponent = np.frexp(np.maximum(values.max(axis=1, keepdims=True), -values.min(axis=1, keepdims=True)))[1]
        head, tail = row_sum(values, exponent, small)
        total, lost = two_sum(total, head)
        rest = rest + (lost + tail)
    return total, rest


def _factor(inverse: ArrayPair, scale: Array) -> ArrayPair:
    """inverse * scale in the form of `halves_of`."""
    of_inverse, of_scale = _high(inverse[0]), _high(scale)
    left = (inverse[0] - of_inverse) + inverse[1]
    high = inverse[0] * scale
    _high(high, high)
    low = of_inverse * of_scale
    low -= high
    low += of_inverse * (scale - of_scale)
    low += left * scale
    return high, low


def _row_exactly(values: Array, epsilon: float, scale: Array, shift: Array, result: Array, places: Array) -> None:
    """Puts the exact value, rounded, where it is asked for."""
    numbers = list(map(Fraction, values.tolist()))
    mean = sum(numbers, Fraction(0)) / len(numbers)
    spread = sum(((x - mean) ** 2 for x in numbers), Fraction(0)) / len(numbers) + Fraction(epsilon)
    for at in np.flatnonzero(places).tolist():
        a, b = (each[at % each.size] for each in (scale, shift))
        result[at] = _normalised(numbers[at] - mean, spread, a, b)


def _normalised(difference: Fraction, spread: Fraction, scale: float, shift: float) -> float:
    """The exact difference / sqrt(spread) * scale + shift, rounded."""
    product = difference * Fraction(float(scale))
    with localcontext(_DIGITS):
        root_of_spread = (Decimal(spread.numerator) / spread.denominator).sqrt()
        result = Decimal(product.numerator) / product.denominator / root_of_spread + Decimal(float(shift))
    return float(result) + 0.0  # no zero is negative


def straight_line(values: Array, factor: ArrayPair, constant: Array, rest: Array, out: Array) -> None:
    """values * factor + (constant + rest) to `out`, good to 2^-79 of its largest part; `factor` as of `halves_of`.

    NaN where the result is not finite. No zero of `constant` is negative, and so none of the result is.
    """
    product, low, total, part, lost = (SCRATCH.array(f"line {n}", values.shape) for n in range(5))
    np.subtract(values, _high(values, product), out=low)
    product *= factor[0]
    np.add(product, constant, out=total)  # Knuth's TwoSum
    np.subtract(total, product, out=part)
    np.subtract(total, part, out=lost)
    np.subtract(product, lost, out=lost)
    lost += np.subtract(constant, part, out=part)
    low *= factor[0]
    lost += low
    lost += np.multiply(values, factor[1], out=low)
    lost += rest
    np.add(total, lost, out=out)


def _high(values: Array, out: Array | None = None) -> Array:
    """The first 26 bits of each number."""
    high = np.empty_like(values) if out is None else out
    np.bitwise_and(values.view(np.int64), _HIGH_BITS, out=high.view(np.int64))
    return high


def halves_of(pair: ArrayPair) -> ArrayPair:
    """The first 26 bits of a sum of two doubles, and what is left of it as a double."""
    high = _high(pair[0])
    return high, (pair[0] - high) + pair[1]


def root(pair: ArrayPair) -> ArrayPair:
    """The square root of a sum of two doubles, as one."""
    head = np.sqrt(pair[0])
    square, rest = two_product(head, head)
    tail = ((pair[0] - square) - rest + pair[1]) / np.where(head > 0.0, 2.0 * head, 1.0)
    return head, tail


def quotient(over: ArrayPair, under: ArrayPair) -> ArrayPair:
    """The quotient of two sums of two doubles, as one."""
    head = over[0] / under[0]
    product, rest = two_product(head, under[0])
    tail = ((over[0] - product) - rest + over[1] - head * under[1]) / under[0]
    return head, tail
