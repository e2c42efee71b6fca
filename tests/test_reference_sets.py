"""The reference values that numpy and scipy ship for their own tests, where one of our functions is theirs."""

from __future__ import annotations

import csv
import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import mpmath
import numpy as np
import pytest
import scipy.special

from nnlec.arithmetic.decimal_functions import DIGITS, expm1, log1p, normal_below
from nnlec.network.activations import activation
from nnlec.network.losses import loss

NUMPY = Path(np.__file__).parent / "_core" / "tests" / "data"
BOOST = Path(scipy.special.__file__).parent / "tests" / "data" / "boost.npz"


def validation_set(name: str, width: str) -> Iterator[tuple[float, float]]:
    """(input, output) of numpy's set for one function in float32 or float64; nan and infinities are left to others."""
    path = NUMPY / f"umath-validation-set-{name}.csv"
    if not path.exists():
        pytest.skip(f"this numpy comes without {path.name}")
    with path.open(newline="") as lines:
        for row in csv.reader(line for line in lines if line.startswith("np.")):
            if row[0] == f"np.{width}":
                x, y = (_number(text, width) for text in row[1:3])
                if np.isfinite(x) and np.isfinite(y):
                    yield x, y


def _number(text: str, width: str) -> float:
    code, size = ("f", 4) if width == "float32" else ("d", 8)
    return float(struct.unpack(f"<{code}", int(text, 16).to_bytes(size, "little"))[0])


def minus_logarithm(p: float) -> float:
    return float(loss("cross-entropy").value(np.array([[p]]), np.ones((1, 1)), given_probabilities=True)[0])


def at(name: str) -> Callable[[float], float]:
    return lambda x: float(activation(name)(np.array([[x]]))[0, 0])


OURS: dict[str, tuple[Callable[[float], float], Callable[[float], bool], float]] = {
    "exp": (at("exponential"), lambda _: True, 1),
    "tanh": (at("tanh"), lambda _: True, 1),
    "expm1": (at("elu"), lambda x: x <= 0, 1),
    "log": (minus_logarithm, lambda x: 0 < x <= 1, -1),
}
"""numpy's function: ours, where they are the same, and the factor between them."""


@pytest.mark.parametrize("name", OURS)
def test_doubles_are_within_a_last_place_of_numpys_set(name: str) -> None:
    function, shared, sign = OURS[name]
    pairs = [(x, y) for x, y in validation_set(name, "float64") if shared(x)]
    for x, y in pairs:
        assert abs(sign * function(x) - y) <= np.spacing(abs(y)), x
    assert len(pairs) > 50


@pytest.mark.parametrize("name", OURS)
def test_float32_results_are_the_nearest_ones_of_numpys_set(name: str) -> None:
    """As a float32 network computes them: in doubles, rounded once. Where the set differs, ours is the nearer one."""
    function, shared, sign = OURS[name]
    pairs = [(x, y) for x, y in validation_set(name, "float32") if shared(x)]
    assert len(pairs) > 20
    for x, y in pairs:
        rounded = float(np.float32(sign * function(x)))
        if rounded != y:
            with mpmath.workdps(60):
                true = getattr(mpmath, name)(mpmath.mpf(x))
                assert abs(rounded - true) < abs(y - true), x


def test_decimal_functions_agree_with_boosts_tables() -> None:
    tables = np.load(BOOST)
    root = DIGITS.sqrt(Decimal(2))
    for name in ("erf_data", "erf_large_data", "erf_small_data"):
        for x, _, erfc in tables[f"{name}_ipp-{name}"].tolist():
            share = normal_below(DIGITS.multiply(-Decimal(x), root))
            assert float(2 * share) == pytest.approx(erfc, rel=4e-16, abs=0), x
    for x, log, exponential in tables["log1p_expm1_data_ipp-log1p_expm1_data"].tolist():
        assert float(log1p(Decimal(x))) == pytest.approx(log, rel=4e-16, abs=0), x
        assert float(expm1(Decimal(x))) == pytest.approx(exponential, rel=4e-16, abs=0), x
