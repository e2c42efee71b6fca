"""The layer that brings each feature, or each channel, to the mean and spread that training found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.norms import BlockedBatchNorm as Pass
from nnlec.arithmetic.numbers import decimal_of
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, checked_array, shape_before
from nnlec.network.layers.interface import ArrayKey, Example, Layer, LayerKind, Shaped, Term, UnitTerms, Values
from nnlec.network.layers.scale import Scale
from nnlec.notation import call, symbols
from nnlec.text import by, counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers.backward import ExactGradient

_KEYS = ("mean", "variance", "scale", "shift", "epsilon")


@dataclass(frozen=True, eq=False)
class BatchNorm(Shaped):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift of inputs of that `shape`, (features,) or (channels, ...).

    Each array is a single number or one for each feature or channel; `epsilon` is a single number, and has no default:
    libraries differ. Raises `NnlecError` for other sizes, and where variance + epsilon is not positive.

    >>> BatchNorm((2,), mean=1.0, variance=3.0, epsilon=1.0).forward(np.array([[5.0, 1.0]])).tolist()
    [[2.0, 0.0]]
    """

    shape: Shape
    mean: Array
    variance: Array
    epsilon: Array
    scale: Array = field(default_factory=lambda: np.array(1.0))
    shift: Array = field(default_factory=lambda: np.array(0.0))
    activation: Activation = IDENTITY
    name: str = ""

    kind: ClassVar[str] = "batch_norm"

    def _check(self) -> None:
        super()._check()
        channels = self.shape[0]
        for key in _KEYS:
            array = checked_array(key, getattr(self, key), (0,) if key == "epsilon" else (0, 1))
            if array.ndim and len(array) != channels:
                what = "channel" if len(self.shape) > 1 else "input"
                given, wanted = counted(len(array), "number"), counted(channels, what)
                raise NnlecError(
                    f"{given} for {wanted}: the input is {by(self.shape)}", where=key, hint=self._hint(array)
                )
            self._set(**{key: array})
        for key in ("variance", "epsilon"):
            if (getattr(self, key) < 0).any():
                raise NnlecError(f"a negative {key}, {float(getattr(self, key).min()):g}", where=key)
        if not (self.variance + self.epsilon > 0).all():
            raise NnlecError("variance + epsilon is 0, and nothing is divided by 0", where="epsilon")

    def _hint(self, array: Array) -> str:
        if len(self.shape) > 1 and len(array) == self.shape[-1]:
            return self.channels_last
        return "a flattened map has a number for each place" if len(self.shape) == 1 else ""

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {key: getattr(self, key) for key in _KEYS if key != "epsilon"}

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        result = np.empty((len(inputs), self.n_out)) if out is None else out
        shape = (len(inputs), self.shape[0], prod(self.shape[1:]))
        self._pass.apply(inputs.reshape(shape), result.reshape(shape))
        return result

    @cached_property
    def _pass(self) -> Pass:
        mean, variance, scale, shift = (np.broadcast_to(each, (self.shape[0],)) for each in self.arrays.values())
        return Pass(mean, variance, scale, shift, float(self.epsilon))

    def terms(self, unit: int) -> UnitTerms:
        numbers = self._numbers(unit)
        factor = working().divide(numbers["scale"], _root(numbers))
        return UnitTerms([Term(unit, factor)], numbers["shift"] - numbers["mean"] * factor)

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        numbers = self._numbers(unit)
        product = (inputs[unit] - numbers["mean"]) * numbers["scale"]
        return working().divide(product, _root(numbers)) + numbers["shift"]

    @property
    def learned(self) -> tuple[str, ...]:
        return ("scale", "shift")

    def exact_backward(self, inputs: Sequence[Decimal], delta: Sequence[Decimal]) -> ExactGradient:
        from nnlec.network.layers.norm_backward import exact_learned

        normalised: list[Decimal] = []
        below: list[Decimal] = []
        for unit, (x, d) in enumerate(zip(inputs, delta, strict=True)):
            numbers = self._numbers(unit)
            root = _root(numbers)
            normalised.append(working().divide(x - numbers["mean"], root))
            below.append(working().divide(d * numbers["scale"], root))
        places = [unit // prod(self.shape[1:]) for unit in range(self.n_in)]
        return tuple(below), exact_learned(self, places, normalised, delta)

    def backward(self, inputs: Array, delta: Array) -> Array:  # noqa: ARG002
        return delta * self._each(self.scale) / self._each(np.sqrt(self.variance + self.epsilon))

    def gradients(self, inputs: Array, delta: Array) -> dict[str, Array]:
        from nnlec.network.layers.norm_backward import learned

        normalised = (inputs - self._each(self.mean)) / self._each(np.sqrt(self.variance + self.epsilon))
        return learned(self, np.arange(self.n_in) // prod(self.shape[1:]), normalised, delta)

    def _each(self, array: Array) -> Array:
        """A number for each input, (n_in,), from one for all or one for each channel."""
        return np.repeat(np.broadcast_to(array, (self.shape[0],)), prod(self.shape[1:]))

    def stands_for(self, inputs: Sequence[Decimal], unit: int) -> Mapping[str, Decimal]:
        return {"x": inputs[unit], **self._numbers(unit)}

    def _numbers(self, unit: int) -> dict[str, Decimal]:
        channel = unit // prod(self.shape[1:])
        arrays: dict[str, Array] = {key: getattr(self, key) for key in _KEYS}
        return {key: decimal_of(each[channel] if each.ndim else each.item()) for key, each in arrays.items()}

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        with np.errstate(all="ignore"):
            divisors = {
                "it was divided by the variance, not by its root": self.variance + self.epsilon,
                "epsilon was added to the root, not under it": np.sqrt(self.variance) + self.epsilon,
                "epsilon was left out": np.sqrt(self.variance),
            }
        found: list[tuple[str, Layer]] = [
            (sentence, Scale(self.shape, self.mean, divisor, self.scale, self.shift))
            for sentence, divisor in divisors.items()
            if divisor.all()
        ]
        neutral = replace(self, mean=np.array(0.0)), replace(self, scale=np.array(1.0), shift=np.array(0.0))
        return [*found, ("the mean was not subtracted", neutral[0]), ("scale and shift were left out", neutral[1])]


def _root(numbers: Mapping[str, Decimal]) -> Decimal:
    return working().sqrt(numbers["variance"] + numbers["epsilon"])


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> BatchNorm:
    arrays: dict[str, Any] = dict(values)
    lengths = [len(array) for array in arrays.values() if array.ndim]
    shape = (lengths[0],) if lengths and not shapes else shape_before(shapes)
    return BatchNorm(shape, **arrays, activation=chosen, name=name)


_X, _MEAN, _VARIANCE, _EPSILON, _SCALE, _SHIFT = symbols("x", "mean", "variance", "epsilon", "scale", "shift")

FORMULA = (_X - _MEAN) / call("sqrt", _VARIANCE + _EPSILON) * _SCALE + _SHIFT
EPSILON = ArrayKey("epsilon", (0,), "what is added to the variance; no default, as libraries differ", required=True)

_EACH = "one number, or one for each input or channel"

ROW = LayerKind(
    "batch_norm",
    (
        ArrayKey("scale", (0, 1), f"{_EACH} (default: 1); gamma elsewhere"),
        ArrayKey("shift", (0, 1), f"{_EACH} (default: 0); beta elsewhere"),
        ArrayKey("mean", (0, 1), f"{_EACH}: of the training data", required=True),
        ArrayKey("variance", (0, 1), f"{_EACH}: of the training data", required=True),
        EPSILON,
    ),
    _build,
    "each feature or channel brought to the mean and spread that training found",
    "ONNX BatchNormalization, PyTorch BatchNorm1d, 2d and 3d (epsilon 1e-5), Keras BatchNormalization (epsilon 1e-3)",
    Example(
        {"mean": [1.0, 2.0], "variance": [3.0, 8.0], "epsilon": 1.0, "scale": [2.0, 1.0], "shift": 0.5},
        (5.0, -4.0),
        (4.5, -1.5),
    ),
    formula=FORMULA,
)
