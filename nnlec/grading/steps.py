"""The steps of a computation on paper, each from one row of numbers to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException, localcontext
from typing import TYPE_CHECKING, Any

from nnlec.arithmetic.lazy_numpy import np
from nnlec.grading.operations import Activated, Beside, Linear, LossOf, Operation
from nnlec.named import NamedTuple
from nnlec.network.trace import EXACT, Row

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

UNKNOWN = Decimal("NaN")


class Wording(NamedTuple):
    """How figures and slips are named: a course's letters, and what W has for each input and for each neuron."""

    input: str = "x"
    hidden: str = "h"
    pre_activation: str = "z"
    score: str = "f"
    output: str = "f"
    probability: str = "s"
    target: str = "g"
    weights: str = "W"
    row: str = "row"
    column: str = "column"


LECTURE = Wording()


class Step(NamedTuple):
    """An operation, the names by which its row of figures may be given, and what each figure stands for.

    `inner` rows, x^T W before its activation and e^f before its sum, are often not written down. The last `kept`
    labels are of numbers that only a later step takes.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    operation: Operation | Beside
    inner: bool = False
    kept: int = 0

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def size(self) -> int:
        """How many figures a row of it has."""
        return len(self.labels) - self.kept

    @property
    def own_operation(self) -> Operation:
        """The operation alone, without the numbers beside it."""
        return self.operation.operation if isinstance(self.operation, Beside) else self.operation

    def taken(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Of a row before it, or of its labels, what the operation takes."""
        return self.operation.taken(row) if isinstance(self.operation, Beside) else tuple(row)

    def follow(self, row: Row, places: int | None = None) -> Row:
        """The next row, exact or to 60 digits; NaN throughout where it cannot be computed (a logarithm of -0.1).

        With `places` the terms of a loss are rounded to so many decimals, as those who write them down do.
        """
        if any(number.is_nan() for number in row):
            return (UNKNOWN,) * len(self.labels)
        try:
            with localcontext(EXACT):
                if places is not None and isinstance(self.operation, LossOf):
                    return self.operation.follow(row, places)
                return self.operation.follow(row)
        except (DecimalException, ArithmeticError):
            return (UNKNOWN,) * len(self.labels)

    def follow_again(self, row: Row, before: Row, after: Row) -> Row:
        """As `follow`, where `after` is known to follow from `before`: what did not change is not computed again."""
        if isinstance(self.operation, Linear) and all(number.is_finite() for number in (*row, *before, *after)):
            with localcontext(EXACT):
                return self.operation.follow_changes(row, before, after)
        if not isinstance(self.operation, Activated) or not self.operation.pointwise:
            return self.follow(row)
        changed = [unit for unit, (new, old) in enumerate(zip(row, before, strict=True)) if new != old]
        fresh = {unit: self._at_unit(unit, row[unit]) for unit in changed}
        return tuple(fresh.get(unit, known) for unit, known in enumerate(after))

    def _at_unit(self, unit: int, number: Decimal) -> Decimal:
        assert isinstance(self.operation, Activated)
        own = Activated(self.operation.activation.at_unit(unit))
        return Step(self.names, (self.labels[unit],), own).follow((number,))[0]

    def forward(self, rows: Array) -> Array:
        """The next rows in floating point, (rows, figures); nan where one cannot be computed."""
        with np.errstate(all="ignore"):
            return self.operation.forward(rows)


@dataclass(frozen=True)
class Problem:
    """An exercise: the numbers given, and every step that follows from them."""

    given: Row
    given_labels: tuple[str, ...]
    steps: tuple[Step, ...] = field(default=())
    wording: Wording = LECTURE

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What the figures of each row are called, under every name of the row."""
        return {name: step.labels[: step.size] for step in self.steps for name in step.names}

    def labels_before(self, index: int) -> tuple[str, ...]:
        """What the numbers that go into a step stand for."""
        return self.steps[index - 1].labels if index else self.given_labels

    def find(self, name: str) -> int | None:
        """The step whose row of figures has that name."""
        return next((index for index, step in enumerate(self.steps) if name in step.names), None)
