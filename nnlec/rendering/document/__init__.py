"""A worked example as blocks: headings, prose, equations with matrices, tables. No markup, and every number is text.

`working` makes these blocks, a writer lays them out; a writer escapes every string here for its own language. Blocks
are named tuples, which take a sixth of a dataclass's time to define: every worked example waits for that.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from nnlec.named import NamedTuple
from nnlec.notation import Formula

if TYPE_CHECKING:
    from nnlec.rendering.document.course import LossCourse
    from nnlec.rendering.document.maps import Maps


class Symbol(NamedTuple):
    """A letter with its marks, as in x^T, W^(1), s_i; `place` is one in a map, as in h[2,1,1]."""

    letter: str
    superscript: str = ""
    subscript: str = ""
    transposed: bool = False
    place: str = ""


class Slope(NamedTuple):
    """The partial derivative of a symbol by another one, as in dL/dw."""

    of: Symbol
    by: Symbol


class Number(NamedTuple):
    """A number already rounded to its shown figures, and its unit."""

    text: str
    unit: str = ""


class Name(NamedTuple):
    """A word that stands in an equation: an activation, a class."""

    text: str


class Sign(Enum):
    """A sign between terms; each format has its own spelling."""

    TIMES = "times"
    PLUS = "plus"
    MINUS = "minus"
    EQUALS = "equals"
    APPROXIMATELY = "approximately"
    DIVIDED = "divided"
    TO = "to"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    SEMICOLON = "semicolon"


RELATIONS = frozenset({Sign.EQUALS, Sign.APPROXIMATELY})


class Omitted(NamedTuple):
    """Terms of a sum that are left out: how many, and the shown figure of what they add up to."""

    terms: int
    total: str


class Remark(NamedTuple):
    """A few words about a line, at its end."""

    text: str


class Matrix(NamedTuple):
    """Rows of shown numbers in brackets; `shape` is the whole matrix's when only a part of it is shown.

    A summarised matrix has cells "..." where rows or columns are left out.
    """

    rows: tuple[tuple[str, ...], ...]
    shape: tuple[int, int]

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single number, written without brackets."""
        return self.shape == (1, 1)


Token = Symbol | Slope | Number | Name | Sign | Formula | Omitted | Matrix | Remark
Line = tuple[Token, ...]


TO_FILL = "_____"
"""A number that a student fills in: it is shown as a line to write on, as long as there are underscores."""


class Heading(NamedTuple):
    """A heading; `new_page`: it begins a page on paper."""

    text: str
    level: int = 1
    new_page: bool = False


class Prose(NamedTuple):
    text: str


class Equation(NamedTuple):
    """Lines that continue each other; all after the first begin with a relation, aligned with the first line's."""

    lines: tuple[Line, ...]


class Entry(NamedTuple):
    """How one number of a product came about: which row met which column, and their sum written out.

    `row` and `column` count from 0 among the rows of the left matrix and the columns of the right one that are shown;
    they are the number's own place in the result too.
    """

    row: int
    column: int
    working: Line


class Product(NamedTuple):
    """left x right = result, and how each shown entry came about; `added` is what is added to it, a bias apart."""

    name: Line
    equals: Sign
    left: Matrix
    right: Matrix
    gives: Sign
    result: Matrix
    entries: tuple[Entry, ...]
    added: Matrix | None = None

    @property
    def addition(self) -> tuple[()] | tuple[Sign, Matrix]:
        """What is added and the sign before it: a negative number is subtracted."""
        added = self.added
        if added is None:
            return ()
        if added.is_scalar and added.rows[0][0].startswith("-"):
            return Sign.MINUS, added._replace(rows=((added.rows[0][0][1:],),))
        return Sign.PLUS, added

    @property
    def equation(self) -> Equation:
        """The product as an equation of two lines."""
        first = (*self.name, self.equals, self.left, Sign.TIMES, self.right, *self.addition)
        return Equation((first, (self.gives, self.result)))


class Steps(NamedTuple):
    """Chains of relations, such as f1 = 1.0 x 2.5 + 2.8 x 5.0 = 16.5: each line stands on its own."""

    lines: tuple[Line, ...]


class Display(NamedTuple):
    """A rule in general form, such as s_i = e^f_i / sum_j e^f_j, on a line of its own."""

    formula: Formula


class UserName(str):
    """A name in a table or a heading that a user chose: none of our words, whatever it spells."""

    __slots__ = ()


class Working(NamedTuple):
    """A line of terms in a cell of a table."""

    line: Line


Cell = str | Symbol | Slope | Number | Formula | Working


class Table(NamedTuple):
    """Named columns; Number cells and their columns stand flush right. `totals` is a last row set apart."""

    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] = ()

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers alone, and stand flush right."""
        if not self.rows:
            return (False,) * len(self.columns)
        return tuple(all(isinstance(cell, Number) for cell in column) for column in zip(*self.rows, strict=True))


Block: TypeAlias = "Heading | Prose | Equation | Product | Steps | Display | Table | Maps | LossCourse"
"""`Maps` and `LossCourse` have files of their own, which a document without them does not wait for."""
Document = tuple[Block, ...]
