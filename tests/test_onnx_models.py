"""ONNX models as networks: exporters' files, operators by themselves, what is refused, and damaged files."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlec
from nnlec import Network, NnlecError, load_network, save_network
from tests.graphs import f32, numbers, onnx_bytes
from tests.transcripts import run

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

TRAINED = Path(__file__).parent / "trained"
Array = NDArray[np.float64]
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a graph of nodes as an ONNX file: `tensors` by name, the input `x` and the output `y`."""

    def write(*graph: Any, **given: Any) -> Path:
        path = tmp_path / "model.onnx"
        path.write_bytes(onnx_bytes(*graph, **given))
        return path

    return write


def reference(path: Path, x: NDArray[np.float32]) -> Array:
    outputs: Any = ReferenceEvaluator(str(path)).run(None, {"x": x})
    return np.asarray(outputs[0], dtype=np.float64)


def kinds(network: Network) -> list[str]:
    return [
        layer.kind + (f" {layer.activation.name}" if not layer.activation.is_identity else "")
        for layer in network.layers
    ]


TORCH = sorted(path.name for path in TRAINED.glob("*.onnx") if path.name.split(".")[1] in ("dynamo", "script"))
KERAS = sorted(path.name for path in TRAINED.glob("*.tf.onnx"))
SKLEARN = sorted(path.name for path in TRAINED.glob("*.sklearn*.onnx"))


@pytest.mark.parametrize("name", [*TORCH, *KERAS])
def test_what_pytorch_and_tf2onnx_export_gives_what_the_framework_gives(name: str) -> None:
    expected = np.load(TRAINED / ("tf.npz" if name in KERAS else "torch.npz"))
    network = load_network(TRAINED / name)
    x, y = (expected[f"{name.split('.')[0]}.{key}"] for key in "xy")
    np.testing.assert_allclose(network.forward(x.reshape(len(x), -1)), y.reshape(len(y), -1), rtol=1e-6, atol=1e-6)


REFUSED = {"normalizer": "divides each row by its own length", "two_numbers": "rows meet each other"}


@pytest.mark.parametrize("name", SKLEARN)
def test_what_scikit_learn_exports_gives_what_scikit_learn_gives(name: str) -> None:
    expected = np.load(TRAINED / "sklearn.npz")
    which = name.split(".")[0]
    if which in REFUSED:
        with pytest.raises(NnlecError, match=REFUSED[which]):
            load_network(TRAINED / name)
        return
    network = load_network(TRAINED / name)
    y = expected[which].reshape(5, -1)
    y = y[:, 1:] if network.kind == "binary" else y
    np.testing.assert_allclose(network.forward(expected["x"]), y, rtol=1e-5, atol=1e-6)
    if which in ("multi", "logistic", "perceptron"):
        assert network.classes == ("cat", "dog", "owl")
    if which == "labels":
        assert network.kind == "multi-label"


def test_batch_norm_scalers_and_dropout_stay_layers() -> None:
    assert kinds(load_network(TRAINED / "norm.script.onnx")) == [
        "dense", "batch_norm relu", "batch_norm", "layer_norm", "dense",
    ]  # fmt: skip
    assert kinds(load_network(TRAINED / "multi.sklearn.onnx")) == ["scale", "dense relu", "dense softmax"]


def test_layers_have_the_names_of_their_weights() -> None:
    network = load_network(TRAINED / "dense.script.onnx")
    assert [layer.name for layer in network.layers] == ["hidden", "out"]
    assert network.dtype == "float32"


POINTWISE_GRAPHS: dict[str, list[Any]] = {
    "relu twice": [("Relu", "x", "a"), ("Relu", "a", "y")],
    "x + relu(x)": [("Relu", "x", "a"), ("Add", "x a", "y")],
    "relu(x) + sigmoid(x)": [("Relu", "x", "a"), ("Sigmoid", "x", "b"), ("Add", "a b", "y")],
    "scaled relu": [("Sub", "x c", "a"), ("Div", "a d", "b"), ("Relu", "b", "y")],
    "swish of a relu that another takes": [
        ("Relu", "x", "a"),
        ("MatMul", "a w", "m"),
        ("Sigmoid", "a", "s"),
        ("Mul", "a s", "t"),
        ("Sub", "t m", "y"),
    ],
    "one bias number": [("MatMul", "x v", "a"), ("Add", "a c", "b"), ("Sigmoid", "b", "y")],
    "c - x, elu": [("Sub", "c x", "a"), ("Elu", "a", "y")],
    "the larger of x and a part of it": [("Mul", "x third", "a"), ("Max", "x a", "y")],
    "minus x": [("Neg", "x", "y")],
    "minus relu(minus x)": [("Neg", "x", "a"), ("Relu", "a", "b"), ("Neg", "b", "y")],
    "a square": [("Mul", "x x", "y")],
    "a softplus of twice x": [("Mul", "x two", "a"), ("Softplus", "a", "b"), ("Div", "b two", "y")],
    "a softplus cut off, as PyTorch writes it": [
        ("Mul", "x two", "a"),
        ("Softplus", "a", "b"),
        ("Div", "b two", "c1"),
        ("Greater", "a twenty", "d1"),
        ("Where", "d1 x c1", "y"),
    ],
    "a power of 2": [("Pow", "x two", "y")],
    "a square of a relu that another takes": [("Relu", "x", "a"), ("Pow", "a two", "b"), ("Add", "a b", "y")],
    "a scale of each feature": [("Mul", "x e", "a"), ("Add", "a e", "b"), ("Tanh", "b", "y")],
    "a bias on a bias": [("Gemm", "x w e", "a"), ("Add", "a e", "b"), ("Tanh", "b", "y")],
    "a bias that is nearly nothing": [("MatMul", "x w", "a"), ("Add", "a tiny", "b"), ("Sigmoid", "b", "y")],
    "raw scores and their activation": [("MatMul", "x w", "a"), ("Relu", "a", "b"), ("Add", "a b", "y")],
    "a chain of three joins": [
        ("MatMul", "x w", "a"),
        ("Relu", "a", "b"),
        ("Add", "b x", "c1"),
        ("Tanh", "c1", "d1"),
        ("Mul", "d1 b", "y"),
    ],
}
for cut in ("third", "more", "two"):
    POINTWISE_GRAPHS |= {
        f"a threshold, {cut}": [("Greater", f"x {cut}", "a"), ("Where", "a x zero", "y")],
        f"a hard threshold, {cut}": [("Abs", "x", "a"), ("Greater", f"a {cut}", "b"), ("Where", "b x zero", "y")],
        f"a hard threshold, {cut}, of half": [
            ("Div", "x two", "h"), ("Abs", "h", "a"), ("Greater", f"a {cut}", "b"), ("Where", "b x zero", "y"),
        ],
        f"a soft threshold, {cut}": [
            ("Abs", "x", "a"), ("Sub", f"a {cut}", "b"), ("Relu", "b", "r"), ("Sign", "x", "s"), ("Mul", "r s", "y"),
        ],
    }  # fmt: skip
CONSTANTS = {
    "zero": f32(0.0),
    "third": f32(0.3),
    "more": f32(0.52),
    "c": f32([0.5]),
    "d": f32(2.0),
    "two": f32(2.0),
    "twenty": f32(20.0),
    "e": f32([0.5, -2]),
    "tiny": f32([1e-7]),
    "w": f32([[1, 2], [3, -1]]),
    "v": f32([[1.0], [0.5]]),
}


@pytest.mark.parametrize("name", POINTWISE_GRAPHS)
def test_pointwise_runs_give_what_the_reference_gives(name: str, save: Save) -> None:
    nodes = [helper.make_node(op, given.split(), [made], name=made) for op, given, made in POINTWISE_GRAPHS[name]]
    used = {each for _, given, _ in POINTWISE_GRAPHS[name] for each in given.split()}
    path = save(nodes, {key: value for key, value in CONSTANTS.items() if key in used})
    numbers = np.random.default_rng(0).normal(0, 2, 14).tolist()
    x = f32([*numbers, -0.51, 0.51, 0.29, -0.29, 0.31, -0.53, 1.03, 1.05, 0.58, 0.61]).reshape(-1, 2)
    expected = reference(path, x)
    np.testing.assert_allclose(load_network(path).forward(x), expected, rtol=2e-6, atol=2e-6)


OPERATORS = ["Add", "Sub", "Mul"]


@pytest.mark.parametrize("seed", range(25))
def test_random_graphs_give_what_the_reference_gives(seed: int, save: Save) -> None:
    """Values that several nodes take: an activation put into a layer must not reach those that want the sum."""
    choose = random.Random(seed)
    names, nodes = ["x"], []
    for number in range(choose.randint(2, 9)):
        made = f"v{number}"
        one, other = choose.choice(names), choose.choice(names)
        operator = choose.choice(["Relu", "Tanh", "Sigmoid", "MatMul", "AddC", "MulC", *OPERATORS])
        if operator == "MatMul":
            nodes.append(helper.make_node("MatMul", [one, "w"], [made]))
        elif operator in ("AddC", "MulC"):
            nodes.append(helper.make_node(operator[:3], [one, choose.choice(["c", "e"])], [made]))
        elif operator in OPERATORS:
            nodes.append(helper.make_node(operator, [one, other], [made]))
        else:
            nodes.append(helper.make_node(operator, [one], [made]))
        names.append(made)
    nodes.append(helper.make_node("Add", [names[-1], choose.choice(names[1:])], ["y"]))
    path = save(nodes, {key: CONSTANTS[key] for key in "cew"})
    x = np.random.default_rng(seed).normal(0, 1, (5, 2)).astype(np.float32)
    expected = reference(path, x)
    found = load_network(path).forward(x)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(expected).max())))


def one(save: Save, operator: str, tensors: dict[str, Any], shape: Sequence[Any], **attributes: Any) -> Network:
    opset = attributes.pop("opset", 17)
    node = helper.make_node(operator, ["x", *tensors], ["y"], name=operator, **attributes)
    return load_network(save([node], tensors, shape, opset=opset))


def test_a_pool_rounded_up_agrees_with_the_reference(save: Save) -> None:
    for size, kernel, stride, pad in itertools.product((4, 5, 6), (2, 3), (2, 3), (0, 1)):
        given: dict[str, Any] = {"kernel_shape": [kernel], "strides": [stride], "pads": [pad, pad], "ceil_mode": 1}
        x = np.arange(size, dtype=np.float32).reshape(1, 1, -1) - 2
        network = one(save, "MaxPool", {}, ("n", 1, size), **given)
        windows = -(-(size + 2 * pad - kernel) // stride) + 1
        if (windows - 1) * stride >= size + pad:
            windows -= 1
        starts = [place * stride - pad for place in range(windows)]
        expected = [float(x[0, 0, max(0, start) : start + kernel].max()) for start in starts]
        assert numbers(network, x.ravel().tolist()) == expected


@pytest.mark.parametrize(
    "wrong", [{"pads": [0, 0, -1, 0]}, {"strides": [1, 0]}, {"dilations": [0, 1]}, {"strides": [2]}, {"pads": [1, 1]}]
)
def test_windows_without_a_meaning_are_refused(wrong: dict[str, Any], save: Save) -> None:
    with pytest.raises(NnlecError, match=r"a stride below 1, or padding below 0|are not one for each axis"):
        one(save, "MaxPool", {}, ("n", 1, 3, 3), kernel_shape=[2, 2], **wrong)


@pytest.mark.parametrize(("low", "high"), [(0.0, 6.0), (-2.0, 6.0), (-1.0, 1.0), (1.5, 2.5), (-4.0, -1.0)])
def test_a_bounded_relu_is_no_relu(low: float, high: float, save: Save) -> None:
    network = one(save, "Clip", {"low": f32(low), "high": f32(high)}, ("n", 4))
    assert numbers(network, [-9, 0.5, 2, 60]) == np.clip([-9, 0.5, 2, 60], low, high).tolist()


@pytest.mark.parametrize(("element", "dtype"), [(1, "float32"), (11, "float64")])
def test_a_network_computes_in_doubles_where_a_constant_is_one(element: int, dtype: str, save: Save) -> None:
    weights = helper.make_tensor("w", element, (2, 1), [1, 2])
    inside = [helper.make_node("Constant", [], ["w"], value=weights), helper.make_node("MatMul", ["x", "w"], ["y"])]
    beside = numpy_helper.to_array(weights)
    assert load_network(save(inside, element=element)).dtype == dtype
    assert load_network(save(inside[1:], {"w": beside}, element=element)).dtype == dtype


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 2)])
@pytest.mark.parametrize("operator", ["Add", "Sub", "Mul", "Div"])
def test_numbers_laid_on_maps_are_a_norm_where_they_are_of_channels(
    operator: str, shape: tuple[int, ...], save: Save
) -> None:
    x = np.arange(1.0, 1 + np.prod(shape)).reshape(1, -1)
    for laid in (
        f32(2.0),
        f32([4, 0.5]).reshape(2, *(1 for _ in shape[1:])),
        f32(2.0 ** np.arange(x.size)).reshape(shape),
    ):
        network = one(save, operator, {"c": laid}, ("n", *shape))
        expected = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}[operator](
            x.reshape(shape), laid
        )
        assert network.forward(x).tolist() == [expected.ravel().tolist()]
        of_channels = laid.size <= 2 and operator != "Div"
        assert kinds(network) == (["batch_norm"] if of_channels else ["flatten", "scale", "reshape"])


@pytest.mark.parametrize("element", [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 16])
@pytest.mark.parametrize("raw", [False, True])
def test_constants_of_every_type_are_read(element: int, raw: bool, save: Save) -> None:
    """As ONNX itself writes them: one by one, or as bytes; 16 is bfloat16, the upper half of a float32."""
    path = save([helper.make_node("MatMul", ["x", "w"], ["y"])], {})
    model = onnx.load(path)
    if raw:
        dtype = helper.tensor_dtype_to_np_dtype(element)
        tensor = numpy_helper.from_array(np.array([[3], [100]]).astype(dtype), "w")
    else:
        tensor = helper.make_tensor("w", element, (2, 1), [3, 100])
    model.graph.initializer.append(tensor)
    onnx.save(model, path)
    assert numbers(load_network(path), [1, 10]) == [1003]


@pytest.mark.parametrize("offsets", [[], [0.5], [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("scales", [[], [4.0], [2.0, -1.0, 0.5]])
def test_a_scaler_has_one_number_for_all_columns_or_for_each(
    offsets: list[float], scales: list[float], save: Save
) -> None:
    given = {key: each for key, each in (("offset", offsets), ("scale", scales)) if each}
    network = one(save, "Scaler", {}, ("n", 3), domain="ai.onnx.ml", **given)
    expected = (np.array([10, 20, 30]) - (offsets or 0.0)) * (scales or 1.0)
    assert numbers(network, [10, 20, 30]) == expected.tolist()


@pytest.mark.parametrize(
    ("shape", "offsets", "scales"), [(("n", 3), 2, 3), (("n", 3), 3, 2), (("n", 3, 1), 3, 3), (("n", 1, 2), 1, 1)]
)
def test_a_scaler_of_other_columns_is_refused(shape: Sequence[Any], offsets: int, scales: int, save: Save) -> None:
    given: dict[str, Any] = {"domain": "ai.onnx.ml", "offset": [0.5] * offsets, "scale": [2.0] * scales}
    with pytest.raises(NnlecError, match=rf"{offsets} offsets and {scales} scales for rows of "):
        one(save, "Scaler", {}, shape, **given)


LINEAR = np.array([[0.125, -0.5, 0.25], [1.0, 2.0, -0.75], [0.5, 0.25, -2.0]])
BIAS = np.array([0.5, -1.0, 0.25])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("units", [1, 2, 3])
def test_a_linear_regressor_has_a_row_of_numbers_for_each_target(units: int, bias: bool, save: Save) -> None:
    given: dict[str, Any] = {"coefficients": LINEAR[:units].ravel().tolist(), "domain": "ai.onnx.ml"}
    given |= ({"intercepts": BIAS[:units].tolist()} if bias else {}) | ({"targets": units} if units > 1 else {})
    network = one(save, "LinearRegressor", {}, ("n", 3), **given)
    assert numbers(network, [1, 2, 4]) == (LINEAR[:units] @ [1, 2, 4] + bias * BIAS[:units]).tolist()
    with pytest.raises(NnlecError, match=rf"{3 * units} coefficients and {units * bias} intercepts for rows of \[2\]"):
        one(save, "LinearRegressor", {}, ("n", 2), **given)


@pytest.mark.parametrize("transform", ["NONE", "SOFTMAX", "LOGISTIC"])
@pytest.mark.parametrize("case", ["three", "two", "opposite", "opposite but for the bias", "no bias"])
def test_a_linear_classifier_gives_scores_or_probabilities(case: str, transform: str, save: Save) -> None:
    weights, bias = {
        "three": (LINEAR, BIAS),
        "two": (LINEAR[:2], BIAS[:2]),
        "opposite": (np.array([-LINEAR[0], LINEAR[0]]), np.array([-0.5, 0.5])),
        "opposite but for the bias": (np.array([-LINEAR[0], LINEAR[0]]), np.array([0.5, 0.5])),
        "no bias": (np.array([-LINEAR[0], LINEAR[0]]), np.zeros(0)),
    }[case]
    node = helper.make_node(
        "LinearClassifier", ["x"], ["label", "y"], domain="ai.onnx.ml", post_transform=transform,
        coefficients=weights.ravel().tolist(), classlabels_ints=list(range(len(weights))),
        **({"intercepts": bias.tolist()} if bias.size else {}),
    )  # fmt: skip
    scores = weights @ [1, 2, -4] + (bias if bias.size else 0.0)
    expected = {
        "NONE": scores,
        "SOFTMAX": np.exp(scores) / np.exp(scores).sum(),
        "LOGISTIC": 1 / (1 + np.exp(-scores)),
    }[transform]
    if transform == "LOGISTIC" and case in ("opposite", "no bias"):  # p of the second class alone: the first has 1 - p
        expected = expected[1:]
    np.testing.assert_allclose(load_network(save([node], {}, ("n", 3))).forward([[1, 2, -4]])[0], expected, rtol=1e-6)


@pytest.mark.parametrize("transform", ["NONE", "SOFTMAX", "LOGISTIC"])
@pytest.mark.parametrize(
    ("weights", "bias", "opposite"),
    [
        ([-0.5, 0.25, 0.5, -0.25], [-0.5, 0.5], True),
        ([-0.5, 0.25, 0.5, 0.25], [-0.5, 0.5], False),
        ([-0.5, 0.25, 0.5, -0.25], [0.5, 0.5], False),
        ([-0.5, 0.25, 0.5, -0.25, 1.0, 2.0], [-0.5, 0.5, 1.0], False),
        ([-0.5, 0.25, 1.0, 2.0, 0.5, -0.25, -1.0, -2.0], [], False),
    ],
)
def test_dividing_by_the_sum_is_left_out_only_where_it_is_1(
    weights: list[float], bias: list[float], opposite: bool, transform: str, save: Save
) -> None:
    given: dict[str, Any] = {"coefficients": weights, "classlabels_ints": [*range(len(weights) // 2)]}
    given |= {"intercepts": bias} if bias else {}
    ml: dict[str, Any] = {"domain": "ai.onnx.ml"}
    nodes = [
        helper.make_node("LinearClassifier", ["x"], ["label", "s"], post_transform=transform, **given, **ml),
        helper.make_node("Normalizer", ["s"], ["y"], norm="L1", **ml),
    ]
    path = save(nodes)
    if transform == "SOFTMAX" or (transform == "LOGISTIC" and opposite):
        scores = np.reshape(weights, (-1, 2)) @ [1, -2] + (bias or 0.0)
        softmax, p = np.exp(scores) / np.exp(scores).sum(), 1 / (1 + np.exp(-scores[1:]))
        expected = softmax if transform == "SOFTMAX" else p
        np.testing.assert_allclose(load_network(path).forward([[1, -2]])[0], expected, rtol=1e-6)
    else:
        with pytest.raises(NnlecError, match="it divides each row by its own length"):
            load_network(path)


@pytest.mark.parametrize(
    ("chosen", "expected"), [([2, 0], [4, 1]), ([1], [2]), ([0, 1, 1], [1, 2, 2]), ([3], []), ([-1], [])]
)
def test_chosen_columns_must_be_there(chosen: list[int], expected: list[float], save: Save) -> None:
    if not expected:
        with pytest.raises(NnlecError, match=rf"columns \[{chosen[0]}\] of 3"):
            one(save, "ArrayFeatureExtractor", {"c": np.array(chosen)}, ("n", 3), domain="ai.onnx.ml")
        return
    network = one(save, "ArrayFeatureExtractor", {"c": np.array(chosen)}, ("n", 3), domain="ai.onnx.ml")
    assert numbers(network, [1, 2, 4]) == expected


def test_a_number_of_rows_that_the_file_fixes_is_ours(save: Save) -> None:
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["y"])]
    network = load_network(save(nodes, {"shape": np.array([1, -1])}, (1, 2, 3)))
    assert network.forward(np.ones((5, 6))).shape == (5, 6)


def test_a_constant_keeps_its_size_where_its_new_shape_has_a_zero(save: Save) -> None:
    tensors = {"flat": f32([[[1, 2, 3]], [[4, 5, 6]]]), "shape": np.array([0, 3])}
    nodes = [helper.make_node("Reshape", ["flat", "shape"], ["w"]), helper.make_node("MatMul", ["x", "w"], ["y"])]
    assert numbers(load_network(save(nodes, tensors)), [1, 10]) == [41, 52, 63]


def test_a_layer_without_a_name_is_called_by_its_number(save: Save) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("MatMul", ["a", "w"], ["y"])]
    network = load_network(save(nodes, {"w": f32([[1, 2], [3, 4]])}))
    assert [layer.name for layer in network.layers] == ["layer 1", "layer 2"]


@pytest.mark.parametrize("bits", [32, 64])
def test_many_weights_keep_their_precision(bits: int, save: Save, tmp_path: Path) -> None:
    weights = np.full((1000, 1001), 0.1, dtype=f"f{bits // 8}")
    network = load_network(save([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": weights}, ("rows", 1000)))
    save_network(network, tmp_path / "again.yaml")
    (beside,) = tmp_path.glob("*.safetensors")
    assert beside.stat().st_size == pytest.approx(weights.nbytes, rel=0.01)


def test_names_come_from_the_metadata(save: Save) -> None:
    weights = {"w": f32([[1, 2], [3, 4]])}
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Softmax", ["a"], ["y"])]
    network = load_network(
        save(nodes, weights, metadata={"class_names": '["cat", "dog"]', "nnlec.inputs": '["a", "b"]'})
    )
    assert (network.classes, network.inputs) == (("cat", "dog"), ("a", "b"))
    assert load_network(save(nodes, weights, metadata={"names": "{0: 'cat', 1: 'dog'}"})).classes == ("cat", "dog")
    for other in ('"ab"', "[1, 2]", '["cat", 2]', '{"cat": 0, "dog": 1}', "cat, dog", "2"):  # no list of names
        assert load_network(save(nodes, weights, metadata={"class_names": other})).classes == ()
    beside = "{0: 'cat', 1: 'dog'} and {2: 'owl'}"
    assert load_network(save(nodes, weights, metadata={"names": beside})).classes == ()
    quoted = load_network(save(nodes, weights, metadata={"names": str({0: "cat", 1: "cat's owner"})}))
    assert quoted.classes == ("cat", "cat's owner")
    assert load_network(save(nodes, weights, metadata={"names": "__import__('os')"})).classes == ()


def test_a_model_that_gives_the_class_alone_is_read_up_to_its_scores(save: Save) -> None:
    given: dict[str, Any] = {"coefficients": [1.0, 2, 3, 4], "intercepts": [0.0, 1], "classlabels_ints": [3, 5]}
    linear = helper.make_node("LinearClassifier", ["x"], ["y", "scores"], domain="ai.onnx.ml", **given)
    names = helper.make_node("ArrayFeatureExtractor", ["names", "place"], ["y"], domain="ai.onnx.ml")
    largest = helper.make_node("ArgMax", ["scores"], ["place"], axis=1)
    looked_up = [helper.make_node("Gemm", ["x", "w", "b"], ["scores"], transB=1), largest, names]
    tensors = {"w": f32([[1, 2], [3, 4]]), "b": f32([0, 1]), "names": np.array(["cat", "dog"], dtype=object)}
    numbered = load_network(save([linear], outputs=[helper.make_tensor_value_info("y", 7, None)]))
    named = load_network(save(looked_up, tensors, outputs=[helper.make_tensor_value_info("y", 8, None)]))
    assert (numbers(numbered, [1, 10]), numbered.classes) == ([21, 44], ("3", "5"))
    assert (numbers(named, [1, 10]), named.classes) == ([21, 44], ("cat", "dog"))


REFUSALS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "control flow is no layer": ("If", {}, {"then_branch": helper.make_graph([], "g", [], [])}),
    "its attribute 'strange' is not known here": ("Relu", {}, {"strange": 1}),
    "recurrent layers are not read": ("LSTM", {}, {"hidden_size": 2}),
    "no layer does what this operator of com.acme does": ("Relu", {}, {"domain": "com.acme"}),
    "moves the rows": ("Transpose", {}, {"perm": [1, 0]}),
    "rows meet each other": ("ReduceMean", {}, {"axes": [0]}),
    "export it in evaluation mode": ("Dropout", {"r": f32(0.5), "t": np.array(True)}, {}),
    "transA turns rows into columns": ("Gemm", {"w": f32([[1, 2], [3, 4]])}, {"transA": 1}),
    "nothing that nnlec knows computes this function": ("Sqrt", {}, {}),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refusal_names_node_operator_and_reason(reason: str, save: Save) -> None:
    operator, tensors, attributes = REFUSALS[reason]
    with pytest.raises(NnlecError, match=rf"^\S*model.onnx: node 1 .*{reason}"):
        one(save, operator, tensors, ("n", 2), **attributes)


@pytest.mark.parametrize("operator", ["Max", "Min", "Div", "Pow"])
def test_two_values_that_meet_in_no_layer_are_refused(operator: str, save: Save) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node(operator, ["x", "a"], ["y"])]
    with pytest.raises(NnlecError, match=rf"node 2 {operator} .*several values meet here in a way that no layer has"):
        load_network(save(nodes, {"w": f32([[1, 2], [3, 4]])}))


def test_a_peephole_is_not_overlooked(save: Save) -> None:
    """An input that a handler does not read is a refusal, not a wrong number."""
    node = helper.make_node("Flatten", ["x", "extra"], ["y"])
    with pytest.raises(NnlecError, match=r"its input 2 is not known here"):
        load_network(save([node], {"extra": f32([1])}))


@pytest.mark.parametrize(
    ("nodes", "where", "taken"),
    [
        ([("Relu", "b", "a"), ("Relu", "a", "b"), ("Relu", "b", "y")], "node 2 Relu ('b')", "a"),
        ([("Cast", "y", "a"), ("Cast", "a", "y")], "node 2 Cast ('y')", "a"),
        ([("Identity", "b", "a"), ("Identity", "a", "b"), ("Concat", "a x", "y")], "node 2 Identity ('b')", "a"),
        ([("Relu", "x", "y"), ("Add", "c x", "c")], "node 2 Add ('c')", "c"),
    ],
    ids=["Relu", "Cast", "Identity", "one that the output does not need"],
)
def test_a_cycle_is_refused(tmp_path: Path, nodes: list[tuple[str, str, str]], where: str, taken: str) -> None:
    options: dict[str, Any] = {"Cast": {"to": 1}, "Concat": {"axis": 1}}
    made = [helper.make_node(kind, takes.split(), [gives], **options.get(kind, {})) for kind, takes, gives in nodes]
    (tmp_path / "cycle.onnx").write_bytes(onnx_bytes(made))
    ran = run(f"nnlec forward {tmp_path}/cycle.onnx --input 1,2")
    what = f"{where}: it takes '{taken}', which is made from what it gives: a cycle"
    assert (ran.code, ran.stdout, ran.stderr) == (2, "", f"Error: {tmp_path}/cycle.onnx: {what}\n")


def test_nodes_stand_behind_those_they_need(save: Save) -> None:
    with pytest.raises(NnlecError, match=r"node 1 takes 'a', which nothing before it gives"):
        load_network(save([helper.make_node("Relu", ["a"], ["y"]), helper.make_node("Relu", ["x"], ["a"])]))


def test_casts_may_be_many(save: Save) -> None:
    names = [*(f"v{number}" for number in range(3000)), "y"]
    casts = [helper.make_node("Cast", [a], [b], to=1) for a, b in itertools.pairwise(names)]
    assert kinds(load_network(save([helper.make_node("Relu", ["x"], ["v0"]), *casts]))) == ["scale relu"]


def test_operators_that_become_no_layer_have_a_limit(save: Save) -> None:
    names = ["x", *(f"v{number}" for number in range(1, 3000)), "y"]
    sums = [helper.make_node("Add", [a, a], [b]) for a, b in itertools.pairwise(names)]
    with pytest.raises(NnlecError, match=r"node 201 Add \('v201'\): more than 200 operators without a layer"):
        load_network(save(sums))


def test_what_two_nodes_give_is_refused(save: Save) -> None:
    double = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Tanh", ["x"], ["y"])]
    with pytest.raises(NnlecError, match=r"two nodes give 'y'"):
        load_network(save(double))


def test_a_shape_worked_out_by_remainders_is_read(save: Save) -> None:
    nodes = [
        helper.make_node("Mod", ["nine", "four"], ["one"]),
        helper.make_node("Concat", ["all", "one", "two"], ["shape"], axis=0),
        helper.make_node("Reshape", ["x", "shape"], ["y"]),
    ]
    tensors = {"nine": np.array([9]), "four": np.array([4]), "all": np.array([-1]), "two": np.array([2])}
    assert load_network(save(nodes, tensors)).layers[0].out_shape == (1, 2)


def test_numbers_that_are_named_many_times_are_counted_each_time(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    from nnlec.models import assembly

    monkeypatch.setattr(assembly, "MOST_NUMBERS", 10)
    names = ["x", "a", "b", "y"]
    nodes = [helper.make_node("MatMul", [one, "w"], [other]) for one, other in itertools.pairwise(names)]
    with pytest.raises(NnlecError, match=r"node 3 MatMul \('y'\): more than 10 weights"):
        load_network(save(nodes, {"w": CONSTANTS["w"]}))


def test_the_old_versions_of_operators_must_say_that_they_do_not_learn(save: Save) -> None:
    learned = {"s": f32([1]), "b": f32([0]), "m": f32([0]), "v": f32([0.25])}
    assert numbers(one(save, "BatchNormalization", learned, ("n", 1), opset=6, is_test=1, epsilon=0.0), [1]) == [2]
    with pytest.raises(NnlecError, match=r"export it in evaluation mode"):
        one(save, "BatchNormalization", learned, ("n", 1), opset=6, epsilon=0.0)


def test_a_second_file_is_one_tensor_where_no_place_in_it_is_said(save: Save, tmp_path: Path) -> None:
    path = save([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": f32([[1], [2]])})
    model = onnx.load(path)
    (tensor,) = model.graph.initializer
    (tmp_path / "w.bin").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="w.bin")
    onnx.save(model, path)
    assert numbers(load_network(path), [10, 100]) == [210]
    (tmp_path / "w.bin").write_bytes(bytes(7))
    with pytest.raises(NnlecError, match=r"w.bin: 8 bytes at 0, but it has 7"):
        load_network(path)


def external(tmp_path: Path, **entries: str) -> Path:
    shutil.copy(TRAINED / "lenet.dynamo.onnx.data", tmp_path)
    model = onnx.load(TRAINED / "lenet.dynamo.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = entries.get(entry.key, entry.value)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    return tmp_path / "model.onnx"


def test_a_second_file_is_read_within_the_folder_alone(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    assert load_network(external(inside)).n_in == 64
    shutil.copy(inside / "lenet.dynamo.onnx.data", tmp_path / "secret")
    for place in ("../secret", str(tmp_path / "secret")):
        with pytest.raises(NnlecError, match=r"it lies outside the network file's folder"):
            load_network(external(inside, location=place))
        assert load_network(inside / "model.onnx", allow_outside=True).n_in == 64
    (inside / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(NnlecError, match=r"link: it lies outside the network file's folder"):
        load_network(external(inside, location="link"))


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"length": "9999999999999"}, r"9,999,999,999,999 bytes at .* of a second file"),
        ({"offset": "9999999999999"}, r"but it has"),
        ({"offset": "-1"}, r"of a second file, expected"),
        ({"offset": "x"}, r"is no number"),
        ({"location": "none"}, r"no such file"),
    ],
)
def test_a_place_in_a_second_file_must_be_there(entries: dict[str, str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=reason):
        load_network(external(tmp_path, **entries))


def node_tests() -> Iterator[tuple[str, Any, Any]]:
    """ONNX's own tests of operators, and those that PyTorch's converter wrote: name, model, inputs and outputs."""
    from onnx.backend.test.case.node import collect_testcases
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in collect_testcases(None):
            yield case.name, case.model, case.data_sets[0] if case.data_sets else None
    for kind in ("pytorch-converted", "pytorch-operator", "simple"):
        for case in load_model_tests(kind=kind):
            folder = Path(str(case.model_dir))
            data = [sorted((folder / "test_data_set_0").glob(f"{end}_*.pb")) for end in ("input", "output")]
            sides = [[numpy_helper.to_array(onnx.load_tensor(path)) for path in paths] for paths in data if paths]
            yield case.name, onnx.load(folder / "model.onnx"), sides if len(sides) == 2 else None


def with_constants(model: Any, inputs: Sequence[Any]) -> bytes:
    """The model with all inputs but the first as tensors."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    known = {tensor.name for tensor in changed.graph.initializer}
    free = [each for each in changed.graph.input if each.name not in known]
    for each, value in [*zip(free, inputs, strict=False)][1:]:
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            changed.graph.initializer.append(numpy_helper.from_array(value, each.name))
    return bytes(changed.SerializeToString())


@pytest.mark.slow
def test_none_of_onnx_own_tests_is_read_and_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    from nnlec.models.onnx_file import parsed

    right, refused = 0, 0
    for name, model, data in node_tests():
        x = data[0][0] if data and data[0] else None
        if not isinstance(x, np.ndarray) or x.ndim < 2 or x.dtype.kind != "f" or not x.size:
            continue
        try:
            network = parsed(with_constants(model, data[0]))
        except NnlecError:
            refused += 1
            continue
        expected = np.asarray(data[1][0], dtype=np.float64).reshape(len(x), -1)
        found = network.forward(x.reshape(len(x), -1).astype(np.float64))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5, err_msg=name)
        right += 1
    with capsys.disabled():
        print(f"\nONNX tests read as networks: {right} right, {refused} refused, none wrong")
    assert right >= 180


def test_a_model_is_known_by_its_content(tmp_path: Path) -> None:
    shutil.copy(TRAINED / "dense.script.onnx", tmp_path / "model.bin")
    assert load_network(tmp_path / "model.bin").n_out == 2
    (tmp_path / "text.onnx").write_text("layers: []")
    with pytest.raises(NnlecError, match=r"text.onnx: not an ONNX model"):
        nnlec.load_network(tmp_path / "text.onnx")


def test_only_the_messages_of_the_onnx_package_are_imported() -> None:
    """The rest of it takes longer to import than a small model to show; it is there where it is wanted later."""
    path = str(TRAINED / "dense.script.onnx")
    code = f"""
import sys, nnlec
assert nnlec.load_network({path!r}).n_out == 2
assert not {{"onnx", "numpy.ma"}} & set(sys.modules)
import onnx
onnx.checker.check_model(onnx.load({path!r}))
assert nnlec.load_network({path!r}).n_out == 2
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
