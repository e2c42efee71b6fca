"""The value of a formula whose symbols have all become numbers, as a decimal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, DecimalException, localcontext
from functools import reduce
from operator import mul

from nnlec.arithmetic.decimal_functions import exp, ln, tanh, working
from nnlec.notation.formula import Formula
from nnlec.notation.rational import Undefined, chosen_case


def decimal_value(formula: Formula, context: Context | None = None) -> Decimal | None:
    """The value of a formula of numbers; None where a symbol or words stand in it, or it has no finite value.

    Functions are right to 60 digits, and so is the rest unless a wider `context` is given.

    >>> from nnlec.notation.formula import operand, symbols
    >>> (e,) = symbols("e")
    >>> round(decimal_value(1 / (1 + e ** -operand("0.5"))), 4)
    Decimal('0.6225')
    """
    try:
        with localcontext(context or working()):
            value = _value(formula)
    except (_Unknown, Undefined, DecimalException):
        return None
    return value if value.is_finite() else None


class _Unknown(ArithmeticError):
    """A part that is no number."""


def _value(formula: Formula) -> Decimal:
    walk = _WALKS.get(formula.operation)
    if walk is None:
        raise _Unknown
    return walk(formula)


def _number(formula: Formula) -> Decimal:
    try:
        return Decimal(str(formula.parts[0]))
    except DecimalException:
        raise _Unknown from None


def _symbol(formula: Formula) -> Decimal:
    if formula.parts == ("e", ""):
        return exp(Decimal(1))
    raise _Unknown


def _power(formula: Formula) -> Decimal:
    base, exponent = formula.operands
    if base.parts == ("e", ""):
        return exp(_value(exponent))
    return _value(base) ** _value(exponent)


def _call(formula: Formula) -> Decimal:
    function = _FUNCTIONS.get(str(formula.parts[0]))
    if function is None:
        raise _Unknown
    return function(*map(_value, formula.operands))


def _cases(formula: Formula) -> Decimal:
    case = chosen_case(formula)
    if case is None:
        raise _Unknown
    return _value(formula.operands[2 * case])


_FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "max": max, "min": min, "ln": ln, "log": ln, "tanh": tanh, "sqrt": Decimal.sqrt,
    "log2": lambda x: ln(x) / ln(Decimal(2)), "log10": Decimal.log10,
}  # fmt: skip
_WALKS: dict[str, Callable[[Formula], Decimal]] = {
    "number": _number, "operand": _number, "symbol": _symbol, "power": _power, "call": _call, "cases": _cases,
    "sum": lambda formula: sum(map(_value, formula.operands), Decimal(0)),
    "product": lambda formula: reduce(mul, map(_value, formula.operands)),
    "quotient": lambda formula: _value(formula.operands[0]) / _value(formula.operands[1]),
    "ratio": lambda formula: _value(formula.operands[0]) / _value(formula.operands[1]),
    "negative": lambda formula: -_value(formula.operands[0]),
    "absolute": lambda formula: abs(_value(formula.operands[0])),
}  # fmt: skip
