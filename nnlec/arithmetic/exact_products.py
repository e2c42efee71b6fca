"""A row of decimal numbers times a large matrix of doubles, exactly: in whole numbers, some columns at a time.

A double stands for its shortest decimal text, as everywhere in exact arithmetic here. That text as a whole number of
up to 17 digits and a power of ten is computed for many doubles together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from operator import mul
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.format_floats import decimal_digits

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_AT_A_TIME = 1 << 17
"""Numbers whose digits are worked out at a time."""


def exact_products(row: Sequence[Decimal], matrix: Array) -> Iterator[Decimal]:
    """row x matrix, a number for each column, rounded to the context's precision once.

    >>> [str(x.normalize()) for x in exact_products([Decimal("0.1"), Decimal(3)], np.array([[0.3, 5.0], [2.0, 1e-7]]))]
    ['6.03', '0.5000003']
    """
    finite = all(number.is_finite() for number in row)
    exponents = [int(number.as_tuple().exponent) if finite and number else 0 for number in row]
    lowest = min(exponents, default=0)
    whole = [int(number.scaleb(-lowest)) if number else 0 for number in row] if finite else []
    columns = max(1, _AT_A_TIME // max(1, len(row)))
    for start in range(0, matrix.shape[1], columns):
        block = np.ascontiguousarray(matrix[:, start : start + columns].T)
        digits, powers = decimal_digits(block.ravel())
        least = int(powers.min())
        tens = [10**power for power in range(int(powers.max()) - least + 1)]
        for column in range(len(block)):
            part = slice(column * len(row), (column + 1) * len(row))
            if not finite:
                yield sum((x * Decimal(repr(w)) for x, w in zip(row, block[column].tolist(), strict=True)), Decimal(0))
                continue
            scales = map(tens.__getitem__, (powers[part] - least).tolist())
            weights = map(mul, digits[part].tolist(), scales)
            total = sum(map(mul, whole, weights))
            yield +Decimal(total).scaleb(least + lowest)


def exact_windows(
    image: Sequence[Sequence[Decimal]], kernels: Array, held: Sequence[Sequence[tuple[int, int]]]
) -> Iterator[list[Decimal]]:
    """For each kernel, its sum of products with every window, each rounded to the context's precision once.

    `image` is (channels, numbers), `kernels` (maps, channels, entries); `held` names for each window the entries that
    hold a number and where in a channel that stands. All numbers are finite.
    """
    exponents = [int(number.as_tuple().exponent) for channel in image for number in channel if number]
    lowest = min(exponents, default=0)
    numbers = [[int(number.scaleb(-lowest)) if number else 0 for number in channel] for channel in image]
    digits, powers = decimal_digits(kernels.ravel())
    least = int(powers.min())
    scaled = [digit * 10**power for digit, power in zip(digits.tolist(), (powers - least).tolist(), strict=True)]
    entries = kernels.shape[2]
    windows = [[channel[source] for channel in numbers for _, source in window] for window in held]
    width = kernels.shape[1] * entries
    for start in range(0, len(scaled), width):
        kernel = scaled[start : start + width]
        sums = []
        for window, values in zip(held, windows, strict=True):
            met: Iterable[int] = kernel
            if len(window) < entries:
                met = (kernel[channel + entry] for channel in range(0, width, entries) for entry, _ in window)
            sums.append(+Decimal(sum(map(mul, values, met))).scaleb(least + lowest))
        yield sums
