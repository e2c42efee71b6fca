"""A formula of numbers worked out from the inside: (5 - 1) / sqrt(3 + 1) = 4 / sqrt(4) = 4 / 2 = 2.

Every number is worked out from unrounded ones; = stands only where what is printed on both sides is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import reduce
from operator import mul

from nnlec.arithmetic.decimal_functions import working
from nnlec.notation import Formula, operand
from nnlec.rendering.document import Line, Name, Number, Sign, Term
from nnlec.rendering.explain.activation import is_exactly
from nnlec.rendering.explain.figures import Figure, Style, figure, relation
from nnlec.rendering.explain.sums import abridged, mean, together

_IN_STEPS = frozenset({"call", "quotient"})
"""What is worked out one after the other; what remains without them is one step."""


def step_by_step(name: Line, formula: tuple[Formula, Formula], first: Sign, result: Figure, style: Style) -> Line:
    """The formula with its numbers, in full and as shown; where a root is taken, then with more of it worked out."""
    full, shown = formula
    line: list[Term] = [*name, first, shown]
    while _calls(full) or (len(line) > len(name) + 2 and _holds_steps(full)):
        full, shown, exact = _worked(full, shown, style)
        line += [relation(exact=exact), shown]
    return (*line, relation(exact=is_exactly(shown, result.shown)), Number(result.text))


def moments(numbers: Sequence[Figure], average: Figure, variance: Figure, style: Style) -> Iterator[Line]:
    """The mean of some numbers, and their variance: the mean of the squares of what they differ from it."""
    yield mean((Name("mean"),), numbers, len(numbers), average, style)
    squares = [(x - operand(average.text)) ** 2 for x in (operand(number.text) for number in numbers)]
    with localcontext(working()):
        values = [(number.number - average.number) ** 2 for number in numbers]
        total = figure(sum(values, Decimal(0)), style)
    head, left_out, tail = abridged(list(zip(squares, values, strict=True)), style.most_terms)
    terms: list[Term] = [term for square, _ in head for term in (Sign.PLUS, square)]
    if left_out:
        terms += [Sign.PLUS, together([value for _, value in left_out], style)]
    terms += [term for square, _ in tail for term in (Sign.PLUS, square)]
    divided = (Sign.DIVIDED, Number(str(len(numbers))))
    whole = not left_out and average.in_full and all(number.in_full for number in numbers)
    quotient = operand(total.text) / operand(str(len(numbers)))
    yield (
        *(Name("variance"), relation(exact=whole), Sign.OPEN, *terms[1:], Sign.CLOSE, *divided),
        *(relation(exact=whole and total.in_full), Number(total.text), *divided),
        *(relation(exact=is_exactly(quotient, variance.shown)), Number(variance.text)),
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
        match formula.operation, formula.parts[0]:
            case "negative", _:
                return -values[0]
            case "sum", _:
                return sum(values, Decimal(0))
            case "product", _:
                return reduce(mul, values)
            case "quotient", _:
                return values[0] / values[1]
            case "call", "sqrt":
                return values[0].sqrt()
    raise TypeError(f"{formula.operation} is worked out nowhere")
