"""The exact value of a formula whose symbols have all become numbers, where it is a fraction.

Whether "=" may stand before a shown result is decided here, by the formula's form and not by counting digits: e^x,
ln x and tanh x of a fraction are fractions at one point alone (0, 1, 0), as Hermite, Lindemann and Weierstrass proved;
the same is taken to hold of erf x.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from operator import neg

from nnlec.notation.formula import Formula

MOST_DIGITS = 5_000
"""Beyond this exponent no fraction is worked out: nothing of that size is shown in full."""


_MOST_FIGURES = 4_000
"""Python reads no longer integer from a text."""


Walk = Callable[[Formula], Fraction | None]


class Undefined(ArithmeticError):
    """The formula has no finite value: ln 0, a division by 0, an infinite operand."""


def exact_value(formula: Formula) -> Fraction | None:
    """The formula's value as a fraction; None where it is finite but no fraction, or too long to work out.

    Raises `Undefined` where it has no finite value.

    >>> from nnlec.notation.formula import call, operand, symbols
    >>> (e,) = symbols("e")
    >>> exact_value(1 / (1 + e ** operand("0"))), exact_value(1 / (1 + e ** operand("1")))
    (Fraction(1, 2), None)
    """
    return _WALKS[formula.operation](formula)


def _number(formula: Formula) -> Fraction | None:
    text = str(formula.parts[0])
    if text.lstrip("-") in {"inf", "nan"}:
        raise Undefined(text)
    if len(text) > _MOST_FIGURES or abs(int(text.partition("e")[2] or 0)) > MOST_DIGITS:
        return None
    return Fraction(text)


def _symbol(_formula: Formula) -> Fraction | None:
    return None  # e and pi: every other symbol has become a number


def _of_fractions(function: Callable[..., Fraction | None]) -> Walk:
    """The walk that gives a function of the operands' values; None where one of them is no fraction."""

    def value(formula: Formula) -> Fraction | None:
        values = list(map(exact_value, formula.operands))
        return None if None in values else function(*values)

    return value


def _sum(*terms: Fraction) -> Fraction:
    return sum(terms, Fraction(0))


def _product(formula: Formula) -> Fraction | None:
    product: Fraction | None = Fraction(1)
    for value in map(exact_value, formula.operands):
        if value == 0 or product == 0:
            product = Fraction(0)  # 0 times any finite number
        else:
            product = None if product is None or value is None else product * value
    return product


def _quotient(formula: Formula) -> Fraction | None:
    over, under = map(exact_value, formula.operands)
    if under == 0:
        raise Undefined("a division by 0")
    if over == 0:
        return Fraction(0)
    return None if over is None or under is None else over / under


def _power(formula: Formula) -> Fraction | None:
    base, exponent = formula.operands
    power = exact_value(exponent)
    if power == 0:
        return Fraction(1)
    value = exact_value(base)
    if value is None or power is None or power.denominator != 1 or abs(power) > MOST_DIGITS:
        return None
    if value == 0 and power < 0:
        raise Undefined("a division by 0")
    return Fraction(value**power.numerator)


def _call(formula: Formula) -> Fraction | None:
    return _FUNCTIONS[str(formula.parts[0])](formula)


def _logarithm(base: int | None) -> Walk:
    def value(x: Fraction) -> Fraction | None:
        if x <= 0:
            raise Undefined("the logarithm of a number that is not positive")
        if x == 1:
            return Fraction(0)
        if base is None or max(x.numerator, x.denominator).bit_length() > MOST_DIGITS:
            return None
        power = round(math.log(x.numerator, base) - math.log(x.denominator, base))
        return Fraction(power) if Fraction(base) ** power == x else None

    return _of_fractions(value)


def _zero_at_zero(x: Fraction) -> Fraction | None:
    return Fraction(0) if x == 0 else None


def _root(x: Fraction) -> Fraction | None:
    if x < 0:
        raise Undefined("the root of a negative number")
    over, under = math.isqrt(x.numerator), math.isqrt(x.denominator)
    return Fraction(over, under) if over * over == x.numerator and under * under == x.denominator else None


def _relation(formula: Formula) -> Fraction | None:
    left, right = map(exact_value, formula.operands)
    if left is None or right is None:
        return None
    holds = {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right, "=": left == right}
    return Fraction(holds[str(formula.parts[1])])


def chosen_case(formula: Formula) -> int | None:
    """Which case of a formula of cases holds, counted from 0; None where that is not known.

    Raises `Undefined` where none does.
    """
    for number, condition in enumerate(formula.operands[1::2]):
        holds = Fraction(1) if condition.operation == "words" else exact_value(condition)
        if holds is None:
            return None
        if holds:
            return number
    raise Undefined("no case holds")


def _cases(formula: Formula) -> Fraction | None:
    case = chosen_case(formula)
    return None if case is None else exact_value(formula.operands[2 * case])


_FUNCTIONS: dict[str, Walk] = {
    "max": _of_fractions(lambda *numbers: max(numbers)), "min": _of_fractions(lambda *numbers: min(numbers)),
    "ln": _logarithm(None), "log": _logarithm(None), "log2": _logarithm(2), "log10": _logarithm(10),
    "tanh": _of_fractions(_zero_at_zero), "erf": _of_fractions(_zero_at_zero), "sqrt": _of_fractions(_root),
}  # fmt: skip
_WALKS: dict[str, Walk] = {
    "number": _number, "operand": _number, "symbol": _symbol, "sum": _of_fractions(_sum), "product": _product,
    "quotient": _quotient, "ratio": _quotient, "power": _power, "negative": _of_fractions(neg), "call": _call,
    "absolute": _of_fractions(abs), "relation": _relation, "cases": _cases,
}  # fmt: skip
