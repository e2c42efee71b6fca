"""The position of everything in a diagram, in points, y downwards: the one layout behind SVG and TikZ.

The edges into one unit carry their labels in a strip of their own, so no two labels can meet: within a strip they
are spaced as the edges are, and the strips stand side by side.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from nnlec.rendering.document.diagram import Column, Connection, Diagram, Kind, Unit, Weight

FONT = 12
LABEL_FONT = 10
_DIGIT = 0.66  # of the font size: the widest digits of the common sans-serif fonts
_ROW = 46.0
_MARGIN = 12.0
_LONGEST = 28  # characters of a name
_SHORT = 4
_LABELLED = 0.68  # of the way along the edges, at most, before labels come too close


@dataclass(frozen=True)
class Circle:
    """A unit in its place; `text` is what is written into it, empty where its name stands beside it."""

    x: float
    y: float
    radius: float
    unit: Unit
    text: str


@dataclass(frozen=True)
class Edge:
    """From circle to circle, with the place of its label on it."""

    x1: float
    y1: float
    x2: float
    y2: float
    label_x: float
    label_y: float
    label_width: float
    weight: Weight


@dataclass(frozen=True)
class Caption:
    """A name that stands beside or under circles, and a note to it; `anchor` is the end of it that stands at x."""

    x: float
    y: float
    text: str
    anchor: str
    full: str
    note: str = ""

    @property
    def whole(self) -> str:
        return f"{self.text} ({self.note})" if self.note else self.text


@dataclass(frozen=True)
class Layout:
    width: float
    height: float
    title: str
    circles: tuple[Circle, ...]
    edges: tuple[Edge, ...]
    captions: tuple[Caption, ...]


def laid_out(diagram: Diagram) -> Layout:
    """Columns from left to right, as far apart as the labels between them need, each centred."""
    radius = _radius(diagram)
    row = max(_ROW, 2 * radius + 10)
    tallest = max(len(column.units) for column in diagram.columns)
    middle = _MARGIN + tallest * row / 2
    left = _MARGIN + max((text_width(name) for name in _names(diagram.columns[0])), default=0) + 8 + radius
    xs = [left]
    for number, connection in enumerate(diagram.connections):
        strip = _strip(connection)
        needed = 2 * radius + 16 + len(diagram.columns[number + 1].units) * strip / _LABELLED
        titles = [text_width(shortened(c.title)) / 2 + 8 for c in diagram.columns[number : number + 2]]
        xs.append(xs[-1] + max(needed, sum(titles), 120))
    circles = [_circles(column, x, middle, row, radius) for column, x in zip(diagram.columns, xs, strict=True)]
    edges = [
        edge
        for number, connection in enumerate(diagram.connections)
        for edge in _edges(connection, circles[number], circles[number + 1], radius)
    ]
    floor = _MARGIN + tallest * row + 18
    captions = [
        Caption(x, floor, shortened(column.title), "middle", column.title)
        for column, x in zip(diagram.columns, xs, strict=True)
    ]
    inputs, outputs = _beside(circles[0], radius, "end"), _beside(circles[-1], radius, "start")
    right = xs[-1] + radius + max((8 + text_width(c.whole) for c in outputs), default=0)
    half_titles = [text_width(caption.text) / 2 for caption in captions]
    width = max(right, xs[-1] + half_titles[-1]) + _MARGIN
    return Layout(
        round(width, 1),
        round(floor + FONT + _MARGIN, 1),
        diagram.title,
        tuple(circle for column in circles for circle in column),
        tuple(edges),
        (*captions, *inputs, *outputs),
    )


def text_width(text: str, size: int = FONT) -> float:
    """How wide a text is at most, in points, whatever common sans-serif font it is set in."""
    return sum(_character(c) for c in text) * size


def shortened(text: str) -> str:
    """A name cut to what a diagram has room for."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _character(character: str) -> float:
    if character.isdigit() or character in ".-+":
        return _DIGIT
    if unicodedata.combining(character):
        return 0.0
    wide = unicodedata.east_asian_width(character) in ("W", "F") or ord(character) > 0x2000
    return 1.4 if wide else 0.95 if character.isupper() or character in "mw%@" else 0.68


def _radius(diagram: Diagram) -> float:
    inside = [text for column in diagram.columns for text in _inside(column)]
    return max(14.0, max(text_width(text) for text in inside) / 2 + 4)


def _inside(column: Column) -> list[str]:
    """What is written into each circle: its number, or its name if all names of the column are short."""
    short = all(len(unit.name) <= _SHORT for unit in column.units if unit.kind is Kind.UNIT)
    return [
        "" if unit.kind is Kind.OMITTED else unit.value or (unit.name if short or unit.kind is Kind.BIAS else "")
        for unit in column.units
    ]


def _names(column: Column) -> list[str]:
    return [shortened(unit.name) for unit in column.units if unit.kind is Kind.UNIT]


def _strip(connection: Connection) -> float:
    return max((_label_width(w) for row in connection for w in row if w is not None), default=20.0) + 6


def _label_width(weight: Weight) -> float:
    return text_width(weight.text, LABEL_FONT) + 4


def _circles(column: Column, x: float, middle: float, row: float, radius: float) -> list[Circle]:
    top = middle - len(column.units) * row / 2 + row / 2
    numbered = enumerate(zip(column.units, _inside(column), strict=True))
    return [Circle(x, top + number * row, radius, unit, text) for number, (unit, text) in numbered]


def _edges(connection: Connection, sources: list[Circle], targets: list[Circle], radius: float) -> list[Edge]:
    targets = [target for target in targets if target.unit.kind is not Kind.BIAS]
    strip = _strip(connection)
    edges = []
    for source, row in zip(sources, connection, strict=True):
        for number, (target, weight) in enumerate(zip(targets, row, strict=True)):
            if weight is None:
                continue
            x = source.x + radius + 10 + (number + 0.5) * strip
            y = source.y + (target.y - source.y) * (x - source.x) / (target.x - source.x)
            edges.append(Edge(source.x, source.y, target.x, target.y, x, y, _label_width(weight), weight))
    return edges


def _beside(column: list[Circle], radius: float, anchor: str) -> list[Caption]:
    """The names of inputs to their left, of outputs to their right, with the notes before the names."""
    away = -radius - 8 if anchor == "end" else radius + 8
    captions = []
    for circle in column:
        unit = circle.unit
        if unit.kind is not Kind.UNIT or circle.text == unit.name:
            continue
        captions.append(Caption(circle.x + away, circle.y, shortened(unit.name), anchor, unit.name, unit.note))
    return captions
