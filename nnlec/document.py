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
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True)
class Matrix:
    """Rows of shown numbers in brackets; `shape` is the whole matrix's when only a part of it is shown.

    A summarised matrix has cells "..." where rows or columns are left out.
    """

    rows: tuple[tuple[str, ...], ...]
    shape: tuple[int, int]


Term = Symbol | Number | Name | Sign | Matrix


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

    lines: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True)
class Formula:
    """A rule in general form, such as s_i = e^f_i / sum_j e^f_j."""

    text: str
    latex: str


Cell = str | Symbol | Number


@dataclass(frozen=True)
class Table:
    """Named columns; Number cells and their columns stand flush right. `totals` is a last row set apart."""

    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] = ()


Block = Heading | Prose | Equation | Formula | Table
Document = tuple[Block, ...]
