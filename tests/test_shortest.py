"""Numbers written by the thousand are what Python's repr says of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlec.arithmetic.format_floats import lines
from nnlec.tables.engines import engine
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


@pytest.mark.slow
def test_ten_million_numbers_are_written_as_repr_writes_each() -> None:
    for _ in range(100):
        values = RANDOM.integers(0, 2**63 - 1, 100_000).view(np.float64)
        assert lines(values.reshape(-1, 1), ",").decode().split("\n")[:-1] == as_repr(values)
