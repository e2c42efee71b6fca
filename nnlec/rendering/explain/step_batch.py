"""A step on a batch, and how L goes down in several steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.network.descent import Descent
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.rendering.document import (
    Block,
    Cell,
    Document,
    Heading,
    Name,
    Number,
    Prose,
    Sign,
    Slope,
    Steps,
    Symbol,
    Table,
    Working,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.explain.figures import ShownFigure, Style, figure, places_shown, vector
from nnlec.rendering.explain.sides import from_one
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_LOSS = Symbol("L")
_SHOWN = 20


def describe_batch(record: Mapping[str, Any], network: Network, style: Style) -> Document:
    """The gradient of a batch and the weights after the step; of several steps, how L went down."""
    rows, per = counted(record["rows"], "row"), record["per"]
    of = "the mean of the rows' gradients" if per == "mean" else "the sum of the rows' gradients"
    named = f"{record['network']}: " if record["network"] else ""
    blocks: list[Block] = [
        Heading(f"{named}a batch of {rows}, rate {record['rate']:g}"),
        Prose(f"{record['loss']['name']}; the gradient is {of}, and L the {per} of their losses"),
    ]
    if "losses" in record:
        return (*blocks, *_going_down(record["losses"], style))
    from nnlec.rendering.explain.step import unit_names

    names = unit_names(network, style.notation)
    for number, layer in enumerate(record["layers"]):
        blocks += _layer(network, number, layer, names, style)
    blocks.append(Heading("after the step", 2))
    shown = _figure(record["after"]["loss"], style)
    blocks.append(Steps(((_LOSS, *shown.with_relation(exact=shown.in_full)),)))
    blocks.append(Prose(f"before the step L was {_text(record['loss']['value'], style)}"))
    return tuple(blocks)


def describe_descent(
    network: Network, loss: Loss, descent: Descent, rate: float, further: Mapping[str, Any], style: Style
) -> Document:
    """How L went down in several steps from one example, and what the network gives then."""
    style = style.of_network(network)
    named = f"{network.name}: " if network.name else ""
    steps = counted(len(descent.losses) - 1, "step")
    output = [Decimal(repr(number)) for number in further["output"]]
    note, shares = style.notation, network.layers[-1].activation.kind.gives == "distribution"
    return (
        Heading(f"{named}{steps} of gradient descent, rate {rate:g}"),
        Prose(loss.name),
        *_going_down(descent.losses, style),
        vector(output, style).equation(Symbol(note.probability if shares else note.output)),
    )


def _going_down(losses: Sequence[float], style: Style) -> Iterator[Block]:
    """L after each step as a curve, and after some of them as a table."""
    most, shown = max(losses), steps_shown(len(losses) - 1)
    rows = tuple((Number(f"{step:,}"), Number(_text(losses[step], style))) for step in shown)
    bars = tuple(max(0.0, losses[step] / most) if most > 0 else 0.0 for step in shown)
    yield LossCourse(Table(("step", _LOSS), rows), bars, tuple(losses), "step", _LOSS.letter)


def steps_shown(last: int) -> list[int]:
    """0, 1, 2, 5, 10, 20, 50, ... and the last; every step where they are few.

    >>> steps_shown(3), steps_shown(60)
    ([0, 1, 2, 3], [0, 1, 2, 5, 10, 20, 50, 60])
    """
    if last <= _SHOWN:
        return list(range(last + 1))
    round_ones = [factor * 10**power for power in range(len(str(last))) for factor in (1, 2, 5)]
    return [0, *(step for step in round_ones if step < last), last]


def _layer(
    network: Network, number: int, record: Mapping[str, Any], names: Sequence[Sequence[str]], style: Style
) -> Iterator[Block]:
    """Each gradient and each new number of a layer, the middle of a large one left out."""
    layer = network.layers[number]
    yield Heading(f"layer {number + 1} of {len(network.layers)}: {layer.name} ({layer.activation.name})", 2)
    rows: list[tuple[Cell, ...]] = []
    for array, gradient in record["gradient"].items():
        if gradient is None:
            continue
        of, after = np.array(gradient), np.array(record["after"][array])
        for place in _places(of, style):
            name = _named(network, number, array, place, names)
            rows.append((name, Number(_text(of[place], style)), Number(_text(after[place], style))))
    weight = Symbol(style.notation.weight)
    if not rows:
        yield Prose(f"{layer.name} has no numbers that a step changes.")
        return
    yield Table(("weight", Slope(_LOSS, weight), "new"), tuple(rows))
    left_out = layer.parameters - len(rows)
    if left_out > 0:
        yield Prose(f"not shown: {left_out:,} of its numbers (--all shows them)")


def _places(array: Array, style: Style) -> list[tuple[int, ...]]:
    """The places of the numbers that are shown, unit by unit."""
    most = min(style.most_rows, style.most_columns)
    return [place[::-1] for place in product(*(places_shown(size, most) for size in array.shape[::-1]))]


def _named(network: Network, number: int, array: str, place: tuple[int, ...], names: Sequence[Sequence[str]]) -> Cell:
    layer = network.layers[number]
    if layer.matrix is None or len(place) > 2:
        return f"{array}[{from_one(place)}]"
    taken = [name for source in network.sources[number] for name in names[source]]
    source = "1" if len(place) == 1 else taken[place[0]]
    return Working((Name(source), Sign.TO, Name(names[number + 1][place[-1]])))


def _text(number: float | Decimal, style: Style) -> str:
    return _figure(number, style).text


def _figure(number: float | Decimal, style: Style) -> ShownFigure:
    return figure(number if isinstance(number, Decimal) else Decimal(repr(float(number))), style)
