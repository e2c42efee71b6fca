"""Softmax as the lecture derives it: f, e^f, their sum, s, the argmax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from nnlec.arithmetic.rounding import Rounding
from nnlec.network.activations import Carry, ExactSoftmax, exact_softmax_of
from nnlec.network.trace import Row
from nnlec.notation import Formula, equals, operand, sigma, symbol, symbols
from nnlec.rendering.document import Block, Display, Document, Line, Number, Prose, Steps, Symbol, Table, UserName
from nnlec.rendering.explain.activation import is_exactly
from nnlec.rendering.explain.figures import ShownFigure, Style, apart, column, figure, relation
from nnlec.rendering.explain.sums import written_sum

_LARGEST_WRITTEN_OUT = 1_000_000

_E, _F_I, _F_J, _S_I = symbols("e", "f_i", "f_j", "s_i")
_SUM = sigma("j", _E**_F_J)
_SOFTMAX = equals(_S_I, _E**_F_I / _SUM)


def describe_softmax(exact: ExactSoftmax, classes: Sequence[str], style: Style, carry: Carry | None = None) -> Document:
    """f, e^f, their sum, s, and the argmax, as the lecture derives them; `exact` was worked out with `carry`."""
    return (
        Display(style.notation.of(_SOFTMAX)),
        _table(exact, classes, style, sum(exact.probabilities, Decimal(0)) if carry else Decimal(1)),
        *(softmax_steps(exact.logits, style, carry) if style.steps else ()),
        Prose(f"prediction: {classes[exact.largest]} (argmax)"),
    )


def _table(exact: ExactSoftmax, classes: Sequence[str], style: Style, whole: Decimal) -> Table:
    """One row for each class: f, e^f, s; and their sums."""
    note = style.notation
    raised = column([*exact.exponentials, exact.total], style)
    columns = (column(exact.logits, style), raised[:-1], column(exact.probabilities, style))
    return Table(
        ("class", Symbol(note.scores), _E ** symbol(note.scores), Symbol(note.probability)),
        tuple(zip(map(UserName, classes), *columns, strict=True)),
        totals=("sum", "", raised[-1], Number(style.rounding.text(whole))),
    )


def softmax_steps(logits: Row, style: Style, carry: Carry | None = None) -> Iterator[Block]:
    """Each e^f with its number put in, their sum, each s."""
    if any(f.is_nan() or abs(f) > _LARGEST_WRITTEN_OUT for f in logits):
        yield Prose(f"The scores are too large for each e^{style.notation.scores} to be written out.")
        return
    note = style.notation
    exact = exact_softmax_of(logits, carry)
    if style.rounding.value(exact.total) == 0:  # a sum shown as 0 would be divided by
        style = style._replace(rounding=Rounding(significant=style.rounding.decimals + 1))
    scores, raised = apart(logits, style), apart(exact.exponentials, style)
    whole = figure(exact.total, style)
    exponents = [symbol(note.scores, str(i)) for i in range(1, len(scores) + 1)]
    yield Steps(tuple(map(_exponential, exponents, scores, raised)))
    terms, printed = written_sum(raised, style)
    added = (note.of(_SUM), relation(exact=all(e.in_full for e in raised)), *terms)
    yield Steps(((*added, *whole.with_relation(exact=printed == whole.shown)),))
    shares = apart(exact.probabilities, style)
    yield Steps(
        tuple(
            _share(Symbol(note.probability, subscript=str(i)), e, whole, s)
            for i, (e, s) in enumerate(zip(raised, shares, strict=True), start=1)
        )
    )


def _exponential(score: Formula, f: ShownFigure, e: ShownFigure) -> Line:
    name, power = _E**score, _E ** operand(f.text)
    return (name, relation(exact=f.in_full), power, *e.with_relation(exact=is_exactly(power, e.shown)))


def _share(name: Symbol, e: ShownFigure, whole: ShownFigure, s: ShownFigure) -> Line:
    quotient = operand(e.text) / operand(whole.text)
    result = s.with_relation(exact=is_exactly(quotient, s.shown))
    return (name, relation(exact=e.in_full and whole.in_full), quotient, *result)
