"""The convolutional layer: the same few weights meet every window of the maps that come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnlec.arithmetic.convolution import Convolution
from nnlec.arithmetic.exact_products import exact_windows
from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.windows import Windows
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, checked_array, checked_shape, shape_before, true_or_false, whole_numbers
from nnlec.network.layers.interface import ArrayKey, Example, Layer, LayerKind, Row, Term, UnitTerms, Values, decimals
from nnlec.network.layers.windowed import Windowed
from nnlec.text import by, counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.arithmetic.windows import Each, Pads

_LARGE = 50_000
"""Multiplications from which exact sums are worked out in whole numbers."""


_FEW = 8
"""Channels, or maps, that one may be left out of by mistake."""


@dataclass(frozen=True, eq=False)
class Conv(Windowed):
    """Every kernel meets every window of maps of that `shape`, (channels, ...): a map for each kernel.

    `weights` are (maps, channels / groups, ...), one to three dimensions more. `bias` is (maps,) or None. This is
    cross-correlation, as in other libraries: the kernel is laid on the window as it is written. `flip` turns it round
    first, which is convolution proper. `stride`, `padding` and `dilation` are those of `Windows.over`. Raises
    `NnlecError` for what does not fit.

    >>> layer = Conv([[[1.0, -1.0]]], (1, 4))
    >>> layer.out_shape, layer.forward(np.array([[1.0, 4.0, 9.0, 16.0]])).tolist()
    ((1, 3), [[-3.0, -5.0, -7.0]])
    """

    weights: Array
    shape: Shape
    bias: Array | None = None
    stride: Each = 1
    padding: Pads = 0
    dilation: Each = 1
    groups: int = 1
    flip: bool = False
    activation: Activation = IDENTITY
    name: str = ""
    windows: Windows = field(init=False, repr=False)

    kind: ClassVar[str] = "conv"

    def _check(self) -> None:
        self._set(weights=checked_array("weights", self.weights, (3, 4, 5)))
        super()._check()
        (groups,) = whole_numbers("groups", np.asarray(self.groups, dtype=np.float64), 1)
        self._set(groups=groups)
        maps = int(self.weights.shape[0])
        if self.bias is not None:
            self._set(bias=checked_array("bias", self.bias, (1,)))
            if len(self.bias) != maps:
                raise NnlecError(f"{counted(len(self.bias), 'number')} for {counted(maps, 'kernel')}", where="bias")
        self._check_channels()
        windows = Windows.over(self.shape[1:], self._kernel, self.stride, self.padding, self.dilation, key="weights")
        self._set(windows=windows)
        checked_shape("padding" if windows.is_padded else "weights", self.out_shape)

    def _check_channels(self) -> None:
        maps, taken = self.weights.shape[:2]
        if self.weights.ndim != len(self.shape) + 1:
            what = f"kernels of {by(self._kernel)} for an input of {by(self.shape)}"
            raise NnlecError(what, where="weights", hint=self._axes_hint())
        channels = self.shape[0]
        for what, number in (("channel", channels), ("kernel", maps)):
            if number % self.groups:
                raise NnlecError(f"{counted(number, what)} cannot be divided into {self.groups} groups", where="groups")
        if taken != channels // self.groups:
            grouped = f" in {self.groups} groups" if self.groups > 1 else ""
            what = f"the kernels are {by(self.weights.shape)}, for {counted(int(taken), 'channel')}"
            came = f"the input is {by(self.shape)}, {counted(channels, 'channel')}{grouped}"
            raise NnlecError(f"{what}; {came}", where="weights", hint=self._channels_hint())

    def _axes_hint(self) -> str:
        """What to do with an input that has too few axes, or too many."""
        if self.weights.ndim == len(self.shape):
            return f"kernels over it have {len(self.shape) + 1} axes: maps, channels, and those of the window"
        axes = ("channels", "depth", "rows", "columns") if self.weights.ndim == 5 else ("channels", "rows", "columns")
        wanted = ", ".join(axes[: self.weights.ndim - 1])
        if len(self.shape) == self.weights.ndim - 2:
            return f"one channel is `inputs: {{shape: [1, {', '.join(map(str, self.shape))}]}}`"
        return f"a layer `type: reshape` to [{wanted}] stands before it"

    def _channels_hint(self) -> str:
        """The nearest order of axes in which kernels and input fit."""
        weights, taken = self.weights.shape, self.shape[0] // self.groups
        if self.groups == 1 and weights[1] == self.shape[-1]:
            return self.channels_last
        if weights[-2] == taken:
            return "kernels of Keras, (rows, columns, channels, maps)? Here they are (maps, channels, rows, columns)"
        if weights[0] == taken:
            return "transposed? Kernels are (maps, channels, rows, columns)"
        if self.shape[0] % weights[1] == 0 and self.groups == 1 and weights[0] % (self.shape[0] // weights[1]) == 0:
            return f"with `groups: {self.shape[0] // weights[1]}` they would fit"
        return ""

    @property
    def _kernel(self) -> Shape:
        return tuple(map(int, self.weights.shape[2:]))

    @property
    def out_shape(self) -> Shape:
        return (int(self.weights.shape[0]), *self.windows.shape)

    @property
    def arrays(self) -> Mapping[str, Array]:
        return {"weights": self.weights} if self.bias is None else {"weights": self.weights, "bias": self.bias}

    @property
    def learned(self) -> tuple[str, ...]:
        return tuple(self.arrays)  # the first cell may hold padding alone

    @property
    def multiplications(self) -> int:
        return int(self.weights.size) * self.windows.cells

    @property
    def size(self) -> str:
        return f"{super().size}, its kernels are {by(self.weights.shape)}"

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        return self._convolution.multiply(inputs, out)

    @cached_property
    def kernels(self) -> Array:
        """The kernels as they are laid on a window."""
        return np.flip(self.weights, tuple(range(2, self.weights.ndim))) if self.flip else self.weights

    @cached_property
    def _convolution(self) -> Convolution:
        return Convolution(self.windows, np.ascontiguousarray(self.kernels), self.bias, self.groups)

    def terms(self, unit: int) -> UnitTerms:
        feature, *cell = (int(at) for at in np.unravel_index(unit, self.out_shape))
        first = feature // (self.weights.shape[0] // self.groups) * self.weights.shape[1]
        held = self.windows.held(tuple(cell))
        written = [self._as_written(entry) for entry in np.ndindex(*self._kernel)]
        terms = []
        for channel in range(self.weights.shape[1]):
            start = (first + channel) * prod(self.shape[1:])
            for entry, source in held:
                index = (feature, channel, *written[entry])
                terms.append(Term(start + source, decimal_of(self.weights[index]), ("weights", index)))
        return UnitTerms(terms, None if self.bias is None else decimal_of(self.bias[feature]))

    def _as_written(self, kernel: Shape) -> Shape:
        return tuple(n - 1 - k for n, k in zip(self._kernel, kernel, strict=True)) if self.flip else kernel

    def exact(self, inputs: Sequence[Decimal]) -> Row:
        if self.multiplications < _LARGE or not all(number.is_finite() for number in inputs):
            return super().exact(inputs)
        channels = int(self.weights.shape[1])
        held = [self.windows.held(cell) for cell in np.ndindex(*self.windows.shape)]
        kernels = self.kernels.reshape(self.groups, -1, channels, prod(self._kernel))
        images = np.array(inputs, dtype=object).reshape(self.groups, channels, -1).tolist()
        maps = [each for some in zip(images, kernels, strict=True) for each in exact_windows(*some, held)]
        bias = [Decimal(0)] * len(maps) if self.bias is None else decimals(self.bias)
        return tuple(number + b for numbers, b in zip(maps, bias, strict=True) for number in numbers)

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        found: list[tuple[str, Layer]] = []
        if prod(self._kernel) > 1:
            turned = "was laid on as written, not turned round" if self.flip else "was turned round"
            found.append((f"the kernel {turned}", replace(self, flip=not self.flip)))
        found += self.without_stride()
        taken = int(self.weights.shape[1])
        for channel in range(taken) if 1 < taken <= _FEW else ():
            weights = np.array(self.weights)
            weights[:, channel] = 0.0
            found.append((f"channel {channel + 1} was left out", replace(self, weights=weights)))
        for feature in np.flatnonzero(self.bias)[:_FEW].tolist() if self.bias is not None else ():
            bias = np.array(self.bias)
            bias[feature] = 0.0
            found.append((f"the bias of map {feature + 1} was not added", replace(self, bias=bias)))
        return found


def _build(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> Conv:
    weights, bias = values["weights"], values.get("bias", "none")
    assert not isinstance(weights, str)
    if isinstance(bias, str) and bias != "none":
        raise NnlecError("expected none, or a number for each kernel", where="bias")
    flip = true_or_false(values, "flip")
    given: dict[str, Any] = {key: values[key] for key in ("stride", "padding", "dilation", "groups") if key in values}
    return Conv(
        weights,
        shape_before(shapes),
        None if isinstance(bias, str) else bias,
        **given,
        flip=flip,
        activation=chosen,
        name=name,
    )


ROW = LayerKind(
    "conv",
    (
        ArrayKey("weights", (3, 4, 5), "the kernels: (maps, channels, rows, columns); 1-D, 2-D or 3-D", required=True),
        ArrayKey("bias", (1,), "a number for each map", words=("none",)),
        ArrayKey("stride", (0, 1), "from one window to the next, one number or one an axis"),
        ArrayKey(
            "padding",
            (0, 1, 2),
            "around the input (default: 0): one number, one an axis, [before, after] of each",
            words=("same", "valid"),
        ),
        ArrayKey("dilation", (0, 1), "from one entry of a window to the next (default: 1)"),
        ArrayKey("groups", (0,), "how many groups of channels have kernels of their own (default: 1)"),
        ArrayKey("flip", (0,), "true turns the kernels round first (default: false)", words=("true", "false")),
    ),
    _build,
    "every kernel meets every window of the maps: cross-correlation",
    "ONNX Conv, PyTorch Conv1d, Conv2d and Conv3d, Keras Conv1D, Conv2D and Conv3D",
    Example(
        {"weights": [[[[0.0, 1.0], [2.0, 3.0]]]]},
        tuple(map(float, range(9))),
        (19.0, 25.0, 37.0, 43.0),
        ((1, 3, 3),),
    ),
)
