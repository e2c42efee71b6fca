"""What a network and its inputs have to be, checked where they are made or come in."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError, shortened
from nnlec.named import NamedTuple
from nnlec.network.layers import LAYERS
from nnlec.network.layers.checks import Shape
from nnlec.network.layers.interface import Layer
from nnlec.text import by, counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network


def check_network(network: Network) -> None:
    """Raises `NnlecError`, whose `where` is the field at fault, for a network that means nothing."""
    if not network.layers:
        raise NnlecError("no layers, expected one at the least", where="layers")
    for layer in network.layers:
        if not isinstance(layer, Layer):
            raise NnlecError(f"{shortened(repr(layer))} is no layer", where="layers")
    _check_sources(network)
    for field in ("name", "unit", "loss"):
        if not isinstance(getattr(network, field), str):
            raise NnlecError(f"{getattr(network, field)!r} is no text", where=field)
    if network.dtype not in ("float64", "float32"):
        raise NnlecError(f"{network.dtype!r} is not taken, expected float64 or float32", where="dtype")
    for field, allowed in (
        ("inputs", {network.n_in}),
        ("outputs", {network.n_out}),
        ("classes", {network.n_out, 2} if network.n_out == 1 else {network.n_out}),
    ):
        _check_names(field, getattr(network, field), allowed)


def _check_sources(network: Network) -> None:
    if len(network.sources) != len(network.layers):
        raise NnlecError(
            f"{len(network.sources)} for {counted(len(network.layers), 'layer')}: one tuple for each", where="sources"
        )
    shapes = [network.layers[0].in_shape]
    for number, (layer, sources) in enumerate(zip(network.layers, network.sources, strict=True), start=1):
        if not sources or not all(isinstance(each, int) and 0 <= each < number for each in sources):
            what = f"layer {number} takes {', '.join(map(str, sources)) or 'nothing'}"
            raise NnlecError(f"{what}, expected 0 for the input or numbers of layers before it", where="sources")
        wrong = misfit(layer, [shapes[each] for each in sources])
        if wrong is not None:
            called = " and ".join(
                f"layer {each} ({network.layers[each - 1].name})" if each else "the input" for each in sources
            )
            raise NnlecError(
                f"layer {number} ({layer.name}) {wrong.takes}, but {called} {wrong.given}", hint=wrong.hint
            )
        shapes.append(layer.out_shape)
    used = {each for sources in network.sources for each in sources}
    unused = next((number for number in range(1, len(network.layers)) if number not in used), None)
    if unused is not None:
        name = network.layers[unused - 1].name
        raise NnlecError(f"no layer takes what layer {unused} ({name}) gives", where="sources")


class Misfit(NamedTuple):
    """Why a layer cannot take what is given: "takes 3 inputs", "has 2 outputs", and what its author may have meant."""

    takes: str
    given: str
    hint: str


def misfit(layer: Layer, shapes: Sequence[Shape]) -> Misfit | None:
    """What is wrong with giving a layer rows of these shapes; None where they fit."""
    kind = LAYERS.get(layer.kind)
    joins = kind is not None and kind.joins
    if not joins and len(shapes) > 1:
        return Misfit(f"is {layer.kind}, which takes one layer", "are several", "a layer `type: concat` joins them")
    given = sum(map(prod, shapes))
    if given != layer.n_in:
        flat = all(len(shape) == 1 for shape in shapes)
        total = counted(given, "output")
        return Misfit(
            f"takes {counted(layer.n_in, 'input')}",
            f"has {total}" if flat else f"gives {' and '.join(map(by, shapes))} = {given} numbers",
            layer.inputs_hint(given),
        )
    if joins or shapes[0] == layer.in_shape:
        return None
    flat = len(layer.in_shape) == 1
    return Misfit(
        f"takes {layer.n_in} numbers in one row" if flat else f"takes {by(layer.in_shape)}",
        f"gives {by(shapes[0])}",
        f"a layer `type: {'flatten' if flat else 'reshape'}` stands between them",
    )


def _check_names(field: str, names: tuple[str, ...], allowed: set[int]) -> None:
    for name in names:
        if not isinstance(name, str):
            raise NnlecError(f"{name!r} is no name", where=field)
        if names.count(name) > 1:
            raise NnlecError(f"{shortened(name)!r} is given twice", where=field)
    if names and len(names) not in allowed:
        expected = " or ".join(map(str, sorted(allowed)))
        raise NnlecError(f"{counted(len(names), 'name')}, expected {expected}", where=field)


def rows_of(inputs: object) -> Array:
    """Rows of real numbers, (rows, n), of what was given; a sequence of numbers is one row.

    Raises `NnlecError` for anything else.
    """
    try:
        values = np.asarray(inputs)
    except ValueError:
        raise NnlecError("the rows differ in length") from None
    if values.dtype.kind not in "fiub":
        raise NnlecError(f"the inputs hold {values.dtype}, expected real numbers")
    if values.ndim not in (1, 2):
        raise NnlecError(f"the inputs are {values.ndim}-D, expected rows of numbers, (rows, n)")
    return np.atleast_2d(values.astype(np.float64, copy=False))
