"""Layer norms and means that ONNX files write as runs of operators, beside the reference evaluator."""

from __future__ import annotations

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
