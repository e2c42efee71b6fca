"""An activation with the number put in: h1 = relu(5.17) = max(0, 5.17) = 5.17."""

from __future__ import annotations

import re
from decimal import Decimal

from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import in_full
from nnlec.network.activations import Activation
from nnlec.rendering.document import Expression, Line, Name, Number, Sign
from nnlec.rendering.explain.figures import Figure, relation
from nnlec.rendering.explain.formulas import put_in

# e^x, ln x, tanh x, erf x of a fraction other than 0 are no fractions, but far from 0 they come so close to one that 60
# digits cannot tell; this near to 0 they can.
_NEVER_A_FRACTION = re.compile(r"e\^|exp|ln|log|tanh|erf|Phi|sin|cos|sigmoid|softplus")
_NEAR = 10


def activation_line(name: Line, activation: Activation, argument: Figure, output: Figure) -> Line:
    """The activation at one neuron: its name, its formula with the number put in, and the result."""
    text = activation.kind.formula
    formula = Expression(f"({text})" if " if " in text else text, activation.kind.latex)
    values = {"x": argument.text, **_parameters(activation)}
    call = (Name(activation.name), Sign.OPEN, Number(argument.text), Sign.CLOSE)
    return (
        *name,
        relation(exact=argument.in_full),
        *call,
        Sign.EQUALS,
        put_in(formula, values),
        relation(exact=gives_exactly(activation, argument.shown, output.shown)),
        Number(output.text),
    )


def at_unit(activation: Activation, index: int) -> Activation:
    """The activation of one neuron, where a parameter differs from neuron to neuron."""
    values = activation.parameters.items()
    own = {name: value[index % len(value)] if isinstance(value, tuple) else value for name, value in values}
    return Activation(activation.kind, own)


def gives_exactly(activation: Activation, argument: Decimal, output: Decimal) -> bool:
    """Whether the activation of `argument` is `output` and not merely as near to it as 60 digits can tell."""
    if activation.exact([argument])[0] != output:
        return False
    return abs(argument) <= _NEAR or not _NEVER_A_FRACTION.search(activation.kind.formula)


def _parameters(activation: Activation) -> dict[str, str]:
    return {
        name: in_full(decimal_of(value))
        for name, value in activation.parameters.items()
        if isinstance(value, (int, float))
    }
