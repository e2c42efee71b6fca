"""The page's figures as nnlec's own Python computes them, random networks to try it on, and its scripts under Node."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nnlec.arithmetic.numbers import Precise
from nnlec.arithmetic.rounding import Rounding
from nnlec.errors import NnlecError
from nnlec.network.activations import ACTIVATIONS, Activation, activation
from nnlec.network.layers import Dense
from nnlec.network.losses import LOSSES, Loss, LossExample, loss
from nnlec.network.meaning import expect_fit
from nnlec.network.network import Network
from nnlec.network.step import exact_step
from nnlec.network.trace import ExactTrace, exact_loss, exact_trace, predicted_for
from nnlec.rendering.page import SCRIPTS, part
from nnlec.rendering.page.content import ACTIVATIONS as COMPUTED
from nnlec.rendering.page.content import Example, content

HARNESS = Path(__file__).parent / "page_in_node.js"

Numbers = Sequence[Decimal]
Texts = Mapping[str, str]


class Case(NamedTuple):
    """A network with an input, a loss where it has one, and how figures are shown."""

    network: Network
    inputs: Sequence[float]
    rounding: Rounding = Rounding()
    loss: Loss | None = None
    target: tuple[float, ...] = ()
    rate: str = "0.1"

    def example(self, trace: ExactTrace) -> LossExample:
        assert self.loss is not None
        predicted = tuple(map(Precise.of, predicted_for(self.loss, trace)))
        return LossExample(self.loss, self.network.output_names, predicted, self.target)

    @property
    def content(self) -> dict[str, Any]:
        known = self.example(exact_trace(self.network, self.inputs)) if self.loss else None
        return content(self.network, Example(self.inputs, self.rounding, "net.yaml", known, self.rate))


def in_node(asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the page's scripts make of each {content, link}; skips where there is no Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    scripts = "".join(part(name) for name in SCRIPTS[: SCRIPTS.index("state.js") + 1])
    lines = "\n".join(json.dumps(each) for each in (scripts, *asked))
    done = subprocess.run([node, str(HARNESS)], input=lines, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def figures(case: Case) -> dict[str, str]:
    """Every figure by its name on the page, from the exact trace and the exact step."""
    found = dict(_forward_figures(case, exact_trace(case.network, case.inputs)))
    return {**found, **dict(_loss_figures(case))} if case.loss else found


def _alike(numbers: Numbers, rounding: Rounding) -> list[str]:
    return rounding.alike(numbers).texts(numbers)


def _named(name: str, texts: Sequence[str], start: int = 0) -> Iterator[tuple[str, str]]:
    return ((f"{name}.{place}", text) for place, text in enumerate(texts, start))


def _forward_figures(case: Case, trace: ExactTrace) -> Iterator[tuple[str, str]]:
    network, rounding = case.network, case.rounding
    for number, at in enumerate(trace.layers, start=1):
        ones = [Decimal(1)] if "bias" in at.layer.numbers else []
        yield from _named(f"in{number}", _alike([*ones, *at.inputs], rounding), 1 - len(ones))
        yield from _named(f"z{number}", _alike(at.pre_activation, rounding))
        yield from _named(f"y{number}", _alike(at.output, rounding))
    named = bool(network.classes) or network.n_out > 1
    if not named or trace.probabilities is None:
        yield from _named("o", rounding.texts(trace.output))
        return
    if network.kind == "multi-class":
        yield from _named("f", rounding.texts(trace.logits))
    yield from _named("s", rounding.texts(trace.probabilities))


def _loss_figures(case: Case) -> Iterator[tuple[str, str]]:
    rounding = case.rounding
    step = exact_step(case.network, [float(x) for x in case.inputs], case.example, Decimal(case.rate))
    exact = exact_loss(step.example)
    yield from _named("loss.g", rounding.texts(exact.target))
    yield from _named("loss.f", rounding.texts(exact.predicted))
    if exact.probabilities is not None:
        yield from _named("loss.s", rounding.texts(exact.probabilities))
    yield from _named("loss.term", rounding.texts(exact.terms))
    yield "L", rounding.text(exact.value)
    yield "L.after", rounding.text(step.loss_after.value)
    for number, layer in enumerate(step.layers, start=1):
        width = layer.layer.n_out
        yield from _matrix(f"d{number}", layer.gradients, width, lambda numbers: _alike(numbers, rounding))
        yield from _matrix(f"new{number}", layer.after, width, lambda numbers: list(map(rounding.text, numbers)))


def _matrix(
    name: str, rows: Mapping[str, Numbers], width: int, texts: Callable[[Numbers], list[str]]
) -> Iterator[tuple[str, str]]:
    numbers = [*rows.get("bias", ()), *rows["weights"]]
    start = 0 if "bias" in rows else 1
    for place, text in enumerate(texts(numbers)):
        yield f"{name}.{start + place // width}.{place % width}", text


# Random cases.


def cases(seed: int) -> Iterator[Case]:
    """Random networks of every activation and loss, of numbers as people type them and of others."""
    rng = random.Random(seed)
    while True:
        network, case = _network(rng), None
        inputs = [_number(rng) for _ in range(network.n_in)]
        chosen = _loss(rng, network.n_out)
        try:
            expect_fit(chosen, network)
            case = Case(network, inputs, _rounding(rng), chosen, _target(rng, chosen, network.n_out))
        except NnlecError:
            case = Case(network, inputs, _rounding(rng))
        yield case


def _number(rng: random.Random) -> float:
    draws: tuple[Callable[[], float], ...] = (
        lambda: float(rng.randint(-3, 3)),
        lambda: round(rng.gauss(0, 2), rng.choice([1, 1, 2, 3])),
        lambda: round(rng.gauss(0, 2), 1),
        lambda: rng.gauss(0, 1),
        lambda: rng.gauss(0, 1) * 10.0 ** rng.randint(-12, 3),
    )
    return rng.choice(draws)()


def _network(rng: random.Random) -> Network:
    sizes = [rng.randint(1, 5) for _ in range(rng.randint(2, 4))]
    layers = []
    for n_in, n_out in pairwise(sizes):
        weights = [[_number(rng) for _ in range(n_out)] for _ in range(n_in)]
        bias = [_number(rng) for _ in range(n_out)] if rng.random() < 0.8 else None
        layers.append(Dense(weights, bias, _activation(rng, n_out)))  # type: ignore[arg-type]
    return Network(tuple(layers))


def _activation(rng: random.Random, units: int) -> Activation:
    kind = ACTIVATIONS[rng.choice(sorted(COMPUTED))]
    given: dict[str, Any] = {}
    if rng.random() < 0.4:
        given = {parameter.name: round(rng.uniform(0.3, 1.7), 2) for parameter in kind.parameters}
    if kind.name == "prelu" and given:
        given = {"alpha": tuple(round(rng.uniform(-0.5, 1.5), 2) for _ in range(units))}
    return activation(kind.name, given)


def _rounding(rng: random.Random) -> Rounding:
    draws = (Rounding(), Rounding(rng.randint(0, 12), fixed=True), Rounding(significant=rng.randint(1, 12)))
    return rng.choice(draws)


def _loss(rng: random.Random, units: int) -> Loss:
    kind = LOSSES[rng.choice(sorted(LOSSES))]
    known: dict[str, Callable[[], Any]] = {
        "base": lambda: rng.choice(["e", "2", "10"]),
        "weights": lambda: tuple(round(rng.uniform(0, 2), 1) for _ in range(units)),
        "label_smoothing": lambda: round(rng.uniform(0, 1), 2),
        "delta": lambda: round(rng.uniform(0.2, 2), 1),
    }
    given = {each.name: known[each.name]() for each in kind.parameters} if rng.random() < 0.5 else {}
    return loss(kind.name, given)


def _target(rng: random.Random, chosen: Loss, units: int) -> tuple[float, ...]:
    def distribution() -> list[float]:
        if rng.random() < 0.5 or units == 1:
            true = rng.randrange(units)
            return [float(unit == true) for unit in range(units)]
        return [0.5, *[round(0.5 / (units - 1), 3)] * (units - 1)]

    draws: dict[str, Callable[[], list[float]]] = {
        "distribution": distribution,
        "each": lambda: [rng.choice([0.0, 1.0, 0.3]) for _ in range(units)],
        "sign": lambda: [rng.choice([-1.0, 1.0]) for _ in range(units)],
        "real": lambda: [_number(rng) for _ in range(units)],
    }
    return tuple(draws[chosen.kind.target]())
