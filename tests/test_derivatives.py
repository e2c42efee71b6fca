"""The derivative of every activation and every loss, against difference quotients with more than 60 digits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest

from nnlec.arithmetic.decimal_functions import working_precision
from nnlec.network.activations import ACTIVATIONS, Activation, activation
from nnlec.network.losses import LOSSES, Loss, loss
from nnlec.network.parameters import ParameterValue
from nnlec.notation import Formula, operand, put_in, text
from tests.relations import Exact, evaluated

NEAR = Decimal("1e-40")
ROW = [Decimal(text) for text in ("-3.7", "-1.25", "-0.02", "0.013", "0.9", "2.4", "6.5")]
UPSTREAM = [Decimal(text) for text in ("0.7", "-1.3", "2", "-0.4", "0.05", "3.1", "-2.2")]

ACTIVATION_PARAMETERS: list[tuple[str, dict[str, ParameterValue]]] = [
    *((name, {}) for name in ACTIVATIONS),
    ("leaky_relu", {"alpha": -0.5}),
    ("prelu", {"alpha": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)}),
    ("elu", {"alpha": 0.3}),
    ("celu", {"alpha": 2.5}),
    ("silu", {"beta": -1.7}),
    ("silu", {"beta": 0.0}),
    ("hard_sigmoid", {"alpha": 0.1, "beta": 0.3}),
    ("shrink", {"lambd": 1.0, "bias": 0.2}),
    ("softmax", {"temperature": 0.7}),
]
LOSS_OPTIONS: list[tuple[str, dict[str, ParameterValue]]] = [
    *((name, {}) for name in LOSSES),
    ("cross-entropy", {"base": "2"}),
    ("cross-entropy", {"weights": (1.0, 0.5, 3.0), "label_smoothing": 0.1}),
    ("binary-cross-entropy", {"weights": (1.0, 0.5, 3.0)}),
    ("negative-log-likelihood", {"weights": (1.0, 0.5, 3.0)}),
    ("huber", {"delta": 0.3}),
]


def quotients(function: Callable[[Sequence[Decimal]], Decimal], row: Sequence[Decimal]) -> list[Decimal]:
    """(y(x + e) - y(x - e)) / 2e for each number of the row, with e = 1e-30 and 140 digits."""
    step = Decimal("1e-30")
    with working_precision(140) as context, localcontext(context):
        return [
            (function([*row[:j], x + step, *row[j + 1 :]]) - function([*row[:j], x - step, *row[j + 1 :]])) / (2 * step)
            for j, x in enumerate(row)
        ]


def parametrized(names: Sequence[tuple[str, dict[str, ParameterValue]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("name", "options"), names, ids=[f"{name}{options or ''}" for name, options in names]
    )


@parametrized(ACTIVATION_PARAMETERS)
def test_the_exact_derivative_is_the_difference_quotient(name: str, options: dict[str, ParameterValue]) -> None:
    chosen = activation(name, options)

    def pulled(row: Sequence[Decimal]) -> Decimal:
        return sum((u * y for u, y in zip(UPSTREAM, chosen.exact(row), strict=True)), Decimal(0))

    found = chosen.exact_backward(ROW, UPSTREAM)
    for ours, quotient in zip(found, quotients(pulled, ROW), strict=True):
        assert abs(ours - quotient) < NEAR


@parametrized(ACTIVATION_PARAMETERS)
def test_doubles_are_within_eight_last_places_of_the_exact_derivative(
    name: str, options: dict[str, ParameterValue]
) -> None:
    chosen = activation(name, options)
    exact = chosen.exact_backward(ROW, UPSTREAM)
    ours = chosen.backward(as_rows(ROW), as_rows(UPSTREAM))
    assert_close(ours, exact)


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_far_from_0_no_derivative_loses_its_digits_or_is_nan(name: str) -> None:
    chosen = activation(name)
    numbers = [-1e300, -720.0, -36.5, -9.1, -1e-300, 1e-300, 9.1, 36.5, 720.0, 1e300]
    units = np.array([numbers])
    slopes = chosen.backward(units, np.ones_like(units))[0].tolist()
    exact = [chosen.slopes([Decimal(x)])[0] for x in numbers]
    for ours, right in zip(slopes, exact, strict=True):
        near = math.nan if abs(right) > Decimal("1e308") else float(right)
        assert math.isnan(near) or ours == pytest.approx(near, rel=2e-14, abs=1e-300), (name, numbers)
    assert not np.isnan(chosen.backward(np.array([[-np.inf, np.inf]]), np.ones((1, 2)))).any()


@pytest.mark.parametrize(
    ("name", "at", "slope"),
    [
        ("relu", 0.0, 0.0),
        ("leaky_relu", 0.0, 0.01),
        ("prelu", 0.0, 0.25),
        ("step", 0.0, 0.0),
        ("sign", 0.0, 0.0),
        ("hard_tanh", 1.0, 0.0),
        ("hard_tanh", -1.0, 0.0),
        ("hard_swish", -3.0, 0.0),
        ("hard_swish", 3.0, 1.0),
        ("hard_sigmoid", 2.5, 0.0),
        ("thresholded_relu", 1.0, 0.0),
        ("shrink", 0.5, 0.0),
        ("elu", 0.0, 1.0),
    ],
)
def test_the_convention_at_a_corner(name: str, at: float, slope: float) -> None:
    chosen = activation(name)
    assert chosen.backward(np.array([[at]]), np.ones((1, 1))).item() == slope
    assert float(chosen.slopes([Decimal(repr(at))])[0]) == slope
    derivative = chosen.kind.derivative
    assert derivative is not None
    assert derivative.corner or name == "elu"  # with alpha = 1 there is no corner


@pytest.mark.parametrize(
    ("name", "f", "g", "slope"),
    [
        ("mean-absolute-error", "0.5", "0.5", 0.0),
        ("mean-absolute-error", "2", "0.5", 1.0),
        ("mean-absolute-error", "-2", "0.5", -1.0),
        ("hinge", "1", "1", 0.0),
        ("hinge", "-1", "-1", 0.0),
        ("hinge", "2", "1", 0.0),
        ("hinge", "-2", "-1", 0.0),
        ("huber", "1.5", "0.5", 1.0),
        ("huber", "-0.5", "0.5", -1.0),
    ],
)
def test_a_loss_at_its_corner_and_on_both_sides(name: str, f: str, g: str, slope: float) -> None:
    of = loss(name)
    row, target = [Decimal(f)], [Decimal(g)]
    assert of.derivative(as_rows(row), as_rows(target)).tolist() == [[slope]]
    assert of.exact_derivative(row, target) == [Decimal(slope)]
    numbers = {"f": operand(f), "g": operand(g), "delta": operand("1")}
    assert_equal(put_in(of.derivative_rule(target), numbers), Decimal(slope))


def predicted_and_target(of: Loss) -> tuple[list[Decimal], list[Decimal]]:
    f = [Decimal("-1.7"), Decimal("-0.35"), Decimal("-2.9")]
    targets = {"distribution": "0 1 0", "each": "0 1 0.3", "sign": "1 -1 1", "real": "0.5 -1 2"}
    return f, list(map(Decimal, targets[of.kind.target].split()))


@parametrized(LOSS_OPTIONS)
def test_the_exact_derivative_of_a_loss_is_the_difference_quotient(
    name: str, options: dict[str, ParameterValue]
) -> None:
    of = loss(name, options)
    f, g = predicted_and_target(of)
    found = of.exact_derivative(f, g)
    for ours, quotient in zip(found, quotients(lambda row: of.exact_value(of.exact_terms(row, g)), f), strict=True):
        assert abs(ours - quotient) < NEAR


@parametrized(LOSS_OPTIONS)
def test_doubles_are_within_eight_last_places_of_a_loss_derivative(
    name: str, options: dict[str, ParameterValue]
) -> None:
    of = loss(name, options)
    f, g = predicted_and_target(of)
    assert_close(of.derivative(as_rows(f), as_rows(g)), of.exact_derivative(f, g))


@pytest.mark.parametrize("logit", [30.0, 50.0, 700.0])
def test_a_certain_prediction_keeps_every_digit_of_s_less_g(logit: float) -> None:
    rest = math.exp(-logit) / (1.0 + math.exp(-logit))
    cross = loss("cross-entropy").derivative(np.array([[logit, 0.0]]), np.array([[1.0, 0.0]]))
    assert cross[0].tolist() == pytest.approx([-rest, rest], rel=1e-15)
    binary = loss("binary-cross-entropy").derivative(np.array([[logit]]), np.array([[1.0]]))
    assert binary.item() == pytest.approx(-rest, rel=1e-15)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "f", "g", "slope"),
    [("mse", 1.7e308, -1.7e308, math.inf), ("hinge", 1e308, -1e308, 1e308), ("hinge", 1e308, 1e308, 0.0)],
)
def test_the_derivative_of_numbers_too_large_is_given_without_a_warning(
    name: str, f: float, g: float, slope: float
) -> None:
    assert loss(name).derivative(np.array([[f]]), np.array([[g]])).tolist() == [[slope]]


def test_logits_of_a_thousand_give_no_nan() -> None:
    slopes = loss("cross-entropy").derivative(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]))
    assert slopes.tolist() == [[1.0, -1.0]]


@parametrized([(name, of) for name, of in ACTIVATION_PARAMETERS if ACTIVATIONS[name].pointwise and name != "prelu"])
def test_the_rule_on_paper_gives_the_exact_derivative(name: str, options: dict[str, ParameterValue]) -> None:
    chosen = activation(name, options)
    derivative = chosen.kind.derivative
    assert derivative is not None
    for x, y, slope in zip(ROW, chosen.exact(ROW), chosen.slopes(ROW), strict=True):
        numbers = {key: operand(str(value).lower()) for key, value in {"x": x, "y": y, **chosen.parameters}.items()}
        assert_equal(put_in(derivative.formula, numbers), slope)


CORNERS = [Decimal(text) for text in ("-3", "-1", "-0.5", "0", "0.5", "1", "3")]


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items() if kind.pointwise])
def test_of_the_cases_on_paper_one_holds_for_each_number(name: str) -> None:
    chosen = activation(name)
    assert chosen.kind.derivative is not None
    values: dict[str, Any] = {key: Decimal(repr(value)) for key, value in chosen.parameters.items()}
    for rule in (chosen.kind.formula, chosen.kind.derivative.formula):
        for x in [*ROW, *CORNERS]:
            assert_one_holds(rule, values | {"x": x})


@pytest.mark.parametrize("name", LOSSES)
def test_of_the_cases_of_a_loss_on_paper_one_holds_for_each_pair(name: str) -> None:
    of = loss(name)
    assert of.kind.derivative is not None
    for rule in (of.kind.term, of.kind.derivative.formula):
        for f, g in product([*ROW, *CORNERS], [Decimal(-1), Decimal("0.5"), Decimal(1)]):
            assert_one_holds(rule, {"f": f, "g": g, "delta": Decimal(1)})


def assert_one_holds(rule: Formula, values: dict[str, Any]) -> None:
    """Exactly one condition of the cases is true; "else" is where none before it is."""
    holding = 0
    for condition in rule.parts[1::2] if rule.operation == "cases" else ():
        assert isinstance(condition, Formula)
        asked = re.sub(r"\|(.*?)\|", r"abs(\1)", text(condition)).replace(" = ", " == ")
        asked = asked.replace("alpha x", "alpha * x").replace("g f", "g * f")
        holding += holding == 0 if asked == "else" else eval(asked, dict(values))
    assert holding == (rule.operation == "cases"), (text(rule), values)


@parametrized(LOSS_OPTIONS)
def test_the_rule_of_a_loss_on_paper_gives_the_exact_derivative(name: str, options: dict[str, ParameterValue]) -> None:
    of = loss(name, options)
    f, g = predicted_and_target(of)
    smoothed = of.exact_smoothed(g)
    s = of.kind.probabilities.exact(f) if of.kind.probabilities else f
    weights = of.weights or (1.0,) * len(f)
    rule = of.derivative_rule(smoothed)
    for slope, *of_class in zip(of.exact_derivative(f, g), f, smoothed, s, weights, strict=True):
        letters = dict(zip("fgsw", of_class, strict=True)) | {"delta": of.options.get("delta")}
        numbers = {key: operand(str(value).lower()) for key, value in letters.items()}
        assert_equal(put_in(rule, numbers), slope)


def test_a_loss_that_is_a_mean_has_its_outputs_under_the_rule() -> None:
    one, two = [Decimal(1)], [Decimal(1), Decimal(0)]
    assert text(loss("binary-cross-entropy").derivative_rule(one)) == "s - g"
    assert text(loss("binary-cross-entropy").derivative_rule(two)) == "(s - g) / 2"
    assert text(loss("cross-entropy").derivative_rule(two)) == "s - g"


def assert_equal(formula: Formula, right: Decimal) -> None:
    """A formula with numbers, read as it is printed and worked out by mpmath."""
    value = evaluated(text(formula), Exact())
    found = mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mpmath.mpf(value)
    assert mpmath.almosteq(found, mpmath.mpf(str(right)), 1e-40, 1e-40), text(formula)


def as_rows(row: Sequence[Decimal]) -> np.ndarray:
    return np.array([[float(x) for x in row]])


def assert_close(ours: np.ndarray, exact: Sequence[Decimal]) -> None:
    largest = max(map(abs, exact))
    for double, right in zip(ours[0].tolist(), exact, strict=True):
        assert abs(Decimal(double) - right) <= 8 * largest * Decimal(2) ** -53


def test_every_row_says_its_derivative() -> None:
    rows: list[Activation | Loss] = [*map(activation, ACTIVATIONS), *map(loss, LOSSES)]
    assert [row.name for row in rows if row.kind.derivative is None] == []


@pytest.mark.parametrize(
    ("name", "options", "formula", "rule"),
    [
        ("ce", {}, "L = -sum_i g_i ln s_i", "s - g"),
        ("ce", {"base": "2"}, "L = -sum_i g_i log2 s_i", "(s - g) / ln 2"),
        ("ce", {"base": "10"}, "L = -sum_i g_i log10 s_i", "(s - g) / ln 10"),
        ("categorical-cross-entropy", {"weights": (1.0, 3.0)}, "L = -sum_i w_i g_i ln s_i", "3 s - w g"),
        ("log-loss", {}, "L = 1/n sum_i (-g_i ln s_i - (1 - g_i) ln(1 - s_i))", "(s - g) / 2"),
        ("bce", {"weights": (1.0, 3.0)}, "L = 1/n sum_i w_i (-g_i ln s_i - (1 - g_i) ln(1 - s_i))", "w (s - g) / 2"),
        ("nll", {}, "L = -sum_i g_i f_i, where f_i = ln s_i", "-g"),
        ("nll", {"weights": (1.0, 3.0)}, "L = -sum_i w_i g_i f_i, where f_i = ln s_i", "-w g"),
        ("kl", {}, "L = sum_i g_i ln(g_i / s_i)", "s - g"),
        ("kullback-leibler", {"base": "2"}, "L = sum_i g_i log2(g_i / s_i)", "(s - g) / ln 2"),
        ("mse", {}, "L = 1/n sum_i (f_i - g_i)^2", "2 (f - g) / 2"),
        ("mae", {}, "L = 1/n sum_i |f_i - g_i|", "(1 if f > g, 0 if f = g, else -1) / 2"),
        ("half-mse", {}, "L = 1/n sum_i (f_i - g_i)^2 / 2", "(f - g) / 2"),
        ("sse", {}, "L = sum_i (f_i - g_i)^2", "2 (f - g)"),
        ("half-sse", {}, "L = sum_i (f_i - g_i)^2 / 2", "f - g"),
        ("half-squared-error", {}, "L = sum_i (f_i - g_i)^2 / 2", "f - g"),
        (
            "huber",
            {},
            "L = 1/n sum_i ((f_i - g_i)^2 / 2 if |f_i - g_i| <= delta, else delta (|f_i - g_i| - delta / 2))",
            "max(-delta, min(delta, f - g)) / 2",
        ),
        ("hinge", {}, "L = 1/n sum_i max(0, 1 - g_i f_i)", "(-g if g f < 1, else 0) / 2"),
    ],
)
def test_a_loss_and_its_derivative_as_books_write_them(
    name: str, options: dict[str, ParameterValue], formula: str, rule: str
) -> None:
    of = loss(name, options)
    assert (text(of.formula), text(of.derivative_rule([Decimal(0), Decimal(1)]))) == (formula, rule)


def test_the_rule_of_a_target_whose_numbers_sum_to_less_than_1() -> None:
    half = [Decimal("0.25"), Decimal("0.25")]
    assert text(loss("ce").derivative_rule(half)) == "0.5 s - g"
    assert text(loss("ce", {"weights": (1.0, 3.0)}).derivative_rule(half)) == "s - w g"
