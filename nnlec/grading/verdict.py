"""What is said about a student's figures: plain values, no words of judgement."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from nnlec.grading.figures import Figure
from nnlec.network.trace import Row


class Road(Enum):
    """How a right figure follows."""

    FULL = "full precision"
    OWN = "your own figures carried on"
    ROUNDED = "rounded on the way"
    SLIP = "follows from the slip"


@dataclass(frozen=True)
class Slip:
    """One thing that would explain wrong figures.

    `explains` are the figures it would explain, by their place in the row; `row` is what would stand there in full;
    `weight` tells how plausible it is among the slips found.
    """

    name: str
    sentence: str
    step: str
    explains: frozenset[int]
    weight: float
    row: Row


@dataclass(frozen=True)
class Mark:
    """One figure's verdict; `expected` is the number in full, `road` how it follows (None: it is wrong)."""

    label: str
    figure: Figure
    expected: Decimal
    road: Road | None
    slips: tuple[Slip, ...] = ()

    @property
    def right(self) -> bool:
        return self.road is not None

    @property
    def answered(self) -> bool:
        return self.figure.value is not None


@dataclass(frozen=True)
class MarkedRow:
    """The verdicts of one row of figures, and what holds for the row as a whole."""

    name: str
    marks: tuple[Mark, ...]
    remarks: tuple[str, ...] = ()

    @property
    def slips(self) -> tuple[Slip, ...]:
        """Each slip once: those that explain most first, among them the most plausible."""
        found = dict.fromkeys(slip for mark in self.marks for slip in mark.slips)
        return tuple(sorted(found, key=lambda slip: (-len(slip.explains), -slip.weight)))


@dataclass(frozen=True)
class Verdict:
    """A whole sheet, marked."""

    rows: tuple[MarkedRow, ...]

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(mark for row in self.rows for mark in row.marks)

    @property
    def right(self) -> bool:
        return all(mark.right for mark in self.marks)

    @property
    def first_wrong(self) -> tuple[MarkedRow, Mark] | None:
        return next(((row, mark) for row in self.rows for mark in row.marks if not mark.right), None)
