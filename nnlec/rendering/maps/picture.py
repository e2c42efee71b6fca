"""Maps in an SVG picture: cells in a grid, the window tinted and framed, a large map in grey beside its part."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nnlec.rendering.document import Line
from nnlec.rendering.document.maps import Grid, GridWindow, Maps, Shades, Window
from nnlec.rendering.maps import legend
from nnlec.rendering.maps.shades import data_uri
from nnlec.text import own, width_in_cells

_ROW, _ADVANCE, _BESIDE = 26.0, 9.6, 28.0
_SMALL, _SIDE = 12, 130.0
_INK, _TINT, _LINE, _FAINT = "#d9480f", "#ffe08a", "#999", "#888"


class Drawing(NamedTuple):
    """A piece of the picture: its size, and its SVG with the upper left corner at (0, 0)."""

    width: float
    height: float
    svg: str


Spelled = Callable[[Line], Drawing]
"""Draws a line of mathematics."""


def drawings(maps: Maps, spelled: Spelled, widest: float) -> Iterator[Drawing | Line]:
    """The first cell at work, its lines, the size of the results and the results."""
    entry = maps.entries[0]
    yield from _flowing(maps.at_work(entry), spelled, widest)
    yield from (_text(line, 16, "black") for line in legend(maps, own("dotted"), own("bold")))
    yield from entry.working
    yield from maps.size
    yield Drawing(0, 12, "")
    yield from _flowing(maps.outcome(entry), spelled, widest)


def _flowing(groups: Iterator[tuple[GridWindow, ...]], spelled: Spelled, widest: float) -> Iterator[Drawing]:
    """Grids side by side, a group together, as far as the picture is wide."""
    row: list[Drawing] = []
    for group in groups:
        pieces = [_figure(grid, window, spelled) for grid, window in group]
        if row and sum(piece.width + _BESIDE for piece in [*row, *pieces]) - _BESIDE > widest:
            yield _beside(row)
            row = []
        row += pieces
    yield _beside(row)


def _beside(pieces: Sequence[Drawing]) -> Drawing:
    x, parts = 0.0, []
    for piece in pieces:
        parts.append(f'<g transform="translate({x:.1f} 0)">{piece.svg}</g>')
        x += piece.width + _BESIDE
    return Drawing(x - _BESIDE, max(piece.height for piece in pieces) + 10, "".join(parts))


def _figure(grid: Grid, window: Window | None, spelled: Spelled) -> Drawing:
    """Name, cells, which part of the map they are, and the whole of it in grey where it is large."""
    name, cells = spelled(grid.name), _cells(grid, window)
    below = [_text(part, _SMALL, _FAINT) for part in grid.parts or (f"{grid.shape[0]}×{grid.shape[1]}",)]
    grey = [] if grid.shades is None else _grey(grid, grid.shades, window)
    y, width, parts = 0.0, 0.0, []
    for piece in (name, cells, *below, *grey):
        parts.append(f'<g transform="translate(0 {y:.1f})">{piece.svg}</g>')
        y, width = y + piece.height, max(width, piece.width)
    return Drawing(width, y, "".join(parts))


def _cells(grid: Grid, window: Window | None) -> Drawing:
    widths = [max(26.0, max(map(len, column)) * _ADVANCE + 12) for column in zip(*grid.rows, strict=True)]
    lefts = [sum(widths[:j]) for j in range(len(widths) + 1)]
    (top, left), height = grid.origin, len(grid.rows) * _ROW
    parts = [
        _cell(grid, window, (row, column), text, (lefts[column - left], (row - top) * _ROW, widths[column - left]))
        for row, column, text in grid.cells()
    ]
    if window is not None:
        first, last = (min(max(j - left, 0), len(widths)) for j in (window.column, window.column + window.width))
        edges = (window.row - top, window.row - top + window.height)
        upper, lower = (min(max(edge, 0), len(grid.rows)) * _ROW for edge in edges)
        box = f'x="{lefts[first]:.1f}" y="{upper:.1f}" width="{lefts[last] - lefts[first]:.1f}"'
        parts.append(f'<rect {box} height="{lower - upper:.1f}" fill="none" stroke="{_INK}" stroke-width="2.5"/>')
    return Drawing(lefts[-1], height, "".join(parts))


def _cell(grid: Grid, window: Window | None, at: tuple[int, int], text: str, place: tuple[float, float, float]) -> str:
    x, y, width = place
    padding = grid.is_padding(*at)
    met, won = window is not None and window.meets(*at), window is not None and window.chosen == at
    line = f'stroke="{_LINE}"{" stroke-dasharray=" + repr("2 3") if padding else ""}'
    box = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_ROW}" fill="{_TINT if met else "white"}" {line}/>'
    )
    marks = ' font-weight="bold"' if won else ""
    color = _FAINT if padding else _INK if won else "black"
    shown = html.escape(text).replace("-", "\u2212").replace("inf", "∞")
    middle = f'x="{x + width - 6:.1f}" y="{y + _ROW / 2:.1f}" text-anchor="end" dominant-baseline="central"'
    return f'{box}<text {middle} fill="{color}"{marks}>{shown}</text>'


def _grey(grid: Grid, shades: Shades, window: Window | None) -> list[Drawing]:
    """The whole map as a picture, its window framed, and what black and white stand for."""
    scale = _SIDE / max(grid.shape)
    height, width = grid.shape[0] * scale, grid.shape[1] * scale
    parts = [
        f'<image y="4" width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{data_uri(shades, grid.shape)}"/>'
        f'<rect y="4" width="{width:.1f}" height="{height:.1f}" fill="none" stroke="{_LINE}"/>'
    ]
    if window is not None:
        parts.append(
            f'<rect x="{window.column * scale:.1f}" y="{window.row * scale + 4:.1f}" '
            f'width="{window.width * scale:.1f}" height="{window.height * scale:.1f}" fill="none" stroke="{_INK}" '
            f'stroke-width="2"/>'
        )
    says = _text(own("black {n}, white {n2}", n=shades.low, n2=shades.high), _SMALL, _FAINT)
    return [Drawing(width, height + 8, "".join(parts)), says]


def _text(text: str, size: int, color: str) -> Drawing:
    width, height = width_in_cells(text) * size * 0.6, size * 1.5
    shown = html.escape(text)
    svg = (
        f'<text y="{height / 2:.1f}" font-size="{size}" fill="{color}" dominant-baseline="central" '
        f'textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs">{shown}</text>'
    )
    return Drawing(width, height, svg)
