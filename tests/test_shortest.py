"""Numbers written by the thousand are what Python's repr says of each."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.arithmetic import format_floats
from nnlec.arithmetic.format_floats import decimal_digits, lines, short_exponent
from nnlec.tables.engines import ENGINES, engine
from tests.conftest import examples

MANY = 40_000
RANDOM = np.random.default_rng(20)
TENS = np.array([float(f"1e{power}") for power in range(-323, 309)])
TWOS = np.ldexp(1.0, np.arange(-1074, 1024))


def around(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values and their neighbours."""
    return np.concatenate([values, np.nextafter(values, 0.0), np.nextafter(values, np.inf)])


SETS = {
    "every size of double": RANDOM.integers(0, 2**63 - 1, MANY).view(np.float64),
    "subnormal": RANDOM.integers(0, 2**52, MANY).view(np.float64),
    "probabilities": RANDOM.random(MANY),
    "logits": RANDOM.normal(scale=10.0, size=MANY),
    "short decimals": RANDOM.integers(-(10**6), 10**6, MANY) / 1000.0,
    "15 and 16 digits": RANDOM.integers(10**14, 10**16, MANY) * 10.0 ** RANDOM.integers(-30, 30, MANY),
    "single precision": RANDOM.random(MANY).astype(np.float32).astype(np.float64),
    "whole numbers": RANDOM.integers(0, 2**62, MANY).astype(np.float64),
    "ties": RANDOM.integers(0, 2**54, MANY) * np.ldexp(1.0, -RANDOM.integers(0, 60, MANY)),
    "powers of ten and their neighbours": around(TENS),
    "powers of two and their neighbours": around(TWOS),
    "known to be hard": np.array(
        [9007199254740993.0, 9.5e-3, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 1e23, 8.41e21, 2.0**-44,
         9.999999999999999e22, 4.5035996273704985e15, 0.1, 0.3, 1e16, 123456789012345680.0, 1e-5, 0.0001, 2.5, 0.5]
    ),
    "no numbers": np.array([np.nan, np.inf, -np.inf, 0.0, -0.0]),
}  # fmt: skip


def as_repr(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[str]:
    return [repr(value).replace("e-0", "e-") for value in values.tolist()]


@pytest.mark.parametrize("name", SETS)
def test_many_numbers_are_written_as_repr_writes_each(name: str) -> None:
    values = np.copysign(SETS[name], RANDOM.choice([-1.0, 1.0], len(SETS[name])))
    assert lines(values.reshape(-1, 1), ",").decode().split("\n")[:-1] == as_repr(values)


LEFT = {
    "every size of double": 200,
    "probabilities": 5,
    "logits": 5,
    "short decimals": 5,
    "15 and 16 digits": 800,
    "single precision": 200,
    "whole numbers": 2000,
    "ties": 1200,
    "powers of ten and their neighbours": 100,
}
"""How many at most are left to `repr`, which takes ten times as long."""


@pytest.mark.parametrize("name", LEFT)
def test_few_numbers_take_longer_and_none_brings_a_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(np.ones((1, 1)), ",")
    left: list[str] = []

    def noted(text: str) -> str:
        left.append(text)
        return short_exponent(text)

    monkeypatch.setattr(format_floats, "short_exponent", noted)
    with np.errstate(all="raise"):
        lines(SETS[name].reshape(-1, 1), ",")
    assert len(left) <= LEFT[name]


@pytest.mark.parametrize("name", SETS)
def test_digits_and_power_of_ten_are_those_of_repr(name: str) -> None:
    values = SETS[name][np.isfinite(SETS[name])]
    values = np.copysign(np.concatenate([values[:: len(values) // 300 + 1], [-0.5, 1e23, 5e-324]]), -1.0)
    for sign in (-1.0, 1.0):
        digits, powers = decimal_digits(sign * values)
        found = [Decimal(digit).scaleb(power) for digit, power in zip(digits.tolist(), powers.tolist(), strict=True)]
        assert found == [Decimal(repr(value)) for value in (sign * values).tolist()]
        assert int(np.abs(digits).max()) < 10**17


def test_digits_of_more_numbers_than_are_worked_out_at_a_time() -> None:
    values = RANDOM.normal(size=20_000)
    digits, powers = decimal_digits(values)
    assert [float(f"{digit}e{power}") for digit, power in zip(digits, powers, strict=True)] == values.tolist()


@pytest.mark.parametrize("columns", [1, 3, 8191, 8192, 8193, 20_000])
def test_a_table_of_any_width_is_written(columns: int) -> None:
    table = np.arange(1.0, 20_000 // columns * columns + 1).reshape(-1, columns)
    assert lines(table, ";").decode() == "".join(";".join(as_repr(row)) + "\n" for row in table)


@examples(300)
@given(st.lists(st.floats(), min_size=1, max_size=30), st.integers(1, 5), st.sampled_from(",;\t|"))
def test_rows_and_delimiters_stand_where_they_belong(values: list[float], columns: int, delimiter: str) -> None:
    row = np.resize(np.array(values), (len(values), columns))
    expected = "".join(delimiter.join(as_repr(line)) + "\n" for line in row)
    assert lines(row, delimiter).decode() == expected


def test_short_and_long_tables_are_spelt_alike() -> None:
    table = np.tile(np.concatenate([SETS["logits"][:50], SETS["no numbers"], TENS]), 40).reshape(-1, 2)
    stream = engine("stream")
    by_rows = b"".join(stream.number_lines(table[start : start + 7], ",") for start in range(0, len(table), 7))
    assert stream.number_lines(table, ",") == by_rows


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("shape", [(1, 6), (2, 3), (3, 3), (3, 2), (6, 1), (1, 1001), (40, 5)])
@pytest.mark.parametrize("small", [0, 1, 1000])
def test_every_engine_writes_tables_of_any_shape(name: str, shape: tuple[int, int], small: int) -> None:
    pytest.importorskip("polars" if name == "polars" else "numpy")
    values = RANDOM.normal(size=shape).round(3) + 10.0
    few = [
        1e-5,
        -1e-5,
        9.9e-5,
        -0.00003,
        1.234e-5,
        1e-4,
        10.00001,
        1e-6,
        0.0,
        -0.0,
        np.nan,
        np.inf,
        -np.inf,
        100000.00001,
    ]
    values.flat[: small * len(few)] = np.resize(few, min(small * len(few), values.size))
    expected = "".join(";".join(as_repr(row)) + "\n" for row in values)
    assert engine(name).number_lines(values, ";").decode() == expected


@pytest.mark.slow
def test_ten_million_numbers_are_written_as_repr_writes_each() -> None:
    for _ in range(100):
        values = RANDOM.integers(0, 2**63 - 1, 100_000).view(np.float64)
        assert lines(values.reshape(-1, 1), ",").decode().split("\n")[:-1] == as_repr(values)


@pytest.mark.parametrize("name", ["stream", "polars"])
@pytest.mark.parametrize("numbers", [
    [1e-5], [9.999999999999999e-6], [1e-4], [9.999999999999999e-5], [-1e-5], [-0.000012, 3e-5],
    [1.00001, 2e-5, 10.00001], [0.00001, 100000.00001, 1e22, 1e-7, -0.0, 1e16, 123456.0],
    [float("nan"), 5e-5, float("-inf")], [2e-5]* 9, [1.0],
])  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_small_numbers_beside_others_are_written_as_repr_writes_each(
    name: str, numbers: list[float], delimiter: str
) -> None:
    rows = np.array([[0.5] * len(numbers), numbers, [10.00001] * len(numbers)] + [[1.5] * len(numbers)] * 10)
    expected = "".join(delimiter.join(as_repr(line)) + "\n" for line in rows)
    assert engine(name).number_lines(rows, delimiter).decode() == expected
    assert engine(name).number_lines(rows.T.copy(), delimiter).decode().split() == "\n".join(
        delimiter.join(as_repr(line)) for line in rows.T
    ).split()  # fmt: skip


@pytest.mark.parametrize("name", ["stream", "polars"])
def test_no_rows_and_no_columns_are_written_as_so_many_lines(name: str) -> None:
    assert engine(name).number_lines(np.empty((0, 2)), ",") == b""
    assert engine(name).number_lines(np.empty((3, 0)), ",") == b"\n\n\n"
    wide = np.arange(2004.0).reshape(2, 1002)
    assert engine(name).number_lines(wide, ";").decode().count(";") == 2002
