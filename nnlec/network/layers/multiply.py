"""The layer that multiplies what several layers give: the gate of squeeze-and-excitation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from nnlec.network.layers.interface import Example, LayerKind
from nnlec.network.layers.joined import Joined


@dataclass(frozen=True, eq=False)
class Multiply(Joined):
    """The product, number by number, of what comes in.

    >>> import numpy as np
    >>> Multiply(((2, 2), (2, 1))).forward(np.array([[1.0, 2.0, 3.0, 4.0, 10.0, 0.5]])).tolist()
    [[10.0, 20.0, 1.5, 2.0]]
    """

    kind: ClassVar[str] = "multiply"
    combine: ClassVar[Literal["product"]] = "product"


ROW = LayerKind(
    "multiply",
    (),
    lambda _values, shapes, chosen, name: Multiply(shapes, chosen, name),
    "the product, number by number, of the layers that `from` names",
    "ONNX Mul, Keras Multiply, the gate of squeeze-and-excitation",
    Example({}, (1.0, 2.0, 10.0, 20.0), (10.0, 40.0), ((2,), (2,))),
    joins=True,
)
