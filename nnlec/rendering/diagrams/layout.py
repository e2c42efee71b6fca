"""The position of everything in a diagram, in points, y downwards: the one layout behind SVG and TikZ.

The number of an edge stands along it, where no other edge passes. The rows, and with them the columns, are as far
apart as that needs. Where even that gives no room, the edges into one unit carry their numbers in a strip of their
own, so that no two can meet: within a strip they are spaced as the edges are, and the strips stand side by side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import atan2, degrees
from typing import NamedTuple

from nnlec.rendering.diagrams.labels import EdgeLine, places
from nnlec.rendering.diagrams.volumes import NAME, Sheet, stacks_of, window_on
from nnlec.rendering.document.diagram import Column, Connection, Diagram, Unit, UnitKind, Weight

FONT = 12
LABEL_FONT = 10
_DIGIT = 0.66  # of the font size: the widest digits of the common sans-serif fonts
_ROW = 46.0
_ROWS = (46.0, 54.0, 62.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0)
_SLOPES = (1.4, 1.0, 0.7)
_MOST_ALONG = 300  # numbers, beyond which no distance gives room to all
_MARGIN = 12.0
_ARC = 22.0
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
class Skip:
    """An arrow over the columns that it passes by, from one to another, as high as `top`."""

    x1: float
    y1: float
    x2: float
    y2: float
    top: float


@dataclass(frozen=True)
class Edge:
    """From circle to circle, with the place of its label on it, and by how many degrees that is turned."""

    x1: float
    y1: float
    x2: float
    y2: float
    label_x: float
    label_y: float
    label_width: float
    weight: Weight
    label_angle: float = 0.0

    @property
    def looks(self) -> bool:
        """Whether it leads from the side of a window."""
        return bool(self.weight.window)


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
    circles: tuple[Circle, ...]
    edges: tuple[Edge, ...]
    captions: tuple[Caption, ...]
    sheets: tuple[Sheet, ...]
    windows: tuple[Sheet, ...]
    skips: tuple[Skip, ...]


class _Spacing(NamedTuple):
    """How far rows are apart, and how steep edges with numbers may be; 0: their numbers stand in strips."""

    row: float
    slope: float


def laid_out(diagram: Diagram) -> Layout:
    """Columns from left to right, as far apart as the labels between them need, each centred."""
    least = max(_ROW, 2 * _radius(diagram) + 10)
    numbers = [weight for rows in diagram.connections for row in rows for weight in row if weight and weight.text]
    if len(numbers) <= _MOST_ALONG and any(weight.sign is not None for weight in numbers):
        rows = [least, *(row for row in _ROWS if row > least)]
        spacings = [_Spacing(row, slope) for row in rows for slope in _SLOPES]
        for spacing in sorted(spacings, key=lambda spacing: spacing.row**2 / spacing.slope):  # the smallest picture
            if (layout := _spaced(diagram, spacing)) is not None:
                return layout
    layout = _spaced(diagram, _Spacing(least, 0))
    assert layout is not None
    return layout


def _spaced(diagram: Diagram, spacing: _Spacing) -> Layout | None:
    """The layout with these distances; None where an edge has no room for its number."""
    radius, row = _radius(diagram), spacing.row
    stacks = stacks_of(diagram)
    room = max(_ROW, 2 * radius + 10)
    heights = [s.height if s else (len(c.units) - 1) * row + room for c, s in zip(diagram.columns, stacks, strict=True)]
    halves = [stack.width / 2 if stack else radius for stack in stacks]
    tallest = max(height + 2 * NAME * bool(stack) for height, stack in zip(heights, stacks, strict=True))
    top = _MARGIN + _ARC * len(diagram.skips)
    middle, floor = top + tallest / 2, top + tallest + 18
    xs = _places(diagram, halves, spacing)
    columns = list(zip(diagram.columns, xs, strict=True))
    circles = [_circles(column, x, middle, row, radius) for column, x in columns]
    sheets = [
        stack.at(x, middle, column.units[0]) if stack else []
        for (column, x), stack in zip(columns, stacks, strict=True)
    ]
    between = _between(diagram, circles, sheets, radius, spacing)
    if between is None:
        return None
    edges, windows, labels = between
    captions = [*labels, *(_middle(x, floor, shortened(column.title), column.title) for column, x in columns)]
    said = [*_left_out(diagram, xs, floor + 1.4 * FONT)]
    for (column, x), height, stack in zip(columns, heights, stacks, strict=True):
        if stack:
            captions.append(_middle(x, middle + (height + NAME) / 2, column.units[0].name))
    inputs, outputs = _beside(circles[0], radius, "end"), _beside(circles[-1], radius, "start")
    right = xs[-1] + halves[-1] + max((8 + text_width(c.whole) for c in outputs), default=0)
    omitted = [c.x + text_width(f"⋮ {c.unit.name}") / 2 for c in circles[-1] if c.unit.kind is UnitKind.OMITTED]
    width = max(right, *omitted, *(caption.x + text_width(caption.text) / 2 for caption in captions)) + _MARGIN
    return Layout(
        round(width, 1),
        round(floor + FONT + _MARGIN + 1.4 * FONT * bool(said), 1),
        tuple(circle for column in circles for circle in column if circle.unit.kind is not UnitKind.VOLUME),
        tuple(edges),
        (*captions, *said, *inputs, *outputs),
        tuple(sheet for stack in sheets for sheet in stack),
        tuple(windows),
        tuple(_skips(diagram, xs, [middle - height / 2 for height in heights])),
    )


def _between(
    diagram: Diagram, circles: Sequence[list[Circle]], sheets: Sequence[list[Sheet]], radius: float, spacing: _Spacing
) -> tuple[list[Edge], list[Sheet], list[Caption]] | None:
    """The edges; where a layer looks at a volume through a window, that window, and how large it is.

    None where an edge has no room for its number.
    """
    edges: list[Edge] = []
    windows: list[Sheet] = []
    labels: list[Caption] = []
    for number, connection in enumerate(diagram.connections):
        if not connection:  # the layer takes others than the column before it
            continue
        (source, target), column = sheets[number : number + 2], diagram.columns[number]
        weight = connection[0][0] if source and target else None
        if weight is None or not weight.window:
            leaves = [replace(c, x=source[0].x + source[0].width) if source else c for c in circles[number]]
            drawn = _edges(connection, leaves, circles[number + 1], radius)
            placed = _along(drawn, radius) if spacing.slope else drawn
            if placed is None:
                return None
            edges += placed
            continue
        window, front = window_on(source[-1], column.units[0].shape, weight.window), target[-1]
        cell = front.x + 0.3 * front.width, front.y + 0.5 * front.height
        looks = Weight("", None, weight.window)
        corners = (window.y, window.y + window.height)
        edges += [Edge(window.x + window.width, y, *cell, 0, 0, 0, looks) for y in corners]
        windows.append(window)
        gap = (source[0].x + source[0].width + front.x) / 2
        labels.append(_middle(gap, min(source[0].y, target[0].y) - NAME / 2, weight.text))
    return edges, windows, labels


def _places(diagram: Diagram, halves: Sequence[float], spacing: _Spacing) -> list[float]:
    """Where each column stands: names and labels have room between it and the next."""
    first, titles = diagram.columns[0], [shortened(column.title) for column in diagram.columns]
    volume = first.units[0].kind is UnitKind.VOLUME
    names = (text_width(shortened(unit.name)) for unit in first.units if unit.kind is UnitKind.UNIT)
    aside = text_width(titles[0]) / 2 if volume else 8 + max(names, default=0)
    xs = [_MARGIN + (max(aside, halves[0]) if volume else aside + halves[0])]
    for number, connection in enumerate(diagram.connections):
        after = diagram.columns[number + 1]
        needed = halves[number] + halves[number + 1] + 16
        if volume or after.units[0].kind is UnitKind.VOLUME:
            texts = [text_width(w.text) for row in connection for w in row if w is not None]
            needed += max([28.0, *texts])
        elif spacing.slope and any(weight and weight.text for row in connection for weight in row):
            needed = max(len(diagram.columns[number].units), len(after.units)) * spacing.row / spacing.slope
        else:
            needed += len(after.units) * _strip(connection) / _LABELLED
        volume = after.units[0].kind is UnitKind.VOLUME
        beside = sum(text_width(title) / 2 + 8 for title in titles[number : number + 2])
        said = text_width(diagram.says_left_out(number)) + 16
        xs.append(xs[-1] + max(needed, beside, said, 0 if volume else 120))
    return xs


def _left_out(diagram: Diagram, xs: Sequence[float], y: float) -> Iterator[Caption]:
    """Between two columns, how many weights there are too many to be written."""
    for number, (left, right) in enumerate(pairwise(xs)):
        if said := diagram.says_left_out(number):
            yield _middle((left + right) / 2, y, said)


def _middle(x: float, y: float, text: str, full: str = "") -> Caption:
    return Caption(x, y, text, "middle", full or text)


def _skips(diagram: Diagram, xs: Sequence[float], tops: Sequence[float]) -> Iterator[Skip]:
    """Arrows over the columns, the longest on top."""
    ordered = sorted(diagram.skips, key=lambda skip: skip[0] - skip[1])
    for number, (source, target) in enumerate(ordered):
        yield Skip(xs[source], tops[source] - 4, xs[target], tops[target] - 4, _MARGIN + _ARC * number)


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
    return max(14.0, max(text_width(text) for column in diagram.columns for text in _inside(column)) / 2 + 4)


def _inside(column: Column) -> list[str]:
    """What is written into each circle: its number, or its name if all names of the column are short."""
    short = all(len(unit.name) <= _SHORT for unit in column.units if unit.kind is UnitKind.UNIT)
    return [
        ""
        if unit.kind in (UnitKind.OMITTED, UnitKind.VOLUME)
        else unit.value or (unit.name if short or unit.kind is UnitKind.BIAS else "")
        for unit in column.units
    ]


def _strip(connection: Connection) -> float:
    return max((_label_width(w) for row in connection for w in row if w is not None), default=20.0) + 6


def _label_width(weight: Weight) -> float:
    return text_width(weight.text, LABEL_FONT) + 4


def _circles(column: Column, x: float, middle: float, row: float, radius: float) -> list[Circle]:
    top = middle - len(column.units) * row / 2 + row / 2
    numbered = enumerate(zip(column.units, _inside(column), strict=True))
    return [Circle(x, top + number * row, radius, unit, text) for number, (unit, text) in numbered]


def _edges(connection: Connection, sources: list[Circle], targets: list[Circle], radius: float) -> list[Edge]:
    targets = [target for target in targets if target.unit.kind is not UnitKind.BIAS]
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


def _along(edges: list[Edge], radius: float) -> list[Edge] | None:
    """The edges with their numbers along them; None where one has no room for its own."""
    lines = [EdgeLine.between(edge.x1, edge.y1, edge.x2, edge.y2) for edge in edges]
    along = places(lines, [edge.label_width if edge.weight.text else 0.0 for edge in edges], radius)
    if along is None:
        return None
    turned = []
    for edge, line, place in zip(edges, lines, along, strict=True):
        x, y = line.at(place)
        turned.append(replace(edge, label_x=x, label_y=y, label_angle=degrees(atan2(line.down, line.across))))
    return turned


def _beside(column: list[Circle], radius: float, anchor: str) -> list[Caption]:
    """The names of inputs to their left, of outputs to their right, with the notes before the names."""
    away = -radius - 8 if anchor == "end" else radius + 8
    named = [circle for circle in column if circle.unit.kind is UnitKind.UNIT and circle.text != circle.unit.name]
    return [Caption(c.x + away, c.y, shortened(c.unit.name), anchor, c.unit.name, c.unit.note) for c in named]
