"""Numbers as shown: rounded figures, matrices with their middle left out, and where = is true."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.rounding import Rounding
from nnlec.named import NamedTuple
from nnlec.notation import Formula, lettered
from nnlec.rendering.document import Cell, Equation, Line, Matrix, Number, Sign, Token

if TYPE_CHECKING:
    from nnlec.network.losses import Loss
    from nnlec.network.network import Network


class Notation(NamedTuple):
    """The letters on paper and how a dense layer is laid out: the lecture's, g for the activation and the truth alike.

    `score` is what softmax takes, "" where that has the output's letter. With `neurons_in_rows` W is (outputs, inputs),
    and x, h and z are columns; with `bias_apart` b is added, else the bias meets a leading 1.
    """

    input: str = "x"
    hidden: str = "h"
    output: str = "f"
    score: str = ""
    probability: str = "s"
    target: str = "g"
    weights: str = "W"
    weight: str = "w"
    bias: str = "b"
    pre_activation: str = "z"
    neurons_in_rows: bool = False
    bias_apart: bool = False

    @property
    def scores(self) -> str:
        """The letter of what softmax takes."""
        return self.score or self.output

    @property
    def rearranges(self) -> bool:
        """Whether a layer is not x^T W: its sum is then named, z = W x + b."""
        return self.neurons_in_rows or self.bias_apart

    def input_names(self, network: Network) -> Sequence[str]:
        """The names of the inputs; those that are only counted, x1, x2, ..., have the letter of the input."""
        names = network.input_names
        counted = self.input != LECTURE.input and names == tuple(
            f"{LECTURE.input}{i}" for i in range(1, len(names) + 1)
        )
        return [f"{self.input}{i}" for i in range(1, len(names) + 1)] if counted else names

    def predicted(self, loss: Loss) -> str:
        """The letter of what a loss compares with the truth."""
        return self.output if loss.kind.takes == "outputs" else self.scores

    def of(self, formula: Formula, f: str = "") -> Formula:
        """A rule that is kept in the lecture's letters in these; `f` is that of its f, else what softmax takes."""
        own = {"f": f or self.scores, "s": self.probability, "g": self.target, "w": self.weight}
        return lettered(formula, own) if any(letter != mine for letter, mine in own.items()) else formula


LECTURE = Notation()


class Style(NamedTuple):
    """How results are explained: figures shown, letters, every step or not, and how much of a large matrix.

    Of a map with more rows or columns than `most_cells` a part is shown, and of more maps than `most_maps` some.

    `weights` says whether matrices of weights are shown; None: those that are shown whole.
    """

    rounding: Rounding = Rounding()
    notation: Notation = LECTURE
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

    def of_network(self, network: Network) -> Style:
        """The same with the letter of scores for outputs that softmax or a sigmoid is still to be applied to."""
        note = self.notation
        return self._replace(notation=note._replace(output=note.score)) if note.score and network.gives_scores else self


class ShownFigure(NamedTuple):
    """A number and the figures it is shown with."""

    number: Decimal
    text: str
    shown: Decimal

    @property
    def in_full(self) -> bool:
        """Whether what is shown is the number itself."""
        return self.shown == self.number

    def with_relation(self, *, exact: bool) -> Line:
        """= 2.5 as a result; `exact` says whether what stands before it is the number shown."""
        return (relation(exact=exact), Number(self.text))


def figures(numbers: Sequence[Decimal], style: Style) -> list[ShownFigure]:
    """Numbers that stand together, spelled alike."""
    texts = style.rounding.texts(numbers)
    return [ShownFigure(n, text, style.rounding.value(n)) for n, text in zip(numbers, texts, strict=True)]


def figure(number: Decimal, style: Style) -> ShownFigure:
    """A number that stands alone, in a line of its own."""
    return figures([number], style)[0]


def apart(numbers: Iterable[Decimal], style: Style) -> list[ShownFigure]:
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


def places_shown(size: int, most: int) -> list[int]:
    """The same without the None."""
    return [i for i in shown_indices(size, most) if i is not None]


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

    def equation(self, *name: Token) -> Equation:
        """h = [...] on a line of its own."""
        return Equation(((*name, relation(exact=self.in_full), self.matrix),))


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


def vector(numbers: Sequence[Decimal], style: Style) -> ShownMatrix:
    """What a layer takes or gives: a row, or a column where neurons are rows."""
    if style.notation.neurons_in_rows:
        return shown_matrix((len(numbers), 1), lambda i, _: numbers[i], style)
    return row_matrix(numbers, style)


def measured(value: float | None, style: Style) -> Cell:
    """A figure in a table; "-" where there is none."""
    return "-" if value is None else Number(style.rounding.text(Decimal(repr(value))))


def column(numbers: Sequence[Decimal], style: Style) -> list[Cell]:
    """The shown figures of one column of a table."""
    return [Number(text) for text in style.rounding.texts(numbers)]
