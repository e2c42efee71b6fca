"""Networks as ONNX models: every kind of layer, activation and name, beside the reference evaluator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nnlec import Dense, Network, NnlecError
from nnlec.models.onnx_file import parsed, write
from nnlec.models.writers import written
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS
from tests.test_compare_networks import layer

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx.reference import ReferenceEvaluator  # noqa: E402


def numbers(*shape: int) -> Any:
    return np.random.default_rng(int(np.prod(shape))).integers(-16, 17, shape) / 8  # exact in single precision


def reshaped(before: tuple[int, ...], after: Sequence[int], chosen: str = "identity") -> Any:
    return LAYERS["reshape"].build({"shape": np.array(after, float)}, (before,), activation(chosen), "reshape")


ROW, MAPS, LINE = (3,), (4, 5, 6), (2, 7)
CASES: dict[str, Sequence[Any]] = {
    "dense": (Dense(numbers(3, 2), numbers(2)),),
    "dense without a bias": (Dense(numbers(3, 2), None),),
    "one unit": (Dense(numbers(3, 1), numbers(1)),),
    "all that a scale does": (
        layer("scale", ROW, subtract=numbers(3), divide=numbers(3) + 5, multiply=numbers(3) + 0.5, add=numbers(3) / 2),
    ),
    "a scale of one number": (layer("scale", ROW, subtract=0.5, divide=0.25),),
    "multiply alone": (layer("scale", ROW, multiply=numbers(3)),),
    "add alone": (layer("scale", ROW, add=numbers(3)),),
    "a scale of one": (layer("scale", ROW, "relu", multiply=1.0),),
    "norm": (layer("batch_norm", ROW, mean=numbers(3), variance=numbers(3) + 5, scale=numbers(3), epsilon=0.125),),
    "norm of maps": (
        layer("batch_norm", MAPS, mean=numbers(4), variance=numbers(4) + 5, shift=numbers(4), epsilon=0.125),
    ),
    "norm of one number": (layer("batch_norm", MAPS, mean=0.5, variance=4.0, epsilon=0.0),),
    "norm of a row": (layer("layer_norm", ROW, scale=numbers(3), shift=numbers(3) / 2, epsilon=0.125),),
    "norm of maps, all together": (layer("layer_norm", MAPS, epsilon=0.125),),
    "norm over the last axis": (layer("layer_norm", MAPS, scale=numbers(6), epsilon=0.125),),
    "norm over two axes": (layer("layer_norm", MAPS, shift=numbers(5, 6), epsilon=0.125),),
    "convolution": (layer("conv", MAPS, weights=numbers(3, 4, 2, 3), bias=numbers(3)),),
    "convolution without a bias": (layer("conv", MAPS, "relu", weights=numbers(3, 4, 2, 3)),),
    "turned convolution": (layer("conv", MAPS, weights=numbers(3, 4, 2, 3), flip="true"),),
    "groups": (layer("conv", MAPS, weights=numbers(6, 2, 2, 3), groups=2),),
    "places": (
        layer(
            "conv",
            MAPS,
            weights=numbers(2, 4, 2, 3),
            stride=[2, 1],
            dilation=[1, 2],
            padding=[[1, 0], [2, 1]],
        ),
    ),
    "line": (layer("conv", LINE, weights=numbers(2, 2, 3), padding=[[2, 0]]),),
    "largest": (layer("max_pool", MAPS, size=[2, 3], stride=[1, 2], padding=[[1, 0], [0, 1]]),),
    "largest, apart": (layer("max_pool", MAPS, size=2.0, dilation=[2, 1]),),
    "largest of all": (layer("max_pool", MAPS, size="all"),),
    "mean": (layer("average_pool", MAPS, size=[2, 3], stride=[1, 2], padding=[[1, 0], [0, 1]]),),
    "mean with zeros": (layer("average_pool", MAPS, size=[2, 3], padding=[[1, 0], [0, 1]], count_padding="true"),),
    "mean of all": (layer("average_pool", MAPS, size="all"),),
    "flatten": (layer("flatten", MAPS), Dense(numbers(120, 2), None)),
    "reshape": (reshaped(MAPS, [6, 20], "tanh"),),
    "transpose": (layer("transpose", MAPS, axes=[3, 1, 2]),),
    "dropout": (layer("dropout", ROW, rate=0.25), Dense(numbers(3, 2), None)),
}
BENT: dict[str, tuple[str, dict[str, Any]]] = {
    "temperature": ("softmax", {"temperature": 2.0}),
    "softmin": ("softmin", {}),
    "log_softmax": ("log_softmax", {}),
    "hardmax": ("hardmax", {}),
    "silu of half": ("silu", {"beta": 0.5}),
    "one slope": ("prelu", {"alpha": 0.25}),
    "slopes": ("prelu", {"alpha": (0.25, -1.0, 2.0)}),
    "leaky": ("leaky_relu", {"alpha": 0.125}),
    "elu": ("elu", {"alpha": 0.5}),
    "celu": ("celu", {"alpha": 0.5}),
    "selu": ("selu", {"alpha": 0.5, "gamma": 2.0}),
    "hard_sigmoid": ("hard_sigmoid", {"alpha": 0.25, "beta": 0.25}),
    "thresholded": ("thresholded_relu", {"alpha": 0.25}),
    "shrink": ("shrink", {"lambd": 0.25, "bias": 0.125}),
    "hard_tanh": ("hard_tanh", {}),
    "gelu": ("gelu", {}),
    "gelu_tanh": ("gelu_tanh", {}),
    "mish": ("mish", {}),
}
for key, (bent, options) in BENT.items():
    CASES[f"activation: {key}"] = (Dense(numbers(3, 3), numbers(3), activation(bent, options)),)
CASES["activation: slopes of maps"] = (
    reshaped((12,), [2, 2, 3]),
    LAYERS["conv"].build(
        {"weights": numbers(2, 2, 1, 1)}, ((2, 2, 3),), activation("prelu", {"alpha": tuple(numbers(12).tolist())}), "c"
    ),
)


def run(network: Network, x: Any) -> Any:
    content = written(network, "onnx").content
    model = onnx.load_model_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    outputs: Any = ReferenceEvaluator(model).run(None, {"input": x.astype(np.float32)})
    again = parsed(content).forward(x.reshape(len(x), -1))
    expected = np.asarray(outputs[0], dtype=float).reshape(len(x), -1)
    np.testing.assert_allclose(again, expected, rtol=2e-6, atol=2e-6)
    return expected


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_gives_the_same_numbers(name: str) -> None:
    network = Network(tuple(CASES[name]))
    x = np.random.default_rng(0).normal(0, 2, (4, *network.layers[0].in_shape)).astype(np.float32)
    found = run(network, x)
    np.testing.assert_allclose(found, network.forward(x.reshape(4, -1).astype(float)), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("kind", ["add", "multiply", "concat"])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_joins_take_two_values_and_more(kind: str, count: int) -> None:
    layers = [Dense(numbers(3, 2) + place, None, name=f"d{place}") for place in range(count)]
    join = LAYERS[kind].build({}, ((2,),) * count, activation("tanh"), "join")
    sources = ((0,), *((0,) for _ in layers[1:]), tuple(range(1, count + 1)))
    network = Network((*layers, join), sources=sources)
    x = np.random.default_rng(0).normal(0, 0.25, (4, 3)).astype(np.float32)
    np.testing.assert_allclose(run(network, x), network.forward(x.astype(float)), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ((reshaped(MAPS, [6, 20]), layer("max_pool", (6, 20), "softmax", size=1.0)), "a whole map"),
        ((layer("average_pool", MAPS, size=2.0, dilation=[2, 1]),), "opset 17 has no average pooling with dilation"),
    ],
)
def test_what_the_operators_cannot_say_names_the_layer(layers: Sequence[Any], reason: str) -> None:
    with pytest.raises(NnlecError, match=rf"^layer {len(layers)} \({layers[-1].name}\): .*{reason}"):
        written(Network(tuple(layers)), "onnx")


def test_each_value_has_a_name_of_its_own() -> None:
    names = ["input", "output", "a b c", "a_b c", "a b_c", "end"]
    layers = tuple(Dense(numbers(2, 2), numbers(2), activation("relu"), name) for name in names)
    network = Network(layers)
    model = onnx.load_model_from_string(written(network, "onnx").content)
    made = [node.output[0] for node in model.graph.node]
    assert (
        made
        == [
            *("input_2.pre_activation", "input_2", "output_2.pre_activation", "output_2"),
            *(
                "a_b_c.pre_activation",
                "a_b_c",
                "a_b_c.pre_activation_2",
                "a_b_c_2",
                "a_b_c.pre_activation_3",
                "a_b_c_3",
            ),
            *("output.pre_activation", "output"),
        ]
        or len(set(made)) == len(made) == 12
    )
    assert [node.name for node in model.graph.node] == made
    assert len({tensor.name for tensor in model.graph.initializer}) == 12


def test_a_model_says_its_ends_and_its_names() -> None:
    plain = Network((Dense(numbers(3, 2), None),))
    model = onnx.load_model_from_string(written(plain, "onnx").content)
    assert (model.graph.name, model.producer_name) == ("network", "nnlec")
    sides = [end.type.tensor_type.shape.dim for end in (model.graph.input[0], model.graph.output[0])]
    ends = [[each.dim_param or each.dim_value for each in side] for side in sides]
    assert ends == [["batch", 3], ["batch", 2]]
    named = Network(
        (Dense(numbers(3, 2), None),), inputs=("a", "b", "ç"), outputs=("u", "v"), name="net", unit="cm",
        kind="regression", loss="mean-squared-error",
    )  # fmt: skip
    model = onnx.load_model_from_string(written(named, "onnx").content)
    assert model.graph.name == "net"
    props = {each.key: each.value for each in model.metadata_props}
    assert (json.loads(props["nnlec.inputs"]), "ç" in props["nnlec.inputs"]) == (["a", "b", "ç"], True)
    assert (props["nnlec.name"], props["nnlec.unit"], props["nnlec.kind"]) == ("net", "cm", "regression")
    assert props["nnlec.loss"] == "mean-squared-error"
    again = parsed(written(named, "onnx").content)
    assert (again.inputs, again.outputs, again.unit, again.name) == (named.inputs, named.outputs, "cm", "net")


@pytest.mark.parametrize(
    ("off", "note"),
    [(0.0, ""), (5e-7, ""), (2e-6, "outputs differ by"), (5e-4, "outputs differ by 5"), (2e-3, None), (np.nan, None)],
)
@pytest.mark.parametrize("size", [1.0, 2.0**-30])
def test_what_is_read_back_is_compared(
    size: float, off: float, note: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference of rounding is said from 1e-6 of a row's largest output on; one of 1e-3 is an error."""
    network = Network((Dense(np.array([[4.0, 0.5], [0.0, 0.25]]) * size, None),))

    class Again:
        @staticmethod
        def forward(rows: Any) -> Any:
            right = network.forward(rows)
            largest = np.abs(right).max(axis=1)
            changed = right.copy()
            changed[-1, 1] -= off * largest[-1]
            return changed

    monkeypatch.setattr("nnlec.models.onnx_file.parsed", lambda _: Again)
    if note is None:
        with pytest.raises(NnlecError, match="what was written gives other numbers when it is read, by"):
            write._read_back(network, b"")
    else:
        assert write._read_back(network, b"").startswith(note)
        assert bool(write._read_back(network, b"")) == bool(note)


def test_rows_of_zeros_are_the_same_when_they_are_read_back() -> None:
    zeros = Network((Dense(np.zeros((2, 2)), None),))
    assert write._read_back(zeros, written(zeros, "onnx").content) == ""
