"""Every network in configs/ does what the comment at its top says, by figures computed without nnlec."""

from __future__ import annotations

import csv
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.testing import assert_allclose

from nnlec import cross_entropy, load_network, softmax
from tests.transcripts import TOP, run, workplace

CONFIGS = TOP / "configs"
NETWORKS = sorted(CONFIGS.glob("*.yaml"))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# (network, inputs, what each layer gives), worked by hand.
FIGURES: list[tuple[str, list[float], list[list[float]]]] = [
    ("lecture", [2.8, -3.1, 4.2], [[5.17, 14.47, -6.23, 4.38], [37.716, -23.256]]),
    ("neuron", [2.0, -1.0, 0.5], [[sigmoid(2.95)]]),
    ("perceptron", [0.0, 1.0], [[0.0]]),
    ("perceptron", [1.0, 1.0], [[1.0]]),
    ("mlp", [0.0, 0.0], [[0.0, 0.0], [0.0]]),
    ("mlp", [0.0, 1.0], [[1.0, 0.0], [1.0]]),
    ("mlp", [1.0, 0.0], [[1.0, 0.0], [1.0]]),
    ("mlp", [1.0, 1.0], [[2.0, 1.0], [0.0]]),
    ("rain", [85.0, 1002.0, 90.0], [[sigmoid(2.2)]]),
    ("rain-amount", [85.0, 1002.0, 90.0], [[3.6]]),
    ("rain-amount", [45.0, 1025.0, 20.0], [[0.0]]),
    ("house-price", [150.0, 4.0, 5.0], [[800_000.0]]),
    ("step-decimals", [2.0, 3.0], [[0.85, 0.48], [0.191]]),
    ("step-sigmoid", [0.05, 0.10], [[sigmoid(0.3775), sigmoid(0.3925)], [0.7513650695523157, 0.7729284653214625]]),
    ("edges", [9.0, 9, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0], [[27.0, 27, 18, 18, 0, 0, 18, 9], [27.0, 18]]),
    ("signal", [0.0, 0, 1, 4, 5, 5], [[0.25, 1.5, 3.5, 4.75, 0.5, 2, 2, 0.5], [2.5, 1.25]]),
    ("video", [8.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0], [[0.0, 2, 2, 2]]),
    ("residual", [2.0, 3.0], [[5.0, 0], [1.5, -0.5], [3.5, 2.5]]),
    ("standardised", [46.0, 180.0], [[0.5, 0.75], [1.6, 0], [sigmoid(1.46)]]),
    ("animals", [4.0, 1.0, 0.0, 0.0, 0.25], [[-0.2, 0.3, 0.8, -0.1, 0.4]]),
]


@pytest.mark.parametrize(("name", "inputs", "expected"), FIGURES)
def test_the_figures_worked_by_hand(name: str, inputs: list[float], expected: list[list[float]]) -> None:
    trace = load_network(CONFIGS / f"{name}.yaml").trace(inputs)
    for layer, figures in zip(trace.layers, expected, strict=True):
        assert_allclose(layer.output[0], figures, rtol=1e-13)


def test_the_deep_network_layer_by_layer() -> None:
    hidden = math.tanh(0.7895), math.tanh(-0.6335)
    output = [-0.2 + 1.1 * hidden[0] - 0.8 * hidden[1], 0.3 - 0.6 * hidden[0] + 0.9 * hidden[1]]
    expected = [
        [1.55, 0.0, 0.7, 2.8],  # x^T W = 1.55, -1.6, 0.7, 2.8, and relu
        [0.715, 0.135, 2.64],
        hidden,
        [*output, 0.1 + 0.4 * hidden[0] + 0.5 * hidden[1]],
    ]
    layers = load_network(CONFIGS / "deep.yaml").trace([0.5, -1.5, 2.0]).layers
    for layer, figures in zip(layers, expected, strict=True):
        assert_allclose(layer.output[0], figures, rtol=1e-13)


def test_the_lecture_file_holds_the_numbers_of_the_slides() -> None:
    """Read by plain PyYAML, multiplied in fractions."""
    row = [Fraction(x) for x in ("2.8", "-3.1", "4.2")]
    printed = []
    for layer in yaml.safe_load((CONFIGS / "lecture.yaml").read_text(encoding="utf-8"))["layers"]:
        columns = zip(*([Fraction(str(w)) for w in weights] for weights in layer["weights"]), strict=True)
        row = [sum(h * w for h, w in zip([Fraction(1), *row], column, strict=True)) for column in columns]
        printed.append([float(x) for x in row])
    assert printed == [[5.17, 14.47, -6.23, 4.38], [37.716, -23.256]]


def test_the_lecture_in_python() -> None:
    """The figures of the guide's Python page, and of the loss slides."""
    network = load_network(CONFIGS / "animals.yaml")
    trace = network.trace([4, 1, 0, 0, 0.25])
    expected = [0.120564829574741, 0.198777799018212, 0.327729185384281, 0.133244743388751, 0.219683442634014]
    assert_allclose(softmax(trace.logits)[0], expected, rtol=1e-14)
    assert trace.probabilities is not None
    assert_allclose(trace.probabilities[0], expected, rtol=1e-14)
    assert trace.prediction == ("ostrich",)
    cat = np.array([[0.0, 0.0, 0.0, 1.0, 0.0]])
    assert_allclose(cross_entropy(trace.logits, cat), [2.0155676659544674], rtol=1e-15)


def test_iris_is_right_about_49_of_the_50_flowers_it_has_not_seen() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    inputs, labels = datasets.load_iris(return_X_y=True)
    inputs, labels = inputs[::3], labels[::3]
    hidden = np.maximum(
        inputs @ [[-0.44, 0.80], [-0.83, 1.10], [1.31, -2.82], [2.05, -1.19]] + [-0.96, 8.03],
        0,
    )
    logits = hidden @ [[-0.74, -1.41, 2.07], [2.16, 0.28, -2.41]] + [-5.44, 8.51, -3.91]
    network = load_network(CONFIGS / "iris.yaml")
    assert_allclose(network.forward(inputs), logits, rtol=1e-12, atol=1e-13)
    assert np.sum(np.argmax(logits, axis=1) == labels) == 49
    assert_same_table("iris", inputs, [network.classes[y] for y in labels])


def test_digits_is_right_about_354_of_the_360_pictures_it_has_not_seen() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    inputs, labels = datasets.load_digits(return_X_y=True)
    inputs, labels = inputs[::5], labels[::5]
    with np.load(CONFIGS / "digits.npz") as arrays:
        first, second = arrays["W1"], arrays["W2"]
    hidden = np.maximum(inputs @ first[1:] + first[0], 0)
    logits = hidden @ second[1:] + second[0]
    network = load_network(CONFIGS / "digits.yaml")
    assert_allclose(network.forward(inputs), logits, rtol=1e-10, atol=1e-10)
    assert np.sum(np.argmax(logits, axis=1) == labels) == 354
    assert_same_table("digits", inputs, [str(y) for y in labels])


def test_the_cnn_is_right_about_358_of_the_360_pictures_it_has_not_seen() -> None:
    """Beside the sums of scipy's correlate."""
    datasets, correlate = pytest.importorskip("sklearn.datasets"), pytest.importorskip("scipy.signal").correlate
    inputs, labels = datasets.load_digits(return_X_y=True)
    inputs, labels = inputs[::5], labels[::5]
    with np.load(CONFIGS / "digits-cnn.npz") as arrays:
        learned = dict(arrays)
    network = load_network(CONFIGS / "digits-cnn.yaml")
    logits = network.forward(inputs)
    for picture, row in zip(inputs[::40], logits[::40], strict=True):
        maps = picture.reshape(1, 8, 8) / 16
        for kernels, bias in ((learned["K1"], learned["b1"]), (learned["K2"], learned["b2"])):
            sums = np.array([sum(correlate(x, k, "same") for x, k in zip(maps, each, strict=True)) for each in kernels])
            found = np.maximum(sums + bias[:, None, None], 0)
            maps = found.reshape(len(found), found.shape[1] // 2, 2, -1, 2).max(axis=(2, 4))
        assert_allclose(row, maps.ravel() @ learned["W"] + learned["b"], rtol=1e-10, atol=1e-10)
    assert np.sum(np.argmax(logits, axis=1) == labels) == 358


def assert_same_table(name: str, inputs: np.ndarray[tuple[int, ...], np.dtype[np.float64]], labels: list[str]) -> None:
    """The table beside a trained network holds the examples that were kept out of its training."""
    with (CONFIGS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert tuple(header[:-1]) == load_network(CONFIGS / f"{name}.yaml").inputs
    assert [[float(cell) for cell in row[:-1]] for row in rows] == inputs.tolist()
    assert [row[-1] for row in rows] == labels


def commands(network: Path) -> list[str]:
    """The commands in the comment at the top of a network file."""
    return re.findall(r"^#   ((?:nnlec|cat|head) .*)$", network.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda path: path.stem)
def test_the_commands_in_the_comment_run(network: Path) -> None:
    assert commands(network)
    with workplace():
        for command in commands(network):
            ran = run(command)
            assert (ran.code, ran.stderr) == (0, ""), command
            assert ran.stdout


def test_every_network_is_here() -> None:
    tested = {name for name, _, _ in FIGURES} | {"deep", "iris", "digits", "digits-cnn"}
    assert tested == {path.stem for path in NETWORKS}
