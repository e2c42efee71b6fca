"""A loss as the lecture writes it: the target g, the probabilities s, each term, and L."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.activations import Carry
from nnlec.network.trace import ExactLoss, exact_loss
from nnlec.notation import operand, put_in, subscripted
from nnlec.notation.formula import functions_in, names_in
from nnlec.rendering.document import (
    Block,
    Cell,
    Display,
    Document,
    Heading,
    Line,
    Number,
    Prose,
    Sign,
    Steps,
    Symbol,
    Table,
    UserName,
)
from nnlec.rendering.explain.activation import is_exactly, numbers_of
from nnlec.rendering.explain.figures import ShownFigure, Style, apart, column, figure, relation
from nnlec.rendering.explain.softmax import softmax_steps
from nnlec.rendering.explain.sums import written_sum

if TYPE_CHECKING:
    from nnlec.network.losses import LossExample

_LOSS = Symbol("L")


def describe_loss(example: LossExample, style: Style, carry: Carry | None = None) -> Document:
    """The target g, the probabilities s, each term, and L; `carry` is applied to numbers before they are used again."""
    note = style.notation
    exact = exact_loss(example, carry)
    f = note.predicted(example.loss)
    columns: dict[Cell, Sequence[Cell]] = {Symbol(note.target): column(exact.target, style)}
    if exact.weights:
        columns = {Symbol(note.weight): column(exact.weights, style), **columns}
    if not example.given_probabilities:
        columns[Symbol(f)] = column(exact.predicted, style)
    if exact.probabilities is not None:
        columns[Symbol(note.probability)] = column(exact.probabilities, style)
    columns[note.of(example.loss.term, f)] = column(exact.terms, style)
    total = Number(style.rounding.text(exact.value))
    return (
        Heading(_title(example), 2),
        Display(note.of(example.loss.formula, f)),
        *_smoothing(example, style),
        Table(
            ("class", *columns),
            tuple(zip(map(UserName, example.classes), *columns.values(), strict=True)),
            totals=(_LOSS, *("" for _ in range(len(columns) - 1)), total),
        ),
        *(_steps(example, exact, style, carry) if style.steps else ()),
        *why_infinite(example, exact),
    )


def _title(example: LossExample) -> str:
    functions = functions_in(example.loss.term) & set(_LOGARITHMS)
    named = ", ".join(_LOGARITHMS[function] for function in functions)
    return f"{example.loss.name} ({named})" if named else example.loss.name


_LOGARITHMS = {"ln": "natural logarithm", "log2": "logarithm to base 2", "log10": "logarithm to base 10"}


def _smoothing(example: LossExample, style: Style) -> Iterator[Block]:
    """How g comes from the label, where it was smoothed."""
    if example.loss.smoothing:
        share = style.rounding.text(decimal_of(example.loss.smoothing))
        spread = f"{share} spread over {len(example.classes)} classes"
        yield Prose(f"{style.notation.target} is smoothed: (1 - {share}) times the label's, and {spread}")


def _steps(example: LossExample, exact: ExactLoss, style: Style, carry: Carry | None) -> Iterator[Block]:
    """Softmax where the loss starts from scores, each term with its numbers put in, and their sum."""
    squash = example.loss.kind.probabilities
    if squash is not None and not squash.pointwise and not example.given_probabilities:
        yield from softmax_steps(exact.predicted, style, carry)
    terms = apart(exact.terms, style)
    yield Steps(tuple(_term_lines(example, exact, terms, style)))
    yield Steps((_sum_line(example, exact, terms, style),))


def _term_lines(example: LossExample, exact: ExactLoss, terms: Sequence[ShownFigure], style: Style) -> Iterator[Line]:
    """-g4 ln s4 = -1 x ln 0.1332 = 2.0156, for each class; a class of target 0 adds 0."""
    term, note = example.loss.term, style.notation
    f = note.predicted(example.loss)
    rows = {"g": exact.target, "f": exact.predicted, "s": exact.probabilities, "w": exact.weights or None}
    used = {name: apart(row, style) for name, row in rows.items() if row is not None and name in names_in(term)}
    options = numbers_of(example.loss.options)
    for i, result in enumerate(terms):
        operands = {letter: row[i] for letter, row in used.items()}
        name = note.of(subscripted(term, str(i + 1), tuple(used)), f)
        if result.number == 0 and exact.target[i] == 0:
            yield (name, Sign.EQUALS, Number(result.text))
            continue
        numbers = put_in(term, {**options, **{letter: operand(figure.text) for letter, figure in operands.items()}})
        in_full_all = all(figure.in_full for figure in operands.values())
        exactly = result.shown.is_infinite() or is_exactly(numbers, result.shown)
        yield (name, relation(exact=in_full_all), numbers, *result.with_relation(exact=exactly))


def _sum_line(example: LossExample, exact: ExactLoss, terms: Sequence[ShownFigure], style: Style) -> Line:
    """L = the terms added up, over their number where the loss is a mean."""
    total = figure(exact.value, style)
    written, printed = written_sum(terms, style)
    count = Decimal(len(terms)) if example.loss.kind.averages else Decimal(1)
    if count != 1:
        written = (Sign.OPEN, *written, Sign.CLOSE, Sign.DIVIDED, Number(str(count)))
    put_in_full = relation(exact=all(term.in_full for term in terms))
    return (_LOSS, put_in_full, *written, *total.with_relation(exact=printed == total.shown * count))


def why_infinite(example: LossExample, exact: ExactLoss) -> Iterator[Prose]:
    if exact.value.is_infinite() and exact.probabilities is not None:
        impossible = next(
            name
            for name, g, s in zip(example.classes, exact.target, exact.probabilities, strict=True)
            if g != 0 and s == 0
        )
        is_0 = "is rounded to 0" if exact_loss(example).value.is_finite() else "is 0"
        yield Prose(f"The probability of {impossible} {is_0}, so the loss is infinite.")
