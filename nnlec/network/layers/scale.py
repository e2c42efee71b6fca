"""The layer that moves and stretches each input by itself: a standardiser, a division by 255, a mapping to -1..1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.interface import (
    ArrayKey,
    Example,
    Layer,
    LayerKind,
    Shape,
    Term,
    UnitTerms,
    Values,
    checked_activation,
    checked_array,
    checked_name,
)
from nnlec.notation import symbols
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_NEUTRAL = {"subtract": 0.0, "divide": 1.0, "multiply": 1.0, "add": 0.0}


@dataclass(frozen=True, eq=False)
class Scale(Layer):
    """(x - subtract) / divide * multiply + add for each of `units` inputs.

    Each array is a single number, for all inputs, or (units,). Raises `NnlecError` where sizes differ or 0 divides.

    >>> Scale(2, divide=[2.0, 4.0]).forward(np.array([[1.0, 1.0]])).tolist()
    [[0.5, 0.25]]
    """

    units: int
    subtract: Array = field(default_factory=lambda: np.array(0.0))
    divide: Array = field(default_factory=lambda: np.array(1.0))
    multiply: Array = field(default_factory=lambda: np.array(1.0))
    add: Array = field(default_factory=lambda: np.array(0.0))
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "scale"

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        for key in _NEUTRAL:
            array = checked_array(key, getattr(self, key), (0, 1))
            if array.ndim and len(array) != self.units:
                raise NnlecError(f"{counted(len(array), 'number')} for {counted(self.units, 'input')}", where=key)
            set_field(self, key, array)
        if not self.divide.all():
            raise NnlecError("a division by 0", where="divide")
        set_field(self, "activation", checked_activation(self.activation, self.units))
        set_field(self, "name", checked_name(self.name))

    @property
    def in_shape(self) -> Shape:
        return (self.units,)

    @property
    def out_shape(self) -> Shape:
        return (self.units,)

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {key: getattr(self, key) for key, neutral in _NEUTRAL.items() if (getattr(self, key) != neutral).any()}

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        result = np.subtract(inputs, self.subtract, out=out)
        result /= self.divide
        result *= self.multiply
        result += self.add
        result += 0.0  # no zero is negative
        return result

    def terms(self, unit: int) -> UnitTerms:
        subtract, divide, multiply, add = (self._number(key, unit) for key in _NEUTRAL)
        factor = working().divide(multiply, divide)
        return UnitTerms([Term(unit, factor)], add - subtract * factor)

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        subtract, divide, multiply, add = (self._number(key, unit) for key in _NEUTRAL)
        return working().divide((inputs[unit] - subtract) * multiply, divide) + add

    def _number(self, key: str, unit: int) -> Decimal:
        array: Array = getattr(self, key)
        return decimal_of(array[unit] if array.ndim else float(array))


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Scale:
    arrays = {key: array for key, array in values.items() if not isinstance(array, str)}
    lengths = [len(array) for array in arrays.values() if array.ndim]
    units = prod(shapes[0]) if shapes else next(iter(lengths), None)
    if units is None:
        raise NnlecError("how many inputs it takes is not known", hint="name the `inputs`, or write a list of numbers")
    return Scale(units, **arrays, activation=chosen, name=name)


_X, _SUBTRACT, _DIVIDE, _MULTIPLY, _ADD = symbols("x", "subtract", "divide", "multiply", "add")

ROW = LayerKind(
    "scale",
    tuple(ArrayKey(key, (0, 1), f"one number, or one for each input (default: {_NEUTRAL[key]:g})") for key in _NEUTRAL),
    _build,
    "each input by itself: (x - subtract) / divide * multiply + add",
    "scikit-learn StandardScaler and MinMaxScaler; Keras Rescaling and Normalization",
    Example({"subtract": [1.0, 2.0], "divide": 2.0, "add": 0.5}, (2.0, 2.0), (1.0, 0.5)),
    formula=(_X - _SUBTRACT) / _DIVIDE * _MULTIPLY + _ADD,
)
