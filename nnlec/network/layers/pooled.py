"""Layers that make one number of each window of a map: the largest, or the mean."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.arithmetic.windows import Windows
from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, shape_before, whole_numbers
from nnlec.network.layers.interface import ArrayKey, Values
from nnlec.network.layers.windowed import Windowed
from nnlec.text import by

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.arithmetic.windows import Each, Pads


_IMAGES = 1 << 20
"""Numbers of images at a time: 8 MB, should they have to be copied to stand one behind the other."""


@dataclass(frozen=True, eq=False)
class Pooled(Windowed):
    """A number for each window of each map; maps have that `shape`, (channels, ...).

    `window` is one number, one an axis, or "all": one window, the whole map. `stride` is the window where it is None;
    `padding` and `dilation` are those of `Windows.over`. Raises `NnlecError` for what does not fit, and for windows
    that hold nothing but padding.
    """

    shape: Shape
    window: Each | str
    stride: Each | None = None
    padding: Pads = 0
    dilation: Each = 1
    activation: Activation = IDENTITY
    name: str = ""
    windows: Windows = field(init=False, repr=False)

    def _check(self) -> None:
        super()._check()
        axes = self.shape[1:]
        if not 1 <= len(axes) <= 3:
            hint = f"one channel is `inputs: {{shape: [1, {self.shape[0]}]}}`" if not axes else ""
            raise NnlecError(f"windows over an input of {by(self.shape)}, expected channels, rows, columns", hint=hint)
        window = self._window(axes)
        stride = window if self.stride is None else self.stride
        self._set(windows=Windows.over(axes, window, stride, self.padding, self.dilation))
        self.windows.check_each_holds_an_input()

    def _window(self, axes: Shape) -> Shape:
        if isinstance(self.window, str):
            if self.window != "all":
                raise NnlecError("expected all, one number, or one an axis", where="size")
            return axes
        window = whole_numbers("size", np.asarray(self.window, dtype=np.float64), 1)
        if len(window) not in (1, len(axes)):
            hint = (
                f"is it one channel? Then it is 1 x {by(self.shape)}"
                if len(window) == len(self.shape) and self.shape[0] > 1
                else ""
            )
            what = f"{len(window)} numbers for an input of {by(self.shape)}, channels first; expected 1 or {len(axes)}"
            raise NnlecError(what, where="size", hint=hint)
        return window * len(axes) if len(window) == 1 else window

    @property
    def out_shape(self) -> Shape:
        return (self.shape[0], *self.windows.shape)

    @property
    def multiplications(self) -> int:
        return 0

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        result = np.empty((len(inputs), self.n_out)) if out is None else out
        channels, maps = self.shape[0], self.windows.shape
        height = max(1, _IMAGES // prod(self.shape))
        for start in range(0, len(inputs), height):
            images = inputs[start : start + height].reshape(-1, *self.shape[1:])
            place = result[start : start + height]
            if place.flags.c_contiguous:
                self._pool(images, place.reshape(-1, prod(maps)))
            else:
                pooled = np.empty((len(place) * channels, prod(maps)))
                self._pool(images, pooled)
                place[...] = pooled.reshape(place.shape)
        return result

    @abstractmethod
    def _pool(self, images: Array, out: Array) -> None:
        """(images, ...) to (images, cells), an image for each channel of each row."""

    def sources(self, unit: int) -> list[int]:
        """The inputs that one output unit's window holds."""
        channel, *cell = (int(at) for at in np.unravel_index(unit, self.out_shape))
        start = channel * prod(self.shape[1:])
        return [start + source for _, source in self.windows.held(tuple(cell))]


KEYS = (
    ArrayKey("size", (0, 1), "of a window: one number, one an axis", True, words=("all",)),
    ArrayKey("stride", (0, 1), "from one window to the next, one number or one an axis (default: the size)"),
    ArrayKey("padding", (0, 1, 2), "as that of `conv`; a window holds one input at the least", words=("same", "valid")),
    ArrayKey("dilation", (0, 1), "from one entry of a window to the next (default: 1)"),
)


def given_to(values: Values, shapes: tuple[Shape, ...], chosen: Activation, name: str) -> dict[str, Any]:
    """What a network file says, as fields of the layer."""
    given = {key: values[key] for key in ("stride", "padding", "dilation") if key in values}
    return {
        "shape": shape_before(shapes), "window": values["size"], **given, "activation": chosen, "name": name
    }  # fmt: skip
