"""What a network is made of, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from nnlec.network.layers.checks import Shape
from nnlec.network.meaning import NetworkKind
from nnlec.network.network import Network
from nnlec.rendering.document import Document, Heading, Number, Prose, Table, UserName
from nnlec.text import by, own

PREDICTS: dict[NetworkKind, str] = {
    "multi-class": "one class of several",
    "one-vs-rest": "one class of several, the largest output",
    "binary": "one class of two",
    "multi-label": "any number of labels",
    "decision": "one class, without probabilities",
    "regression": "numbers",
}


def describe_network(network: Network) -> Document:
    """Layers, shapes, activations and parameters."""
    rows = tuple(
        (
            UserName(layer.name),
            layer.kind,
            f"{_taken(network, number)} -> {_short(layer.out_shape)}",
            layer.activation.name,
            ", ".join(layer.numbers),
            Number(f"{layer.parameters:,}"),
        )
        for number, layer in enumerate(network.layers)
    )
    facts = [
        ("predicts", PREDICTS[network.kind]),
        ("inputs", f"{network.n_in}: {_listed(network.input_names)}"),
        ("outputs", f"{network.n_out}: {_listed(network.output_names)}"),
        *([("classes", _listed(network.classes))] if network.classes else []),
        *([("loss", network.loss)] if network.loss else []),
    ]
    return (
        *([Heading(UserName(network.name))] if network.name else []),
        Table(
            ("layer", "type", "shape", "activation", "learned", "parameters"),
            rows,
            totals=("total", "", "", "", "", Number(f"{network.parameters:,}")),
        ),
        *(Prose(f"{fact}: {value}") for fact, value in facts),
    )


def _taken(network: Network, index: int) -> str:
    """The shapes that come in, and the names of the layers they come from where that is not the one before."""
    layer, sources = network.layers[index], network.sources[index]
    if sources == (index,):
        return _short(layer.in_shape)
    named = (
        f"{network.layers[number - 1].name} {_short(network.layers[number - 1].out_shape)}"
        if number
        else f"{own('input')} {_short(network.layers[0].in_shape)}"
        for number in sources
    )
    return f" {own('and')} ".join(named)


def _short(shape: Shape) -> str:
    return by(shape).replace(" ", "")


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])}, ..., {names[-1]}"
