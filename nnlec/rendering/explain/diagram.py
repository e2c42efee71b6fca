"""From a network, and an example if there is one, to its diagram."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from nnlec.errors import NnlecError
from nnlec.network.layers import Layer
from nnlec.network.network import Network
from nnlec.network.trace import ExactTrace, Row
from nnlec.rendering.diagrams import MOST_WEIGHTS
from nnlec.rendering.document.diagram import Column, Connection, Diagram, Kind, Unit, Weight
from nnlec.rendering.explain.figures import Style

MOST_UNITS = 10
"""A layer with more is drawn by its first and last ones."""
MOST_EDGES = 20_000

_HEAD, _TAIL = 4, 3

Shown = tuple[int | None, ...]


def draw(
    network: Network,
    style: Style,
    trace: ExactTrace | None = None,
    most: int = MOST_UNITS,
    weights: bool | None = None,
) -> Diagram:
    """Every layer as a column; the bias as a unit labelled 1 on top of the column before; the example's numbers.

    Weights are written if they are wanted; None: where they can be read.
    Raises `NnlecError` for more edges than a picture can show.
    """
    sizes = [network.n_in, *(layer.n_out for layer in network.layers)]
    shown = [_shown(size, most) for size in sizes]
    connected = [len(a) * len(b) for a, b in pairwise(shown)]
    edges = sum(connected)
    if edges > MOST_EDGES:
        raise NnlecError(f"{edges:,} edges are too many for a picture, the limit is {MOST_EDGES:,}")
    rows: list[Row | None] = [None] * len(sizes)
    if trace is not None:
        rows = [trace.layers[0].inputs, *(layer.output for layer in trace.layers)]
    columns = []
    for number, size in enumerate(sizes):
        following = network.layers[number] if number < len(network.layers) else None
        units = [
            _unit(network, trace, number, index, rows[number], style) for index in shown[number] if index is not None
        ]
        if size > most:
            units.insert(_HEAD, Unit(f"{size - _HEAD - _TAIL} more", kind=Kind.OMITTED))
        bias = [Unit("1", kind=Kind.BIAS)] if following is not None and _has_bias(following) else []
        columns.append(Column(_title(network, number), (*bias, *units)))
    connections = [
        _connection(layer, shown[number], shown[number + 1], style) for number, layer in enumerate(network.layers)
    ]
    if weights is False or (weights is None and max(connected) > MOST_WEIGHTS):
        connections = [tuple(tuple(w and Weight("", w.sign) for w in row) for row in each) for each in connections]
    return Diagram(network.name, tuple(columns), tuple(connections))


def _shown(size: int, most: int) -> Shown:
    if size <= most:
        return tuple(range(size))
    return (*range(_HEAD), None, *range(size - _TAIL, size))


def _title(network: Network, number: int) -> str:
    if number == 0:
        return "input"
    layer = network.layers[number - 1]
    return layer.name if layer.activation.is_identity else f"{layer.name} ({layer.activation.name})"


def _unit(network: Network, trace: ExactTrace | None, number: int, index: int, row: Row | None, style: Style) -> Unit:
    last = number == len(network.layers)
    name = (
        network.input_names[index]
        if number == 0
        else network.output_names[index]
        if last
        else f"{style.notation.hidden}{index + 1}"
    )
    value = style.rounding.text(row[index]) if row is not None else ""
    note = ""
    if last and trace is not None and network.kind == "multi-class" and trace.probabilities is not None:
        if not network.ends_in_probabilities:
            note = f"{style.notation.probability} = {style.rounding.text(trace.probabilities[index])}"
    elif last and network.kind == "regression" and network.unit and value:
        note = network.unit
    return Unit(name, value, note)


def _has_bias(layer: Layer) -> bool:
    return layer.terms(0).bias is not None


def _connection(layer: Layer, sources: Shown, targets: Shown, style: Style) -> Connection:
    """An edge for each term of the units that are drawn, and for their biases."""
    units = {j: layer.terms(j) for j in targets if j is not None}
    factors = {(term.source, j): term.factor for j, found in units.items() for term in found.terms}
    places: list[list[Decimal | None]] = []
    if _has_bias(layer):
        places.append([None if j is None else units[j].bias for j in targets])
    places += [[None if i is None or j is None else factors.get((i, j)) for j in targets] for i in sources]
    texts = iter(style.rounding.texts([w for row in places for w in row if w is not None]))
    return tuple(tuple(None if w is None else Weight(next(texts), (w > 0) - (w < 0)) for w in row) for row in places)
