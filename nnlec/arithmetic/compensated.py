"""Sums and products of doubles together with what their rounding lost, exactly (Knuth's TwoSum, Dekker's TwoProduct).

A relative error of 2^-53 in an exponent of -700 is one of 700 x 2^-53 in e^-700. Exponents are therefore carried as the
sum of two doubles, the second of which is the rounding error of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_SPLITTER = 134217729.0  # 2^27 + 1


def two_sum(a: Array, b: Array | float) -> tuple[Array, Array]:
    """The rounded a + b, and the exact rest (nan where the sum is not finite)."""
    total = a + b
    part = total - a
    rest = total - part
    np.subtract(a, rest, out=rest)
    rest += np.subtract(b, part, out=part)
    return total, rest


def two_product(a: Array, b: Array | float) -> tuple[Array, Array]:
    """The rounded a b, and the exact rest (nan where |a| or |b| is beyond 1e300)."""
    product = a * b
    a_high, a_low = halves(a)
    b_high, b_low = halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def halves(a: Array | float) -> tuple[Array, Array]:
    """`a` as a sum of two doubles of 26 bits each, whose products are exact (Veltkamp); nan beyond 1e300."""
    scaled = _SPLITTER * a
    high = np.asarray(scaled - (scaled - a))
    return high, a - high


def extract(values: Array, exponent: Array | int, count: int) -> tuple[Array, Array]:
    """High and low parts of values, of which none is beyond 2^exponent (Rump's extraction).

    The high parts are multiples of one unit, and so few bits long that any `count` of them add up exactly in any order.
    """
    shift = np.ldexp(1.5, exponent + count.bit_length())
    high = values + shift
    high -= shift
    return high, values - high


def row_sum(values: Array, exponent: Array | int, small: Array | float = 0.0) -> tuple[Array, Array]:
    """The sum of values + small along each row, (rows, 1), in two doubles; no |value| is beyond 2^exponent.

    The sum of the high parts is exact, the low parts and `small` hardly matter.
    """
    high, low = extract(values, exponent, values.shape[1])
    low += small
    head, tail = plain_row_sum(high), plain_row_sum(low)
    total = head + tail
    return total, (head - total) + tail


SHORT = 40
"""Numbers in a row up to which whole columns are added: a loop along so short a row costs more than its sum."""


def plain_row_sum(values: Array) -> Array:
    """The sum along each row as doubles give it, (rows, 1), always in the same order."""
    rows, width = values.shape
    if width > SHORT:
        return np.asarray(np.einsum("ij->i", values))[:, np.newaxis]  # half the time of np.sum
    if rows == 1:  # np.add.reduce would add every other number apart
        return np.add.accumulate(values, axis=1)[:, -1:]
    return np.asarray(np.add.reduce(np.asfortranarray(values), axis=1, keepdims=True))


def row_max(values: Array) -> Array:
    """The largest of each row, (rows, 1); nan where there is one."""
    if values.shape[1] <= SHORT:
        values = np.asfortranarray(values)
    return np.asarray(np.maximum.reduce(values, axis=1, keepdims=True))


def finite(rest: Array) -> Array:
    """The rest of a sum or product; 0 where there is none because the result is not finite."""
    return np.where(np.isfinite(rest), rest, 0.0)
