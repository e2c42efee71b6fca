"""Operators that work number by number, on what layers give and on constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.onnx_file.nodes import Constant
from nnlec.models.pointwise import Expression

if TYPE_CHECKING:
    from nnlec.models.onnx_file.graph import OnnxWalk
    from nnlec.models.onnx_file.nodes import OnnxNode

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


def expression(walk: OnnxWalk, node: OnnxNode) -> Expression:
    """A node as an expression of what it takes; two different values meet in a layer."""
    operator, parameters = node.operator, _parameters(node)
    if operator == "Gelu":
        operator = {"none": "Gelu", "tanh": "GeluTanh"}.get(node.attribute("approximate", "none"), "")
        if not operator:
            raise node.error("its approximation is not known here")
    arguments = [_argument(node, index) for index in range(node.size)]
    if operator == "Clip":
        arguments = _bounds(node, arguments)
    return walk.combined(node, operator, [each for each in arguments if each is not None], parameters)


def _argument(node: OnnxNode, index: int) -> Expression | np.ndarray | None:
    value = node.value(index)
    if isinstance(value, Constant):
        if value.counted or value.array.dtype.kind not in "fiub":
            raise node.error(f"its input {index + 1} is no constant of numbers that hold for every row")
        return value.array
    return value


def _parameters(node: OnnxNode) -> dict[str, float]:
    if node.operator == "Cast":
        node.whole_number("to", 1)
        node.attribute("saturate")
        node.attribute("round_mode")
    return {name: node.number(name, default) for name, default in _PARAMETERS.get(node.operator, {}).items()}


def _bounds(node: OnnxNode, arguments: list[Expression | np.ndarray | None]) -> list[Expression | np.ndarray | None]:
    """Clip's bounds, which were attributes before opset 11; none is minus infinity, or infinity."""
    clipped, low, high, *_ = [*arguments, None, None]
    if node.version < 11:
        low, high = np.array(node.number("min", -np.inf)), np.array(node.number("max", np.inf))
    return [clipped, np.array(-np.inf) if low is None else low, np.array(np.inf) if high is None else high]
