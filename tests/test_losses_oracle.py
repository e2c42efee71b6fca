"""Every loss with every combination of its options against mpmath, as its definition says it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from nnlec.network.losses import LOSSES, loss
from nnlec.network.losses.sums import sum_of_rows
from tests.accuracy.ulp import PRECISION, ulps

Row = NDArray[np.float64]
Number = Any  # mpmath has no types
Options = dict[str, Any]

BOUND = {("kl-divergence", True): 30.0, ("kl-divergence", False): 2.0**11}
"""Last places, without and with given probabilities; 3 for the losses that are not listed."""


def log_softmax(f: Sequence[Number]) -> list[Number]:
    top = max(f)
    first = list(f).index(top)
    rest = mpmath.log1p(mpmath.fsum(mpmath.exp(x - top) for i, x in enumerate(f) if i != first))
    return [x - top - rest for x in f]


def log(x: Number) -> Number:
    return mpmath.log(x) if x else -mpmath.inf


def surprises(f: Sequence[Number], given: bool) -> list[Number]:
    return [-log(x) for x in f] if given else [-x for x in log_softmax(f)]


def softplus(x: Number) -> Number:
    return max(x, mpmath.mpf(0)) + mpmath.log1p(mpmath.exp(-abs(x)))


def binary(f: Number, g: Number, given: bool) -> Number:
    yes, no = (-log(f), -log(1 - f)) if given else (softplus(-f), softplus(f))
    return (g * yes if g else 0) + ((1 - g) * no if g != 1 else 0)


def huber(d: Number, delta: Number) -> Number:
    return d * d / 2 if d <= delta else delta * (d - delta / 2)


def true_terms(name: str, f: list[Number], g: list[Number], options: Options, given: bool) -> list[Number]:
    """The terms of one row in nats, without class weights."""
    if name in {"cross-entropy", "kl-divergence"}:
        own = 0 if name == "cross-entropy" else 1
        return [b * (own * log(b) + a) if b else 0 for a, b in zip(surprises(f, given), g, strict=True)]
    term: Callable[[Number, Number], Number] = {
        "negative-log-likelihood": lambda a, b: -a * b,
        "binary-cross-entropy": lambda a, b: binary(a, b, given),
        "mean-squared-error": lambda a, b: (a - b) ** 2,
        "mean-absolute-error": lambda a, b: abs(a - b),
        "half-mean-squared-error": lambda a, b: (a - b) ** 2 / 2,
        "sum-squared-error": lambda a, b: (a - b) ** 2,
        "half-sum-squared-error": lambda a, b: (a - b) ** 2 / 2,
        "huber": lambda a, b: huber(abs(a - b), mpmath.mpf(options["delta"])),
        "hinge": lambda a, b: max(1 - a * b, 0),
    }[name]
    return [term(a, b) for a, b in zip(f, g, strict=True)]


MEANS = {
    "binary-cross-entropy",
    "mean-squared-error",
    "mean-absolute-error",
    "half-mean-squared-error",
    "huber",
    "hinge",
}


def true_loss(name: str, options: Options, predicted: Sequence[float], target: Sequence[float], given: bool) -> Number:
    """The loss of one row of doubles, by its definition."""
    f, g = ([mpmath.mpf(x) for x in numbers] for numbers in (predicted, target))
    if share := options.get("label_smoothing"):
        g = [(1 - mpmath.mpf(share)) * x + mpmath.mpf(share) / len(g) for x in g]
    terms = true_terms(name, f, g, options, given)
    if weights := options.get("weights"):
        terms = [mpmath.mpf(w) * t if w else 0 for w, t in zip(weights, terms, strict=True)]
    total = mpmath.fsum(terms) / (len(f) if name in MEANS else 1)
    return total / mpmath.log(int(options["base"])) if options.get("base", "e") != "e" else total


VALUES: dict[str, list[Any]] = {
    "base": ["e", "2", "10"],
    "weights": [(), (1.0, 3.0, 0.0, 0.7), (0.1, 1e-3, 12.5, 1.0)],
    "label_smoothing": [0.0, 0.1, 0.5, 1.0],
    "delta": [1.0, 0.3, 1e3],
}


def cases() -> list[Any]:
    """(loss, options, given probabilities) in all combinations."""
    found = []
    for kind in LOSSES.values():
        names = [parameter.name for parameter in kind.parameters]
        for chosen in itertools.product(*(VALUES[name] for name in names)):
            options = dict(zip(names, chosen, strict=True))
            for given in (False, True) if kind.from_probabilities else (False,):
                label = f"{kind.name} {options} {'given' if given else ''}"
                found.append(pytest.param(kind.name, options, given, id=label))
    return found


def predictions(name: str, given: bool, random: np.random.Generator) -> Row:
    if given:
        return np.asarray(random.dirichlet(np.full(4, random.choice([0.1, 1.0, 10.0]))))
    if name == "negative-log-likelihood":
        return np.asarray(-random.exponential(size=4))
    return np.asarray(random.normal(size=4) * 10.0 ** random.uniform(-4, 2.5))


def targets(name: str, random: np.random.Generator) -> Row:
    match LOSSES[name].target:
        case "distribution":
            soft = np.asarray(random.dirichlet(np.full(4, random.choice([0.1, 1.0]))))
            return soft if random.random() < 0.5 else np.eye(4)[random.integers(4)]
        case "each":
            return np.asarray(np.where(random.random(4) < 0.5, random.integers(0, 2, 4), random.random(4)))
        case "sign":
            return np.asarray(random.choice([-1.0, 1.0], 4))
        case _:
            return np.asarray(random.normal(size=4))


@pytest.mark.parametrize(("name", "options", "given"), cases())
def test_a_loss_with_any_options_is_right_to_its_last_places(name: str, options: Options, given: bool) -> None:
    random = np.random.default_rng(11)
    rows = [(predictions(name, given, random), targets(name, random)) for _ in range(40)]
    chosen = loss(name, options)
    values = chosen.value(*map(np.array, zip(*rows, strict=True)), given_probabilities=given)
    terms = chosen.terms(*map(np.array, zip(*rows, strict=True)), given_probabilities=given)
    worst = 0.0
    with mpmath.workprec(PRECISION):
        for (f, g), value, row in zip(rows, values.tolist(), terms, strict=True):
            true = true_loss(name, options, f.tolist(), g.tolist(), given)
            worst = max(worst, ulps(value, true))
            total = math.fsum(row.tolist()) / (len(row) if name in MEANS else 1)
            assert total == pytest.approx(float(true), rel=1e-11, abs=1e-13)
    assert worst <= BOUND.get((name, given), 3.0)


@pytest.mark.parametrize(("name", "options", "given"), cases())
def test_the_exact_loss_with_any_options_is_right_to_60_digits(name: str, options: Options, given: bool) -> None:
    random = np.random.default_rng(12)
    chosen = loss(name, options)
    with mpmath.workdps(150):
        for _ in range(4):
            f, g = predictions(name, given, random), targets(name, random)
            written = {key: value if key == "base" else [mpmath.mpf(repr(v)) for v in value] if isinstance(value, tuple)
                       else mpmath.mpf(repr(value)) for key, value in options.items()}  # fmt: skip
            true = true_loss(name, written, f.tolist(), g.tolist(), given)
            terms = chosen.exact_terms(*([Decimal(x) for x in row] for row in (f, g)), given_probabilities=given)
            exact = mpmath.mpf(str(chosen.exact_value(terms)))
            assert exact == true or abs(exact - true) <= abs(true) * mpmath.mpf(10) ** -60


EDGES = [0.0, 1.0, 5e-324, 1e-310, 1e-20, 0.5, 2.0**-53, 1 - 2.0**-53, 1e-300]
FACTORS = [0.5, 2.0, 1.0, 0.49999999, 1.5, 1.4999999, 0.5 + 1e-16]


def some_probabilities(random: np.random.Generator, n: int) -> Row:
    """Distributions, and numbers from 0 to 1 of every size that are none."""
    match random.integers(6):
        case 0:
            return np.asarray(random.dirichlet(np.full(n, random.choice([0.01, 0.3]))))
        case 1:
            return np.asarray(random.random(n))
        case 2:
            return np.asarray(10.0 ** -random.uniform(0, 323, n))
        case 3:
            return np.asarray(random.choice(EDGES, n))
        case 4:
            return np.asarray(random.integers(0, 4, n) / 4.0, np.float64)
        case _:
            return np.asarray(random.integers(1, 100, n) * 5e-324, np.float64)


def others_near(random: np.random.Generator, g: Row) -> Row:
    drifted = g * (1 + 10.0 ** -random.uniform(0, 16) * random.normal(size=g.size))
    match random.integers(6):
        case 0:
            near = drifted
        case 1:
            near = drifted / max(drifted.sum(), 1e-300)
        case 2:
            near = np.nextafter(g, random.choice([0.0, 1.0], g.size))
        case 3:
            near = random.permutation(g)
        case 4:
            near = g * random.choice(FACTORS, g.size)
        case _:
            near = some_probabilities(random, g.size)
    return np.asarray(np.clip(near, 0.0, 1.0), np.float64)


@pytest.mark.parametrize("base", ["e", "2", "10"])
def test_a_divergence_of_any_probabilities_is_right_to_its_last_places(base: str) -> None:
    random = np.random.default_rng(int(base == "e"))
    chosen = loss("kl-divergence", {"base": base})
    with mpmath.workprec(1500):
        for _ in range(200):
            g = some_probabilities(random, int(random.integers(1, 8)))
            s = others_near(random, g)
            true = true_loss("kl-divergence", {"base": base}, s.tolist(), g.tolist(), given=True)
            if abs(true) < mpmath.mpf(2) ** -1200:  # 1/2 ln 2 - 1/2 ln 2 is 0, and not quite that in mpmath
                true = mpmath.mpf(0)
            value = float(chosen.value([s], [g], given_probabilities=True)[0])
            assert ulps(value, true) <= 30, (g.tolist(), s.tolist())
            if math.isinf(value) or not true:
                continue
            terms = chosen.exact_terms([Decimal(x) for x in s], [Decimal(x) for x in g], given_probabilities=True)
            exact = mpmath.mpf(str(chosen.exact_value(terms)))
            assert abs(exact - true) <= abs(true) * mpmath.mpf(10) ** -60, (g.tolist(), s.tolist())


@pytest.mark.parametrize(("base", "mass"), [("e", 1.0), ("2", 1.0), ("10", 0.75)])
def test_a_divergence_of_logits_near_the_target_keeps_its_digits(base: str, mass: float) -> None:
    """The logits are as near to the target's logarithms as 1 in 4 to 1 in 4000."""
    random, options, smallest = np.random.default_rng(1), {"base": base}, 0
    chosen, scale = loss("kl-divergence", options), {"e": 1.0, "2": math.log(2), "10": math.log(10)}[base]
    with mpmath.workprec(600):
        for _ in range(60):
            g = random.dirichlet(np.ones(4)) * mass
            f = np.log(g) + random.normal(size=4) * 2.0 ** -random.uniform(2, 12)
            value = chosen.value([f], [g])[0]
            exactly = mass == 1.0 and value * scale < 2.0**-20
            smallest += exactly
            true = true_loss("kl-divergence", options, f.tolist(), g.tolist(), given=False)
            assert ulps(float(value), true) <= (1 if exactly else 2.0**11)
    assert smallest > 10 or mass < 1.0


def test_a_divergence_from_a_probability_of_1e_20_is_finite() -> None:
    value = loss("kl-divergence").value([[1.0, 1e-20]], [[0.5, 0.5]], given_probabilities=True)[0]
    assert value == 22.33270374938051


@pytest.mark.parametrize("base", ["2", "10"])
def test_the_logarithm_of_a_base_costs_no_last_place(base: str) -> None:
    chosen = loss("cross-entropy", {"base": base})
    with mpmath.workprec(PRECISION):
        errors = [
            ulps(float(chosen.value(np.zeros((1, n)), np.eye(1, n))[0]), mpmath.log(n) / mpmath.log(int(base)))
            for n in range(2, 300)
        ]
    assert max(errors) <= 1.5


POWERS = [1, 2, 7, 60, 500, 900]
WEIGHTS, SMOOTHING = {"weights": (0.1, 0.7, 1.3)}, {"label_smoothing": 0.1}


@pytest.mark.parametrize(
    ("road", "options"),
    [
        ("bits", {}),
        *((road, options) for road in ("bits", "logits") for options in (WEIGHTS, SMOOTHING, WEIGHTS | SMOOTHING)),
        ("log-probabilities", {}),
        ("log-probabilities", WEIGHTS),
    ],
)
def test_where_logarithms_are_exact_the_loss_is_rounded_once(road: str, options: Options) -> None:
    """-log2 of powers of two, scores so far below the first that its probability is 1, and logarithms as given."""
    random = np.random.default_rng(3)
    share = Fraction(options.get("label_smoothing", 0.0))
    weights = [Fraction(w) for w in options.get("weights", (1, 1, 1))]
    for _ in range(50):
        g = random.dirichlet(np.ones(3))
        powers = random.choice(POWERS, 3)
        below = np.array([0.0, *random.uniform(-3000, -1000, 2)])
        surprises = [Fraction(int(k)) for k in powers] if road == "bits" else [-Fraction(f) for f in below]
        mass = [w * ((1 - share) * Fraction(x) + share / 3) for w, x in zip(weights, g, strict=True)]
        exact = sum((m * s for m, s in zip(mass, surprises, strict=True)), Fraction(0))
        if road == "bits":
            chosen = loss("cross-entropy", {**options, "base": "2"})
            value = chosen.value([2.0**-powers], [g], given_probabilities=True)[0]
        else:
            value = loss("cross-entropy" if road == "logits" else "nll", options).value([below], [g])[0]
        assert value == float(exact)


def near_distributions(ratio: float) -> tuple[Row, Row]:
    """Two of two classes, the terms of whose divergence are `ratio` times as large as what is left of them."""
    g = np.array([0.4, 0.6])
    moved = 2 * g.prod() / ratio  # the terms are about +-d, and their sum d^2 / (2 g1 g2)
    return g, g + np.array([moved, -moved]) * 2


@pytest.mark.parametrize("ratio", [1500, 2000, 5000, 30000])
def test_a_divergence_of_which_ten_bits_cancel_is_computed_again_exactly(ratio: float) -> None:
    g, s = near_distributions(ratio)
    logits = np.log(s)
    with mpmath.workprec(PRECISION):
        true = true_loss("kl-divergence", {}, logits.tolist(), g.tolist(), given=False)
        terms = true_terms("kl-divergence", list(map(mpmath.mpf, logits)), list(map(mpmath.mpf, g)), {}, given=False)
        assert float(mpmath.fsum(map(abs, terms)) / true) == pytest.approx(ratio, rel=0.01)
        assert ulps(float(loss("kl").value([logits], [g])[0]), true) <= 0.5


@pytest.mark.parametrize("ratio", [5.1, 5.5, 5.9, 7.0, 100.0])
def test_a_divergence_from_numbers_that_are_no_distribution_does_not_cancel(ratio: float) -> None:
    """Two terms of opposite signs, in sum `ratio` times less than their sizes."""
    for first in np.random.default_rng(5).uniform(0.5, 0.9, 10).tolist():
        plus = first * math.log(4)
        minus = plus * (ratio - 1) / (ratio + 1)
        g, s = [first, 0.3], [first / 4, 0.3 * math.exp(minus / 0.3)]
        with mpmath.workprec(PRECISION):
            true = true_loss("kl-divergence", {}, s, g, given=True)
            assert ulps(float(loss("kl").value([s], [g], given_probabilities=True)[0]), true) <= 0.5


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e-320])
def test_a_term_of_a_divergence_of_tiny_probabilities_keeps_its_digits(size: float) -> None:
    g, s = [0.7 * size, 0.2 * size, 0.1 * size, 0.5], [0.2 * size, 0.7 * size, 0.1 * size, 0.1 * size]
    terms = loss("kl").terms([s], [g], given_probabilities=True)[0].tolist()
    with mpmath.workprec(PRECISION):
        true = true_terms("kl-divergence", list(map(mpmath.mpf, s)), list(map(mpmath.mpf, g)), {}, given=True)
        assert all(ulps(ours, t) <= 3 for ours, t in zip(terms, true, strict=True))


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("name", "predicted", "expected"),
    [
        *((name, [INF, 0.0], INF) for name in ("mse", "mae", "half-mse", "sse", "half-sse", "huber")),
        *((name, [NAN, 0.0], NAN) for name in LOSSES),
        ("cross-entropy", [-INF, 0.0], INF),
        ("cross-entropy", [0.0, -INF], 0.0),
        ("binary-cross-entropy", [0.0, INF], INF),
        ("binary-cross-entropy", [0.0, -INF], math.log(2) / 2),
        ("kl-divergence", [0.0, INF], INF),
        ("nll", [-INF, -1.0], INF),
        ("nll", [-1.0, -INF], 1.0),
        ("hinge", [-INF, 0.0], INF),
        ("hinge", [0.0, -INF], 0.5),
    ],
)
def test_a_prediction_that_is_infinite_or_no_number(name: str, predicted: list[float], expected: float) -> None:
    """The target is the first of two: 1 and 0, or 1 and -1."""
    chosen = loss(name)
    target = [1.0, -1.0 if chosen.kind.target == "sign" else 0.0]
    value = float(chosen.value([predicted], [target])[0])
    assert value == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_a_target_that_is_infinite_or_no_number() -> None:
    assert loss("mse").value([[0.5, 1.0], [0.5, 1.0]], [[INF, 0.0], [NAN, 0.0]]).tolist() == pytest.approx(
        [INF, NAN], nan_ok=True
    )


def test_given_probabilities_that_are_infinite_or_no_numbers() -> None:
    divergence = loss("kl-divergence").value(
        [[0.5, -INF], [-INF, 0.5]], [[0.0, 1.0], [1.0, 0.0]], given_probabilities=True
    )
    assert np.isnan(divergence).all()
    values = loss("cross-entropy").value([[NAN, 0.5], [0.5, 0.5]], [[1.0, 0.0], [NAN, 0.0]], given_probabilities=True)
    assert np.isnan(values).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("terms", "total"),
    [
        ([2000.0, -2000.0, 1e-310], 1e-310),
        ([1e300, -1e300, 1.0], 1.0),
        ([1.7e308, 1.7e308, -1.7e308], 1.7e308),
        ([-1.7e308, -1.7e308, 1.7e308], -1.7e308),
        ([1.7e308, 1.7e308, 0.0], INF),
        ([INF, 1.0, -1e308], INF),
        ([-INF, 1.0, 2.0], -INF),
        ([1.0, 2.0**-53, 2.0**-80], 1.0 + 2.0**-52),
    ],
)
def test_terms_are_added_and_rounded_once(terms: list[float], total: float) -> None:
    with np.errstate(all="ignore"):
        assert sum_of_rows(np.array([terms, [0.1, 0.2, 0.3]])).tolist() == [total, 0.6]


@pytest.mark.parametrize("classes", [3, 6, 7])
def test_label_smoothing_costs_no_last_place(classes: int) -> None:
    random = np.random.default_rng(1)
    with mpmath.workprec(400):
        for share in (0.1, 0.3, 1.0):
            options = {"label_smoothing": share}
            for _ in range(30):
                f, g = random.normal(size=classes) * 50, np.eye(classes)[random.integers(classes)]
                true = true_loss("cross-entropy", options, f.tolist(), g.tolist(), given=False)
                assert ulps(float(loss("cross-entropy", options).value([f], [g])[0]), true) <= 0.95


def rounded_once(terms: Sequence[float]) -> float:
    """Their exact sum as a double, infinite beyond the largest."""
    exact = sum(map(Fraction, terms))
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def test_the_terms_of_a_row_are_added_exactly_and_rounded_once() -> None:
    """Terms that nearly cancel, near the largest double and near the smallest, alone and beside each other."""
    random = np.random.default_rng(3)
    huge = [
        [1.7e308, 1.7e308, -1.7e308],
        [9e307, 9e307, 1e300],
        [-9e307, -9e307, -1e300],
        [1e308, 1.0, -1e308],
        [2.0**901, -(2.0**901), 2.0**700],
        [2.0**1023, 2.0**970, 2.0**960],
    ]
    size = 10.0 ** random.uniform(-300, 300, (40, 1))
    many = random.normal(size=(40, 12)) * 10.0 ** random.uniform(-300, 300, (40, 1))
    usual = np.hstack([size, -size * random.uniform(0.9, 1.1, size.shape), size * 1e-17])
    small = [[1e-300, 3e-310, -2e-308], [5e-324, 5e-324, 5e-324], [1e-300, -1e-300, 1e-316]]
    for rows in (np.vstack([huge, usual, small]), many):
        expected = [rounded_once(row) for row in rows.tolist()]
        with np.errstate(all="ignore"):
            assert sum_of_rows(rows).tolist() == expected
            assert [sum_of_rows(row[np.newaxis])[0] for row in rows] == expected


def test_a_row_of_terms_that_are_not_finite_leaves_the_others_alone() -> None:
    inf, nan = math.inf, math.nan
    rows = [[1.0, inf], [1e300, -inf], [inf, -inf], [1.0, nan], [1e305, 1e305], [1.0, 2.0]]
    with np.errstate(all="ignore"):
        found = sum_of_rows(np.array(rows))
    assert np.array_equal(found, [inf, -inf, nan, nan, 2e305, 3.0], equal_nan=True)
