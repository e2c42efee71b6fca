"""Formulas as trees. Text, words, LaTeX, MathML, numbers put in and the exact value are walks over them."""

from nnlec.notation.formula import (
    ELSE,
    Formula,
    absolute,
    call,
    cases,
    equals,
    lettered,
    negative,
    number,
    operand,
    over,
    put_in,
    sigma,
    subscripted,
    symbol,
    symbols,
    where,
    words,
)
from nnlec.notation.latex import latex, tex_number
from nnlec.notation.mathml import mathml
from nnlec.notation.spoken import spoken
from nnlec.notation.text import ASCII, PLAIN, UNICODE, text

__all__ = [
    "ASCII",
    "ELSE",
    "PLAIN",
    "UNICODE",
    "Formula",
    "absolute",
    "call",
    "cases",
    "equals",
    "latex",
    "lettered",
    "mathml",
    "negative",
    "number",
    "operand",
    "over",
    "put_in",
    "sigma",
    "spoken",
    "subscripted",
    "symbol",
    "symbols",
    "tex_number",
    "text",
    "where",
    "words",
]
