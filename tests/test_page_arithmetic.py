"""The page's numbers under Node beside Python's own decimals: digit for digit, whatever the precision."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import Any

import pytest

from nnlec.arithmetic import decimal_functions
from nnlec.arithmetic.rounding import Rounding
from nnlec.network.activations import ACTIVATIONS, activation, exact_sigmoid
from nnlec.rendering.page import content as pages
from tests.page_oracle import in_node

Call = tuple[str, Sequence[Decimal], int]

ARITHMETIC: dict[str, Callable[[Context, Decimal, Decimal], Decimal]] = {
    "add": lambda context, a, b: context.add(a, b),
    "sub": lambda context, a, b: context.subtract(a, b),
    "mul": lambda context, a, b: context.multiply(a, b),
    "div": lambda context, a, b: context.divide(a, b),
    "compare": lambda context, a, b: context.compare(a, b),
    "larger": lambda _, a, b: max(a, b),
    "smaller": lambda _, a, b: min(a, b),
}

FUNCTIONS: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": decimal_functions.exp,
    "ln": decimal_functions.ln,
    "expm1": decimal_functions.expm1,
    "log1p": decimal_functions.log1p,
    "softplus": decimal_functions.softplus,
    "tanh": decimal_functions.tanh,
    "sigmoid": exact_sigmoid,
    "normalBelow": decimal_functions.normal_below,
    "sqrt": decimal_functions.exactly(Decimal.sqrt),
}


def worked(calls: Sequence[Call]) -> list[Decimal]:
    """What the page's functions give."""
    names, numbers, digits = zip(*calls, strict=True)
    asked = {"call": names, "of": [[f"{x:e}" for x in each] for each in numbers], "p": digits}
    (got,) = in_node([asked])
    assert "results" in got, got.get("stack")
    return [Decimal(text) for text in got["results"]]


def _context(digits: int) -> Context:
    return Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def _short(rng: random.Random) -> Decimal:
    """A number of few digits, so that ties and runs of nines are common."""
    digits = rng.choice(["5", "50", "49", "51", "9", "99", "995", "1", "10", "0", f"{rng.randrange(10**6)}"])
    return Decimal(rng.choice(["", "-"]) + digits).scaleb(rng.randint(-9, 9))


def arithmetic(seed: int, count: int) -> None:
    rng = random.Random(seed)
    calls: list[Call] = []
    expected = []
    while len(calls) < count:
        name, digits = rng.choice(list(ARITHMETIC)), rng.randint(1, 8)
        a, b = _short(rng), _short(rng)
        if name != "div" or b:
            calls.append((name, (a, b), digits))
            expected.append(ARITHMETIC[name](_context(digits), a, b))
    for call, got, wanted in zip(calls, worked(calls), expected, strict=True):
        assert got == wanted, call


def functions(seed: int, count: int) -> None:
    rng = random.Random(seed)
    calls: list[Call] = []
    expected = []
    for _ in range(count):
        name, x = rng.choice(list(FUNCTIONS)), _argument(rng)
        x = abs(x) or Decimal(2) if name in ("ln", "log1p", "sqrt") else -abs(x) if name in ("exp", "expm1") else x
        x = max(x, Decimal(-(10**7))) if name == "normalBelow" else x
        with decimal_functions.working_precision(rng.choice([60, 60, 130])) as context:
            calls.append((name, (x,), context.prec))
            expected.append(FUNCTIONS[name](x))
    with localcontext(_context(1000)):
        for call, got, wanted in zip(calls, worked(calls), expected, strict=True):
            assert got == wanted, call


def _argument(rng: random.Random) -> Decimal:
    draws: tuple[Callable[[], Decimal], ...] = (
        lambda: Decimal(rng.randint(-5, 5)),
        lambda: Decimal(rng.randint(-(10**6), 10**6)).scaleb(-rng.randint(0, 8)),
        lambda: Decimal(rng.randint(-(10**90), 10**90)).scaleb(-90 - rng.randint(-3, 30)),
        lambda: 1 + Decimal(rng.randint(-9, 9)).scaleb(-rng.randint(1, 160)),
        lambda: Decimal(repr(rng.uniform(-1, 1) * 10 ** rng.randint(-300, 14))),
    )
    return rng.choice(draws)()


def test_sums_products_and_quotients_are_pythons_in_every_precision() -> None:
    arithmetic(1, 2000)


def test_functions_are_right_to_the_last_digit() -> None:
    functions(1, 250)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_more_of_them(seed: int) -> None:
    arithmetic(seed, 20_000)
    functions(seed, 3000)


CORNERS = [-6, -3, -1.5, -1, -0.5, -0.04, 0, 0.04, 0.3, 0.5, 0.52, 1, 1.5, 2.5, 3, 5, 6]


def test_activations_and_their_slopes_at_their_corners() -> None:
    """Those of a single number, with the parameters by default and others, and a hair on both sides of each corner."""
    calls: list[Call] = []
    expected: list[Decimal] = []
    hair = Decimal("1e-30")
    xs = [x + step for x in map(Decimal, map(str, CORNERS)) for step in (-hair, Decimal(0), hair)]
    for name in sorted(pages.ACTIVATIONS):
        kind = ACTIVATIONS[name]
        if not kind.pointwise:
            continue
        for given in ({}, {parameter.name: 0.5 for parameter in kind.parameters}):
            of = activation(name, given)
            texts = ", ".join(f'{key}: fromText("{value}")' for key, value in of.parameters.items())
            for table, values in (("POINTWISE", of.exact(xs)), ("SLOPES", of.slopes(xs))):
                calls += [(f"(x, p) => {table}.{name}(x, {{{texts}}}, p, 0)", (x,), 80) for x in xs]
                expected += values
    for call, got, wanted in zip(calls, worked(calls), expected, strict=True):
        assert got == wanted, call


@pytest.mark.parametrize(
    "rounding", [Rounding(), Rounding(0, fixed=True), Rounding(3, fixed=True), Rounding(significant=2)]
)
def test_numbers_are_shown_as_nnlec_shows_them(rounding: Rounding) -> None:
    numbers = [
        *("0", "1", "-0.04", "0.05", "0.95", "2.5", "-2.5", "9.9995", "0.00005", "0.000049", "-0.00001234", "99.96"),
        *("999999999999999", "1e15", "999999999999999.99996", "1.5e15", "-123456789012345678", "1e300", "3e-300"),
        *("14.50", "1.23456", "0.99", "0.995", "9.5", "99.5", "1e14", "12e13"),
    ]
    how = json.dumps({**rounding._asdict(), "significant": rounding.significant or 0})
    pairs = [(Decimal(a), Decimal(b)) for a in numbers for b in numbers]
    asked: dict[str, Any] = {
        "call": [f"(a, b) => matrixTexts([a, b], {how}).join(' ')"] * len(pairs),
        "of": [[str(a), str(b)] for a, b in pairs],
        "p": [80] * len(pairs),
    }
    (got,) = in_node([asked])
    for pair, text in zip(pairs, got["results"], strict=True):
        assert text == " ".join(rounding.alike(pair).texts(pair)), pair
