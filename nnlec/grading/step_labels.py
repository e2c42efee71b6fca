"""What the rows and the figures of a step of learning are called."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from nnlec.grading.problems import layer_key
from nnlec.named import NamedTuple
from nnlec.network.layers.checks import numbered
from nnlec.network.layers.interface import Layer
from nnlec.network.network import Network


class Part(NamedTuple):
    """Numbers of a layer that stand in one row: what follows the layer's name there, and their arrays."""

    apart: str
    arrays: tuple[str, ...]


def parts(layer: Layer) -> tuple[Part, ...]:
    """The rows of a layer's learned numbers; a bias in the first row of the weights stands before them."""
    if layer.leading_one:
        return (Part("", ("bias", "weights")),)
    return tuple(Part("" if name == "weights" else f" {name}", (name,)) for name in layer.learned)


def step_labels(network: Network, hidden: str = "h") -> dict[str, tuple[str, ...]]:
    """What the figures of each row are called, by the row's name, in the order in which they are computed."""
    found: dict[str, tuple[str, ...]] = {}
    for index in range(len(network.layers) - 1, -1, -1):
        layer = network.layers[index]
        labels = weight_labels(network, index)
        found[f"delta {layer.name}"] = tuple(f"d({unit})" for unit in unit_labels(network, index + 1, hidden))
        for kind, written in (("gradient", "dL/d{}"), ("after", "{}+")):
            for part in parts(layer):
                of_part = [label for array in part.arrays for label in labels[array]]
                found[f"{kind} {layer.name}{part.apart}"] = tuple(map(written.format, of_part))
    return found


def step_letters(network: Network, hidden: str = "h") -> dict[str, tuple[str, int | None]]:
    """What single figures are called on paper: w5+, dL/dw5, dE/dw5, d(o1), d_o1, delta_o1; d1, d2 of the output."""
    found: dict[str, tuple[str, int | None]] = {}
    for row, labels in step_labels(network, hidden).items():
        for unit, label in enumerate(labels):
            bare = label.removeprefix("d(").removesuffix(")")
            others = (f"d_{bare}", f"delta_{bare}", f"delta {bare}") if label.startswith("d(") else ()
            for name in (label, label.replace("dL/", "dE/"), *others):
                found[name] = (row, unit)
    last = network.layers[-1]
    return found | {f"d{j + 1}": (f"delta {last.name}", j) for j in range(last.n_out) if f"d{j + 1}" not in found}


def weight_labels(network: Network, index: int) -> dict[str, tuple[str, ...]]:
    """Names of a layer's learned numbers in the file's order: w1, w3, w2, w4; b1, b2.

    As on paper the weights of all matrices are counted through, unit by unit. Other numbers have their places,
    weights[1,1,2,1].
    """
    layer = network.layers[index]
    if layer.matrix is None:
        return {name: _places(name, layer.numbers[name].shape) for name in layer.learned}
    earlier = [before for before in network.layers[:index] if before.matrix is not None]
    weights, units = sum(b.n_in * b.n_out for b in earlier), sum(b.n_out for b in earlier)
    of_units = {"bias": tuple(f"b{units + j + 1}" for j in range(layer.n_out))} if "bias" in layer.numbers else {}
    names = (f"w{weights + j * layer.n_in + i + 1}" for i in range(layer.n_in) for j in range(layer.n_out))
    return {"weights": tuple(names), **of_units}


def _places(name: str, shape: Sequence[int]) -> tuple[str, ...]:
    places = product(*(range(1, size + 1) for size in shape))
    return tuple(f"{name}[{','.join(map(str, place))}]" if place else name for place in places)


def unit_labels(network: Network, number: int, hidden: str = "h") -> Sequence[str]:
    """The names of what layer `number` gives: h1, h(2)1, h(1)[1,2,3] of maps, the outputs' own."""
    if number == len(network.layers):
        return network.output_names
    layer = network.layers[number - 1]
    letter = hidden if len(network.layers) == 2 else f"{hidden}({number})"
    if len(layer.out_shape) == 1:
        return [f"{letter}{j}" for j in range(1, layer.n_out + 1)]
    return [f"{letter}[{','.join(map(str, place))}]" for place in numbered(layer.out_shape)]


def output_row(network: Network, number: int) -> Sequence[str]:
    """The names under which a sheet may have the numbers that layer `number` gives."""
    name, last = network.layers[number - 1].name, number == len(network.layers)
    return (layer_key(name, last), *(("output",) if last else ()))
