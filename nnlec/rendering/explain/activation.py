"""An activation with the number put in: h1 = relu(5.17) = max(0, 5.17) = 5.17."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import Rounding, in_full
from nnlec.network.activations import Activation
from nnlec.network.parameters import ParameterValue
from nnlec.notation import Formula, operand, put_in
from nnlec.notation.rational import Undefined, chosen_case, exact_value
from nnlec.rendering.document import Line, Name, Number, Sign
from nnlec.rendering.explain.figures import ShownFigure, relation


def activation_line(name: Line, activation: Activation, argument: ShownFigure, output: ShownFigure) -> Line:
    """The activation at one neuron: its name, its formula with the number put in, and the result.

    Where the number chooses between cases it has as many digits as it takes to choose the right one.
    """
    if activation.kind.formula.operation == "cases":
        argument = _choosing(activation, argument)
    written = _written(activation, argument.text)
    call = (Name(activation.name), Sign.OPEN, Number(argument.text), Sign.CLOSE)
    result = output.with_relation(exact=is_exactly(written, output.shown))
    return (*name, relation(exact=argument.in_full), *call, Sign.EQUALS, written, *result)


def _choosing(activation: Activation, argument: ShownFigure) -> ShownFigure:
    def case(text: str) -> int | None:
        return chosen_case(_written(activation, text))

    try:
        right = case(in_full(argument.number))
        digits = 1
        while right is not None and case(argument.text) != right and not argument.in_full:
            shown = Rounding(significant=digits).value(argument.number)
            argument = ShownFigure(argument.number, in_full(shown), shown)
            digits += 1
    except Undefined:
        pass
    return argument


def gives_exactly(activation: Activation, argument: Decimal, output: Decimal) -> bool:
    """Whether the activation of `argument` is `output`, and not merely near to it."""
    return argument.is_finite() and is_exactly(_written(activation, str(argument).lower()), output)


def is_exactly(formula: Formula, shown: Decimal) -> bool:
    """Whether a formula of numbers has exactly the value shown."""
    try:
        value = exact_value(formula)
    except Undefined:
        return False
    return value is not None and shown.is_finite() and value == Fraction(shown)


def _written(activation: Activation, argument: str) -> Formula:
    return with_numbers(activation.kind.formula, activation, argument)


def with_numbers(formula: Formula, activation: Activation, argument: str | None = None) -> Formula:
    """A formula of an activation with its parameters, and where it is given the argument x, put in."""
    parameters = numbers_of(activation.parameters)
    return put_in(formula, parameters if argument is None else {"x": operand(argument), **parameters})


def numbers_of(parameters: Mapping[str, ParameterValue]) -> dict[str, Formula]:
    """The parameters that are a number, in full, as they are put into a formula."""
    numbers = {name: value for name, value in parameters.items() if isinstance(value, (int, float))}
    return {name: operand(in_full(decimal_of(value))) for name, value in numbers.items()}
