"""Operators that work number by number, on what layers give and on constants."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.onnx_file.nodes import Constant
from nnlec.models.onnx_file.pointwise import Part

if TYPE_CHECKING:
    from nnlec.models.onnx_file.graph import Walk
    from nnlec.models.onnx_file.nodes import Node

_PARAMETERS: dict[str, dict[str, float]] = {
    "LeakyRelu": {"alpha": 0.01},
    "Elu": {"alpha": 1.0},
    "Selu": {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875},
    "Celu": {"alpha": 1.0},
    "HardSigmoid": {"alpha": 0.2, "beta": 0.5},
    "ThresholdedRelu": {"alpha": 1.0},
    "Shrink": {"lambd": 0.5, "bias": 0.0},
    "Swish": {"alpha": 1.0},
}
"""Attributes and their defaults, as the operators' descriptions have them."""

_BOOLEAN = {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "Not", "And", "Or"}


def expression(walk: Walk, node: Node) -> Part:
    """A node as an expression of what it takes; two different values meet in a layer."""
    operator, parameters = node.operator, _parameters(node)
    if operator == "Gelu":
        operator = {"none": "Gelu", "tanh": "GeluTanh"}.get(node.attribute("approximate", "none"), "")
        if not operator:
            raise node.error("its approximation is not known here")
    arguments = [_argument(node, index) for index in range(node.size)]
    if operator == "Clip":
        arguments = _bounds(node, arguments)
    present = [each for each in arguments if each is not None]
    parts = [each for each in present if isinstance(each, Part)]
    shape = np.broadcast_shapes(*(part.shape for part in parts))
    for each in present:
        if not isinstance(each, Part):
            _check_laid_on(node, each, shape)
    single = Part(shape, operator, tuple(present), parameters, node=node)
    if len({_origin(part) for part in parts}) == 1 and all(part.shape == shape for part in parts):
        return _with_bias(walk, node, single)
    if len(parts) == len(present) == 2 and operator in ("Add", "Sub", "Mul"):
        return _meeting(walk, node, parts, operator)
    raise node.error("several values meet here in a way that no layer has")


def _argument(node: Node, index: int) -> Part | np.ndarray | None:
    value = node.value(index)
    if isinstance(value, Constant):
        if value.counted or value.array.dtype.kind not in "fiub":
            raise node.error(f"its input {index + 1} is no constant of numbers that hold for every row")
        return value.array
    return value


def _parameters(node: Node) -> dict[str, float]:
    if node.operator == "Cast":
        node.whole_number("to", 1)
        node.attribute("saturate")
        node.attribute("round_mode")
    return {name: node.number(name, default) for name, default in _PARAMETERS.get(node.operator, {}).items()}


def _bounds(node: Node, arguments: list[Part | np.ndarray | None]) -> list[Part | np.ndarray | None]:
    """Clip's bounds, which were attributes before opset 11; none is minus infinity, or infinity."""
    low = arguments[1] if len(arguments) > 1 else None
    high = arguments[2] if len(arguments) > 2 else None
    if node.version < 11:
        low, high = np.array(node.number("min", -np.inf)), np.array(node.number("max", np.inf))
    return [
        arguments[0],
        np.array(-np.inf) if low is None else low,
        np.array(np.inf) if high is None else high,
    ]


def _check_laid_on(node: Node, constant: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raises `NnlecError` where a constant has more axes or places than the rows on which it is laid."""
    own = constant.shape
    if len(own) > len(shape) and set(own[: len(own) - len(shape)]) != {1}:
        raise node.error(f"a constant of {list(own)} differs from row to row")
    laid = own[max(0, len(own) - len(shape)) :]
    fits = len(own) <= len(shape) + 1 and np.broadcast_shapes(laid, shape) == shape
    if not fits:
        raise node.error(f"a constant of {list(own)} makes more numbers of {list(shape)}")


def _origin(part: Part) -> int:
    """The layer that an expression is a function of."""
    while part.operator and part.number is None:
        part = part.parts[0]
    return part.number if part.number is not None else -1


def _with_bias(walk: Walk, node: Node, single: Part) -> Part:
    """An expression; what is added to weights without a bias is the bias, even where it is one number."""
    (part,) = single.parts if len(single.parts) == 1 else (None,)
    if node.operator == "Add" and part is not None and part.number and part.uses == 1:
        layer = walk.assembly.layer(part.number)
        constant = next(each for each in single.arguments if not isinstance(each, Part))
        free = layer is not None and layer.activation.is_identity and "bias" not in layer.arrays
        if layer is not None and free and layer.kind in ("dense", "conv"):
            per_map = _per_map(constant, part.shape)
            if per_map is not None:
                return walk.leaf(walk.assembly.change(part.number, bias=per_map))
    return single


def _per_map(constant: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A constant as one number for each unit, or each map; None where it differs within a map."""
    laid = np.broadcast_to(constant.reshape(constant.shape[-len(shape) :]), shape).reshape(shape[0], -1)
    return laid[:, 0].astype(np.float64) if (laid == laid[:, :1]).all() else None


def _meeting(walk: Walk, node: Node, parts: list[Part], operator: str) -> Part:
    """Two values of equally many axes, number by number."""
    first, second = (walk.layer(part) for part in parts)
    if len(parts[0].shape) != len(parts[1].shape) or not prod(parts[0].shape):
        raise node.error(f"values of {list(parts[0].shape)} and {list(parts[1].shape)} meet")
    if operator == "Sub":
        second = walk.assembly.scale(second, "multiply", np.array(-1.0), alone=False)
    return walk.add(node, "multiply" if operator == "Mul" else "add", {}, first, second)
