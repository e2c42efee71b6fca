"""A formula with numbers put in for its letters: 1 / (1 + e^-x) at 2.95 is 1 / (1 + e^-2.95)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nnlec.rendering.document import Expression

_TOKEN = re.compile(
    r"\\(?:mathrm|mathbb|operatorname|text|begin|end)\{[^{}]*\}|\\[A-Za-z]+|\\.|[A-Za-z]+[0-9]*(?:_[A-Za-z]+)*|[0-9.]+|\s+|."
)
_FUNCTIONS = frozenset({
    "ln", "log", "log2", "log10", "exp", "sqrt", "tanh", "erf", "max", "min", "abs", "sign", "sin", "cos",
    r"\ln", r"\log", r"\exp", r"\sqrt", r"\tanh", r"\max", r"\min", r"\sin", r"\cos", r"\operatorname{erf}",
})  # fmt: skip
_WORDS = frozenset({"if", "else", "and", "or", "otherwise"})
_BLANK = re.compile(r"\s+|\\[,;:! ]|\\quad|\\left|\\right")


def put_in(formula: Expression, values: Mapping[str, str]) -> Expression:
    """`formula` with each letter that `values` names replaced by its number; what stands beside one is multiplied.

    >>> put_in(Expression("alpha (e^x - 1)", r"\\alpha (e^{x} - 1)"), {"x": "-2", "alpha": "0.5"})
    Expression(text='0.5 × (e^-2 - 1)', latex='0.5 \\\\times (e^{-2} - 1)')
    """
    return Expression(_replaced(formula.text, values, "×"), _replaced(formula.latex, values, r"\times"))


def letters(formula: Expression) -> frozenset[str]:
    """The names that stand in the formula's text."""
    return frozenset(token for token in _TOKEN.findall(formula.text) if token[0].isalpha())


def _replaced(formula: str, values: Mapping[str, str], times: str) -> str:
    tokens = _TOKEN.findall(formula)
    out: list[str] = []
    previous, was_number = "", False
    for index, token in enumerate(tokens):
        if _BLANK.fullmatch(token):
            out.append(token)
            continue
        following = next((t for t in tokens[index + 1 :] if not _BLANK.fullmatch(t)), "")
        number = values.get(token.removeprefix("\\"))
        is_number = number is not None and not number[0].isalpha()
        if (is_number or was_number) and _ends_operand(previous) and _begins_operand(token):
            while out and _BLANK.fullmatch(out[-1]):
                out.pop()
            out.append(f" {times} ")
        if number is None:
            out.append(token)
        else:
            spelled = number if times == "×" else tex_number(number)
            out.append(spelled if _stands_bare(number, previous, following) else f"({spelled})")
        previous, was_number = token, is_number
    return "".join(out)


def tex_number(text: str) -> str:
    r"""A shown number in LaTeX: 3.3e-27 is 3.3 \times 10^{-27}, inf is \infty.

    >>> print(tex_number("3.3e-27"), tex_number("-inf"))
    3.3 \times 10^{-27} -\infty
    """
    mantissa, e, exponent = text.partition("e")
    if e:
        return rf"{mantissa} \times 10^{{{exponent}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}", "...": r"\cdots"}.get(text, text)


def _ends_operand(token: str) -> bool:
    return token == ")" or (bool(token) and (token[0].isalnum() or token[0] == "\\") and not _is_word(token))


def _begins_operand(token: str) -> bool:
    named = token[0].isalnum() or (token[0] == "\\" and token[1:2].isalpha())
    return token == "(" or (named and token not in _WORDS)


def _is_word(token: str) -> bool:
    return token in _WORDS or token in _FUNCTIONS


def _stands_bare(number: str, previous: str, following: str) -> bool:
    """Whether the number needs no brackets where it stands."""
    plain = number[0] != "-" and "e" not in number
    if plain:
        return True
    closed = following in {"", ")", ",", "}", "]", "|", ">", "<", "≥", "≤", "=", r"\ge", r"\le"} or following in _WORDS
    opened = previous in {"", "(", ",", "{", "[", "|", "&"} or previous in _WORDS
    after_power = previous == "^" and "e" not in number and following != "^"
    return (closed and opened) or after_power
