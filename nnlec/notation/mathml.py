"""A formula as presentation MathML, for a page."""

from __future__ import annotations

from collections.abc import Callable

from nnlec.notation.formula import Formula, holds_operand, list_sign, signed_terms
from nnlec.notation.text import ATOM, FACTOR, GREEK, LOGARITHMS, LOOSE, PRODUCT, SIGNS, SUM, binding

_MINUS = "\u2212"
_APPLY, _TIMES = "<mo>\u2061</mo>", "<mo>\u2062</mo>"  # neither is seen
_THIN = '<mspace width="0.17em"/>'


def mathml(formula: Formula) -> str:
    """The formula as a `math` element.

    >>> from nnlec.notation.formula import symbols
    >>> mathml(symbols("x")[0] ** 2)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    return f"<math>{content(formula)}</math>"


def content(formula: Formula) -> str:
    """What stands inside of the `math` element, for a formula among other terms."""
    return _mathml(formula, LOOSE)


def figure(text: str) -> str:
    """A shown number: a true minus sign; 3.3e-27 as a power of ten.

    >>> figure("-3.1"), figure("1e-3")
    ('<mn>−3.1</mn>', '<mrow><mn>1</mn><mo>×</mo><msup><mn>10</mn><mn>−3</mn></msup></mrow>')
    """
    mantissa, e, exponent = text.replace("-", _MINUS).replace("inf", "∞").partition("e")
    shown = f"<mn>{mantissa}</mn>"
    return _row(shown, _operator("×"), f"<msup><mn>10</mn><mn>{exponent}</mn></msup>") if e else shown


def _mathml(formula: Formula, place: int = LOOSE) -> str:
    written = _WRITERS[formula.operation](formula)
    return written if binding(formula, on_a_line=False) >= place else _row(_fenced("(", written, ")"))


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


_TALL = ("<mfrac", "<msqrt", "<munder", "<mtable", "<msup><mrow")


def _fenced(left: str, inside: str, right: str) -> str:
    """What stands between brackets, which grow with what is taller than a line."""
    kept = "" if any(tag in inside for tag in _TALL) else ' stretchy="false"'
    return f"<mo{kept}>{left}</mo>{inside}<mo{kept}>{right}</mo>"


def _operator(sign: str) -> str:
    return f"<mo>{_escaped(sign)}</mo>"


def _number(formula: Formula) -> str:
    return figure(str(formula.parts[0]))


def _words(formula: Formula) -> str:
    return f"<mtext>{_escaped(str(formula.parts[0]))}</mtext>"


def _symbol(formula: Formula) -> str:
    name, subscript = str(formula.parts[0]), str(formula.parts[1])
    letter = f"<mi>{_escaped(GREEK.get(name, name))}</mi>"
    return f"<msub>{letter}<mi>{subscript}</mi></msub>" if subscript else letter


def _sum(formula: Formula) -> str:
    parts = [_mathml(formula.operands[0], SUM)]
    for sign, term in signed_terms(formula):
        parts += [_operator(_MINUS if sign == "-" else sign), _mathml(term, PRODUCT)]
    return _row(*parts)


def _product(formula: Formula) -> str:
    first, *others = formula.operands
    sign = _operator("×") if holds_operand(formula) else _TIMES
    parts = [_mathml(first, PRODUCT)]
    for factor in others:
        named = factor.operation == "call" and factor.parts[0] != "sqrt"
        parts += [sign, _THIN if named and sign == _TIMES else "", _mathml(factor, FACTOR)]
    return _row(*parts)


def _call(formula: Formula) -> str:
    name, arguments = str(formula.parts[0]), formula.operands
    if name == "sqrt":
        return f"<msqrt>{_mathml(arguments[0])}</msqrt>"
    letters = name.rstrip("0123456789")
    base = name.removeprefix(letters)
    function = f"<msub><mi>{letters}</mi><mn>{base}</mn></msub>" if base else f"<mi>{letters}</mi>"
    if name in LOGARITHMS and binding(arguments[0], on_a_line=False) == ATOM:
        return _row(function, _APPLY, _THIN, _mathml(arguments[0], ATOM))
    inside = _operator(list_sign(formula)).join(map(_mathml, arguments))
    return _row(function, _APPLY, _fenced("(", inside, ")"))


def _absolute(formula: Formula) -> str:
    return _row(_fenced("|", _mathml(formula.operands[0]), "|"))


def _sigma(formula: Formula) -> str:
    return _row(f"<munder><mo>∑</mo><mi>{formula.parts[0]}</mi></munder>", _mathml(formula.operands[0], PRODUCT))


def _relation(formula: Formula) -> str:
    left, right = formula.operands
    sign = str(formula.parts[1])
    return _row(_mathml(left), _operator(SIGNS.get(sign, sign)), _mathml(right))


def _cases(formula: Formula) -> str:
    rows = zip(formula.operands[::2], formula.operands[1::2], strict=True)
    body = "".join(
        f"<mtr><mtd>{_mathml(value)}</mtd><mtd>{_mathml(condition)}</mtd></mtr>" for value, condition in rows
    )
    return _row(_operator("{"), f'<mtable columnalign="left">{body}</mtable>')


def _where(formula: Formula) -> str:
    first, meaning = formula.operands
    return _row(_mathml(first), "<mo>,</mo><mspace width='1em'/>", _mathml(meaning))


def _escaped(text: str) -> str:
    """`text` in MathML; the html module would bring a table of 2,231 names to every start."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _filled(template: str, *places: int) -> Callable[[Formula], str]:
    """Writes an operation whose operands fill a template, each bound as tightly as its place needs."""
    return lambda formula: template % tuple(map(_mathml, formula.operands, places))


_FRACTION = _filled("<mfrac>%s%s</mfrac>", LOOSE, LOOSE)
_WRITERS: dict[str, Callable[[Formula], str]] = {
    "number": _number, "operand": _number, "words": _words, "symbol": _symbol, "sum": _sum, "product": _product,
    "quotient": _FRACTION, "ratio": _FRACTION, "power": _filled("<msup>%s%s</msup>", ATOM, LOOSE),
    "negative": _filled(_row(_operator(_MINUS), "%s"), PRODUCT), "call": _call, "absolute": _absolute,
    "sigma": _sigma, "relation": _relation, "cases": _cases, "where": _where,
}  # fmt: skip
