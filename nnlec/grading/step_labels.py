"""What the rows and the figures of a step of learning are called."""

from __future__ import annotations

from nnlec.grading.problems import place_labels, unit_labels
from nnlec.named import NamedTuple
from nnlec.network.layers.interface import Layer
from nnlec.network.network import Network


class ParameterRow(NamedTuple):
    """Numbers of a layer that stand in one row: what follows the layer's name there, and their arrays."""

    apart: str
    arrays: tuple[str, ...]


def parts(layer: Layer) -> tuple[ParameterRow, ...]:
    """The rows of a layer's learned numbers; a bias in the first row of the weights stands before them."""
    if layer.leading_one:
        return (ParameterRow("", ("bias", "weights")),)
    return tuple(ParameterRow("" if name == "weights" else f" {name}", (name,)) for name in layer.learned)


def step_labels(network: Network, hidden: str = "h") -> dict[str, tuple[str, ...]]:
    """What the figures of each row are called, by the row's name, in the order in which they are computed."""
    found: dict[str, tuple[str, ...]] = {}
    for index in range(len(network.layers) - 1, -1, -1):
        layer = network.layers[index]
        labels = weight_labels(network, index)
        found[f"delta {layer.name}"] = tuple(f"d({unit})" for unit in _outputs(network, index + 1, hidden))
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
        return {name: place_labels(name, layer.numbers[name].shape) for name in layer.learned}
    earlier = [before for before in network.layers[:index] if before.matrix is not None]
    weights, units = sum(b.n_in * b.n_out for b in earlier), sum(b.n_out for b in earlier)
    of_units = {"bias": tuple(f"b{units + j + 1}" for j in range(layer.n_out))} if "bias" in layer.numbers else {}
    names = (f"w{weights + j * layer.n_in + i + 1}" for i in range(layer.n_in) for j in range(layer.n_out))
    return {"weights": tuple(names), **of_units}


def _outputs(network: Network, number: int, hidden: str) -> tuple[str, ...]:
    """The names of what layer `number` gives: h1, h(2)1, h(1)[1,2,3] of maps, the outputs' own."""
    if number == len(network.layers):
        return network.output_names
    return unit_labels(network.layers[number - 1], hidden if len(network.layers) == 2 else f"{hidden}({number})")
