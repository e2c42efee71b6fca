"""A formula as LaTeX; amsmath is all it needs."""

from __future__ import annotations

from nnlec.notation.binding import ATOM, FACTOR, LOGARITHMS, LOOSE, PRODUCT, SUM, binding
from nnlec.notation.formula import Formula, holds_operand, list_sign

GREEK = frozenset({"alpha", "beta", "gamma", "delta", "lambda", "pi"})
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
    first, *others = formula.operands
    written = _latex(first, SUM)
    for term in others:
        if term.operation == "negative":
            written += f" - {_latex(term.operands[0], PRODUCT)}"
        else:
            written += f" + {_latex(term, PRODUCT)}"
    return written


def _product(formula: Formula) -> str:
    first, *others = formula.operands
    sign = r" \times " if holds_operand(formula) else " "
    return sign.join([_latex(first, PRODUCT), *(_latex(factor, FACTOR) for factor in others)])


def _quotient(formula: Formula) -> str:
    numerator, denominator = formula.operands
    return rf"\frac{{{latex(numerator)}}}{{{latex(denominator)}}}"


def _power(formula: Formula) -> str:
    base, exponent = formula.operands
    return f"{_latex(base, ATOM)}^{{{latex(exponent)}}}"


def _negative(formula: Formula) -> str:
    return f"-{_latex(formula.operands[0], PRODUCT)}"


def _call(formula: Formula) -> str:
    name, arguments = str(formula.parts[0]), formula.operands
    if name == "sqrt":
        return rf"\sqrt{{{latex(arguments[0])}}}"
    function = _FUNCTIONS[name]
    if name in LOGARITHMS and binding(arguments[0], on_a_line=False) == ATOM:
        return f"{function} {_latex(arguments[0], ATOM)}"
    inside = f"{list_sign(formula)} ".join(map(latex, arguments))
    return rf"{function} \left({inside}\right)" if r"\frac" in inside else f"{function}({inside})"


def _absolute(formula: Formula) -> str:
    return f"|{latex(formula.operands[0])}|"


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


_WRITERS = {
    "number": _number, "operand": _number, "words": _words, "symbol": _symbol, "sum": _sum, "product": _product,
    "quotient": _quotient, "ratio": _quotient, "power": _power, "negative": _negative, "call": _call,
    "absolute": _absolute, "sigma": _sigma, "relation": _relation, "cases": _cases, "where": _where,
}  # fmt: skip
