"""The Python API takes what it can mean and refuses the rest with one kind of error; everything kept can be pickled."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError, cross_entropy, load_network, loss, softmax
from nnlec.network.losses import LossExample

LECTURE = load_network("configs/lecture.yaml")
ONES = np.ones((2, 2))
Dense: Any = nnlec.Dense
Network: Any = nnlec.Network
"""Without their types: what a type checker would refuse is tried too."""


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: LECTURE.forward(np.array([2.8, -3.1, 4.2])), "the inputs are 1-D, expected rows of numbers"),
        (lambda: LECTURE.forward(None), "the inputs hold object, expected real numbers"),
        (lambda: LECTURE.forward(np.array([[1j, 2, 3]])), "the inputs hold complex128"),
        (lambda: LECTURE.forward(np.ones((1, 4))), "4 columns, expected 3"),
        (lambda: LECTURE.forward([[1, 2, 3], [4, 5]]), "the rows differ in length"),
        (lambda: LECTURE.forward(np.ones((2, 3, 1))), "the inputs are 3-D"),
        (lambda: LECTURE.forward([["1", "2", "3"]]), "expected real numbers"),
        (lambda: LECTURE.trace([1, 2]), "2 values, expected 3 (or 4 with the leading 1): x1, x2, x3"),
        (lambda: LECTURE.trace([2, 2.8, -3.1, 4.2]), "the first of 4 values is 2.0, expected the leading 1"),
        (lambda: LECTURE.exact_trace(np.ones((2, 3))), "2 rows, expected one example"),
        (lambda: Dense(ONES, np.array([1.0, 2, 3, 4])), "bias: 4 bias numbers for 2 columns of weights"),
        (lambda: Dense(ONES, np.ones(1)), "bias: 1 bias number for 2 columns of weights"),
        (lambda: Dense(np.ones(3)), "weights is 1-D, expected 2-D"),
        (lambda: Dense(ONES * 1j), "weights holds complex128, expected real numbers"),
        (lambda: Dense(ONES * np.nan), "weights holds a number that is not finite"),
        (lambda: Dense(np.ones((0, 2))), "weights is empty"),
        (lambda: Dense(ONES, None, "rellu"), "unknown activation 'rellu'"),
        (lambda: Dense(ONES, None, max), "expected its name or activation(name)"),
        (
            lambda: Dense(ONES, None, nnlec.activation("prelu", {"alpha": (1.0, 2.0, 3.0)})),
            "alpha has 3 numbers, but the layer has 2 units",
        ),
        (lambda: Dense(ONES, name=3), "the name is 3, expected a text"),
        (lambda: Network(()), "no layers, expected one at the least"),
        (lambda: Network((Dense(ONES), Dense(np.ones((3, 1))))), "layer 2 () takes 3 inputs"),
        (lambda: Network(LECTURE.layers, classes=("a", "b", "c")), "classes: 3 names, expected 2"),
        (lambda: Network(LECTURE.layers, classes=("a", "a")), "classes: 'a' is given twice"),
        (lambda: Network(LECTURE.layers, inputs=("a",)), "inputs: 1 name, expected 3"),
        (lambda: Network(LECTURE.layers, dtype="float16"), "dtype: 'float16' is not taken"),
        (lambda: Network(LECTURE.layers, loss="hingle"), "unknown loss 'hingle'"),
        (lambda: cross_entropy(np.ones((1, 2)), np.ones((1, 3))), "target: shape (1, 3), expected (1, 2)"),
        (lambda: cross_entropy(np.ones((2, 2)), np.ones((1, 2))), "target: shape (1, 2), expected (2, 2)"),
        (lambda: softmax(np.array([1.0, 2.0])), "softmax: shape (2,), expected (rows, classes)"),
    ],
)  # fmt: skip
def test_a_mistake_raises_nnlec_error(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(NnlecError) as caught:
        mistake()
    assert message in str(caught.value)


def test_names_of_activations_and_lists_of_numbers_are_taken() -> None:
    network = Network([Dense([[1, 2], [3, 4]], [0.5, 0.5], "relu", "hidden"), Dense([[1], [-1]], name="out")])
    assert network.forward([[1, 1], [0, -1]]).tolist() == [[-2.0], [0.0]]
    assert [type(step).__name__ for step in network.steps] == ["Dense", "Activation", "Dense"]


def test_a_layer_keeps_its_numbers_whatever_happens_to_the_arrays_it_was_given() -> None:
    weights, transposed = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 3.0], [2.0, 4.0]]).T
    for given in (weights, transposed, weights.astype(np.float32), weights.astype(int)):
        layer = Dense(given)
        given[0, 0] = 9
        assert layer.weights.tolist() == [[1.0, 2.0], [3.0, 4.0]]
        with pytest.raises(ValueError, match="read-only"):
            layer.weights[0, 0] = 9.0
        given[0, 0] = 1


def test_a_trace_of_one_example_is_exact_on_request() -> None:
    exact = LECTURE.exact_trace([1, 2.8, -3.1, 4.2])
    assert [str(number) for number in exact.output] == ["37.716", "-23.256"]
    assert exact.prediction == "y1"


@pytest.mark.parametrize("through", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy, copy.copy])
def test_what_is_kept_can_be_pickled_and_copied(through: Callable[[object], object]) -> None:
    row = np.array([[2.8, -3.1, 4.2]])
    network = through(LECTURE)
    assert isinstance(network, Network)
    assert network.forward(row).tobytes() == LECTURE.forward(row).tobytes()
    trace = through(LECTURE.trace(row))
    assert trace.output.tobytes() == LECTURE.trace(row).output.tobytes()  # type: ignore[attr-defined]
    exact = through(LECTURE.exact_trace([2.8, -3.1, 4.2]))
    assert exact.output == LECTURE.exact_trace([2.8, -3.1, 4.2]).output  # type: ignore[attr-defined]
    chosen = loss("cross-entropy", {"base": 2.0, "weights": (1.0, 2.0)})
    example = through(LossExample(chosen, ("a", "b"), (1.0, 2.0), (0.0, 1.0)))
    assert example.value == LossExample(chosen, ("a", "b"), (1.0, 2.0), (0.0, 1.0)).value  # type: ignore[attr-defined]


def test_parameters_of_a_frozen_object_cannot_change() -> None:
    with pytest.raises(TypeError):
        loss("huber").options["delta"] = 2.0  # type: ignore[index]
    with pytest.raises(TypeError):
        nnlec.activation("leaky_relu").parameters["alpha"] = 2.0  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        LECTURE.layers[0].arrays["weights"][0, 0] = 1
