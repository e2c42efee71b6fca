"""The same networks in every version of ONNX's operators, in single and in double precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError
from nnlec.models.onnx_file import parsed
from tests.graphs import onnx_bytes

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

FLOAT, DOUBLE = 1, 11
Nodes = list[Any]
Tensors = dict[str, Any]
node = helper.make_node


def numbers(*shape: int) -> Any:
    return np.random.default_rng(len(shape)).normal(size=shape)


def rows(_: int) -> tuple[Nodes, Tensors]:
    weights = {"w": numbers(4, 3), "b": numbers(4), "v": numbers(4, 2), "d": numbers(2)}
    steps = [
        node("Gemm", ["x", "w", "b"], ["a"], transB=1), node("Relu", ["a"], ["h"]), node("MatMul", ["h", "v"], ["c"]),
        node("Add", ["c", "d"], ["e"]), node("Softmax", ["e"], ["y"], axis=1),
    ]  # fmt: skip
    return steps, weights


def maps(_: int) -> tuple[Nodes, Tensors]:
    weights = {"w": numbers(2, 1, 3, 3), "b": numbers(2), "g": numbers(8, 3), "z": numbers(3)}
    steps = [
        node("Conv", ["x", "w", "b"], ["a"], pads=[1, 1, 1, 1], kernel_shape=[3, 3]), node("Elu", ["a"], ["h"]),
        node("MaxPool", ["h"], ["p"], kernel_shape=[2, 2], strides=[2, 2]), node("Flatten", ["p"], ["q"]),
        node("Gemm", ["q", "g", "z"], ["y"]),
    ]  # fmt: skip
    return steps, weights


def bounds(opset: int) -> tuple[Nodes, Tensors]:
    if opset < 11:
        return [node("Clip", ["x"], ["a"], min=0.0, max=6.0), node("Neg", ["a"], ["y"])], {}
    limits = {"low": np.array(0.0), "high": np.array(6.0)}
    return [node("Clip", ["x", "low", "high"], ["a"]), node("Neg", ["a"], ["y"])], limits


def means(opset: int) -> tuple[Nodes, Tensors]:
    if opset < 18:
        return [node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)], {}
    return [node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)], {"axes": np.array([2, 3])}


def axes(opset: int) -> tuple[Nodes, Tensors]:
    if opset < 13:
        steps = [node("Unsqueeze", ["x"], ["a"], axes=[1]), node("Squeeze", ["b"], ["y"], axes=[1])]
        return [steps[0], node("Tanh", ["a"], ["b"]), steps[1]], {}
    steps = [node("Unsqueeze", ["x", "axis"], ["a"]), node("Squeeze", ["b", "axis"], ["y"])]
    return [steps[0], node("Tanh", ["a"], ["b"]), steps[1]], {"axis": np.array([1])}


def dropped(opset: int) -> tuple[Nodes, Tensors]:
    if opset < 12:
        return [node("Dropout", ["x"], ["a"], ratio=0.25), node("Tanh", ["a"], ["y"])], {}
    return [node("Dropout", ["x", "rate"], ["a"]), node("Tanh", ["a"], ["y"])], {"rate": np.array(0.25)}


def norms(opset: int) -> tuple[Nodes, Tensors]:
    learned = {"s": numbers(3), "b": numbers(3) * 2, "m": numbers(3) / 2, "v": np.abs(numbers(3)) + 0.5}
    if opset < 14:  # the reference evaluator has none of these
        return rows(opset)
    return [node("BatchNormalization", ["x", *learned], ["y"], epsilon=0.125)], learned


def moved(_: int) -> tuple[Nodes, Tensors]:
    steps = [
        node("Reshape", ["x", "shape"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 2, 1]),
        node("Flatten", ["b"], ["c"]), node("Concat", ["c", "x"], ["d"], axis=1), node("MatMul", ["d", "w"], ["y"]),
    ]  # fmt: skip
    return steps, {"shape": np.array([-1, 3, 2]), "w": numbers(12, 2)}


NETWORKS: dict[str, tuple[Callable[[int], tuple[Nodes, Tensors]], tuple[int, ...]]] = {
    "rows": (rows, (3,)),
    "maps": (maps, (1, 4, 4)),
    "bounds": (bounds, (3,)),
    "means": (means, (2, 3, 3)),
    "axes": (axes, (3,)),
    "dropped": (dropped, (3,)),
    "norms": (norms, (3,)),
    "moved": (moved, (6,)),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("opset", [7, 9, 11, 12, 13, 14, 15, 18, 20, 21, 23, 25])
def test_every_version_gives_what_the_reference_gives(opset: int, name: str) -> None:
    make, shape = NETWORKS[name]
    steps, tensors = make(opset)
    for element, dtype, near in ((FLOAT, np.float32, 1e-5), (DOUBLE, np.float64, 1e-12)):
        given = {key: array.astype(dtype) if array.dtype.kind == "f" else array for key, array in tensors.items()}
        content = onnx_bytes(steps, given, ("n", *shape), opset=opset, element=element)
        network = parsed(content)
        x = np.random.default_rng(opset).normal(size=(3, *shape)).astype(dtype) * 4
        outputs: Any = ReferenceEvaluator(onnx.load_model_from_string(content)).run(None, {"x": x})
        found = network.forward(x.reshape(3, -1).astype(float))
        np.testing.assert_allclose(found, outputs[0].reshape(3, -1), rtol=near, atol=near)
        assert network.dtype == np.dtype(dtype).name


def test_an_opset_that_is_too_old_or_too_new_is_refused() -> None:
    steps, tensors = rows(7)
    for opset, reason in ((5, "opset 5 is not read"), (99, "opset 99 is newer than those that are read")):
        with pytest.raises(NnlecError, match=reason):
            parsed(onnx_bytes(steps, tensors, ("n", 3), opset=opset))


def test_several_outputs_are_refused_by_name() -> None:
    steps, tensors = rows(17)
    outputs = [helper.make_tensor_value_info(name, FLOAT, None) for name in ("e", "y")]
    with pytest.raises(
        NnlecError, match=r"it gives 'e', 'y': several outputs, expected one \(onnx.utils.extract_model"
    ):
        parsed(onnx_bytes(steps, tensors, ("n", 3), outputs=outputs))


def test_an_output_that_is_no_tensor_of_numbers_is_refused() -> None:
    steps = [node("Relu", ["x"], ["a"]), node("SequenceConstruct", ["a"], ["y"])]
    sequence = helper.make_tensor_sequence_value_info("y", FLOAT, None)
    with pytest.raises(NnlecError, match=r"node 2 SequenceConstruct \('y'\): no layer does what this operator does"):
        parsed(onnx_bytes(steps, {}, ("n", 3), outputs=[sequence]))
