"""The layer that moves and stretches each input by itself: a standardiser, a division by 255, a mapping to -1..1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, checked_array, checked_shape
from nnlec.network.layers.interface import ArrayKey, Example, Layer, LayerKind, Term, UnitTerms, Values
from nnlec.notation import symbols
from nnlec.text import by, counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_NEUTRAL = {"subtract": 0.0, "divide": 1.0, "multiply": 1.0, "add": 0.0}


@dataclass(frozen=True, eq=False)
class Scale(Layer):
    """(x - subtract) / divide * multiply + add for each input; `units` is how many there are, or their shape.

    Each array is a single number, for all inputs, or has one for each input, or, where the inputs are maps, one for
    each channel. Raises `NnlecError` where sizes differ or 0 divides.

    >>> Scale(2, divide=[2.0, 4.0]).forward(np.array([[1.0, 1.0]])).tolist()
    [[0.5, 0.25]]
    """

    units: int | Shape
    subtract: Array = field(default_factory=lambda: np.array(0.0))
    divide: Array = field(default_factory=lambda: np.array(1.0))
    multiply: Array = field(default_factory=lambda: np.array(1.0))
    add: Array = field(default_factory=lambda: np.array(0.0))
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "scale"

    def _check(self) -> None:
        self._set(units=checked_shape("units", self.units))
        for key in _NEUTRAL:
            array = checked_array(key, getattr(self, key), (0, 1))
            if array.ndim and len(array) not in (self.n_in, self.in_shape[0]):
                what = f"{counted(len(array), 'number')} for {counted(self.n_in, 'input')}"
                channels = f", {by(self.in_shape)}" if len(self.in_shape) > 1 else ""
                raise NnlecError(what + channels, where=key)
            self._set(**{key: array})
        if not self.divide.all():
            raise NnlecError("a division by 0", where="divide")

    @property
    def in_shape(self) -> Shape:
        assert not isinstance(self.units, int)
        return self.units

    @property
    def block_height(self) -> int:
        return 1024

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {key: getattr(self, key) for key, neutral in _NEUTRAL.items() if (getattr(self, key) != neutral).any()}

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        result = np.empty((len(inputs), self.n_out)) if out is None else out
        shape = (len(inputs), self.in_shape[0], -1)
        numbers = result.reshape(shape)
        subtract, divide, multiply, add = (self._beside_channels(getattr(self, key)) for key in _NEUTRAL)
        np.subtract(inputs.reshape(shape), subtract, out=numbers)
        numbers /= divide
        numbers *= multiply
        numbers += add
        numbers += 0.0  # no zero is negative
        return result

    def _beside_channels(self, array: Array) -> Array:
        """For (rows, channels, numbers)."""
        return array.reshape(self.in_shape[0], -1) if array.ndim else array

    def terms(self, unit: int) -> UnitTerms:
        subtract, divide, multiply, add = (self._number(key, unit) for key in _NEUTRAL)
        factor = working().divide(multiply, divide)
        return UnitTerms([Term(unit, factor)], add - subtract * factor)

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        subtract, divide, multiply, add = (self._number(key, unit) for key in _NEUTRAL)
        return working().divide((inputs[unit] - subtract) * multiply, divide) + add

    def stands_for(self, inputs: Sequence[Decimal], unit: int) -> Mapping[str, Decimal]:
        return {"x": inputs[unit], **{key: self._number(key, unit) for key in _NEUTRAL}}

    def inverse(self) -> Scale:
        """The layer that takes this one's scaling back. Raises `NnlecError` where it multiplies by 0."""
        if not self.multiply.all():
            raise NnlecError("what is multiplied by 0 cannot be taken back", where="multiply")
        return replace(
            self, subtract=self.add, divide=self.multiply, multiply=self.divide, add=self.subtract, activation=IDENTITY
        )

    def _number(self, key: str, unit: int) -> Decimal:
        array: Array = getattr(self, key)
        return decimal_of(array[unit * len(array) // self.n_in] if array.ndim else array.item())


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Scale:
    arrays = {key: array for key, array in values.items() if not isinstance(array, str)}
    lengths = [len(array) for array in arrays.values() if array.ndim]
    units = shapes[0] if shapes else next(iter(lengths), None)
    if units is None:
        raise NnlecError("how many inputs it takes is not known", hint="name the `inputs`, or write a list of numbers")
    return Scale(units, **arrays, activation=chosen, name=name)


_X, _SUBTRACT, _DIVIDE, _MULTIPLY, _ADD = symbols("x", "subtract", "divide", "multiply", "add")

_EACH = "one number, or one for each input or channel"

ROW = LayerKind(
    "scale",
    tuple(ArrayKey(key, (0, 1), f"{_EACH} (default: {_NEUTRAL[key]:g})") for key in _NEUTRAL),
    _build,
    "each input by itself: (x - subtract) / divide * multiply + add",
    "scikit-learn StandardScaler and MinMaxScaler; Keras Rescaling and Normalization",
    Example({"subtract": [1.0, 2.0], "divide": 2.0, "add": 0.5}, (2.0, 2.0), (1.0, 0.5)),
    formula=(_X - _SUBTRACT) / _DIVIDE * _MULTIPLY + _ADD,
)
