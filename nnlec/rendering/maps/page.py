"""Maps on a web page: a cell of a result that is pointed at lights its windows and kernels and says its sum."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence

from nnlec.rendering.document import Line
from nnlec.rendering.document.maps import Grid, GridWindow, MapEntry, Maps, Window
from nnlec.rendering.maps.shades import data_uri
from nnlec.rendering.mathml import chain
from nnlec.text import own

_SIDE = 168  # pixels of a picture's longer side

DrawCell = Callable[[int, int, str], tuple[list[str], str]]
"""From a cell's row, column and text to its classes and what stands in it."""


def section(maps: Maps, number: int) -> Iterator[str]:
    """The block. Kernels that the first cell does not meet are hidden."""
    first, status = maps.entries[0], f"working-{number}"
    met = {window.kernel for window in first.windows}
    places = {(e.result, e.row, e.column): index for index, e in enumerate(maps.entries)}
    yield f'<div class="maps" role="group" aria-label="{own("maps")}" data-entries="{len(maps.entries)}">'
    yield '<div class="grids">'
    windows = {window.grid: window for window in first.windows}
    for index, grid in enumerate(maps.inputs):
        yield _figure(grid, "input", index, _windowed(grid, windows.get(index)))
    yield "</div>"
    yield '<div class="grids">'
    for index, grid in enumerate(maps.kernels):
        window = Window(index, 0, 0, *grid.shape) if index in met else None
        yield _figure(grid, "kernel", index, _windowed(grid, window), hidden=window is None)
    yield "</div>"
    if maps.marks(first)[0]:
        yield _legend(maps)
    yield '<div class="grids">'
    for index, grid in enumerate(maps.results):
        yield _figure(grid, "result", index, _buttons(places, index, status))
    yield "</div>"
    yield f'<div class="working" id="{status}" role="status" aria-live="polite">{_steps(first.working)}</div>'
    if maps.size:
        yield _steps(maps.size)
    yield from (_template(index, entry) for index, entry in enumerate(maps.entries))
    yield "</div>"


def still(maps: Maps) -> Iterator[str]:
    """The block without a script: the first cell at work, its sum, the size of the results, and the results."""
    entry = maps.entries[0]
    yield _grids([pair for group in maps.at_work(entry) for pair in group])
    if maps.marks(entry)[0]:
        yield _legend(maps)
    yield _steps((*entry.working, *maps.size))
    yield _grids([pair for group in maps.outcome(entry) for pair in group])


def _legend(maps: Maps) -> str:
    dotted = f'<span class="padding">{own("dotted")}</span>'
    return f'<p class="legend">{dotted}: {own("padding")}, {_plain(maps.padding)}</p>'


def _steps(lines: Sequence[Line]) -> str:
    return f'<ul class="steps">{"".join(f"<li>{chain(line)}</li>" for line in lines)}</ul>'


def _grids(pairs: Sequence[GridWindow]) -> str:
    figures = (_figure(grid, "part", n, _windowed(grid, window)) for n, (grid, window) in enumerate(pairs))
    return f'<div class="grids">{"".join(figures)}</div>'


def _figure(grid: Grid, kind: str, index: int, drawn: DrawCell, *, hidden: bool = False) -> str:
    """A map as a table under its name, and the whole of it in grey where only a part is shown."""
    left, width = grid.origin[1], grid.shape[1]
    heads = "".join(_head("col", column, width) for column in range(left, left + grid.size[1]))
    rows: list[str] = []
    for row, column, text in grid.cells():
        if column == left:
            rows.append(_head("row", row, grid.shape[0]))
        classes, shown = drawn(row, column, _plain(text))
        names = f' class="{" ".join(classes)}"' if classes else ""
        rows[-1] += f'<td data-at="{row},{column}"{names}>{shown}</td>'
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    below = ", ".join(grid.parts) or f"{grid.shape[0]} × {grid.shape[1]}"
    return (
        f'<div class="map" data-{kind}="{index}"{" hidden" if hidden else ""}>'
        f"<table><caption>{chain(grid.name)}</caption><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f"<small>{below}</small>{_picture(grid)}</div>"
    )


def _head(scope: str, index: int, size: int) -> str:
    numbered = "row {n}" if scope == "row" else "column {n}"
    name = own(numbered, n=index + 1) if 0 <= index < size else own("padding")
    return f'<th scope="{scope}"><span>{name}</span></th>'


def _windowed(grid: Grid, window: Window | None) -> DrawCell:
    """Cells with padding dotted and the window lit; the script lights others in the same way."""

    def drawn(row: int, column: int, shown: str) -> tuple[list[str], str]:
        classes = ["padding"] if grid.is_padding(row, column) else []
        if window is not None and window.surrounds(row, column):
            i, j = row - window.row, column - window.column
            marks = {
                "marked": window.meets(row, column),
                "chosen": window.chosen == (row, column),
                "edge-top": i == 0,
                "edge-bottom": i == window.height - 1,
                "edge-left": j == 0,
                "edge-right": j == window.width - 1,
            }
            classes += [name for name, holds in marks.items() if holds]
        return classes, shown

    return drawn


def _buttons(places: dict[tuple[int, int, int], int], result: int, status: str) -> DrawCell:
    """Cells of a result: those whose sum is known can be pressed; the arrow keys reach all after the first."""

    def drawn(row: int, column: int, shown: str) -> tuple[list[str], str]:
        entry = places.get((result, row, column))
        if entry is None:
            return [], shown
        described = f'tabindex="{-1 if entry else 0}" data-entry="{entry}" aria-describedby="{status}"'
        return [] if entry else ["worked"], f'<button type="button" {described}>{shown}</button>'

    return drawn


def _picture(grid: Grid) -> str:
    """The whole map in grey, what is shown of it in a frame, and a scale."""
    if grid.shades is None:
        return ""
    (height, width), (top, left) = grid.shape, grid.origin
    scale = _SIDE / max(height, width)
    box = (left / width, top / height, grid.size[1] / width, grid.size[0] / height)
    sides = zip(("left", "top", "width", "height"), box, strict=True)
    placed = ";".join(f"{side}:{100 * part:.2f}%" for side, part in sides)
    return (
        f'<div class="shades" data-shape="{height},{width}" style="width:{width * scale:.0f}px;'
        f'height:{height * scale:.0f}px"><img alt="{own("the whole map in grey")}" '
        f'src="{data_uri(grid.shades, grid.shape)}">'
        f'<i style="{placed}"></i></div><div class="scale"><span>{_plain(grid.shades.low)}</span><b></b>'
        f"<span>{_plain(grid.shades.high)}</span></div>"
    )


def _template(index: int, entry: MapEntry) -> str:
    """An entry's windows, as input, kernel, row, column, height, width, steps and winner, and its lines."""
    windows = ";".join(
        ",".join(map(str, (w.grid, -1 if w.kernel is None else w.kernel, w.row, w.column, w.height, w.width, *w.steps)))
        + (f",{w.chosen[0]},{w.chosen[1]}" if w.chosen else "")
        for w in entry.windows
    )
    stepped = len(entry.windows) if len(entry.windows) > 1 else 0
    lines = "".join(
        f"<li{f' tabindex=0 data-window={i}' if i < stepped else ''}>{chain(line, bare=True)}</li>"
        for i, line in enumerate(entry.working)
    )
    return f'<template data-entry="{index}" data-windows="{windows}"><ul class="steps">{lines}</ul></template>'


def _plain(text: str) -> str:
    return html.escape(text).replace("-", "\u2212").replace("inf", "∞")
