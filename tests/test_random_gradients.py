"""Gradients of random networks of every kind: doubles against 60 digits, against PyTorch, and however rows are split.

A gradient is a sum of products of numbers that are sums themselves. Its largest term is the largest of the numbers on
the way back, or of what it changes by, to first order, with each number of the network and of the input: that is what
the last place of a double is counted of. tests/random_networks.py draws the networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest

from nnlec import Dense, activation
from nnlec.network.exact_batch import example_of
from nnlec.network.gradient import BLOCK, Gradients, gradients_of
from nnlec.network.losses import LossExample, loss
from nnlec.network.network import Network
from nnlec.network.quotient import check_gradients
from nnlec.network.step import exact_gradients, exact_step
from nnlec.network.trace import EXACT, ExactTrace, exact_trace
from nnlec.tables.step import BatchRows, GradientSum
from tests.random_networks import Case, Draw

LAST_PLACE = 2.0**-52
NUDGE = 2.0**-36

MOST_QUOTIENTS = 12
"""Learned numbers of a network whose difference quotients are worked out, two forward passes for each."""

FEW = range(20)
MANY = range(20, 3000)


def exactly(case: Case) -> tuple[list[dict[str, np.ndarray]], float]:
    """The sums of the rows' exact gradients, as decimal numbers, and the largest number on the way back."""
    totals: list[dict[str, np.ndarray]] = []
    largest = Decimal(0)
    for inputs, target in zip(case.inputs, case.target, strict=True):
        trace = exact_trace(case.network, inputs.tolist())
        with localcontext(EXACT):
            back = exact_gradients(trace, example_of(trace, case.loss, target))
            found = [{name: np.array(row, dtype=object) for name, row in of.gradients.items()} for of in back]
            both = zip(totals, found, strict=True)
            totals = [{name: a[name] + b[name] for name in a} for a, b in both] if totals else found
        numbers = [n for of in back for n in (*of.delta, *of.upstream, *of.below)]
        numbers += [n for of in back for row in of.gradients.values() for n in row]
        largest = max([largest, *map(abs, numbers)])
    return totals, float(largest)


def nudged(case: Case, seed: int) -> Gradients:
    """The gradients where each number of the network and of the inputs is another by a small share."""
    random = np.random.default_rng(seed)

    def near(array: np.ndarray) -> np.ndarray:
        return np.asarray(array * (1.0 + NUDGE * random.choice([-1.0, 1.0], size=array.shape)))

    layers = [
        replace(layer, **{name: near(layer.arrays[name]) for name in layer.learned}) if layer.learned else layer  # type: ignore[type-var]
        for layer in case.network.layers
    ]
    network = replace(case.network, layers=tuple(layers))
    return gradients_of(network, case.loss, near(case.inputs), case.target)[0]


def last_places(case: Case) -> Iterator[tuple[float, str]]:
    """How far each array of gradients is from the exact one, in last places of its largest term."""
    ours, _ = gradients_of(case.network, case.loss, case.inputs, case.target)
    exact, largest = exactly(case)
    others = [nudged(case, seed) for seed in range(3)]
    for number, (found, right) in enumerate(zip(ours, exact, strict=True)):
        assert found.keys() == right.keys()
        for name, array in found.items():
            changes = (np.abs(other[number][name] - array).max() / NUDGE for other in others)
            term = max(largest, *map(float, changes))
            errors = [abs(Decimal(a) - b) for a, b in zip(array.ravel().tolist(), right[name], strict=True)]
            worst = float(max(errors))
            yield (worst / term / LAST_PLACE if worst else 0.0), f"{case.network.layers[number].name} {name}"


def drawn(seeds: range) -> Iterator[tuple[int, Case]]:
    for seed in seeds:
        if (case := Draw(seed).case()).is_finite:
            yield seed, case


def expect_near(seeds: range) -> None:
    for seed, case in drawn(seeds):
        for places, where in last_places(case):
            assert places <= 8, f"seed {seed}, {where}: {places:.1f} last places"


def test_doubles_are_within_eight_last_places_of_the_largest_term() -> None:
    expect_near(FEW)


@pytest.mark.slow
def test_doubles_of_thousands_are_within_eight_last_places_of_the_largest_term() -> None:
    expect_near(MANY)


def expect_quotients(seeds: range) -> None:
    """The exact gradients of each small case's first row are difference quotients with more than 60 digits."""
    for seed, case in drawn(seeds):
        if case.network.parameters > MOST_QUOTIENTS:
            continue

        def example(trace: ExactTrace, case: Case = case) -> LossExample:
            return example_of(trace, case.loss, case.target[0])

        step = exact_step(case.network, case.inputs[0].tolist(), example, Decimal(0))
        found = check_gradients(step, example)
        assert (found.checked > 0, found.wrong) == (True, 0), f"seed {seed}"


def test_exact_gradients_are_difference_quotients() -> None:
    expect_quotients(range(6))


@pytest.mark.slow
def test_exact_gradients_of_hundreds_are_difference_quotients() -> None:
    expect_quotients(range(6, 300))


@pytest.mark.slow
def test_they_are_those_of_pytorch() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from tests.torch_networks import distance

    for seed, case in drawn(MANY):
        assert distance(case) <= 1e-12, f"seed {seed}"


# No digits are lost where a stable form exists.

ENDINGS = [
    ("cross-entropy", "identity"),
    ("cross-entropy", "softmax"),
    ("kl-divergence", "softmax"),
    ("negative-log-likelihood", "log_softmax"),
    ("negative-log-likelihood", "softmax"),
    ("binary-cross-entropy", "identity"),
    ("binary-cross-entropy", "sigmoid"),
]


@pytest.mark.parametrize(("name", "last"), ENDINGS)
def test_no_digit_is_lost_at_logits_of_a_thousand_nor_near_a_share_of_1(name: str, last: str) -> None:
    """Logits of few digits, so that they are the same in doubles; each gradient is right by itself, not the largest."""
    random = np.random.default_rng(len(name) + len(last))
    for size in (1.0, 30.0, 40.0, 300.0, 745.0, 1000.0):
        weights = (random.integers(-8, 9, size=(1, 3)) / 8.0) * size
        network = Network((Dense(weights, None, activation(last), "only"),), classes=("a", "b", "c"), loss=name)
        for target in np.eye(3):
            (found,), losses = gradients_of(network, loss(name), np.array([[1.0]]), target[None, :])
            case = Case(network, loss(name), np.array([[1.0]]), target[None, :])
            (exact,), _ = exactly(case)
            assert np.isfinite(losses).all()
            for ours, right in zip(found["weights"].ravel().tolist(), exact["weights"], strict=True):
                if abs(right) > Decimal("1e-300"):
                    assert abs(Decimal(ours) - right) <= 8 * Decimal(LAST_PLACE) * abs(right), (size, target)
                else:
                    assert abs(ours) < 1e-300


# The same bits however the rows come.


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_bits_of_a_batch_do_not_depend_on_how_it_is_split(seed: int) -> None:
    case, random = Draw(seed).case(), np.random.default_rng(seed)
    rows = BLOCK + 300
    inputs = random.normal(size=(rows, case.network.n_in))
    target = case.target[random.integers(0, len(case.target), rows)]
    whole, _ = gradients_of(case.network, case.loss, inputs, target)
    total = GradientSum(case.network, case.loss)
    batch = BatchRows(total.take, inputs[:0], target[:0])
    cuts = np.sort(random.integers(0, rows, 9)).tolist()
    for start, end in pairwise([0, *cuts, rows]):
        batch = batch.merge(BatchRows(total.take, inputs[start:end], target[start:end]))
    batch.end()
    for ours, theirs in zip(total.sums.gradients, whole, strict=True):
        assert all(array.tobytes() == theirs[name].tobytes() for name, array in ours.items())
