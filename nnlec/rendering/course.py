"""The curve of a number that goes from step to step, as SVG for a picture and for a page."""

from __future__ import annotations

from html import escape

from nnlec.rendering.charts import ticks
from nnlec.rendering.document.course import LossCourse

WIDTH, HEIGHT = 560.0, 300.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 72.0, 24.0, 24.0, 44.0
_MOST = 1000
"""Points of a curve: more of them fall on the same places."""


def drawing(course: LossCourse) -> str:
    """A curve between two axes, WIDTH by HEIGHT from (0, 0); its colour is that of the class `course`."""
    last = len(course.numbers) - 1
    heights = ticks(min(0.0, *course.numbers), max(course.numbers))
    widths = [tick for tick in ticks(0, last) if tick.is_integer() and tick <= last]
    low, high = heights[0], heights[-1]

    def at(step: float, number: float) -> tuple[float, float]:
        # Halves first: from the lowest to the highest may be more than the largest double.
        up = (number / 2 - low / 2) / (high / 2 - low / 2)
        return _LEFT + step / last * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)

    every = max(1, -(-last // _MOST))
    steps = [*range(0, last, every), last]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(step, course.numbers[step]) for step in steps))
    (left, bottom), (right, top) = at(0, low), at(last, high)
    across = f"M{left:g} {at(0, max(low, 0.0))[1]:.1f}H{right:g}"
    parts = [
        f'<path d="M{left:g} {top:g}V{bottom:g}{across}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>',
        *(_text(f"{tick:g}", left - 8, at(0, tick)[1], "end") for tick in heights),
        *(_text(f"{tick:,.0f}", at(tick, low)[0], bottom + 16, "middle") for tick in widths),
        _text(course.name, left, 10, "middle"),
        _text(course.steps, (left + right) / 2, HEIGHT - 8, "middle"),
        f'<polyline class="course" points="{points}" fill="none" stroke="#1f5fa8" stroke-width="2"/>',
    ]
    return "".join(parts)


def _text(text: str, x: float, y: float, anchor: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="central"'
    return f'<text {place} font-size="13" fill="currentColor">{escape(text)}</text>'
