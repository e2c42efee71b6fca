"""A formula as a tree, built with Python's own operators: `1 / (1 + e ** -x)`.

An operation is a word, so that a walk over trees is a table of operations:

| operation  | parts                                     |
|------------|-------------------------------------------|
| number     | its text; a constant of the formula       |
| operand    | its text; a number put in for a symbol    |
| symbol     | its name, its subscript ("" for none)     |
| words      | plain text                                |
| sum        | terms; a negative one is subtracted       |
| product    | factors                                   |
| quotient   | numerator, denominator                    |
| ratio      | the same, written tightly: 1/n            |
| power      | base, exponent                            |
| negative   | what is negated                           |
| call       | the function's name, its arguments        |
| absolute   | what stands between the bars              |
| sigma      | the index, what is summed                 |
| relation   | left side, sign, right side               |
| cases      | value, condition, value, condition, ...   |
| where      | a formula, and what a symbol in it means  |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nnlec.named import NamedTuple


class Formula(NamedTuple):
    """A node: the operation and its parts, formulas or plain texts.

    >>> x, alpha = symbols("x", "alpha")
    >>> (alpha * x - 1).operation, x**2
    ('sum', Formula(operation='power', parts=(Formula(operation='symbol', parts=('x', '')), \
Formula(operation='number', parts=('2',)))))
    """

    operation: str
    parts: tuple[Formula | str, ...]

    @property
    def operands(self) -> tuple[Formula, ...]:
        """The parts that are formulas."""
        return tuple(part for part in self.parts if isinstance(part, Formula))

    # A formula is a tuple that is added, multiplied and compared in another sense.
    def __add__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _joined("sum", self, other)

    def __radd__(self, other: Operand) -> Formula:
        return _joined("sum", other, self)

    def __sub__(self, other: Operand) -> Formula:
        return _joined("sum", self, negative(other))

    def __rsub__(self, other: Operand) -> Formula:
        return _joined("sum", other, negative(self))

    def __mul__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _joined("product", self, other)

    def __rmul__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _joined("product", other, self)

    def __truediv__(self, other: Operand) -> Formula:
        return Formula("quotient", (self, _formula(other)))

    def __rtruediv__(self, other: Operand) -> Formula:
        return Formula("quotient", (_formula(other), self))

    def __pow__(self, exponent: Operand) -> Formula:
        return Formula("power", (self, _formula(exponent)))

    def __neg__(self) -> Formula:
        return negative(self)

    def __gt__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _relation(self, ">", other)

    def __ge__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _relation(self, ">=", other)

    def __lt__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _relation(self, "<", other)

    def __le__(self, other: Operand) -> Formula:  # type: ignore[override]
        return _relation(self, "<=", other)


Operand = Formula | int | str


def _formula(part: Operand) -> Formula:
    return part if isinstance(part, Formula) else Formula("number", (str(part),))


def _joined(operation: str, left: Operand, right: Operand) -> Formula:
    """a + b + c and a b c as one node of three parts."""
    sides = map(_formula, (left, right))
    parts = (part for side in sides for part in (side.parts if side.operation == operation else (side,)))
    return Formula(operation, tuple(parts))


def _relation(left: Operand, sign: str, right: Operand) -> Formula:
    return Formula("relation", (_formula(left), sign, _formula(right)))


def number(text: str) -> Formula:
    """A constant of the formula, as 0.044715."""
    return Formula("number", (text,))


def operand(text: str) -> Formula:
    """A number put in for a symbol, as it is shown: "-2.8", "3.3e-27", "inf"."""
    return Formula("operand", (text,))


def symbol(name: str, subscript: str = "") -> Formula:
    """A letter, a Greek letter by its name, or the name of a parameter."""
    return Formula("symbol", (name, subscript))


def symbols(*names: str) -> tuple[Formula, ...]:
    """Several symbols; `x_i` and `x_j` have a subscript."""
    return tuple(symbol(name[:-2], name[-1]) if name[-2:] in ("_i", "_j") else symbol(name) for name in names)


def words(text: str) -> Formula:
    """Plain text that stands in a formula."""
    return Formula("words", (text,))


def negative(part: Operand) -> Formula:
    return Formula("negative", (_formula(part),))


def over(numerator: Operand, denominator: Operand) -> Formula:
    """A quotient that is written tightly: 1/n."""
    return Formula("ratio", (_formula(numerator), _formula(denominator)))


def call(function: str, *arguments: Operand) -> Formula:
    """A function by its name: max, min, ln, log, log2, log10, tanh, erf, sqrt."""
    return Formula("call", (function, *map(_formula, arguments)))


def absolute(part: Operand) -> Formula:
    return Formula("absolute", (_formula(part),))


def sigma(index: str, body: Operand) -> Formula:
    """The sum of `body` over an index."""
    return Formula("sigma", (index, _formula(body)))


def equals(left: Operand, right: Operand) -> Formula:
    return _relation(left, "=", right)


ELSE = words("else")
"""The condition of a last case that needs none."""


def cases(*branches: tuple[Operand, Formula]) -> Formula:
    """Values, each with its condition; in text the last condition is written "else"."""
    return Formula("cases", tuple(_formula(part) for branch in branches for part in branch))


def where(formula: Formula, meaning: Formula) -> Formula:
    """A formula together with what one of its symbols means."""
    return Formula("where", (formula, meaning))


def put_in(formula: Formula, values: Mapping[str, Formula]) -> Formula:
    """`formula` with the formula that `values` has in place of each symbol of that name.

    >>> x, alpha = symbols("x", "alpha")
    >>> put_in(alpha * x, {"x": operand("2")}).parts[1]
    Formula(operation='operand', parts=('2',))
    """
    return _mapped(formula, lambda node: values.get(str(node.parts[0]), node))


def subscripted(formula: Formula, index: str, names: tuple[str, ...]) -> Formula:
    """`formula` with a subscript at each symbol of these names: g ln s becomes g_i ln s_i."""
    return _mapped(formula, lambda node: symbol(str(node.parts[0]), index) if node.parts[0] in names else node)


def lettered(formula: Formula, letters: Mapping[str, str]) -> Formula:
    """`formula` with other letters, their subscripts kept.

    >>> (f,) = symbols("f_i")
    >>> lettered(f, {"f": "z"}).parts
    ('z', 'i')
    """

    def own(node: Formula) -> Formula:
        name, subscript = map(str, node.parts)
        return symbol(letters.get(name, name), subscript)

    return _mapped(formula, own)


def renamed(formula: Formula, functions: Mapping[str, str]) -> Formula:
    """`formula` with functions called otherwise: log as log2."""
    parts = tuple(renamed(part, functions) if isinstance(part, Formula) else part for part in formula.parts)
    if formula.operation == "call":
        parts = (functions.get(str(parts[0]), parts[0]), *parts[1:])
    return Formula(formula.operation, parts)


def names_in(formula: Formula) -> frozenset[str]:
    """The names of all symbols in the formula."""
    return frozenset(str(node.parts[0]) for node in _nodes(formula) if node.operation == "symbol")


def functions_in(formula: Formula) -> frozenset[str]:
    """The names of all functions called in the formula."""
    return frozenset(str(node.parts[0]) for node in _nodes(formula) if node.operation == "call")


def holds_operand(formula: Formula) -> bool:
    """Whether a number was put in anywhere: products are then written with a sign."""
    return any(node.operation == "operand" for node in _nodes(formula))


def list_sign(formula: Formula) -> str:
    """What separates the arguments of a call: a semicolon where one of its figures has a decimal comma."""
    figures = (str(node.parts[0]) for node in _nodes(formula) if node.operation in ("number", "operand"))
    return ";" if any("," in figure for figure in figures) else ","


def signed_terms(formula: Formula) -> Iterator[tuple[str, Formula]]:
    """The terms of a sum after the first one, each with its sign: a negative one is subtracted."""
    for term in formula.operands[1:]:
        yield ("-", term.operands[0]) if term.operation == "negative" else ("+", term)


def _nodes(formula: Formula) -> Iterator[Formula]:
    """The formula and every formula in it."""
    yield formula
    for part in formula.operands:
        yield from _nodes(part)


def _mapped(formula: Formula, replace: Callable[[Formula], Formula]) -> Formula:
    if formula.operation == "symbol":
        return replace(formula)
    parts = tuple(_mapped(part, replace) if isinstance(part, Formula) else part for part in formula.parts)
    return Formula(formula.operation, parts)
