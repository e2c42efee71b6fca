"""Operators of ONNX one by one, with every attribute and input that is read, beside the reference evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models.onnx_file import parsed
from tests.graphs import f32, onnx_bytes

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

ML: dict[str, Any] = {"domain": "ai.onnx.ml"}
Step = tuple[Any, ...]
"""An operator, the names that it takes (- for one left out), the name that it gives, and its attributes."""

W, B = f32([[1, 2, 0.5], [3, -1, 4]]), f32([0.5, -2, 1])
TENSORS: dict[str, Any] = {
    "w": W,
    "wt": W.T.copy(),
    "square": f32([[1, 2], [3, 4]]),
    "cube": f32([[[1, 2], [3, 4]]]),
    "b": B,
    "row": B[None],
    "column": f32([[1], [2]]),
    "one": f32([2]),
    "scalar": f32(2),
    "two": f32([0.5, -3]),
    "low": f32(-1),
    "high": f32(2),
    "zero": f32(0),
    "yes": np.array(True),
    "no": np.array(False),
    "half": f32(0.5),
    "quarter": f32([0.25]),
    "slopes": f32([[0.5], [2]]),
    "1x": np.array([1]),
    "2x": np.array([2]),
    "0x": np.array([0]),
    "-1x": np.array([-1]),
    "12x": np.array([1, 2]),
    "shape": np.array([0, -1]),
    "23x": np.array([-1, 2, 3]),
    "03x": np.array([0, 3, -1]),
    "k": f32(np.arange(1, 9).reshape(2, 1, 2, 2) / 4),
    "k1": f32(np.arange(1, 13).reshape(2, 2, 3) / 4),
    "v": f32([1, 4]),
    "m": f32([0.5, -1]),
    "names": np.array(["a"], dtype=object),
}
ROW, PAIR, MAPS, WIDE = ("n", 2), ("n", 2, 3), ("n", 2, 4, 5), ("n", 2, 7)


def nodes_of(steps: Sequence[Step]) -> list[Any]:
    return [
        helper.make_node(name, ["" if each == "-" else each for each in given.split()], made.split(), **dict(*more))
        for name, given, made, *more in steps
    ]


def content(steps: Sequence[Step], shape: Sequence[Any], opset: int = 17, **more: Any) -> bytes:
    used = {each for _, given, *_ in steps for each in given.split()}
    return onnx_bytes(
        nodes_of(steps), {key: TENSORS[key] for key in TENSORS if key in used}, shape, opset=opset, **more
    )


def single(name: str, given: str = "x", opset: int = 17, **attributes: Any) -> tuple[list[Step], int]:
    return [(name, given, "y", attributes)], opset


def rows(shape: Sequence[Any]) -> Any:
    count = int(np.prod(shape[1:]))
    return f32(np.random.default_rng(count).normal(0, 2, (4, count)).reshape(4, *shape[1:]))


ACTIVATIONS: list[tuple[list[Step], int]] = [
    single("LeakyRelu"),
    single("LeakyRelu", alpha=0.25),
    single("Elu"),
    single("Elu", alpha=0.25),
    single("Selu"),
    single("Selu", alpha=0.25, gamma=2.0),
    single("Celu"),
    single("Celu", alpha=0.25),
    single("HardSigmoid"),
    single("HardSigmoid", alpha=0.25, beta=0.25),
    single("ThresholdedRelu"),
    single("ThresholdedRelu", alpha=0.25),
    single("Shrink"),
    single("Shrink", lambd=0.25, bias=0.25),
    single("Swish", opset=24),
    single("Swish", opset=24, alpha=0.5),
    single("Gelu", opset=20),
    single("Gelu", opset=20, approximate="none"),
    single("Gelu", opset=20, approximate="tanh"),
    single("Clip", "x low high"),
    single("Clip", "x zero"),
    ([("Neg", "x", "p"), ("Clip", "p - zero", "q"), ("Neg", "q", "y")], 17),
    single("Clip", "x zero -"),
    single("Clip", opset=10, min=0.0),
    ([("Neg", "x", "p"), ("Clip", "p", "q", {"max": 0.0}), ("Neg", "q", "y")], 10),
    single("Clip", opset=10, min=-1.0, max=2.0),
    single("Cast", to=1),
    single("Cast", to=11),
    single("Cast", opset=19, to=1, saturate=1),
    single("PRelu", "x two"),
    single("PRelu", "x one"),
    single("Softmax"),
    single("Softmax", axis=1),
    single("Softmax", axis=-1),
    single("Softmax", opset=11),
    single("Softmax", opset=11, axis=-1),
    single("LogSoftmax"),
    single("Hardmax"),
]
DENSE: list[tuple[list[Step], int]] = [
    single("Gemm", "x w"),
    single("Gemm", "x w b"),
    single("Gemm", "x w -"),
    single("Gemm", "x w row"),
    single("Gemm", "x w one"),
    single("Gemm", "x w scalar"),
    single("Gemm", "x wt b", transB=1),
    single("Gemm", "x w b", transB=0, transA=0),
    single("Gemm", "x w b", alpha=0.5),
    single("Gemm", "x w b", beta=0.25),
    single("Gemm", "x w b", beta=0.0),
    single("Gemm", "x wt row", transB=1, alpha=2.0, beta=-0.5),
    single("MatMul", "x w"),
    single("BatchNormalization", "x two m m v"),
    single("BatchNormalization", "x two m m v", epsilon=0.25, momentum=0.5),
    single("LayerNormalization", "x two"),
    single("LayerNormalization", "x two m", axis=1, epsilon=0.25, stash_type=1),
    single("Dropout"),
    single("Dropout", "x half"),
    single("Dropout", "x half no"),
    single("Dropout", opset=11, ratio=0.25),
    single("Dropout", opset=10),
    single("Concat", "x x", axis=1),
    single("Concat", "x x x", axis=-1),
    single("Sum", "x x x"),
    single("Identity"),
    single("Concat", axis=1),
    single("Sum"),
    ([("Greater", "x zero", "p"), ("Cast", "p", "q", {"to": 1}), ("Mul", "x q", "y")], 17),
    ([("Greater", "x zero", "p"), ("Cast", "p", "q", {"to": 9}), ("Where", "q x zero", "y")], 17),
    ([("LessOrEqual", "x zero", "p"), ("Not", "p", "q"), ("Where", "q x zero", "y")], 17),
]
MOVED: list[tuple[list[Step], int]] = [
    single("Flatten"),
    single("Flatten", axis=1),
    single("Flatten", axis=-2),
    single("Reshape", "x shape"),
    single("Reshape", "x 03x"),
    single("Reshape", "x 23x"),
    single("Transpose", perm=[0, 2, 1]),
    single("Transpose", perm=[0, 1, 2]),
    single("Unsqueeze", "x 1x"),
    single("Unsqueeze", "x 2x"),
    single("Unsqueeze", "x -1x"),
    single("Unsqueeze", "x 12x"),
    single("Unsqueeze", opset=11, axes=[1, 3]),
    single("ReduceMean", axes=[2]),
    single("ReduceMean", axes=[-1], keepdims=0),
    single("ReduceMax", axes=[1], keepdims=1),
    ([("ReduceMax", "x", "p", {"axes": [2], "keepdims": 0}), ("Add", "p two", "y")], 17),
    single("ReduceMax", axes=[2], keepdims=0),
    single("ReduceMean", "x 2x", opset=18, noop_with_empty_axes=0),
    ([("Unsqueeze", "x 12x", "p"), ("Squeeze", "p 12x", "y")], 17),
    ([("Unsqueeze", "x 12x", "p"), ("Tanh", "p", "q"), ("Squeeze", "q", "y")], 17),
    ([("Unsqueeze", "x 2x", "p"), ("Tanh", "p", "q"), ("Squeeze", "q", "y")], 17),
    ([("Unsqueeze", "x -1x", "p"), ("Tanh", "p", "q"), ("Squeeze", "q -1x", "y")], 17),
    (
        [
            ("Shape", "x", "p"),
            ("Slice", "p 0x 2x", "s"),
            ("Concat", "s -1x", "t", {"axis": 0}),
            ("Reshape", "x t", "y"),
        ],
        17,
    ),
    ([("Shape", "x", "s", {"end": 2}), ("Concat", "s -1x", "t", {"axis": 0}), ("Reshape", "x t", "y")], 17),
    (
        [
            ("Shape", "x", "p", {"start": 1}),
            ("Concat", "-1x p 1x", "t", {"axis": 0}),
            ("Reshape", "x t", "q"),
            ("Flatten", "q", "y"),
        ],
        17,
    ),
]
WINDOWS: list[tuple[list[Step], int]] = [
    single("Conv", "x k", group=2),
    single("Conv", "x k two", group=2),
    single("Conv", "x k", group=2, kernel_shape=[2, 2], strides=[2, 1]),
    single("Conv", "x k", group=2, pads=[0, 1, 2, 0]),
    single("Conv", "x k", group=2, dilations=[2, 1]),
    single("Conv", "x k", group=2, dilations=[2, 2]),
    single("Conv", "x k", group=2, dilations=[1, 2], pads=[0, 0, 1, 1], strides=[1, 2]),
    single("Conv", "x k", group=2, auto_pad="SAME_UPPER", strides=[2, 2]),
    single("Conv", "x k", group=2, auto_pad="SAME_LOWER"),
    single("Conv", "x k", group=2, auto_pad="VALID"),
    single("Conv", "x k", group=2, auto_pad="NOTSET", pads=[1, 0, 0, 1]),
    single("MaxPool", kernel_shape=[2, 2]),
    single("MaxPool", kernel_shape=[2, 3], strides=[1, 2], pads=[0, 1, 1, 1]),
    single("MaxPool", kernel_shape=[2, 2], dilations=[2, 1], storage_order=0),
    single("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
    single("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]),
    single("AveragePool", kernel_shape=[2, 2]),
    single("AveragePool", kernel_shape=[2, 2], pads=[1, 1, 0, 0]),
    single("AveragePool", kernel_shape=[2, 2], pads=[1, 1, 0, 0], count_include_pad=1),
    single("AveragePool", kernel_shape=[2, 2], count_include_pad=1),
    single("GlobalMaxPool"),
    single("GlobalAveragePool"),
]
CASES = [
    *((ROW, *case) for case in (*ACTIVATIONS, *DENSE)),
    *((PAIR, *case) for case in MOVED),
    *((MAPS, *case) for case in WINDOWS),
    (("n", 1), *single("Relu")),
    (("n", 1, 1), *single("Softmax", opset=11)),
    (("n", 3, 1), *single("Softmax", opset=11, axis=1)),
    (("n", 1, 3), *single("Softmax", opset=11, axis=2)),
    (("n", 1, 3), *single("Softmax")),
    (("n", 3, 1), *single("Softmax", axis=1)),
    (("n", 3, 2), *single("MatMul", "x w")),
    (WIDE, *single("Conv", "x k1 two")),
    (("n", 2, 3), *single("BatchNormalization", "x two m m v")),
    (("n", 3, 2), *single("LayerNormalization", "x two m")),
    (("n", 3, 2), *single("Concat", "x x", axis=1)),
    (("n", 1, 3), *single("ReduceMean", axes=[1], keepdims=0)),
    (("n", 2, 1), *single("ReduceMean", axes=[2], keepdims=0)),
]


@pytest.mark.parametrize(
    ("shape", "steps", "opset"),
    CASES,
    ids=[f"{steps[-1][0]} {steps[-1][1]} {opset} {number}" for number, (_, steps, opset) in enumerate(CASES)],
)
def test_an_operator_gives_what_the_reference_gives(shape: Sequence[Any], steps: list[Step], opset: int) -> None:
    made = content(steps, shape, opset)
    x = rows(shape)
    model = onnx.load_model_from_string(made)
    outputs: Any = ReferenceEvaluator(model).run(None, {"x": x})
    found = parsed(_with_a_layer(model)).forward(x.reshape(4, -1).astype(float))
    expected = np.tanh(np.asarray(outputs[0], dtype=float)).reshape(4, -1)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


def _with_a_layer(model: Any) -> bytes:
    """The model with a tanh behind its output, so that no model is without a layer."""
    model.graph.node.append(helper.make_node("Tanh", ["y"], ["z"]))
    model.graph.output[0].name = "z"
    return bytes(model.SerializeToString())


def _linear(name: str, **given: Any) -> tuple[list[Step], int]:
    return [
        (name, "x", "y" if name == "LinearRegressor" else "label y", {**ML, "coefficients": [1.0, 2.0], **given})
    ], 17


REFUSED: list[tuple[str, Sequence[Any], tuple[list[Step], int]]] = [
    ("it takes [3], but [2] comes in", ROW, single("Gemm", "x wt")),
    ("rows of [2] meet weights of [1, 2, 2]", ROW, single("Gemm", "x cube")),
    ("rows of [2, 3] meet weights of [2, 3]", PAIR, single("Gemm", "x w")),
    ("a bias of [2] differs from row to row", ROW, single("Gemm", "x w two")),
    ("a bias of [2, 1] differs from row to row", ROW, single("Gemm", "x w column")),
    ("a bias of [2, 1] differs from row to row", ROW, single("Gemm", "x square column")),
    ("a bias of [2, 2] differs from row to row", ROW, single("Gemm", "x square square")),
    ("transA turns rows into columns", ROW, single("Gemm", "x w", transA=1)),
    ("its input 2 is missing", ROW, single("Gemm", "x - b")),
    ("its input 2 is no constant: it depends on the rows", ROW, single("Gemm", "x x")),
    ("its input 1 is a constant, expected what a layer gives", ROW, single("MatMul", "w x")),
    ("two values are multiplied as matrices: attention is not read", ROW, single("MatMul", "x x")),
    ("rows of [2, 3] meet weights of [2, 3]", PAIR, single("MatMul", "x w")),
    ("rows of [2] meet weights of [1, 2, 2]", ROW, single("MatMul", "x cube")),
    ("its input 2 holds <U1, expected numbers", ROW, single("MatMul", "x names")),
    ("its input 2 holds bool, expected numbers", ROW, single("MatMul", "x yes")),
    ("it was exported for training", ROW, single("BatchNormalization", "x two m m v", training_mode=1)),
    ("it was exported for training", ROW, single("BatchNormalization", "x two m m v", opset=6)),
    ("spatial=0 is not read", ROW, single("BatchNormalization", "x two m m v", opset=8, spatial=0)),
    ("scale of [3] for axis 1 on of rows of [2]", ROW, single("LayerNormalization", "x b")),
    ("scale of [2] for axis 0 on of rows of [2]", ROW, single("LayerNormalization", "x two", axis=0)),
    ("scale of [2] for axis 1 on of rows of [2]", ROW, single("LayerNormalization", "x two b")),
    ("axis 2 of a value with 2 axes", ROW, single("LayerNormalization", "x two", axis=2)),
    ("axis -3 of a value with 2 axes", ROW, single("LayerNormalization", "x two", axis=-3)),
    ("it runs over one axis of a map, expected the numbers of a row", PAIR, single("Softmax")),
    ("it runs over one axis of a map, expected the numbers of a row", PAIR, single("Softmax", axis=1)),
    ("it runs over one axis of a map, expected the numbers of a row", PAIR, single("Softmax", opset=11, axis=2)),
    ("it runs over one axis of a map, expected the numbers of a row", ROW, single("Softmax", axis=0)),
    ("it runs over one axis of a map, expected the numbers of a row", ("n", 1), single("Softmax", axis=0)),
    ("it rounds to whole numbers, which is no layer", ROW, single("Cast", to=6)),
    ("it rounds to whole numbers, which is no layer", ROW, single("Cast", to=12)),
    ("it rounds to whole numbers, which is no layer", ROW, single("Cast", to=9)),
    ("its attribute to is no whole number", ROW, single("Cast", to="x")),
    ("it was exported for training", ROW, single("Dropout", "x half yes")),
    ("it was exported for training", ROW, single("Dropout", opset=6, ratio=0.5)),
    ("rows meet each other", ROW, single("Concat", "x x", axis=0)),
    ("it joins along another axis than the channels", PAIR, single("Concat", "x x", axis=2)),
    ("its approximation is not known here", ROW, single("Gelu", opset=20, approximate="fast")),
    ("its input 2 is no constant of numbers that hold for every row", ROW, single("Add", "x names")),
    ("axis 0 is not the one after the rows", PAIR, single("Flatten", axis=0)),
    ("axis 2 is not the one after the rows", PAIR, single("Flatten", axis=2)),
    ("axis -1 is not the one after the rows", PAIR, single("Flatten", axis=-1)),
    ("its shape is missing", PAIR, single("Reshape", "x")),
    ("an axis before the rows", ROW, single("Unsqueeze", "x 0x")),
    ("axis 3 of a value with 3 axes", ROW, single("Unsqueeze", opset=11, axes=[3])),
    ("an axis before the rows", ROW, single("Unsqueeze", opset=11, axes=[1, 1])),
    ("axes [1] of rows of [2, 3] are not all of size 1", PAIR, single("Squeeze", "x 1x")),
    ("axes [0] of rows of [1, 3] are not all of size 1", ("n", 1, 3), single("Squeeze", "x 0x")),
    ("axes [1, 2] of rows of [1, 3] are not all of size 1", ("n", 1, 3), single("Squeeze", "x 12x")),
    ("its rows lose their only axis", ("n", 1), single("Squeeze", "x 1x")),
    ("the order [1, 0, 2] moves the rows", PAIR, single("Transpose", perm=[1, 0, 2])),
    ("the order [0, 1] moves the rows", PAIR, single("Transpose", perm=[0, 1])),
    ("the order [0, 1, 1] moves the rows", PAIR, single("Transpose", perm=[0, 1, 1])),
    ("the order [2, 1, 0] moves the rows", PAIR, single("Transpose")),
    ("rows meet each other", PAIR, single("ReduceMean")),
    ("rows meet each other", PAIR, single("ReduceMean", axes=[0, 1])),
    ("kernel_shape is [1, 2], but its weights are [2, 1, 2, 2]", MAPS, single("Conv", "x k", kernel_shape=[1, 2])),
    ("windows of [2, 2] over rows of [2, 7]", WIDE, single("Conv", "x k")),
    ("windows of [2] over rows of [2]", ROW, single("MaxPool", kernel_shape=[2])),
    ("its kernel_shape is missing", MAPS, single("MaxPool")),
    ("column-major indices are not given", MAPS, single("MaxPool", kernel_shape=[2, 2], storage_order=1)),
    ("auto_pad SAME is not known here", MAPS, single("MaxPool", kernel_shape=[2, 2], auto_pad="SAME")),
    ("its attribute axis is no whole number", PAIR, single("Flatten", axis=1.0)),
    ("its attribute alpha is no number", ROW, single("LeakyRelu", alpha="x")),
    ("its attribute perm is no list of whole numbers", PAIR, single("Transpose", perm=[0.0, 1.0, 2.0])),
    ("its attribute perm is no list of whole numbers", PAIR, single("Transpose", perm=1)),
    ("its input 2 is no short list of whole numbers known beforehand", PAIR, single("Reshape", "x b")),
    ("its input 2 is no short list of whole numbers known beforehand", PAIR, single("Reshape", "x x")),
    (
        "its input 2 is no short list of whole numbers known beforehand",
        ("n", 2),
        ([("ArrayFeatureExtractor", "x x", "y", ML)], 17),
    ),
    ("it chooses columns by what the rows hold", PAIR, ([("ArrayFeatureExtractor", "x 0x", "y", ML)], 17)),
    ("post_transform PROBIT is not known", ROW, _linear("LinearClassifier", post_transform="PROBIT")),
    ("post_transform SOFTMAX is not known", ROW, _linear("LinearRegressor", post_transform="SOFTMAX")),
]


@pytest.mark.parametrize(("reason", "shape", "case"), REFUSED, ids=[f"{n} {each[0]}" for n, each in enumerate(REFUSED)])
def test_an_operator_that_is_not_read_says_why(reason: str, shape: Sequence[Any], case: tuple[list[Step], int]) -> None:
    with pytest.raises(NnlecError) as caught:
        parsed(content(case[0], shape, case[1]))
    assert caught.value.where.startswith(f"node 1 {case[0][0][0]} ('")
    assert caught.value.what.startswith(reason)


@pytest.mark.parametrize(
    ("case", "rate"),
    [
        (single("Dropout"), 0.5),
        (single("Dropout", "x half no", seed=3), 0.5),
        (single("Dropout", "x quarter"), 0.25),
        (single("Dropout", opset=11, ratio=0.2), 0.2),
        (single("Dropout", opset=7), 0.5),
        (single("Dropout", opset=6, ratio=0.2, is_test=1), 0.2),
    ],
)
def test_a_dropout_keeps_its_share(case: tuple[list[Step], int], rate: float) -> None:
    (layer,) = parsed(content(case[0], ROW, case[1])).layers
    assert (layer.kind, layer.rate) == ("dropout", rate)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("chosen", "layers", "expected"),
    [([0, 1, 2], ["scale tanh"], [1, 2, 4]), ([0, 2], ["dense tanh"], [1, 4]), ([2, 1, 0], ["dense tanh"], [4, 2, 1])],
)
def test_columns_in_their_order_need_no_layer(chosen: list[int], layers: list[str], expected: list[float]) -> None:
    steps = [("ArrayFeatureExtractor", "x c", "p", ML), ("Tanh", "p", "y")]
    made = parsed(onnx_bytes(nodes_of(steps), {"c": np.array(chosen)}, ("n", 3)))
    assert [f"{layer.kind} {layer.activation.name}" for layer in made.layers] == layers
    np.testing.assert_allclose(made.forward([[1, 2, 4]]), [np.tanh(expected)], rtol=1e-6)


def test_no_columns_are_refused() -> None:
    with pytest.raises(NnlecError, match=r"columns \[\] of 3"):
        parsed(onnx_bytes(nodes_of([("ArrayFeatureExtractor", "x c", "y", ML)]), {"c": np.zeros(0, int)}, ("n", 3)))


@pytest.mark.parametrize("labels", [{"classlabels_strings": ["a", "b"]}, {"classlabels_ints": [3, 5]}])
def test_a_linear_classifier_without_intercepts_has_a_row_for_each_label(labels: dict[str, Any]) -> None:
    given = {**ML, "coefficients": [1.0, 2.0, 3.0, 4.0], "multi_class": 1, **labels}
    (layer,) = parsed(content([("LinearClassifier", "x", "label y", given)], ROW)).layers
    assert layer.forward(np.array([[1.0, 10.0]])).tolist() == [[21.0, 43.0]]
    assert "bias" not in layer.numbers
