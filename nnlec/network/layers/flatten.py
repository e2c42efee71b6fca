"""The layer that puts maps into one row: channel by channel, row by row, as dense layers take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, shape_before
from nnlec.network.layers.interface import Example, Layer, LayerKind
from nnlec.network.layers.moved import Moved
from nnlec.network.layers.transpose import Transpose


@dataclass(frozen=True, eq=False)
class Flatten(Moved):
    """Maps of that `shape` as one row, the last axis fastest.

    >>> Flatten((6, 4, 4)).out_shape
    (96,)
    """

    shape: Shape
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "flatten"
    order: ClassVar[None] = None

    @property
    def out_shape(self) -> Shape:
        return (prod(self.shape),)

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        axes = tuple(range(1, len(self.shape) + 1))
        orders = {
            "the numbers were taken column by column, not row by row": (*axes[:-2], *reversed(axes[-2:])),
            "the channels of a place were taken together, not channel by channel": (*axes[1:], axes[0]),
        }
        return [(sentence, Transpose(self.shape, order)) for sentence, order in orders.items() if order != axes]


ROW = LayerKind(
    "flatten",
    (),
    lambda _values, shapes, chosen, name: Flatten(shape_before(shapes), chosen, name),
    "maps as one row: channel by channel, row by row, column by column",
    "ONNX Flatten, PyTorch Flatten, Keras Flatten of channels first",
    Example({}, (1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.0), ((1, 2, 2),)),
)
