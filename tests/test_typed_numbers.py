"""Numbers as people write them are read, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlec.arithmetic.numbers import NumeralError, parse_number
from nnlec.grading.reading import sheet_figures
from nnlec.notation.typed_numbers import are_numbers, number


def test_what_the_guide_says_about_figures_is_true() -> None:
    page = Path("nnlec/guide/checking.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.split("|")[1:3]] for line in page.splitlines() if line.startswith("| `")]
    checked = 0
    for forms, meant in lines:
        values = meant.split(", ")
        for position, form in enumerate(re.findall("`([^`]+)`", forms)):
            if meant and "=" not in form.partition(", ")[2]:
                found = number(form)
                assert found is not None
                assert found.value == Decimal(values[min(position, len(values) - 1)]), form
                checked += 1
    assert checked > 15


WRITTEN = st.text(
    st.sampled_from("0123456789.,-+%/ e*^x10()[]{}=~?;|\n\t'°€½⁻²abkhn:\\\u2212\u00a0\u2028\x00"), max_size=60
)


@given(WRITTEN, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
@example("5" + "%" * 3000, 1)
@example("€" * 2000 + "5", 1)
@example("1(" + "a" * 100_000, 2)
@example("1 " * 50_000, 3)
@example("h1=" * 10_000, 2)
@example("0." + "0" * 2400 + "1", 1)
@example("1e999999999999999999999", 1)
def test_whatever_is_written_is_a_number_or_is_not(text: str, count: int) -> None:
    read = sheet_figures(text, [f"h{unit}" for unit in range(count)])
    assert len(read) == count
    assert all(figure.value is None or figure.value.is_finite() for figure in read)
    are_numbers(text)


NUMBERS = st.decimals(-10_000, 10_000, places=3)
SPELLED: list[Callable[[Decimal], str]] = [
    "{:f}".format,
    lambda n: f"{n:f}".replace(".", ","),
    lambda n: f"{n:f}".replace("-", "\u2212"),
    lambda n: f"~ {n}",
    lambda n: f"h1 = {n}",
    lambda n: f"{n * 100:f} %",
    lambda n: f"{n.scaleb(5):f} * 10^-5",
    lambda n: f"{n.scaleb(-2):f}·10²",
    lambda n: f"{n:,}",
    lambda n: f"{n:,}".replace(",", "'"),
    lambda n: f"[{n}]^T",
    lambda n: f"{n} m/s",
    lambda n: f'="{n}"',
]


@given(NUMBERS, st.sampled_from(SPELLED))
@settings(max_examples=60, deadline=None)
def test_a_number_is_read_however_it_is_spelled(value: Decimal, spell: Callable[[Decimal], str]) -> None:
    found = number(spell(value))
    assert found is not None
    assert found.value == value


SEPARATORS = st.sampled_from(["; ", "\n", ";", " ", " , ", "\t", " | ", "|"])


@given(
    st.lists(NUMBERS, min_size=2, max_size=5),
    st.sampled_from(SPELLED[:4]),
    SEPARATORS,
)
@settings(max_examples=60, deadline=None)
def test_a_row_is_read_however_it_is_separated(
    values: list[Decimal], spell: Callable[[Decimal], str], separator: str
) -> None:
    text = (separator).join(map(spell, values))
    read = sheet_figures(text, [f"h{unit}" for unit in range(len(values))])
    assert [figure.value for figure in read] == values


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1" * 39 + "x", "'" + "1" * 39 + "x' is not a number"),
        ("1" * 40 + "x", "'" + "1" * 25 + "'... (41 characters) is not a number"),
        ("1" * 400, "'" + "1" * 25 + "'... (400 characters) is beyond the largest double, 1.797e308"),
    ],
)
def test_a_long_text_that_is_no_number_is_shortened(text: str, shown: str) -> None:
    with pytest.raises(NumeralError) as error:
        parse_number(text)
    assert str(error.value) == shown


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "it is empty"),
        (" \t", "it is empty"),
        ("\u22125", "write the minus sign as '-'"),
        ("1,234,567.5", "write it without thousands separators"),
        ("12,5", "write the decimal comma as a point"),
        ("1_000", "write it without underscores"),
        ("0x1F", "write it in decimal"),
        ("-Infinity", "only finite numbers are taken"),
        (".nan", "only finite numbers are taken"),
        ("1.5e", "the exponent is missing"),
        ("1.5d3", "write the exponent with 'e'"),
        ("- 5", "no blank between sign and digits"),
        ("1 234 567", "write it without thousands separators"),
        ("1.5 2.5", "is a separator missing between two numbers?"),
        ("50 %", "write a percentage as a fraction, 0.5 for 50 %"),
        ("1/2", "write a fraction as a decimal number"),
        ('"5"', "write it without quotes"),
        ("\uff15", "write it with the ASCII characters 0-9 . + - e"),
        ("cat", ""),
        ("1" * 199 + "_", "write it without underscores"),
        ("1" * 200 + "_", ""),
    ],
)
def test_what_was_most_likely_meant(text: str, hint: str) -> None:
    with pytest.raises(NumeralError) as error:
        parse_number(text)
    assert error.value.hint == hint
