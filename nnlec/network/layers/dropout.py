"""The layer that leaves units out while a network learns, and does nothing in a forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, shape_before
from nnlec.network.layers.interface import ArrayKey, Example, LayerKind, Values
from nnlec.network.layers.moved import Moved


@dataclass(frozen=True, eq=False)
class Dropout(Moved):
    """Numbers of that `shape` as they are: the share `rate` of them is left out in learning only.

    Raises `NnlecError` for a rate that is not from 0 to below 1.
    """

    shape: Shape
    rate: float = 0.5
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "dropout"
    order: ClassVar[None] = None

    def _check(self) -> None:
        super()._check()
        if not 0 <= self.rate < 1:
            raise NnlecError(f"the rate is {self.rate:g}, expected a share from 0 to below 1", where="rate")


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Dropout:
    rate = values["rate"]
    assert not isinstance(rate, str)
    return Dropout(shape_before(shapes), float(rate), chosen, name)


ROW = LayerKind(
    "dropout",
    (ArrayKey("rate", (0,), "the share of units that learning leaves out", required=True),),
    _build,
    "nothing in a forward pass: every number as it is",
    "ONNX Dropout, PyTorch Dropout, Keras Dropout",
    Example({"rate": 0.5}, (1.0, -2.0), (1.0, -2.0)),
)
