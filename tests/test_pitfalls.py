"""Where readers of other tools' models commonly go wrong: an input, and the right numbers, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, log, sqrt, tanh
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Network, NnlecError, load_network, save_network
from nnlec.models.folding import folded
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS
from tests.graphs import chained, f32, numbers, one_node, onnx_bytes

onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
from onnx import helper  # noqa: E402

Open = Callable[[Path], Network]
Right = Sequence[float] | str
"""The right numbers, or the reason for which a file is refused: no number is better than a wrong one."""


def node(operator: str, tensors: dict[str, Any], shape: Sequence[Any], **given: Any) -> Open:
    """A file of one node."""
    return lambda folder: one_node(folder, operator, tensors, ("n", *shape), **given)


def nodes(*steps: tuple[str, str, str], tensors: dict[str, Any], shape: Sequence[Any], opset: int = 17) -> Open:
    """A file of several: operator, inputs, output."""

    def opened(folder: Path) -> Network:
        made = [helper.make_node(operator, inputs.split(), [output]) for operator, inputs, output in steps]
        (folder / "model.onnx").write_bytes(onnx_bytes(made, tensors, ("n", *shape), opset=opset))
        return load_network(folder / "model.onnx")

    return opened


def channels_last(folder: Path) -> Network:
    """Maps put in the order height, width, channel, flattened, and a dense layer."""
    made = [
        helper.make_node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        helper.make_node("Flatten", ["a"], ["b"]),
        helper.make_node("MatMul", ["b", "w"], ["y"]),
    ]
    tensors = {"w": f32([[1], [10], [100], [1000]])}
    (folder / "model.onnx").write_bytes(onnx_bytes(made, tensors, ("n", 2, 1, 2)))
    return load_network(folder / "model.onnx")


def cast_before_scaler(folder: Path) -> Network:
    """As skl2onnx writes a scaler."""
    made = [
        helper.make_node("Cast", ["x"], ["a"], to=1),
        helper.make_node("Scaler", ["a"], ["y"], domain="ai.onnx.ml", offset=[LARGE - 1], scale=[1.0]),
    ]
    (folder / "model.onnx").write_bytes(onnx_bytes(made, {}, ("n", 1), element=11))
    return load_network(folder / "model.onnx")


def layer(kind: str, shape: tuple[int, ...], chosen: str = "identity", **values: Any) -> Any:
    arrays = {key: np.asarray(value, float) for key, value in values.items()}
    return LAYERS[kind].build(arrays, (shape,), activation(chosen), kind)


def norm_behind_relu(_: Path) -> Network:
    norm = layer("batch_norm", (2,), mean=0.0, variance=1.0, scale=2.0, shift=-3.0, epsilon=0.0)
    return folded(Network((layer("dense", (2,), "relu", weights=np.eye(2)), norm)))


def norm_before_padding(_: Path) -> Network:
    norm = layer("batch_norm", (1, 2), mean=0.0, variance=1.0, scale=2.0, shift=-3.0, epsilon=0.0)
    return folded(Network((norm, layer("conv", (1, 2), weights=[[[1.0, 1, 1]]], padding=1))))


def fitted_scaler(mean: float, scale: float) -> Open:
    def opened(_: Path) -> Network:
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit([[0.0], [1.0]])
        scaler.mean_, scaler.scale_ = np.array([mean]), np.array([scale])
        return nnlec.from_sklearn(scaler)

    return opened


def written_and_read(folder: Path) -> Network:
    """Our own file, as old programs take it: IR 8 and opset 17."""
    save_network(Network((layer("dense", (1,), "gelu", weights=[[2.0]], bias=[1.0]),)), folder / "model.onnx")
    model = onnx.load(folder / "model.onnx")
    assert (model.ir_version, [each.version for each in model.opset_import]) == (8, [17])
    return load_network(folder / "model.onnx")


SQUARE = {"w": f32([[1, 2], [3, 4]])}
LEARNED = {"s": f32([1]), "b": f32([0]), "m": f32([0]), "v": f32([0.001])}
NORM = {"s": f32([2]), "b": f32([-1]), "m": f32([3]), "v": f32([4])}
RECURRENT = {"w": f32(np.ones((1, 4, 1))), "r": f32(np.ones((1, 4, 1)))}
GATES = {"w": f32(np.ones((1, 3, 1))), "r": f32(np.ones((1, 3, 1)))}
WINDOW: dict[str, Any] = {"kernel_shape": [3], "pads": [1, 1]}
ONES = {"w": f32([[[1, 1, 1]]])}
SLOPES = {"slope": f32([[[0.1]], [[0.2]]])}
LARGE = 16777217.0
HALVES = {"half": f32(0.5), "root": f32(sqrt(2)), "one": f32(1)}
BY_ERF = (("Div", "x root", "a"), ("Erf", "a", "b"), ("Add", "b one", "c"), ("Mul", "x c", "d"), ("Mul", "d half", "y"))
GELU, GELU_TANH = -1.5 * (1 + erf(-3 / sqrt(2))), -1.5 * (1 + tanh(sqrt(2 / 3.141592653589793) * (-3 - 0.044715 * 27)))
RECURRENT_REASON = "recurrent layers are not read"

PITFALLS: dict[str, tuple[Open, Sequence[float], Right]] = {
    "1: a square matrix of units by rows": (node("Gemm", SQUARE, (2,), transB=1), [1, 10], [21, 43]),
    "1: a square matrix of rows by units": (node("Gemm", SQUARE, (2,)), [1, 10], [31, 42]),
    "1: a square matrix of a state_dict": (lambda _: chained({"fc.weight": SQUARE["w"]}), [1, 10], [21, 43]),
    "2: maps flattened channels last": (channels_last, [1, 3, 2, 4], [4321]),
    "3: the order of an LSTM's gates": (node("LSTM", RECURRENT, (2, 1), hidden_size=1), [1, -2], RECURRENT_REASON),
    "4: the two biases of an LSTM": (
        node("LSTM", RECURRENT | {"b": f32(np.ones((1, 8)))}, (2, 1), hidden_size=1), [1, -2], RECURRENT_REASON
    ),
    "5: where a GRU resets": (node("GRU", GATES, (2, 1), linear_before_reset=1), [1, -2], RECURRENT_REASON),
    "6: the order of a GRU's gates": (node("GRU", GATES, (2, 1), hidden_size=1), [1, -2], RECURRENT_REASON),
    "7: Keras's epsilon": (node("BatchNormalization", LEARNED, (1,), epsilon=1e-3), [1], [22.3607]),
    "7: the usual epsilon": (node("BatchNormalization", LEARNED, (1,)), [1], [31.4658]),
    "8: a norm behind a relu is not the same before it": (norm_behind_relu, [1, -1], [-1, -3]),
    "9: the zeros of a padding are not normalised": (norm_before_padding, [5, 5], [14, 14]),
    **{
        f"10: opset {opset} normalises by what was learned": (
            node("BatchNormalization", NORM, (1,), opset=opset, epsilon=0.0), [11], [7]
        )
        for opset in (7, 8, 9, 13, 14, 15, 21)
    },
    "11: softmax of old runs over all that follows": (
        node("Softmax", {}, (2, 2), opset=12), [0, 0, 0, log(3)], [0.166667, 0.166667, 0.166667, 0.5]
    ),
    "11: softmax of today runs over one axis": (
        node("Softmax", {}, (2, 2), opset=13), [0, 0, 0, log(3)], "it runs over one axis of a map"
    ),
    "12: ONNX's slope": (node("LeakyRelu", {}, (1,)), [-1], [-0.01]),
    **{
        f"12: {whose} slope": (node("LeakyRelu", {}, (1,), alpha=slope), [-1], [-slope])
        for whose, slope in {"Keras's": 0.3, "Keras's function's": 0.2, "darknet's": 0.1}.items()
    },
    "12: a slope spelled out": (
        nodes(("Mul", "x slope", "a"), ("Max", "x a", "y"), tensors={"slope": f32([0.3])}, shape=(1,)), [-1], [-0.3]
    ),
    "13: gelu by erf": (node("Gelu", {}, (1,), opset=20), [-3], [GELU]),
    "13: gelu by tanh": (node("Gelu", {}, (1,), opset=20, approximate="tanh"), [-3], [GELU_TANH]),
    "13: gelu by erf, spelled out": (nodes(*BY_ERF, tensors=HALVES, shape=(1,)), [-3], [GELU]),
    "14: ONNX's hard sigmoid": (node("HardSigmoid", {}, (1,)), [1], [0.7]),
    "14: PyTorch's hard sigmoid": (node("HardSigmoid", {}, (1,), alpha=1 / 6), [1], [0.666667]),
    "15: padding of the same size": (
        node("Conv", ONES, (1, 4), strides=[2], auto_pad="SAME_UPPER"), [1, 2, 3, 4], [6, 7]
    ),
    "15: padding on both sides": (node("Conv", ONES, (1, 4), strides=[2], pads=[1, 1]), [1, 2, 3, 4], [3, 9]),
    "16: means without the padding": (node("AveragePool", {}, (1, 3), **WINDOW), [3, 6, 9], [4.5, 6, 7.5]),
    "16: means with the padding": (
        node("AveragePool", {}, (1, 3), **WINDOW, count_include_pad=1), [3, 6, 9], [3, 6, 5]
    ),
    "17: means rounded up, with the padding": (
        node(
            "AveragePool", {}, (1, 4, 4), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, ceil_mode=1,
            count_include_pad=1,
        ),
        [float(n) for n in range(1, 17)],
        "means that count the padding, but nothing beyond it",
    ),
    "17: means rounded up, without padding": (
        node("AveragePool", {}, (1, 5), kernel_shape=[2], strides=[2], ceil_mode=1, count_include_pad=1),
        [1, 2, 3, 4, 5],
        [1.5, 3.5, 5],
    ),
    "18: the padding of a maximum is no zero": (node("MaxPool", {}, (1, 3), **WINDOW), [-1, -2, -3], [-1, -1, -2]),
    "19: kernels are not turned round": (node("Conv", {"w": f32([[[1, 0, -1]]])}, (1, 3)), [1, 2, 3], [-2]),
    "20: slopes of channels": (node("PRelu", SLOPES, (2, 1, 2)), [-1, -1, -1, -1], [-0.1, -0.1, -0.2, -0.2]),
    "20: slopes of columns": (
        node("PRelu", {"slope": f32([0.1, 0.2])}, (2, 1, 2)), [-1, -1, -1, -1], [-0.1, -0.2, -0.1, -0.2]
    ),
    "21: the input is not rounded before the scaler": (cast_before_scaler, [LARGE], [1]),
    "21: nor that of scikit-learn": (fitted_scaler(LARGE - 1, 1.0), [LARGE], [1]),
    "22: scikit-learn divides": (fitted_scaler(0.0, 49.0), [49], [1]),
    "23: the order of steps of a backward LSTM": (
        node("LSTM", RECURRENT, (3, 1), hidden_size=1, direction="reverse"), [1, 2, 3], RECURRENT_REASON
    ),
    "24: a norm that still learns": (
        node("BatchNormalization", NORM, (1,), training_mode=1), [1], "export it in evaluation mode"
    ),
    "24: a dropout that still drops": (
        node("Dropout", {"rate": f32(0.5), "training": np.array(True)}, (1,)), [1], "export it in evaluation mode"
    ),
    "25: a bias of one number": (
        nodes(
            ("MatMul", "x v", "a"), ("Add", "a b", "c"), ("Sigmoid", "c", "y"),
            tensors={"v": f32([[1], [0.5]]), "b": f32([-2])}, shape=(2,),
        ),
        [1, 2], [0.5],
    ),
    "26: a file that old programs take": (written_and_read, [-2], [GELU]),
}  # fmt: skip


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_a_known_pitfall_is_not_fallen_into(pitfall: str, tmp_path: Path) -> None:
    opened, row, right = PITFALLS[pitfall]
    if isinstance(right, str):
        with pytest.raises(NnlecError, match=right):
            opened(tmp_path)
        return
    assert numbers(opened(tmp_path), row) == [float(f"{number:.6g}") for number in right]


def test_scikit_learn_divides_to_the_last_digit() -> None:
    assert fitted_scaler(0.0, 49.0)(Path()).forward([[49.0]]).tolist() == [[1.0]]  # 49 * (1 / 49) is not 1


def test_every_pitfall_has_a_case() -> None:
    assert {int(name.split(":")[0]) for name in PITFALLS} == set(range(1, 27))
