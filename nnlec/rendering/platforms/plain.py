"""A sheet as the HTML that every platform takes: paragraphs and tables, no script, no style; well-formed XML."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence

from nnlec.notation import UNICODE, Formula
from nnlec.notation import text as written
from nnlec.rendering.document import (
    TO_FILL,
    Block,
    Cell,
    Display,
    Document,
    Equation,
    Heading,
    Line,
    Matrix,
    Number,
    Prose,
    Sign,
    Symbol,
    Table,
    Token,
)
from nnlec.rendering.signs import SIGNS
from nnlec.text import visible

Fill = Callable[[], str]
"""The markup of the next blank."""


def body(document: Document, fill: Fill) -> str:
    """The document as HTML; each number to fill in is what `fill` gives, in the order in which they stand."""
    return "\n".join(part for block in document for part in _block(block, fill))


def escaped(text: str) -> str:
    """Text as it stands between tags; no brace, with which a blank would begin."""
    return html.escape(visible(text), quote=False).replace("{", "&#123;")


def _block(block: Block, fill: Fill) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"<p><strong>{escaped(text)}</strong></p>"
        case Prose(text):
            yield f"<p>{escaped(text)}</p>"
        case Display(formula):
            yield f"<p>{_formula(formula)}</p>"
        case Equation(lines):
            for line in lines:
                yield from _line(line, fill)
        case Table():
            yield _table(block, fill)
        case _:
            raise TypeError(f"a sheet has no {type(block).__name__}")


def _line(line: Line, fill: Fill) -> Iterator[str]:
    """What stands before a matrix, then the matrix as a table of its own."""
    words: list[Token] = []
    for term in line:
        if isinstance(term, Matrix) and not term.is_scalar:
            yield f"<p>{''.join(_term(word, fill) for word in words)}</p>"
            rows = "".join(_row(row, fill) for row in term.rows)
            yield f"<table><tbody>{rows}</tbody></table>"
            words = []
        else:
            words.append(term)
    if words:
        yield f"<p>{''.join(_term(word, fill) for word in words)}</p>"


def _row(texts: Sequence[str], fill: Fill) -> str:
    return f"<tr>{''.join(f'<td>{_number(text, fill)}</td>' for text in texts)}</tr>"


def _table(table: Table, fill: Fill) -> str:
    head = "".join(f'<th scope="col">{_cell(cell, fill)}</th>' for cell in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{_cell(cell, fill)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(content: Cell, fill: Fill) -> str:
    if isinstance(content, str):
        return escaped(content)
    return _term(content, fill) if isinstance(content, Number | Symbol | Formula) else ""


def _term(term: Token, fill: Fill) -> str:
    match term:
        case Number(text):
            return _number(text, fill)
        case Matrix(rows):
            return _number(rows[0][0], fill)
        case Sign():
            return f" {SIGNS[term]} "
        case Formula():
            return _formula(term)
        case Symbol(letter, superscript, subscript, transposed, place):
            raised = superscript + ("T" if transposed else "")
            low = f"<sub>{escaped(subscript)}</sub>" if subscript else ""
            return f"<em>{letter}</em>{low}{f'<sup>{raised}</sup>' if raised else ''}{f'[{place}]' if place else ''}"
        case _:
            raise TypeError(f"a sheet has no {type(term).__name__}")


def _formula(formula: Formula) -> str:
    return f"<em>{escaped(written(formula, UNICODE))}</em>"


def _number(text: str, fill: Fill) -> str:
    return fill() if text.startswith(TO_FILL) else escaped(text.replace("-", "\u2212"))
