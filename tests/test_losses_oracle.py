"""Every loss with every combination of its options against mpmath, as its definition says it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from nnlec.network.losses import LOSSES, loss
from tests.accuracy.ulp import PRECISION, ulps

Row = NDArray[np.float64]
Number = Any  # mpmath has no types
Options = dict[str, Any]

BOUND = {("kl-divergence", True): 30.0, ("kl-divergence", False): 2.0**13}
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


def test_a_divergence_from_a_probability_of_1e_20_is_finite() -> None:
    value = loss("kl-divergence").value([[1.0, 1e-20]], [[0.5, 0.5]], given_probabilities=True)[0]
    assert value == 22.33270374938051
