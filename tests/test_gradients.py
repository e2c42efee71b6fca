"""Gradients of layers of every kind: exact ones against difference quotients, doubles against the exact ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nnlec import Dense, activation, load_network
from nnlec.arithmetic.numbers import Precise
from nnlec.network.gradient import BLOCK, Gradients, gradients_of
from nnlec.network.layers import LAYERS, Layer
from nnlec.network.layers.conv import Conv
from nnlec.network.layers.flatten import Flatten
from nnlec.network.layers.max_pool import MaxPool
from nnlec.network.layers.reshape import Reshape
from nnlec.network.losses import LOSSES, LossExample, loss
from nnlec.network.network import Network
from nnlec.network.quotient import check_gradients
from nnlec.network.step import exact_step
from nnlec.network.trace import ExactTrace
from tests.transcripts import TOP

KINDS = pytest.mark.parametrize("name", list(LAYERS))


def layer_of(name: str) -> Layer:
    """The layer of a kind's own example."""
    kind = LAYERS[name]
    shapes = kind.example.shapes or ((len(kind.example.inputs),),)
    values: Any = {
        key: value if isinstance(value, str) else np.array(value, dtype=np.float64)
        for key, value in kind.example.values.items()
    }
    return kind.build(values, shapes, activation("identity"), name)


def network_with(layer: Layer) -> tuple[Network, list[float]]:
    """Dense layers, the layer, and a dense layer: what is below it and above it learns too."""
    random = np.random.default_rng(1)
    shapes = getattr(layer, "shapes", ()) or (layer.in_shape,)
    layers: list[Layer] = []
    sources: list[tuple[int, ...]] = []
    taken: list[int] = []
    for number, shape in enumerate(shapes):
        width = int(np.prod(shape))
        weights, bias = random.normal(size=(3, width)).round(2), random.normal(size=width).round(2)
        layers += [Dense(weights, bias, activation("tanh"), f"before {number}"), Reshape((width,), shape)]
        sources += [(0,), (len(layers) - 1,)]
        taken.append(len(layers))
    last = Dense(random.normal(size=(layer.n_out, 2)).round(2), None, activation("sigmoid"), "after")
    layers += [layer, Flatten(layer.out_shape), last]
    sources += [tuple(taken), (len(layers) - 2,), (len(layers) - 1,)]
    return Network(tuple(layers), sources=tuple(sources), loss="half-sse"), [0.3, -0.7, 1.1]


def half_squares(trace: ExactTrace) -> LossExample:
    names = trace.network.output_names
    return LossExample(loss("half-sse"), names, tuple(map(Precise.of, trace.output)), (0.25, 0.5))


@KINDS
def test_exact_gradients_are_the_difference_quotients(name: str) -> None:
    network, inputs = network_with(layer_of(name))
    step = exact_step(network, inputs, half_squares, Decimal("0.1"))
    check = check_gradients(step, half_squares)
    assert check.checked == check.gradients
    assert (check.wrong, check.corners) == (0, 0)


@KINDS
def test_doubles_are_near_the_exact_gradients(name: str) -> None:
    network, inputs = network_with(layer_of(name))
    step = exact_step(network, inputs, half_squares, Decimal("0.1"))
    found = network.gradients(inputs, [0.25, 0.5])
    for of, arrays in zip(step.layers, found, strict=True):
        assert arrays.keys() == of.gradients.keys()
        for key, array in arrays.items():
            exact = np.array([float(g) for g in of.gradients[key]]).reshape(array.shape)
            assert np.abs(array - exact).max() <= 1e-14 * max(1.0, np.abs(exact).max())


@KINDS
def test_a_step_in_doubles_is_the_exact_step(name: str) -> None:
    network, inputs = network_with(layer_of(name))
    step = exact_step(network, inputs, half_squares, Decimal("0.1"))
    after = network.step(inputs, [0.25, 0.5], 0.1)
    assert after.forward([inputs])[0].tolist() == pytest.approx([float(f) for f in step.after.output], rel=1e-13)


def test_a_convolution_whose_first_cell_reads_padding_alone() -> None:
    """By hand: the one cell of 3 x 3 that reads x is 3 x 2 + 1, and L = (7 - 6)^2 / 2."""
    network = Network((Conv([[[[3.0]]]], (1, 1, 1), [1.0], padding=1), MaxPool((1, 3, 3), "all")))  # type: ignore[arg-type]
    (found, _) = network.gradients([2.0], [6.0], "half-sse")
    assert (found["weights"].item(), found["bias"].item()) == (2.0, 1.0)

    def compared(trace: ExactTrace) -> LossExample:
        return LossExample(loss("half-sse"), ("f",), tuple(map(Precise.of, trace.output)), (6.0,))

    step = exact_step(network, [2.0], compared, Decimal("0.1"))
    assert step.layers[0].gradients == {"weights": (Decimal(2),), "bias": (Decimal(1),)}


@pytest.mark.parametrize("name", list(LOSSES))
def test_every_loss_has_a_batch_gradient_that_is_its_difference_quotient(name: str) -> None:
    random = np.random.default_rng(2)
    last = {"negative-log-likelihood": "log_softmax", "binary-cross-entropy": "sigmoid"}.get(name, "identity")
    inputs, ones = random.normal(size=(5, 3)), np.eye(3)[[0, 1, 2, 0, 1]]
    target = {"distribution": ones, "sign": 2 * ones - 1}.get(LOSSES[name].target, random.uniform(size=(5, 3)))
    weights = random.normal(size=(3, 3))

    def measured(weights: np.ndarray) -> tuple[Gradients, float]:
        network = Network((Dense(weights, None, activation(last), "only"),), classes=("a", "b", "c"), loss=name)
        found, losses = gradients_of(network, loss(name), inputs, target)
        return found, float(losses.sum())

    found, _ = measured(weights)
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = 1e-6
        quotient = (measured(weights + step)[1] - measured(weights - step)[1]) / 2e-6
        assert found[0]["weights"][place] == pytest.approx(quotient, rel=1e-6, abs=1e-8)


def test_a_mean_is_the_sum_over_the_rows_weights() -> None:
    network = load_network(TOP / "configs" / "iris.yaml")
    random = np.random.default_rng(3)
    inputs, target = random.normal(size=(7, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0]]
    mean, total = network.gradients(inputs, target), network.gradients(inputs, target, per="sum")
    for a, b in zip(mean, total, strict=True):
        for key, array in a.items():
            np.testing.assert_allclose(array * 7, b[key], rtol=1e-14)


def test_scikit_learn_s_gradient_is_ours() -> None:
    neural = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    random = np.random.default_rng(4)
    inputs, labels = random.normal(size=(40, 5)), random.integers(0, 3, 40)
    labels[:3] = [0, 1, 2]
    network = Network(
        (
            Dense(random.normal(size=(5, 4)), random.normal(size=4), activation("tanh"), "hidden"),
            Dense(random.normal(size=(4, 3)), random.normal(size=3), activation("softmax"), "output"),
        ),
        classes=("0", "1", "2"),
    )
    theirs = neural.MLPClassifier(
        (4,), activation="tanh", solver="sgd", learning_rate_init=0.5, momentum=0.0, alpha=0.0
    )
    theirs.set_params(batch_size=40, max_iter=1, shuffle=False, n_iter_no_change=1)
    theirs.partial_fit(inputs, labels, classes=[0, 1, 2])
    theirs.coefs_ = [np.array(layer.arrays["weights"]) for layer in network.layers]
    theirs.intercepts_ = [np.array(layer.arrays["bias"]) for layer in network.layers]
    theirs._optimizer = type(theirs._optimizer)(theirs.coefs_ + theirs.intercepts_, 0.5, "constant", 0.0, False)
    theirs.partial_fit(inputs, labels)
    ours = network.step(inputs, np.eye(3)[labels], 0.5)
    for layer, weights, bias in zip(ours.layers, theirs.coefs_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(layer.arrays["weights"], weights, rtol=1e-12)
        np.testing.assert_allclose(layer.arrays["bias"], bias, rtol=1e-12)


def test_a_batch_is_the_sum_of_its_blocks_in_their_order() -> None:
    network = load_network(TOP / "configs" / "iris.yaml")
    random = np.random.default_rng(5)
    inputs, target = random.normal(size=(2 * BLOCK + 17, 4)), np.eye(3)[random.integers(0, 3, 2 * BLOCK + 17)]
    whole, _ = gradients_of(network, loss("ce"), inputs, target)
    parts = [
        gradients_of(network, loss("ce"), inputs[start : start + BLOCK], target[start : start + BLOCK])[0]
        for start in range(0, len(inputs), BLOCK)
    ]
    for number, arrays in enumerate(whole):
        for key, array in arrays.items():
            total = parts[0][number][key].copy()
            for part in parts[1:]:
                total += part[number][key]
            assert array.tobytes() == total.tobytes()
