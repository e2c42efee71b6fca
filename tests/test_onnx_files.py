"""What an ONNX file says beside its operators: ends, constants, tensors, classes, names and versions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError, load_network
from nnlec.models import onnx_file
from nnlec.models.onnx_file import graph, parsed
from tests.graphs import f32, numbers, onnx_bytes

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper, numpy_helper  # noqa: E402

W = f32([[1, 2], [3, -1]])
ML: dict[str, Any] = {"domain": "ai.onnx.ml"}
node, value = helper.make_node, helper.make_tensor_value_info
RELU = node("Relu", ["x"], ["y"])
GEMM = node("Gemm", ["x", "w"], ["y"])


def model(nodes: Sequence[Any] = (RELU,), tensors: dict[str, Any] | None = None, **given: Any) -> Any:
    return onnx.load_model_from_string(onnx_bytes(nodes, tensors, **given))


def network(made: Any) -> Network:
    return parsed(made.SerializeToString())


def refused(made: Any, reason: str) -> None:
    with pytest.raises(NnlecError) as caught:
        network(made)
    assert reason in str(caught.value)


INPUTS: list[tuple[list[Any], str]] = [
    ([], "its inputs are none; expected one, whose rows are the examples"),
    ([value(f"x{number}", 1, ["n", 2]) for number in range(8)], "'x0', 'x1', 'x2', 'x3', 'x4', 'x5'; expected one"),
    ([value("a" * 30, 1, ["n", 2]), value("b", 1, ["n", 2])], f"its inputs are '{'a' * 30}', 'b'; expected one"),
    ([value("a" * 31, 1, ["n", 2]), value("b", 1, ["n", 2])], f"'{'a' * 10}...{'a' * 15}', 'b'; expected one"),
    ([helper.make_tensor_sequence_value_info("x", 1, None)], "its input 'x' is no array of numbers"),
    ([value("x", 8, ["n", 2])], "its input 'x' is no array of numbers"),
    ([value("x", 9, ["n", 2])], "its input 'x' is no array of numbers"),
    ([value("x", 1, ["n"])], "its input has 1 axis, expected rows and what one example has"),
    ([value("x", 1, None)], "its input has 0 axes, expected rows and what one example has"),
    ([value("x", 1, ["n", "k"])], "its input is [rows, 0]: a size is open"),
    ([value("x", 1, ["n", 2, 0])], "its input is [rows, 2, 0]: a size is open"),
    ([value("x", 1, [3, -1])], "its input is [rows, -1]: a size is open"),
]


@pytest.mark.parametrize(("inputs", "reason"), INPUTS, ids=[reason for _, reason in INPUTS])
def test_an_input_of_another_form_is_refused(inputs: list[Any], reason: str) -> None:
    made = model()
    del made.graph.input[:]
    made.graph.input.extend(inputs)
    refused(made, reason)


@pytest.mark.parametrize("element", [1, 2, 3, 4, 5, 6, 7, 10, 11, 16])
@pytest.mark.parametrize("count", ["n", 0, 1, 5])
def test_an_input_may_hold_numbers_of_every_type_and_a_number_of_rows(element: int, count: Any) -> None:
    assert numbers(network(model(element=element, shape=(count, 1))), [3]) == [3]


@pytest.mark.parametrize(
    ("sizes", "rows", "expected"),
    [
        ([4, 2], 4, (2,)),
        ([4, 2, 1], 4, (2, 1)),
        ([-1, 2], 4, (2,)),
        ([4, -1], 4, (2,)),
        ([1, 2], 1, (2,)),
        ([0, 1, 2], 4, (1, 2)),
        ([4, 1, 0], 4, "the shape [4, 1, 0] keeps an axis that is not there"),
        ([2, 4], 4, "rows of [2] do not become [2, 4]"),
        ([8], 4, "rows of [2] do not become [8]"),
        ([-1], 4, "rows meet each other"),
        ([5, 2], 4, "rows of [2] do not become [5, 2]"),
        ([4, 3], 4, "rows of [2] do not become [rows, 3]"),
        ([4, 2], "n", "rows of [2] do not become [4, 2]"),
        ([1, 2], "n", "rows of [2] become [1, 2]: rows meet each other"),
        ([-1, -1], 4, "rows of [2] do not become [-1, -1]"),
        ([-1, -2], 4, "rows of [2] do not become [-1, -2]"),
        ([-1, 3], 4, "rows of [2] do not become [-1, 3]"),
        ([], 4, "rows of [2] become []: rows meet each other"),
        ([0, 0, 1], 4, (2, 1)),
    ],
)
def test_a_shape_keeps_the_rows_where_they_are(sizes: list[int], rows: Any, expected: Any) -> None:
    steps = [node("Tanh", ["x"], ["a"]), node("Reshape", ["a", "s"], ["y"])]
    made = model(steps, {"s": np.array(sizes, np.int64)}, shape=(rows, 2))
    if isinstance(expected, str):
        with pytest.raises(NnlecError) as caught:
            network(made)
        assert expected in str(caught.value)
    else:
        assert network(made).layers[-1].out_shape == expected


def test_a_shape_may_say_that_0_is_no_size_to_be_kept() -> None:
    steps = [node("Tanh", ["x"], ["a"]), node("Reshape", ["a", "s"], ["y"], allowzero=1)]
    refused(model(steps, {"s": np.array([0, 2])}), "rows of [2] do not become")
    assert network(model(steps, {"s": np.array([-1, 2])})).n_out == 2


def test_an_axis_of_one_entry_less_is_one_of_size_1() -> None:
    for shape, expected in ((("n", 1, 3), (3,)), (("n", 2, 1, 3), (2, 3)), (("n", 1, 2, 1), (2,)), (("n", 2), (2,))):
        made = network(model([node("Tanh", ["x"], ["a"]), node("Squeeze", ["a"], ["y"])], shape=shape))
        assert made.layers[-1].out_shape == expected
    listed = node("Squeeze", ["x"], ["y"], axes=[1, 2])
    refused(model([listed], shape=("n", 1, 3), opset=11), "axes [1, 2] of rows of [1, 3] are not all of size 1")
    refused(model([listed], shape=("n", 3), opset=11), "axis 2 of a value with 2 axes")


def test_limits_are_as_they_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = model([node("Tanh", ["x"], ["a"]), node("Relu", ["a"], ["y"])])
    monkeypatch.setattr(graph, "MOST_NODES", 2)
    assert network(two).n_in == 2
    monkeypatch.setattr(graph, "MOST_NODES", 1)
    refused(two, "2 nodes, the limit is 1")
    path = tmp_path / "model.onnx"
    path.write_bytes(model().SerializeToString())
    monkeypatch.setattr(onnx_file, "MOST_BYTES", path.stat().st_size + 1)
    assert load_network(path).n_in == 2
    monkeypatch.setattr(onnx_file, "MOST_BYTES", path.stat().st_size)
    with pytest.raises(NnlecError, match=r"2 GiB or more, which no ONNX file has"):
        load_network(path)


def test_files_that_are_no_models() -> None:
    for content in (b"", onnx_bytes([], {})):
        with pytest.raises(NnlecError, match="not an ONNX model, or one without nodes"):
            parsed(content)
    with pytest.raises(NnlecError, match="not an ONNX model, or a damaged one"):
        parsed(b"\xff" * 40)
    made = model()
    made.graph.sparse_initializer.add()
    refused(made, "sparse tensors are not read")
    refused(model([RELU, node("Tanh", ["x"], ["w"]), node("Add", ["y", "w"], ["z"])], {"w": W}), "two nodes give 'w'")
    refused(model([node("Relu", ["w"], ["y"])], {"w": W}), "the output 'y' does not depend on the input")
    refused(model([node("Identity", ["x"], ["y"])]), "no layers: it gives what it takes")
    made = model([node("LeakyRelu", ["x"], ["y"], alpha=0.5)])
    made.graph.node[0].attribute[0].ref_attr_name = "alpha"
    refused(made, "node 1 LeakyRelu ('y'): its attribute alpha belongs to a function")
    made = model()
    del made.graph.output[:]
    refused(made, "it has no output")
    refused(
        model([node("Dropout", ["x"], ["h", "m"]), node("Add", ["h", "m"], ["y"])]), "its output 'm' is taken, which"
    )


def test_nodes_that_the_output_does_not_need_are_passed_over() -> None:
    made = network(model([node("Strange", ["x"], ["a"], **ML), RELU, node("If", ["a"], ["b"])]))
    assert [layer.activation.name for layer in made.layers] == ["relu"]


def test_a_function_of_the_file_is_refused_even_by_a_known_name() -> None:
    made = model()
    made.functions.append(helper.make_function("", "Relu", ["a"], ["b"], [], [helper.make_opsetid("", 17)]))
    refused(made, "node 1 Relu ('y'): a function of the file's own is not read")


@pytest.mark.parametrize(("opset", "taken"), [(5, False), (6, True), (28, True), (29, False)])
def test_versions_of_operators_from_6_to_28_are_read(opset: int, taken: bool) -> None:
    for domain in ("", "ai.onnx"):
        made = model()
        del made.opset_import[:]
        made.opset_import.append(helper.make_opsetid(domain, opset))
        made.graph.node[0].domain = domain
        if taken:
            assert numbers(network(made), [-1, 2]) == [0, 2]
        else:
            refused(made, f"opset {opset} is")
    old = model([node("ArrayFeatureExtractor", ["x", "c"], ["y"], **ML)], {"c": np.array([1])})
    del old.opset_import[0]
    assert numbers(network(old), [3, 4]) == [4]
    twice = model([node("Softmax", ["x"], ["y"])], shape=("n", 1, 2))
    twice.opset_import.append(helper.make_opsetid("ai.onnx", 11))
    assert network(twice).n_out == 2


CONSTANTS: list[tuple[dict[str, Any], list[float] | str]] = [
    ({"value": numpy_helper.from_array(f32([2, 3]))}, [2, 30]),
    ({"value_float": 2.5}, [2.5, 25]),
    ({"value_floats": [2.5, 3.0]}, [2.5, 30]),
    ({"value_int": 2}, [2, 20]),
    ({"value_ints": [2, 3]}, [2, 30]),
    ({"value_string": "a"}, "its input 2 is no constant of numbers that hold for every row"),
    ({"value_strings": ["a", "b"]}, "its input 2 is no constant of numbers that hold for every row"),
    ({}, "a constant without a value that is read"),
    ({"value_float": 2.5, "value_int": 1}, "its attribute 'value_int' is not known here"),
    ({"value_float": 2.5, "strange": 1}, "its attribute 'strange' is not known here"),
]


@pytest.mark.parametrize(("given", "expected"), CONSTANTS)
def test_a_constant_is_written_in_several_ways(given: dict[str, Any], expected: Any) -> None:
    made = model([node("Constant", [], ["c"], **given), node("Mul", ["x", "c"], ["y"])])
    if isinstance(expected, str):
        refused(made, expected)
    else:
        assert numbers(network(made), [1, 10]) == expected


@pytest.mark.parametrize(
    ("made", "dtype"),
    [
        (model(), "float32"),
        (model(element=11), "float64"),
        (model(element=11, outputs=[value("y", 1, None)]), "float32"),
        (model(outputs=[value("y", 11, None)]), "float64"),
        (model([GEMM], {"w": W.astype(float)}), "float64"),
        (model([GEMM], {"w": W, "unused": W.astype(float)}), "float32"),
        (model([node("Constant", [], ["c"], value_float=2.0), node("Mul", ["x", "c"], ["y"])]), "float32"),
    ],
)
def test_a_network_computes_in_doubles_where_its_file_does(made: Any, dtype: str) -> None:
    assert network(made).dtype == dtype


NAMES = [
    ("/fc1/Gemm", "w", "fc1"),
    ("/body/fc1/Gemm", "w", "fc1"),
    ("/Gemm", "w", "layer 1"),
    ("fc1/Gemm", "w", "layer 1"),
    ("Gemm", "w", "layer 1"),
    ("", "w", "layer 1"),
    ("/fc1/Gemm", "fc2.weight", "fc2"),
    ("/fc1/Gemm", "a.fc2.weight", "a.fc2"),
    ("/fc1/Gemm", "fc2/kernel", "fc2"),
]


@pytest.mark.parametrize(("name", "weights", "expected"), NAMES)
def test_a_layer_is_called_after_its_weights_or_its_node(name: str, weights: str, expected: str) -> None:
    for operator in ("Gemm", "MatMul"):
        made = network(model([node(operator, ["x", weights], ["y"], name=name)], {weights: W}))
        assert made.layers[0].name == expected


@pytest.mark.parametrize(
    ("operator", "name", "output", "shown"),
    [
        ("Strange", "n", "y", "node 1 Strange ('n')"),
        ("Strange", "", "y", "node 1 Strange ('y')"),
        ("S" * 40, "n" * 60, "y", f"node 1 {'S' * 40} ('{'n' * 60}')"),
        ("S" * 41, "n" * 61, "y", f"node 1 {'S' * 20}...{'S' * 15} ('{'n' * 40}...{'n' * 15}')"),
    ],
)
def test_a_refusal_says_which_node(operator: str, name: str, output: str, shown: str) -> None:
    refused(model([node(operator, ["x"], [output], name=name)]), f"{shown}: no layer does what this operator does")
    second = [node("Tanh", ["x"], ["t"]), node("Strange", ["t"], ["y"])]
    refused(model(second), "node 2 Strange ('y')")
    refused(model([node("Strange", ["x"], ["y"], domain="com.acme")]), "this operator of com.acme does")


REASONS = {
    "Loop": "control flow is no layer",
    "Scan": "control flow is no layer",
    "GRU": "recurrent layers are not read",
    "RNN": "recurrent layers are not read",
    "QuantizeLinear": "quantised networks are not read",
    "GatherND": "a look-up by what the rows hold is not read",
    "Gather": "a look-up by what the rows hold is not read",
}


@pytest.mark.parametrize("operator", REASONS)
def test_known_operators_are_refused_with_a_reason(operator: str) -> None:
    refused(model([node(operator, ["x"], ["y"])]), f"node 1 {operator} ('y'): {REASONS[operator]}")


@pytest.mark.parametrize("to", [1, 10, 11, 16])
def test_a_cast_to_another_float_changes_nothing(to: int) -> None:
    made = network(model([node("Cast", ["x"], ["a"], to=to), node("Relu", ["a"], ["y"])]))
    assert numbers(made, [-1, 2.0009]) == [0, 2.0009]


@pytest.mark.parametrize(
    ("operator", "shape", "tensors"),
    [
        ("Conv", ("n", 1, 2), {"ab.weight": f32([[[1]]]), "b": f32([1])}),
        ("BatchNormalization", ("n", 1), {"ab.weight": f32([1]), "b": f32([0]), "m": f32([0]), "v": f32([1])}),
        ("LayerNormalization", ("n", 2), {"ab.weight": f32([1, 2]), "b": f32([0, 1])}),
    ],
)
def test_convolutions_and_norms_are_called_after_their_weights(
    operator: str, shape: Sequence[Any], tensors: dict[str, Any]
) -> None:
    made = network(model([node(operator, ["x", *tensors], ["y"], name="/fc/op")], tensors, shape=shape))
    assert [layer.name for layer in made.layers] == ["ab"]
