"""The layer that turns axes: rows for columns, channels first for channels last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.interface import (
    ArrayKey,
    Example,
    LayerKind,
    Shape,
    Values,
    shape_before,
    whole_numbers,
)
from nnlec.network.layers.moved import Moved, places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Transpose(Moved):
    """Axis `axes[k]` of what comes in becomes axis k + 1; axes are counted from 1, as the batch is axis 0 elsewhere.

    Raises `NnlecError` where `axes` does not name every axis of `shape` once.

    >>> Transpose((28, 28, 3), (3, 1, 2)).out_shape
    (3, 28, 28)
    """

    shape: Shape
    axes: tuple[int, ...]
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "transpose"

    def _check(self) -> None:
        super()._check()
        self._set(axes=tuple(self.axes))
        every = range(1, len(self.shape) + 1)
        if sorted(self.axes) != list(every):
            expected = f"expected each of {', '.join(map(str, every))} once"
            raise NnlecError(f"the axes are {', '.join(map(str, self.axes))}, {expected}", where="axes")

    @property
    def out_shape(self) -> Shape:
        return tuple(self.shape[axis - 1] for axis in self.axes)

    @cached_property
    def order(self) -> NDArray[np.intp]:
        return places(self.shape).transpose([axis - 1 for axis in self.axes]).ravel()


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Transpose:
    given = values["axes"]
    assert not isinstance(given, str)
    return Transpose(shape_before(shapes), whole_numbers("axes", given, 1), chosen, name)


ROW = LayerKind(
    "transpose",
    (ArrayKey("axes", (0, 1), "which axis of the input comes first, second, ...; counted from 1", required=True),),
    _build,
    "the axes in another order: channels last become channels first by [3, 1, 2]",
    "ONNX Transpose, PyTorch permute, Keras Permute",
    Example({"axes": [2.0, 1.0]}, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), (1.0, 4.0, 2.0, 5.0, 3.0, 6.0), ((2, 3),)),
)
