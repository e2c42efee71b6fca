"""What Keras's layers give, as layers of a network: Keras has channels last, a network has them first.

A value knows which axis of Keras's is where, so that axes are turned only where it matters. Maps that were flattened
stay in the network's order; the weights that meet them are put into that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.assembly import Assembly
from nnlec.models.keras_file.layer import KerasLayer
from nnlec.network.activations import Activation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Shape

PointwiseStep = Activation | tuple[str, float]
"""An activation, or one of subtract, divide, multiply, add and a number."""

MOST_SPREAD = 10_000_000
"""Numbers of an example on which fewer are laid."""


@dataclass(eq=False)
class KerasValue:
    """What a layer of the network gives, by its `number`; `shape` is Keras's, axis k here is Keras's `axes[k]`.

    `maps`: it is a row, maps of that shape and axes flattened as they are here. `padding`: zeros before and after each
    of Keras's axes that the next layer has still to add. `uses`: how many take it; `others`: or its layer.
    """

    number: int
    shape: Shape
    axes: tuple[int, ...]
    maps: tuple[Shape, tuple[int, ...]] | None = None
    padding: tuple[tuple[int, int], ...] = ()
    uses: int = 1
    others: int = 0
    turned: dict[tuple[int, ...], KerasValue] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Whether only one layer takes what its layer gives."""
        return self.uses + self.others == 1

    @property
    def order(self) -> NDArray[np.intp] | None:
        """Of a flattened row: which of Keras's numbers each is; None where they are in the same order."""
        if self.maps is None or in_order(*self.maps):
            return None
        shape, axes = self.maps
        return np.arange(prod(shape), dtype=np.intp).reshape(shape).transpose(axes).ravel()

    def used(self, uses: int, **changes: object) -> KerasValue:
        """The same for another number of takers, beside those that its layer has already."""
        others = self.others + self.uses - 1
        return replace(self, uses=uses, others=others, turned={}, **changes)  # type: ignore[arg-type]


def in_order(shape: Shape, axes: Sequence[int]) -> bool:
    """Whether maps with their axes in that order are the same row of numbers."""
    moved = [axis for axis in axes if shape[axis] != 1]
    return moved == sorted(moved)


def channels_first(axis: int, rank: int) -> tuple[int, ...]:
    """The axes with one of them first."""
    return (axis, *(other for other in range(rank) if other != axis))


class KerasWalk:
    """Layers made so far, for the Keras layer that is `current`."""

    def __init__(self, shape: Shape) -> None:
        self.start = _as_it_comes(0, shape)
        self.assembly = Assembly(tuple(shape[axis] for axis in self.start.axes))
        self.current: KerasLayer
        self.double = False

    def add(self, kind: str, values: Mapping[str, object], *sources: int, name: str | None = None) -> int:
        """A layer of the network, with the current layer's name."""
        return self.assembly.add(kind, values, sources, self.current.name if name is None else name)

    def made(self, number: int, axes: tuple[int, ...]) -> KerasValue:
        """What a layer gives, whose axes are Keras's in that order."""
        given = self.assembly.shapes[number]
        shape = tuple(size for _, size in sorted(zip(axes, given, strict=True)))
        return KerasValue(number, shape, axes)

    def like(self, value: KerasValue, kind: str, values: Mapping[str, object]) -> KerasValue:
        """A layer that gives its numbers in the order in which it takes them."""
        return replace(self.made(self.add(kind, values, value.number), value.axes), maps=value.maps)

    def unpadded(self, value: KerasValue) -> KerasValue:
        """A value that has no zeros still to be added. Raises `NnlecError` for one that has."""
        if value.padding:
            raise self.current.error("zeros around what comes in are added by a convolution or a pooling alone")
        return value

    def turned(self, value: KerasValue, axes: tuple[int, ...]) -> KerasValue:
        """The value with its axes in that order."""
        value = self.plain(value)
        if value.axes == axes:
            return value
        if axes not in value.turned:
            shape = tuple(value.shape[axis] for axis in axes)
            here = [value.axes.index(axis) for axis in axes]
            if in_order(tuple(value.shape[axis] for axis in value.axes), here):
                number = self.add("reshape", {"shape": shape}, value.number, name="")
            else:
                number = self.add("transpose", {"axes": [place + 1 for place in here]}, value.number, name="")
            value.turned[axes] = KerasValue(number, value.shape, axes)
        return value.turned[axes]

    def plain(self, value: KerasValue) -> KerasValue:
        """The value in Keras's order, where it is a flattened row in another."""
        if value.maps is None or in_order(*value.maps):
            return value
        shape, axes = value.maps
        maps = self.add("reshape", {"shape": [shape[axis] for axis in axes]}, value.number, name="")
        back = self.turned(KerasValue(maps, shape, axes), tuple(range(len(shape))))
        return KerasValue(self.add("flatten", {}, back.number, name=""), value.shape, (0,))

    def row(self, value: KerasValue) -> int:
        """The layer that gives a value's numbers in Keras's order."""
        value = self.plain(self.unpadded(value))
        if not in_order(value.shape, value.axes):
            value = self.turned(value, tuple(range(len(value.shape))))
        return value.number

    def reshaped(self, value: KerasValue, shape: Shape) -> KerasValue:
        """The value's numbers in Keras's order as another shape."""
        if shape == value.shape:
            return value
        number = self.row(value)
        wanted = _as_it_comes(number, shape)
        here = tuple(shape[axis] for axis in wanted.axes)
        if here == self.assembly.shapes[number]:
            return replace(wanted, others=value.others + value.uses - 1)
        if len(here) == 1:
            return self.made(self.add("flatten", {}, number), (0,))
        return self.made(self.add("reshape", {"shape": here}, number), wanted.axes)

    def laid(self, value: KerasValue, numbers: Array) -> Array:
        """Numbers that Keras lays on an example, for a layer here: one, one for each channel, or one for each place."""
        if numbers.size == 1:
            return numbers.reshape(())
        if prod(value.shape) > MOST_SPREAD:
            raise self.current.error(f"numbers laid on {prod(value.shape):,}, the limit is {MOST_SPREAD:,}")
        try:
            full = np.broadcast_to(numbers, value.shape).transpose(value.axes)
        except ValueError:
            shapes = f"{list(numbers.shape)} numbers are laid on {list(value.shape)}"
            raise self.current.error(shapes) from None
        maps = full.reshape(full.shape[0], -1)
        if len(value.shape) > 1 and (maps == maps[:, :1]).all():
            return maps[:, 0].astype(np.float64)
        flat = full.ravel().astype(np.float64)
        return flat if value.order is None else flat[value.order]

    def activated(self, value: KerasValue, steps: Sequence[PointwiseStep]) -> KerasValue:
        """Activations of what a layer gives, in the layer itself where nobody else takes it."""
        alone, number = value.alone, value.number
        for step in steps:
            if isinstance(step, Activation):
                self._check_row(value, step)
                number = self.assembly.activate(number, step, alone=alone, name=self.current.name)
            else:
                number = self.add("scale", {step[0]: step[1]}, number, name="")
            alone = True
        if number == value.number:
            return value
        return replace(value, number=number, uses=1, others=0)

    def _check_row(self, value: KerasValue, step: Activation) -> None:
        """Raises `NnlecError` for an activation of maps that looks at a whole row; Keras's looks at the last axis."""
        if step.is_identity:
            return
        self.unpadded(value)
        if not step.kind.pointwise and value.shape[-1] != prod(value.shape):
            raise self.current.error(f"{step.name} over the last axis of {list(value.shape)}, expected a row")


def _as_it_comes(number: int, shape: Shape) -> KerasValue:
    """Numbers in Keras's order; one channel that is last is as well first."""
    rank = len(shape)
    return KerasValue(number, shape, channels_first(rank - 1, rank) if shape[-1] == 1 else tuple(range(rank)))
