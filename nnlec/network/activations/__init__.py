"""Activation functions g(x), one row each: name, function, formula, hand-computed example, source.

To add one, add a row to the table of its family: from it come the YAML name, the help, the error that lists what is
known, the formula in every format, and the test of its own example.
"""

from __future__ import annotations

from collections.abc import Mapping

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.errors import unknown
from nnlec.network.activations import gelu, piecewise, rows, smooth
from nnlec.network.activations.interface import Activation, ActivationKind
from nnlec.network.activations.rows import exact_log_softmax, exact_softmax, log_softmax, softmax
from nnlec.network.activations.smooth import exact_sigmoid, sigmoid, softplus
from nnlec.network.parameters import ParameterValue, settled

__all__ = [
    "ACTIVATIONS",
    "DIGITS",
    "IDENTITY",
    "Activation",
    "ActivationKind",
    "activation",
    "exact_log_softmax",
    "exact_sigmoid",
    "exact_softmax",
    "log_softmax",
    "sigmoid",
    "softmax",
    "softplus",
]

_ROWS: tuple[ActivationKind, ...] = (*piecewise.ROWS, *smooth.ROWS, *gelu.ROWS, *rows.ROWS)

ACTIVATIONS: dict[str, ActivationKind] = {row.name: row for row in _ROWS}
_BY_NAME: dict[str, ActivationKind] = {name: row for row in _ROWS for name in (row.name, *row.aliases)}


def activation(name: str, parameters: Mapping[str, ParameterValue] | None = None) -> Activation:
    """The activation of that name or alias, its parameters checked and completed by their defaults.

    Raises `NnlecError` for an unknown name or parameter, and for a parameter out of range.

    >>> activation("relu").name, activation("linear").name
    ('relu', 'identity')
    """
    kind = _BY_NAME.get(name)
    if kind is None:
        raise unknown("activation", name, ACTIVATIONS)
    return Activation(kind, settled(kind.name, kind.parameters, parameters))


IDENTITY = activation("identity")
"""What a layer without an activation has."""
