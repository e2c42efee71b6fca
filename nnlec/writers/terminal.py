"""Rich tables for a terminal or a pipe: matrices in brackets with their shape, and no digit ever cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from nnlec.document import (
    Block,
    Cell,
    Document,
    Equation,
    Formula,
    Heading,
    Matrix,
    Name,
    Number,
    Prose,
    Sign,
    Symbol,
    Table,
    Term,
)
from nnlec.escaping import visible
from nnlec.writers import Page

_BRACKETS = Box("┌  ┐\n│  │\n│  │\n│  │\n│  │\n│  │\n│  │\n└  ┘\n")
_ASCII_BRACKETS = Box("+  +\n|  |\n|  |\n|  |\n|  |\n|  |\n|  |\n+  +\n", ascii=True)
_RULES = Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
_ASCII_RULES = Box("    \n    \n -- \n    \n -- \n -- \n    \n    \n", ascii=True)

_SIGNS = {
    Sign.TIMES: ("×", "x"),
    Sign.PLUS: ("+", "+"),
    Sign.MINUS: ("-", "-"),
    Sign.EQUALS: ("=", "="),
    Sign.APPROXIMATELY: ("≈", "~"),
    Sign.OPEN: ("(", "("),
    Sign.CLOSE: (")", ")"),
}
_RELATIONS = {Sign.EQUALS, Sign.APPROXIMATELY}
_RAISED = str.maketrans("0123456789()+-=nif", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻⁼ⁿⁱᶠ")
_LOWERED = str.maketrans("0123456789()+-=ij", "₀₁₂₃₄₅₆₇₈₉₍₎₊₋₌ᵢⱼ")
_NAME_WIDTH = 12
_INDENT = 2


def write(document: Document, page: Page) -> str:
    """The document as text, with escape sequences only where the page has colour."""
    layout = _Layout(page)
    blocks = [layout.block(block) for block in document]
    width = max([page.width or 0, *(layout.width_of(block) for block in blocks)])
    console = _console(width, color=page.color)
    for number, block in enumerate(blocks):
        if number:
            console.print()
        console.print(block)
    file = console.file
    assert isinstance(file, StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


def _console(width: int, *, color: bool = False) -> Console:
    return Console(
        file=StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        legacy_windows=False,
        _environ={},  # the page decides, not the environment
    )


@dataclass(frozen=True)
class _Piece:
    """Something that stands in a line and is never cut: its content and the columns it takes."""

    content: RenderableType
    width: int


class _Layout:
    """Blocks to Rich renderables, for one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._room = page.width or 1_000_000
        self._ruler = _console(1_000_000)

    def width_of(self, renderable: RenderableType) -> int:
        """How many columns it needs so that nothing in it is cut."""
        if isinstance(renderable, Group):
            return max((self.width_of(part) for part in renderable.renderables), default=0)
        if isinstance(renderable, Text):
            return 0  # prose folds
        return self._ruler.measure(renderable).minimum

    def block(self, block: Block) -> RenderableType:
        match block:
            case Heading(text, level):
                return Text(visible(text), style="bold" if level > 1 else "bold underline", overflow="fold")
            case Prose(text):
                return Text(visible(text), overflow="fold")
            case Formula(text):
                return Text(" " * _INDENT + visible(text), style="italic", overflow="fold")
            case Table():
                return self._table(block)
            case Equation(lines):
                return Group(*(row for line in lines for row in self._line(line)))

    def _table(self, table: Table) -> RenderableType:
        """Columns of numbers never fold; columns of names do, when the page is narrow."""
        rich = RichTable(
            box=_RULES if self._page.unicode else _ASCII_RULES,
            pad_edge=False,
            show_edge=False,
            show_footer=bool(table.totals),
        )
        for index, head in enumerate(table.columns):
            body = [row[index] for row in table.rows]
            numeric = bool(body) and all(isinstance(cell, Number) for cell in body)
            cells = [self._cell(cell) for cell in (head, *body, *table.totals[index : index + 1])]
            widest = max(cell_len(text) for text in cells)
            rich.add_column(
                Text(cells[0]),
                Text(cells[-1]) if table.totals else "",
                justify="right" if numeric else "left",
                no_wrap=numeric,
                overflow="fold",
                min_width=widest if numeric else min(widest, _NAME_WIDTH),
            )
        for row in table.rows:
            rich.add_row(*(Text(self._cell(cell)) for cell in row))
        return Padding(rich, (0, 0, 0, _INDENT), expand=False)

    def _line(self, line: Sequence[Term]) -> Iterator[RenderableType]:
        """The line's terms side by side, broken before a term where the page is too narrow."""
        indent = 2 * _INDENT if line and line[0] in _RELATIONS else _INDENT
        row: list[_Piece] = []
        used = indent
        for piece in self._pieces(line, self._room - 2 * _INDENT):
            if row and used + piece.width > self._room:
                yield self._side_by_side(row, indent)
                row, used, indent = [], 2 * _INDENT, 2 * _INDENT
            row.append(piece)
            used += piece.width + 1
        yield self._side_by_side(row, indent)

    def _side_by_side(self, row: Sequence[_Piece], indent: int) -> RenderableType:
        grid = RichTable.grid(padding=(0, 1, 0, 0))
        for piece in row:
            grid.add_column(no_wrap=True, min_width=piece.width, vertical="middle")
        grid.add_row(*(piece.content for piece in row))
        return Padding(grid, (0, 0, 0, indent), expand=False)

    def _pieces(self, line: Sequence[Term], room: int) -> Iterator[_Piece]:
        """The line's words and matrices; what stands between two matrices is one word."""
        word = ""
        for term in line:
            if not isinstance(term, Matrix):
                word = _joined(word, self._inline(term), term)
                continue
            if word:
                yield _Piece(Text(word), cell_len(word))
            word = ""
            yield from self._matrix(term, room)
        if word:
            yield _Piece(Text(word), cell_len(word))

    def _matrix(self, matrix: Matrix, room: int) -> Iterator[_Piece]:
        """The matrix whole where the page has room for it, else in groups of columns that say which they are."""
        shape = f"{matrix.shape[0]}{self._sign(Sign.TIMES)}{matrix.shape[1]}"
        whole = self._bracketed(matrix.rows, shape)
        if whole.width <= room:
            yield whole
            return
        last_columns = f"{matrix.shape[1]}-{matrix.shape[1]}"
        for first, last in _column_groups(matrix.rows, room - len(f"{shape}, columns {last_columns}") - 2):
            yield self._bracketed([row[first:last] for row in matrix.rows], f"{shape}, columns {first + 1}-{last}")

    def _bracketed(self, rows: Sequence[Sequence[str]], caption: str) -> _Piece:
        """One group of columns in brackets, its shape at the lower right as a subscript is."""
        if len(rows) == 1:
            text = f"[ {'  '.join(rows[0])} ] {caption}"
            return _Piece(Text(text), cell_len(text))
        matrix = RichTable(box=_BRACKETS if self._page.unicode else _ASCII_BRACKETS, show_header=False, padding=(0, 1))
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for width in widths:
            matrix.add_column(justify="right", no_wrap=True, min_width=width)
        for row in rows:
            matrix.add_row(*row)
        grid = RichTable.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, vertical="bottom", min_width=len(caption))
        grid.add_row(matrix, Text(caption))
        return _Piece(grid, sum(widths) + 3 * len(widths) + 1 + 1 + len(caption))

    def _cell(self, cell: Cell) -> str:
        return visible(cell) if isinstance(cell, str) else self._inline(cell)

    def _inline(self, term: Symbol | Number | Name | Sign) -> str:
        match term:
            case Number(text) | Name(text):
                return visible(text)
            case Sign():
                return self._sign(term)
            case Symbol(letter, superscript, subscript, transposed):
                mark = "T" if transposed else ""
                if not self._page.unicode:
                    marks = f"^{superscript}{mark}" if superscript or mark else ""
                    return f"{letter}{f'_{subscript}' if subscript else ''}{marks}"
                raised = superscript.translate(_RAISED) + ("ᵀ" if transposed else "")
                return f"{letter}{subscript.translate(_LOWERED)}{raised}"

    def _sign(self, sign: Sign) -> str:
        return _SIGNS[sign][0 if self._page.unicode else 1]


def _joined(word: str, text: str, term: Term) -> str:
    """`text` after `word`, a blank between them except inside and before brackets."""
    tight = not word or term in {Sign.OPEN, Sign.CLOSE} or word.endswith("(")
    return f"{word}{'' if tight else ' '}{text}"


def _column_groups(rows: Sequence[Sequence[str]], room: int) -> Iterator[tuple[int, int]]:
    """First and last column of each group that fits in `room`; one column at least, however narrow the page."""
    widths = [max(len(cell) for cell in column) + 3 for column in zip(*rows, strict=True)]
    first, used = 0, 0
    for index, width in enumerate(widths):
        if index > first and used + width > room:
            yield first, index
            first, used = index, 0
        used += width
    yield first, len(widths)
