"""The layer that puts channels of several layers one behind the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape
from nnlec.network.layers.interface import Example, LayerKind
from nnlec.network.layers.joined import several_shapes
from nnlec.network.layers.moved import Moved
from nnlec.text import by


@dataclass(frozen=True, eq=False)
class Concat(Moved):
    """What comes in, one behind the other along the first axis: channels, or units.

    `shapes` are what comes in, one for each layer taken. Raises `NnlecError` where more than the first axis differs.

    >>> Concat(((2, 5, 5), (3, 5, 5))).out_shape
    (5, 5, 5)
    """

    shapes: tuple[Shape, ...]
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "concat"
    order: ClassVar[None] = None

    def _check(self) -> None:
        self._set(shapes=several_shapes(self.shapes))
        if len({shape[1:] for shape in self.shapes}) > 1:
            given = " and ".join(map(by, self.shapes))
            raise NnlecError(f"{given} come in, expected shapes alike but for the first axis", where="from")

    @property
    def in_shape(self) -> Shape:
        return (sum(map(prod, self.shapes)),)

    @property
    def out_shape(self) -> Shape:
        return (sum(shape[0] for shape in self.shapes), *self.shapes[0][1:])


ROW = LayerKind(
    "concat",
    (),
    lambda _values, shapes, chosen, name: Concat(shapes, chosen, name),
    "the channels of the layers that `from` names, one layer's behind the other's",
    "ONNX Concat, PyTorch cat, Keras Concatenate, along the channels",
    Example({}, (1.0, 2.0, 3.0), (1.0, 2.0, 3.0), ((2,), (1,))),
    joins=True,
)
