"""Layers that take what several layers give: added, multiplied, or one behind the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import IDENTITY, Activation
from nnlec.network.layers.checks import Shape, checked_shape
from nnlec.network.layers.interface import Layer, Term, UnitTerms
from nnlec.text import by

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


@dataclass(frozen=True, eq=False)
class Joined(Layer):
    """A layer that meets several rows number by number.

    `shapes` are what comes in, one for each layer taken; a row holds one behind the other. They are alike, but an axis
    of size 1 meets every place of the others' axis. Raises `NnlecError` for fewer than two, and for shapes that differ.
    """

    shapes: tuple[Shape, ...]
    activation: Activation = IDENTITY
    name: str = ""

    def _check(self) -> None:
        self._set(shapes=several_shapes(self.shapes))
        try:
            shape = np.broadcast_shapes(*self.shapes)
        except ValueError:
            shape = ()
        if len({len(each) for each in self.shapes}) > 1 or not shape:
            given = " and ".join(map(by, self.shapes))
            raise NnlecError(f"{given} come in, expected one shape", where="from")
        self._set(_out_shape=checked_shape("from", shape))

    @property
    def in_shape(self) -> Shape:
        return (sum(map(prod, self.shapes)),)

    @property
    def out_shape(self) -> Shape:
        shape: Shape = self.__dict__["_out_shape"]
        return shape

    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        result = np.empty((len(inputs), self.n_out)) if out is None else out
        maps = result.reshape(len(inputs), *self.out_shape)
        meet = np.add if self.combine == "sum" else np.multiply
        first, *others = parts_of(inputs, self.shapes)
        maps[...] = first
        for each in others:
            meet(maps, each, out=maps)
        result += 0.0  # no zero is negative
        return result

    def terms(self, unit: int) -> UnitTerms:
        return UnitTerms([Term(int(source), None) for source in self._sources[unit]])

    @cached_property
    def _sources(self) -> Array:
        """(n_out, layers), as doubles: the places of the numbers that meet in an output."""
        places = np.arange(float(self.n_in))[np.newaxis]
        met = [np.broadcast_to(part[0], self.out_shape).ravel() for part in parts_of(places, self.shapes)]
        return np.stack(met, axis=1)


def several_shapes(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Shapes of what comes in. Raises `NnlecError` for fewer than two."""
    if len(shapes) < 2:
        raise NnlecError("it takes two layers or more", where="from", hint="write `from: [name, name]`")
    return tuple(checked_shape("from", shape) for shape in shapes)


def parts_of(rows: Array, shapes: tuple[Shape, ...]) -> list[Array]:
    """The part of each layer taken, (rows, *shape), of rows that hold one behind the other."""
    ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
    return [part.reshape(len(rows), *shape) for part, shape in zip(np.split(rows, ends, axis=1), shapes, strict=True)]
