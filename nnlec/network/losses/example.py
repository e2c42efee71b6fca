"""One prediction, its target, and the loss between them."""

from __future__ import annotations

from collections.abc import Callable
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
        return tuple(squash.function(np.array([self.predicted], dtype=np.float64))[0].tolist()) if squash else None

    @property
    def terms(self) -> tuple[float, ...]:
        return tuple(self._found(self.loss.terms)[0].tolist())

    @property
    def value(self) -> float:
        return float(self._found(self.loss.value)[0])

    def _found(self, of_rows: Callable[..., Array]) -> Array:
        predicted, target = (np.array([row], dtype=np.float64) for row in (self.predicted, self.target))
        return of_rows(predicted, target, given_probabilities=self.given_probabilities)
