"""Every activation of the registry: its own example, its limits, the same bits everywhere, the same in decimals."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal, localcontext
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlec import sigmoid, softmax
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import ACTIVATIONS, ActivationKind, activation
from tests.accuracy.ulp import CASES, Pointwise
from tests.conftest import examples

ROWS = pytest.mark.parametrize("kind", ACTIVATIONS.values(), ids=list(ACTIVATIONS))


@ROWS
def test_each_row_gives_its_own_hand_computed_example(kind: ActivationKind) -> None:
    inputs, expected = kind.example
    assert activation(kind.name)(np.array([inputs]))[0] == pytest.approx(expected, rel=1e-15, abs=0)


@ROWS
def test_each_row_gives_its_example_in_decimal_numbers(kind: ActivationKind) -> None:
    inputs, expected = kind.example
    exact = activation(kind.name).exact([decimal_of(x) for x in inputs])
    assert [float(y) for y in exact] == list(expected)


LIMITS: dict[str, tuple[float, float]] = {
    "identity": (-math.inf, math.inf),
    "step": (0, 1),
    "sign": (-1, 1),
    "relu": (0, math.inf),
    "leaky_relu": (-math.inf, math.inf),
    "prelu": (-math.inf, math.inf),
    "hard_sigmoid": (0, 1),
    "hard_swish": (0, math.inf),
    "hard_tanh": (-1, 1),
    "thresholded_relu": (0, math.inf),
    "shrink": (-math.inf, math.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "elu": (-1, math.inf),
    "selu": (-1.6732632423543772 * 1.0507009873554805, math.inf),
    "celu": (-1, math.inf),
    "silu": (0, math.inf),
    "mish": (0, math.inf),
    "softplus": (0, math.inf),
    "softsign": (-1, 1),
    "exponential": (0, math.inf),
    "gelu": (0, math.inf),
    "gelu_tanh": (0, math.inf),
}


def test_every_function_of_one_number_has_its_limits_below() -> None:
    assert set(LIMITS) == {kind.name for kind in ACTIVATIONS.values() if kind.pointwise}


@pytest.mark.parametrize("name", LIMITS)
def test_at_the_infinities_stands_the_limit_and_nan_stays_nan(name: str) -> None:
    values = activation(name)(np.array([[-math.inf, math.inf, math.nan]]))[0]
    assert values[:2].tolist() == list(LIMITS[name])
    assert math.isnan(values[2])


@pytest.mark.parametrize("name", ["silu", "gelu", "gelu_tanh", "mish", "hard_swish"])
def test_what_comes_from_below_zero_ends_at_minus_zero(name: str) -> None:
    assert math.copysign(1.0, activation(name)(np.array([[-math.inf]]))[0, 0]) == -1.0


def test_a_slope_of_zero_is_zero_at_minus_infinity_too() -> None:
    for name in ("leaky_relu", "prelu"):
        assert activation(name, {"alpha": 0.0})(np.array([[-math.inf, -1.0, 2.0]])).tolist() == [[0.0, 0.0, 2.0]]


def test_one_infinite_score_takes_all_and_two_have_no_limit() -> None:
    inf = math.inf
    assert activation("softmax")(np.array([[1.0, inf, -inf, 1e300]])).tolist() == [[0, 1, 0, 0]]
    assert activation("log_softmax")(np.array([[1.0, inf]])).tolist() == [[-inf, 0]]
    assert activation("softmax")(np.array([[0.0, -inf, 0.0]])).tolist() == [[0.5, 0, 0.5]]
    assert np.isnan(activation("softmax")(np.array([[inf, inf]]))).all()


def test_prelu_has_a_slope_for_each_unit() -> None:
    prelu = activation("prelu", {"alpha": (0.5, 2.0)})
    assert prelu(np.array([[-1.0, -1.0], [3.0, -2.0]])).tolist() == [[-0.5, -2.0], [3.0, -4.0]]
    assert prelu.exact([Decimal(-1), Decimal(-1)]) == [Decimal("-0.5"), Decimal("-2.0")]
    assert prelu.at_unit(1).exact([Decimal(-1)]) == [Decimal("-2.0")]
    with pytest.raises(NnlecError, match="alpha has 2 numbers, but the layer has 3 units"):
        prelu(np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("relu", {"alpha": 0.1}, "relu takes no parameters, but alpha is given"),
        ("leaky_relu", {"slope": 0.1}, "unknown parameter of leaky_relu 'slope'"),
        ("leaky_relu", {"alpha": math.nan}, "alpha is nan, expected any number"),
        ("leaky_relu", {"alpha": (0.1, 0.2)}, "alpha is a list of 2, expected one number"),
        ("celu", {"alpha": 0.0}, "alpha is 0, expected more than 0"),
        ("elu", {"alpha": -1.0}, "alpha is -1, expected 0 or more"),
        ("softmax", {"temperature": 0.0}, "temperature is 0, expected more than 0"),
        ("sigmod", {}, "did you mean 'sigmoid'"),
    ],
)
def test_a_wrong_name_or_parameter_is_one_clear_line(name: str, parameters: dict[str, float], message: str) -> None:
    with pytest.raises(NnlecError, match=message):
        activation(name, parameters)


@ROWS
@pytest.mark.filterwarnings("error")
def test_the_ends_of_the_numbers_are_no_warning(kind: ActivationKind) -> None:
    ends = [[math.inf, -math.inf], [math.nan, 1.0], [1.7e308, -1.7e308], [5e-324, -0.0], [800.0, -800.0]]
    assert activation(kind.name)(ends).shape == (5, 2)


def test_an_elu_of_alpha_0_is_a_relu() -> None:
    assert activation("elu", {"alpha": 0.0})([[-2.0, 3.0]]).tolist() == [[0.0, 3.0]]


NUMBERS = st.floats(-800, 800) | st.floats(-1e-3, 1e-3) | st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0])


@examples(25)
@given(
    st.integers(1, 40).flatmap(
        lambda rows: st.integers(1, 19).flatmap(lambda units: arrays(np.float64, (rows, units), elements=NUMBERS))
    ),
    st.integers(0, 7),
)
def test_a_row_has_the_same_bits_alone_in_any_batch_and_however_it_lies_in_memory(
    x: np.ndarray[tuple[int, int], np.dtype[np.float64]], shift: int
) -> None:
    for name in ACTIVATIONS:
        chosen = activation(name)
        batch = chosen(x).tobytes()
        assert b"".join(chosen(x[i : i + 1]).tobytes() for i in range(len(x))) == batch, name
        assert chosen(np.asfortranarray(x)).tobytes() == batch, name
        longer = np.concatenate([x[:1]] * (1000 * shift) + [x, x])
        assert chosen(longer)[1000 * shift : 1000 * shift + len(x)].tobytes() == batch, name


@pytest.mark.parametrize(
    "case", [c for c in CASES if isinstance(c, Pointwise) and "," not in c.name], ids=lambda case: case.name
)
def test_decimal_functions_are_right_to_60_digits(case: Pointwise) -> None:
    points = [x for x in case.points[::5] if 0 < abs(x) < 1e5]
    with localcontext() as around:
        around.prec = 9  # the precision of the caller must not matter
        exact = [activation(case.name).exact([Decimal(float(x))])[0] for x in points]
    with mpmath.workprec(1200):
        for x, y in zip(points, exact, strict=True):
            true = case.true(mpmath.mpf(float(x)))
            assert abs(mpmath.mpf(str(y)) - true) <= abs(true) * mpmath.mpf(10) ** -60, x


@ROWS
def test_decimal_functions_of_huge_and_tiny_numbers_answer_at_once(kind: ActivationKind) -> None:
    for text in ("1e300", "-1e300", "1e-300", "-1e5", "1e5", "-1e17", "-1e-43000", "1" * 2000 + "." + "7" * 2000):
        assert not any(y.is_nan() for y in activation(kind.name).exact([Decimal(text), Decimal("-2.5")]))


def test_a_beta_of_zero_halves_and_an_alpha_of_zero_is_level() -> None:
    numbers = [[-math.inf, -2.0, 3.0, math.inf]]
    assert activation("silu", {"beta": 0.0})(numbers).tolist() == [[-math.inf, -1.0, 1.5, math.inf]]
    assert activation("hard_sigmoid", {"alpha": 0.0, "beta": 0.25})(numbers).tolist() == [[0.25] * 4]
    assert math.isnan(activation("hard_sigmoid", {"alpha": 0.0})([[math.nan]])[0, 0])


def test_an_exact_softmax_divides_by_its_temperature() -> None:
    row = [Decimal(0), Decimal(2) * Decimal(3).ln()]
    shares = activation("softmax", {"temperature": 2.0}).exact(row)
    assert [round(s, 25) for s in shares] == [Decimal("0.25"), Decimal("0.75")]


@ROWS
def test_an_activation_pickles_and_copies(kind: ActivationKind) -> None:
    chosen = activation(kind.name)
    for copied in (pickle.loads(pickle.dumps(chosen)), copy.copy(chosen), copy.deepcopy(chosen)):
        assert copied == chosen
        assert copied.kind is kind
        assert copied(np.array([[0.5, -1.0]])).tolist() == chosen(np.array([[0.5, -1.0]])).tolist()


def test_the_parameters_of_an_activation_cannot_change() -> None:
    given = {"alpha": 0.5}
    leaky = activation("leaky_relu", given)
    given["alpha"] = 2.0
    assert leaky([[-1.0]]).tolist() == [[-0.5]]
    with pytest.raises(TypeError):
        leaky.parameters["alpha"] = 2.0  # type: ignore[index]


def test_softmax_takes_rows_as_arrays_or_lists() -> None:
    assert softmax([[0.0, 0.0], [3.0, 3.0]]).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert softmax(np.zeros((0, 3))).shape == (0, 3)
    assert softmax([[0.0, math.log(9)]], 2.0)[0].tolist() == pytest.approx([0.25, 0.75])
    assert sigmoid([0.0, 0]).tolist() == [0.5, 0.5]
    assert sigmoid(0.0) == 0.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (1.0, r"softmax: shape \(\), expected"),
        ([0.0, 0.0], r"softmax: shape \(2,\), expected \(rows, classes\)"),
        ([], r"softmax: shape \(0,\), expected \(rows, classes\)"),
        (np.zeros((2, 2, 2)), r"softmax: shape \(2, 2, 2\), expected \(rows, classes\)"),
        ([1j, 2.0], "softmax: complex128 values, expected real numbers"),
        (None, "softmax: object values, expected real numbers"),
        (["a", "b"], "softmax: .* values, expected real numbers"),
        ([[1.0], [1.0, 2.0]], "softmax: rows of different lengths"),
    ],
)
def test_softmax_of_what_it_cannot_be_is_one_clear_line(values: Any, message: str) -> None:
    with pytest.raises(NnlecError, match=message):
        softmax(values)


def test_an_activation_of_a_row_that_is_no_table_is_one_clear_line() -> None:
    with pytest.raises(NnlecError, match=r"relu: shape \(2,\), expected \(rows, units\)"):
        activation("relu")(np.zeros(2))
    with pytest.raises(NnlecError, match="temperature is 0, expected more than 0"):
        softmax([1.0, 2.0], 0.0)
