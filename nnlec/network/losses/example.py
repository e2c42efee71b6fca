"""One prediction, its target, and the loss between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.named import NamedTuple
from nnlec.network.losses.configured import Loss

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


class LossExample(NamedTuple):
    """One example: what was predicted (logits, or probabilities as given), the target g, and the loss between them."""

    loss: Loss
    classes: tuple[str, ...]
    predicted: tuple[float, ...]
    target: tuple[float, ...]
    given_probabilities: bool = False

    @property
    def probabilities(self) -> tuple[float, ...] | None:
        """s for each class, as given or as they follow from the logits; None for a loss that has none."""
        if self.given_probabilities:
            return self.predicted
        squash = self.loss.kind.probabilities
        return tuple(squash.function(self._row(self.predicted))[0].tolist()) if squash else None

    @property
    def terms(self) -> tuple[float, ...]:
        row = self.loss.terms(
            self._row(self.predicted), self._row(self.target), given_probabilities=self.given_probabilities
        )
        return tuple(row[0].tolist())

    @property
    def value(self) -> float:
        row = self.loss.value(
            self._row(self.predicted), self._row(self.target), given_probabilities=self.given_probabilities
        )
        return float(row[0])

    @staticmethod
    def _row(values: tuple[float, ...]) -> Array:
        return np.array([values], dtype=np.float64)
