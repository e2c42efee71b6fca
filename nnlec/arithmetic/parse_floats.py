"""Plain decimal numbers from text to doubles, a block at a time, in numpy alone; correctly rounded.

A number of up to 15 digits is a whole number below 2^53 over a power of ten that a double holds exactly, so that one
division rounds it once. Longer numbers are left to others; the few with an exponent go through `float`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_WIDEST = 15
_AT_A_TIME = 8192
"""Numbers whose digits stay in the processor's cache."""
_POWERS = np.array([float(10**power) for power in range(_WIDEST + 2)])  # not every system has an exact `pow`
_DOT, _ZERO, _MINUS, _PLUS = b".0-+"


def decimals(text: bytes, ends: NDArray[np.intp]) -> Array | None:
    """The cells of `text` that end at `ends`; it holds digits, signs, points, e and separators only.

    None where a cell is no number, or has more digits than fit.
    """
    cells = np.frombuffer(text, np.uint8)
    starts = np.concatenate(([0], ends[:-1] + 1))
    first = cells[starts]
    negative = first == _MINUS
    signed = negative | (first == _PLUS)
    lengths = ends - starts - signed
    odd = _distinct(np.searchsorted(ends, np.flatnonzero((cells | 0x20) == ord("e"))))
    if odd.size * 20 > ends.size:
        return None
    words = [text[starts[i] : ends[i]] for i in odd.tolist()]
    signs = np.count_nonzero((cells == _MINUS) | (cells == _PLUS))  # far faster than bytes.count
    signs -= sum(word.count(b"-") + word.count(b"+") for word in words)
    points = np.flatnonzero(cells == _DOT)
    owners = np.searchsorted(ends, points)
    places = np.full(ends.size, -1)
    places[owners] = ends[owners] - points - 1
    pointed = places >= 0
    if signs != int(signed.sum()) - int(signed[odd].sum()) or int(pointed.sum()) != points.size:
        return None
    lengths[odd], places[odd], pointed[odd] = 1, -1, False
    if int((lengths - pointed).min()) < 1 or int(lengths.max()) > _WIDEST:
        return None
    values = _values(cells, ends, lengths, points, places, pointed)
    np.negative(values, out=values, where=negative)
    try:
        values[odd] = list(map(float, words))
    except ValueError:
        return None
    return values


def _distinct(ascending: NDArray[np.intp]) -> NDArray[np.intp]:
    # np.unique would import numpy.ma, which takes longer than most tables
    distinct: NDArray[np.intp] = ascending[np.diff(ascending, prepend=-1) != 0]
    return distinct


def _values(
    cells: NDArray[np.uint8],
    ends: NDArray[np.intp],
    lengths: NDArray[np.intp],
    points: NDArray[np.intp],
    places: NDArray[np.intp],
    pointed: NDArray[np.bool_],
) -> Array:
    """The numbers without their signs; `places` is how many digits stand behind a point, -1 where there is none."""
    width = int(lengths.max())
    padded = np.concatenate((np.full(width, _ZERO, np.uint8), cells))
    padded[points + width] = _ZERO
    last_bytes = sliding_window_view(padded, width)
    positions, powers = np.arange(width, 0, -1), _POWERS[width - 1 :: -1]
    whole = np.empty(ends.size)
    for start in range(0, ends.size, _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        digits = last_bytes[ends[part]] - np.uint8(_ZERO)
        digits *= positions <= lengths[part, None]
        # The point counts as a digit 0 so far: what stands before it is ten times too large.
        np.matmul(digits.astype(np.float64), powers, out=whole[part])
    above = np.floor(whole / _POWERS[places + 1])
    scale = _POWERS[places]
    rest = whole - above * _POWERS[places + 1]
    return np.where(pointed, (above * scale + rest) / scale, whole)
