"""Relations that hold as they are printed: an operand gets one digit more, again and again, until its line is true.

With the same number of decimals for all, 0.35 - 0.5 x 0.0088 = 0.3456 may be printed where 0.345614 was rounded to
0.3456 and the printed numbers give 0.3456 only by luck; half of an odd last digit is a tie, and rounds the other way as
often as not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from functools import reduce
from operator import mul

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.rounding import Rounding, in_full
from nnlec.network.trace import EXACT
from nnlec.notation import Formula, operand, put_in
from nnlec.notation.rational import Undefined, exact_value
from nnlec.rendering.document import Line, Number, Omitted, Sign, Term
from nnlec.rendering.explain.figures import Figure, Style, bracketed, figure, relation, signed
from nnlec.rendering.explain.sums import abridged

_MOST_EXTRA = 60
_WIDE = Context(prec=400)

Build = Callable[[Sequence[Formula]], Formula]
"""A formula from the numbers that are put in."""


def operand_figure(number: Decimal, style: Style, extra: int = 0) -> Figure:
    """A number that is computed with: as it is where it is short, else rounded with so many digits more than usual."""
    finer = more_digits(style.rounding, extra)
    if finer.is_shown_in_full(number):
        return Figure(number, in_full(number), number)
    return Figure(number, finer.text(number), finer.value(number))


def more_digits(rounding: Rounding, extra: int) -> Rounding:
    """The same with so many digits more."""
    if rounding.significant is not None:
        return rounding._replace(significant=rounding.significant + extra)
    return rounding._replace(decimals=rounding.decimals + extra)


def held(numbers: Sequence[Decimal], style: Style, holds: Callable[[Sequence[Figure]], bool]) -> list[Figure]:
    """The figures of numbers with as few digits as make a line true."""
    shown: list[Figure] = []
    for extra in range(_MOST_EXTRA):
        shown = [operand_figure(number, style, extra) for number in numbers]
        if all(one.in_full for one in shown) or holds(shown):
            break
    return shown


def computed(build: Build, numbers: Sequence[Decimal], result: Decimal, style: Style) -> Line:
    """= 0.6 - 0.5 x 0.0088 = 0.5956: a formula with numbers put in, and what it gives, true as printed."""
    shown = figure(result, style)
    operands = held(numbers, style, lambda tried: rounds_to(build(_put(tried)), shown, style.rounding))
    formula = build(_put(operands))
    exact = value_of(formula) == Fraction(shown.shown) if shown.shown.is_finite() else False
    return (
        relation(exact=all(one.in_full for one in operands)),
        formula,
        relation(exact=exact),
        Number(shown.text),
    )


def rounds_to(formula: Formula, result: Figure, rounding: Rounding) -> bool:
    """Whether the formula of shown numbers rounds to the result as it is shown; also where it has no value."""
    value = value_of(formula)
    number = _decimal(value) if value is not None else decimal_value(formula)
    return number is None or rounding.value(number) == result.shown


def held_columns(
    columns: Mapping[str, Sequence[Decimal]], given: Sequence[tuple[Formula, Sequence[Decimal]]], style: Style
) -> Style:
    """The style in which the columns of a table, by their letters, give the results that stand beside them."""
    results = [(formula, [figure(number, style) for number in row]) for formula, row in given]
    for extra in range(_MOST_EXTRA):
        finer = style._replace(rounding=more_digits(style.rounding, extra))
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


def decimal_value(formula: Formula) -> Decimal | None:
    """The value of a formula of numbers whose logarithms are no fractions, to 60 digits; None where it has none."""
    walk = _WALKS.get(formula.operation)
    if walk is None:
        value = value_of(formula)
        return None if value is None else _decimal(value)
    parts = [decimal_value(part) for part in formula.operands]
    if any(part is None for part in parts):
        return None
    with localcontext(working()):
        return walk(formula, [part for part in parts if part is not None])


def _called(formula: Formula, parts: Sequence[Decimal]) -> Decimal | None:
    base = {"ln": None, "log2": Decimal(2), "log10": Decimal(10)}.get(str(formula.parts[0]), Decimal(0))
    if base == 0 or parts[0] <= 0:
        return None
    return parts[0].ln() if base is None else parts[0].ln() / base.ln()


_WALKS: dict[str, Callable[[Formula, Sequence[Decimal]], Decimal | None]] = {
    "sum": lambda _, parts: sum(parts, Decimal(0)),
    "product": lambda _, parts: reduce(mul, parts),
    "quotient": lambda _, parts: parts[0] / parts[1],
    "negative": lambda _, parts: -parts[0],
    "call": _called,
}


def _put(figures: Sequence[Figure]) -> list[Formula]:
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
    rest = [sum((a * b for a, b in left_out), Decimal(0))] if left_out else []
    products = [a * b for a, b in parts]

    def adds_up(tried: Sequence[Figure]) -> bool:
        return style.rounding.value(sum((one.shown for one in tried), Decimal(0))) == shown.shown

    with localcontext(EXACT):
        terms = held([*products, *rest], style, adds_up)
        factors = held([number for pair in parts for number in pair], style, lambda tried: _multiplies(tried, terms))
    omitted = Omitted(len(left_out), terms[-1].text) if left_out else None
    return _sum_line(factors, terms, omitted, len(head), shown, apart=apart)


def _multiplies(factors: Sequence[Figure], products: Sequence[Figure]) -> bool:
    """Whether the product of each shown pair rounds to the shown product."""
    pairs = zip(factors[::2], factors[1::2], strict=True)
    return all(_rounded_like(a.shown * b.shown, p) for (a, b), p in zip(pairs, products, strict=False))


def _rounded_like(number: Decimal, printed: Figure) -> bool:
    """Whether a number, rounded to the last digit that is printed of another, is that one."""
    exponent = Decimal(printed.text).as_tuple().exponent
    assert isinstance(exponent, int)
    return number.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_UP) == printed.shown


def _sum_line(
    factors: Sequence[Figure],
    terms: Sequence[Figure],
    omitted: Omitted | None,
    head: int,
    result: Figure,
    *,
    apart: bool,
) -> Line:
    pairs = list(zip(factors[::2], factors[1::2], strict=True))
    in_full = relation(exact=all(one.in_full for one in factors))
    written: list[Term] = []
    with localcontext(EXACT):
        value = sum((a.shown * b.shown for a, b in pairs), Decimal(0))
        total = sum((one.shown for one in terms), Decimal(0))
        of_rest = terms[-1].shown if omitted else Decimal(0)
    for number, (a, b) in enumerate(pairs):
        if omitted and number == head:
            written += [Sign.PLUS, omitted]
        second = () if apart and number == len(pairs) - 1 else (Sign.TIMES, *bracketed(b.text))
        written += [*([Sign.PLUS] if number else []), *bracketed(a.text), *second]
    last = (relation(exact=total == result.shown), Number(result.text))
    if len(pairs) == 1 and omitted is None:
        return (in_full, *written, relation(exact=value == result.shown), Number(result.text))
    added: list[Term] = []
    for number, one in enumerate(terms[: len(pairs)]):
        if omitted and number == head:
            added += [Sign.PLUS, omitted]
        added += signed(one.text, first=number == 0)
    return (in_full, *written, relation(exact=value + of_rest == total), *added, *last)
