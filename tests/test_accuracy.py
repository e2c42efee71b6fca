"""The promised accuracy, in units in the last place against 420-bit arithmetic; `make accuracy` prints the table."""

from __future__ import annotations

import pytest

from nnlec.activations.gelu import COEFFICIENTS
from tests.accuracy.fit_gelu import coefficients
from tests.accuracy.ulp import CASES, Pointwise, Rowwise


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_value_is_further_from_the_truth_than_promised(case: Pointwise | Rowwise) -> None:
    error, where = case.worst()
    assert error <= case.bound, f"{error} ULP {where}"


def test_the_coefficients_of_gelu_are_those_of_the_fit() -> None:
    assert list(COEFFICIENTS) == coefficients()
