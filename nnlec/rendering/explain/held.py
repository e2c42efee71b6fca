"""Relations that hold as they are printed: an operand gets one digit more, again and again, until its line is true.

With the same number of decimals for all, 0.35 - 0.5 x 0.0088 = 0.3456 may be printed where 0.345614 was rounded to
0.3456 and the printed numbers give 0.3456 only by luck; half of an odd last digit is a tie, and rounds the other way as
often as not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from functools import reduce
from operator import mul

from nnlec.arithmetic.rounding import Rounding, in_full
from nnlec.network.trace import EXACT
from nnlec.notation import Formula, operand, put_in
from nnlec.notation.decimal_value import decimal_value
from nnlec.notation.rational import Undefined, exact_value
from nnlec.rendering.document import Line
from nnlec.rendering.explain.activation import is_exactly
from nnlec.rendering.explain.figures import ShownFigure, Style, bracketed, figure, relation
from nnlec.rendering.explain.sums import abridged, omitted, product, worked_sum

_MOST_EXTRA = 60
_WIDE = Context(prec=400)

Build = Callable[[Sequence[Formula]], Formula]
"""A formula from the numbers that are put in."""


def operand_figure(number: Decimal, style: Style) -> ShownFigure:
    """A number that is computed with: as it is where it is short, else rounded."""
    if style.rounding.is_shown_in_full(number):
        return ShownFigure(number, in_full(number), number)
    return ShownFigure(number, style.rounding.text(number), style.rounding.value(number))


def finer_and_finer(style: Style) -> Iterator[Style]:
    """The style, then with one digit more, again and again."""
    yield style
    rounding = style.rounding
    for _ in range(_MOST_EXTRA - 1):
        if rounding.significant is not None:
            rounding = rounding._replace(significant=rounding.significant + 1)
        else:
            rounding = rounding._replace(decimals=rounding.decimals + 1)
        yield style._replace(rounding=rounding)


def held(numbers: Sequence[Decimal], style: Style, holds: Callable[[Sequence[ShownFigure]], bool]) -> list[ShownFigure]:
    """The figures of numbers with as few digits as make a line true."""
    shown: list[ShownFigure] = []
    for finer in finer_and_finer(style):
        shown = [operand_figure(number, finer) for number in numbers]
        if all(one.in_full for one in shown) or holds(shown):
            break
    return shown


def computed(build: Build, numbers: Sequence[Decimal], result: Decimal, style: Style) -> Line:
    """= 0.6 - 0.5 x 0.0088 = 0.5956: a formula with numbers put in, and what it gives, true as printed."""
    shown = figure(result, style)
    operands = held(numbers, style, lambda tried: rounds_to(build(_put(tried)), shown, style.rounding))
    formula = build(_put(operands))
    in_full = relation(exact=all(one.in_full for one in operands))
    return (in_full, formula, *shown.with_relation(exact=is_exactly(formula, shown.shown)))


def computed_product(left: Decimal, right: Decimal, style: Style) -> Line:
    """= a x b = p, true as printed."""
    with localcontext(EXACT):
        result = left * right
    return computed(lambda n: n[0] * n[1], [left, right], result, style)


def rounds_to(formula: Formula, result: ShownFigure, rounding: Rounding) -> bool:
    """Whether the formula of shown numbers rounds to the result as it is shown; also where it has no value."""
    value = value_of(formula)
    number = _decimal(value) if value is not None else decimal_value(formula)
    return number is None or rounding.value(number) == result.shown


def held_columns(
    columns: Mapping[str, Sequence[Decimal]], given: Sequence[tuple[Formula, Sequence[Decimal]]], style: Style
) -> Style:
    """The style in which the columns of a table, by their letters, give the results that stand beside them."""
    results = [(formula, [figure(number, style) for number in row]) for formula, row in given]
    for finer in finer_and_finer(style):
        texts = {letter: [operand(text) for text in finer.rounding.texts(row)] for letter, row in columns.items()}
        lines = [{letter: column[i] for letter, column in texts.items()} for i in range(len(results[0][1]))]
        if all(
            rounds_to(put_in(formula, line), one, style.rounding)
            for formula, row in results
            for line, one in zip(lines, row, strict=True)
        ):
            return finer
    return style


def value_of(formula: Formula) -> Fraction | None:
    """The value of a formula of numbers as a fraction; None where it has none."""
    try:
        return exact_value(formula)
    except Undefined:
        return None


ARITHMETIC: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "sum": lambda parts: sum(parts, Decimal(0)),
    "product": lambda parts: reduce(mul, parts),
    "quotient": lambda parts: parts[0] / parts[1],
    "negative": lambda parts: -parts[0],
}
"""The operation of a formula -> its value from those of its parts."""


def _put(figures: Sequence[ShownFigure]) -> list[Formula]:
    return [operand(one.text) for one in figures]


def _decimal(value: Fraction) -> Decimal:
    return _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))


def computed_sum(
    pairs: Sequence[tuple[Decimal, Decimal]], result: Decimal, style: Style, *, apart: bool = False
) -> Line:
    """= a x b + c x d = p + q = r, true as printed; one pair has no p, and the middle of many is left out.

    With `apart` the last pair is a number and 1, and the number stands alone.
    """
    shown = figure(result, style)
    head, left_out, tail = abridged(pairs, style.most_terms)
    parts = [*head, *tail]

    def adds_up(tried: Sequence[ShownFigure]) -> bool:
        return style.rounding.value(sum((one.shown for one in tried), Decimal(0))) == shown.shown

    with localcontext(EXACT) as context:
        rest = [sum((a * b for a, b in left_out), Decimal(0))] if left_out else []
        terms = [shown] if len(pairs) == 1 else held([*(a * b for a, b in parts), *rest], style, adds_up)
        factors = held([number for pair in parts for number in pair], style, lambda tried: _multiplies(tried, terms))
        context.clear_flags()  # of the figures tried
        shown_parts = zip(factors[::2], factors[1::2], terms, strict=False)
        addends = [product(a, b, term.text, term.shown) for a, b, term in shown_parts]
        if left_out:
            addends.insert(len(head), omitted(len(left_out), terms[-1].text, terms[-1].shown))
        if apart:
            addends[-1] = addends[-1]._replace(factors=bracketed(factors[-2].text))
        return worked_sum(addends, shown, exact=all(one.in_full for one in factors))


def _multiplies(factors: Sequence[ShownFigure], products: Sequence[ShownFigure]) -> bool:
    """Whether the product of each shown pair rounds to the shown product."""
    pairs = zip(factors[::2], factors[1::2], strict=True)
    return all(_rounded_like(a.shown * b.shown, p) for (a, b), p in zip(pairs, products, strict=False))


def _rounded_like(number: Decimal, printed: ShownFigure) -> bool:
    """Whether a number, rounded to the last digit that is printed of another, is that one."""
    exponent = Decimal(printed.text).as_tuple().exponent
    assert isinstance(exponent, int)
    return number.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_UP) == printed.shown
