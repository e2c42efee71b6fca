"""Maps in LaTeX: brackets around the numbers, a box around the window; for slides, cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from nnlec.notation.latex import tex_number
from nnlec.rendering import tex
from nnlec.rendering.columns import groups_that_fit
from nnlec.rendering.document.maps import Grid, GridWindow, MapEntry, Maps, Window
from nnlec.rendering.maps import legend, rows_of
from nnlec.rendering.slide_parts import GAP, LINES, SlidePart, stacked, steps
from nnlec.rendering.tex import Latex
from nnlec.text import own

MOST_SLIDES = 16
"""Cells that slides build up one by one; those that are left come together."""

MOST_GRIDS = 4
"""Inputs and kernels that slides show."""

_WIDTH, _SLIDE, _NARROWED = 60, 45, 80  # in characters, of what stands side by side; of one grid on a slide

DrawGrid = Callable[[Grid, Window | None], Latex]


def displays(maps: Maps, drawn: DrawGrid) -> Iterator[list[Latex] | str]:
    """The lines of each display and the text between: the first cell at work, its sum, the size, the results."""
    entry = maps.entries[0]
    yield _lines(maps.at_work(entry), drawn)
    yield from legend(maps, own("dotted"), own("bold"))
    yield tex.chains((*entry.working, *maps.size))
    yield _lines(maps.outcome(entry), drawn)


def framed(grid: Grid, window: Window | None) -> Latex:
    """The numbers in brackets, with one frame around the window's; for LaTeX itself."""
    if window is None or window.is_dilated or not any(window.meets(i, j) for i, j, _ in grid.cells()):
        return boxed(grid, window)
    if _fills(grid, window):
        return _plain(grid, window)
    rows = []
    for row in rows_of(grid):
        cells = (_framed(_cell(grid, window, i, j, text), window, i, j) for i, j, text in row)
        rows.append(rf"{' & '.join(cells)} \\")
    left, top = window.column - grid.origin[1], window.row - grid.origin[0]
    line = rf"\cline{{{max(left, 0) + 1}-{min(left + window.width, grid.size[1])}}}"
    if top >= 0:
        rows[top] = f"{line} {rows[top]}"
    if top + window.height <= len(rows):
        rows[top + window.height - 1] += f" {line}"
    return _bracketed(grid, "\n  ".join(rows), stretched=True)


def boxed(grid: Grid, window: Window | None) -> Latex:
    """The same with a frame around each of the window's numbers, which MathJax too can set."""
    if window is None or _fills(grid, window):
        return _plain(grid, window)

    def dressed(row: int, column: int, text: str) -> str:
        shown = _cell(grid, window, row, column, text)
        return rf"\boxed{{{shown}}}" if window.meets(row, column) else shown

    return _matrix(grid, dressed)


def _plain(grid: Grid, window: Window | None) -> Latex:
    return _matrix(grid, lambda row, column, text: _cell(grid, window, row, column, text))


def _fills(grid: Grid, window: Window) -> bool:
    """Whether the window is the whole grid, whose brackets are frame enough."""
    return not window.is_dilated and grid.size == (window.height, window.width)


def slides(maps: Maps, room: float = LINES) -> Iterator[Latex]:
    """What stands on the slides: one without, then one for each cell, what it comes from marked, its sum below.

    There are so many lines of text for it; the maps have what the longest of the sums leaves.
    """
    same = (entry for entry in maps.entries if entry.result == maps.entries[0].result)
    working = dict(enumerate(islice(same, MOST_SLIDES), start=2))
    slide_of = {(entry.row, entry.column): slide for slide, entry in working.items()}
    result = maps.results[maps.entries[0].result]
    at_work: dict[Grid, dict[int, Window]] = {}
    for slide, entry in working.items():
        for grid, window in maps.pairs(entry):
            at_work.setdefault(grid, {})[slide] = window

    def marked(grid: Grid, _window: Window | None) -> Latex:
        windows = next((found for whole, found in at_work.items() if whole.name == grid.name), {})

        def dressed(row: int, column: int, text: str) -> str:
            if grid.name == result.name:
                return tex.uncovered(slide_of, row, column, tex_number(text))
            slides = (slide for slide, window in windows.items() if window.meets(row, column))
            return tex.alerted(slides, _cell(grid, None, row, column, text))

        return _matrix(grid, dressed)

    grids = [*[*at_work][:MOST_GRIDS], result]
    sums = {slide: _sum(entry, 0.7 * room) for slide, entry in working.items()}
    left = room - GAP - min(room / 2, max(part.lines for part in sums.values()))
    yield stacked(_lines([[(grid, None)] for grid in grids], marked, _slide_room(grids, left), _NARROWED), left - 1)
    yield Latex(r"\par\medskip")
    for slide, part in sums.items():
        shown = [row.source for group in part.groups for row in group]
        yield Latex(f"\\only<{slide}>{{{stacked(shown, min(room / 2 - 1, part.lines))}}}%")


def _sum(entry: MapEntry, room: float) -> SlidePart:
    """How a cell came about, in longer lines where it is long."""
    part = steps(entry.working)
    return part if part.lines <= room else steps(entry.working, width=_NARROWED)


def _lines(
    groups: Iterable[Sequence[GridWindow]], drawn: DrawGrid, room: int = _WIDTH, widest: int = _WIDTH
) -> list[Latex]:
    """Grids one beside the other as long as they are narrow; wide ones in groups of columns."""
    pairs = [part for group in groups for pair in group for part in _narrow(*pair, widest)]
    return [_line(row, drawn) for row in _rows_of(pairs, room)]


def _rows_of(pairs: Sequence[GridWindow], room: int) -> list[Sequence[GridWindow]]:
    return [pairs[first:last] for first, last in groups_that_fit((_width(grid) for grid, _ in pairs), room)]


def _line(row: Sequence[GridWindow], drawn: DrawGrid) -> Latex:
    first, *others = ((tex.aligned(grid.name), drawn(grid, window)) for grid, window in row)
    name = first[0] if "&" in first[0][1:] else f"{first[0].lstrip('&')} &"
    beside = (rf" \qquad {other.replace('&', '')} {matrix}" for other, matrix in others)
    return Latex(f"{name} {first[1]}{''.join(beside)}")


def _slide_room(grids: Sequence[Grid], lines: float) -> int:
    """How wide grids stand so that they are largest in so many lines of a slide."""

    def shrunk(room: int) -> float:
        rows = _rows_of([(grid, None) for grid in grids], room)
        height = sum(max(len(grid.rows) for grid, _ in row) + 1 for row in rows)
        width = max(sum(_width(grid) for grid, _ in row) for row in rows)
        return max(height / lines, width / _SLIDE)

    return min((_SLIDE, 2 * _SLIDE, 3 * _SLIDE, 4 * _SLIDE), key=shrunk)


def _width(grid: Grid) -> int:
    return sum(_widths(grid)) + 6


def _widths(grid: Grid) -> list[int]:
    return [max(map(len, column)) + 2 for column in zip(*grid.rows, strict=True)]


def _narrow(grid: Grid, window: Window | None, widest: int) -> Iterator[GridWindow]:
    return ((grid.columns(first, last), window) for first, last in groups_that_fit(_widths(grid), widest))


def _matrix(grid: Grid, dressed: Callable[[int, int, str], str]) -> Latex:
    return _bracketed(grid, " \\\\\n  ".join(" & ".join(dressed(*cell) for cell in row) for row in rows_of(grid)))


def _bracketed(grid: Grid, body: str, *, stretched: bool = False) -> Latex:
    array = f"\\begin{{array}}{{{'r' * grid.size[1]}}}\n  {body}\n\\end{{array}}"
    if stretched:  # so that the frame keeps away from the numbers
        array = f"{{\\renewcommand{{\\arraystretch}}{{1.2}}\n{array}}}"
    return Latex(f"\\left[{array}\\right]_{{{tex.below(grid.shape, grid.parts)}}}")


def _cell(grid: Grid, window: Window | None, row: int, column: int, text: str) -> str:
    if grid.is_padding(row, column):
        return r"\dot{0}" if text == "0" else r"\cdot"
    shown = tex_number(text)
    return rf"\mathbf{{{shown}}}" if window is not None and window.chosen == (row, column) else shown


def _framed(shown: str, frame: Window, row: int, column: int) -> str:
    """A cell of an array, with the frame's edge where it stands beside it."""
    if not frame.row <= row < frame.row + frame.height:
        return shown
    left = "|" if column == frame.column else ""
    right = "|" if column == frame.column + frame.width - 1 else ""
    return rf"\multicolumn{{1}}{{{left}r{right}}}{{{shown}}}" if left or right else shown
