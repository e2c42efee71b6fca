"""Lines as a reader checks them: a result that the figures printed before it do not give is said to be of others.

A result is rounded from unrounded numbers, and its line shows rounded ones: 4.95 + 2.46 + 1.22 + 1.35 + 0.20 ≈ 10.19
is right, and who adds up what is printed gets 10.18. This is the one place where that is found, for every line of a
finished document and for every writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, DecimalException, localcontext

from nnlec.arithmetic.decimal_functions import working
from nnlec.notation import Formula
from nnlec.notation.decimal_value import decimal_value
from nnlec.rendering.document import (
    RELATIONS,
    Block,
    Document,
    Line,
    Number,
    Omitted,
    Product,
    Remark,
    Sign,
    Steps,
    Token,
)
from nnlec.rendering.signs import cut_before

UNROUNDED = Remark("from unrounded figures")


def remarked(document: Document) -> Document:
    """The document, with a remark at the end of each line whose result what is printed does not give."""
    return tuple(_checked(block) for block in document)


def _checked(block: Block) -> Block:
    if isinstance(block, Steps):
        return Steps(tuple(map(_line, block.lines)))
    if isinstance(block, Product):
        return block._replace(entries=tuple(e._replace(working=_line(e.working)) for e in block.entries))
    return block


def _line(line: Line) -> Line:
    before, *sides = cut_before(line, RELATIONS)
    for relation, *result in sides:
        if relation is Sign.APPROXIMATELY and len(result) == 1 and isinstance(result[0], Number):
            given = _value(before)
            if given is not None and not _rounds_to(given, result[0].text):
                return (*line, UNROUNDED)
        before = tuple(result)
    return line


def _rounds_to(given: Decimal, text: str) -> bool:
    """Whether a number is shown as `text` with as many decimals."""
    try:
        shown = Decimal(text)
        return given.quantize(shown, rounding=ROUND_HALF_UP, context=working()) == shown
    except DecimalException:
        return True


def _value(line: Line) -> Decimal | None:
    """What a side of a relation is as printed; None where it is not made of numbers alone."""
    try:
        with localcontext(working()):
            terms = iter((*line, None))
            value, end = _sum(terms)
    except (ValueError, DecimalException):
        return None
    return value if end is None and value.is_finite() else None


def _sum(terms: Iterator[Token | None]) -> tuple[Decimal, Token | None]:
    """a + b x c - d, up to what ends it: a closing bracket, or the end."""
    total, product, sign = Decimal(0), *_factor(terms)
    while sign in (Sign.PLUS, Sign.MINUS, Sign.TIMES, Sign.DIVIDED):
        value, following = _factor(terms)
        if sign is Sign.TIMES:
            product *= value
        elif sign is Sign.DIVIDED:
            product /= value
        else:
            total, product = total + product, -value if sign is Sign.MINUS else value
        sign = following
    return total + product, sign


def _factor(terms: Iterator[Token | None]) -> tuple[Decimal, Token | None]:
    """A number, what stands in brackets, or a formula; and the term after it."""
    match next(terms):
        case Number(text) | Omitted(total=text):
            value = Decimal(text)
        case Formula() as formula:
            found = decimal_value(formula)
            if found is None:
                raise ValueError
            value = found
        case Sign.OPEN:
            value, end = _sum(terms)
            if end is not Sign.CLOSE:
                raise ValueError
        case _:
            raise ValueError
    return value, next(terms)
