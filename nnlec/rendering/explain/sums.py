"""Sums written out term by term, each = true as printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, Inexact, getcontext, localcontext
from fractions import Fraction
from typing import TypeVar

from nnlec.arithmetic.rounding import in_full
from nnlec.named import NamedTuple
from nnlec.network.trace import EXACT
from nnlec.rendering.document import Line, Name, Number, Omitted, Sign, Token
from nnlec.rendering.explain.figures import ShownFigure, Style, bracketed, relation, signed

Item = TypeVar("Item")


class Addend(NamedTuple):
    """A term of a sum: its factors and what they multiply to as printed, its product and what that is as printed."""

    factors: Line
    factors_value: Decimal
    text: str
    value: Decimal
    stands_for: int = 1


def sum_of_products(
    name: Line,
    pairs: Sequence[tuple[ShownFigure, ShownFigure]],
    result: ShownFigure,
    style: Style,
    *,
    apart: bool = False,
) -> Line:
    """f1 = 1.0 x 2.5 + 2.8 x 5.0 = 2.5 + 14 = 16.5; with `apart` the last pair is a number and 1, and stands alone.

    Where every factor is shown in full, products are too, and only the result may be rounded. Where a factor is
    rounded, so are the products, each from the unrounded factors.
    """
    with localcontext(EXACT) as context:
        context.clear_flags()
        exact = all(a.in_full and b.in_full for a, b in pairs)
        head, left_out, tail = abridged(pairs, style.most_terms)
        parts = [_product(pair, style, exact=exact) for pair in head]
        if left_out:
            parts.append(_together([a.number * b.number for a, b in left_out], style, exact=exact))
        parts += [_product(pair, style, exact=exact) for pair in tail]
        if apart:
            parts[-1] = parts[-1]._replace(factors=bracketed(pairs[-1][0].text))
        return (*name, *worked_sum(parts, result, exact=exact))


def worked_sum(parts: Sequence[Addend], result: ShownFigure, *, exact: bool) -> Line:
    """= a x b + c x d = p + q = r; one product that is the result stands once.

    Called in the context in which the parts were worked: = stands only where nothing was rounded in it.
    """
    factors = sum((part.factors_value for part in parts), Decimal(0))
    products = sum((part.value for part in parts), Decimal(0))
    lossless = not getcontext().flags[Inexact]  # 1 + 1e-30000 has more digits than are carried
    line: list[Token] = [relation(exact=exact), *joined_factors(parts)]
    if len(parts) == 1 and products == result.shown:
        return (*line, *result.with_relation(exact=lossless and factors == result.shown))
    line += [relation(exact=lossless and factors == products), *joined_terms(parts)]
    return (*line, *result.with_relation(exact=lossless and products == result.shown))


def sum_of_parts(
    name: Line,
    parts: Sequence[ShownFigure],
    left_out: Sequence[Decimal],
    last: Sequence[ShownFigure],
    result: ShownFigure,
    style: Style,
) -> Line:
    """z = 19 + 37 + [4 terms: 2.5] + 0.5 = 59: sums that have lines of their own, and those that have none."""
    with localcontext(EXACT) as context:
        context.clear_flags()
        terms = [_single(part) for part in parts]
        if left_out:
            terms.append(_together(left_out, style, exact=False))
        terms += [_single(term) for term in last]
        numbers = (*(part.number for part in (*parts, *last)), *left_out)
        printed, true = sum((term.value for term in terms), Decimal(0)), sum(numbers, Decimal(0))
        lossless = not context.flags[Inexact]
        exact = all(each.in_full for each in (*parts, *last)) and lossless and printed == true
        ends = result.with_relation(exact=lossless and printed == result.shown)
        return (*name, relation(exact=exact), *joined_terms(terms), *ends)


def largest(name: Line, values: Sequence[ShownFigure], result: ShownFigure, style: Style) -> Line:
    """h = max(1, 3, 4, 2) = 4; of many values those in the middle are left out."""
    head, left_out, tail = abridged([value.text for value in values], style.most_terms)
    texts = [*head, *(["..."] if left_out else []), *tail]
    listed = [term for text in texts for term in (Sign.COMMA, Number(text))][1:]
    exact = all(value.in_full for value in values)
    found = max(value.shown for value in values) == result.shown
    call = (Name("max"), Sign.OPEN, *listed, Sign.CLOSE)
    return (*name, relation(exact=exact), *call, *result.with_relation(exact=found))


def mean(name: Line, values: Sequence[ShownFigure], count: int, result: ShownFigure, style: Style) -> Line:
    """h = (1 + 3 + 4 + 2) / 4 = 10 / 4 = 2.5."""
    written, printed = written_sum(values, style)
    with localcontext(EXACT) as context:
        context.clear_flags()
        true = sum((value.number for value in values), Decimal(0))
        text, total = _spelled(true, style, exact=False)
        lossless = not context.flags[Inexact]
    exact = lossless and all(value.in_full for value in values) and printed == true
    divided = (Sign.DIVIDED, Number(str(count)))
    quotient = total.is_finite() and result.shown.is_finite() and Fraction(total) / count == Fraction(result.shown)
    summed = (*name, relation(exact=exact), Sign.OPEN, *written, Sign.CLOSE, *divided)
    added = (relation(exact=printed == total), Number(text), *divided)
    return (*summed, *added, *result.with_relation(exact=quotient))


def written_sum(terms: Sequence[ShownFigure], style: Style) -> tuple[Line, Decimal]:
    """a + b + c of shown figures, the middle ones together where they are many; and what is printed adds up to.

    nan, which equals nothing, where that has more digits than are carried.
    """
    with localcontext(EXACT) as context:
        context.clear_flags()
        head, left_out, tail = abridged(terms, style.most_terms)
        parts = [_single(term) for term in head]
        if left_out:
            parts.append(_together([term.number for term in left_out], style, exact=False))
        parts += [_single(term) for term in tail]
        total = sum((part.value for part in parts), Decimal(0))
        return tuple(joined_terms(parts)), Decimal("nan") if context.flags[Inexact] else total


def abridged(items: Sequence[Item], most: int) -> tuple[Sequence[Item], Sequence[Item], Sequence[Item]]:
    """The first and the last of `items` around those left out, so that at most `most` places are taken.

    >>> abridged("abcdefg", 5), abridged("abc", 5)
    (('ab', 'cde', 'fg'), ('abc', '', ''))
    """
    if len(items) <= most:
        return items, items[:0], items[:0]
    head = most // 2
    tail = len(items) - (most - head - 1)
    return items[:head], items[head:tail], items[tail:]


def product(a: ShownFigure, b: ShownFigure, text: str, value: Decimal) -> Addend:
    """a x b, and what it is as printed."""
    return Addend((*bracketed(a.text), Sign.TIMES, *bracketed(b.text)), a.shown * b.shown, text, value)


def omitted(terms: int, text: str, value: Decimal) -> Addend:
    """Terms that are left out, and what they add up to as printed."""
    return Addend((Omitted(terms, text),), value, text, value, terms)


def _product(pair: tuple[ShownFigure, ShownFigure], style: Style, *, exact: bool) -> Addend:
    a, b = pair
    return product(a, b, *_spelled(a.number * b.number, style, exact=exact))


def _single(term: ShownFigure) -> Addend:
    return Addend((Number(term.text),), term.shown, term.text, term.shown)


def _together(numbers: Sequence[Decimal], style: Style, *, exact: bool) -> Addend:
    return omitted(len(numbers), *_spelled(sum(numbers, Decimal(0)), style, exact=exact))


def together(numbers: Sequence[Decimal], style: Style) -> Omitted:
    """Terms that are left out, as one."""
    return Omitted(len(numbers), style.rounding.text(sum(numbers, Decimal(0))))


def _spelled(number: Decimal, style: Style, *, exact: bool) -> tuple[str, Decimal]:
    return (in_full(number), number) if exact else (style.rounding.text(number), style.rounding.value(number))


def joined_factors(parts: Sequence[Addend]) -> Iterator[Token]:
    """a x b + c x d."""
    for number, part in enumerate(parts):
        if number:
            yield Sign.PLUS
        yield from part.factors


def joined_terms(parts: Sequence[Addend]) -> Iterator[Token]:
    """p + q."""
    for number, part in enumerate(parts):
        if part.stands_for == 1:
            yield from signed(part.text, first=number == 0)
            continue
        if number:
            yield Sign.PLUS
        yield Omitted(part.stands_for, part.text)
