"""Every line that `--steps` prints is true as printed: the lines are read back and worked out anew."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp

from nnlec.arithmetic.rounding import Rounding, in_full
from nnlec.models import load_network
from nnlec.network.activations import ACTIVATIONS, ActivationKind, activation, exact_softmax_of
from nnlec.network.layers import Dense
from nnlec.network.losses import LossExample, loss
from nnlec.network.network import Network
from nnlec.network.trace import exact_trace
from nnlec.notation import operand, put_in, text
from nnlec.rendering import RenderOptions
from nnlec.rendering.document import Document, Steps, Symbol
from nnlec.rendering.explain.activation import activation_line
from nnlec.rendering.explain.figures import Style, figure
from nnlec.rendering.explain.forward import describe_forward
from nnlec.rendering.explain.loss import describe_loss
from nnlec.rendering.explain.softmax import describe_softmax
from nnlec.rendering.terminal import write
from tests.conftest import Nnlec
from tests.relations import Exact, Relation, evaluated, relations

GALLERY = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))
ROUNDINGS = (Rounding(), Rounding(1, fixed=True), Rounding(0, fixed=True), Rounding(significant=3), Rounding(8))
MOVED = re.compile(r"\S+ = \S+\[[\d,]+\] [=≈] \S+$")
"""A number that is put into another place: nothing to work out."""


def printed_steps(document: Document) -> list[str]:
    """The lines of the steps as a pipe shows them."""
    text = write(tuple(block for block in document if isinstance(block, Steps)), RenderOptions())
    return [line.strip() for line in text.splitlines() if line.strip()]


def false_relations(lines: Sequence[str]) -> list[Relation]:
    """Those that are not true as printed; a line without any that can be worked out is no line of steps."""
    wrong = []
    for line in lines:
        verdicts = {relation: relation.holds for relation in relations(line)}
        plain = re.search(r" = 0(\.0+)?$", line) or MOVED.match(line)
        assert set(verdicts.values()) != {None} or plain, f"nothing to work out in {line!r}"
        wrong += [relation for relation, holds in verdicts.items() if holds is False]
    return wrong


@pytest.mark.parametrize(
    ("line", "true"),
    [
        ("f = 1.0 × 2.5 + (-3.1) × 2.3 = 2.5 - 7.13 = -4.63", True),
        ("f = 0.6 + 1.9 × 5.2 = 10.5", False),
        ("f = 0.6 + 1.9 × 5.2 ≈ 10.5", True),
        ("f ≈ 0.9503 × 1000 ≈ 950.3371", True),
        ("f ≈ 0.9503 × 1000.0 ≈ 951.1", False),
        ("s ≈ 0.8187 / 6.7908 ≈ 0.1206", True),
        ("s ≈ 0.8187 / 6.7908 ≈ 0.1207", False),
        ("h = tanh(100) = 1", False),
        ("h = (0 if 2 > 3, else 5) = 5", True),
        ("h = 1 + [3 terms: -4.5] + 2 = -1.5", True),
        ("-g ln s = -1 × ln 0 = inf", True),
    ],
)
def test_the_reader_of_lines_knows_true_from_false(line: str, true: bool) -> None:
    assert all(relation.holds is not False for relation in relations(line)) is true


def test_the_lecture_is_written_out_as_on_paper(nnlec: Nnlec) -> None:
    printed = nnlec("forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2", "--steps").stdout
    assert "h₁ = 1.0 × 2.5 + 2.8 × 5.0 + (-3.1) × 2.3 + 4.2 × (-1.0) = 2.5 + 14 - 7.13 - 4.2 = 5.17\n" in printed
    assert "= 0.6 + 9.823 + 8.682 + 8.099 + 10.512 = 37.716\n" in printed


LARGE = {"digits", "digits-cnn"}
"""Networks whose lines take a second; in `make test` they are written out with one rounding, the others with three."""


def chosen_of(name: str, number: int) -> set[int]:
    """Which roundings `make test` tries of a network: not the same ones with every network."""
    return {number % 2} if name in LARGE else {(number + i) % len(ROUNDINGS) for i in range(3)}


@pytest.mark.parametrize(
    ("path", "rounding"),
    [
        pytest.param(
            path,
            rounding,
            id=f"{rounding}-{path.stem}",
            marks=[pytest.mark.slow] if at not in chosen_of(path.stem, number) else [],
        )
        for number, path in enumerate(GALLERY)
        for at, rounding in enumerate(ROUNDINGS)
    ],
)
def test_every_line_of_the_gallery_is_true(path: Path, rounding: Rounding) -> None:
    network = load_network(path)
    row = [((7 * i) % 13 - 6) / 4 for i in range(network.n_in)]
    for carry in (None, rounding.value):
        lines = printed_steps(describe_forward(exact_trace(network, row, carry), Style(rounding, steps=True)))
        assert lines
        assert false_relations(lines) == []


@pytest.mark.parametrize("networks", [80, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_line_of_random_networks_is_true(networks: int) -> None:
    source = random.Random(networks)
    for _ in range(networks):
        network, row = random_network(source)
        rounding = source.choice(ROUNDINGS)
        carry = source.choice([None, rounding.value])
        lines = printed_steps(describe_forward(exact_trace(network, row, carry), Style(rounding, steps=True)))
        assert false_relations(lines) == []


@pytest.mark.parametrize(
    ("name", "parameters", "number", "expected"),
    [
        ("step", {"at_zero": 1.0}, -0.02, "f = step(-0.02) = (1 if -0.02 > 0, 1 if -0.02 = 0, else 0) = 0.0"),
        ("sign", {}, 0.04, "f = sign(0.04) = (1 if 0.04 > 0, 0 if 0.04 = 0, else -1) = 1.0"),
        ("thresholded_relu", {}, 1.0003, "f = thresholded_relu(1.0003) = (1.0003 if 1.0003 > 1, else 0) ≈ 1.0"),
        ("thresholded_relu", {}, 1.3333, "f ≈ thresholded_relu(1.3) = (1.3 if 1.3 > 1, else 0) = 1.3"),
    ],
)
def test_a_number_that_chooses_between_cases_has_the_digits_to_choose(
    name: str, parameters: dict[str, float], number: float, expected: str
) -> None:
    network = Network((Dense(np.array([[number]]), None, activation(name, parameters)),))
    style = Style(Rounding(1, fixed=True), steps=True)
    lines = printed_steps(describe_forward(exact_trace(network, [1.0]), style))
    assert lines[-1] == expected
    assert false_relations(lines) == []


def test_figures_of_a_layer_are_those_of_fractions() -> None:
    source = random.Random(4)
    for _ in range(50):
        network, row = random_network(source, activations=("identity", "relu"))
        lines = printed_steps(describe_forward(exact_trace(network, row), Style(steps=True)))
        inputs = [Fraction(repr(x)) for x in row]
        for layer in network.layers:
            bias = layer.arrays.get("bias", np.zeros(layer.n_out))
            sums = [
                Fraction(repr(b)) + sum(x * Fraction(repr(w)) for x, w in zip(inputs, column, strict=True))
                for b, column in zip(bias.tolist(), layer.arrays["weights"].T.tolist(), strict=True)
            ]
            for expected in sums:
                first, *_, last = relations(lines.pop(0))
                assert Decimal(last.right) == rounded(expected, 4)
                assert first.sign == "≈" or evaluated(first.right, Exact()) == expected
            if layer.activation.name == "relu":
                lines = lines[len(sums) :]
                sums = [max(x, Fraction(0)) for x in sums]
            inputs = sums


def rounded(value: Fraction, places: int) -> Decimal:
    """Half away from zero, by whole numbers; scientific notation for the very large, and for what would be a 0."""
    whole = int(abs(value) * 10**places + Fraction(1, 2))
    if abs(value) >= 10**15:
        places = places + 1 - len(str(int(abs(value))))
    elif whole == 0 and value:
        while abs(value) * 10**places < 10**3:
            places += 1
    whole = int(abs(value) * Fraction(10) ** places + Fraction(1, 2))
    return Decimal(f"{'-' if value < 0 else ''}{whole}e{-places}")


POINTWISE = [kind for kind in ACTIVATIONS.values() if kind.pointwise]


@pytest.mark.parametrize("kind", POINTWISE, ids=lambda kind: kind.name)
def test_every_activation_is_what_its_written_formula_says(kind: ActivationKind) -> None:
    parameters = {p.name: in_full(Decimal(repr(p.default))) for p in kind.parameters}
    for number in ("-7.25", "-1.5", "-0.5", "0", "0.25", "2.5", "8"):
        values = {"x": number, **parameters}
        written = text(put_in(kind.formula, {name: operand(value) for name, value in values.items()}))
        expected = activation(kind.name).exact([Decimal(number)])[0]
        value = evaluated(written, Exact())
        value = mp.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value
        assert abs(mp.mpf(str(expected)) - value) < mp.mpf("1e-50"), written
        argument, output = figure(Decimal(number), Style()), figure(expected, Style())
        line = activation_line((Symbol("h"),), activation(kind.name), argument, output)
        assert false_relations(printed_steps((Steps((line,)),))) == []


def random_network(
    source: random.Random, activations: Sequence[str] = ("identity", "relu", "sigmoid", "tanh", "step", "softmax")
) -> tuple[Network, list[float]]:
    """One to three layers of one to fourteen neurons, weights of few or of many digits, of any size."""
    sizes = [source.choice([1, 2, 3, 4, 14]) for _ in range(source.randint(2, 4))]
    digits, scale = source.choice([0, 1, 2, 6, 15]), source.choice([1e-7, 0.1, 1, 10, 1e3])

    def number() -> float:
        return source.choice([0.0, 1.0, round(source.gauss(0, 1) * scale, digits), source.gauss(0, 3)])

    layers = tuple(
        Dense(
            np.array([[number() for _ in range(n_out)] for _ in range(n_in)]),
            np.array([number() for _ in range(n_out)]) if source.random() < 0.7 else None,
            activation(source.choice(activations) if source.random() < 0.7 else "identity"),
            f"layer {i}",
        )
        for i, (n_in, n_out) in enumerate(pairwise(sizes), start=1)
    )
    classes = tuple(f"y{i}" for i in range(sizes[-1])) if source.random() < 0.5 and sizes[-1] > 1 else ()
    return Network(layers, classes=classes), [number() for _ in range(sizes[0])]


@pytest.mark.parametrize("rounding", ROUNDINGS, ids=str)
def test_every_line_of_softmax_and_the_losses_is_true(rounding: Rounding) -> None:
    source = random.Random(7)
    for _ in range(8):
        size = source.choice([2, 3, 5, 30])
        scores = tuple(source.choice([0.0, round(source.gauss(0, 2), 1), source.gauss(0, 300)]) for _ in range(size))
        names = tuple(f"y{i}" for i in range(size))
        target = tuple(1.0 if i == 0 else 0.0 for i in range(size))
        style = Style(rounding, steps=True)
        lines = printed_steps(describe_softmax(exact_softmax_of([Decimal(repr(f)) for f in scores]), names, style))
        for name, options in (("cross-entropy", {}), ("cross-entropy", {"base": 2.0}), ("mean-squared-error", {})):
            lines += printed_steps(describe_loss(LossExample(loss(name, options), names, scores, target), style))
        given = LossExample(loss("cross-entropy"), names, target[::-1], target, given_probabilities=True)
        lines += printed_steps(describe_loss(given, style))
        assert false_relations(lines) == []
