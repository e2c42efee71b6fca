"""A formula as LaTeX; amsmath is all it needs."""

from __future__ import annotations

from collections.abc import Callable

from nnlec.notation.formula import Formula, holds_operand, list_sign, signed_terms
from nnlec.notation.text import ATOM, FACTOR, GREEK, LOGARITHMS, LOOSE, PRODUCT, SUM, binding

_FUNCTIONS = {
    "ln": r"\ln", "log": r"\log", "log2": r"\log_2", "log10": r"\log_{10}", "tanh": r"\tanh", "max": r"\max",
    "min": r"\min", "erf": r"\operatorname{erf}",
}  # fmt: skip
_SIGNS = {">=": r"\ge", "<=": r"\le"}


def latex(formula: Formula) -> str:
    r"""The formula in mathematics mode.

    >>> from nnlec.notation.formula import operand, put_in, symbols
    >>> x, e = symbols("x", "e")
    >>> print(latex(1 / (1 + e**-x)), latex(put_in(x**2, {"x": operand("-3.3e-27")})))
    \frac{1}{1 + e^{-x}} (-3.3 \times 10^{-27})^{2}
    """
    return _latex(formula, LOOSE)


def tex_number(text: str) -> str:
    r"""A shown number in LaTeX: 3.3e-27 is 3.3 \times 10^{-27}, inf is \infty, a decimal comma is no comma of a list.

    >>> print(tex_number("3.3e-27"), tex_number("-inf"), tex_number("0,89"))
    3.3 \times 10^{-27} -\infty 0{,}89
    """
    if text.startswith("_"):  # a line to write on
        return rf"\rule{{0pt}}{{4ex}}\underline{{\hspace{{{len(text) * 0.8:g}em}}}}"
    mantissa, e, exponent = text.replace(",", "{,}").partition("e")
    if e:
        return rf"{mantissa} \times 10^{{{exponent}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}", "...": r"\cdots"}.get(text, mantissa)


def _latex(formula: Formula, place: int) -> str:
    written = _WRITERS[formula.operation](formula)
    if binding(formula, on_a_line=False) >= place:
        return written
    tall = r"\frac" in written or r"\begin" in written
    return rf"\left({written}\right)" if tall else f"({written})"


def _number(formula: Formula) -> str:
    return tex_number(str(formula.parts[0]))


def _words(formula: Formula) -> str:
    return rf"\text{{{formula.parts[0]}}}"


def _symbol(formula: Formula) -> str:
    name, subscript = str(formula.parts[0]), str(formula.parts[1])
    word = rf"\mathit{{{name}}}".replace("_", r"\_")
    letter = f"\\{name}" if name in GREEK else name if len(name) == 1 else word
    return f"{letter}_{{{subscript}}}" if subscript else letter


def _sum(formula: Formula) -> str:
    others = (f"{sign} {_latex(term, PRODUCT)}" for sign, term in signed_terms(formula))
    return " ".join([_latex(formula.operands[0], SUM), *others])


def _product(formula: Formula) -> str:
    first, *others = formula.operands
    sign = r" \times " if holds_operand(formula) else " "
    return sign.join([_latex(first, PRODUCT), *(_latex(factor, FACTOR) for factor in others)])


def _call(formula: Formula) -> str:
    name, arguments = str(formula.parts[0]), formula.operands
    if name == "sqrt":
        return rf"\sqrt{{{latex(arguments[0])}}}"
    function = _FUNCTIONS[name]
    if name in LOGARITHMS and binding(arguments[0], on_a_line=False) == ATOM:
        return f"{function} {_latex(arguments[0], ATOM)}"
    inside = f"{list_sign(formula)} ".join(map(latex, arguments))
    return rf"{function} \left({inside}\right)" if r"\frac" in inside else f"{function}({inside})"


def _sigma(formula: Formula) -> str:
    return rf"\sum_{formula.parts[0]} {_latex(formula.operands[0], PRODUCT)}"


def _relation(formula: Formula) -> str:
    left, right = formula.operands
    sign = str(formula.parts[1])
    return f"{latex(left)} {_SIGNS.get(sign, sign)} {latex(right)}"


def _cases(formula: Formula) -> str:
    rows = zip(formula.operands[::2], formula.operands[1::2], strict=True)
    body = r" \\ ".join(f"{latex(value)} & {latex(condition)}" for value, condition in rows)
    return rf"\begin{{cases}} {body} \end{{cases}}"


def _where(formula: Formula) -> str:
    return r", \quad ".join(map(latex, formula.operands))


def _filled(template: str, *places: int) -> Callable[[Formula], str]:
    """Writes an operation whose operands fill a template, each bound as tightly as its place needs."""
    return lambda formula: template % tuple(map(_latex, formula.operands, places))


_FRACTION = _filled(r"\frac{%s}{%s}", LOOSE, LOOSE)
_WRITERS: dict[str, Callable[[Formula], str]] = {
    "number": _number, "operand": _number, "words": _words, "symbol": _symbol, "sum": _sum, "product": _product,
    "quotient": _FRACTION, "ratio": _FRACTION, "power": _filled("%s^{%s}", ATOM, LOOSE),
    "negative": _filled("-%s", PRODUCT), "call": _call, "absolute": _filled("|%s|", LOOSE), "sigma": _sigma,
    "relation": _relation, "cases": _cases, "where": _where,
}  # fmt: skip
