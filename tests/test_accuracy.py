"""The promised accuracy, in units in the last place against 420-bit arithmetic; `make accuracy` prints the table."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from nnlec.network.activations import activation
from nnlec.network.activations.gelu import COEFFICIENTS
from nnlec.network.layers import Dense
from nnlec.network.network import Network
from tests.accuracy.fit_gelu import coefficients
from tests.accuracy.rivals import scipy_functions
from tests.accuracy.table import row
from tests.accuracy.ulp import CASES, PRECISION, Pointwise, Rowwise
from tests.transcripts import TOP

GUIDE = TOP / "nnlec" / "guide" / "numbers.md"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_value_is_further_from_the_truth_than_promised(case: Pointwise | Rowwise) -> None:
    error, where = case.worst()
    assert error <= case.bound, f"{error} ULP {where}"


def test_the_coefficients_of_gelu_are_those_of_the_fit() -> None:
    assert list(COEFFICIENTS) == coefficients()


def test_a_float32_network_is_rounded_once() -> None:
    """Each result is within 0.5001 last places of float32 of the true one."""
    random = np.random.default_rng(3)
    weights, bias = random.normal(size=(6, 4)).astype(np.float32), random.normal(size=4).astype(np.float32)
    layer = Dense(weights.astype(np.float64), bias.astype(np.float64), activation("sigmoid"), "last")
    rows = random.normal(size=(50, 6)).astype(np.float32).astype(np.float64)
    outputs = Network((layer,), dtype="float32").forward(rows)
    assert (outputs.astype(np.float32) == outputs).all()
    with mpmath.workprec(PRECISION):
        for row, output in zip(rows, outputs, strict=True):
            for column, shift, value in zip(weights.T.tolist(), bias.tolist(), output.tolist(), strict=True):
                true = 1 / (1 + mpmath.exp(-mpmath.fdot(row.tolist(), column) - shift))
                assert abs(value - true) <= 0.5001 * float(np.spacing(np.float32(value)))


def test_the_table_of_make_accuracy_compares_with_what_is_installed() -> None:
    table = {case.name: case for case in CASES}
    functions = {"numpy/scipy": scipy_functions()}
    name, ours, bound, scipys, *_ = row(table["softmax"], functions)
    assert name == "softmax"
    assert float(ours) <= float(bound) < float(scipys)


def test_the_guide_promises_what_is_tested() -> None:
    bounds = {case.name: case.bound for case in CASES}
    table = GUIDE.read_text(encoding="utf-8").partition("| function | at most |")[2].partition("\n\n")[0]
    promised = {cells[1].strip(): float(cells[2]) for cells in (line.split("|") for line in table.splitlines()[2:])}
    assert len(promised) == 10
    assert promised == {name: bounds[name] for name in promised}
