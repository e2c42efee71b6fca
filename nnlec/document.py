"""What one would write on paper: headings, prose, equations with matrices, tables. No markup, and every number is text.

`working` makes these blocks, a writer lays them out; a writer escapes every string here for its own language.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Symbol:
    """A letter with its marks, as in x^T, W^(1), s_i."""

    letter: str
    superscript: str = ""
    subscript: str = ""
    transposed: bool = False


@dataclass(frozen=True)
class Number:
    """A number already rounded to its shown figures."""

    text: str


@dataclass(frozen=True)
class Name:
    """A word that stands in an equation: an activation, a class."""

    text: str


class Sign(Enum):
    """What may stand between terms; a writer spells it."""

    TIMES = "times"
    PLUS = "plus"
    MINUS = "minus"
    EQUALS = "equals"
    APPROXIMATELY = "approximately"
    DIVIDED = "divided"
    OPEN = "open"
    CLOSE = "close"


RELATIONS = frozenset({Sign.EQUALS, Sign.APPROXIMATELY})


@dataclass(frozen=True)
class Expression:
    """A piece of mathematics spelled twice, as plain text and as LaTeX; never holds a name that a user chose."""

    text: str
    latex: str


@dataclass(frozen=True)
class Omitted:
    """Terms of a sum that are left out: how many, and the shown figure of what they add up to."""

    count: int
    total: str


@dataclass(frozen=True)
class Matrix:
    """Rows of shown numbers in brackets; `shape` is the whole matrix's when only a part of it is shown.

    A summarised matrix has cells "..." where rows or columns are left out.
    """

    rows: tuple[tuple[str, ...], ...]
    shape: tuple[int, int]

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single number, written without brackets."""
        return self.shape == (1, 1)


Term = Symbol | Number | Name | Sign | Expression | Omitted | Matrix
Line = tuple[Term, ...]


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 1


@dataclass(frozen=True)
class Prose:
    text: str


@dataclass(frozen=True)
class Equation:
    """Lines that continue each other; all after the first begin with a relation, aligned with the first line's."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Entry:
    """How one number of a product came about: which row met which column, and their sum written out.

    `row` and `column` count from 0 among the rows of the left matrix and the columns of the right one that are shown;
    they are the number's own place in the result too.
    """

    row: int
    column: int
    working: Line


@dataclass(frozen=True)
class Product:
    """left x right = result, and how each shown entry came about."""

    name: Line
    equals: Sign
    left: Matrix
    right: Matrix
    gives: Sign
    result: Matrix
    entries: tuple[Entry, ...]

    @property
    def equation(self) -> Equation:
        """The product as an equation of two lines."""
        first = (*self.name, self.equals, self.left, Sign.TIMES, self.right)
        return Equation((first, (self.gives, self.result)))


@dataclass(frozen=True)
class Steps:
    """Chains of relations, such as f1 = 1.0 x 2.5 + 2.8 x 5.0 = 16.5: each line stands on its own."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Formula:
    """A rule in general form, such as s_i = e^f_i / sum_j e^f_j."""

    text: str
    latex: str


Cell = str | Symbol | Number | Expression


@dataclass(frozen=True)
class Table:
    """Named columns; Number cells and their columns stand flush right. `totals` is a last row set apart."""

    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] = ()


Block = Heading | Prose | Equation | Product | Steps | Formula | Table
Document = tuple[Block, ...]
