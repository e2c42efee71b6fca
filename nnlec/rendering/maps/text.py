"""Maps in characters: the window in a box among the numbers, side by side where the page has room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from nnlec.rendering.columns import groups_that_fit
from nnlec.rendering.document import Line, Steps
from nnlec.rendering.document.maps import Grid, GridWindow, Maps, Window
from nnlec.rendering.maps import legend, rows_of
from nnlec.text import width_in_cells

_ASCII = str.maketrans("┌─┐│└┘·×", "+-+|++.x")
_INDENT, _BESIDE, _GAP = 2, 4, 2
_WIDEST = 100
"""Columns in which maps stand side by side, however wide the page is."""

TextLines = list[str]


class Page(NamedTuple):
    """How wide a page is, whether it has more than ASCII, and how a line of mathematics is spelled on it."""

    room: int
    unicode: bool
    spelled: Callable[[Line], str]


def written(maps: Maps, page: Page) -> Iterator[str | Steps]:
    """The first cell at work, its sum, the size of the results and the results."""
    entry = maps.entries[0]
    yield _flowing(maps.at_work(entry), page)
    yield from (_drawn(f"  {line}", page) for line in legend(maps, "·", "*"))
    yield ""
    yield Steps(entry.working)
    if maps.size:
        yield Steps(maps.size)
    yield ""
    yield _flowing(maps.outcome(entry), page)


def _flowing(groups: Iterable[Sequence[GridWindow]], page: Page) -> str:
    """Grids side by side, those of a group on one row where it holds them; wide ones in groups of columns."""
    rows: list[list[TextLines]] = []
    room = used = min(page.room, _WIDEST)
    for group in groups:
        pieces = [piece for grid, window in group for piece in _pieces(grid, window, page)]
        together = sum(_width(piece) + _BESIDE for piece in pieces) - _BESIDE
        if rows and _INDENT + together <= room < used + together:
            used = room
        for piece in pieces:
            width = _width(piece)
            if not rows or used + width > room:
                rows.append([])
                used = _INDENT
            rows[-1].append(piece)
            used += width + _BESIDE
    return _drawn("\n\n".join(_beside(row) for row in rows), page)


def _drawn(text: str, page: Page) -> str:
    return text if page.unicode else text.translate(_ASCII)


def _beside(pieces: Sequence[TextLines]) -> str:
    height = max(map(len, pieces))
    columns = [[*piece, *[""] * (height - len(piece))] for piece in pieces]
    widths = [_width(piece) for piece in pieces]
    lines = zip(*columns, strict=True)
    between = " " * _BESIDE
    return "\n".join(
        " " * _INDENT + between.join(_padded(text, width) for text, width in zip(line, widths, strict=True))
        for line in lines
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - width_in_cells(text))


def _width(lines: TextLines) -> int:
    return max(map(width_in_cells, lines))


def _pieces(grid: Grid, window: Window | None, page: Page) -> Iterator[TextLines]:
    """The grid whole where the page has room for it, else in groups of columns that say which they are."""
    texts = _texts(grid, window)
    if _width(_boxed(texts, grid, window)) + _INDENT <= page.room:
        yield _piece(texts, grid, window, page)
        return
    widths = [max(map(len, column)) + _GAP + 1 for column in zip(*texts, strict=True)]
    for first, last in groups_that_fit(widths, page.room, 3 * _INDENT):
        yield _piece([row[first:last] for row in texts], grid.columns(first, last), window, page)


def _piece(texts: Sequence[Sequence[str]], grid: Grid, window: Window | None, page: Page) -> TextLines:
    below = grid.parts or (f"{grid.shape[0]}×{grid.shape[1]}",)
    return [page.spelled(grid.name), *_boxed(texts, grid, window), *below]


def _texts(grid: Grid, window: Window | None) -> list[list[str]]:
    """The cells, those of one column equally wide: a dot for padding, brackets and a star for what is picked out."""
    aligned = []
    for cells in zip(*rows_of(grid), strict=True):
        column = [_marked(grid, window, *cell) for cell in cells]
        width = max(len(text) - len(end) for text, end in column)
        end_width = max(len(end) for _, end in column)
        aligned.append(
            [(text[: len(text) - len(end)].rjust(width) + end).ljust(width + end_width) for text, end in column]
        )
    return [list(row) for row in zip(*aligned, strict=True)]


def _marked(grid: Grid, window: Window | None, row: int, column: int, text: str) -> tuple[str, str]:
    """The cell's text, and how it ends when it is picked out."""
    shown = "·" if grid.is_padding(row, column) else text
    if window is None:
        return shown, ""
    star = "*" if window.chosen == (row, column) else ""
    if window.is_dilated and window.meets(row, column):
        return f"[{shown}]{star}", f"]{star}"
    return f"{shown}{star}", star


def _boxed(texts: Sequence[Sequence[str]], grid: Grid, window: Window | None) -> TextLines:
    """The rows of numbers, with a frame around the window's."""
    if window is None or window.is_dilated:
        return [(" " * _GAP).join(row).rstrip() for row in texts]
    height, width = len(texts), len(texts[0])
    first_row, first = window.row - grid.origin[0], window.column - grid.origin[1]
    last_row, last = first_row + window.height - 1, first + window.width - 1
    lines: TextLines = []
    for i in range(height + 1):
        if i in (first_row, last_row + 1):
            lines.append(_rule(texts[0], first, last, "┌┐" if i == first_row else "└┘"))
        if i < height:
            bar = "│" if first_row <= i <= last_row else " "
            parts = [_between(k, width, bar if k in (first, last + 1) else "", " ") for k in range(width + 1)]
            lines.append("".join(part + text for part, text in zip(parts, [*texts[i], ""], strict=True)).rstrip())
    return lines


def _rule(texts: Sequence[str], first: int, last: int, corners: str) -> str:
    """The frame's upper or lower edge."""
    line = ""
    for k, text in enumerate([*texts, ""]):
        corner = corners[0] if k == first else corners[1] if k == last + 1 else ""
        part = _between(k, len(texts), corner, "─" if first < k <= last else " ")
        if corner:
            before, _, after = part.partition(corner)
            part = (
                before.replace(" ", " " if k == first else "─")
                + corner
                + after.replace(" ", "─" if k == first else " ")
            )
        line += part + ("─" if first <= k <= last else " ") * len(text)
    return line.rstrip()


def _between(k: int, width: int, edge: str, fill: str) -> str:
    """What stands before column `k`: a gap, or an edge of the frame with its blanks."""
    if not edge:
        return fill * _GAP if 0 < k < width else ""
    return (" " if k else "") + edge + (" " if k < width else "")
