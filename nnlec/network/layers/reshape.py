"""The layer that reads a row as maps of another shape; no number moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, checked_shape, shape_before, sized, whole_numbers
from nnlec.network.layers.interface import ArrayKey, Example, LayerKind, Values
from nnlec.network.layers.moved import Moved


@dataclass(frozen=True, eq=False)
class Reshape(Moved):
    """What comes in as `shape` read as `to`, the last axis fastest in both.

    Raises `NnlecError` where the two hold different numbers of numbers.

    >>> Reshape((784,), (1, 28, 28)).out_shape
    (1, 28, 28)
    """

    shape: Shape
    to: Shape
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "reshape"
    order: ClassVar[None] = None

    def _check(self) -> None:
        super()._check()
        self._set(to=checked_shape("to", self.to))
        if prod(self.shape) != prod(self.to):
            raise NnlecError(f"the shape holds {sized(self.to)}, but {sized(self.shape)} come in", where="shape")

    @property
    def out_shape(self) -> Shape:
        return self.to


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Reshape:
    given = values["shape"]
    assert not isinstance(given, str)
    before, wanted = shape_before(shapes), whole_numbers("shape", given, -1)
    if 0 in wanted or wanted.count(-1) > 1:
        raise NnlecError("expected whole numbers from 1 on, one of which may be -1 for what is left", where="shape")
    if -1 in wanted:
        rest = prod(size for size in wanted if size > 0)
        if prod(before) % rest:
            raise NnlecError(f"{sized(before)} cannot be divided by {rest}", where="shape")
        wanted = tuple(prod(before) // rest if size < 0 else size for size in wanted)
    return Reshape(before, wanted, chosen, name)


ROW = LayerKind(
    "reshape",
    (ArrayKey("shape", (0, 1), "the new shape, channels first; -1 for what is left", required=True),),
    _build,
    "the same numbers in the same order, read as another shape",
    "ONNX Reshape, PyTorch Unflatten, Keras Reshape",
    Example({"shape": [1.0, 2.0, -1.0]}, (1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.0)),
)
