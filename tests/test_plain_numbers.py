"""Plain numbers are read by the thousand, each to the nearest double; what is none is left to others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nnlec.arithmetic.parse_floats import decimals
from nnlec.tables.engines.block_reader import numbers_of, reordered


@pytest.mark.parametrize(
    ("text", "shape", "delimiter", "numbers"),
    [
        (b"1,2\n3,4\n", (2, 2), ",", [[1, 2], [3, 4]]),
        (b"1;2\n3;4\n", (2, 2), ";", [[1, 2], [3, 4]]),
        (b"1\t2\n", (1, 2), "\t", [[1, 2]]),
        (b"1\n2\n3\n", (3, 1), "\n", [[1], [2], [3]]),
        (b" 1, 2 \n3 ,  4\n", (2, 2), ",", [[1, 2], [3, 4]]),
        (b"1,1e400\n", (1, 2), ",", None),
        (b"1,nan\n", (1, 2), ",", None),
        (b"1," * 50 + b"1e400\n", (1, 51), ",", None),
        (b"1," * 50 + b"1e300\n", (1, 51), ",", [[1] * 50 + [1e300]]),
        (b"1, \n", (1, 2), ",", None),
        (b" ,1\n", (1, 2), ",", None),
        (b"1, 2\n ,3\n", (2, 2), ",", None),
        (b"1,2 3\n", (1, 2), ",", None),
        (b"1,2-3\n", (1, 2), ",", None),
        (b"1,x\n", (1, 2), ",", None),
        (b"1,123456789012345678\n", (1, 2), ",", [[1, 1.2345678901234568e17]]),
        (b"1,\t2\n", (1, 2), ",", None),
    ],
)
def test_a_block_of_numbers(
    text: bytes, shape: tuple[int, int], delimiter: str, numbers: list[list[float]] | None
) -> None:
    found = numbers_of(text, *shape, delimiter)
    assert (None if found is None else found.tolist()) == numbers


@pytest.mark.parametrize(
    ("order", "wanted", "row"),
    [([1, 4, 6], (1, 4, 6), [10, 40, 60]), ([1, 4, 6], (6, 1, 4), [60, 10, 40]), ([1, 4], (4, 4, 1), [40, 40, 10])],
)
def test_columns_come_in_the_order_that_is_asked_for(order: list[int], wanted: tuple[int, ...], row: list[int]) -> None:
    numbers = np.array([[10.0 * column for column in order]])
    assert reordered(numbers, order, wanted).tolist() == [row]


def values_of(cells: Sequence[str]) -> list[float] | None:
    """What `decimals` says of these cells beside fifty usual ones."""
    text = (",".join([*cells, *["2"] * 50]) + "\n").encode()
    array = np.frombuffer(text, np.uint8)
    found = decimals(text, np.flatnonzero((array == ord(",")) | (array == ord("\n"))))
    return None if found is None else found.tolist()[: len(cells)]


@pytest.mark.parametrize(
    "cells",
    [
        ["0", "-0", "+0", "0.0", "00", "007"],
        ["1", "-1", "+1", "12345", "-12345"],
        ["0.1", "0.2", "0.3", "-0.1", "+0.7", "1.005"],
        [".5", "-.5", "+.25", "5.", "-5."],
        ["123456789012345", "-123456789012345", "1234567.8901234", "0.0000000000001", ".12345678901234"],
        ["99999999999999.", ".00000000000003", "-99999999.999999"],
        ["1e5", "-2.5E-7"],
        ["1e22", "3"],
        ["-1e-300", "0.5", "-2.25"],
        ["5e-324", "1.7976931348623157e308"],
        ["9.5", "-1e5", "0.75"],
    ],
)
def test_usual_decimals_are_the_nearest_doubles(cells: list[str]) -> None:
    found = values_of(cells)
    assert found is not None
    assert list(map(repr, found)) == [repr(float(cell)) for cell in cells]


@pytest.mark.parametrize(
    "cells",
    [["-"], ["+"], ["."], [""], ["1-2"], ["-1-"], ["--1"], ["+-1"], ["1.2.3"], ["-."], ["1e"], ["e5"], ["1e5e5"],
     ["-", "1-2"], ["1.5.", "2"], ["1e5", "1-2"], ["1e-5", "1-2"], ["-1e5", "2-"], ["1234567890123456"],
     ["0.0000000000000001"], ["1e5"] * 4],
)  # fmt: skip
def test_other_text_is_left_to_others(cells: list[str]) -> None:
    assert values_of(cells) is None


@pytest.mark.parametrize("count", [8191, 8192, 8193, 16385])
def test_many_decimals_of_all_lengths_are_the_nearest_doubles(count: int) -> None:
    rng = np.random.default_rng(count)
    digits, places = rng.integers(0, 10 ** rng.integers(1, 15, count)), rng.integers(0, 13, count)
    cells = [f"{number / 10.0**place:.{place}f}"[:15] for number, place in zip(digits, places, strict=True)]
    assert values_of(cells) == [float(cell) for cell in cells]
