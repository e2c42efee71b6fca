"""Doubles to the shortest decimal text that reads back, many at a time, in numpy alone: what `repr` writes, faster.

A double x with 10^k <= x < 10^(k+1) becomes D = x 10^(16-k), 17 digits before the point. Every decimal nearer to D than
half the gap to the next double reads back as x; the shortest of them, and of those the nearest, is wanted. D is
worked out as a sum of two doubles whose error is below 2^-48 (Dekker, 1971: the product of two doubles is the sum of
two). Whatever lies nearer than `_DOUBT` to a border is left to `repr`, and so is what is very large or very small.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnlec.arithmetic.compensated import halves
from nnlec.named import NamedTuple

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_AT_A_TIME = 8192
"""Numbers whose working stays in the processor's cache."""
_KS = range(-309, 310)
_DOUBT = 2.0**-40
_DIGITS = 17
_SMALLEST = 2.0**-1022
"""The smallest double whose gap is in proportion to it."""

# A number in bytes: sign, "0.000", digits before the point, point, digits behind it, exponent, separator or NUL.
_LEAD, _WHOLE, _POINT, _BEHIND, _EXPONENT, _SEPARATOR, _WIDTH = 1, 6, 23, 24, 40, 45, 48
_PLAIN = range(-4, 16)
"""The k that `repr` writes without an exponent."""


def lines(numbers: Array, delimiter: str) -> bytes:
    """Rows of numbers (rows, columns) as lines of text.

    >>> lines(np.array([[0.1, -2.0], [1e22, 1e-7]]), ",")
    b'0.1,-2.0\\n1e+22,1e-7\\n'
    """
    rows, columns = numbers.shape
    flat = numbers.ravel()
    step = max(1, _AT_A_TIME // columns) * columns
    separators = np.full(step, ord(delimiter), np.uint8)
    separators[columns - 1 :: columns] = ord("\n")
    starts = range(0, rows * columns, step)
    return b"".join(_text(flat[start : start + step], separators) for start in starts)


def short_exponent(text: str) -> str:
    """The exponents of Python's `repr` without a leading 0, as JavaScript and C++ write them: 1e-7."""
    return text.replace("e-0", "e-")


class _Powers(NamedTuple):
    """Of every biased exponent: k of its smallest double, the power of ten among its doubles, half their gap.

    Of every k: by what x is scaled so that no product overflows, 10^(16-k) over that as a sum of two doubles, and the
    first of them as a sum of two halves.
    """

    k: Integers
    ten: Array
    half_gap: Array
    scale: Array
    high: Array
    low: Array
    high_upper: Array
    high_lower: Array


@cache
def _powers() -> _Powers:
    exponents = np.arange(2048) - 1023
    ks = (exponents * 78913) >> 18  # floor(exponent log10(2)), exact in this range
    ten = np.array([float(f"1e{k + 1}") if k < 308 else np.inf for k in ks.tolist()])
    shifts = [200 if k < -270 else -200 if k > 270 else 0 for k in _KS]
    pairs = np.array([_power_of_ten(16 - k, shift) for k, shift in zip(_KS, shifts, strict=True)])
    high, low = np.ascontiguousarray(pairs.T)
    return _Powers(ks, ten, np.ldexp(1.0, exponents - 53), np.ldexp(1.0, shifts), high, low, *halves(high))


def _power_of_ten(power: int, shift: int) -> tuple[float, float]:
    """10^power / 2^shift as the nearest double and the double nearest to what is left."""
    over, under = 10 ** max(power, 0) << max(-shift, 0), 10 ** max(-power, 0) << max(shift, 0)
    high = over / under
    over_high, under_high = high.as_integer_ratio()
    return high, (over * under_high - over_high * under) / (under * under_high)


def _shortest(x: Array) -> tuple[Integers, Integers, Flags]:
    """Of doubles >= 0: 17 digits as a whole number, k, and which of them are left to `repr`."""
    ordinary = (x >= _SMALLEST) & (x < np.inf)
    if not ordinary.all():
        digits, k, doubtful = _shortest(np.where(ordinary, x, 1.0))
        digits[x == 0.0] = 0
        return digits, k, doubtful | ~(ordinary | (x == 0.0))
    powers = _powers()
    exponents = x.view(np.int64) >> 52
    k = powers.k.take(exponents) + (x >= powers.ten.take(exponents))
    row = k - _KS.start
    high = powers.high.take(row)
    x = x * powers.scale.take(row)
    product = x * high
    upper, lower = halves(x)
    high_upper, high_lower = powers.high_upper.take(row), powers.high_lower.take(row)
    rest = ((upper * high_upper - product) + upper * high_lower + lower * high_upper) + lower * high_lower
    rest += x * powers.low.take(row)
    below = np.floor(rest)
    fraction = rest - below
    whole = product.astype(np.int64) + below.astype(np.int64)
    bits = x.view(np.int64)
    digits, doubtful = _fewest_digits(whole, fraction, powers.half_gap.take(bits >> 52) * high)
    uneven = (bits & ((1 << 52) - 1)) == 0  # the gap below a power of two is half as wide
    if uneven.any():
        doubtful |= uneven & ((digits != whole) | (fraction != 0.0))
    return digits, k, doubtful


def _fewest_digits(whole: Integers, fraction: Array, reach: Array) -> tuple[Integers, Flags]:
    """The roundest number nearer than `reach` (0.5 to 11.2) to whole + fraction, and where that is not certain."""
    hundreds = whole // 100
    over_hundred = whole - hundreds * 100
    over_ten = over_hundred % 10
    past_hundred, past_ten = over_hundred + fraction, over_ten + fraction
    up_hundred, up_ten = past_hundred > 50.0, past_ten > 5.0
    spare_hundred = reach - np.where(up_hundred, 100.0 - past_hundred, past_hundred)
    spare_ten = reach - np.where(up_ten, 10.0 - past_ten, past_ten)
    to_hundred, to_ten = spare_hundred > 0.0, spare_ten > 0.0
    digits = np.where(to_ten, whole - over_ten + 10 * up_ten, whole + (fraction > 0.5))
    digits = np.where(to_hundred, hundreds * 100 + 100 * up_hundred, digits)
    tie = np.where(to_ten, np.abs(past_ten - 5.0), np.abs(fraction - 0.5))
    tie[to_hundred] = 1.0
    border = np.minimum(np.abs(spare_hundred), np.abs(spare_ten))
    return digits, np.minimum(border, tie) < _DOUBT


class _Layouts(NamedTuple):
    """Of four digits: their text, and in each of four places the last digit that is not 0, counted from 1.

    Of k and the last digit: which bytes of a number are digits, and what stands in the others. Of k: its exponent.
    """

    text: NDArray[np.uint32]
    last: tuple[NDArray[np.uint8], ...]
    digits: NDArray[np.uint64]
    others: NDArray[np.uint64]
    row: Integers
    exponent: NDArray[np.uint8]


@cache
def _layouts() -> _Layouts:
    four = np.arange(10_000)
    places = np.stack([four // 1000, four // 100 % 10, four // 10 % 10, four % 10], axis=1)
    text = (places + ord("0")).astype(np.uint8).view(np.uint32).ravel()
    last = (places.astype(bool) * np.arange(1, 5)).max(axis=1)
    lasts = tuple(((last + start) * (last > 0)).astype(np.uint8) for start in (0, 4, 8, 12))
    digits = np.zeros((len(_PLAIN) + 1, _DIGITS, _WIDTH), np.uint8)
    others = np.zeros_like(digits)
    for kind, k in enumerate((*_PLAIN, None)):
        for end in range(_DIGITS):
            _lay_out(digits[kind, end], others[kind, end], k, end)
    row = np.array([_PLAIN.index(k) if k in _PLAIN else len(_PLAIN) for k in _KS]) * _DIGITS
    exponents = [short_exponent(f"e{k:+03d}").encode() for k in _KS]
    exponent = np.array(exponents, f"S{_SEPARATOR - _EXPONENT}").view(np.uint8).reshape(len(exponents), -1)
    wide = [array.view(np.uint64).reshape(-1, _WIDTH // 8) for array in (digits, others)]
    return _Layouts(text, lasts, wide[0], wide[1], row, exponent)


def _lay_out(digits: NDArray[np.uint8], others: NDArray[np.uint8], k: int | None, end: int) -> None:
    """One number of `end` + 1 digits; without a k, one that has an exponent."""
    if k is not None and k < 0:
        lead = b"0." + b"0" * (-k - 1)
        others[_LEAD : _LEAD + len(lead)] = list(lead)
        digits[_WHOLE : _WHOLE + end + 1] = 255
        return
    before = k or 0
    digits[_WHOLE : _WHOLE + before + 1] = 255
    if k is not None or end:
        others[_POINT] = ord(".")
        digits[_BEHIND + before : _BEHIND + max(end, before + 1)] = 255


def _text(values: Array, separators: NDArray[np.uint8]) -> bytes:
    """Each number and its separator."""
    number, k, doubtful = _shortest(np.abs(values))
    layouts = _layouts()
    upper, lower = _split(number, 10**8)
    first, upper = _split(upper, 10**8)
    fours = [*_split(upper.astype(np.uint32), 10_000), *_split(lower.astype(np.uint32), 10_000)]
    digits = np.empty((values.size, 5), np.uint32)
    for place, four in enumerate(fours, start=1):
        layouts.text.take(four, out=digits[:, place])
    text = digits.view(np.uint8)[:, 3:]
    text[:, 0] = first + ord("0")
    cells = np.empty((values.size, _WIDTH), np.uint8)
    cells[:, _WHOLE:_POINT] = text
    cells[:, _BEHIND:_EXPONENT] = text[:, 1:]
    ends = [of_place.take(four) for of_place, four in zip(layouts.last, fours, strict=True)]
    place_of_k = k - _KS.start
    rows = layouts.row.take(place_of_k)
    with_exponent = np.flatnonzero(rows == len(_PLAIN) * _DIGITS)
    rows += np.maximum(np.maximum(ends[0], ends[1]), np.maximum(ends[2], ends[3]))
    words = cells.view(np.uint64)
    words &= layouts.digits.take(rows, axis=0)
    words |= layouts.others.take(rows, axis=0)
    cells[:, 0] = np.signbit(values) * np.uint8(ord("-"))
    cells[with_exponent, _EXPONENT:_SEPARATOR] = layouts.exponent.take(place_of_k[with_exponent], axis=0)
    left = np.flatnonzero(doubtful)
    if left.size:
        texts = [short_exponent(repr(value)).encode() for value in values[left].tolist()]
        cells[left, :_SEPARATOR] = np.array(texts, f"S{_SEPARATOR}").view(np.uint8).reshape(left.size, -1)
    cells[:, _SEPARATOR] = separators[: values.size]
    return cells.tobytes().translate(None, b"\0")


def _split(numbers: Integers, by: int) -> tuple[Integers, Integers]:
    quotients = numbers // by
    return quotients, numbers - quotients * by


def decimal_digits(values: Array) -> tuple[Integers, Integers]:
    """The shortest decimal text of each finite double as a whole number of up to 17 digits, and its power of ten.

    >>> [part.tolist() for part in decimal_digits(np.array([0.25, -3e100]))]
    [[25000000000000000, -30000000000000000], [-17, 84]]
    """
    digits, powers = np.empty(values.size, np.int64), np.empty(values.size, np.int64)
    for start in range(0, values.size, _AT_A_TIME):
        part = values[start : start + _AT_A_TIME]
        number, k, doubtful = _shortest(np.abs(part))
        number[part < 0] *= -1
        place = slice(start, start + part.size)
        digits[place], powers[place] = number, k - (_DIGITS - 1)
        for index in np.flatnonzero(doubtful).tolist():
            mantissa, _, exponent = f"{float(part[index])!r}e0".partition("e")
            before, _, behind = mantissa.partition(".")
            exponent = exponent.removesuffix("e0") or "0"
            digits[start + index], powers[start + index] = int(before + behind), int(exponent) - len(behind)
    return digits, powers
