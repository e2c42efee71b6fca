"""A curve as characters and as SVG: both axes, the window's limits, and the function's name."""

from __future__ import annotations

import math
from html import escape

from nnlec.rendering import RenderOptions
from nnlec.rendering.document.plot import SIDE, Curve
from nnlec.rendering.lines import folded

_WIDTH, _HEIGHT = 61, 21  # odd, so that the axes have a column and a row of their own
_WIDEST_LABEL = 3

_SIZE = 480.0
_MARGIN = 40.0


def write_text(curve: Curve, options: RenderOptions) -> str:
    """The curve in a terminal of 80 columns, or of as many as the page has."""
    width = _WIDTH if options.width is None else max(21, min(_WIDTH, (options.width - _WIDEST_LABEL - 2) // 2 * 2 - 1))
    dot, bar, rule, cross = ("•", "│", "─", "┼") if options.unicode else ("*", "|", "-", "+")
    low, high = curve.heights
    rows = [[" "] * width for _ in range(_HEIGHT)]
    zero_row, zero_column = _place(high, 0.0, high - low, _HEIGHT), _place(SIDE, 0.0, 2 * SIDE, width)
    rows[zero_row] = [rule] * width
    for row in rows:
        row[zero_column] = bar
    rows[zero_row][zero_column] = cross
    for piece in curve.pieces:
        for x, y in piece:
            rows[_place(high, y, high - low, _HEIGHT)][_place(SIDE, -x, 2 * SIDE, width)] = dot
    labels = {0: f"{high:.2g}", zero_row: "0", _HEIGHT - 1: f"{low:.2g}"}
    lines = [f"{labels.get(i, ''):>{_WIDEST_LABEL + 2}} {''.join(row)}".rstrip() for i, row in enumerate(rows)]
    left, right = f"{-SIDE:g}", f"{SIDE:g}"
    foot = f"{'':{_WIDEST_LABEL + 3}}{left}{right:>{width - len(left)}}"
    return "\n".join([f"{curve.name}(x) = {curve.formula}", "", *lines, foot]) + "\n"


def write_points(curve: Curve, options: RenderOptions) -> str:
    """The curve as words: its formula, its limits, and y at every whole x that the window shows."""
    low, high = curve.heights
    ys = {round(x): y for piece in curve.pieces for x, y in piece if math.isclose(x, round(x), abs_tol=1e-9)}
    lines = [
        f"{curve.name}(x) = {curve.formula}",
        f"x from {-SIDE:g} to {SIDE:g}, y from {low:.2g} to {high:.2g}",
        *(f"x = {x}: y = {y:.4g}" for x, y in ys.items()),
    ]
    return "".join(f"{part}\n" for line in lines for part in folded(line, options.width))


def write_svg(curve: Curve) -> str:
    """The curve as one self-contained picture."""
    low, high = curve.heights
    scale = (_SIZE - 2 * _MARGIN) / (2 * SIDE)
    height = (high - low) * scale + 2 * _MARGIN

    def at(x: float, y: float) -> str:
        return f"{_MARGIN + (x + SIDE) * scale:.2f},{_MARGIN + (high - y) * scale:.2f}"

    def line(kind: str, *points: tuple[float, float]) -> str:
        return f'<polyline class="{kind}" points="{" ".join(at(x, y) for x, y in points)}"/>'

    def mark(text: str, x: float, y: float, anchor: str) -> str:
        left, top = at(x, y).split(",")
        return f'<text x="{left}" y="{top}" dx="4" dy="14" text-anchor="{anchor}">{text}</text>'

    title = escape(f"{curve.name}(x) = {curve.formula}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE:g} {height:.0f}" '
        f'width="{_SIZE:g}" height="{height:.0f}" role="img">',
        f"<title>{title}</title>",
        "<style>text { font: 12px Helvetica, Arial, sans-serif; fill: #1b1b1b } polyline { fill: none }",
        ".axis { stroke: #999 } .curve { stroke: #1f5fa8; stroke-width: 2 }</style>",
        f'<rect width="{_SIZE:g}" height="{height:.0f}" fill="#fff"/>',
        f'<text x="{_SIZE / 2:g}" y="20" text-anchor="middle">{title}</text>',
        line("axis", (-SIDE, 0.0), (SIDE, 0.0)),
        line("axis", (0.0, low), (0.0, high)),
        mark(f"{-SIDE:g}", -SIDE, 0.0, "start"),
        mark(f"{SIDE:g}", SIDE, 0.0, "end"),
        mark(f"{high:.2g}", 0.0, high, "start"),
        mark(f"{low:.2g}", 0.0, low, "start"),
        *(line("curve", *piece) for piece in curve.pieces),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _place(top: float, value: float, span: float, size: int) -> int:
    return round((top - value) / span * (size - 1))
