"""Layer norms and means that ONNX files write as runs of operators, beside the reference evaluator."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import NnlecError, load_network
from tests.graphs import f32, onnx_bytes

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

TENSORS = {
    "two": f32(2.0),
    "minus": f32(-1.0),
    "half": f32(0.5),
    "epsilon": f32([1e-3]),
    "gamma": f32([0.5, -2.0, 1.25]),
    "beta": f32([[0.1, 0.2, -0.3]]),
    "column": f32([[0.5], [-2.0], [1.25]]),
    "pair": f32([0.5, -1.0]),
    "w": f32([[1.0, 2.0], [-0.5, 0.25], [3.0, 1.0]]),
}
LAST, ALL, MAPS = {"axes": [-1]}, {"axes": [1, 2]}, {"axes": [2, 3]}
NORM = [
    ("ReduceMean", "x", "mean", LAST),
    ("Sub", "x mean", "centred"),
    ("Pow", "centred two", "square"),
    ("ReduceMean", "square", "variance", LAST),
    ("Add", "variance epsilon", "more"),
    ("Sqrt", "more", "root"),
]
MEAN_OF_SQUARES = [
    ("Mul", "x x", "square"),
    ("ReduceMean", "square", "mean", LAST),
    ("Add", "mean epsilon", "more"),
    ("Sqrt", "more", "root"),
]
GRAPHS: dict[str, tuple[tuple[int, ...], list[Any], list[str]]] = {
    "as on paper": (
        (3,),
        [*NORM, ("Div", "centred root", "n"), ("Mul", "n gamma", "s"), ("Add", "s beta", "y")],
        ["layer_norm"],
    ),
    "scale and shift left out": ((3,), [*NORM, ("Div", "centred root", "y")], ["layer_norm"]),
    "shift alone": ((3,), [*NORM, ("Div", "centred root", "n"), ("Add", "beta n", "y")], ["layer_norm"]),
    "the scale first, as TensorFlow has it": (
        (3,),
        [
            *NORM,
            ("Reciprocal", "root", "r"),
            ("Mul", "r gamma", "s"),
            ("Mul", "x s", "a"),
            ("Mul", "mean s", "b"),
            ("Sub", "beta b", "c"),
            ("Add", "a c", "y"),
        ],
        ["layer_norm"],
    ),
    "over the last axis of maps": (
        (4, 3),
        [*NORM, ("Div", "centred root", "n"), ("Mul", "n gamma", "y")],
        ["layer_norm"],
    ),
    "over the last axis, without scale and shift": ((4, 3), [*NORM, ("Div", "centred root", "y")], ["layer_norm"]),
    "what comes after is not part of it": (
        (3,),
        [*NORM, ("Div", "centred root", "n"), ("Mul", "n gamma", "s"), ("Mul", "s two", "t"), ("Relu", "t", "y")],
        ["layer_norm", "scale relu"],
    ),
    "behind a layer whose value is taken again": (
        (3,),
        [*NORM, ("Div", "centred root", "n"), ("Add", "n x", "y")],
        ["layer_norm", "add"],
    ),
    "axes in another order within": (
        (3, 4),
        [
            ("ReduceMean", "x", "mean", {"axes": [1]}),
            ("Sub", "x mean", "centred"),
            ("Mul", "centred centred", "square"),
            ("ReduceMean", "square", "variance", {"axes": [1]}),
            ("Add", "variance epsilon", "more"),
            ("Sqrt", "more", "root"),
            ("Div", "centred root", "n"),
            ("Transpose", "n", "t", {"perm": [0, 2, 1]}),
            ("Mul", "t gamma", "y"),
        ],
        ["transpose", "layer_norm"],
    ),
    "over the channels of maps": (
        (3, 4),
        [
            ("ReduceMean", "x", "mean", {"axes": [1]}),
            ("Sub", "x mean", "centred"),
            ("Mul", "centred centred", "square"),
            ("ReduceMean", "square", "variance", {"axes": [1]}),
            ("Add", "variance epsilon", "more"),
            ("Sqrt", "more", "root"),
            ("Div", "centred root", "n"),
            ("Mul", "n column", "y"),
        ],
        ["transpose", "layer_norm", "transpose"],
    ),
    "weights over the last axis of maps": (
        (4, 3),
        [("MatMul", "x w", "a"), ("Add", "a pair", "b"), ("Relu", "b", "y")],
        ["transpose", "conv", "transpose relu"],
    ),
    "weights over the last axis, back to the first": (
        (3, 4),
        [
            ("Transpose", "x", "t", {"perm": [0, 2, 1]}),
            ("MatMul", "t w", "a"),
            ("Transpose", "a", "y", {"perm": [0, 2, 1]}),
        ],
        ["conv"],
    ),
    "each map times its own mean": (
        (2, 3, 3),
        [("ReduceMean", "x", "mean", MAPS), ("Sigmoid", "mean", "s"), ("Mul", "x s", "y")],
        ["average_pool sigmoid", "multiply"],
    ),
    "the mean of all numbers of a row": (
        (3,),
        [("ReduceMean", "x", "y", {"axes": [1], "keepdims": 1})],
        ["reshape", "average_pool", "flatten"],
    ),
    "the mean of all maps": ((2, 3), [("ReduceMean", "x", "y", ALL)], ["reshape", "average_pool", "reshape"]),
    "the largest of each place of the maps": (
        (3, 4),
        [("ReduceMax", "x", "y", {"axes": [1], "keepdims": 0})],
        ["transpose", "reshape", "max_pool", "reshape", "flatten"],
    ),
}


def saved(folder: Path, shape: tuple[int, ...], steps: list[Any]) -> Path:
    nodes = [helper.make_node(step[0], step[1].split(), [step[2]], **dict(*step[3:])) for step in steps]
    names = {name for step in steps for name in step[1].split()}
    path = folder / "model.onnx"
    path.write_bytes(onnx_bytes(nodes, {key: TENSORS[key] for key in TENSORS if key in names}, ("rows", *shape)))
    return path


@pytest.mark.parametrize("name", GRAPHS)
def test_runs_with_means_are_the_layers_that_they_compute(name: str, tmp_path: Path) -> None:
    shape, steps, layers = GRAPHS[name]
    path = saved(tmp_path, shape, steps)
    x = np.random.default_rng(0).normal(1, 2, (5, *shape)).astype(np.float32)
    outputs: Any = ReferenceEvaluator(str(path)).run(None, {"x": x})
    expected = np.asarray(outputs[0])
    network = load_network(path)
    np.testing.assert_allclose(network.forward(x.reshape(5, -1)), expected.reshape(5, -1), rtol=2e-6, atol=2e-6)
    shown = [f"{layer.kind} {layer.activation.name}".removesuffix(" identity") for layer in network.layers]
    assert shown == layers


def test_the_constants_of_a_norm_keep_their_bits(tmp_path: Path) -> None:
    """Scale, shift and epsilon are the file's own, not worked out."""
    shape, steps, _ = GRAPHS["the scale first, as TensorFlow has it"]
    (layer,) = load_network(saved(tmp_path, shape, steps)).layers
    assert layer.arrays["scale"].tolist() == [0.5, -2.0, 1.25]
    assert layer.arrays["shift"].tolist() == np.float64(TENSORS["beta"]).ravel().tolist()
    assert layer.epsilon == 0.001  # type: ignore[attr-defined]


NO_LAYERS: dict[str, list[Any]] = {
    "the mean is not taken off": [*MEAN_OF_SQUARES, ("Div", "x root", "y")],
    "epsilon beside the root": [
        *NORM[:4], ("Sqrt", "variance", "r"), ("Add", "r epsilon", "root"), ("Div", "centred root", "y"),
    ],
    "half of the mean": [
        ("ReduceMean", "x", "whole", LAST),
        ("Mul", "whole half", "mean"),
        *NORM[1:],
        ("Div", "centred root", "y"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", NO_LAYERS)
def test_what_is_nearly_a_norm_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=r"what is neither a layer norm nor a pooling layer"):
        load_network(saved(tmp_path, (3,), NO_LAYERS[name]))


def test_a_mean_over_the_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NnlecError, match=r"node 1 ReduceMean \('y'\): rows meet each other"):
        load_network(saved(tmp_path, (3,), [("ReduceMean", "x", "y", {"axes": [0, 1]})]))


def test_shapes_that_cannot_meet_are_one_line(tmp_path: Path) -> None:
    steps = [("ReduceMean", "x", "m", LAST), ("Add", "m gamma", "a"), ("MatMul", "a w", "b"), ("Add", "b x", "y")]
    with pytest.raises(NnlecError):
        load_network(saved(tmp_path, (3,), steps))


STEPS = ("Transpose", "Reshape", "ReduceMean", "ReduceMax", "Relu", "Tanh", "Add", "MatMul", "Bias")


@pytest.mark.parametrize("seed", range(40))
def test_random_arrangements_give_what_the_reference_gives(seed: int, tmp_path: Path) -> None:
    """Values that are moved, and taken again before and after they were moved."""
    choose, draw = random.Random(seed), np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"x": choose.choice([(2, 3), (2, 3, 2), (4, 2)])}
    nodes, tensors = [], {}
    for number in range(choose.randint(3, 9)):
        made, one = f"v{number}", choose.choice(list(shapes))
        shape, step = shapes[one], choose.choice(STEPS)
        given: list[str] = [one]
        attributes: dict[str, Any] = {}
        if step == "Transpose":
            order = choose.sample(range(len(shape)), len(shape))
            attributes, shape = {"perm": [0, *(axis + 1 for axis in order)]}, tuple(shape[axis] for axis in order)
        elif step == "Reshape":
            shape = tuple(choose.sample(shape, len(shape)))
            tensors[f"s{number}"] = np.array([-1, *shape])
        elif step in ("ReduceMean", "ReduceMax"):
            axis = choose.randrange(len(shape))
            attributes, shape = {"axes": [axis + 1]}, (*shape[:axis], 1, *shape[axis + 1 :])
        elif step == "Add":
            given.append(choose.choice([name for name, other in shapes.items() if other == shape]))
        elif step == "MatMul":
            tensors[f"s{number}"] = draw.normal(size=(shape[-1], 3)).astype(np.float32)
            shape = (*shape[:-1], 3)
        elif step == "Bias":
            tensors[f"s{number}"] = draw.normal(size=shape[-1]).astype(np.float32)
        given += [f"s{number}"] if f"s{number}" in tensors else []
        nodes.append(helper.make_node("Add" if step == "Bias" else step, given, [made], **attributes))
        shapes[made] = shape
    last, shape = list(shapes.items())[-1]
    others = [name for name, other in shapes.items() if other == shape]
    nodes.append(helper.make_node("Add", [last, choose.choice(others)], ["y"]))
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes(nodes, tensors, ("rows", *shapes["x"])))
    x = draw.normal(0, 1, (4, *shapes["x"])).astype(np.float32)
    outputs: Any = ReferenceEvaluator(str(path)).run(None, {"x": x})
    found = load_network(path).forward(x.reshape(4, -1))
    np.testing.assert_allclose(found, np.asarray(outputs[0]).reshape(4, -1), rtol=1e-5, atol=1e-5)
