"""One HTML page that needs nothing else: tables for matrices, a script that shows how each entry came about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from operator import and_

from nnlec.notation.mathml import mathml
from nnlec.rendering import RenderOptions
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
    Product,
    Prose,
    Sign,
    Steps,
    Table,
    Token,
    Working,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import page as maps
from nnlec.rendering.mathml import Html, blank, chain, escaped, math, typeset
from nnlec.rendering.plain import said
from nnlec.text import own


def write(document: Document, options: RenderOptions) -> str:
    """The document as a page."""
    title = next((block.text for block in document if isinstance(block, Heading)), options.title)
    body = "\n".join(part for number, block in enumerate(document) for part in _block(block, number))
    return (
        f'<!doctype html>\n<html lang="{options.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{escaped(title)}</title>\n<style>\n{file_text("page.css")}</style>\n'
        f"</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<script>\n{file_text('page.js')}</script>\n</body>\n</html>\n"
    )


def fragment(document: Document) -> str:
    """The document's parts alone, as they stand without a script: nothing can be pointed at."""
    return "\n".join(part for block in document for part in _still(block))


def _still(block: Block) -> Iterator[Html]:
    match block:
        case Heading(text, level):
            yield Html(f"<h{level + 2}>{_named(text)}</h{level + 2}>")
        case Product():
            yield from _block(block.equation, 0)
        case Maps():
            yield from map(Html, maps.still(block))
        case _:
            yield from _block(block, 0)


def file_text(name: str) -> str:
    """One of the page's files."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def _named(text: str) -> Html:
    """A name that a user chose, kept apart so that a right-to-left one does not turn its neighbours around."""
    return Html(f"<bdi>{typeset(escaped(text))}</bdi>")


def _block(block: Block, number: int) -> Iterator[Html]:
    match block:
        case Heading(text, level, new_page=new_page):
            opened = ' class="new-page"' if new_page else ""
            yield Html(f"<h{level}{opened}>{_named(text)}</h{level}>")
        case Prose(text):
            yield Html(f"<p>{_named(text)}</p>")
        case Display(formula):
            yield Html(f'<p class="formula">{mathml(formula)}</p>')
        case Equation(lines):
            yield Html(f'<div class="equation">{"".join(_line(line) for line in lines)}</div>')
        case Product():
            yield from _product(block, number)
        case Steps(lines):
            yield Html(f'<ul class="steps">{"".join(f"<li>{chain(line)}</li>" for line in lines)}</ul>')
        case Table():
            yield from _table(block)
        case LossCourse():
            yield from _course(block)
        case Maps():
            yield from map(Html, maps.section(block, number))


def _course(course: LossCourse) -> Iterator[Html]:
    """The curve, and the table of some of its steps."""
    from nnlec.rendering.course import HEIGHT, WIDTH, drawing

    label = escaped(own("{name} by {steps}", name=course.name, steps=course.steps))
    box = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}"'
    yield Html(f'<svg {box} class="curve" role="img" aria-label="{label}">{drawing(course)}</svg>')
    yield from _table(course.table)


def _product(product: Product, number: int) -> Iterator[Html]:
    """left x right = result; each entry of the result can be pointed at, focused, and says how it came about."""
    status = f"working-{number}"
    entries = {(entry.row, entry.column): index for index, entry in enumerate(product.entries)}
    yield Html(
        f'<div class="product" role="group" data-entries="{len(entries)}" aria-label="{own("a matrix product")}">'
    )
    first = f"{math(product.name)}{_signed(product.equals, _matrix(product.left, 'left'))}"
    second = _signed(product.gives, _matrix(product.result, "result", entries, status))
    first += _signed(Sign.TIMES, _matrix(product.right, "right"))
    if product.addition:  # a column lights up as the rows of the left matrix do
        sign, added = product.addition
        first += _signed(sign, _matrix(added, "left" if added.shape[1] == 1 else "right"))
    yield Html(f'<div class="equation"><div class="line">{first}</div><div class="line">{second}</div></div>')
    yield Html(f'<div class="working" id="{status}" role="status" aria-live="polite"></div>')
    for index, entry in enumerate(product.entries):
        yield Html(
            f'<template data-entry="{index}" data-row="{entry.row}" data-column="{entry.column}">'
            f"{chain(entry.working, bare=True)}</template>"
        )
    yield Html("</div>")


def _signed(sign: Sign, matrix: Html) -> Html:
    """A matrix and the sign before it, which stay together where the page is narrow."""
    return Html(f'<span class="signed">{math((sign,))}{matrix}</span>')


def _matrix(shown: Matrix, role: str, entries: dict[tuple[int, int], int] | None = None, status: str = "") -> Html:
    """A table in brackets with numbered rows and columns; entries that have a working are buttons."""
    (height, width), places = shown.shape, entries or {}
    named = _heads("row {n}", "rows {n}", [row[0] for row in shown.rows], height)
    heads = "".join(
        f'<th scope="col"><span>{name}</span></th>'
        for name in _heads("column {n}", "columns {n}", shown.rows[0], width)
    )
    rows = "".join(
        f'<tr><th scope="row"><span>{name}</span></th>'
        f"{''.join(_entry(text, i, j, places.get((i, j)), status) for j, text in enumerate(row))}</tr>"
        for i, (name, row) in enumerate(zip(named, shown.rows, strict=True))
    )
    rows_by_columns = own("{n} by {n2} matrix", n=height, n2=width)
    shape = "" if shown.is_scalar else f'<sub aria-hidden="true">{height}×{width}</sub>'
    scalar = " scalar" if shown.is_scalar else ""
    return Html(
        f'<span class="bracketed"><table class="matrix {role}{scalar}" aria-label="{rows_by_columns}">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>{shape}</span>"
    )


def _heads(one: str, several: str, cells: Sequence[str], size: int) -> Iterator[str]:
    """ "row 1", "row 2" as they are counted in the whole matrix, and "rows 3 to 98" for those left out."""
    number = 0
    for place, cell in enumerate(cells):
        last = number + 1 if size == len(cells) or cell != "..." else size - (len(cells) - place - 1)
        many = own("{n} to {n2}", n=number + 1, n2=last)
        yield own(one, n=last) if last == number + 1 else own(several, n=many)
        number = last


def _entry(text: str, row: int, column: int, index: int | None, status: str) -> Html:
    place = f'data-row="{row}" data-column="{column}"'
    if index is None:
        return Html(f"<td {place}>{_figure(text)}</td>")
    button = f'<button type="button" data-entry="{index}" aria-describedby="{status}">{_figure(text)}</button>'
    return Html(f"<td {place}>{button}</td>")


def _table(table: Table) -> Iterator[Html]:
    filled = [not all(map(_is_blank, column)) for column in zip(*table.rows, strict=True)] or table.numeric
    numeric = [*map(and_, table.numeric, filled)]
    yield Html('<div class="wide"><table class="list">')
    yield Html(f"<thead><tr>{''.join(map(_head, table.columns, numeric))}</tr></thead>")
    yield Html("<tbody>")
    for row in table.rows:
        yield _row(row, numeric)
    yield Html("</tbody>")
    if table.totals:
        yield Html(f"<tfoot>{_row(table.totals, numeric)}</tfoot>")
    yield Html("</table></div>")


def _row(cells: Sequence[Cell], numeric: Sequence[bool]) -> Html:
    first, *others = cells
    named = not _is_blank(first)
    return Html(
        f"<tr>{_head(first, numeric[0], 'row') if named else _datum(first, numeric[0])}"
        f"{''.join(map(_datum, others, numeric[1:]))}</tr>"
    )


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, Number) and cell.text.startswith(TO_FILL)


def _head(content: Cell, right: bool, scope: str = "col") -> str:
    """The head of a row or a column; a formula's is named in words as well."""
    if content == "":
        return "<td></td>"
    shown = _cell(content)
    if not isinstance(content, str | Number):
        shown = Html(f'<span role="math" aria-label="{escaped(said(content))}">{shown}</span>')
    return f'<th scope="{scope}"{_flush(right)}>{shown}</th>'


def _datum(content: Cell, right: bool) -> str:
    return f"<td{_flush(right)}>{_cell(content)}</td>"


def _flush(right: bool) -> str:
    return ' class="number"' if right else ""


def _cell(content: Cell) -> Html:
    match content:
        case str():
            return _named(content)
        case Number(text, unit):
            return Html(f"{_figure(text)}{f' {_named(unit)}' if unit else ''}")
        case Working(line):
            return chain(line)
        case _:
            return math((content,))


def _figure(text: str) -> Html:
    """A number that stands alone: data; a power of ten is a formula."""
    if text.startswith(TO_FILL):
        return blank(text)
    if "e" in text:
        return math((Number(text),))
    return Html(escaped({"inf": "∞", "-inf": "-∞"}.get(text, text)).replace("-", "\u2212"))


def _line(line: Line) -> Html:
    """Terms, and each matrix with the sign before it, which stay together where the page is narrow."""
    parts: list[Html] = []
    terms: list[Token] = []
    for term in line:
        if not isinstance(term, Matrix):
            terms.append(term)
            continue
        sign = terms.pop()
        assert isinstance(sign, Sign)
        parts += [*_terms(terms), _signed(sign, _matrix(term, "plain"))]
        terms = []
    return Html(f'<div class="line">{"".join([*parts, *_terms(terms)])}</div>')


def _terms(terms: Sequence[Token]) -> list[Html]:
    return [Html(f"<span>{chain(tuple(terms))}</span>")] if terms else []
