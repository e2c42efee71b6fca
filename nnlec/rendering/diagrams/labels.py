"""Where the numbers stand on edges that cross: along their own edge, off every other edge and every other number.

Seen from an edge, each other one takes a piece of it: where that one is nearer than half a label is high. What is left
are gaps, and a label stands in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot

from nnlec.named import NamedTuple

HEIGHT = 13.0
_APART = 1.5

Box = list[tuple[float, float]]


class EdgeLine(NamedTuple):
    """An edge by where it starts, its direction, and its length."""

    x: float
    y: float
    across: float
    down: float
    length: float

    @classmethod
    def between(cls, x1: float, y1: float, x2: float, y2: float) -> EdgeLine:
        length = hypot(x2 - x1, y2 - y1)
        return cls(x1, y1, (x2 - x1) / length, (y2 - y1) / length, length)

    def at(self, along: float, aside: float = 0.0) -> tuple[float, float]:
        """The point so far along the line, and so far from it."""
        return self.x + along * self.across - aside * self.down, self.y + along * self.down + aside * self.across


def places(lines: Sequence[EdgeLine], widths: Sequence[float], radius: float) -> list[float] | None:
    """How far along its line the middle of each label stands; None where there is not room for all.

    A line of width 0 has none.
    """
    gaps: dict[int, list[tuple[float, float]]] = {}
    for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
        if not width:
            continue
        others = (other for index, other in enumerate(lines) if index != number)
        free = [*_gaps(line, others, width, radius)]
        if not free:
            return None
        gaps[number] = sorted(free, key=lambda gap: gap[0] - gap[1])
    found, boxes = [0.0] * len(lines), list[Box]()
    for number in sorted(gaps, key=lambda number: gaps[number][0][1] - gaps[number][0][0]):
        tried = (low + (high - low) * share for low, high in gaps[number] for share in (0.5, 0.2, 0.8, 0.0, 1.0))
        for along in tried:
            box = _box(lines[number], along, widths[number])
            if not any(_meet(box, other) for other in boxes):
                found[number] = along
                boxes.append(box)
                break
        else:
            return None
    return found


def _gaps(line: EdgeLine, others: Iterator[EdgeLine], width: float, radius: float) -> Iterator[tuple[float, float]]:
    """Where the middle of a label may be, between the circles at both ends."""
    margin = radius + width / 2 + 3
    start, end = margin, line.length - margin
    taken = sorted(piece for other in others if (piece := _taken(line, other, width)) is not None)
    for low, high in taken:
        if low > start and start < end:
            yield start, min(low, end)
        start = max(start, high)
    if start < end:
        yield start, end


def _taken(line: EdgeLine, other: EdgeLine, width: float) -> tuple[float, float] | None:
    """Where the other line is too near for the middle of a label."""
    near = HEIGHT / 2 + _APART
    away = (other.y - line.y) * line.across - (other.x - line.x) * line.down
    turned = line.across * other.down - line.down * other.across
    if abs(turned) < 1e-9:
        return None if abs(away) >= near else (0.0, line.length)
    first, last = sorted(((-near - away) / turned, (near - away) / turned))
    first, last = max(first, 0.0), min(last, other.length)
    if first >= last:
        return None
    ends = [(x - line.x) * line.across + (y - line.y) * line.down for x, y in (other.at(first), other.at(last))]
    return min(ends) - width / 2 - _APART, max(ends) + width / 2 + _APART


def _box(line: EdgeLine, along: float, width: float) -> Box:
    """The corners of a label, in turn."""
    ends, sides = (along - width / 2, along + width / 2), (-HEIGHT / 2, HEIGHT / 2)
    return [line.at(ends[a], sides[b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes meet: no side of either has one on its one side and the other beyond."""
    for box in (one, other):
        for (x1, y1), (x2, y2) in ((box[0], box[1]), (box[1], box[2])):
            here, there = ([(x2 - x1) * x + (y2 - y1) * y for x, y in each] for each in (one, other))
            if max(here) <= min(there) or max(there) <= min(here):
                return False
    return True
