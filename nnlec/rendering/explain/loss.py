"""A loss as the lecture writes it: the target g, the probabilities s, each term, and L."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from nnlec.arithmetic.numbers import decimal_of
from nnlec.network.exact import ExactLoss, exact_loss
from nnlec.network.losses import LossExample
from nnlec.rendering.document import (
    Block,
    Cell,
    Document,
    Expression,
    Formula,
    Heading,
    Line,
    Number,
    Prose,
    Sign,
    Steps,
    Symbol,
    Table,
)
from nnlec.rendering.explain.figures import Figure, Notation, Style, apart, column, figure, relation
from nnlec.rendering.explain.formulas import letters, put_in
from nnlec.rendering.explain.softmax import softmax_steps
from nnlec.rendering.explain.sums import written_sum


def describe_loss(example: LossExample, style: Style) -> Document:
    """The target g, the probabilities s, each term, and L."""
    note = style.notation
    exact = exact_loss(example)
    columns: dict[Cell, Sequence[Cell]] = {Symbol(note.target): column(exact.target, style)}
    if exact.weights:
        columns = {Symbol(note.weight): column(exact.weights, style), **columns}
    if not example.given_probabilities:
        columns[Symbol(note.output)] = column(exact.predicted, style)
    if exact.probabilities is not None:
        columns[Symbol(note.probability)] = column(exact.probabilities, style)
    columns[_term(example) or "term"] = column(exact.terms, style)
    total = Number(style.rounding.text(exact.value))
    return (
        Heading(_title(example), 2),
        _formula(example),
        *_smoothing(example, style),
        Table(
            ("class", *columns),
            tuple(zip(example.classes, *columns.values(), strict=True)),
            totals=(Symbol(note.loss), *("" for _ in range(len(columns) - 1)), total),
        ),
        *(_steps(example, exact, style) if style.steps else ()),
        *_infinite(example, exact),
    )


def _title(example: LossExample) -> str:
    logarithm = _LOGARITHMS[example.loss.base][2]
    return f"{example.loss.name} ({logarithm})" if "ln" in example.loss.kind.term else example.loss.name


_LOGARITHMS = {
    "e": ("ln", r"\ln", "natural logarithm"),
    "2": ("log2", r"\log_2", "logarithm to base 2"),
    "10": ("log10", r"\log_{10}", "logarithm to base 10"),
}


def _in_base(example: LossExample, text: str, latex: str) -> Expression:
    """A formula with its logarithm named: the rows say ln, or log for any."""
    plain, tex, _ = _LOGARITHMS[example.loss.base]
    return Expression(
        text.replace("log ", "ln ").replace("ln ", f"{plain} "), latex.replace(r"\log", r"\ln").replace(r"\ln", tex)
    )


def _formula(example: LossExample) -> Formula:
    kind = example.loss.kind
    named = _in_base(example, kind.formula, kind.latex)
    return Formula(named.text, named.latex)


def _term(example: LossExample) -> Expression | None:
    """One class's term in its letters; a class weight w stands before it."""
    kind = example.loss.kind
    if not kind.term:
        return None
    term = _in_base(example, kind.term, kind.term_latex)
    return Expression(f"w ({term.text})", rf"w \left({term.latex}\right)") if example.loss.weights else term


def _smoothing(example: LossExample, style: Style) -> Iterator[Block]:
    """How g comes from the label, where it was smoothed."""
    if example.loss.smoothing:
        share = style.rounding.text(decimal_of(example.loss.smoothing))
        yield Prose(
            f"g is smoothed: (1 - {share}) times the label's, and {share} spread over {len(example.classes)} classes"
        )


def _steps(example: LossExample, exact: ExactLoss, style: Style) -> Iterator[Block]:
    """Softmax where the loss starts from scores, each term with its numbers put in, and their sum."""
    squash = example.loss.kind.probabilities
    if squash is not None and squash.name == "softmax" and not example.given_probabilities:
        yield from softmax_steps(exact.predicted, style)
    terms = apart(exact.terms, style)
    if term := _term(example):
        yield Steps(tuple(_term_lines(example, exact, term, terms, style)))
    yield Steps((_sum_line(example, exact, terms, style),))


def _term_lines(
    example: LossExample, exact: ExactLoss, term: Expression, terms: Sequence[Figure], style: Style
) -> Iterator[Line]:
    """-g4 ln s4 = -1 x ln 0.1332 = 2.0156, for each class."""
    note = style.notation
    rows = {
        note.target: exact.target,
        note.output: exact.predicted,
        note.probability: exact.probabilities,
        note.weight: exact.weights or None,
    }
    used = {letter: apart(row, style) for letter, row in rows.items() if row is not None and letter in letters(term)}
    from_probabilities = note.probability in used
    worth = _values_as_shown(example, used, note.probability if from_probabilities else note.output, note)
    for i, result in enumerate(terms):
        number = str(i + 1)
        operands = {letter: row[i] for letter, row in used.items()}
        name = Expression(
            put_in(term, {letter: f"{letter}_{number}" for letter in used}).text,
            put_in(term, {letter: f"{letter}_{{{number}}}" for letter in used}).latex,
        )
        in_full = all(figure.in_full for figure in operands.values()) or result.number == worth[i] == 0
        numbers = put_in(term, {letter: figure.text for letter, figure in operands.items()})
        yield (name, relation(exact=in_full), numbers, relation(exact=worth[i] == result.shown), Number(result.text))


def _values_as_shown(
    example: LossExample, used: dict[str, list[Figure]], predicted: str, note: Notation
) -> Sequence[Decimal]:
    """What each term is worth with the figures as shown."""
    terms = example.loss.plain.exact_terms(
        [figure.shown for figure in used[predicted]],
        [figure.shown for figure in used[note.target]],
        given_probabilities=example.loss.kind.exact_from_probabilities is not None and predicted == note.probability,
    )
    weights = [figure.shown for figure in used.get(note.weight, ())]
    return [w * term if w else Decimal(0) for w, term in zip(weights, terms, strict=True)] if weights else terms


def _sum_line(example: LossExample, exact: ExactLoss, terms: Sequence[Figure], style: Style) -> Line:
    """L = the terms added up, over their number where the loss is a mean."""
    total = figure(exact.value, style)
    written, printed = written_sum(terms, style)
    count = Decimal(len(terms)) if example.loss.kind.averages else Decimal(1)
    if count != 1:
        written = (Sign.OPEN, *written, Sign.CLOSE, Sign.DIVIDED, Number(str(count)))
    in_full = all(term.in_full for term in terms)
    name = Symbol(style.notation.loss)
    return (name, relation(exact=in_full), *written, relation(exact=printed == total.shown * count), Number(total.text))


def _infinite(example: LossExample, exact: ExactLoss) -> Iterator[Prose]:
    if exact.value.is_infinite() and exact.probabilities is not None:
        impossible = next(
            name
            for name, g, s in zip(example.classes, exact.target, exact.probabilities, strict=True)
            if g != 0 and s == 0
        )
        yield Prose(f"The probability of {impossible} is 0, so the loss is infinite.")
