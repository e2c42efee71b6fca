"""Words and figures alone, a fact a line: what a screen reader says and a Braille display shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnlec.notation import Formula
from nnlec.notation.spoken import TIMES, marked, spoken
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
from nnlec.rendering.lines import folded
from nnlec.rendering.signs import ASCII
from nnlec.text import own, visible

_WORDS = {Sign.APPROXIMATELY: "about", Sign.TO: "to"}
_SIGNS = ASCII | {Sign.TIMES: TIMES}
_LETTERS = {"δ": "delta"}


def write(document: Document, options: RenderOptions) -> str:
    """The document as lines of ASCII, but for the user's own names; a blank line between blocks."""
    blocks = (_block(block, options.width) for block in document)
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _block(block: Block, width: int | None) -> Iterator[str]:
    for fact in _facts(block):
        yield from folded(fact, width) if isinstance(fact, str) else _chain(fact, width)


def _facts(block: Block) -> Iterator[str | Line]:
    match block:
        case Heading(text) | Prose(text):
            yield visible(text)
        case Display(formula):
            yield spoken(formula)
        case Equation(lines):
            yield from (fact for line in lines for fact in _equation(line))
        case Product():
            yield from _facts(block.equation)
        case Table():
            yield from _table(block)
        case Steps(lines):
            yield from lines
        case _:
            from nnlec.rendering.maps import spoken as maps

            if isinstance(block, LossCourse):
                yield from _table(block.table)
            else:
                yield from maps.written(block, words)


def _chain(line: Line, width: int | None) -> Iterator[str]:
    """Relations on one line, or each on a line of its own where the page is too narrow."""
    whole = [*folded(words(line), width)]
    if len(whole) == 1:
        yield from whole
        return
    relations = [index for index, term in enumerate(line) if term in RELATIONS]
    starts = [0, *relations[1:]]
    for start, end in zip(starts, [*relations[1:], len(line)], strict=True):
        yield from folded(f"{'  ' if start else ''}{words(line[start:end])}", width)


def _equation(line: Line) -> Iterator[str]:
    """Words, and each matrix below what stands before it."""
    before: list[Token] = []
    for term in line:
        if not isinstance(term, Matrix) or term.is_scalar:
            before.append(Number(term.rows[0][0]) if isinstance(term, Matrix) else term)
            continue
        yield f"{words(before)} {own('matrix {n} by {n2}', n=term.shape[0], n2=term.shape[1])}".lstrip()
        yield from _rows(term)
        before = []
    if before:
        yield words(before)


def _rows(matrix: Matrix) -> Iterator[str]:
    """A line for each row, by its number in the whole matrix; rows left out count too."""
    left_out = matrix.shape[0] - len(matrix.rows)
    number = 0
    for row in matrix.rows:
        number += 1
        if left_out and all(cell == "..." for cell in row):
            number += left_out
            yield "..."
        else:
            yield f"{own('row {n}', n=number)}: {' '.join(row)}"


def _table(table: Table) -> Iterator[str]:
    """A line for each cell that holds something, after its column's name; one of `totals` after that row's name."""
    names = [said(column) for column in table.columns]
    for row in table.rows:
        for name, cell in zip(names, map(said, row), strict=True):
            if cell:
                yield f"{name}: {cell}" if name else cell
    if table.totals:
        total, *cells = map(said, table.totals)
        found = [(name, cell) for name, cell in zip(names[1:], cells, strict=True) if cell]
        yield from (f"{total}, {name}: {cell}" if len(found) > 1 else f"{total}: {cell}" for name, cell in found)


def said(cell: Cell) -> str:
    """What stands in a cell, in words."""
    if isinstance(cell, str):
        return visible(cell)
    if isinstance(cell, Formula):
        return spoken(cell)
    return words(cell.line) if isinstance(cell, Working) else _term(cell)


def words(line: Sequence[Token]) -> str:
    """Terms one after the other, a blank between them except inside brackets and before a function's.

    Letters beside each other are a product.
    """
    text = ""
    for before, term in zip((None, *line), line, strict=False):
        tight = before in (None, Sign.OPEN) or term in (Sign.CLOSE, Sign.COMMA, Sign.SEMICOLON)
        if isinstance(before, Symbol) and isinstance(term, Symbol):
            text += f" {TIMES}"
        calls = term is Sign.OPEN and isinstance(before, Name | Symbol)
        text += _term(term) if tight or calls else f" {_term(term)}"
    return text


def _term(term: Token) -> str:
    match term:
        case Number(text, unit):
            return f"{text} {visible(unit)}".rstrip()
        case Name(text):
            return visible(text)
        case Formula():
            return spoken(term, among_others=True)
        case Remark(text):
            return f"({visible(text)})"
        case Omitted(terms, total):
            return f"({own('{n} terms', n=terms)}: {total})"
        case Matrix():
            raise TypeError("a matrix is no word")
        case Sign():
            return own(_WORDS[term]) if term in _WORDS else _SIGNS[term]
        case Slope(of, by):
            return f"d{_term(of)}/d{_term(by)}"
        case Symbol(letter, superscript, subscript, transposed, place):
            at, turned = f"[{place}]" if place else "", f" {own('transposed')}" if transposed else ""
            return f"{marked(_LETTERS.get(letter, letter), subscript)}{superscript}{at}{turned}"
