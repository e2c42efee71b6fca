"""Why a layer of one network gives other numbers than that of another: each cause is a change that would mend it.

A cause is a row of the table: a sentence, and what it changes in the second network's layer. It is named where the
changed layer, given the first network's input, gives the first network's numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import ACTIVATIONS, Activation, activation
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Layer, Shape
    from nnlec.network.network import Network


def same_size(one: Layer, other: Layer) -> bool:
    """Whether two layers are of one kind and take and give numbers of the same shape."""
    return (one.kind, one.in_shape, one.out_shape) == (other.kind, other.in_shape, other.out_shape)


@dataclass(frozen=True)
class Suspects:
    """The first layer that differs, by its number, and the number of the last layer of B that was like one of A's.

    `begun`: of one of the two, only the sums before the activation were alike. `ended`: A's last numbers were alike.
    """

    first: Network
    second: Network
    number: int
    matched: int
    inputs: Array
    single: bool
    begun: bool
    ended: bool

    @property
    def layer(self) -> Layer:
        return self.first.layers[self.number - 1]

    @cached_property
    def counterpart(self) -> int | None:
        """B's layer that stands where A's does: of the same kind and shapes, else of the same kind, else the next.

        None where one of the two has come to its end.
        """
        if self.ended and self.matched < len(self.second.layers):
            return None
        after = range(self.matched if self.begun else self.matched + 1, len(self.second.layers) + 1)
        mine = self.layer
        for alike in (
            lambda other: same_size(mine, other),
            lambda other: other.kind == mine.kind,
            lambda _: True,
        ):
            found = next((number for number in after if alike(self.second.layers[number - 1])), None)
            if found is not None:
                return found
        return None

    @cached_property
    def expected(self) -> Array:
        """What A's layer gives."""
        return self.after(self.layer)

    def after(self, layer: Layer) -> Array:
        """What a layer gives of A's input."""
        with np.errstate(all="ignore"):
            return layer.activation.apply(layer.forward(self.inputs))

    def mends(self, layer: Layer) -> bool:
        """Whether a layer gives A's numbers of A's input."""
        from nnlec.grading.differences import ROUNDING, distance

        if layer.n_in != self.inputs.shape[1]:
            return False
        found = self.after(layer)
        return found.shape == self.expected.shape and distance(self.expected, found, self.single) <= ROUNDING


LayerChange = Callable[[Any, Any, Suspects], Any]
"""B's layer changed, from A's and B's; None where the cause cannot be."""


class Cause(NamedTuple):
    """A sentence about B, and the change that would mend it. `field` is a number that the sentence shows of each."""

    sentence: str
    change: LayerChange
    field: str = ""

    def said(self, mine: Layer, other: Layer) -> str:
        """The sentence, with the numbers of its field."""
        if not self.field:
            return self.sentence
        return f"{self.sentence}: {float(getattr(mine, self.field)):g} in A, {float(getattr(other, self.field)):g} in B"


def causes_of(suspects: Suspects) -> tuple[str, ...]:
    """The sentences of the causes that hold, the simplest first; what differs in the layers where none does."""
    found = [*_missing(suspects)] or [*_behind(suspects)]
    if found or suspects.counterpart is None:
        return tuple(found)
    other = suspects.second.layers[suspects.counterpart - 1]
    if suspects.mends(other):
        return ("given the same input it gives the same: what is before it differs by more than rounding",)
    found = [cause.said(suspects.layer, other) for cause in CAUSES if _holds(cause, suspects, other)][:1]
    found = found or [*_activations(suspects, other)] or [*_orders(suspects, other)]
    return tuple(found or _unlike(suspects.layer, other))


def _holds(cause: Cause, suspects: Suspects, other: Layer) -> bool:
    try:
        changed = cause.change(suspects.layer, other, suspects)
    except (NnlecError, ValueError, TypeError, AttributeError):  # the layer has no such thing
        return False
    return changed is not None and suspects.mends(changed)


def _turned(mine: Any, other: Any, _: Suspects) -> Any:
    return replace(other, weights=np.ascontiguousarray(other.weights.T)) if mine.kind == "dense" else None


def _no_bias(mine: Any, other: Any, _: Suspects) -> Any:
    return None if other.bias is not None or mine.bias is None else replace(other, bias=mine.bias)


def _bias_dropped_by_a(mine: Any, other: Any, _: Suspects) -> Any:
    return replace(other, bias=None) if mine.bias is None and other.bias is not None else None


def _field(name: str, change: Callable[[Any], Any]) -> LayerChange:
    """One field of B's layer changed."""
    return lambda mine, other, _: (
        replace(other, **{name: change(getattr(other, name))}) if other.kind == mine.kind else None
    )


def _as_in_a(name: str) -> LayerChange:
    """One field of B's layer as A has it."""
    return lambda mine, other, _: replace(other, **{name: getattr(mine, name)})


def _channels_last(mine: Any, other: Any, suspects: Suspects) -> Any:
    """B's rows stand in the order height, width, channel of the maps before."""
    before = _maps_before(suspects.first, suspects.number)
    if mine.kind != "dense" or before is None:
        return None
    channels, *rest = before
    rows = other.weights.reshape(*rest, channels, -1)
    turned = np.moveaxis(rows, -2, 0).reshape(other.weights.shape)
    return replace(other, weights=np.ascontiguousarray(turned))


def _maps_before(network: Network, number: int) -> Shape | None:
    """The shape of the maps that a dense layer's row was made of."""
    while number:
        number = network.sources[number - 1][0]
        shape = network.layers[max(0, number - 1)].in_shape
        if len(shape) > 1:
            return shape
    return None


def _spread(_mine: Any, other: Any, _: Suspects) -> Any:
    return replace(other, variance=other.variance**2)


def _flipped(_mine: Any, other: Any, _: Suspects) -> Any:
    return replace(other, flip=not other.flip)


def _placed(mine: Any, other: Any, _: Suspects) -> Any:
    """B's kernels with A's stride, padding and dilation."""
    if mine.kind != other.kind:
        return None
    return replace(other, stride=mine.stride, padding=mine.padding, dilation=mine.dilation)


def _kernels_turned(mine: Any, other: Any, _: Suspects) -> Any:
    if mine.kind != "conv" or other.weights.ndim != 4:
        return None
    return replace(other, weights=np.ascontiguousarray(other.weights.swapaxes(2, 3)))


CAUSES: tuple[Cause, ...] = (
    Cause("B's weights are the transpose of A's", _turned),
    Cause("B has no bias", _no_bias),
    Cause("A has no bias", _bias_dropped_by_a),
    Cause("B's bias has the opposite sign", _field("bias", lambda bias: -bias)),
    Cause("B's bias is another", _as_in_a("bias")),
    Cause("B's weights expect height, width, channel flattened; A flattens channel, height, width", _channels_last),
    Cause("B's weights have the opposite sign", _field("weights", lambda weights: -weights)),
    Cause("epsilon is another", _as_in_a("epsilon"), "epsilon"),
    Cause("B has the standard deviation where the variance belongs", _spread),
    Cause("B's mean is another", _as_in_a("mean")),
    Cause("B's variance is another", _as_in_a("variance")),
    Cause("B's scale (gamma) is another", _as_in_a("scale")),
    Cause("B's shift (beta) is another", _as_in_a("shift")),
    Cause("B turns its kernels round (convolution, not correlation)", _flipped),
    Cause("B's kernels have rows and columns exchanged", _kernels_turned),
    Cause(
        "B's kernels have channels in and out exchanged",
        _field("weights", lambda weights: np.ascontiguousarray(weights.swapaxes(0, 1))),
    ),
    Cause("B counts padding otherwise in its means", _as_in_a("count_padding")),
    Cause("B's stride, padding or dilation is another", _placed),
    *(Cause(f"B's {step} is another", _as_in_a(step)) for step in ("subtract", "divide", "multiply", "add")),
)
"""Changes of one layer, the simplest first."""


def _shown(chosen: Activation) -> str:
    given = ", ".join(f"{key} {value:g}" for key, value in chosen.parameters.items() if isinstance(value, float))
    return f"{chosen.name} ({given})" if given else chosen.name


def _activations(suspects: Suspects, other: Layer) -> Iterator[str]:
    """The activation or a parameter of it, where the numbers before it are the same."""
    mine = suspects.layer.activation
    unlike = (mine.name, dict(mine.parameters)) != (other.activation.name, dict(other.activation.parameters))
    if unlike and suspects.mends(replace(other, activation=mine)):  # type: ignore[type-var]
        yield f"A's activation is {_shown(mine)}, B's is {_shown(other.activation)}"
        return
    for name in ACTIVATIONS:
        if suspects.mends(replace(other, activation=activation(name))):  # type: ignore[type-var]
            yield f"B would be the same with the activation {name}"
            return


def _orders(suspects: Suspects, other: Any) -> Iterator[str]:
    """Rows or columns of the weights in another order: inputs, or units."""
    mine: Any = suspects.layer
    if mine.kind not in ("dense", "conv") or other.kind != mine.kind or mine.weights.shape != other.weights.shape:
        return
    last = suspects.number == len(suspects.first.layers)
    ends = {0: "inputs", 1: "classes" if last else "units"} if mine.kind == "dense" else {1: "inputs", 0: "channels"}
    for axis, things in ends.items():
        one, two = (np.moveaxis(each.weights, axis, 0).reshape(each.weights.shape[axis], -1) for each in (mine, other))
        order = _order(one, two)
        if order is not None:
            shown = ", ".join(str(place + 1) for place in order[:12])
            yield f"B has its {things} in another order: A's {shown}"
            return


def _order(mine: Array, other: Array) -> list[int] | None:
    """Which row of A each row of B is, where they are the same rows; None where they are not."""
    near = 1e-5 * max(float(np.abs(mine).max()), 1e-30)
    order = []
    for row in other:
        places = np.flatnonzero(np.abs(mine - row).max(axis=1) <= near)
        if not len(places):
            return None
        order.append(int(places[0]))
    return order if sorted(order) == list(range(len(mine))) and order != sorted(order) else None


def _missing(suspects: Suspects) -> Iterator[str]:
    """A layer that only one of the two has: B's next layer fits when A's is left out, or the other way round."""
    first, second, number = suspects.first, suspects.second, suspects.number
    layer = suspects.layer
    after = [place for place in range(number, len(first.layers)) if first.sources[place] == (number,)]
    if after and layer.kind in ("scale", "batch_norm", "layer_norm", "dropout", "max_pool", "average_pool"):
        following = first.layers[after[0]]
        for candidate in second.layers[suspects.matched :]:
            if candidate.kind == following.kind and _same_arrays(candidate, following) and _absent(second, layer):
                yield f"B has no layer like A's {layer.name} ({layer.kind})"
                return
    place = suspects.matched
    if place < len(second.layers) and second.layers[place].kind != layer.kind:
        for candidate in second.layers[place + 1 : place + 3]:
            if candidate.kind == layer.kind and _same_arrays(candidate, layer) and _absent(first, second.layers[place]):
                yield f"A has no layer like B's {second.layers[place].name} ({second.layers[place].kind})"
                return
    if number == len(first.layers) and suspects.counterpart is not None:
        yield from _probabilities(suspects, second.layers[suspects.counterpart - 1])


def _behind(suspects: Suspects) -> Iterator[str]:
    """One of the two goes on where the other ends."""
    if suspects.counterpart is None and suspects.ended:
        more = suspects.second.layers[suspects.matched]
        yield f"A has no layer like B's {more.name} ({more.kind})"
    elif suspects.counterpart is None:
        yield f"B has no layer like A's {suspects.layer.name} ({suspects.layer.kind})"


def _absent(network: Network, layer: Layer) -> bool:
    return not any((each.kind, each.in_shape) == (layer.kind, layer.in_shape) for each in network.layers)


def _same_arrays(one: Layer, other: Layer) -> bool:
    """Whether two layers have the same arrays, to single precision."""
    ours, theirs = one.arrays, other.arrays
    return ours.keys() == theirs.keys() and all(
        ours[key].shape == theirs[key].shape and np.allclose(ours[key], theirs[key], rtol=1e-5, atol=1e-7)
        for key in ours
    )


def _probabilities(suspects: Suspects, other: Layer) -> Iterator[str]:
    """Logits on one side, probabilities or decisions on the other."""
    mine = suspects.layer.activation
    for one, two, sides in ((mine, other.activation, "AB"), (other.activation, mine, "BA")):
        known = one.logit_scale is not None or one.kind.gives == "decision"
        if known and two.is_identity and suspects.mends(replace(other, activation=mine)):  # type: ignore[type-var]
            given = ("decisions", "scores") if one.kind.gives == "decision" else ("probabilities", "logits")
            yield f"{sides[0]} gives {given[0]} ({one.name}), {sides[1]} gives {given[1]}"
            return


def _unlike(mine: Layer, other: Layer) -> Iterator[str]:
    """What is different about two layers, where no simple cause holds."""
    a, b = (f"{each.kind} {each.n_in} -> {each.n_out}" for each in (mine, other))
    if a != b:
        yield f"A's layer is {a}, B's is {b}"
        return
    for key, array in mine.arrays.items():
        theirs = other.arrays.get(key)
        if theirs is None or theirs.shape != array.shape:
            continue
        if (wrong := ~np.isclose(array, theirs, rtol=1e-5, atol=1e-7)).any():
            place = tuple(int(at) for at in np.argwhere(wrong)[0])
            shown = ", ".join(str(at + 1) for at in place)
            size = counted(int(wrong.sum()), "number")
            values = f"{array[place]:.6g} and {theirs[place]:.6g}"
            yield f"{size} of {array.size:,} in its {key} differ, first at ({shown}): {values}"
