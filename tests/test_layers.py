"""Layers are kinds: what holds for every row of the registry, and the second kind, scale, through every command."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.grading import mark, network_problem
from nnlec.grading.reading import figure
from nnlec.models import load_network
from nnlec.network.activations import IDENTITY, activation
from nnlec.network.layers import LAYERS, Dense, Layer, LayerKind, Scale, layer_kind
from nnlec.network.layers.add import Add
from nnlec.network.layers.average_pool import AveragePool
from nnlec.network.layers.batch_norm import BatchNorm
from nnlec.network.layers.concat import Concat
from nnlec.network.layers.conv import Conv
from nnlec.network.layers.dropout import Dropout
from nnlec.network.layers.flatten import Flatten
from nnlec.network.layers.layer_norm import LayerNorm
from nnlec.network.layers.max_pool import MaxPool
from nnlec.network.layers.multiply import Multiply
from nnlec.network.layers.reshape import Reshape
from nnlec.network.layers.transpose import Transpose
from nnlec.network.network import Network
from nnlec.network.trace import EXACT, exact_trace
from tests.conftest import Nnlec

KINDS = pytest.mark.parametrize("kind", LAYERS.values(), ids=list(LAYERS))
COMBINED: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "sum": lambda products: sum(products, Fraction()),
    "product": lambda factors: Fraction(prod(factors)),
    "max": max,
    "copy": lambda taken: taken[0],
}
SCALED = """\
inputs: [age, height]
layers:
  - {name: standardise, type: scale, subtract: [40, 1.7], divide: [20, 0.1], activation: identity}
  - {name: output, weights: [[1, -2], [0.5, 3]], bias: [0.5, -0.5], activation: relu}
"""


def example_of(kind: LayerKind) -> Layer:
    values, inputs, _, shapes = kind.example
    arrays = {key: value if isinstance(value, str) else np.array(value, dtype=float) for key, value in values.items()}
    return kind.build(arrays, shapes or ((len(inputs),),), IDENTITY, "example")


def random_layers(kind: str) -> list[Layer]:
    """Some layers of every kind, of several sizes and shapes."""
    rng = np.random.default_rng(5)
    shapes: list[tuple[int, ...]] = [(1,), (6,), (2, 3), (3, 2, 4), (1, 5, 5)]
    numbers = [rng.uniform(0.5, 2, size=(3, n)).round(2) for n in (1, 4, 9)]
    made: dict[str, Callable[[], list[Layer]]] = {
        "dense": lambda: [
            Dense(rng.normal(size=shape).round(3), rng.normal(size=shape[1]) if i % 2 else None)
            for i, shape in enumerate(((1, 1), (3, 2), (5, 7), (40, 3)))
        ],
        "scale": lambda: [
            *(Scale(each.shape[1], subtract=each[0], divide=each[1], add=each[2]) for each in numbers),
            Scale((4, 2, 3), subtract=numbers[1][0], divide=np.array(255.0), multiply=rng.uniform(1, 2, 24).round(2)),
        ],
        "conv": lambda: [
            Conv(rng.normal(size=(2, 1, 3)).round(2), (1, 5), np.array([0.5, -1])),
            Conv(rng.normal(size=(4, 3, 2, 3)).round(2), (3, 4, 5), None, (2, 1), ((1, 0), (2, 1)), (1, 2)),
            Conv(rng.normal(size=(6, 2, 2, 2)).round(2), (6, 4, 4), rng.normal(size=6).round(2), 2, "same", groups=3),
            Conv(rng.normal(size=(3, 1, 3, 3)).round(2), (3, 3, 4), padding=1, groups=3, flip=True),
            Conv(rng.normal(size=(2, 2, 2, 1, 2)).round(2), (2, 3, 2, 4), np.array([1.0, 2.0]), 1, 1),
        ],
        "max_pool": lambda: [
            MaxPool((1, 5), 2),
            MaxPool((3, 5, 4), (3, 2), 1, "same"),
            MaxPool((2, 4, 4), "all"),
            MaxPool((1, 3, 4, 5), 2, 2, ((1, 0), (0, 0), (1, 1)), (1, 2, 1)),
        ],
        "average_pool": lambda: [
            AveragePool((1, 5), 2),
            AveragePool((3, 5, 4), (3, 2), 1, "same"),
            AveragePool((2, 4, 4), "all"),
            AveragePool((1, 3, 4, 5), 2, 2, ((1, 0), (0, 0), (1, 1)), count_padding=True),
        ],
        "batch_norm": lambda: [
            BatchNorm((4,), numbers[1][0], numbers[1][1], np.array(0.001), numbers[1][2]),
            BatchNorm((4, 2, 3), np.array(0.5), numbers[1][1], np.array(0.1), np.array(-2.0), numbers[1][2]),
        ],
        "layer_norm": lambda: [
            LayerNorm((9,), np.array(0.001), *numbers[2][:2]),
            LayerNorm((2, 3, 4), np.array(0.001), rng.normal(size=(3, 4)).round(2)),
            LayerNorm((2, 3, 4), np.array(0.001)),
            LayerNorm((5, 4), np.array(0.0), np.array(2.0), numbers[1][0]),
        ],
        "flatten": lambda: [Flatten(shape) for shape in shapes],
        "reshape": lambda: [Reshape((12,), (3, 4)), Reshape((2, 3, 4), (24,)), Reshape((5,), (5, 1, 1))],
        "transpose": lambda: [
            Transpose(shape, tuple(int(axis) + 1 for axis in rng.permutation(len(shape)))) for shape in shapes
        ],
        "dropout": lambda: [Dropout(shape, 0.25) for shape in shapes],
        "add": lambda: [Add((shape,) * n) for n, shape in enumerate(shapes, start=2)],
        "multiply": lambda: [Multiply(pair) for pair in (((2,), (2,)), ((3, 2, 4), (3, 1, 1)), ((2, 3), (2, 3)))],
        "concat": lambda: [Concat(((2,), (3,))), Concat(((2, 3, 3), (1, 3, 3), (4, 3, 3)))],
    }
    return made[kind]()


@KINDS
def test_the_example_of_a_kind_is_worked_by_hand(kind: LayerKind) -> None:
    _, inputs, outputs, _ = kind.example
    layer = example_of(kind)
    assert layer.forward(np.array([inputs])).tolist() == [list(outputs)]
    with localcontext(EXACT):
        assert [float(number) for number in layer.exact(list(map(Decimal, inputs)))] == list(outputs)


@KINDS
def test_terms_say_what_forward_computes(kind: LayerKind) -> None:
    rng = np.random.default_rng(6)
    for layer in random_layers(kind.name):
        row = rng.normal(size=layer.n_in).round(3)
        for unit, number in enumerate(layer.forward(row[np.newaxis])[0].tolist()):
            if layer.combine == "function":
                with localcontext(EXACT):
                    exact = layer.exact_unit([Decimal(repr(x)) for x in row.tolist()], unit)
                assert number == pytest.approx(float(exact), rel=1e-14, abs=1e-14)
                continue
            terms, bias = layer.terms(unit)
            products = []
            for source, factor, parameter in terms:
                x = Fraction(repr(float(row[source])))
                products.append(x if factor is None else x * Fraction(factor))
                if parameter is not None:
                    name, index = parameter
                    assert factor is not None
                    assert float(factor) == layer.arrays[name][index]
            total = COMBINED[layer.combine](products) + Fraction(bias or 0)
            assert number == pytest.approx(float(total), rel=1e-12, abs=1e-12)


@KINDS
def test_a_row_has_the_same_bits_alone_and_in_any_batch(kind: LayerKind) -> None:
    rng = np.random.default_rng(7)
    for layer in random_layers(kind.name):
        rows = rng.normal(size=(1100, layer.n_in))
        whole = layer.forward(rows)
        assert layer.forward(rows[33:34]).tobytes() == whole[33:34].tobytes()
        assert layer.forward(rows[500:777]).tobytes() == whole[500:777].tobytes()
        assert not (np.signbit(layer.forward(np.zeros((3, layer.n_in)))) & (layer.forward(rows[:3] * 0) == 0)).any()


@KINDS
def test_layers_pickle_copy_and_cannot_be_changed(kind: LayerKind) -> None:
    layer = example_of(kind)
    row = np.array([kind.example[1]])
    for made in (pickle.loads(pickle.dumps(layer)), copy.deepcopy(layer)):
        assert made.forward(row).tobytes() == layer.forward(row).tobytes()
        for array in made.arrays.values():
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_what_was_given_may_change_afterwards() -> None:
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    layer = Dense(weights)
    weights[0, 0] = 100
    assert layer.forward(np.array([[1.0, 0.0]])).tolist() == [[1.0, 2.0]]


def test_scale_does_what_a_standardiser_does() -> None:
    rows = np.random.default_rng(8).normal(3, 2, size=(50, 4))
    scaler = StandardScaler().fit(rows)
    layer = Scale(4, subtract=scaler.mean_, divide=scaler.scale_)
    np.testing.assert_allclose(layer.forward(rows), scaler.transform(rows), rtol=1e-15, atol=1e-15)


@pytest.fixture
def scaled(tmp_path: Path) -> str:
    path = tmp_path / "scaled.yaml"
    path.write_text(SCALED, encoding="utf-8")
    return str(path)


def test_scale_is_worked_out_on_paper(nnlec: Nnlec, scaled: str) -> None:
    printed = nnlec("forward", scaled, "-i", "50,1.75", "--steps").stdout
    assert "h₁ = (50 - 40) / 20 × 1 + 0 = 0.5\n" in printed
    assert "h₂ = (1.75 - 1.7) / 0.1 × 1 + 0 = 0.5\n" in printed
    assert "f₂ = relu(0) = max(0, 0) = 0\n" in printed
    assert "[ 1.25  0.00 ]" in printed


def test_scale_in_every_paper_format_shows_its_numbers(nnlec: Nnlec, scaled: str) -> None:
    for form in ("table", "markdown", "latex", "html", "svg"):
        shown = nnlec("forward", scaled, "-i", "50,1.75", "--steps", "-f", form)
        assert shown.returncode == 0
        assert "1.75" in shown.stdout


def test_scale_in_data_tables_and_pictures(nnlec: Nnlec, scaled: str) -> None:
    record = json.loads(nnlec("forward", scaled, "-i", "50,1.75", "-f", "json").stdout)
    assert record["layers"][0] == {
        "name": "standardise", "type": "scale", "activation": "identity", "in_shape": [2], "shape": [2],
        "inputs": [50.0, 1.75],
        "subtract": [40.0, 1.7], "divide": [20.0, 0.1], "pre_activation": [0.5, 0.5], "output": [0.5, 0.5],
    }  # fmt: skip
    assert record["output"] == [1.25, 0.0]
    assert "standardise   scale   2 -> 2   identity     subtract, divide            4" in nnlec("show", scaled).stdout
    assert "(h1 0.5)" in nnlec("draw", scaled, "-i", "50,1.75").stdout
    assert nnlec("forward", scaled, stdin="age,height\n50,1.75\n").stdout.startswith("y1,y2\n1.25")


def test_scale_is_checked(nnlec: Nnlec, scaled: str) -> None:
    right = nnlec("check", scaled, "-i", "50,1.75", "--layer", "standardise=0.5,0.5", "--output", "1.25,0")
    assert (right.returncode, "All 4 figures are right" in right.stdout) == (0, True)
    assert nnlec("check", scaled, "-i", "50,1.75", "--layer", "standardise=0.5,0.6").returncode == 1


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("{type: scaling, activation: identity}", "layers[0].type: unknown layer type 'scaling'"),
        ("{type: scale, divide: [1, 2, 3], activation: identity}", "layers[0].divide: 3 numbers for 2 inputs"),
        ("{type: scale, divide: 0, activation: identity}", "layers[0].divide: a division by 0"),
        ("{type: scale, weights: [[1]], activation: identity}", "unknown key 'weights'"),
        ("{type: scale, divide: x, activation: identity}", "layers[0].divide: 'x' is not a number"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_scale_layer_is_one_line(nnlec: Nnlec, tmp_path: Path, layer: str, message: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"inputs: [a, b]\nlayers:\n  - {layer}\n", encoding="utf-8")
    shown = nnlec("show", str(path))
    assert (shown.returncode, shown.stdout) == (2, "")
    assert message in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_a_scale_layer_of_single_numbers_needs_to_know_how_many_inputs(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("layers:\n  - {type: scale, divide: 255, activation: identity}\n", encoding="utf-8")
    assert (
        "how many inputs it takes is not known (name the `inputs`, or write a list of numbers)"
        in nnlec("show", str(path)).stderr
    )


def test_every_kind_is_listed(nnlec: Nnlec) -> None:
    listed = json.loads(nnlec("list", "layers", "-f", "json").stdout)["layers"]
    assert [row["name"] for row in listed] == list(LAYERS)
    assert "subtract" in nnlec("list", "layers").stdout


def test_two_layers_of_one_name_are_refused(nnlec: Nnlec, tmp_path: Path) -> None:
    layer = "{name: hidden, weights: [[1]], activation: relu}"
    path = tmp_path / "net.yaml"
    path.write_text(f"layers:\n  - {layer}\n  - {layer}\n", encoding="utf-8")
    assert "two layers are named 'hidden': layer 1 and layer 2" in nnlec("show", str(path)).stderr


def test_one_unit_of_a_layer_is_all_that_is_computed(nnlec: Nnlec, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.random.default_rng(0).normal(size=(3, 200_000)))
    (tmp_path / "net.yaml").write_text("layers: [{weights: {file: w.npy}, activation: relu}]\n", encoding="utf-8")
    network = load_network(tmp_path / "net.yaml")
    step = exact_trace(network, [1.0, 2.0, 3.0], until=(0, 5)).layers[0]
    assert sum(number.is_finite() for number in step.pre_activation) == 1
    shown = nnlec("forward", str(tmp_path / "net.yaml"), "-i", "1,2,3", "--layer", "1", "--unit", "6").stdout
    assert shown.count("=") + shown.count("≈") >= 3


def test_large_layers_are_exact_too() -> None:
    rng = np.random.default_rng(9)
    weights = np.concatenate([rng.normal(size=(250, 300)), rng.integers(-9, 9, (50, 300)) * 1e-200, [[1e300] * 300]])
    row = [*rng.normal(size=250).round(2).tolist(), *[0.1] * 50, 1e-290]
    layer = Dense(weights, rng.normal(size=300))
    with localcontext(EXACT):
        found = layer.exact([Decimal(repr(x)) for x in row])
    for unit in (0, 17, 299):
        total = Fraction(repr(float(layer.arrays["bias"][unit])))
        total += sum(Fraction(repr(x)) * Fraction(repr(float(w))) for x, w in zip(row, weights[:, unit], strict=True))
        assert Fraction(found[unit]) == total


def test_a_network_refuses_what_cannot_be_layers() -> None:
    one, two = Dense(np.array([[1.0]])), Dense(np.array([[1.0], [2.0]]))
    for layers in ((), ("relu",), (one, two)):
        with pytest.raises(NnlecError):
            Network(layers)  # type: ignore[arg-type]


def test_a_matrix_of_outputs_times_inputs_is_recognised_by_its_bias() -> None:
    """A library that stores (outputs, inputs), here 3 x 2, has as many biases as rows."""
    kind = layer_kind("dense")
    values = {"weights": np.ones((3, 2)), "bias": np.ones(3)}
    with pytest.raises(
        NnlecError, match=r"3 numbers, expected 2.*3 x 2: rows are inputs; transposed\?.*transpose: true"
    ):
        kind.build(values, (), activation("identity"), "output")


@KINDS
def test_what_a_layer_is_mistaken_for_is_named(kind: LayerKind) -> None:
    """A student who works the other layer out is told so, wherever its figures differ and no other mistake fits."""
    rng = np.random.default_rng(9)
    for layer in random_layers(kind.name):
        row = tuple(map(decimal_of, rng.integers(-9, 10, size=layer.n_in).astype(float).tolist()))
        problem = network_problem(Network((layer,)), row)
        with localcontext(EXACT):
            right = [round(number, 6) for number in layer.exact(row)]
            given = {sentence: [round(n, 6) for n in other.exact(row)] for sentence, other in layer.mistaken_for()}
        for numbers in given.values():
            if numbers == right:
                continue
            found = mark(problem, {"output": [figure(str(number)) for number in numbers]}).rows[0].mistakes
            alike = {sentence for sentence, others in given.items() if others == numbers}
            assert alike & {each.sentence for each in found}
