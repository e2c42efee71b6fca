"""Parts of a slide, how large they are, and where they are cut: estimates in digits and lines of the usual size.

LaTeX makes smaller what is a little larger than was thought; what would be too small to be read is cut before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil

from nnlec.named import NamedTuple
from nnlec.notation import Formula, text
from nnlec.notation.latex import latex
from nnlec.rendering import tex
from nnlec.rendering.columns import counted, groups_that_fit
from nnlec.rendering.document import (
    Block,
    Cell,
    Display,
    Equation,
    Line,
    Matrix,
    Prose,
    Steps,
    Table,
    Token,
    Working,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.tex import Latex, escaped
from nnlec.text import own

LINES = 14.5
"""Lines of text on a slide below its title; most themes have room for some more."""

GAP = 0.5
"""Lines between two parts."""

SMALLEST = 0.6
"""How small mathematics may become, beside its usual size."""

_DIGITS, _WORDS = 50, 60  # in a line
_WIDEST = int(_DIGITS / SMALLEST)
_CUT, _MOST_ROWS = 45, 10  # digits and rows of a part of a matrix that is cut
_OF_TEXT = 18.0  # lines in \textheight, that of the title included
_BAR = 24  # digits
_TALL = ((r"\frac", 2.4), (r"\sum", 2.4), (r"\begin{cases}", 2.8), (r"\underbrace", 2.0))


class SlideRow(NamedTuple):
    source: Latex
    lines: float


class SlidePart(NamedTuple):
    """Rows that `dress` sets, under a head of `head` lines. Rows of a group stand together where a slide has room."""

    groups: tuple[tuple[SlideRow, ...], ...]
    dress: Callable[[Sequence[Latex], float], Latex]
    head: float = 0.0

    @property
    def lines(self) -> float:
        return self.head + sum(map(_high, self.groups))

    def source(self) -> Latex:
        return self.dress([row.source for group in self.groups for row in group], self.lines)

    def cut(self, room: float) -> tuple[SlidePart, SlidePart | None]:
        """What so many lines hold, one row at least, and what is left."""
        groups = self.groups
        if self.head + _high(groups[0]) > room:
            groups = (*((row,) for row in groups[0]), *groups[1:])
        taken, used = 1, self.head + _high(groups[0])
        while taken < len(groups) and used + _high(groups[taken]) <= room:
            used += _high(groups[taken])
            taken += 1
        rest = groups[taken:]
        return self._replace(groups=groups[:taken]), self._replace(groups=rest) if rest else None


def _high(group: Sequence[SlideRow]) -> float:
    return sum(row.lines for row in group)


def stacked(rows: Sequence[Latex], lines: float) -> Latex:
    """Rows of mathematics, hardly higher than they were thought to be."""
    return fitted(f"\\begin{{aligned}}\n{tex.stacked(rows)}\n\\end{{aligned}}", lines)


def fitted(source: str, lines: float) -> Latex:
    """Mathematics as wide as a slide at most, and hardly higher than it was thought to be."""
    return Latex(rf"\nnlecfit{{{min(0.86, (lines + 1.5) / _OF_TEXT):.2f}}}{{{source}}}")


def parts_of(block: Block) -> Iterator[SlidePart]:
    """A block as rows; a table that is too wide as several."""
    match block:
        case Prose(words):
            row = SlideRow(escaped(words), float(ceil(len(words) / _WORDS)))
            yield SlidePart(((row,),), lambda rows, _: rows[0])
        case Display(formula):
            yield SlidePart(((_row(Latex(f"&{latex(formula)}")),),), stacked)
        case Equation(lines):
            pieces = [[*_pieces(line)] for line in lines]
            scale = scale_of(width for line in pieces for _, width in line)
            groups = [tuple(row._replace(lines=row.lines * scale) for row, _ in line) for line in pieces]
            yield SlidePart(tuple(groups), stacked)
        case Steps(lines):
            yield steps(lines)
        case Table():
            yield from _tables(block)
        case LossCourse(table, bars):
            yield _table(table, bars)
        case _:
            raise AssertionError(block)


def steps(lines: Sequence[Line], width: int = _DIGITS) -> SlidePart:
    """Chains of relations, long ones on several rows."""
    return SlidePart(tuple(tuple(map(_row, tex.chain(line, width=width))) for line in lines), stacked)


def scale_of(widths: Iterator[float]) -> float:
    """How small mathematics becomes that is so many digits wide."""
    return min(1.0, _DIGITS / max(widths))


def height_of(line: Line) -> float:
    """How many lines of text a line is high."""
    rows = max((len(term.rows) for term in line if isinstance(term, Matrix) and not term.is_scalar), default=0)
    return rows + 0.7 if rows else _row(tex.inline(line)).lines


def _row(source: Latex) -> SlideRow:
    return SlideRow(source, max((lines for sign, lines in _TALL if sign in source), default=1.25))


# Matrices.


def _pieces(line: Line) -> Iterator[tuple[SlideRow, float]]:
    """The rows of a line with how wide they are: one, or one for each part of a matrix that is too large."""
    if tex.width_of(line) <= _WIDEST and height_of(line) <= LINES:
        yield SlideRow(tex.aligned(line), height_of(line)), tex.width_of(line)
        return
    before: list[Token] = []
    for term in line:
        before.append(term)
        if isinstance(term, Matrix):
            yield from _cut(tuple(before[:-1]), term)
            before = []
    if before:
        yield _row(Latex(rf"&\quad {tex.inline(before)}")), tex.width_of(tuple(before))


def _cut(name: Line, whole: Matrix) -> Iterator[tuple[SlideRow, float]]:
    """The parts of a matrix below each other, the first one behind its name."""
    start = tex.aligned(name) if len(name) > 1 else Latex(rf"&\quad {tex.inline(name)}")
    widths = [max(map(len, column)) + 2 for column in zip(*whole.rows, strict=True)]
    for top in range(0, len(whole.rows), _MOST_ROWS):
        bottom = min(top + _MOST_ROWS, len(whole.rows))
        for left, right in groups_that_fit(widths, _CUT):
            part = whole._replace(rows=tuple(row[left:right] for row in whole.rows[top:bottom]))
            beside = [row[0] for row in whole.rows]
            named = (
                *_span("row {n} of {n2}", "rows {n} of {n2}", (top, bottom), beside, whole.shape[0]),
                *_span("column {n} of {n2}", "columns {n} of {n2}", (left, right), whole.rows[0], whole.shape[1]),
            )
            row = SlideRow(Latex(f"{start} {tex.matrix(part, part=named)}"), bottom - top + 0.9)
            yield row, tex.width_of((*name, part)) + max(map(len, named), default=0) / 1.6
            name, start = (), Latex(r"&\quad")


def _span(one: str, several: str, part: tuple[int, int], shown: Sequence[str], of: int) -> Iterator[str]:
    """Which rows or columns stand in a part of those that are shown, those left out counted too."""
    first, last = part
    if last - first < len(shown):
        start, end = counted(first, last, shown, of)
        yield own(one, n=start, n2=of) if start == end else own(several, n=f"{start}-{end}", n2=of)


# Tables.


def _tables(table: Table) -> Iterator[SlidePart]:
    """A table, or its columns in several, each with the names before them."""
    widths = _widths(table)
    names = 0 if table.numeric[0] or sum(widths) <= _WIDEST else 1
    for first, last in groups_that_fit(widths[names:], _WIDEST, sum(widths[:names])):
        yield _table(_columns(table, [*range(names), *range(names + first, names + last)]))


def _columns(table: Table, chosen: Sequence[int]) -> Table:
    columns, *rows = ([cells[i] for i in chosen] for cells in (table.columns, *table.rows))
    return Table(tuple(columns), tuple(map(tuple, rows)), tuple(table.totals[i] for i in chosen if table.totals))


def _table(table: Table, bars: Sequence[float] = ()) -> SlidePart:
    scale = scale_of(iter([sum(_widths(table)) + _BAR * bool(bars)]))
    heads = " ".join(map(tex.cell, table.columns))
    rows: list[tuple[SlideRow, ...]] = [
        (SlideRow(row, scale * (1.7 if r"\frac" in row else 1.05)),) for row in tex.table_rows(table, bars)
    ]
    if table.totals and len(rows) > 1:
        rows[-2:] = [(*rows[-2], *rows[-1])]

    def dress(sources: Sequence[Latex], lines: float) -> Latex:
        return fitted(tex.tabular(table, sources, bars), lines)

    return SlidePart(tuple(rows), dress, scale * (2.2 if r"\frac" in heads or r"\sum" in heads else 1.6))


def _widths(table: Table) -> list[float]:
    rows = [table.columns, *table.rows, *([table.totals] if table.totals else [])]
    return [max(map(_width, column)) + 2 for column in zip(*rows, strict=True)]


def _width(cell: Cell) -> float:
    if isinstance(cell, str):
        return 0.9 * len(cell)
    if isinstance(cell, Formula):
        return len(text(cell))
    return tex.width_of(cell.line if isinstance(cell, Working) else (cell,))
