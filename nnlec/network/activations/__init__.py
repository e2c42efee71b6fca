"""Activation functions g(x), one row each: name, function, formula, hand-computed example, source.

To add one, add a row to the table of its family: from it come the YAML name, the help, the error that lists what is
known, the formula in every format, and the test of its own example.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nnlec.arithmetic.arrays import real_array, real_rows
from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import bare_name, unknown
from nnlec.network.activations import gelu, piecewise, rows, smooth
from nnlec.network.activations.interface import Activation, ActivationKind, Carry, Derivative
from nnlec.network.activations.rows import (
    ExactSoftmax,
    argmax,
    exact_log_softmax,
    exact_softmax,
    exact_softmax_of,
    log_softmax,
)
from nnlec.network.activations.smooth import exact_sigmoid, softplus
from nnlec.network.parameters import ParameterValue, resolve_parameters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnlec.arithmetic.types import Array

__all__ = [
    "ACTIVATIONS",
    "DIGITS",
    "IDENTITY",
    "Activation",
    "ActivationKind",
    "Carry",
    "Derivative",
    "ExactSoftmax",
    "activation",
    "argmax",
    "exact_log_softmax",
    "exact_sigmoid",
    "exact_softmax",
    "exact_softmax_of",
    "log_softmax",
    "sigmoid",
    "softmax",
    "softplus",
]

_ROWS: tuple[ActivationKind, ...] = (*piecewise.ROWS, *smooth.ROWS, *gelu.ROWS, *rows.ROWS)

ACTIVATIONS: dict[str, ActivationKind] = {row.name: row for row in _ROWS}
_BY_NAME: dict[str, ActivationKind] = {bare_name(name): row for row in _ROWS for name in (row.name, *row.aliases)}


def activation(name: str, parameters: Mapping[str, ParameterValue] | None = None) -> Activation:
    """The activation of that name or alias, its parameters checked and completed by their defaults.

    Case, blanks, dashes and underscores of the name do not matter.

    Raises `NnlecError` for an unknown name or parameter, and for a parameter out of range.

    >>> activation("ReLU").name, activation("linear").name, activation("Leaky-ReLU").name
    ('relu', 'identity', 'leaky_relu')
    """
    kind = _BY_NAME.get(bare_name(name))
    if kind is None:
        raise unknown("activation", name, ACTIVATIONS, listed_by="`nnlec list activations`")
    return Activation(kind, resolve_parameters(kind.name, kind.parameters, parameters))


def softmax(scores: ArrayLike, temperature: float = 1.0) -> Array:
    """s_i = e^(f_i / T) / sum_j e^(f_j / T) along each row of (rows, classes).

    Raises `NnlecError` for another shape, for what holds no real numbers, and for a temperature not above 0.

    >>> softmax([[0.0, 0.0], [1000.0, -1000.0]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    resolve_parameters("softmax", ACTIVATIONS["softmax"].parameters, {"temperature": temperature})
    return rows.softmax(real_rows(scores, "softmax", "classes"), temperature)


def sigmoid(scores: ArrayLike) -> Array:
    """1 / (1 + e^-x) of each number of an array of any shape. Raises `NnlecError` for what holds no real numbers.

    >>> sigmoid([0.0, -1000.0])
    array([0.5, 0. ])
    """
    with np.errstate(all="ignore"):
        return smooth.sigmoid(real_array(scores, "sigmoid"))


IDENTITY = activation("identity")
"""What a layer without an activation has."""
