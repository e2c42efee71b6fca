"""A row depends on itself alone: the same bits beside any other rows, in any block, in any place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from nnlec import cross_entropy, softmax
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.activations import rows as row_functions
from nnlec.network.losses import LOSSES, loss
from tests.conftest import examples

Array = NDArray[np.float64]

HARD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -1e-310, 1e154, 1e308, -1e308, 5.0, 5.0, -745.0, 1.0]
NUMBERS = st.sampled_from(HARD) | st.floats(-50, 50)
PROBABILITIES = st.sampled_from([0.0, 1.0, 0.5, 5e-324, 1e-310, np.nan, np.inf, -1.0, 1.0 - 2.0**-53]) | st.floats(0, 1)
SEVERAL = [{"alpha": (0.5, -1.0, 0.0)}]
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "softmax": [{"temperature": 0.3}],
    "prelu": SEVERAL,
    "silu": [{"beta": 1.7}, {"beta": 0.0}],
    "hard_sigmoid": [{"alpha": 0.0}],
    "leaky_relu": [{"alpha": 0.0}],
}
OPTIONS: dict[str, list[Any]] = {
    "base": ["e", "10"],
    "weights": [(), (1.0, 3.0, 0.0)],
    "label_smoothing": [0.0, 0.1],
    "delta": [1.0],
}

quick = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_of(elements: st.SearchStrategy[float]) -> st.SearchStrategy[Array]:
    return st.integers(1, 7).flatmap(lambda rows: arrays(np.float64, (rows, 3), elements=elements))


def targets(rows: int) -> st.SearchStrategy[Array]:
    """Of each row: one class, a distribution, twice all the mass, none, or what it should not be."""
    one = st.sampled_from(
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [1.0, 1.0, 0.0], [0.0] * 3, [1.0, -1.0, 1.0]]
    )
    return st.lists(one | st.lists(PROBABILITIES, min_size=3, max_size=3), min_size=rows, max_size=rows).map(np.array)


def bits(values: Array) -> bytes:
    """The bytes of numbers; those of NaN, whose sign is the processor's whim, all alike."""
    return bytes(np.where(np.isnan(values), np.nan, values).tobytes())


def alone(function: Any, *batch: Array) -> list[bytes]:
    return [bits(function(*(a[i : i + 1] for a in batch))) for i in range(len(batch[0]))]


def together(function: Any, *batch: Array) -> list[bytes]:
    return [bits(row) for row in function(*batch)]


@quick
@given(rows_of(NUMBERS))
def test_an_activations_row(x: Array) -> None:
    for name in ACTIVATIONS:
        for parameters in [{}, *PARAMETERS.get(name, [])]:
            chosen = activation(name, parameters)
            assert together(chosen, x) == alone(chosen, x), (name, parameters)


@pytest.fixture(params=[2, 8192], ids=["blocks of two rows", "one block"])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    size = request.param * 3 if request.param == 2 else request.param
    monkeypatch.setattr("nnlec.network.losses.configured.BLOCK", size)
    monkeypatch.setattr(row_functions, "BLOCK", size)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("name", LOSSES)
@quick
@given(st.data())
def test_a_losss_row(name: str, data: st.DataObject) -> None:
    kind = LOSSES[name]
    given_probabilities = kind.from_probabilities is not None and data.draw(st.booleans())
    predicted = data.draw(rows_of(PROBABILITIES if given_probabilities else NUMBERS))
    target = data.draw(rows_of(NUMBERS) if kind.target == "real" else targets(len(predicted)))
    target = np.resize(target, predicted.shape)
    names = [parameter.name for parameter in kind.parameters]
    for chosen in {tuple(data.draw(st.sampled_from(OPTIONS[name])) for name in names) for _ in range(2)}:
        measure = loss(name, dict(zip(names, chosen, strict=True)))
        for function in (measure.value, measure.terms):

            def computed(f: Array, g: Array, function: Any = function) -> Array:
                values: Array = function(f, g, given_probabilities=given_probabilities)
                return values

            assert together(computed, predicted, target) == alone(computed, predicted, target), chosen
        assert together(measure.row_weights, target) == alone(measure.row_weights, target), chosen


@quick
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_wide_row_of_softmax_and_cross_entropy(width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = np.where(random.random((9, width)) < 0.1, random.choice(HARD, (9, width)), random.normal(size=(9, width)) * 9)
    target = np.where(
        random.random((9, 1)) < 0.5, np.eye(width)[random.integers(0, width, 9)], random.random((9, width))
    )
    assert together(softmax, x) == alone(softmax, x)
    assert together(cross_entropy, x, target) == alone(cross_entropy, x, target)


def test_tied_scores_beside_a_row_of_nan() -> None:
    values = cross_entropy([[5.0, 5.0], [np.nan, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
    assert values[0] == np.log(2.0)
    assert np.isnan(values[1])
