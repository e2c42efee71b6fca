"""The layer that brings the numbers of each row to mean 0 and spread 1, whatever they were, then scales and shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.norms import layer_norm
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.batch_norm import EPSILON, FORMULA
from nnlec.network.layers.checks import Shape, checked_array, shape_before
from nnlec.network.layers.interface import ArrayKey, Example, Layer, LayerKind, Row, Shaped, Term, UnitTerms, Values
from nnlec.text import by

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers.backward import ExactGradient

_AXES = (0, 1, 2, 3, 4)


@dataclass(frozen=True, eq=False)
class LayerNorm(Shaped):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift; mean and variance are those of the numbers themselves.

    They are taken over the last axes of `shape`, those that `scale` and `shift` have; over all axes where these are
    single numbers. `epsilon` has no default: libraries differ. Raises `NnlecError` for what does not fit.

    >>> LayerNorm((4,), epsilon=0.0).forward(np.array([[1.0, 1.0, 3.0, 3.0]])).tolist()
    [[-1.0, -1.0, 1.0, 1.0]]
    """

    shape: Shape
    epsilon: Array
    scale: Array = field(default_factory=lambda: np.array(1.0))
    shift: Array = field(default_factory=lambda: np.array(0.0))
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "layer_norm"
    combine: ClassVar[Literal["function"]] = "function"

    def _check(self) -> None:
        super()._check()
        self._set(epsilon=checked_array("epsilon", self.epsilon, (0,)))
        if self.epsilon < 0:
            raise NnlecError(f"a negative epsilon, {float(self.epsilon):g}", where="epsilon")
        for key in ("scale", "shift"):
            array = checked_array(key, getattr(self, key), _AXES)
            if array.ndim and array.shape != self.shape[-array.ndim :]:
                what = f"{key} is {by(array.shape)}, expected the last axes of the input, {by(self.shape)}"
                raise NnlecError(what, where=key)
            self._set(**{key: array})
        if self.scale.ndim and self.shift.ndim and self.scale.ndim != self.shift.ndim:
            what = f"shift is {by(self.shift.shape)}, expected {by(self.scale.shape)}, as scale"
            raise NnlecError(what, where="shift")

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {"scale": self.scale, "shift": self.shift}

    @property
    def _width(self) -> int:
        """How many numbers have one mean: those of the last axes, all where there are none ([-0:])."""
        return prod(self.shape[-max(self.scale.ndim, self.shift.ndim) :])

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        result = np.empty((len(inputs), self.n_out)) if out is None else out
        shape = (-1, self._width)
        scale, shift = self.scale.ravel(), self.shift.ravel()
        layer_norm(inputs.reshape(shape), float(self.epsilon), scale, shift, result.reshape(shape))
        return result

    def terms(self, unit: int) -> UnitTerms:
        start = unit - unit % self._width
        return UnitTerms([Term(source, None) for source in range(start, start + self._width)])

    def exact(self, inputs: Sequence[Decimal]) -> Row:
        starts = range(0, len(inputs), self._width)
        of_group = [self._total_and_variance(inputs[start : start + self._width]) for start in starts]
        return tuple(self._normalised(x, unit, *of_group[unit // self._width]) for unit, x in enumerate(inputs))

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        return self._normalised(inputs[unit], unit, *self._total_and_variance(self._group(inputs, unit)))

    def _normalised(self, x: Decimal, unit: int, total: Decimal, variance: Decimal) -> Decimal:
        scale, shift = (self._number(key, unit) for key in ("scale", "shift"))
        root = working().sqrt(variance + decimal_of(float(self.epsilon)))
        return working().divide((x * self._width - total) * scale, root * self._width) + shift

    def _group(self, inputs: Sequence[Decimal], unit: int) -> Sequence[Decimal]:
        """The numbers that have one mean with this unit's."""
        start = unit - unit % self._width
        return inputs[start : start + self._width]

    def _total_and_variance(self, numbers: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
        count, total = Decimal(len(numbers)), sum(numbers, Decimal(0))
        squares = sum(((count * number - total) ** 2 for number in numbers), Decimal(0))
        return total, working().divide(squares, count**3)

    @property
    def learned(self) -> tuple[str, ...]:
        return ("scale", "shift")

    def exact_backward(self, inputs: Sequence[Decimal], delta: Sequence[Decimal]) -> ExactGradient:
        from nnlec.network.layers.norm_backward import exact_group, exact_learned

        width, epsilon = self._width, decimal_of(float(self.epsilon))
        scale = [self._number("scale", unit) for unit in range(width)]
        normalised: list[Decimal] = []
        below: list[Decimal] = []
        for start in range(0, self.n_in, width):
            part = slice(start, start + width)
            n, handed = exact_group(inputs[part], scale, delta[part], epsilon)
            normalised += n
            below += handed
        places = [unit % width for unit in range(self.n_in)]
        return tuple(below), exact_learned(self, places, normalised, delta)

    def backward(self, inputs: Array, delta: Array) -> Array:
        return self._way_back(inputs, delta)[1]

    def gradients(self, inputs: Array, delta: Array) -> dict[str, Array]:
        from nnlec.network.layers.norm_backward import learned

        return learned(self, np.arange(self.n_in) % self._width, self._way_back(inputs, delta)[0], delta)

    def _way_back(self, inputs: Array, delta: Array) -> tuple[Array, Array]:
        """The normalised numbers and dL/dx, (rows, n_in) both."""
        from nnlec.network.layers.norm_backward import group

        scale = np.broadcast_to(self.scale.ravel(), (self._width,))
        shape = (-1, self._width)
        n, below = group(inputs.reshape(shape), scale, delta.reshape(shape), float(self.epsilon))
        return n.reshape(inputs.shape), below.reshape(inputs.shape)

    def stands_for(self, inputs: Sequence[Decimal], unit: int) -> Mapping[str, Decimal]:
        total, variance = self._total_and_variance(self._group(inputs, unit))
        mean = working().divide(total, Decimal(self._width))
        learned = {key: self._number(key, unit) for key in ("scale", "shift")}
        epsilon = decimal_of(float(self.epsilon))
        return {"x": inputs[unit], "mean": mean, "variance": variance, "epsilon": epsilon, **learned}

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        found: list[tuple[str, Layer]] = [("epsilon was left out", replace(self, epsilon=np.array(0.0)))]
        if self._width == self.n_in:  # all numbers have one mean, whatever scale and shift there are
            plain = replace(self, scale=np.array(1.0), shift=np.array(0.0))
            found.append(("scale and shift were left out", plain))
        return found

    def _number(self, key: str, unit: int) -> Decimal:
        array: Array = getattr(self, key)
        return decimal_of(array.ravel()[unit % self._width] if array.ndim else array.item())


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> LayerNorm:
    arrays: dict[str, Any] = dict(values)
    learned = [array.shape for key, array in arrays.items() if key != "epsilon" and array.ndim]
    shape = learned[0] if learned and not shapes else shape_before(shapes)
    return LayerNorm(shape, **arrays, activation=chosen, name=name)


ROW = LayerKind(
    "layer_norm",
    (
        ArrayKey("scale", _AXES, "one number, or one for each place of the last axes (default: 1); gamma elsewhere"),
        ArrayKey("shift", _AXES, "one number, or one for each place of the last axes (default: 0); beta elsewhere"),
        EPSILON,
    ),
    _build,
    "the numbers of the last axes, those that scale and shift have (else all), brought to mean 0 and variance 1",
    "ONNX LayerNormalization, PyTorch LayerNorm (epsilon 1e-5), Keras LayerNormalization (epsilon 1e-3)",
    Example({"scale": [1.0, 2.0], "shift": 0.5, "epsilon": 3.0}, (1.0, 3.0), (0.0, 1.5)),
    formula=FORMULA,
)
