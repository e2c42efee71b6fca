"""Rich tables for a terminal or a pipe: matrices in brackets with their shape, and no digit ever cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from nnlec.notation import ASCII, UNICODE, Formula
from nnlec.notation import text as written
from nnlec.rendering import RenderOptions, signs
from nnlec.rendering.brackets import LinePart, bracketed
from nnlec.rendering.columns import counted, groups_of, groups_that_fit, widths_of
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
from nnlec.text import own, visible

_RULES = Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
_ASCII_RULES = Box("    \n    \n -- \n    \n -- \n -- \n    \n    \n", ascii=True)

_JOINING = RELATIONS | signs.ADDING | {Sign.TIMES}
_RAISED = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_LOWERED = str.maketrans("0123456789ij", "₀₁₂₃₄₅₆₇₈₉ᵢⱼ")
_SPELLED = {"δ": "delta"}
_INDENT = 2


def write(document: Document, options: RenderOptions) -> str:
    """The document as text, with escape sequences only where the page has colour."""
    layout = _Layout(options)
    blocks = [layout.block(block) for block in document]
    width = max([options.width or 0, *(layout.width_of(block) for block in blocks)])
    page = StringIO()
    spaced = Group(*blocks[:1], *(part for block in blocks[1:] for part in (Text(), block)))
    _console(page, width, color=options.color).print(spaced)
    return "\n".join(line.rstrip() for line in page.getvalue().split("\n"))


def _console(file: StringIO, width: int, *, color: bool = False) -> Console:
    """A console of that width that decides nothing by itself."""
    return Console(
        file=file,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
        force_jupyter=False,
        legacy_windows=False,
        _environ={},  # the page decides, not the environment
    )


class _Layout:
    """Blocks to Rich renderables, for one page."""

    def __init__(self, options: RenderOptions) -> None:
        self._options = options
        self._room = options.width or 1_000_000
        self._ruler = _console(StringIO(), 1_000_000)
        self._marks = UNICODE if options.unicode else ASCII
        self._signs = signs.UNICODE if options.unicode else signs.ASCII

    def width_of(self, renderable: RenderableType) -> int:
        """How many columns it needs so that nothing in it is cut."""
        if isinstance(renderable, Group):
            return max((self.width_of(part) for part in renderable.renderables), default=0)
        if isinstance(renderable, Text):  # prose folds where the page has an edge; a line of mathematics does not
            folds = self._options.width and not renderable.no_wrap
            return 0 if folds else max(map(cell_len, renderable.plain.split("\n")))
        needed = self._ruler.measure(renderable)
        return needed.minimum if self._options.width else needed.maximum

    def block(self, block: Block) -> RenderableType:
        match block:
            case Heading(text, level):
                return Text(visible(text), style="bold" if level > 1 else "bold underline", overflow="fold")
            case Prose(text):
                return Text(visible(text), overflow="fold")
            case Display(formula):
                return Text(" " * _INDENT + written(formula, self._marks), style="italic", overflow="fold")
            case Table():
                return self._table(block)
            case Equation(lines):
                return Group(*(row for line in lines for row in self._line(line)))
            case Product():
                return self.block(block.equation)
            case Steps(lines):
                return Group(*(row for line in lines for row in self._chain(line)))
            case _:
                from nnlec.rendering.document.course import LossCourse
                from nnlec.rendering.maps import text as maps

                if isinstance(block, LossCourse):
                    return self._table(block.with_bars)
                page = maps.Page(self._room, self._options.unicode, self._words)
                return Group(*map(self._drawn, maps.written(block, page)))

    def _drawn(self, part: str | Steps) -> RenderableType:
        return self.block(part) if isinstance(part, Steps) else Text(part, no_wrap=True, overflow="ignore")

    def _table(self, table: Table) -> RenderableType:
        """Columns of numbers never fold; those of names do on a narrow page, and a wide table breaks in parts."""
        lines = [[self._cell(cell) for cell in line] for line in (table.columns, *table.rows, table.totals) if line]
        groups = groups_of(list(zip(*lines, strict=True)), table.numeric, self._room - _INDENT)
        parts: list[RenderableType] = []
        for group in groups:
            cells = [[line[column] for column in group] for line in lines]
            numeric = [table.numeric[column] for column in group]
            parts += [Text(), self._columns(cells, numeric, totals=bool(table.totals))]
        return Group(*parts[1:])

    def _columns(self, lines: Sequence[Sequence[str]], numeric: Sequence[bool], *, totals: bool) -> RenderableType:
        """Columns that stand side by side: their names, the rows, and with `totals` a last row set apart."""
        rich = RichTable(
            box=_RULES if self._options.unicode else _ASCII_RULES,
            pad_edge=False,
            show_edge=False,
            show_footer=totals,
        )
        columns = list(zip(*lines, strict=True))
        widths = widths_of(columns, numeric, self._room - _INDENT)
        for cells, whole, width in zip(columns, numeric, widths, strict=True):
            rich.add_column(
                Text(cells[0]),
                Text(cells[-1]) if totals else "",
                justify="right" if whole else "left",
                no_wrap=whole,
                overflow="fold",
                width=width,
            )
        for row in lines[1:-1] if totals else lines[1:]:
            rich.add_row(*map(Text, row))
        return Padding(rich, (0, 0, 0, _INDENT), expand=False)

    def _line(self, line: Line) -> Iterator[RenderableType]:
        """The line's terms side by side, broken before a sign where the page is too narrow."""
        indent = 2 * _INDENT if line[0] in RELATIONS else _INDENT
        row: list[LinePart] = []
        used = indent
        for segment in self._segments(line, self._room - 2 * _INDENT):
            width = sum(piece.width + 1 for piece in segment)
            if row and used + width - 1 > self._room:
                yield self._side_by_side(row, indent)
                row, used, indent = [], 2 * _INDENT, 2 * _INDENT
            row += segment
            used += width
        yield self._side_by_side(row, indent)

    def _chain(self, line: Line) -> Iterator[RenderableType]:
        """Relations on one line, or one below the other where the page is too narrow, sums broken before a sign."""
        (name, *_), *parts = self._parts(line)
        whole = " ".join([name, *(chunk for part in parts for chunk in part)])
        if _INDENT + cell_len(whole) <= self._room:
            yield self._side_by_side([LinePart.of(whole)], _INDENT)
            return
        margin = _INDENT + cell_len(name) + 1
        if 3 * margin > self._room:
            yield self._side_by_side([LinePart.of(name)], _INDENT)
            name, margin = "", 2 * _INDENT
        for part in parts:
            row: list[str] = []
            used = margin
            for chunk in part:
                if row and used + cell_len(chunk) > self._room:
                    yield self._margined(name, " ".join(row), margin)
                    name, used, row = "", margin + 2, [" "]
                row.append(chunk)
                used += cell_len(chunk) + 1
            yield self._margined(name, " ".join(row), margin)
            name = ""

    def _margined(self, name: str, text: str, margin: int) -> RenderableType:
        pieces = [LinePart.of(name), LinePart.of(text)] if name else [LinePart.of(text)]
        return self._side_by_side(pieces, _INDENT if name else margin)

    def _parts(self, line: Line) -> list[list[str]]:
        """The line as text: a list for each side of a relation, of what may not be broken."""
        parts = [[""]]
        for term in line:
            if term in RELATIONS:
                parts.append([self._signs[term]])
            elif term in signs.ADDING and parts[1:]:
                parts[-1].append(self._signs[term])
            else:
                parts[-1][-1] = _joined(parts[-1][-1], self._inline(term), term)
        return parts

    def _side_by_side(self, row: Sequence[LinePart], indent: int) -> RenderableType:
        height = max(len(piece.lines) for piece in row)
        lines = zip(*(piece.centred(height) for piece in row), strict=True)
        return Text("\n".join(" " * indent + " ".join(line) for line in lines), no_wrap=True, overflow="ignore")

    def _segments(self, line: Line, room: int) -> Iterator[list[LinePart]]:
        """What stays together on a line: words, and a matrix with the sign before it."""
        words: list[Token] = []
        for term in line:
            if not isinstance(term, Matrix):
                words.append(term)
                continue
            sign = self._inline(words.pop()) if words and words[-1] in _JOINING else ""
            if words:
                yield [LinePart.of(self._words(words))]
                words = []
            for group in self._matrix(term, room - len(sign) - 1):
                yield [LinePart.of(sign), group]
                sign = " " * len(sign)
        if words:
            yield [LinePart.of(self._words(words))]

    def _words(self, terms: Sequence[Token]) -> str:
        text = ""
        for term in terms:
            text = _joined(text, self._inline(term), term)
        return text

    def _matrix(self, matrix: Matrix, room: int) -> Iterator[LinePart]:
        """The matrix whole where the page has room for it, else in groups of columns that say which they are."""
        if matrix.is_scalar:
            yield LinePart.of(matrix.rows[0][0])
            return
        unicode = self._options.unicode
        shape = f"{matrix.shape[0]}{self._signs[Sign.TIMES]}{matrix.shape[1]}"
        for below in (False, True):
            whole = bracketed(matrix.rows, shape, unicode=unicode, below=below)
            if whole.width <= room:
                yield whole
                return
        longest = f"{shape}, {own('columns {n}', n=f'{matrix.shape[1]}-{matrix.shape[1]}')}"
        widths = [max(map(len, column)) + 3 for column in zip(*matrix.rows, strict=True)]
        for first, last in groups_that_fit(widths, room - cell_len(longest) - 2):
            start, end = counted(first, last, matrix.rows[0], matrix.shape[1])
            named = own("column {n}", n=start) if start == end else own("columns {n}", n=f"{start}-{end}")
            yield bracketed([row[first:last] for row in matrix.rows], f"{shape}, {named}", unicode=unicode)

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, Formula):
            return written(cell, self._marks)
        if isinstance(cell, Working):
            return self._words(cell.line)
        return visible(cell) if isinstance(cell, str) else self._inline(cell)

    def _inline(self, term: Token) -> str:
        match term:
            case Number(text, unit):
                return f"{text} {visible(unit)}" if unit else text
            case Name(text):
                return visible(text)
            case Remark(text):
                return f"({visible(text)})"
            case Formula():
                return written(term, self._marks, among_others=True)
            case Omitted(terms, total):
                return f"[{own('{n} terms', n=terms)}: {total}]"
            case Matrix():
                raise TypeError("a matrix is no word")
            case Sign():
                return self._signs[term]
            case Slope(of, by):
                d = "∂" if self._options.unicode else "d"
                return f"{d}{self._inline(of)}/{d}{self._inline(by)}"
            case Symbol(letter, superscript, subscript, transposed, place):
                mark, at = "T" if transposed else "", f"[{place}]" if place else ""
                if not self._options.unicode:
                    letter = _SPELLED.get(letter, letter)
                    marks = f"^{superscript}{mark}" if superscript or mark else ""
                    return f"{letter}{f'_{subscript}' if subscript else ''}{marks}{at}"
                raised = superscript.translate(_RAISED) + ("ᵀ" if transposed else "")
                return f"{letter}{subscript.translate(_LOWERED)}{raised}{at}"


def _joined(word: str, text: str, term: Token) -> str:
    """`text` after `word`, a blank between them except inside brackets and between a function and its brackets."""
    tight = (
        not word
        or term in (Sign.CLOSE, Sign.COMMA, Sign.SEMICOLON)
        or word.endswith("(")
        or (term is Sign.OPEN and word[-1].isalnum())
    )
    return f"{word}{'' if tight else ' '}{text}"
