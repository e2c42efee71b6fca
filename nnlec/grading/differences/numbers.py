"""What another program gave, array by array, beside what a network gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.grading.differences import ROUNDING, Comparison, Difference, StepValues, distance, items_of, paired, worst_of
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network
    from nnlec.network.passes import LayerTrace


def compare_numbers(network: Network, arrays: Mapping[str, Array], rows: Array) -> Comparison:
    """What another program gave for the rows, arrays by name in their order, beside what the network gives.

    Raises `NnlecError` where no array has a row for each of `rows`.
    """
    flat = {name: array.reshape(len(rows), -1) for name, array in arrays.items() if array.size % len(rows) == 0}
    single = any(array.dtype.itemsize <= 4 for array in arrays.values()) or network.dtype == "float32"
    other = [StepValues(0, name, array.shape[1:], np.asarray(array, dtype=np.float64)) for name, array in flat.items()]
    if not other:
        raise NnlecError(f"no array has {counted(len(rows), 'row')}")
    traced = network.trace(rows).layers
    mine = items_of(network, traced)
    pairs = paired(mine, other, single)
    unused = tuple(name for name in arrays if all(pair.partner != name for pair in pairs))
    last = pairs[-1].distance
    if last is not None:
        return Comparison(tuple(pairs), None, last, single, unused, networks=(network,))
    alike = [place for place, pair in enumerate(pairs) if pair.partner]
    number = pairs[alike[-1] + 1 if alike else 0].item.layer
    candidate = _candidate(network, number, {each.name: each.numbers for each in other if each.name in unused})
    unused = tuple(name for name in unused if name != candidate)
    difference = Difference(number)
    if alike and pairs[alike[-1]].item.layer == number:
        difference = difference._replace(causes=(_left_out(network, number, pairs[alike[-1]].partner),))
    elif candidate:
        theirs = flat[candidate].astype(np.float64)
        causes = tuple(_causes(traced[number - 1], theirs, single))
        difference = worst_of(difference, traced[number - 1].output, theirs, single)._replace(causes=causes)
    return Comparison(tuple(pairs), difference, None, single, unused, candidate, (network,))


def _candidate(network: Network, number: int, arrays: Mapping[str, Array]) -> str:
    """The array that should be what the layer gives: by the layer's name, else the first of its size; "" for none."""
    layer = network.layers[number - 1]
    fitting = [name for name, array in arrays.items() if array.shape[1] == layer.n_out]
    named = [name for name in fitting if name.replace("_", " ") == layer.name.replace("_", " ")]
    return next(iter([*named, *fitting]), "")


def _left_out(network: Network, number: int, partner: str) -> str:
    return f"B's {partner} is what comes before A's activation ({network.layers[number - 1].activation.name})"


def _causes(mine: LayerTrace, theirs: Array, single: bool) -> Iterator[str]:
    """The activation that makes B's numbers of A's sums."""
    for name in ACTIVATIONS:
        with np.errstate(all="ignore"):
            found = activation(name).apply(mine.pre_activation)
        if found.shape == theirs.shape and distance(found, theirs, single) <= ROUNDING:
            yield f"B's numbers are those of the activation {name}"
            return
