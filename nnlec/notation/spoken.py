"""A formula as words and figures that can be read out: no sign that a keyboard lacks, and no height."""

from __future__ import annotations

from collections.abc import Callable

from nnlec.notation.formula import Formula, signed_terms
from nnlec.notation.text import ATOM, FACTOR, LOOSE, PRODUCT, SUM, binding
from nnlec.text import own

TIMES = "*"


def spoken(formula: Formula, *, among_others: bool = False) -> str:
    """The formula on one line; `among_others`, between relations, cases stand in brackets.

    >>> from nnlec.notation.formula import operand, put_in, sigma, symbols
    >>> x, e, f_i, f_j = symbols("x", "e", "f_i", "f_j")
    >>> spoken(1 / (1 + e**-x)), spoken(put_in(1 / (1 + e**-x), {"x": operand("-2.8")}))
    ('1 / (1 + exp(-x))', '1 / (1 + exp(-(-2.8)))')
    >>> spoken(e**f_i / sigma("j", e**f_j))
    'exp(f_i) / (sum over j of exp(f_j))'
    """
    return _spoken(formula, SUM if among_others else LOOSE)


def marked(letter: str, subscript: str) -> str:
    """A letter and its subscript: h1, f_i."""
    return f"{letter}_{subscript}" if subscript.isalpha() else f"{letter}{subscript}"


def _spoken(formula: Formula, place: int) -> str:
    written = _WRITERS[formula.operation](formula)
    return f"({written})" if _binding(formula) < place else written


def _binding(formula: Formula) -> int:
    if formula.operation == "sigma":
        return LOOSE
    return ATOM if _is_exponential(formula) else binding(formula, on_a_line=True)


def _is_exponential(formula: Formula) -> bool:
    base = formula.parts[0]
    return formula.operation == "power" and isinstance(base, Formula) and base.parts == ("e", "")


def _text(formula: Formula) -> str:
    return str(formula.parts[0])


def _symbol(formula: Formula) -> str:
    name, subscript = map(str, formula.parts)
    return marked(name, subscript)


def _sum(formula: Formula) -> str:
    others = (f"{sign} {_spoken(term, PRODUCT)}" for sign, term in signed_terms(formula))
    return " ".join([_spoken(formula.operands[0], SUM), *others])


def _product(formula: Formula) -> str:
    first, *others = formula.operands
    return f" {TIMES} ".join([_spoken(first, PRODUCT), *(_spoken(factor, FACTOR) for factor in others)])


def _power(formula: Formula) -> str:
    base, exponent = formula.operands
    if _is_exponential(formula):
        return f"exp({_spoken(exponent, LOOSE)})"
    return f"{_spoken(base, ATOM)}^{_spoken(exponent, ATOM)}"


def _call(formula: Formula) -> str:
    return f"{formula.parts[0]}({', '.join(_spoken(argument, LOOSE) for argument in formula.operands)})"


def _sigma(formula: Formula) -> str:
    return own("sum over {i} of {x}", i=formula.parts[0], x=_spoken(formula.operands[0], PRODUCT))


def _relation(formula: Formula) -> str:
    left, right = (_spoken(side, LOOSE if side.operation == "sigma" else SUM) for side in formula.operands)
    return f"{left} {formula.parts[1]} {right}"


def _cases(formula: Formula) -> str:
    *branches, (last, _) = zip(formula.operands[::2], formula.operands[1::2], strict=True)
    written = [own("{x} if {condition}", x=_spoken(x, SUM), condition=_spoken(of, LOOSE)) for x, of in branches]
    return ", ".join([*written, own("else {x}", x=_spoken(last, SUM))])


def _where(formula: Formula) -> str:
    return f", {own('where')} ".join(_spoken(part, LOOSE) for part in formula.operands)


def _filled(template: str, *places: int) -> Callable[[Formula], str]:
    """Writes an operation whose operands fill a template, each bound as tightly as its place needs."""
    return lambda formula: template % tuple(map(_spoken, formula.operands, places))


_WRITERS: dict[str, Callable[[Formula], str]] = {
    "number": _text, "operand": _text, "words": _text, "symbol": _symbol, "sum": _sum, "product": _product,
    "quotient": _filled("%s / %s", PRODUCT, FACTOR), "ratio": _filled("%s/%s", ATOM, ATOM), "power": _power,
    "negative": _filled("-%s", PRODUCT), "call": _call, "absolute": _filled("abs(%s)", LOOSE), "sigma": _sigma,
    "relation": _relation, "cases": _cases, "where": _where,
}  # fmt: skip
