"""Operators that become layers of their own: one function each, which reads every input and attribute there is.

Source: Operators.md at https://github.com/onnx/onnx, and Operators-ml.md there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.assembly import activation_of, written
from nnlec.models.expressions import ROWS
from nnlec.models.onnx_file import shapes, windows
from nnlec.models.onnx_file.nodes import Constant
from nnlec.models.pointwise import Expression

if TYPE_CHECKING:
    from nnlec.models.onnx_file.graph import OnnxWalk
    from nnlec.models.onnx_file.nodes import OnnxNode, OnnxValue


def _gemm(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part, bias = node.part(0), node.constant(2)
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    if node.whole_number("transA", 0):
        raise node.error("transA turns rows into columns")
    weights = node.matrix(1, turned=bool(node.whole_number("transB", 0)))
    if len(part.shape) != 1 or weights.ndim != 2:
        raise node.error(f"rows of {list(part.shape)} meet weights of {list(weights.shape)}")
    given: dict[str, object] = {"weights": weights if alpha == 1.0 else alpha * np.asarray(weights, np.float64)}
    if bias is not None and beta:
        units = weights.shape[1]
        if bias.size != 1 and (bias.size != units or bias.shape[-1] != units):
            raise node.error(f"a bias of {list(bias.shape)} differs from row to row")
        given["bias"] = np.broadcast_to(bias.ravel() * np.float64(beta), (units,))
    return walk.add(node, "dense", given, walk.layer(part), weights=1)


def _matmul(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part, weights = node.value(0), node.value(1)
    if isinstance(part, Expression) and isinstance(weights, Expression):
        raise node.error("two values are multiplied as matrices: attention is not read")
    part, weights = node.part(0), node.matrix(1)
    if weights.ndim != 2 or (len(part.shape) > 1 and part.shape[-1] != weights.shape[0]):
        raise node.error(f"rows of {list(part.shape)} meet weights of {list(weights.shape)}")
    if len(part.shape) > 1:
        return walk.dense_of_maps(node, part, {"weights": weights})
    return walk.add(node, "dense", {"weights": weights}, walk.layer(part), weights=1)


def _batch_norm(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    scale, shift, mean, variance = (node.weights(index) for index in range(1, 5))
    epsilon = node.number("epsilon", 1e-5)
    node.attribute("momentum")
    _expect_evaluation(node, learning=node.whole_number("training_mode", 0) != 0)
    if node.whole_number("spatial", 1) != 1:
        raise node.error("spatial=0 is not read")
    given = {"scale": scale, "shift": shift, "mean": mean, "variance": variance, "epsilon": written(epsilon)}
    return walk.add(node, "batch_norm", given, walk.layer(part), weights=1)


def _expect_evaluation(node: OnnxNode, *, learning: bool) -> None:
    """Raises `NnlecError` for a node that works as while a network learns, which before opset 7 is_test says."""
    if learning or (node.version < 7 and not node.whole_number("is_test", 0)):
        raise node.error("it was exported for training: export it in evaluation mode", "PyTorch: model.eval() first")


def _layer_norm(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part, scale, shift = node.part(0), node.weights(1), node.constant(2)
    epsilon = node.number("epsilon", 1e-5)
    node.attribute("stash_type")
    first = node.axis(node.whole_number("axis", -1), len(part.shape) + 1) - 1
    over = part.shape[max(0, first) :]
    if first < 0 or scale.size != prod(over) or (shift is not None and shift.size != scale.size):
        raise node.error(f"scale of {list(scale.shape)} for axis {first + 1} on of rows of {list(part.shape)}")
    given = {"scale": scale.reshape(over), "epsilon": written(epsilon)}
    if shift is not None:
        given["shift"] = shift.reshape(over)
    return walk.add(node, "layer_norm", given, walk.layer(part), weights=1)


def _over_rows(name: str, walk: OnnxWalk, node: OnnxNode) -> Expression:
    """Softmax and its like, over the numbers of a row."""
    part = node.part(0)
    old = node.version < 13  # then it runs over all axes from that one on
    axis = node.axis(node.whole_number("axis", 1 if old else -1), len(part.shape) + 1)
    together = prod(part.shape[axis - 1 :]) if old else part.shape[axis - 1]
    if axis == 0 or together != prod(part.shape):
        raise node.error("it runs over one axis of a map, expected the numbers of a row")
    number = walk.layer(part)
    return walk.leaf(walk.assembly.activate(number, activation_of(name), alone=part.uses == 1))


def _same(_walk: OnnxWalk, node: OnnxNode) -> OnnxValue:
    return node.part(0)


def _cast(_walk: OnnxWalk, node: OnnxNode) -> OnnxValue:
    part = node.part(0)
    node.attribute("saturate")
    node.attribute("round_mode")
    to = node.whole_number("to", 1)
    if part.is_boolean and to == 9:
        return part
    if to not in (1, 10, 11, 16):
        raise node.error("it rounds to whole numbers, which is no layer")
    return part.as_numbers(node)


def _dropout(walk: OnnxWalk, node: OnnxNode) -> OnnxValue:
    part = node.part(0)
    rate, training = node.constant(1), node.constant(2)
    share = node.number("ratio", 0.5) if rate is None else float(rate.ravel()[0])
    node.attribute("seed")
    _expect_evaluation(node, learning=training is not None and bool(training.any()))
    return walk.add(node, "dropout", {"rate": written(share)}, walk.layer(part))


def _concat(walk: OnnxWalk, node: OnnxNode) -> Expression:
    parts = [node.part(index) for index in range(node.size)]
    axis = node.axis(node.whole_number("axis", 0), len(parts[0].shape) + 1)
    if axis != 1:
        raise node.error("rows meet each other" if axis == 0 else "it joins along another axis than the channels")
    if len(parts) == 1:
        return parts[0]
    return walk.add(node, "concat", {}, *map(walk.layer, parts))


def _sum(walk: OnnxWalk, node: OnnxNode) -> Expression:
    parts = [node.part(index) for index in range(node.size)]
    if len(parts) == 1:
        return parts[0]
    return walk.add(node, "add", {}, *map(walk.layer, parts))


def _scaler(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    offset, scale = (np.array(node.attribute(name, default), np.float64) for name, default in _SCALER)
    if len(part.shape) != 1 or offset.size not in (1, *part.shape) or scale.size not in (1, *part.shape):
        raise node.error(f"{offset.size} offsets and {scale.size} scales for rows of {list(part.shape)}")
    given = {"subtract": offset if offset.size > 1 else offset[0], "multiply": scale if scale.size > 1 else scale[0]}
    return walk.add(node, "scale", given, walk.layer(part))


_SCALER = (("offset", [0.0]), ("scale", [1.0]))


def _linear_regressor(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    coefficients = np.array(node.attribute("coefficients", []), np.float64)
    targets = node.whole_number("targets", 1)
    bias = np.array(node.attribute("intercepts", []), np.float64)
    _expect_no_transform(node, "NONE")
    return _linear(walk, node, part, coefficients, bias, targets)


def _linear_classifier(walk: OnnxWalk, node: OnnxNode) -> list[OnnxValue | None]:
    """No label, and the scores; of two classes whose scores are opposite, the second's alone."""
    part = node.part(0)
    labels = node.attribute("classlabels_strings") or node.attribute("classlabels_ints") or []
    node.attribute("classlabels_ints")
    coefficients = np.array(node.attribute("coefficients", []), np.float64)
    bias = np.array(node.attribute("intercepts", []), np.float64)
    node.attribute("multi_class")
    transform = _expect_no_transform(node, "NONE", "SOFTMAX", "LOGISTIC")
    units = max(1, len(bias) or len(labels))
    rows = coefficients.reshape(units, -1) if coefficients.size % units == 0 else coefficients
    if transform == "LOGISTIC" and units == 2 and (rows[0] == -rows[1]).all() and (bias[:1] == -bias[1:]).all():
        coefficients, bias, units = rows[1].copy(), bias[1:], 1
    made = _linear(walk, node, part, coefficients, bias, units)
    name = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid"}.get(transform)
    if name and made.number is not None:
        walk.assembly.activate(made.number, activation_of(name), alone=True)
    return [None, made]


def _expect_no_transform(node: OnnxNode, *known: str) -> str:
    transform: str = node.attribute("post_transform", "NONE")
    if transform not in known:
        raise node.error(f"post_transform {transform} is not known here")
    return transform


def _linear(
    walk: OnnxWalk, node: OnnxNode, part: Expression, coefficients: np.ndarray, bias: np.ndarray, units: int
) -> Expression:
    if len(part.shape) != 1 or units < 1 or coefficients.size != units * part.shape[0] or bias.size not in (0, units):
        raise node.error(f"{coefficients.size} coefficients and {bias.size} intercepts for rows of {list(part.shape)}")
    given: dict[str, object] = {"weights": coefficients.reshape(units, -1).T}
    if bias.size:
        given["bias"] = bias
    return walk.add(node, "dense", given, walk.layer(part))


def _columns(walk: OnnxWalk, node: OnnxNode) -> Expression:
    """Chosen columns, as weights of 0 and 1."""
    part, chosen = node.part(0), node.whole(1)
    if chosen is None or chosen[1] or len(part.shape) != 1:
        raise node.error("it chooses columns by what the rows hold")
    width = part.shape[0]
    if any(not 0 <= column < width for column in chosen[0]) or not chosen[0]:
        raise node.error(f"columns {chosen[0]} of {width}")
    if chosen[0] == list(range(width)):
        return part
    weights = np.zeros((width, len(chosen[0])))
    weights[chosen[0], range(len(chosen[0]))] = 1.0
    return walk.add(node, "dense", {"weights": weights}, walk.layer(part))


def _shape(_walk: OnnxWalk, node: OnnxNode) -> OnnxValue:
    part = node.part(0)
    full = [ROWS, *part.shape]
    start, end = node.whole_number("start", 0), node.attribute("end")
    return Constant(np.array(full[start:end], dtype=np.int64), counted=True)


_ML = "ai.onnx.ml"

OPERATORS: Mapping[tuple[str, str], Callable[[OnnxWalk, OnnxNode], OnnxValue | list[OnnxValue | None]]] = {
    ("", "Gemm"): _gemm,
    ("", "MatMul"): _matmul,
    ("", "BatchNormalization"): _batch_norm,
    ("", "LayerNormalization"): _layer_norm,
    ("", "Softmax"): partial(_over_rows, "softmax"),
    ("", "LogSoftmax"): partial(_over_rows, "log_softmax"),
    ("", "Hardmax"): partial(_over_rows, "hardmax"),
    ("", "Identity"): _same,
    ("", "Cast"): _cast,
    ("", "Dropout"): _dropout,
    ("", "Concat"): _concat,
    ("", "Sum"): _sum,
    ("", "Shape"): _shape,
    ("", "Flatten"): shapes.flatten,
    ("", "Reshape"): shapes.reshape,
    ("", "Squeeze"): shapes.squeeze,
    ("", "Unsqueeze"): shapes.unsqueeze,
    ("", "Transpose"): shapes.transpose,
    ("", "Conv"): windows.conv,
    ("", "MaxPool"): windows.max_pool,
    ("", "AveragePool"): windows.average_pool,
    ("", "GlobalMaxPool"): partial(windows.whole_map, "max_pool"),
    ("", "GlobalAveragePool"): partial(windows.whole_map, "average_pool"),
    ("", "ReduceMean"): partial(windows.reduced, "average_pool"),
    ("", "ReduceMax"): partial(windows.reduced, "max_pool"),
    (_ML, "Scaler"): _scaler,
    (_ML, "LinearRegressor"): _linear_regressor,
    (_ML, "LinearClassifier"): _linear_classifier,
    (_ML, "ArrayFeatureExtractor"): _columns,
}
"""Domain and name of an operator -> what makes a value of it."""
