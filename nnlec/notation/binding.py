"""Operator precedence: a part with a lower precedence than its place needs goes in brackets."""

from __future__ import annotations

from nnlec.notation.formula import Formula

LOOSE, SUM, PRODUCT, FACTOR, ATOM = range(5)

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
