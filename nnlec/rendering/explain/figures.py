"""Numbers as shown: rounded figures, matrices with their middle left out, and where = is true."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from nnlec.arithmetic.rounding import Rounding
from nnlec.named import NamedTuple
from nnlec.rendering.document import Cell, Line, Matrix, Number, Sign


class Notation(NamedTuple):
    """The lecture's letters, in one place; it uses g twice, for the activation and for the ground truth."""

    input: str = "x"
    hidden: str = "h"
    output: str = "f"
    weights: str = "W"
    column: str = "w"
    probability: str = "s"
    target: str = "g"
    loss: str = "L"
    weight: str = "w"
    sum: str = "z"


class Style(NamedTuple):
    """How results are explained: figures shown, letters, every step or not, and how much of a large matrix.

    Of a map with more rows or columns than `most_cells` a part is shown, and of more maps than `most_maps` some.

    `weights` says whether matrices of weights are shown; None: those that are shown whole.
    """

    rounding: Rounding = Rounding()
    notation: Notation = Notation()
    steps: bool = False
    most_rows: int = 20
    most_columns: int = 20
    most_terms: int = 10
    most_cells: int = 8
    most_maps: int = 4
    weights: bool | None = None

    def showing_all(self) -> Style:
        """The same with nothing left out."""
        most = sys.maxsize
        return self._replace(most_rows=most, most_columns=most, most_terms=most, most_cells=most, most_maps=most)


class Figure(NamedTuple):
    """A number and the figures it is shown with."""

    number: Decimal
    text: str
    shown: Decimal

    @property
    def in_full(self) -> bool:
        """Whether what is shown is the number itself."""
        return self.shown == self.number


def figures(numbers: Sequence[Decimal], style: Style) -> list[Figure]:
    """Numbers that stand together, spelled alike."""
    texts = style.rounding.texts(numbers)
    return [Figure(n, text, style.rounding.value(n)) for n, text in zip(numbers, texts, strict=True)]


def figure(number: Decimal, style: Style) -> Figure:
    """A number that stands alone, in a line of its own."""
    return figures([number], style)[0]


def apart(numbers: Iterable[Decimal], style: Style) -> list[Figure]:
    """Numbers each of which stands in a line of its own."""
    return [figure(number, style) for number in numbers]


def relation(*, exact: bool) -> Sign:
    """= where both sides, as printed, are the same number; the approximate sign everywhere else."""
    return Sign.EQUALS if exact else Sign.APPROXIMATELY


def bracketed(text: str) -> Line:
    """A number among operators: a negative one in brackets."""
    number = Number(text)
    return (Sign.OPEN, number, Sign.CLOSE) if text.startswith("-") else (number,)


def signed(text: str, *, first: bool) -> Line:
    """A number in a sum, after its plus or minus."""
    if first:
        return (Number(text),)
    return (Sign.MINUS, Number(text[1:])) if text.startswith("-") else (Sign.PLUS, Number(text))


def shown_indices(size: int, most: int) -> list[int | None]:
    """The indices shown of `size`: all, or the first and last ones around a None.

    >>> shown_indices(3, 20), shown_indices(100, 5)
    ([0, 1, 2], [0, 1, None, 98, 99])
    """
    if size <= most:
        return list(range(size))
    head = most // 2
    return [*range(head), None, *range(size - (most - head - 1), size)]


class ShownMatrix(NamedTuple):
    """A matrix as it is shown, the numbers that are shown of it by row and column, and whether that is all of them.

    `rounding` is how its numbers are shown.
    """

    matrix: Matrix
    numbers: dict[tuple[int, int], Decimal]
    whole: bool
    rounding: Rounding

    @property
    def in_full(self) -> bool:
        """Whether every number shown is the number itself."""
        return all(map(self.rounding.is_shown_in_full, self.numbers.values()))


def shown_matrix(shape: tuple[int, int], entry: Callable[[int, int], Decimal], style: Style) -> ShownMatrix:
    """A matrix whose middle is left out where it has more rows or columns than the style shows."""
    rows, columns = shown_indices(shape[0], style.most_rows), shown_indices(shape[1], style.most_columns)
    numbers = {(i, j): entry(i, j) for i in rows if i is not None for j in columns if j is not None}
    rounding = style.rounding.alike(list(numbers.values()))
    texts = iter(rounding.texts(list(numbers.values())))
    shown = tuple(tuple("..." if i is None or j is None else next(texts) for j in columns) for i in rows)
    return ShownMatrix(Matrix(shown, shape), numbers, len(numbers) == shape[0] * shape[1], rounding)


def row_matrix(row: Sequence[Decimal], style: Style) -> ShownMatrix:
    """One row of numbers as a matrix."""
    return shown_matrix((1, len(row)), lambda _, j: row[j], style)


def column(numbers: Sequence[Decimal], style: Style) -> list[Cell]:
    """The shown figures of one column of a table."""
    return [Number(text) for text in style.rounding.texts(numbers)]
