"""The page's figures as nnlec's own Python computes them, random networks to try it on, and its scripts under Node."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnlec.arithmetic.numbers import Precise
from nnlec.arithmetic.rounding import Rounding
from nnlec.errors import NnlecError
from nnlec.network.activations import ACTIVATIONS, Activation, activation
from nnlec.network.layers import LAYERS, Dense, Layer
from nnlec.network.losses import LOSSES, Loss, LossExample, loss
from nnlec.network.meaning import expect_fit
from nnlec.network.network import Network
from nnlec.network.step import exact_step
from nnlec.network.trace import ExactTrace, exact_loss, exact_trace, predicted_for
from nnlec.rendering.page import SCRIPTS, part
from nnlec.rendering.page.content import ACTIVATIONS as COMPUTED
from nnlec.rendering.page.content import PageExample, content

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
        return content(self.network, PageExample(self.inputs, self.rounding, "net.yaml", known, self.rate))


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


def _as_maps(numbers: Numbers, shape: Sequence[int], rounding: Rounding) -> list[str]:
    """Numbers of maps grid by grid, as they are printed."""
    if len(shape) < 2:
        return _alike(numbers, rounding)
    grid = prod(shape[-2:] if len(shape) > 2 else shape[-1:])
    grids = (numbers[start : start + grid] for start in range(0, len(numbers), grid))
    return [text for each in grids for text in rounding.texts(each)]


def _named(name: str, texts: Sequence[str], start: int = 0) -> Iterator[tuple[str, str]]:
    return ((f"{name}.{place}", text) for place, text in enumerate(texts, start))


def _forward_figures(case: Case, trace: ExactTrace) -> Iterator[tuple[str, str]]:
    network, rounding = case.network, case.rounding
    for number, at in enumerate(trace.layers, start=1):
        layer, dense = at.layer, at.layer.kind == "dense"
        ones = [Decimal(1)] if dense and "bias" in layer.numbers else []
        yield from _named(f"in{number}", _as_maps([*ones, *at.inputs], layer.in_shape, rounding), 1 - len(ones))
        yield from _named(f"z{number}", _as_maps(at.pre_activation, layer.out_shape, rounding))
        yield from _named(f"y{number}", _as_maps(at.output, layer.out_shape, rounding))
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
        if layer.layer.kind != "dense":
            yield from _of_arrays(f"d{number}", layer.layer, layer.gradients, rounding)
            yield from _of_arrays(f"new{number}", layer.layer, {k: layer.after[k] for k in layer.gradients}, rounding)
            continue
        width = layer.layer.n_out
        yield from _matrix(f"d{number}", layer.gradients, width, lambda numbers: _alike(numbers, rounding))
        yield from _matrix(f"new{number}", layer.after, width, lambda numbers: list(map(rounding.text, numbers)))


def _of_arrays(name: str, layer: Layer, arrays: Mapping[str, Numbers], rounding: Rounding) -> Iterator[tuple[str, str]]:
    for array, numbers in arrays.items():
        for place, number in zip(np.ndindex(layer.arrays[array].shape), numbers, strict=True):
            yield ".".join([name, array, *map(str, place)]), rounding.text(number)


def _matrix(
    name: str, rows: Mapping[str, Numbers], width: int, texts: Callable[[Numbers], list[str]]
) -> Iterator[tuple[str, str]]:
    numbers = [*rows.get("bias", ()), *rows["weights"]]
    start = 0 if "bias" in rows else 1
    for place, text in enumerate(texts(numbers)):
        yield f"{name}.{start + place // width}.{place % width}", text


# Random cases.


def cases(seed: int, *, maps: bool = False) -> Iterator[Case]:
    """Random networks of every activation and loss, of numbers as people type them and of others."""
    rng = random.Random(seed)
    while True:
        network, case = _map_network(rng) if maps else _network(rng), None
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


def _map_network(rng: random.Random) -> Network:
    """Layers of every kind that has windows, moves numbers or scales them, and a dense one where they end in a row."""
    axes = rng.choice([1, 2, 2, 3])
    shape: tuple[int, ...] = (rng.randint(1, 3), *(rng.randint(2, 5) for _ in range(axes)))
    layers: list[Layer] = []
    sources: list[tuple[int, ...]] = []
    shapes = [shape]
    while len(layers) < 2 or rng.random() < 0.6:
        kind = rng.choice([*("conv",) * 3, *ONE_BEHIND_THE_OTHER, *JOINING])
        alike = [number for number, each in enumerate(shapes[:-1]) if each == shapes[-1]]
        taken = (rng.choice(alike), len(layers)) if kind in JOINING and alike else (len(layers),)
        try:
            layers.append(_other(rng, kind, tuple(shapes[number] for number in taken)))
        except NnlecError:
            continue
        sources.append(taken)
        shapes.append(layers[-1].out_shape)
    if rng.random() < 0.6:
        kind = rng.choice(["flatten", "reshape"])
        given = {"shape": np.array([-1.0])} if kind == "reshape" else {}
        layers.append(LAYERS[kind].build(given, (shapes[-1],), activation("identity"), kind))
        units = rng.randint(1, 4)
        weights = [[_number(rng) for _ in range(units)] for _ in range(layers[-1].n_out)]
        layers.append(Dense(weights, [_number(rng) for _ in range(units)], _activation(rng, units)))  # type: ignore[arg-type]
        sources += [(len(layers) - 2,), (len(layers) - 1,)]
    return Network(tuple(layers), sources=tuple(sources))


ONE_BEHIND_THE_OTHER = ("max_pool", "average_pool", "transpose", "dropout", "scale", "batch_norm", "layer_norm")
JOINING = ("add", "multiply", "concat")


def _other(rng: random.Random, kind: str, shapes: tuple[tuple[int, ...], ...]) -> Layer:
    """A layer of a kind; one that does not fit raises `NnlecError`."""
    given = _given(kind, rng, shapes[0])
    layer = LAYERS[kind].build(given, shapes, activation("identity"), kind)
    return LAYERS[kind].build(given, shapes, _activation(rng, layer.n_out), kind) if rng.random() < 0.5 else layer


def _given(kind: str, rng: random.Random, shape: tuple[int, ...]) -> dict[str, Any]:
    """What a network file would say of it, as arrays and words."""
    said = _said(kind, rng, shape)
    return {key: value if isinstance(value, str) else np.array(value, dtype=float) for key, value in said.items()}


def _said(kind: str, rng: random.Random, shape: tuple[int, ...]) -> dict[str, Any]:
    channels, axes = shape[0], shape[1:]

    def numbers(*size: int, least: float = -99.0) -> Any:
        return np.array([max(least, _number(rng)) for _ in range(prod(size))]).reshape(size)

    def some(key: str, *draws: Any) -> dict[str, Any]:
        return {key: rng.choice(draws)} if rng.random() < 0.5 else {}

    windows = some("stride", 1, 2) | some("padding", 1, "same", [rng.randint(0, 1) for _ in axes]) | some("dilation", 2)
    if kind == "conv":
        groups = rng.choice([each for each in (1, 2, 3) if channels % each == 0])
        maps = groups * rng.randint(1, 2)
        own = {"weights": numbers(maps, channels // groups, *(rng.randint(1, 3) for _ in axes))}
        own |= {"groups": groups, "bias": numbers(maps)} if rng.random() < 0.5 else {"groups": groups}
        return own | windows | some("flip", "true", "false")
    if kind in ("max_pool", "average_pool"):
        size = {"size": rng.choice(["all", 2, [rng.randint(1, 3) for _ in axes]])}
        return size | windows | (some("count_padding", "true") if kind == "average_pool" else {})
    each = rng.choice([(), (channels,)])
    draws: dict[str, Callable[[], dict[str, Any]]] = {
        "transpose": lambda: {"axes": rng.sample(range(1, len(shape) + 1), len(shape))},
        "dropout": lambda: {"rate": 0.5},
        "layer_norm": lambda: {
            "epsilon": 0.01,
            **rng.choice([{}, {"scale": numbers(*axes)}, {"scale": numbers(*shape), "shift": numbers(*shape)}]),
        },
        "scale": lambda: some("subtract", numbers(*each)) | some("multiply", numbers(*each)) | {"divide": 1.6},
        "batch_norm": lambda: {
            "mean": numbers(*each),
            "variance": numbers(*each, least=0.0),
            "epsilon": 0.001,
            **some("scale", numbers(*each)),
            **some("shift", numbers(*each)),
        },
    }
    return draws[kind]() if kind in draws else {}


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
