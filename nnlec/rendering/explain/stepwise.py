"""A formula of numbers worked out from the inside: (5 - 1) / sqrt(3 + 1) = 4 / sqrt(4) = 4 / 2 = 2.

Every number is worked out from unrounded ones; = stands only where what is printed on both sides is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, Inexact, localcontext
from functools import reduce
from operator import add, mul

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.rounding import in_full
from nnlec.network.layers import LAYERS
from nnlec.network.trace import EXACT, ExactLayer
from nnlec.notation import Formula, call, operand, put_in
from nnlec.rendering.document import Line, Name, Number, Sign, Token
from nnlec.rendering.explain.activation import is_exactly
from nnlec.rendering.explain.figures import ShownFigure, Style, figure, figures, relation
from nnlec.rendering.explain.held import ARITHMETIC
from nnlec.rendering.explain.sums import abridged, mean, together
from nnlec.text import own

_IN_STEPS = frozenset({"call", "quotient"})
"""What is worked out one after the other; what remains without them is one step."""


_COMBINED: dict[str, Callable[[Sequence[Formula]], Formula]] = {
    "sum": lambda terms: reduce(add, terms),
    "product": lambda factors: reduce(mul, factors),
    "max": lambda numbers: call("max", *numbers),
}


def formula_line(
    step: ExactLayer, j: int, name: Line, met: Sequence[ShownFigure], result: ShownFigure, style: Style
) -> Line:
    """A unit that is no sum of products: its kind's own formula with its numbers, or the largest of what it meets.

    Where a root is taken, then with more of it worked out.
    """
    full, shown, whole = _unit_formula(step, j, met, style)
    line: list[Token] = [*name, relation(exact=whole), shown]
    while _calls(full) or (len(line) > len(name) + 2 and _holds_steps(full)):
        full, shown, exact = _worked(full, shown, style)
        line += [relation(exact=exact), shown]
    return (*line, *result.with_relation(exact=is_exactly(shown, result.shown)))


def _unit_formula(step: ExactLayer, j: int, met: Sequence[ShownFigure], style: Style) -> tuple[Formula, Formula, bool]:
    """The formula with its numbers in full, with those that are shown, and whether these are in full."""
    formula = LAYERS[step.layer.kind].formula
    if formula is not None:
        learned = {key.name for key in LAYERS[step.layer.kind].keys}
        numbers = step.layer.stands_for(step.inputs, j)
        shown = {name: figure(number, style) for name, number in numbers.items() if name not in learned}
        full = {name: in_full(number) for name, number in numbers.items()}
        texts = full | {name: each.text for name, each in shown.items()}
        put, written = (put_in(formula, {key: operand(of[key]) for key in of}) for of in (full, texts))
        return put, written, all(each.in_full for each in shown.values())
    operands = [operand(x.text) for x in met]
    put = _COMBINED[step.layer.combine](operands) if len(operands) > 1 else operands[0]
    return put, put, all(x.in_full for x in met)


def moment_lines(step: ExactLayer, j: int, style: Style) -> Iterator[Line]:
    """The mean and the variance that a unit's formula holds, where they are those of the numbers that come in.

    The variance is the mean of the squares of what the numbers differ from their mean.
    """
    stands_for = step.layer.stands_for(step.inputs, j)
    if not {"mean", "variance"} <= {*stands_for}:
        return
    numbers = figures([step.inputs[term.source] for term in step.layer.terms(j).terms], style)
    average, variance = (figure(stands_for[key], style) for key in ("mean", "variance"))
    yield mean((Name(own("mean")),), numbers, len(numbers), average, style)
    squares = [(x - operand(average.text)) ** 2 for x in (operand(number.text) for number in numbers)]
    with localcontext(EXACT) as context:
        context.clear_flags()
        values = [(number.number - average.number) ** 2 for number in numbers]
        total = figure(sum(values, Decimal(0)), style)
        lossless = not context.flags[Inexact]
    head, left_out, tail = abridged(list(zip(squares, values, strict=True)), style.most_terms)
    omitted = [together([value for _, value in left_out], style)] if left_out else []
    added: list[Token] = [*(square for square, _ in head), *omitted, *(square for square, _ in tail)]
    terms: list[Token] = [term for part in added for term in (Sign.PLUS, part)]
    divided = (Sign.DIVIDED, Number(str(len(numbers))))
    whole = lossless and not left_out and average.in_full and all(number.in_full for number in numbers)
    quotient = operand(total.text) / operand(str(len(numbers)))
    yield (
        *(Name(own("variance")), relation(exact=whole), Sign.OPEN, *terms[1:], Sign.CLOSE, *divided),
        *(*total.with_relation(exact=whole and total.in_full), *divided),
        *variance.with_relation(exact=is_exactly(quotient, variance.shown)),
    )


def _calls(formula: Formula) -> bool:
    """Whether a root is taken in it; largest numbers are found at a glance."""
    return (formula.operation == "call" and formula.parts[0] == "sqrt") or any(map(_calls, formula.operands))


def _holds_steps(formula: Formula) -> bool:
    return formula.operation in _IN_STEPS or any(map(_holds_steps, formula.operands))


def _worked(full: Formula, shown: Formula, style: Style) -> tuple[Formula, Formula, bool]:
    """The innermost operations worked out, in full and as shown, and whether what is shown is the same number."""
    if _is_number(full):
        return full, shown, True
    if all(map(_is_number, full.operands)):
        value = figure(_value(full), style)
        return operand(str(value.number)), operand(value.text), is_exactly(shown, value.shown)
    found = [_worked(a, b, style) for a, b in zip(full.operands, shown.operands, strict=True)]
    return (
        _rebuilt(full, [a for a, _, _ in found]),
        _rebuilt(shown, [b for _, b, _ in found]),
        all(e for *_, e in found),
    )


def _rebuilt(formula: Formula, operands: Sequence[Formula]) -> Formula:
    parts = iter(operands)
    return Formula(formula.operation, tuple(next(parts) if isinstance(p, Formula) else p for p in formula.parts))


def _is_number(formula: Formula) -> bool:
    negated = formula.operation == "negative" and _is_number(formula.operands[0])
    return negated or formula.operation in ("operand", "number")


def _value(formula: Formula) -> Decimal:
    """An operation on numbers, to 60 digits."""
    if formula.operation in ("operand", "number"):
        return Decimal(str(formula.parts[0]))
    values = list(map(_value, formula.operands))
    with localcontext(working()):
        return values[0].sqrt() if formula.operation == "call" else ARITHMETIC[formula.operation](values)
