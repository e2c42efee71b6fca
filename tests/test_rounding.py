"""How a number is shown: half away from zero, significant figures, and where scientific notation begins."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nnlec.arithmetic.rounding import Rounding, in_full


@pytest.mark.parametrize(
    ("number", "significant", "shown"),
    [
        ("9.99", 2, "10"),
        ("-9.99", 2, "-10"),
        ("0.0999", 2, "0.10"),
        ("99.95", 3, "100"),
        ("9.94", 2, "9.9"),
        ("12345", 3, "12300"),
        ("0.00012345", 3, "0.000123"),
        ("0.0000012345", 4, "0.000001235"),
        ("0.00000012345", 3, "0.000000123"),
        ("0.000000012345", 3, "1.23e-8"),
        ("1e-300", 3, "1e-300"),
    ],
)
def test_significant_figures(number: str, significant: int, shown: str) -> None:
    assert Rounding(significant=significant).text(Decimal(number)) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0E-300", "0"),
        ("-0E-300", "0"),
        ("-0.00001", "-1e-5"),
        ("0.00005", "0.0001"),
        ("123456789012345.6", "123456789012345.6"),
        ("100000000000000", "100000000000000"),
        ("999999999999999", "999999999999999"),
        ("1000000000000000", "1e15"),
        ("-1234567890123456", "-1.2346e15"),
        ("6.59223e4342944", "6.5922e4342944"),
        ("-6.59223e-4342944", "-6.592e-4342944"),
        ("Infinity", "inf"),
        ("-Infinity", "-inf"),
        ("NaN", "nan"),
    ],
)
def test_four_decimals(number: str, shown: str) -> None:
    assert Rounding().text(Decimal(number)) == shown


@pytest.mark.parametrize(
    ("number", "decimals", "shown"),
    [
        ("0.25", 1, "0.3"),
        ("-0.25", 1, "-0.3"),
        ("-0.04", 1, "0.0"),
        ("0E-300", 2, "0.00"),
        ("2.5", 0, "3"),
        ("9.995", 2, "10.00"),
    ],
)
def test_fixed_decimals(number: str, decimals: int, shown: str) -> None:
    assert Rounding(decimals, fixed=True).text(Decimal(number)) == shown


def test_a_zero_carries_no_decimals_on() -> None:
    assert Rounding().value(Decimal("0E-300")).as_tuple().exponent == 0


def test_a_whole_number_of_thousands_is_written_out_in_full() -> None:
    assert [in_full(Decimal(text)) for text in ("1.20e3", "-0.0", "1e15", "12e-31")] == ["1200", "0", "1e15", "1.2e-30"]


@pytest.mark.parametrize(
    ("decimals", "numbers", "shown"),
    [
        (4, "0.00123 3.664e-7 0 -Infinity NaN", "1.230e-3 3.664e-7 0 -inf nan"),
        (2, "0.25 -0.000044 3e20", "2.5e-1 -4.4e-5 3.0e20"),
        (1, "0.25 0.000044", "3e-1 4e-5"),
        (0, "1.5 0.044 -2.5", "2e0 4e-2 -3e0"),
        (1, "0.25 12.04 0", "0.3 12.0 0.0"),
    ],
)
def test_a_matrix_with_a_number_in_scientific_notation_has_all_of_them_so(
    decimals: int, numbers: str, shown: str
) -> None:
    matrix = [Decimal(number) for number in numbers.split()]
    assert Rounding(decimals).alike(matrix).texts(matrix) == shown.split()


@pytest.mark.parametrize(
    ("decimals", "number", "shown"),
    [(1, "0.044", "4e-2"), (0, "0.044", "4e-2"), (2, "0.0044", "4.4e-3"), (0, "2.5", "3"), (1, "-0.05", "-0.1")],
)
def test_a_number_too_small_for_its_decimals_has_as_many_figures(decimals: int, number: str, shown: str) -> None:
    assert Rounding(decimals).text(Decimal(number)) == shown


def test_a_decimal_that_ends_within_30_places_is_shown_in_full_beside_others() -> None:
    third = Decimal("0." + "3" * 40)
    ends, goes_on = "0." + "0" * 29 + "1", "0." + "1" * 31
    assert Rounding(ending=True).texts([Decimal(ends), third]) == [ends, "0.3333" + "0" * 26]
    assert Rounding(ending=True).texts([Decimal(goes_on), third]) == ["0.1111", "0.3333"]
    assert Rounding(significant=3, ending=True).text(Decimal("0.123456")) == "0.123456"
