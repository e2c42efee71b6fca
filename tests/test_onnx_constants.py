"""Constants that an ONNX file works out before it meets the rows, beside the reference evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError, load_network
from tests.graphs import f32, onnx_bytes

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

TENSORS = {
    "a": f32([1, -2, 3]),
    "b": f32([0.5, 4, -1]),
    "m": f32([[1, 2, 3], [4, 5, 6]]),
    "yes": np.array([True, False, True]),
    "i": np.array([7, -7, 9]),
    "j": np.array([2, 2, -4]),
    "places": np.array([2, 0, -1]),
    "3x2": np.array([3, 2]),
    "0x-1": np.array([0, -1]),
    **{str(number): np.array([number]) for number in (-100, -1, 0, 1, 2, 3, 4, 100)},
    "n": np.array(1),
    "9": f32([9]),
    "half": f32([0.5]),
    "0.0": f32([0]),
    "1.0": f32([1]),
    "3.0": f32([3]),
    "none": np.array([], np.int64),
}
FLOAT: dict[str, Any] = {"to": 1}
GRAPHS: dict[str, list[tuple[Any, ...]]] = {
    "a choice": [("Where", "yes a b", "w")],
    "a choice by what is larger": [("Greater", "a b", "c"), ("Where", "c a b", "w")],
    "a choice by what is not smaller": [("Less", "a b", "c"), ("Not", "c", "d"), ("Where", "d a b", "w")],
    "a choice by what is equal": [("Equal", "a a", "c"), ("Where", "c a b", "w")],
    "a choice by two conditions": [
        ("GreaterOrEqual", "a b", "c"),
        ("LessOrEqual", "a b", "d"),
        ("And", "c yes", "e"),
        ("Or", "e d", "f"),
        ("Where", "f a b", "w"),
    ],
    "whole numbers divided": [("Div", "i j", "c"), ("Cast", "c", "w", FLOAT)],
    "the remainder of whole numbers": [("Mod", "i j", "c"), ("Cast", "c", "w", FLOAT)],
    "a remainder with the sign of what is divided": [("Mod", "i j", "c", {"fmod": 1}), ("Cast", "c", "w", FLOAT)],
    "whole numbers and a power of them": [("Mul", "i j", "c"), ("Pow", "c 2", "d"), ("Cast", "d", "w", FLOAT)],
    "the root of a whole number, which is whole again": [("Pow", "3 half", "c"), ("Cast", "c", "w", FLOAT)],
    "numbers divided": [("Div", "a b", "w")],
    "the larger and the smaller": [("Max", "a b", "c"), ("Min", "a b", "d"), ("Sub", "c d", "w")],
    "numbers in another order": [("Gather", "a places", "w")],
    "a row of a matrix": [("Gather", "m n", "w")],
    "columns in another order": [("Gather", "m places", "c", {"axis": 1}), ("Gather", "c n", "w", {"axis": -2})],
    "a matrix turned": [("Transpose", "m", "c"), ("Reshape", "c -1", "d"), ("Slice", "d 1 4", "w")],
    "a matrix not turned": [("Transpose", "m", "c", {"perm": [0, 1]}), ("Gather", "c n", "w")],
    "every second number": [("Reshape", "m -1", "c"), ("Slice", "c 1 100 0 2", "w")],
    "numbers backwards": [("Slice", "a -1 -100 0 -1", "w")],
    "the last columns": [("Slice", "m -1 100 1", "c"), ("Reshape", "c -1", "d"), ("Concat", "d 9", "w", {"axis": 0})],
    "the numbers as another matrix": [("Reshape", "m 3x2", "c"), ("Slice", "c 0 1 1", "d"), ("Reshape", "d -1", "w")],
    "a size that is kept": [("Transpose", "m", "c"), ("Reshape", "c 0x-1", "d"), ("Gather", "d n", "w", {"axis": 1})],
    "numbers divided by 0": [("Div", "a 0.0", "c"), ("Max", "c b", "d"), ("Min", "d 3.0", "w")],
    "two lists joined": [("Slice", "a 1 3", "c"), ("Slice", "b 0 1", "d"), ("Concat", "c d", "w", {"axis": 0})],
    "two matrices joined": [("Concat", "m m", "c", {"axis": 1}), ("Slice", "c 2 -1 1", "d"), ("Gather", "d n", "w")],
    "one number as many": [("Slice", "a 1 2", "c"), ("Expand", "c 3", "w")],
    "as many as there are": [("Expand", "a 1", "w")],
    "numbers cut to whole ones": [("Cast", "b", "c", {"to": 6}), ("Cast", "c", "w", FLOAT)],
    "numbers cut to longer whole ones": [("Cast", "b", "c", {"to": 7}), ("Cast", "c", "w", FLOAT)],
    "numbers that are not 0": [("Sub", "a 1.0", "c"), ("Cast", "c", "d", {"to": 9}), ("Where", "d a b", "w")],
    "numbers of half precision": [("Div", "a 3.0", "c"), ("Cast", "c", "d", {"to": 10}), ("Cast", "d", "w", FLOAT)],
    "numbers of double precision": [("Div", "a 3.0", "c"), ("Cast", "c", "d", {"to": 11}), ("Cast", "d", "w", FLOAT)],
    "an axis more and less": [("Unsqueeze", "a 0", "c"), ("Squeeze", "c", "w")],
    "a last axis more and less": [("Unsqueeze", "a -1", "c"), ("Squeeze", "c 1", "w")],
    "zeros": [("Shape", "a", "c"), ("ConstantOfShape", "c", "d"), ("Add", "d b", "w")],
    "a number many times": [
        ("ConstantOfShape", "3", "c", {"value": numpy_helper.from_array(f32([2.5]))}),
        ("Mul", "c b", "w"),
    ],
    "a number without axes": [("ConstantOfShape", "none", "c"), ("Add", "c b", "w")],
    "a product": [("ReduceProd", "a", "c", {"keepdims": 0}), ("Identity", "c", "d"), ("Mul", "b d", "w")],
    "a product that keeps its axes": [("ReduceProd", "m", "c"), ("Squeeze", "c", "d"), ("Mul", "b d", "w")],
}
OLD: dict[str, list[tuple[Any, ...]]] = {
    "a part": [("Slice", "a", "c", {"starts": [1], "ends": [3]}), ("Concat", "c 9", "w", {"axis": 0})],
    "a part of some axes": [
        ("Slice", "m", "c", {"starts": [1, 0], "ends": [9, 3], "axes": [0, 1]}),
        ("Squeeze", "c", "w", {"axes": [0]}),
    ],
    "an axis more": [("Unsqueeze", "a", "c", {"axes": [1]}), ("Squeeze", "c", "w", {"axes": [1]})],
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("opset", "name"), [*((17, name) for name in GRAPHS), *((9, name) for name in OLD)])
def test_constants_are_worked_out_as_the_reference_does(opset: int, name: str, tmp_path: Path) -> None:
    steps = (GRAPHS if opset == 17 else OLD)[name]
    nodes = [helper.make_node(op, given.split(), [made], **dict(*more)) for op, given, made, *more in steps]
    used = {each for _, given, *_ in steps for each in given.split()}
    tensors = {key: array for key, array in TENSORS.items() if key in used}
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes([*nodes, helper.make_node("Mul", ["x", "w"], ["y"])], tensors, ("n", 3), opset=opset))
    x = f32([[1, 10, 100]])
    with np.errstate(divide="ignore"):
        expected: Any = ReferenceEvaluator(str(path)).run(None, {"x": x})
    np.testing.assert_array_equal(load_network(path).forward(x), expected[0])


def test_a_number_that_depends_on_how_many_rows_there_are_is_refused(tmp_path: Path) -> None:
    steps = [("Shape", "x", "c"), ("Gather", "c n", "d"), ("Mul", "d 2", "e"), ("Cast", "e", "f"), ("Add", "x f", "y")]
    nodes = [
        helper.make_node(op, given.split(), [made], **(FLOAT if op == "Cast" else {})) for op, given, made in steps
    ]
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes(nodes, {key: TENSORS[key] for key in ("n", "2")}, ("n", 3)))
    with pytest.raises(NnlecError, match=r"its input 2 is no constant of numbers that hold for every row"):
        load_network(path)


LARGE: dict[str, tuple[list[Any], str]] = {
    "ConstantOfShape": ([np.array([1 << 40])], "a constant of too many numbers"),
    "Expand": ([f32([1]), np.array([1 << 40])], "a constant of too many numbers"),
    "Gather": ([np.zeros(20_000, np.float32), np.zeros(20_000, np.int64)], "a constant of too many numbers"),
    "Add": ([np.zeros((20_000, 1), np.float32), np.zeros(20_000, np.float32)], "a constant of too many numbers"),
    "ConstantOfShape, below 0": ([np.array([-1, 3])], "its constants do not fit: negative dimensions"),
    "Concat": ([f32([1]), f32([[1]])], "its constants do not fit"),
}


@pytest.mark.parametrize("name", LARGE)
def test_constants_that_would_fill_memory_or_do_not_fit_are_refused(name: str, tmp_path: Path) -> None:
    tensors, reason = LARGE[name]
    operator = name.partition(",")[0]
    given = {f"t{place}": tensor for place, tensor in enumerate(tensors)}
    more: dict[str, Any] = {"axis": 0} if operator == "Concat" else {}
    nodes = [helper.make_node(operator, [*given], ["w"], **more)]
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes([*nodes, helper.make_node("Add", ["x", "w"], ["y"])], given, ("n", 3)))
    with pytest.raises(NnlecError, match=rf"node 1 {operator} .*{reason}"):
        load_network(path)
