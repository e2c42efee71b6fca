"""The result of marking a student's figures, as plain values."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from nnlec.arithmetic.numbers import decimal_of
from nnlec.grading.figures import Figure
from nnlec.named import NamedTuple
from nnlec.shown import Bundle, Types, in_a_notebook
from nnlec.text import counted


class Basis(Enum):
    """Why a figure is right."""

    FULL = "full precision"
    OWN = "your own figures carried on"
    ROUNDED = "rounded on the way"
    MISTAKE = "follows from the slip"


class Mistake(NamedTuple):
    """One thing that would explain wrong figures.

    `explains` are the figures it would explain, by their index in the row; `weight` tells how plausible it is among
    the mistakes found.
    """

    name: str
    sentence: str
    step: str
    explains: frozenset[int]
    weight: float


class Mark(NamedTuple):
    """One figure's verdict; `expected` is the number in full, `basis` why it is right (None: it is wrong)."""

    label: str
    figure: Figure
    expected: Decimal
    basis: Basis | None
    mistakes: tuple[Mistake, ...] = ()

    @property
    def right(self) -> bool:
        return self.basis is not None

    @property
    def answered(self) -> bool:
        return self.figure.value is not None

    @property
    def as_python_rounds(self) -> bool:
        """Whether this is a right 2.67 for 2.675: a tie that Python's round, in binary, takes the other way."""
        value, places = self.figure.value, self.figure.places
        if value is None or self.basis is not Basis.FULL or not 0 <= places <= 15:
            return False
        if value == self.figure.rounded(self.expected) or abs(value - self.expected) * 2 != Decimal(1).scaleb(-places):
            return False
        return value == decimal_of(round(float(self.expected), places))


class MarkedRow(NamedTuple):
    """The verdicts of one row of figures, and what holds for the row as a whole.

    `bounded` says that not every mistake could be tried, because there are too many.
    """

    name: str
    marks: tuple[Mark, ...]
    remarks: tuple[str, ...] = ()
    bounded: bool = False

    @property
    def asked(self) -> tuple[Mark, ...]:
        """The marks of the figures that were asked for."""
        return tuple(mark for mark in self.marks if mark.figure.asked)

    @property
    def as_a_whole(self) -> str:
        """What stands for the whole row where it is not so many figures: "n/a"; else "".

        >>> from nnlec.grading.figures import Figure
        >>> n, none = Mark("h1", Figure("n/a", None), Decimal(1), None), Mark("h1", Figure("", None), Decimal(1), None)
        >>> MarkedRow("h", (n, n)).as_a_whole, MarkedRow("h", (n, none)).as_a_whole
        ('n/a', '')
        """
        texts = {mark.figure.text for mark in self.asked}
        whole = len(self.asked) > 1 and len(texts) == 1 and not any(mark.figure.readable for mark in self.asked)
        return texts.pop() if whole else ""

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Each mistake once: those that explain most first, among them the most plausible."""
        found = dict.fromkeys(mistake for mark in self.marks for mistake in mark.mistakes)
        return tuple(sorted(found, key=lambda mistake: (-len(mistake.explains), -mistake.weight)))


class Verdict(NamedTuple):
    """A whole sheet, marked."""

    rows: tuple[MarkedRow, ...]

    def __repr__(self) -> str:
        return f"<Verdict: {sum(mark.right for mark in self.marks)} of {counted(len(self.marks), 'figure')} right>"

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> Bundle:
        return in_a_notebook(self, include, exclude)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(mark for row in self.rows for mark in row.asked)

    @property
    def right(self) -> bool:
        return all(mark.right for mark in self.marks)

    @property
    def unreadable(self) -> int:
        """How many figures could not be read."""
        return sum(not mark.figure.readable for mark in self.marks)

    @property
    def unanswered(self) -> int:
        """How many were not answered."""
        return sum(not mark.answered and mark.figure.readable for mark in self.marks)

    @property
    def first_wrong(self) -> tuple[MarkedRow, Mark] | None:
        return next(((row, mark) for row in self.rows for mark in row.asked if not mark.right), None)
