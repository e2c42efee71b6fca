"""A formula as text: plain for data, with subscripts and powers as characters for a terminal."""

from __future__ import annotations

from collections.abc import Callable

from nnlec.named import NamedTuple
from nnlec.notation.formula import Formula, holds_operand, list_sign, signed_terms
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

LOOSE, SUM, PRODUCT, FACTOR, ATOM = range(5)
"""Operator precedence: a part with a lower precedence than its place needs goes in brackets."""

LOGARITHMS = frozenset({"ln", "log", "log2", "log10"})
"""Functions that take a single symbol or number without brackets."""

_ON_A_LINE = {
    "cases": LOOSE, "relation": LOOSE, "where": LOOSE, "words": LOOSE, "sum": SUM, "negative": SUM,
    "product": PRODUCT, "quotient": PRODUCT, "sigma": FACTOR, "ratio": FACTOR, "power": FACTOR,
}  # fmt: skip
_SET = _ON_A_LINE | {"cases": ATOM, "quotient": ATOM, "ratio": ATOM}


def binding(formula: Formula, *, on_a_line: bool) -> int:
    """How tightly it binds, on one line of text or set with fractions and cases of their own height.

    A negative number, and one with an exponent, bind less than a plain one.
    """
    if formula.operation == "operand":
        shown = str(formula.parts[0])
        return SUM if shown.startswith("-") else PRODUCT if "e" in shown else ATOM
    return (_ON_A_LINE if on_a_line else _SET).get(formula.operation, ATOM)


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
    others = (f"{sign} {_text(term, marks, PRODUCT)}" for sign, term in signed_terms(formula))
    return " ".join([_text(formula.operands[0], marks, SUM), *others])


def _product(formula: Formula, marks: Marks) -> str:
    first, *others = formula.operands
    sign = f" {marks.times} " if holds_operand(formula) else " "
    return sign.join([_text(first, marks, PRODUCT), *(_text(factor, marks, FACTOR) for factor in others)])


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


def _call(formula: Formula, marks: Marks) -> str:
    name, arguments = str(formula.parts[0]), formula.operands
    if marks.picture and name == "sqrt":
        return f"√{_text(arguments[0], marks, ATOM)}"
    shown = name.translate(_LOWERED) if marks.picture else name
    if name in LOGARITHMS and binding(arguments[0], on_a_line=True) == ATOM:
        return f"{shown} {_text(arguments[0], marks, ATOM)}"
    listed = f"{list_sign(formula)} ".join(_text(argument, marks, LOOSE) for argument in arguments)
    return f"{shown}({listed})"


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


def _filled(template: str, *places: int) -> Callable[[Formula, Marks], str]:
    """Writes an operation whose operands fill a template, each bound as tightly as its place needs."""

    def written(formula: Formula, marks: Marks) -> str:
        return template % tuple(_text(part, marks, place) for part, place in zip(formula.operands, places, strict=True))

    return written


_WRITERS: dict[str, Callable[[Formula, Marks], str]] = {
    "number": _number, "operand": _number, "words": _number, "symbol": _symbol, "sum": _sum, "product": _product,
    "quotient": _filled("%s / %s", PRODUCT, FACTOR), "ratio": _filled("%s/%s", ATOM, ATOM), "power": _power,
    "negative": _filled("-%s", PRODUCT), "call": _call, "absolute": _filled("|%s|", LOOSE), "sigma": _sigma,
    "relation": _relation, "cases": _cases, "where": _where,
}  # fmt: skip
