"""The layer that adds what several layers give: the skip of a residual block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from nnlec.network.layers.interface import Example, LayerKind
from nnlec.network.layers.joined import Joined


@dataclass(frozen=True, eq=False)
class Add(Joined):
    """The sum, number by number, of what comes in.

    >>> import numpy as np
    >>> Add(((2,), (2,))).forward(np.array([[1.0, 2.0, 10.0, 20.0]])).tolist()
    [[11.0, 22.0]]
    """

    kind: ClassVar[str] = "add"
    combine: ClassVar[Literal["sum"]] = "sum"


ROW = LayerKind(
    "add",
    (),
    lambda _values, shapes, chosen, name: Add(shapes, chosen, name),
    "the sum, number by number, of the layers that `from` names",
    "ONNX Add and Sum, Keras Add, a residual block's skip",
    Example({}, (1.0, 2.0, 10.0, 20.0), (11.0, 22.0), ((2,), (2,))),
    joins=True,
)
