"""The layer that takes the mean of each window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING, ClassVar

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.pooling import average_pool
from nnlec.network.activations import Activation
from nnlec.network.layers.checks import Shape, true_or_false
from nnlec.network.layers.interface import ArrayKey, Example, Layer, LayerKind, Term, UnitTerms, Values
from nnlec.network.layers.pooled import KEYS, Pooled, given_to

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


@dataclass(frozen=True, eq=False)
class AveragePool(Pooled):
    """The mean of each window. Padding is left out of it; with `count_padding` its zeros are numbers like others.

    >>> import numpy as np
    >>> AveragePool((1, 2, 4), 2).forward(np.array([[1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 8.0, 1.0]])).tolist()
    [[3.25, 2.75]]
    """

    count_padding: bool = False

    kind: ClassVar[str] = "average_pool"

    def _pool(self, images: Array, out: Array) -> None:
        average_pool(images, self.windows, out, count_padding=self.count_padding)

    def _count(self, held: Sequence[int]) -> Decimal:
        return Decimal(prod(self.windows.window) if self.count_padding else len(held))

    def terms(self, unit: int) -> UnitTerms:
        held = self.sources(unit)
        factor = working().divide(Decimal(1), self._count(held))
        return UnitTerms([Term(source, factor) for source in held])

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        held = self.sources(unit)
        total = sum((inputs[source] for source in held), Decimal(0))
        return working().divide(total, self._count(held))

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        from nnlec.network.layers.max_pool import MaxPool

        largest = MaxPool(self.shape, self.window, self.stride, self.padding, self.dilation)
        found: list[tuple[str, Layer]] = [("the largest was taken for the mean", largest)]
        if self.windows.is_padded:
            counted = "was not counted" if self.count_padding else "was counted"
            found.append((f"the padding {counted}", replace(self, count_padding=not self.count_padding)))
        return found + self.without_stride()


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> AveragePool:
    counted = true_or_false(values, "count_padding")
    return AveragePool(**given_to(values, shapes, chosen, name), count_padding=counted)


ROW = LayerKind(
    "average_pool",
    (
        *KEYS,
        ArrayKey(
            "count_padding",
            (0,),
            "true averages the zeros of the padding too (default: false)",
            False,
            ("true", "false"),
        ),
    ),
    _build,
    "the mean of each window of a map",
    "ONNX AveragePool (false) and GlobalAveragePool, PyTorch AvgPool2d (true), Keras AveragePooling2D (false)",
    Example({"size": 2.0, "stride": 1.0}, tuple(map(float, range(9))), (2.0, 3.0, 5.0, 6.0), ((1, 3, 3),)),
)
