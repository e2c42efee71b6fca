"""Sums and products that lose nothing, against fractions: any order, any size of number, any parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from nnlec.arithmetic import exact_products as products
from nnlec.arithmetic.compensated import (
    SHORT,
    extract,
    finite,
    halves,
    plain_row_sum,
    row_max,
    row_sum,
    two_product,
    two_sum,
)
from nnlec.arithmetic.exact_products import exact_products, exact_windows
from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.arithmetic.tally import Tally

Array = NDArray[np.float64]
inf, nan = math.inf, math.nan
RANDOM = np.random.default_rng(8)


def wide(count: int) -> Array:
    """Numbers of both signs from 1e-300 to 1e300."""
    return np.asarray(RANDOM.normal(size=count) * 10.0 ** RANDOM.integers(-300, 300, count))


SETS: dict[str, Array] = {
    "a few": np.array([0.1, 0.2, -0.3]),
    "one": np.array([-2.5]),
    "alike": np.full(7, 0.1),
    "zeros": np.array([0.0, -0.0, 0.0]),
    "usual": RANDOM.normal(size=999),
    "of any size": wide(500),
    "more than are added at a time": RANDOM.normal(size=9000) * 10.0 ** RANDOM.integers(-15, 15, 9000),
    "next to nothing": np.array([5e-324, -1.5e-323, 1e-310, 2.0**-1022]),
    "from the smallest to the largest": np.array([5e-324, 1.7e308, 1.0, -1.6e308]),
    "just below and above 2^1000": np.array([2.0**999, 2.0**1000, -(2.0**1001), 1.0, 3.0**-200]),
    "that cancel": np.array([1e300, 1.0, -1e300]),
    "beyond the largest": np.array([1.7e308, 1.6e308, 1e292]),
    "far below": np.array([-1.7e308, -1.6e308, 5.0]),
}


def true(numbers: Array) -> Fraction:
    return sum(map(Fraction, numbers.tolist()), Fraction(0))


def nearest(number: Fraction) -> float:
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return inf if number > 0 else -inf


@pytest.mark.parametrize("name", SETS)
def test_a_sum_and_a_mean_are_the_nearest_doubles(name: str) -> None:
    numbers = SETS[name]
    found = ExactSum.of(numbers)
    assert (found.count, found.exact) == (numbers.size, true(numbers))
    assert found.total() == nearest(true(numbers))
    assert found.mean() == nearest(true(numbers) / numbers.size)
    assert found.over(ExactSum.of(np.array([0.1, 0.2]))) == nearest(true(numbers) / (Fraction(0.1) + Fraction(0.2)))
    cut = numbers.size // 3
    parts = ExactSum.of(numbers[cut:]).merge(ExactSum.of(numbers[:cut]))
    assert (parts.count, parts.exact) == (found.count, found.exact)
    assert ExactSum.of(numbers.reshape(1, -1, 1)).exact == found.exact


@pytest.mark.parametrize(
    ("numbers", "total"), [([inf, 1.0], inf), ([-inf, -inf, 2.0], -inf), ([inf, -inf], nan), ([nan, 1.0], nan)]
)
@pytest.mark.filterwarnings("error")
def test_a_sum_with_what_is_not_finite(numbers: list[float], total: float) -> None:
    for found in (
        ExactSum.of(np.array(numbers)),
        ExactSum.of(np.array(numbers[:1])).merge(ExactSum.of(np.array(numbers[1:]))),
    ):
        assert found.exact is None
        assert found.count == len(numbers)
        assert repr([found.total(), found.mean(), found.over(ExactSum.of(np.array([2.0])))]) == repr([total] * 3)


def test_sums_of_nothing() -> None:
    nothing, something = ExactSum(), ExactSum.of(np.array([2.0]))
    nothing.add(np.empty(0))
    assert (nothing.count, nothing.exact, nothing.total()) == (0, Fraction(0), 0.0)
    assert all(map(math.isnan, (nothing.mean(), nothing.over(something), something.over(nothing))))


@pytest.mark.parametrize("name", SETS)
def test_weights_are_added_in_their_groups(name: str) -> None:
    weights = SETS[name]
    groups = np.arange(weights.size) * 7 % 5
    expected = [true(weights[groups == group]) for group in range(6)]
    assert Tally.of(groups, 6, weights).values == expected
    cut = weights.size // 2
    left, right = Tally.of(groups[:cut], 6, weights[:cut]), Tally.of(groups[cut:], 6, weights[cut:])
    assert left.merge(right).values == right.merge(left).values == expected


def test_rows_are_counted_in_their_groups() -> None:
    left, right = Tally.of(np.array([0, 2, 2]), 4), Tally.of(np.array([2, 1]), 4)
    assert (left.values, right.values) == ([1, 0, 2, 0], [0, 1, 1, 0])
    assert left.merge(right).values == [1, 1, 3, 0]
    assert all(type(number) is int for number in left.values)


# Pairs of doubles


def test_a_sum_and_its_rest_are_the_sum() -> None:
    a, b = wide(3000), wide(3000)
    b[:1000] = a[:1000] * RANDOM.normal(size=1000)
    total, rest = two_sum(a, b)
    assert (total == a + b).all()
    for x, y, high, low in zip(a.tolist(), b.tolist(), total.tolist(), rest.tolist(), strict=True):
        assert Fraction(x) + Fraction(y) == Fraction(high) + Fraction(low)
    assert two_sum(np.array([1.0]), 2.0**-60) == (np.array([1.0]), np.array([2.0**-60]))


def test_a_product_and_its_rest_are_the_product() -> None:
    a, b = RANDOM.normal(size=(2, 2000)) * 10.0 ** RANDOM.integers(-60, 60, size=(2, 2000))
    product, rest = two_product(a, b)
    assert (product == a * b).all()
    for x, y, high, low in zip(a.tolist(), b.tolist(), product.tolist(), rest.tolist(), strict=True):
        assert Fraction(x) * Fraction(y) == Fraction(high) + Fraction(low)


def test_halves_have_26_bits() -> None:
    numbers = wide(2000)
    high, low = halves(numbers)
    assert (high + low == numbers).all()
    for part in (high, low):
        fractions = np.abs(np.frexp(part)[0]) * 2.0**26
        assert (fractions == np.floor(fractions)).all()


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 8192])
def test_high_parts_add_up_exactly_in_any_order(count: int) -> None:
    numbers = RANDOM.uniform(-1, 1, count) * 2.0**10
    high, low = extract(numbers, 10, count)
    assert (high + low == numbers).all()
    assert Fraction(float(high.sum())) == true(high) == Fraction(float(high[::-1].cumsum()[-1]))
    assert np.abs(low).max() <= 2.0 ** (10 + count.bit_length() - 53)


WIDTHS = [1, 2, 3, SHORT - 1, SHORT, SHORT + 1, 300]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_has_the_same_sum_in_any_batch(width: int) -> None:
    rows = RANDOM.normal(size=(9, width)) * 10.0 ** RANDOM.integers(-9, 9, size=(9, width))
    sums = plain_row_sum(rows)
    assert sums.shape == (9, 1)
    assert sums[:, 0].tolist() == pytest.approx([math.fsum(row) for row in rows.tolist()], rel=1e-9)
    for start, stop in ((0, 1), (4, 5), (3, 9)):
        assert plain_row_sum(rows[start:stop].copy()).tobytes() == sums[start:stop].tobytes()
    if width <= SHORT:
        assert sums[:, 0].tolist() == [sum(row) for row in rows.tolist()]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_row_is_added_up_to_twice_the_digits(width: int) -> None:
    rows = RANDOM.normal(size=(9, width)) * 10.0 ** RANDOM.integers(-9, 9, size=(9, width))
    rows[:, -1] -= rows.sum(axis=1)
    small = rows * 2.0**-60
    exponent = np.frexp(np.abs(rows).max(axis=1, keepdims=True))[1]
    total, rest = row_sum(rows, exponent, small)
    assert total.shape == rest.shape == (9, 1)
    for row, little, high, low in zip(rows, small, total[:, 0].tolist(), rest[:, 0].tolist(), strict=True):
        error = Fraction(high) + Fraction(low) - true(row) - true(little)
        assert abs(error) <= Fraction(float(np.abs(row).max())) * width * Fraction(2) ** -90
        assert high + low == high
    alone, without = row_sum(rows, exponent)
    assert np.abs((alone - total) + (without - rest) + plain_row_sum(small)).max() <= np.abs(small).max() * 2.0**-30


@pytest.mark.parametrize("width", WIDTHS)
def test_the_largest_of_each_row(width: int) -> None:
    rows = RANDOM.normal(size=(5, width))
    rows[3, width // 2] = nan
    found = row_max(rows)
    assert found.shape == (5, 1)
    assert found[[0, 1, 2, 4], 0].tolist() == [max(row) for row in rows[[0, 1, 2, 4]].tolist()]
    assert math.isnan(found[3, 0])


def test_there_is_no_rest_of_what_is_not_finite() -> None:
    assert finite(np.array([1.5, nan, inf, -inf, -0.25])).tolist() == [1.5, 0.0, 0.0, 0.0, -0.25]


# Decimals times doubles


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def product(row: Sequence[Decimal], column: Sequence[float]) -> Fraction:
    return sum((Fraction(x) * Fraction(repr(w)) for x, w in zip(row, column, strict=True)), Fraction(0))


ROWS = {
    "usual": decimals("0.1", "-2.5", "3"),
    "of many digits": decimals("0." + "3" * 50, "-1", "1e-40"),
    "whole and large": decimals("1e30", "12e5", "-7"),
    "zeros": decimals("0", "-0.0", "0e-500"),
    "a zero far from the others": decimals("0e-5000", "1.5", "0e5000"),
}


@pytest.mark.parametrize("at_a_time", [1 << 17, 6, 1])
@pytest.mark.parametrize("name", ROWS)
def test_a_row_times_a_matrix(name: str, at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_AT_A_TIME", at_a_time)
    row = ROWS[name]
    matrix = np.array([[0.3, 5.0, 1e-7, 0.0, 1e22], [2.0, -0.1, 1e300, 0.0, 5e-324], [1.0, 0.7, -1.5, -0.0, 1e-9]])
    with localcontext(prec=2000):
        assert [Fraction(x) for x in exact_products(row, matrix)] == [
            product(row, column) for column in matrix.T.tolist()
        ]
    with localcontext(prec=5):
        rounded = list(exact_products(row, matrix))
        assert rounded == [+x for x in rounded]
        for x, column in zip(rounded, matrix.T.tolist(), strict=True):
            assert abs(Fraction(x) - product(row, column)) <= abs(product(row, column)) / 20_000


@pytest.mark.parametrize(
    ("row", "results"),
    [
        (decimals("Infinity", "2"), ["Infinity", "-Infinity", "NaN"]),
        (decimals("NaN", "2"), ["NaN", "NaN", "NaN"]),
        (decimals("1.5", "Infinity"), ["Infinity", "Infinity", "Infinity"]),
    ],
)
def test_a_row_with_what_is_not_finite(row: list[Decimal], results: list[str]) -> None:
    with localcontext(Context(traps=[])):
        assert [str(x) for x in exact_products(row, np.array([[1.0, -0.5, 0.0], [2.0, 2.0, 2.0]]))] == results


def test_windows_of_several_channels() -> None:
    image = [decimals("0.1", "0", "-3", "1e3"), decimals("2.5", "0e-99", "7", "-0.2")]
    kernels = np.array([[[0.5, 1e-7, -2.0], [1.0, 0.25, 3.0]], [[0.0, 1e22, 0.1], [-1.5, 2.0, 1.0]]])
    held = [[(0, 0), (1, 1), (2, 2)], [(1, 3), (2, 0)], [], [(0, 2)]]
    expected = [
        [
            sum(
                (
                    Fraction(image[channel][source]) * Fraction(repr(float(kernel[channel, entry])))
                    for channel in range(2)
                    for entry, source in window
                ),
                Fraction(0),
            )
            for window in held
        ]
        for kernel in kernels
    ]
    with localcontext(prec=200):
        assert [[Fraction(x) for x in sums] for sums in exact_windows(image, kernels, held)] == expected
