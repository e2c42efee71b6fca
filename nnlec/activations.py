"""Activation functions g(x), one row each: name, function, formula, hand-computed example, source.

To add one, add a row to `_ROWS`: from it come the YAML name, the help, the error that lists what is known, the
formula in every format, and the test of its own example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np

from nnlec.elementary import DIGITS, exp, log1p, tanh
from nnlec.errors import unknown
from nnlec.parameters import Parameter, ParameterValue, settled

__all__ = [
    "ACTIVATIONS",
    "DIGITS",
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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class ActivationKind:
    """A row of the registry.

    `function(x, **parameters)` maps an array (rows, units) to one of the same shape. `exact` does the same for one
    row of decimal numbers, to 60 digits. `example` is worked by hand: inputs and outputs at the default parameters.
    """

    name: str
    function: Callable[..., Array]
    exact: Callable[..., list[Decimal]]
    formula: str
    latex: str
    example: tuple[tuple[float, ...], tuple[float, ...]]
    source: str
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    pointwise: bool = True
    output_range: str = ""


@dataclass(frozen=True)
class Activation:
    """An activation with its parameters settled: what a layer carries."""

    kind: ActivationKind
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.kind.name

    def __call__(self, pre_activation: Array) -> Array:
        """g applied to (rows, units)."""
        return self.kind.function(pre_activation, **self.parameters)

    def exact(self, row: Sequence[Decimal]) -> list[Decimal]:
        """g applied to one row of decimal numbers, right to 60 digits, whatever the precision around it."""
        with localcontext(DIGITS):
            return self.kind.exact(row, **self.parameters)


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


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), from e^-|x| so that nothing overflows."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, e) / (1.0 + e))


def softplus(x: Array) -> Array:
    """ln(1 + e^x), from e^-|x| so that nothing overflows."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


def softmax(x: Array) -> Array:
    """e^x_i / sum_j e^x_j along each row, shifted by the row's largest so that nothing overflows."""
    shifted, lost = _shifted(x)
    e = np.exp(shifted) * (1.0 + lost)
    return np.asarray(e / np.sum(e, axis=1, keepdims=True))


def log_softmax(x: Array) -> Array:
    """log of softmax along each row: x_i - max - L, with L = log1p of all e^(x_j - max) but the largest one's 1.

    Nothing cancels, so that the most certain prediction keeps its tiny -log s to the last digit.
    """
    shifted, lost = _shifted(x)
    e = np.exp(shifted) * (1.0 + lost)
    np.put_along_axis(e, np.argmax(x, axis=1)[:, np.newaxis], 0.0, axis=1)
    return np.asarray(shifted - (np.log1p(np.sum(e, axis=1, keepdims=True)) - lost))


def _shifted(x: Array) -> tuple[Array, Array]:
    """x - max along each row, and what its rounding lost (Knuth's TwoSum): e^shifted alone would be wrong by as much.

    With an infinite value in a row the limit: 0 for its largest, -inf for all below.
    """
    top = np.max(x, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = x - top
        rounded = shifted - x
        lost = (x - (shifted - rounded)) - (top + rounded)
    if not np.isfinite(lost).all():
        shifted[(x == top) & np.isinf(x)] = 0.0
        lost[~np.isfinite(lost)] = 0.0
    return shifted, lost


def _each(function: Callable[[Decimal], Decimal]) -> Callable[..., list[Decimal]]:
    return lambda row: [function(x) for x in row]


def exact_sigmoid(x: Decimal) -> Decimal:
    """1 / (1 + e^-x), right to 60 digits."""
    with localcontext(DIGITS):
        e = exp(-abs(x))
        return (1 if x >= 0 else e) / (1 + e)


def exact_softmax(row: Sequence[Decimal]) -> list[Decimal]:
    """Softmax of one row of decimal numbers, right to 60 digits."""
    top = max(row)
    with localcontext(DIGITS):
        e = [exp(x - top) for x in row]
        total = sum(e, Decimal(0))
        return [x / total for x in e]


def exact_log_softmax(row: Sequence[Decimal]) -> list[Decimal]:
    """Log-softmax of one row of decimal numbers, right to 60 digits however small it is."""
    top = max(row)
    first = list(row).index(top)
    with localcontext(DIGITS):
        below = log1p(sum((exp(x - top) for i, x in enumerate(row) if i != first), Decimal(0)))
        return [x - top - below for x in row]


def _step(x: Array, at_zero: float) -> Array:
    return np.where(x > 0, 1.0, np.where(x == 0, at_zero, 0.0))


_ROWS: tuple[ActivationKind, ...] = (
    ActivationKind(
        "identity",
        lambda x: x,
        list,
        "x",
        "x",
        ((-2.0, 3.0), (-2.0, 3.0)),
        "ONNX Identity",
        ("linear", "none"),
    ),
    ActivationKind(
        "step",
        _step,
        lambda row, at_zero: [Decimal(1) if x > 0 else Decimal(0) if x < 0 else Decimal(repr(at_zero)) for x in row],
        "1 if x > 0, else 0",
        r"\mathbb{1}[x > 0]",
        ((-2.0, 0.0, 3.0), (0.0, 1.0, 1.0)),
        "the lecture's perceptron; it leaves the value at 0 open",
        ("heaviside", "perceptron"),
        (Parameter("at_zero", 1.0, "the value at x = 0"),),
    ),
    ActivationKind(
        "sigmoid",
        sigmoid,
        _each(exact_sigmoid),
        "1 / (1 + e^-x)",
        r"\frac{1}{1 + e^{-x}}",
        ((0.0,), (0.5,)),
        "the lecture; ONNX Sigmoid",
        ("logistic",),
    ),
    ActivationKind(
        "tanh",
        lambda x: np.tanh(x),
        _each(tanh),
        "(e^x - e^-x) / (e^x + e^-x)",
        r"\tanh x",
        ((0.0,), (0.0,)),
        "ONNX Tanh",
    ),
    ActivationKind(
        "relu",
        lambda x: np.maximum(x, 0.0),
        _each(lambda x: max(x, Decimal(0))),
        "max(0, x)",
        r"\max(0, x)",
        ((-2.0, 3.0), (0.0, 3.0)),
        "ONNX Relu",
    ),
    ActivationKind(
        "softmax",
        softmax,
        exact_softmax,
        "e^x_i / sum_j e^x_j",
        r"\frac{e^{x_i}}{\sum_j e^{x_j}}",
        ((1.0, 1.0), (0.5, 0.5)),
        "the lecture; ONNX Softmax",
        pointwise=False,
    ),
)

ACTIVATIONS: dict[str, ActivationKind] = {row.name: row for row in _ROWS}
_BY_NAME: dict[str, ActivationKind] = {name: row for row in _ROWS for name in (row.name, *row.aliases)}
