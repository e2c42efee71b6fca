"""Layers put together one by one, as a reader of a model finds them; at the end a Network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.arithmetic.written import Stored
from nnlec.errors import NnlecError, shortened
from nnlec.network.activations import IDENTITY, Activation, activation
from nnlec.network.layers import Layer, layer_kind
from nnlec.network.network import Network
from nnlec.text import is_plain

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Shape

MOST_LAYERS = 2000
MOST_NUMBERS = 250_000_000
"""Weights of all layers: 2 GB. A file may name the same numbers many times."""

_STEPS = ("subtract", "divide", "multiply", "add")
"""What a scale layer does, in its order."""


class Assembly:
    """The layers so far, numbered from 1; 0 is the network's input, of that `shape`."""

    def __init__(self, shape: Shape) -> None:
        self.shapes: list[Shape] = [shape]
        self.layers: list[Layer] = []
        self.sources: list[tuple[int, ...]] = []
        self.numbers = 0

    def add(
        self,
        kind: str,
        values: Mapping[str, object],
        sources: Sequence[int],
        name: str = "",
        activation: Activation = IDENTITY,
    ) -> int:
        """A layer of that kind behind those; its number. Raises `NnlecError` for what does not fit."""
        if len(self.layers) >= MOST_LAYERS:
            raise NnlecError(f"more than {MOST_LAYERS:,} layers")
        given: dict[str, Any] = {
            key: value if isinstance(value, str | Stored) else doubles(value) for key, value in values.items()
        }
        self.numbers += sum(value.size for value in given.values() if not isinstance(value, str))
        if self.numbers > MOST_NUMBERS:
            raise NnlecError(f"more than {MOST_NUMBERS:,} weights")
        if not self.layers and len(sources) > 1:  # the first layer takes the input alone, as it is
            sources = (self.add(*self._as_it_is(0), (0,)),) * len(sources)
        shapes = tuple(self.shapes[source] for source in sources)
        layer = layer_kind(kind).build(given, shapes, activation, self._free(name))
        joins = layer_kind(kind).joins
        if layer.n_in != sum(map(prod, shapes)) or not (joins or shapes[0] == layer.in_shape):
            given_shapes = " and ".join(str(list(shape)) for shape in shapes)
            raise NnlecError(f"it takes {list(layer.in_shape)}, but {given_shapes} comes in")
        self.layers.append(layer)
        self.sources.append(tuple(sources))
        self.shapes.append(layer.out_shape)
        return len(self.layers)

    def layer(self, number: int) -> Layer | None:
        """The layer of that number; None for the input."""
        return self.layers[number - 1] if number else None

    def change(self, number: int, **fields: object) -> int:
        """Gives a layer other fields; its number."""
        layer = self.layers[number - 1]
        kept = {name: value for name, value in vars(layer).items() if isinstance(value, Stored)}  # not read for this
        self.layers[number - 1] = replace(layer, **(kept | fields))  # type: ignore[type-var]
        return number

    def activate(self, number: int, activation: Activation, *, alone: bool, name: str = "") -> int:
        """That activation of what a layer gives: in the layer itself where nobody else takes it (`alone`)."""
        layer = self.layer(number)
        if alone and layer is not None and layer.activation.is_identity:
            return self.change(number, activation=activation)
        return self.add(*self._as_it_is(number), (number,), name, activation)

    def _as_it_is(self, number: int) -> tuple[str, dict[str, object]]:
        """The kind and values of a layer that changes nothing."""
        shape = self.shapes[number]
        return ("scale", {"multiply": 1.0}) if len(shape) == 1 else ("reshape", {"shape": shape})

    def scale(self, number: int, step: str, numbers: Array, *, alone: bool, name: str = "") -> int:
        """One of subtract, divide, multiply, add: `numbers` is one, or as many as the layer gives.

        It becomes a bias, or part of the scale layer before, where it can.
        """
        layer = self.layer(number)
        if alone and layer is not None and layer.activation.is_identity:
            if step in ("add", "subtract") and layer.kind == "dense" and "bias" not in layer.numbers:
                bias = np.broadcast_to(numbers if step == "add" else -numbers, (layer.n_out,))
                return self.change(number, bias=bias)
            if layer.kind == "scale" and (merged := _merged(layer, step, numbers)) is not None:
                return self.change(number, **merged)
        shape = self.shapes[number]
        if len(shape) > 1 and step != "divide" and (channels := _of_channels(numbers, shape)) is not None:
            keys = {"subtract": "mean", "multiply": "scale", "add": "shift"}
            given = {"mean": 0.0, "variance": 1.0, "epsilon": 0.0, keys[step]: channels}
            return self.add("batch_norm", given, (number,), name)
        if len(shape) > 1:
            number = self.add("flatten", {}, (number,))
        number = self.add("scale", {step: numbers}, (number,), name)
        return number if len(shape) == 1 else self.add("reshape", {"shape": shape}, (number,))

    def _free(self, name: str) -> str:
        """The name, or `layer N` where it is none or taken."""
        name = plain_name(name)
        taken = {layer.name for layer in self.layers} | {"input"}
        default = f"layer {len(self.layers) + 1}"
        return default if not name or name in taken or re.fullmatch(r"(layer )?\d+", name) else name

    def network(self, **names: Any) -> Network:
        """The layers as a network with these names. Raises `NnlecError` for what does not fit."""
        if not self.layers:
            raise NnlecError("no layers: it gives what it takes")
        return Network(tuple(self.layers), sources=tuple(self.sources), **names)


def doubles(value: object) -> Array:
    """Numbers as a layer keeps them, so that it makes no further copy."""
    given = np.asarray(value)
    with np.errstate(invalid="ignore"):  # what is no number is refused by the layer
        if given.ndim == 2 and given.flags.f_contiguous and given.size > _TILE**2:
            array = _turned(given.T)
        else:
            array = np.array(given, dtype=np.float64, order="C")
    array.flags.writeable = False
    return array


_TILE = 256


def _turned(matrix: np.ndarray) -> Array:
    """The transpose in doubles, in tiles that fit into the cache: a third faster."""
    turned = np.empty(matrix.shape[::-1])
    for i in range(0, matrix.shape[0], _TILE):
        for j in range(0, matrix.shape[1], _TILE):
            turned[j : j + _TILE, i : i + _TILE] = matrix[i : i + _TILE, j : j + _TILE].T
    return turned


def _of_channels(numbers: Array, shape: Shape) -> Array | None:
    """The number of each channel, or the one of all; None where numbers differ within a channel."""
    if not numbers.ndim:
        return numbers
    maps = numbers.reshape(shape[0], -1)
    return maps[:, 0] if (maps == maps[:, :1]).all() else None


def _merged(layer: Layer, step: str, numbers: Array) -> dict[str, Array] | None:
    """The fields of a scale layer that does this too; None where its order does not allow it."""
    used = dict(layer.arrays)
    if set(used) == {"add"} and step != "add":  # x + b is x - (-b), which may be divided
        used = {"subtract": -used["add"]}
    if any(_STEPS.index(key) >= _STEPS.index(step) for key in used):
        return None
    neutral = {"add": np.array(0.0)} if "subtract" in used else {}
    return neutral | used | {step: np.asarray(numbers, dtype=np.float64)}


def plain_name(name: str) -> str:
    """A name out of a file, as it may stand in a network; empty where it may not."""
    name = name.strip()
    return shortened(name, 60) if name and is_plain(name) else ""


def layer_of(weights: str) -> str:
    """The layer that weights of that name belong to: `fc1` of `fc1.weight`; empty where a name says nothing."""
    ends = (".weight", ".weights", ".kernel", "/kernel", ".bias")
    return next((weights.removesuffix(end) for end in ends if weights.endswith(end)), "")


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, where they can be names: plain and different from each other; else none."""
    plain = tuple(map(plain_name, names))
    return plain if all(plain) and len(set(plain)) == len(plain) else ()


def activation_of(name: str, given: Mapping[str, float] | None = None) -> Activation:
    """The activation of that name; parameters of single precision in the decimals they were most likely written in."""
    return activation(name, {key: written(value) for key, value in (given or {}).items()})


def written(number: float) -> float:
    """A number of single precision as it was most likely written: 0.2 for 0.20000000298023224.

    >>> written(0.20000000298023224), written(0.1)
    (0.2, 0.1)
    """
    with np.errstate(over="ignore"):
        single = np.float32(number)
    return float(str(single)) if float(single) == number else number
