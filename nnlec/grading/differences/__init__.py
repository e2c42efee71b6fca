"""Two networks at work on the same rows: which numbers are alike, the first layer that differs, and why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlec.errors import NnlecError
from nnlec.grading.differences.causes import Suspects, causes_of, same_size
from nnlec.network.network import Network
from nnlec.network.passes import LayerTrace
from nnlec.shown import Bundle, Types, in_a_notebook
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Shape

ROUNDING = 64.0
"""Last places of a row's largest number that rounding may account for."""


class StepValues(NamedTuple):
    """What one step of a network gives: a layer's pre-activation, or its output; (rows, *shape)."""

    layer: int
    name: str
    shape: Shape
    numbers: Array


class Pair(NamedTuple):
    """An item of the first network, the name of the second's that is alike ("": none), and how far they are apart.

    `place` is where that one stands among the items of the second.
    """

    item: StepValues
    partner: str
    distance: float | None
    place: int = -1


class Difference(NamedTuple):
    """The first layer that differs: its number in each network, the causes found, and the worst of `of` numbers.

    There are none where the two do not give equally many.
    """

    layer: int
    other: int | None = None
    causes: tuple[str, ...] = ()
    given_the_same: bool = False
    worst: tuple[int, int] = (0, 0)
    values: tuple[float, float] = (nan, nan)
    wrong: int = 0
    of: int = 0


class Comparison(NamedTuple):
    """How two networks compare; `difference` is None where they are the same.

    Of a file of another program's numbers: the arrays that are like nothing of A, and the one that should be.
    """

    pairs: tuple[Pair, ...]
    difference: Difference | None
    distance: float | None
    single: bool
    unused: tuple[str, ...] = ()
    candidate: str = ""
    networks: tuple[Network, ...] = ()

    def __repr__(self) -> str:
        return f"<Comparison: {f'layer {self.difference.layer} differs' if self.difference else 'the same'}>"

    def _repr_mimebundle_(self, include: Types = None, exclude: Types = None) -> Bundle:
        return in_a_notebook(self, include, exclude)


def compare(first: Network, second: Network, rows: Array) -> Comparison:
    """The second network beside the first, both at work on `rows`, (rows, n_in).

    Raises `NnlecError` where they do not take equally many numbers.

    >>> from nnlec import Dense, Network
    >>> one, other = (Network((Dense([[weight]], [0.0], "identity"),)) for weight in (1.0, 2.0))
    >>> compare(one, other, np.array([[1.0]]))
    <Comparison: layer 1 differs>
    """
    if first.n_in != second.n_in:
        raise NnlecError(f"A takes {counted(first.n_in, 'number')}, but B takes {second.n_in}")
    single = "float32" in (first.dtype, second.dtype)
    ours, theirs = first.trace(rows).layers, second.trace(rows).layers
    mine, other = items_of(first, ours), items_of(second, theirs)
    pairs = paired(mine, other, single)
    last = distance(mine[-1].numbers, other[-1].numbers, single) if first.n_out == second.n_out else None
    found = None
    if last is None or last > ROUNDING:
        found = _difference(first, second, ours, theirs, pairs, other, single)
    return Comparison(tuple(pairs), found, last, single, networks=(first, second))


def items_of(network: Network, traced: Sequence[LayerTrace]) -> list[StepValues]:
    """What each step of the network gave."""
    items = []
    for number, (layer, each) in enumerate(zip(network.layers, traced, strict=True), start=1):
        shape = layer.out_shape
        items.append(StepValues(number, layer.name, shape, each.pre_activation))
        if not layer.activation.is_identity:
            items.append(StepValues(number, f"{layer.name}, {layer.activation.name}", shape, each.output))
    return items


def distance(ours: Array, theirs: Array, single: bool) -> float:
    """The largest difference, in last places of a row's largest number; infinite for other sizes and NaN.

    A row of small numbers counts as one of the usual size: what is left of larger ones is no more exact than they.
    """
    if ours.shape != theirs.shape:
        return float("inf")
    with np.errstate(over="ignore"):
        return float((_apart(ours, theirs) / _last_places(ours, single)).max())


def _last_places(numbers: Array, single: bool) -> Array:
    """The last place of each row's largest finite number, (rows, 1)."""
    largest = np.where(np.isfinite(numbers), np.abs(numbers), 0.0).max(axis=1, keepdims=True)
    largest = np.maximum(largest, max(float(np.median(largest)), float(np.finfo(np.float32).tiny)))
    places: Array = np.exp2(np.floor(np.log2(largest)) - (23 if single else 52))
    return places


def _apart(ours: Array, theirs: Array) -> Array:
    """How far each number is from the other: 0 for the same infinity and two NaN, infinite where one of them is NaN."""
    with np.errstate(all="ignore"):
        apart = np.where((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)), 0.0, np.abs(ours - theirs))
    apart[np.isnan(apart)] = np.inf
    return apart


def _alike(item: StepValues, other: StepValues, single: bool) -> float | None:
    """How far two items are apart where they are alike, axes in another order too; None where they are not."""
    if item.numbers.shape != other.numbers.shape:
        return None
    apart = distance(item.numbers, other.numbers, single)
    if apart <= ROUNDING:
        return apart
    if 1 < len(item.shape) <= 3:
        maps = item.numbers.reshape(-1, *item.shape)
        for order in permutations(range(1, len(item.shape) + 1)):
            turned = maps.transpose(0, *order).reshape(len(maps), -1)
            if (apart := distance(turned, other.numbers, single)) <= ROUNDING:
                return apart
    return None


def paired(mine: Sequence[StepValues], other: Sequence[StepValues], single: bool) -> list[Pair]:
    """Each item of the first network with the next of the second that is alike."""
    pairs, start = [], 0
    for item in mine:
        pair = Pair(item, "", None)
        for place in range(start, len(other)):
            apart = _alike(item, other[place], single)
            if apart is not None:
                start, pair = place, Pair(item, other[place].name, apart, place)
                break
        pairs.append(pair)
    return pairs


def _difference(
    first: Network,
    second: Network,
    ours: Sequence[LayerTrace],
    theirs: Sequence[LayerTrace],
    pairs: Sequence[Pair],
    other: Sequence[StepValues],
    single: bool,
) -> Difference:
    """The first step after the last that is alike, its counterpart given the same input, and the causes."""
    alike = [place for place, pair in enumerate(pairs) if pair.partner]
    place = min(alike[-1] + 1 if alike else 0, len(pairs) - 1)
    number, matched, begun = pairs[place].item.layer, 0, False
    if alike:
        last = pairs[alike[-1]]
        matched = other[last.place].layer
        goes_on = matched in [item.layer for item in other[last.place + 1 :]]
        begun = number == last.item.layer or goes_on
        if goes_on and any(same_size(first.layers[number - 1], layer) for layer in second.layers[matched:]):
            number = last.item.layer  # it is B's activation that A does not have
    ended = bool(alike) and alike[-1] == len(pairs) - 1
    suspects = Suspects(first, second, number, matched, ours[number - 1].inputs, single, begun, ended)
    found = causes_of(suspects)
    own, counterpart = ours[number - 1], suspects.counterpart
    if counterpart is None:
        return Difference(number, causes=found)
    layer = second.layers[counterpart - 1]
    same = layer.n_in == own.inputs.shape[1]
    given = suspects.after(layer) if same else theirs[counterpart - 1].output
    if given.shape != own.output.shape:
        return Difference(number, counterpart, found)
    return worst_of(Difference(number, counterpart, found, same), own.output, given, single)


def worst_of(difference: Difference, ours: Array, theirs: Array, single: bool) -> Difference:
    """The difference with the number that is farthest off, and how many differ by more than rounding."""
    apart = _apart(ours, theirs)
    row, unit = np.unravel_index(int(apart.argmax()), apart.shape)
    return difference._replace(
        worst=(int(row) + 1, int(unit) + 1),
        values=(float(ours[row, unit]), float(theirs[row, unit])),
        wrong=int((apart > ROUNDING * _last_places(ours, single)).sum()),
        of=int(apart.size),
    )
