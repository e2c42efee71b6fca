"""Layers that hand numbers on: every output is one of the inputs, in another place or another shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nnlec.network.layers.interface import Row, Shaped, Term, UnitTerms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array


class Moved(Shaped):
    """A layer without arithmetic, of maps of one `shape`.

    `order` names each output's place among the inputs; None: as they come.
    """

    combine: ClassVar[Literal["copy"]] = "copy"

    @property
    def size(self) -> str:
        return f"it takes {self.n_in}"

    @property
    @abstractmethod
    def order(self) -> NDArray[np.intp] | None:
        """(n_out,): which input each output is."""

    @property
    def multiplications(self) -> int:
        return 0

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        taken = inputs if self.order is None else inputs[:, self.order]
        return np.add(taken, 0.0, out=out)  # no zero is negative

    def terms(self, unit: int) -> UnitTerms:
        return UnitTerms([Term(unit if self.order is None else int(self.order[unit]), None)])

    def exact(self, inputs: Sequence[Decimal]) -> Row:
        return tuple(inputs if self.order is None else (inputs[place] for place in self.order.tolist()))


def places(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """An array of that shape that holds each number's place in a row."""
    return np.arange(prod(shape), dtype=np.intp).reshape(shape)
