"""A document with other texts and figures, the same in all else: what is said once for every writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnlec.notation import Formula
from nnlec.rendering.document import (
    Block,
    Cell,
    Display,
    Document,
    Entry,
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
    Steps,
    Table,
    Token,
    UserName,
    Working,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.document.maps import Entries, Grid, MapEntry, Maps, Shades

TextChange = Callable[[str], str]


def _but_names(change: TextChange) -> TextChange:
    """The same, which leaves a user's names as they are."""
    return lambda text: text if isinstance(text, UserName) else change(text)


class Rewriter:
    """`words` changes each text, `figure` each shown number, `signs` names signs that others stand for.

    `head` changes headings and the heads of columns, `cell` what stands in a table, both as `words` does by default.
    """

    def __init__(
        self,
        words: TextChange = str,
        figure: TextChange = str,
        signs: dict[Sign, Sign] | None = None,
        *,
        head: TextChange | None = None,
        cell: TextChange | None = None,
    ) -> None:
        self._words, self._figure, self._signs = _but_names(words), figure, signs or {}
        self._head, self._in_cell = _but_names(head or words), _but_names(cell or words)

    def document(self, document: Document) -> Document:
        """Every block of it."""
        return tuple(map(self.block, document))

    def block(self, block: Block) -> Block:
        """A block of the same kind."""
        match block:
            case Heading(text):
                return block._replace(text=self._head(text))
            case Prose(text):
                return Prose(self._words(text))
            case Equation() | Steps():
                return block._replace(lines=self._lines(block.lines))
            case Display(formula):
                return Display(self.formula(formula))
            case Product():
                return self._product(block)
            case Table():
                return self._table(block)
            case LossCourse():
                changed = (self._words(block.steps), self._words(block.name))
                return block._replace(table=self._table(block.table), steps=changed[0], name=changed[1])
            case Maps():
                return self._maps(block)

    def formula(self, formula: Formula) -> Formula:
        """The formula with other figures and words."""
        change = {"number": self._figure, "operand": self._figure, "words": self._words}.get(formula.operation)
        if change is not None:
            return Formula(formula.operation, (change(str(formula.parts[0])),))
        parts = tuple(self.formula(part) if isinstance(part, Formula) else part for part in formula.parts)
        return Formula(formula.operation, parts)

    def _lines(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        return tuple(map(self._line, lines))

    def _line(self, line: Line) -> Line:
        return tuple(map(self._term, line))

    def _term(self, term: Token) -> Token:
        match term:
            case Number(text, unit):
                return Number(self._figure(text), self._words(unit) if unit else "")
            case Sign():
                return self._signs.get(term, term)
            case Formula():
                return self.formula(term)
            case Remark(text):
                return Remark(self._words(text))
            case Omitted(terms, total):
                return Omitted(terms, self._figure(total))
            case Matrix():
                return self._matrix(term)
            case _:  # a letter, or the name of a function or a class
                return term

    def _matrix(self, matrix: Matrix) -> Matrix:
        return matrix._replace(rows=self._rows(matrix.rows))

    def _rows(self, rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(self._figure, row)) for row in rows)

    def _product(self, product: Product) -> Product:
        return product._replace(
            name=self._line(product.name),
            left=self._matrix(product.left),
            right=self._matrix(product.right),
            result=self._matrix(product.result),
            entries=tuple(Entry(row, column, self._line(line)) for row, column, line in product.entries),
            added=product.added and self._matrix(product.added),
        )

    def _table(self, table: Table) -> Table:
        rows = tuple(self._cells(row, self._in_cell) for row in table.rows)
        return Table(self._cells(table.columns, self._head, head=True), rows, self._cells(table.totals, self._head))

    def _cells(self, cells: Sequence[Cell], words: TextChange, *, head: bool = False) -> tuple[Cell, ...]:
        return tuple(self._cell(cell, words, head=head) for cell in cells)

    def _cell(self, cell: Cell, words: TextChange, *, head: bool) -> Cell:
        match cell:
            case str():
                return words(cell)
            case Working(line):
                terms = (Name(words(term.text)) if isinstance(term, Name) and head else term for term in line)
                return Working(self._line(tuple(terms)))
            case Number(text, unit):
                return Number(self._figure(text), self._words(unit) if unit else "")
            case Formula():
                return self.formula(cell)
            case _:
                return cell

    def _maps(self, maps: Maps) -> Maps:
        return Maps(
            tuple(map(self._grid, maps.inputs)),
            tuple(map(self._grid, maps.kernels)),
            tuple(map(self._grid, maps.results)),
            Entries(range(len(maps.entries)), lambda number: self._entry(maps.entries[number])),
            self._lines(maps.size),
            self._words(maps.padding),
        )

    def _grid(self, grid: Grid) -> Grid:
        shades = grid.shades and Shades(
            grid.shades.levels, self._figure(grid.shades.low), self._figure(grid.shades.high)
        )
        return grid._replace(name=self._line(grid.name), rows=self._rows(grid.rows), shades=shades)

    def _entry(self, entry: MapEntry) -> MapEntry:
        return entry._replace(working=self._lines(entry.working))
