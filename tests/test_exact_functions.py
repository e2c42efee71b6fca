"""Exact functions: the fast functions' limits, 60 digits in any decimal context, more when asked, one rounding."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlec.arithmetic import decimal_functions as exact
from nnlec.arithmetic.numbers import nearest_double, nearest_float32
from nnlec.network.activations import ACTIVATIONS, activation, exact_log_softmax
from nnlec.network.losses import LOSSES, loss
from tests.accuracy.ulp import CASES, Pointwise
from tests.conftest import examples

Number = Any  # mpmath has no types

inf, nan = math.inf, math.nan
GRID = [-inf, inf, nan, 0.0, -0.0, 1e308, -1e308, 5e-324, -5e-324, 1e-310, 1.0, -1.0, 0.5, -3.0, 3.0]
GRID += [745.0, -745.0, 709.8, -708.5, 36.7, -36.7, 40.0, -40.0, 1e17, -1e17]
PARAMETERS: dict[str, list[dict[str, float]]] = {
    "leaky_relu": [{"alpha": 0.0}, {"alpha": -1.0}],
    "prelu": [{"alpha": 0.0}],
    "hard_sigmoid": [{"alpha": 0.0}, {"alpha": 0.0, "beta": 3.0}, {"alpha": -1.0}],
    "silu": [{"beta": 0.0}, {"beta": -1.0}, {"beta": 1e300}, {"beta": 1.75}],
    "softmax": [{"temperature": 1.5}, {"temperature": 1e305}, {"temperature": 1e-300}],
    "elu": [{"alpha": 0.0}],
    "celu": [{"alpha": 1e-300}, {"alpha": 1e300}],
    "selu": [{"alpha": 0.0}],
    "shrink": [{"bias": 0.5}, {"bias": -0.5}, {"lambd": 0.0}],
    "step": [{"at_zero": 0.5}],
    "thresholded_relu": [{"alpha": -1.0}],
}


def agree(fast: float, exact_number: Decimal, last_places: float = 6.0) -> bool:
    """The same limit, or nearer than so many last places."""
    near = float(exact_number)
    if not math.isfinite(fast) or not math.isfinite(near):
        return fast == near or (math.isnan(fast) and math.isnan(near))
    return abs(fast - near) <= last_places * math.ulp(near)


def exact_row(row: tuple[float, ...]) -> list[Decimal]:
    return [Decimal(x) for x in row]


@pytest.mark.parametrize(
    ("name", "parameters"), [(name, chosen) for name in ACTIVATIONS for chosen in [{}, *PARAMETERS.get(name, [])]]
)
def test_an_activation_has_the_same_limits_exactly(name: str, parameters: dict[str, float]) -> None:
    chosen = activation(name, parameters)
    some = GRID[:15] if ACTIVATIONS[name].pointwise else GRID
    rows: Iterator[tuple[float, ...]] = itertools.chain(zip(GRID), itertools.product(some, repeat=2))
    if not ACTIVATIONS[name].pointwise:
        rows = itertools.chain(rows, itertools.islice(itertools.product(GRID, repeat=3), 0, None, 31))
    for row in rows:
        fast = chosen(np.array([row]))[0].tolist()
        assert all(map(agree, fast, chosen.exact(exact_row(row)))), row


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_the_same_limits_exactly(name: str) -> None:
    kind = LOSSES[name]
    targets = {
        "distribution": [(0.0, 1.0), (1.0, 0.0), (0.25, 0.75)],
        "each": [(0.0, 1.0), (0.25, 5e-324)],
        "sign": [(1.0, -1.0), (1.0, 1.0)],
        "real": [(0.0, 1.0), (inf, -1e308), (nan, 5e-324)],
    }[kind.target]
    for given_probabilities in (False, True) if kind.from_probabilities else (False,):
        numbers = [0.0, 1.0, nan, 5e-324, 1e-310, 0.5, 1 - 2.0**-53] if given_probabilities else GRID[:16]
        for f, g in itertools.product(itertools.product(numbers, repeat=2), targets):
            for options in [{}, *([{"base": "10"}] if name in {"cross-entropy", "kl-divergence"} else [])]:
                chosen = loss(name, options)
                value = float(chosen.value([f], [g], given_probabilities=given_probabilities)[0])
                terms = chosen.exact_terms(exact_row(f), exact_row(g), given_probabilities=given_probabilities)
                assert agree(value, chosen.exact_value(terms), 2.0**13 if name == "kl-divergence" else 6.0), (f, g)


LONG_ROW = [Decimal("0.1"), Decimal("-2." + "3" * 50), Decimal("-0.3" + "0" * 50 + "1")]


def exact_results() -> list[Decimal]:
    """A result of every exact function there is."""
    results = [y for name in ACTIVATIONS for y in activation(name).exact(LONG_ROW)]
    results += activation("softmax", {"temperature": 0.7}).exact(LONG_ROW)
    results += [function(Decimal("0." + "7" * 60)) for function, _ in DECIMAL_FUNCTIONS.values()]
    results += [exact.total(LONG_ROW), exact.log_ratio(Decimal(7), Decimal("0.1")), *exact_log_softmax(LONG_ROW)]
    for kind in LOSSES.values():
        options: dict[str, Any] = {p.name: (1.0, 0.1, 3.0) for p in kind.parameters if p.name == "weights"}
        options |= {p.name: 0.1 for p in kind.parameters if p.name == "label_smoothing"}
        chosen = loss(kind.name, options)
        target = [Decimal(-1)] * 3 if kind.target == "sign" else [Decimal("0.2"), Decimal("0.7"), Decimal("0.1")]
        terms = chosen.exact_terms(LONG_ROW, target)
        results += [*terms, chosen.exact_value(terms), *chosen.exact_smoothed(target)]
    return results


DECIMAL_FUNCTIONS: dict[str, tuple[Callable[[Decimal], Decimal], Callable[[Number], Number]]] = {
    "exp": (exact.exp, mpmath.exp),
    "ln": (exact.ln, mpmath.log),
    "expm1": (exact.expm1, mpmath.expm1),
    "log1p": (exact.log1p, mpmath.log1p),
    "softplus": (exact.softplus, lambda x: mpmath.log1p(mpmath.exp(x))),
    "tanh": (exact.tanh, mpmath.tanh),
    "normal_below": (exact.normal_below, lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2),
}


@pytest.mark.parametrize("precision", [2, 5, 28, 300])
def test_the_callers_decimal_context_does_not_matter(precision: int) -> None:
    expected = exact_results()
    with localcontext(prec=precision):
        assert exact_results() == expected


@pytest.mark.parametrize("digits", [60, 150])
@pytest.mark.parametrize("name", DECIMAL_FUNCTIONS)
def test_a_decimal_function_is_right_to_the_digits_asked_for(name: str, digits: int) -> None:
    ours, true = DECIMAL_FUNCTIONS[name]
    points = [
        "1e-200",
        "1e-90",
        "1e-40",
        "1e-9",
        "0.3",
        "0.5",
        "0.7",
        "1",
        "2.25",
        "9.99",
        "10.01",
        "37.5",
        "700",
        "1e4",
    ]
    points += [] if name == "ln" else ["-" + x for x in points if name != "log1p" or float(x) < 1]
    for text in points:
        with exact.working_precision(digits), localcontext(prec=9):
            result = ours(Decimal(text))
        with mpmath.workprec(1500):
            reference = true(mpmath.mpf(text))
            if name == "softplus" and float(text) < -1000:
                reference = mpmath.exp(mpmath.mpf(text))
            if name == "tanh" and abs(float(text)) > 1000:
                reference = mpmath.sign(mpmath.mpf(text))
            assert abs(mpmath.mpf(str(result)) - reference) <= abs(reference) * mpmath.mpf(10) ** -digits, text


@pytest.mark.parametrize(
    "case", [c for c in CASES if isinstance(c, Pointwise) and "," not in c.name], ids=lambda c: c.name
)
def test_an_activation_is_right_to_150_digits_when_asked(case: Pointwise) -> None:
    points = [x for x in case.points[::37] if 0 < abs(x) < 1e5]
    with exact.working_precision(150), localcontext(prec=28):
        results = [activation(case.name).exact([Decimal(float(x))])[0] for x in points]
    with mpmath.workprec(2500):
        for x, y in zip(points, results, strict=True):
            true = case.true(mpmath.mpf(float(x)))
            assert abs(mpmath.mpf(str(y)) - true) <= abs(true) * mpmath.mpf(10) ** -150, x


def test_softmax_and_its_losses_are_right_to_150_digits_when_asked() -> None:
    row, target = [Decimal("0.3"), Decimal("-1.7"), Decimal("4")], [Decimal("0.1"), Decimal("0.2"), Decimal("0.7")]
    with exact.working_precision(150), localcontext(prec=28):
        shares = activation("softmax", {"temperature": 0.7}).exact(row)
        cross_entropy, divergence = (
            chosen.exact_value(chosen.exact_terms(row, target))
            for chosen in (loss("cross-entropy", {"base": "10"}), loss("kl-divergence", {"base": "2"}))
        )
    with mpmath.workdps(200):
        f, g = ([mpmath.mpf(str(x)) for x in numbers] for numbers in (row, target))
        e = [mpmath.exp(x / mpmath.mpf("0.7")) for x in f]
        logs = [x - mpmath.log(mpmath.fsum(map(mpmath.exp, f))) for x in f]
        true = [x / mpmath.fsum(e) for x in e]
        true.append(-mpmath.fsum(map(lambda a, b: a * b, g, logs)) / mpmath.log(10))
        true.append(mpmath.fsum(b * (mpmath.log(b) - a) for a, b in zip(logs, g, strict=True)) / mpmath.log(2))
        for ours, number in zip([*shares, cross_entropy, divergence], true, strict=True):
            assert abs(mpmath.mpf(str(ours)) / number - 1) <= mpmath.mpf(10) ** -150


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (exact.exp, "1e18", "Infinity"),
        (exact.exp, "-1e18", "0"),
        (exact.exp, "Infinity", "Infinity"),
        (exact.exp, "-Infinity", "0"),
        (exact.exp, "0", "1"),
        (exact.ln, "0", "-Infinity"),
        (exact.ln, "-1", "NaN"),
        (exact.ln, "Infinity", "Infinity"),
        (exact.expm1, "-Infinity", "-1"),
        (exact.expm1, "0", "0"),
        (exact.log1p, "-1", "-Infinity"),
        (exact.log1p, "-2", "NaN"),
        (exact.log1p, "0", "0"),
        (exact.softplus, "Infinity", "Infinity"),
        (exact.softplus, "-Infinity", "0"),
        (exact.tanh, "Infinity", "1"),
        (exact.tanh, "-Infinity", "-1"),
        (exact.tanh, "1e30", "1"),
        (exact.tanh, "0", "0"),
        (exact.normal_below, "Infinity", "1"),
        (exact.normal_below, "-Infinity", "0"),
        (exact.normal_below, "NaN", "NaN"),
        (exact.normal_below, "0", "0.5"),
    ],
)
def test_decimal_functions_have_their_limits(function: Callable[[Decimal], Decimal], x: str, expected: str) -> None:
    found = function(Decimal(x))
    assert found == Decimal(expected) or (found.is_nan() and expected == "NaN")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("3", "2"),
        ("2", "3"),
        ("1.5", "1"),
        ("0.5", "1"),
        ("1." + "0" * 69 + "1", "1"),
        ("1e-300", "1.01e-300"),
        ("3." + "0" * 69 + "1", "3"),
        ("7", "0.1"),
    ],
)
def test_the_logarithm_of_a_ratio(a: str, b: str) -> None:
    found = exact.log_ratio(Decimal(a), Decimal(b))
    with mpmath.workprec(1500):
        true = mpmath.log(mpmath.mpf(a) / mpmath.mpf(b))
        assert abs(mpmath.mpf(str(found)) - true) <= abs(true) * mpmath.mpf(10) ** -60


def test_the_logarithm_of_a_ratio_with_zero() -> None:
    zero, one = Decimal(0), Decimal(1)
    assert exact.log_ratio(zero, one) == Decimal("-Infinity")
    assert exact.log_ratio(one, zero) == Decimal("Infinity")
    assert exact.log_ratio(zero, zero).is_nan()
    assert exact.total([one, Decimal("0.25"), one]) == Decimal("2.25")
    assert exact.total([]) == 0


def test_precision_returns_to_60_digits() -> None:
    with exact.working_precision(150):
        assert exact.working().prec == 170
    assert exact.working() is exact.DIGITS
    assert len(exact.exp(Decimal(1)).as_tuple().digits) == 80


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("hard_sigmoid", "-2.5" + "0" * 90 + "1", Decimal(0)),
        ("hard_sigmoid", "-2.4" + "9" * 98, Decimal("2E-100")),
        ("hard_swish", "-2.9" + "9" * 98, Decimal("-5E-100")),
    ],
)
def test_what_nearly_cancels_keeps_its_digits(name: str, x: str, expected: Decimal) -> None:
    assert abs(activation(name).exact([Decimal(x)])[0] - expected) <= abs(expected) * Decimal("1e-27")


def test_losses_that_nearly_cancel_keep_their_digits() -> None:
    near_one = Decimal("0." + "9" * 100)
    assert loss("hinge").exact_terms([near_one], [Decimal(1)]) == [Decimal("1E-100")]
    given_terms = loss("binary-cross-entropy").exact_terms([near_one], [Decimal(0)], given_probabilities=True)
    assert float(given_terms[0]) == 230.25850929940458  # 100 ln 10
    same = loss("kl-divergence").exact_terms(
        [Decimal("0.25"), Decimal(1)], [Decimal("0.5"), Decimal("0.5")], given_probabilities=True
    )
    assert loss("kl-divergence").exact_value(same) == 0  # 1/2 ln 2 - 1/2 ln 2


@pytest.mark.parametrize("ratio", [3, 7, 11, 13])
def test_a_divergence_whose_terms_cancel_is_zero_and_no_noise(ratio: int) -> None:
    """0.6 r ln r + 0.3 r ln(1 / r^2) is 0."""
    g, s = [Decimal("0.6") * ratio, Decimal("0.3") * ratio], [Decimal("0.6"), Decimal("0.3") * ratio**3]
    chosen = loss("kl-divergence", {"base": "10"})
    assert chosen.exact_value(chosen.exact_terms(s, g, given_probabilities=True)) == 0


# Rounding to the nearest double and float32.


def nearest_of(number: Fraction, digits: int, least: int, beyond: Fraction) -> Fraction | float:
    """`number` to `digits` binary digits, ties to even, no finer than 2^least; infinite from `beyond` up."""
    if abs(number) >= beyond:
        return inf if number > 0 else -inf
    if not number:
        return Fraction(0)
    exponent = abs(number.numerator).bit_length() - number.denominator.bit_length()
    exponent -= abs(number) < Fraction(2) ** exponent
    unit = Fraction(2) ** max(exponent - digits + 1, least)
    return round(number / unit) * unit


def check_both(number: Decimal) -> None:
    fraction = Fraction(number)
    double = nearest_of(fraction, 53, -1074, Fraction(2) ** 1024 - Fraction(2) ** 970)
    single = nearest_of(fraction, 24, -149, Fraction(2) ** 128 - Fraction(2) ** 103)
    assert nearest_double(number) == double
    assert nearest_float32(number) == single


@examples(300)
@given(st.decimals(allow_nan=False, allow_infinity=False))
@example(Decimal("1.0000000596046448"))
@example(Decimal("-1.0000000596046448"))
@example(Decimal("1e-400"))
@example(Decimal("-1e400"))
def test_a_decimal_is_rounded_once(number: Decimal) -> None:
    check_both(number)


@examples(300)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(-1, 1), st.integers(20, 90))
@example(0.0, 1, 60)
@example(0.5, -1, 60)
@example(0.5, 1, 60)
@example(-0.5, -1, 60)
@example(float(np.finfo(np.float32).max), -1, 40)
def test_a_decimal_beside_a_border_of_float32_is_rounded_once(start: float, side: int, places: int) -> None:
    above = float(np.nextafter(np.float32(start), np.float32(3e38)))
    with localcontext(prec=500):
        border = (Decimal(start) + Decimal(above)) / 2
        check_both(border + side * border.copy_abs().scaleb(-places))


@pytest.mark.parametrize("text", ["3.4028235677973366e38", "3.40282356779733661637e38", "3.4028235677973367e38"])
def test_the_largest_float32_ends_half_way_to_the_next(text: str) -> None:
    check_both(Decimal(text))


def test_what_is_no_number_stays_so() -> None:
    for nearest in (nearest_double, nearest_float32):
        assert nearest(Decimal("-Infinity")) == -inf
        assert math.isnan(nearest(Decimal("NaN")))
