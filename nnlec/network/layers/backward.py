"""A layer's way back: from dL/dz of its units to dL/dx of its inputs and the gradient of its learned numbers.

It is the transpose of the layer's terms, so that a kind of layer that says its terms has its gradient too: a factor
hands dL/dz down, an input is the gradient of the factor that it meets. A kind whose outputs are no sums, products or
choices of its inputs overrides `Layer.exact_backward` and `Layer.backward`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError
from nnlec.named import NamedTuple

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices
    from nnlec.network.layers.interface import Layer, Term, UnitTerms

_MOST_TERMS = 1 << 26
"""Inputs times outputs of a layer whose terms are laid out as a matrix."""

_BIAS = "bias"

ExactGradient = tuple[tuple[Decimal, ...], Mapping[str, tuple[Decimal, ...]]]
"""dL/dx, and the gradient of each learned array, its numbers in the array's order."""


def exact_backward(layer: Layer, inputs: Sequence[Decimal], delta: Sequence[Decimal]) -> ExactGradient:
    """The gradient of one row of decimal numbers, in the precision of the context."""
    below = [Decimal(0)] * layer.n_in
    gradients: dict[str, list[Decimal]] = {name: [Decimal(0)] * layer.arrays[name].size for name in layer.learned}
    for unit, d in enumerate(delta):
        of = layer.terms(unit)
        for term, slope in slopes_of(layer, of, inputs):
            below[term.source] += d * slope
            if term.parameter is not None:
                name, place = term.parameter
                gradients[name][flat_index(layer, name, place)] += d * inputs[term.source]
        if of.bias is not None and _BIAS in gradients:
            gradients[_BIAS][bias_place(layer, unit)] += d
    return tuple(below), {name: tuple(numbers) for name, numbers in gradients.items()}


def slopes_of(layer: Layer, of: UnitTerms, inputs: Sequence[Decimal]) -> Iterator[tuple[Term, Decimal]]:
    """Each term that the unit's value depends on, and by how much it changes with the term's input."""
    terms, combine = of.terms, str(layer.combine)
    if combine == "max":
        chosen = max(terms, key=lambda term: inputs[term.source])  # the first of equals
        yield chosen, Decimal(1)
        return
    for number, term in enumerate(terms):
        if combine == "product":
            others = (inputs[other.source] for place, other in enumerate(terms) if place != number)
            yield term, prod(others, start=Decimal(1))
        else:
            yield term, Decimal(1) if term.factor is None else term.factor


def learned(layer: Layer) -> tuple[str, ...]:
    """The names of the arrays that a step changes: those whose numbers are factors or biases of terms."""
    of = layer.terms(0)
    named = {term.parameter[0] for term in of.terms if term.parameter is not None}
    if of.bias is not None:
        named.add(_BIAS)
    return tuple(name for name in layer.arrays if name in named)


def flat_index(layer: Layer, name: str, place: tuple[int, ...]) -> int:
    """Where a learned number stands in its array."""
    index = 0
    for size, at in zip(layer.arrays[name].shape, place, strict=True):
        index = index * int(size) + at
    return index


def bias_place(layer: Layer, unit: int) -> int:
    """A bias for each unit, or for each channel of a map, whose units follow each other."""
    return unit * int(layer.arrays[_BIAS].size) // layer.n_out


def backward(layer: Layer, inputs: Array, delta: Array) -> Array:
    """dL/dx, (rows, n_in), of `inputs` (rows, n_in) and `delta`, dL/dz, (rows, n_out).

    Raises `NnlecError` for a layer that is too large.
    """
    laid = _laid_out(layer)
    if layer.combine in ("max", "product"):
        return _chosen(layer, laid, inputs, delta)
    return delta @ laid.factors.T


def gradients(layer: Layer, inputs: Array, delta: Array) -> dict[str, Array]:
    """The gradients of the learned arrays, summed over the rows, in their shapes; as `backward` otherwise."""
    found: dict[str, Array] = {}
    laid = _laid_out(layer)
    if laid.parameters:
        met = inputs.T @ delta
        for name, (places, sources, units) in laid.parameters.items():
            flat = np.zeros(layer.arrays[name].size)
            np.add.at(flat, places, met[sources, units])
            found[name] = flat.reshape(layer.arrays[name].shape)
    if _BIAS in layer.learned:
        size = int(layer.arrays[_BIAS].size)
        found[_BIAS] = delta.sum(axis=0).reshape(size, -1).sum(axis=1).reshape(layer.arrays[_BIAS].shape)
    return found


class _Laid(NamedTuple):
    """The terms of all units: factors as a matrix (n_in, n_out), sources (n_out, most terms), -1 where there is none.

    `parameters` says for each learned array which of its numbers is the factor between which source and unit.
    """

    factors: Array
    sources: Indices
    parameters: Mapping[str, tuple[Indices, Indices, Indices]]


@lru_cache(maxsize=32)
def _laid_out(layer: Layer) -> _Laid:
    if layer.n_in * layer.n_out > _MOST_TERMS:
        raise NnlecError(f"{layer.name} is too large for a step: {layer.n_in:,} inputs x {layer.n_out:,} outputs")
    units = [layer.terms(unit).terms for unit in range(layer.n_out)]
    factors = np.zeros((layer.n_in, layer.n_out))
    sources = np.full((layer.n_out, max(map(len, units), default=1)), -1)
    places: dict[str, list[tuple[int, int, int]]] = {}
    for unit, terms in enumerate(units):
        for number, term in enumerate(terms):
            factors[term.source, unit] += 1.0 if term.factor is None else float(term.factor)
            sources[unit, number] = term.source
            if term.parameter is not None:
                name, place = term.parameter
                places.setdefault(name, []).append((flat_index(layer, name, place), term.source, unit))
    found = {name: tuple(np.array(list(column)) for column in zip(*of, strict=True)) for name, of in places.items()}
    return _Laid(factors, sources, found)  # type: ignore[arg-type]


def _chosen(layer: Layer, laid: _Laid, inputs: Array, delta: Array) -> Array:
    """dL/dx of the largest of some inputs, or of their product."""
    below = np.zeros_like(inputs)
    rows = np.arange(len(inputs))
    for unit, sources in enumerate(laid.sources):
        of = sources[sources >= 0]
        values = inputs[:, of]
        if layer.combine == "max":
            below[rows, of[values.argmax(axis=1)]] += delta[:, unit]
        else:
            for number, source in enumerate(of):
                below[:, source] += delta[:, unit] * np.delete(values, number, axis=1).prod(axis=1)
    return below
