"""From a network, and an example if there is one, to its diagram."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from math import prod

from nnlec.errors import NnlecError
from nnlec.network.layers import Shape
from nnlec.network.network import Network
from nnlec.network.trace import ExactTrace, Row
from nnlec.rendering.diagrams import MOST_UNITS, MOST_WEIGHTS
from nnlec.rendering.document.diagram import Column, Connection, Diagram, Unit, UnitKind, Weight
from nnlec.rendering.explain.figures import Style
from nnlec.rendering.explain.shades import shades_of
from nnlec.rendering.explain.sides import starts
from nnlec.text import own

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
    shapes = [network.layers[0].in_shape, *(layer.out_shape for layer in network.layers)]
    shown = [_shown(shape, most) for shape in shapes]
    connected = [len(a) * len(b) if _meet(network, n) else 0 for n, (a, b) in enumerate(pairwise(shown))]
    edges = sum(connected)
    if edges > MOST_EDGES:
        raise NnlecError(f"{edges:,} edges are too many for a picture, the limit is {MOST_EDGES:,}")
    rows: list[Row | None] = [None] * len(shapes)
    if trace is not None:
        rows = [trace.layers[0].inputs, *(layer.output for layer in trace.layers)]
    columns = []
    for number, shape in enumerate(shapes):
        if len(shape) > 1:
            row = rows[number]
            shades = (
                None if row is None else shades_of(row[: prod(shape[-2:] if len(shape) > 2 else shape[-1:])], style)
            )
            unit = Unit(_by(shape), kind=UnitKind.VOLUME, shape=shape, shades=shades)
            columns.append(Column(_title(network, number), (unit,)))
            continue
        units = [
            _unit(network, trace, number, index, rows[number], style) for index in shown[number] if index is not None
        ]
        if prod(shape) > most:
            units.insert(_HEAD, Unit(own("{n} more", n=prod(shape) - _HEAD - _TAIL), kind=UnitKind.OMITTED))
        if number < len(network.layers) and _adds_bias(network, number):
            units.insert(0, Unit("1", kind=UnitKind.BIAS))
        columns.append(Column(_title(network, number), tuple(units)))
    connections = [
        _connection(network, number, columns, shown, style) if _meet(network, number) else ()
        for number in range(len(network.layers))
    ]
    left_out: tuple[int, ...] = ()
    if weights is False or (weights is None and max(connected) > MOST_WEIGHTS):
        if weights is None:
            layers = zip(network.layers, connections, strict=True)
            left_out = tuple(layer.parameters * _writes(each) for layer, each in layers)
        connections = [tuple(tuple(w and w.unwritten for w in row) for row in each) for each in connections]
    return Diagram(network.name, tuple(columns), tuple(connections), tuple(_skips(network)), left_out)


def _writes(connection: Connection) -> bool:
    """Whether there are numbers on its edges."""
    return any(weight is not None and weight.unwritten != weight for row in connection for weight in row)


def _meet(network: Network, number: int) -> bool:
    """Whether a layer takes what the column before it shows."""
    return number in network.sources[number]


def _skips(network: Network) -> Iterator[tuple[int, int]]:
    """From where a layer takes what is not the column before it."""
    for number, sources in enumerate(network.sources):
        yield from ((source, number + 1) for source in dict.fromkeys(sources) if source != number)


def _by(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _shown(shape: Shape, most: int) -> Shown:
    """The units that are drawn; a volume is one."""
    size = 1 if len(shape) > 1 else prod(shape)
    if size <= most:
        return tuple(range(size))
    return (*range(_HEAD), None, *range(size - _TAIL, size))


def _title(network: Network, number: int) -> str:
    if number == 0:
        return own("input")
    layer = network.layers[number - 1]
    return layer.name if layer.activation.is_identity else f"{layer.name} ({layer.activation.name})"


def _unit(network: Network, trace: ExactTrace | None, number: int, index: int, row: Row | None, style: Style) -> Unit:
    last = number == len(network.layers)
    name = (
        style.notation.input_names(network)[index]
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


def _adds_bias(network: Network, number: int) -> bool:
    """Whether a layer adds a bias, whose unit 1 stands on top of the column before."""
    layer = network.layers[number]
    return _meet(network, number) and len(layer.out_shape) == 1 and layer.terms(0).bias is not None


def _connection(
    network: Network, number: int, columns: Sequence[Column], shown: Sequence[Shown], style: Style
) -> Connection:
    """An edge for each term of the units that are drawn, and for their biases; one for a layer's work on a volume."""
    layer, (source, target) = network.layers[number], columns[number : number + 2]
    if UnitKind.VOLUME in (source.units[0].kind, target.units[0].kind):
        windows = getattr(layer, "windows", None)
        window = () if windows is None else windows.window
        drawn = [unit.kind is not UnitKind.OMITTED for unit in target.units if unit.kind is not UnitKind.BIAS]
        work = Weight(_by(window), None, window)
        return tuple(
            tuple(work if each and unit.kind is not UnitKind.OMITTED else None for each in drawn)
            for unit in source.units
        )
    sources, targets = shown[number : number + 2]
    before = next(start for source, start in starts(network, number) if source == number)
    units = {j: layer.terms(j) for j in targets if j is not None}
    factors = {(term.source - before, j): term.factor for j, found in units.items() for term in found.terms}
    places: list[list[Decimal | None]] = []
    if _adds_bias(network, number):
        places.append([None if j is None else units[j].bias for j in targets])
    places += [[None if i is None or j is None else factors.get((i, j)) for j in targets] for i in sources]
    texts = iter(style.rounding.texts([w for row in places for w in row if w is not None]))
    edges = [[None if w is None else Weight(next(texts), (w > 0) - (w < 0)) for w in row] for row in places]
    unchanged = {place for place, factor in factors.items() if factor is None}
    for row, i in zip(edges[-len(sources) :], sources, strict=True):
        row[:] = [Weight("", None) if (i, j) in unchanged else w for w, j in zip(row, targets, strict=True)]
    return tuple(map(tuple, edges))
