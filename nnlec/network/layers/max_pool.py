"""The layer that keeps the largest number of each window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal

from nnlec.arithmetic.pooling import max_pool
from nnlec.network.layers.interface import Example, Layer, LayerKind, Term, UnitTerms
from nnlec.network.layers.pooled import KEYS, Pooled, given_to

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


@dataclass(frozen=True, eq=False)
class MaxPool(Pooled):
    """The largest number of each window; padding is minus infinity, and of equals the first counts.

    >>> import numpy as np
    >>> MaxPool((1, 2, 4), 2).forward(np.array([[1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 8.0, 1.0]])).tolist()
    [[5.0, 8.0]]
    """

    kind: ClassVar[str] = "max_pool"
    combine: ClassVar[Literal["max"]] = "max"

    def _pool(self, images: Array, out: Array) -> None:
        max_pool(images, self.windows, out)

    def terms(self, unit: int) -> UnitTerms:
        return UnitTerms([Term(source, None) for source in self.sources(unit)])

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        held = [inputs[source] for source in self.sources(unit)]
        return next((number for number in held if number.is_nan()), None) or max(held)

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        from nnlec.network.layers.average_pool import AveragePool

        mean = AveragePool(self.shape, self.window, self.stride, self.padding, self.dilation)
        return [("the mean was taken for the largest", mean), *self.without_stride()]


ROW = LayerKind(
    "max_pool",
    KEYS,
    lambda values, shapes, chosen, name: MaxPool(**given_to(values, shapes, chosen, name)),
    "the largest number of each window of a map",
    "ONNX MaxPool and GlobalMaxPool, PyTorch MaxPool2d, Keras MaxPooling2D",
    Example({"size": 2.0, "stride": 1.0}, tuple(map(float, range(9))), (4.0, 5.0, 7.0, 8.0), ((1, 3, 3),)),
)
