"""The worked computation as an SVG picture: laid out here, so that it looks the same wherever it is shown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from nnlec.notation import Formula
from nnlec.notation import text as written
from nnlec.notation.text import LOWER, PICTURE, RAISE
from nnlec.rendering import RenderOptions
from nnlec.rendering.document import (
    RELATIONS,
    Block,
    Cell,
    Display,
    Document,
    Equation,
    Heading,
    Line,
    Matrix,
    Name,
    Number,
    Omitted,
    Product,
    Prose,
    Remark,
    Sign,
    Slope,
    Steps,
    Symbol,
    Table,
    Token,
    Working,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import picture as maps
from nnlec.rendering.signs import ADDING, SIGNS, cut_before
from nnlec.text import own, visible

_SIZE, _ADVANCE, _ROW = 16.0, 9.6, 26.0
_SMALL = 0.7
_MARGIN, _GAP = 24.0, 18.0
_WIDEST = 900.0


@dataclass(frozen=True)
class _Ink:
    """Something drawn: its size, and its SVG with the middle of its left edge at (0, 0)."""

    width: float
    height: float
    svg: str

    def at(self, x: float, y: float) -> str:
        return f'<g transform="translate({x:.1f} {y:.1f})">{self.svg}</g>'


def write(document: Document, options: RenderOptions) -> str:  # noqa: ARG001
    """The document as one SVG picture."""
    y, width, parts = _MARGIN, 0.0, []
    for block in document:
        for ink in _block(block):
            parts.append(ink.at(_MARGIN, y + ink.height / 2))
            y += ink.height
            width = max(width, ink.width)
        y += _GAP
    title = next((block.text for block in document if isinstance(block, Heading)), own("Worked example"))
    size = f"{width + 2 * _MARGIN:.0f}", f"{y - _GAP + _MARGIN:.0f}"
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" role="img" font-family="ui-monospace, DejaVu Sans Mono, monospace" '
        f'font-size="{_SIZE:g}">\n<title>{_escaped(title)}</title>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _escaped(text: str) -> str:
    return html.escape(visible(text), quote=True)


def _block(block: Block) -> Iterator[_Ink]:
    match block:
        case Heading(text):
            yield _text(text, mark=' font-weight="bold"')
        case Prose(text):
            yield _text(text)
        case Display(formula):
            yield _formula(formula, alone=True)
        case Equation(lines):
            yield from (_row(_terms(line), indent=0 if line[0] not in RELATIONS else 30) for line in lines)
        case Product():
            yield from _block(block.equation)
        case Steps(lines):
            for line in lines:
                yield from _chain(line)
        case Table():
            yield _table(block)
        case LossCourse():
            yield _course(block)
            yield _table(block.table)
        case Maps():
            for part in maps.drawings(block, _drawing, _WIDEST):
                yield from [_centred(part)] if isinstance(part, maps.Drawing) else _chain(part)


def _course(course: LossCourse) -> _Ink:
    from nnlec.rendering.course import HEIGHT, WIDTH, drawing

    return _Ink(WIDTH, HEIGHT, f'<g transform="translate(0 {-HEIGHT / 2:g})">{drawing(course)}</g>')


def _drawing(line: Line) -> maps.Drawing:
    """A line of mathematics, placed by its upper left corner."""
    ink = _row(_terms(line))
    return maps.Drawing(ink.width, ink.height, ink.at(0, ink.height / 2))


def _centred(drawing: maps.Drawing) -> _Ink:
    moved = f'<g transform="translate(0 {-drawing.height / 2:.1f})">{drawing.svg}</g>'
    return _Ink(drawing.width, drawing.height, moved)


def _chain(line: Line) -> Iterator[_Ink]:
    """A chain of relations on one row, or on one for each where it is too wide, long sums broken before a sign."""
    whole = _row(_terms(line))
    before, *sides = cut_before(line, RELATIONS)
    if whole.width <= _WIDEST or not sides:
        yield whole
        return
    name = _row(_terms(before))
    row, indent = [name], 0.0
    for side in sides:
        for summand in cut_before(side, ADDING):
            inks = _terms(summand)
            if row and indent + _row([*row, *inks]).width > _WIDEST:
                yield _row(row, indent)
                row, indent = [], name.width + 3 * _ADVANCE
            row += inks
        yield _row(row, indent)
        row, indent = [], name.width + _ADVANCE


def _terms(line: Line) -> list[_Ink]:
    """The line's terms; what stands in brackets is one with them."""
    inks: list[_Ink] = []
    joined = False
    for index, term in enumerate(line):
        function = term is Sign.OPEN and index > 0 and isinstance(line[index - 1], Name)
        if inks and (joined or term in (Sign.CLOSE, Sign.COMMA, Sign.SEMICOLON) or function):
            inks[-1] = _beside([inks[-1], _term(term)], 0)
        else:
            inks.append(_term(term))
        joined = term is Sign.OPEN
    return inks


def _row(inks: Sequence[_Ink], indent: float = 0) -> _Ink:
    row = _beside(inks, _ADVANCE)
    return _Ink(row.width + indent, row.height, f'<g transform="translate({indent:.1f} 0)">{row.svg}</g>')


def _beside(inks: Sequence[_Ink], gap: float) -> _Ink:
    x, parts = 0.0, []
    for ink in inks:
        parts.append(ink.at(x, 0))
        x += ink.width + gap
    return _Ink(max(0.0, x - gap), max((ink.height for ink in inks), default=_ROW), "".join(parts))


def _term(term: Token) -> _Ink:
    match term:
        case Number(text):
            return _number(text)
        case Name(text):
            return _text(text)
        case Remark(text):
            return _text(f"({text})", scale=_SMALL)
        case Sign():
            return _text(SIGNS[term])
        case Formula():
            return _formula(term)
        case Omitted(count, total):
            return _beside([_text(f"[{own('{n} terms', n=count)}:"), _number(total), _text("]")], _ADVANCE / 2)
        case Matrix():
            return _matrix(term)
        case Slope(of, by):
            return _beside([_text("∂"), _term(of), _text("/∂"), _term(by)], 0)
        case Symbol(letter, superscript, subscript, transposed, place):
            raised = superscript + ("T" if transposed else "")
            marks = [_text(text, scale=_SMALL, y=y) for text, y in ((subscript, 5.0), (raised, -7.0)) if text]
            at = [_text(f"[{place}]")] if place else []
            return _beside([_text(letter, mark=' font-style="italic"'), *marks, *at], 0)


def _formula(formula: Formula, *, alone: bool = False) -> _Ink:
    """The formula on a line, its exponents raised."""
    inks, level = [], 0
    line = written(formula, PICTURE, among_others=not alone).replace("-", "\u2212")
    for part in re.split(f"([{RAISE}{LOWER}])", line):
        if part in (RAISE, LOWER):
            level += 1 if part == RAISE else -1
        elif part:
            inks.append(_text(part, scale=_SMALL**level, y=-7.0 * level))
    return _beside(inks, 0)


def _number(text: str) -> _Ink:
    mantissa, e, exponent = text.replace("-", "\u2212").partition("e")
    if not e:
        return _text({"inf": "∞", "\u2212inf": "\u2212∞"}.get(mantissa, mantissa))
    return _beside([_text(f"{mantissa} × 10"), _text(exponent, scale=_SMALL, y=-7)], 0)


def _text(text: str, *, scale: float = 1, y: float = 0, mark: str = "") -> _Ink:
    shown = visible(text)
    width = sum(2 if east_asian_width(c) in "WF" else 1 for c in shown) * _ADVANCE * scale
    size = f' font-size="{_SIZE * scale:g}"' if scale != 1 else ""
    svg = (
        f'<text y="{y:g}" dominant-baseline="central" textLength="{max(width, 1):.1f}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve"{size}{mark}>{_escaped(text)}</text>'
    )
    return _Ink(width, _ROW, svg)


def _matrix(shown: Matrix) -> _Ink:
    """Entries flush right between brackets, the shape below as a subscript."""
    if shown.is_scalar:
        return _number(shown.rows[0][0])
    grid = [[_number(text) for text in row] for row in shown.rows]
    widths = [max(ink.width for ink in column) for column in zip(*grid, strict=True)]
    height, inner = len(grid) * _ROW, sum(widths) + 2 * _ADVANCE * (len(widths) - 1)
    parts = []
    for i, row in enumerate(grid):
        x, y = _ADVANCE, (i + 0.5) * _ROW - height / 2
        for ink, width in zip(row, widths, strict=True):
            parts.append(ink.at(x + width - ink.width, y))
            x += width + 2 * _ADVANCE
    right, top = inner + 2 * _ADVANCE, height / 2 - 2
    for x, inwards in ((0.0, 5.0), (right, -5.0)):
        path = f"M{x + inwards:.1f} {-top:.1f}H{x:.1f}V{top:.1f}H{x + inwards:.1f}"
        parts.append(f'<path d="{path}" fill="none" stroke="black" stroke-width="1.3"/>')
    shape = _text(f"{shown.shape[0]}×{shown.shape[1]}", scale=_SMALL)
    parts.append(shape.at(right + 3, top - 3))
    return _Ink(right + 3 + shape.width, height + 6, "".join(parts))


def _table(table: Table) -> _Ink:
    """Columns with a rule below the head and above the totals."""
    grid = [[_cell(cell) for cell in line] for line in (table.columns, *table.rows, table.totals) if line]
    widths = [max(ink.width for ink in column) for column in zip(*grid, strict=True)]
    total, height = sum(widths) + 3 * _ADVANCE * (len(widths) - 1), len(grid) * _ROW
    parts = []
    for i, row in enumerate(grid):
        x, y = 0.0, (i + 0.5) * _ROW - height / 2
        for j, (ink, width) in enumerate(zip(row, widths, strict=True)):
            parts.append(ink.at(x + (width - ink.width if table.numeric[j] else 0), y))
            x += width + 3 * _ADVANCE
    rules = [1, *([len(grid) - 1] if table.totals else [])]
    parts += [f'<path d="M0 {i * _ROW - height / 2:.1f}H{total:.1f}" stroke="#888"/>' for i in rules]
    return _Ink(total, height, "".join(parts))


def _cell(content: Cell) -> _Ink:
    if isinstance(content, Number):
        figure = _number(content.text)
        return _beside([figure, _text(content.unit)], _ADVANCE) if content.unit else figure
    if isinstance(content, Working):
        return _row(_terms(content.line))
    return _text(content) if isinstance(content, str) else _term(content)
