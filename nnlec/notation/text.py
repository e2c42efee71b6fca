"""A formula as text: plain for data, with subscripts and powers as characters for a terminal."""

from __future__ import annotations

from nnlec.named import NamedTuple
from nnlec.notation.binding import ATOM, FACTOR, LOGARITHMS, LOOSE, PRODUCT, SUM, binding
from nnlec.notation.formula import Formula, holds_operand, list_sign
from nnlec.text import own


class Marks(NamedTuple):
    """How a kind of text spells what letters cannot: the times sign, subscripts, small powers.

    In a `picture` an exponent stands between `RAISE` and `LOWER`, and signs and Greek letters are themselves.
    """

    times: str
    raised: bool
    picture: bool = False


PLAIN = Marks("×", False)
"""For data, and for a reader that parses it: s_1, x^2."""
ASCII = Marks("x", False)
UNICODE = Marks("×", True)
"""For a terminal: s₁, x²."""
PICTURE = Marks("×", True, True)
RAISE, LOWER = "\x0e", "\x0f"

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "lambda": "λ", "pi": "π"}
SIGNS = {">=": "≥", "<=": "≤"}

_LOWERED = str.maketrans("0123456789ij", "₀₁₂₃₄₅₆₇₈₉ᵢⱼ")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def text(formula: Formula, marks: Marks = PLAIN, *, among_others: bool = False) -> str:
    """The formula on one line; `among_others`, between relations, cases stand in brackets.

    >>> from nnlec.notation.formula import operand, put_in, symbols
    >>> x, e = symbols("x", "e")
    >>> text(1 / (1 + e**-x)), text(put_in(1 / (1 + e**-x), {"x": operand("-2.8")}))
    ('1 / (1 + e^-x)', '1 / (1 + e^-(-2.8))')
    """
    return _text(formula, marks, SUM if among_others else LOOSE)


def _text(formula: Formula, marks: Marks, place: int) -> str:
    written = _WRITERS[formula.operation](formula, marks)
    return f"({written})" if binding(formula, on_a_line=True) < place else written


def _number(formula: Formula, _marks: Marks) -> str:
    return str(formula.parts[0])


def _symbol(formula: Formula, marks: Marks) -> str:
    name, subscript = str(formula.parts[0]), str(formula.parts[1])
    if marks.picture:
        name = GREEK.get(name, name)
    if not subscript:
        return name
    return f"{name}{subscript.translate(_LOWERED)}" if marks.raised else f"{name}_{subscript}"


def _sum(formula: Formula, marks: Marks) -> str:
    first, *others = formula.operands
    written = _text(first, marks, SUM)
    for term in others:
        if term.operation == "negative":
            written += f" - {_text(term.operands[0], marks, PRODUCT)}"
        else:
            written += f" + {_text(term, marks, PRODUCT)}"
    return written


def _product(formula: Formula, marks: Marks) -> str:
    first, *others = formula.operands
    sign = f" {marks.times} " if holds_operand(formula) else " "
    return sign.join([_text(first, marks, PRODUCT), *(_text(factor, marks, FACTOR) for factor in others)])


def _quotient(formula: Formula, marks: Marks) -> str:
    numerator, denominator = formula.operands
    return f"{_text(numerator, marks, PRODUCT)} / {_text(denominator, marks, FACTOR)}"


def _ratio(formula: Formula, marks: Marks) -> str:
    numerator, denominator = formula.operands
    return f"{_text(numerator, marks, ATOM)}/{_text(denominator, marks, ATOM)}"


def _power(formula: Formula, marks: Marks) -> str:
    base, exponent = formula.operands
    written = _text(base, marks, ATOM)
    if marks.picture:
        return f"{written}{RAISE}{_text(exponent, marks, LOOSE)}{LOWER}"
    if marks.raised and exponent.operation == "number" and str(exponent.parts[0]).isdigit():
        return written + str(exponent.parts[0]).translate(_RAISED)
    if exponent.operation == "negative":
        return f"{written}^-{_text(exponent.operands[0], marks, ATOM)}"
    bare = exponent.operation == "operand" and "e" not in str(exponent.parts[0])
    return f"{written}^{_text(exponent, marks, LOOSE if bare else ATOM)}"


def _negative(formula: Formula, marks: Marks) -> str:
    return f"-{_text(formula.operands[0], marks, PRODUCT)}"


def _call(formula: Formula, marks: Marks) -> str:
    name, arguments = str(formula.parts[0]), formula.operands
    if marks.picture and name == "sqrt":
        return f"√{_text(arguments[0], marks, ATOM)}"
    if marks.picture:
        name = name.translate(_LOWERED)
    if str(formula.parts[0]) in LOGARITHMS and binding(arguments[0], on_a_line=True) == ATOM:
        return f"{name} {_text(arguments[0], marks, ATOM)}"
    listed = f"{list_sign(formula)} ".join(_text(argument, marks, LOOSE) for argument in arguments)
    return f"{name}({listed})"


def _absolute(formula: Formula, marks: Marks) -> str:
    return f"|{_text(formula.operands[0], marks, LOOSE)}|"


def _sigma(formula: Formula, marks: Marks) -> str:
    index = str(formula.parts[0])
    sign = f"{'∑' if marks.picture else 'sum'}{index.translate(_LOWERED)}" if marks.raised else f"sum_{index}"
    return f"{sign} {_text(formula.operands[0], marks, PRODUCT)}"


def _relation(formula: Formula, marks: Marks) -> str:
    left, right = formula.operands
    sign = str(formula.parts[1])
    if marks.picture:
        sign = SIGNS.get(sign, sign)
    return f"{_text(left, marks, SUM)} {sign} {_text(right, marks, SUM)}"


def _cases(formula: Formula, marks: Marks) -> str:
    *branches, (last, _) = zip(formula.operands[::2], formula.operands[1::2], strict=True)
    written = [
        own("{x} if {condition}", x=_text(value, marks, SUM), condition=_text(condition, marks, LOOSE))
        for value, condition in branches
    ]
    return ", ".join([*written, own("else {x}", x=_text(last, marks, SUM))])


def _where(formula: Formula, marks: Marks) -> str:
    return f", {own('where')} ".join(_text(part, marks, LOOSE) for part in formula.operands)


_WRITERS = {
    "number": _number, "operand": _number, "words": _number, "symbol": _symbol, "sum": _sum, "product": _product,
    "quotient": _quotient, "ratio": _ratio, "power": _power, "negative": _negative, "call": _call,
    "absolute": _absolute, "sigma": _sigma, "relation": _relation, "cases": _cases, "where": _where,
}  # fmt: skip
