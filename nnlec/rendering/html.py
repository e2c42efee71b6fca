"""One HTML page that needs nothing else: tables for matrices, a script that shows how each entry came about."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from importlib.resources import files

from nnlec.notation import Formula, mathml
from nnlec.rendering import RenderOptions
from nnlec.rendering.document import (
    RELATIONS,
    TO_FILL,
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
    Term,
    Working,
)
from nnlec.rendering.document.course import Course
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import page as maps
from nnlec.text import own, visible


class Html(str):
    """HTML source: not text, which has to be escaped to become it."""

    __slots__ = ()


_MINUS = "\u2212"
_SIGNS = {
    Sign.TIMES: "×",
    Sign.PLUS: "+",
    Sign.MINUS: _MINUS,
    Sign.EQUALS: "=",
    Sign.APPROXIMATELY: "≈",
    Sign.DIVIDED: "/",
    Sign.TO: "→",
    Sign.OPEN: "(",
    Sign.CLOSE: ")",
    Sign.COMMA: ",",
    Sign.SEMICOLON: ";",
}


def write(document: Document, options: RenderOptions) -> str:
    """The document as a page."""
    title = next((block.text for block in document if isinstance(block, Heading)), own("A worked example"))
    body = "\n".join(part for number, block in enumerate(document) for part in _block(block, number))
    return (
        f'<!doctype html>\n<html lang="{options.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{escaped(title)}</title>\n<style>\n{_part("page.css")}</style>\n'
        f"</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<script>\n{_part('page.js')}</script>\n</body>\n</html>\n"
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
            yield from map(Html, maps.still(block, lambda line: "".join(map(_term, line))))
        case _:
            yield from _block(block, 0)


def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def escaped(text: str) -> Html:
    """Text that a browser shows as it stands, in its own direction."""
    return Html(html.escape(visible(text), quote=True))


def _named(text: str) -> Html:
    """A name that a user chose, kept apart so that a right-to-left one does not turn its neighbours around."""
    return Html(f"<bdi>{escaped(text)}</bdi>")


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
            yield Html(f'<ul class="steps">{"".join(f"<li>{_chain(line)}</li>" for line in lines)}</ul>')
        case Table():
            yield from _table(block)
        case Course():
            yield from _course(block)
        case Maps():
            yield from map(Html, maps.section(block, number, lambda line: "".join(map(_term, line))))


def _course(course: Course) -> Iterator[Html]:
    """The curve, and the table of some of its steps."""
    from nnlec.rendering.course import HEIGHT, WIDTH, drawing

    label = escaped(own("{name} by {steps}", name=course.name, steps=course.steps))
    box = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}"'
    yield Html(f'<svg {box} class="curve" role="img" aria-label="{label}">{drawing(course)}</svg>')
    yield from _table(course.table)


def _product(product: Product, number: int) -> Iterator[Html]:
    """left x right = result; each entry of the result can be pointed at, focused, and says how it came about."""
    name = "".join(_term(term) for term in product.name)
    status = f"working-{number}"
    entries = {(entry.row, entry.column): index for index, entry in enumerate(product.entries)}
    yield Html(f'<section class="product" data-entries="{len(entries)}" aria-label="{own("a matrix product")}">')
    first = f"<span>{name}</span>{_signed(product.equals, _matrix(product.left, 'left'))}"
    second = _signed(product.gives, _matrix(product.result, "result", entries, status))
    yield Html(
        f'<div class="equation"><div class="line">{first}{_signed(Sign.TIMES, _matrix(product.right, "right"))}</div>'
        f'<div class="line">{second}</div></div>'
    )
    yield Html(f'<div class="working" id="{status}" role="status" aria-live="polite"></div>')
    for index, entry in enumerate(product.entries):
        yield Html(
            f'<template data-entry="{index}" data-row="{entry.row}" data-column="{entry.column}">'
            f"{_chain(entry.working)}</template>"
        )
    yield Html("</section>")


def _signed(sign: Sign, matrix: Html) -> Html:
    """A matrix and the sign before it, which stay together where the page is narrow."""
    return Html(f'<span class="signed">{_term(sign)}{matrix}</span>')


def _matrix(shown: Matrix, role: str, entries: dict[tuple[int, int], int] | None = None, status: str = "") -> Html:
    """A table in brackets, its shape as a subscript; entries that have a working are buttons."""
    rows = "".join(
        f"<tr>{''.join(_entry(text, i, j, (entries or {}).get((i, j)), status) for j, text in enumerate(row))}</tr>"
        for i, row in enumerate(shown.rows)
    )
    rows_by_columns = own("{n} by {n2} matrix", n=shown.shape[0], n2=shown.shape[1])
    shape = "" if shown.is_scalar else f'<sub aria-hidden="true">{shown.shape[0]}×{shown.shape[1]}</sub>'
    scalar = " scalar" if shown.is_scalar else ""
    return Html(
        f'<span class="bracketed"><table class="matrix {role}{scalar}" aria-label="{rows_by_columns}">'
        f"<tbody>{rows}</tbody></table>{shape}</span>"
    )


def _entry(text: str, row: int, column: int, index: int | None, status: str) -> Html:
    place = f'data-row="{row}" data-column="{column}"'
    figure = _number(text)
    if index is None:
        return Html(f"<td {place}>{figure}</td>")
    button = f'<button type="button" data-entry="{index}" aria-describedby="{status}">{figure}</button>'
    return Html(f"<td {place}>{button}</td>")


def _table(table: Table) -> Iterator[Html]:
    numeric = table.numeric
    yield Html('<table class="list">')
    yield Html(
        f"<thead><tr>{''.join(_head(c, right) for c, right in zip(table.columns, numeric, strict=True))}</tr></thead>"
    )
    yield Html("<tbody>")
    for row in table.rows:
        yield _row(row, numeric)
    yield Html("</tbody>")
    if table.totals:
        yield Html(f"<tfoot>{_row(table.totals, numeric)}</tfoot>")
    yield Html("</table>")


def _head(content: Cell, right: bool) -> str:
    return f'<th scope="col"{_flush(right)}>{_cell(content)}</th>'


def _row(cells: Sequence[Cell], numeric: Sequence[bool]) -> Html:
    first, *others = (f"{_cell(content)}" for content in cells)
    body = "".join(f"<td{_flush(right)}>{text}</td>" for text, right in zip(others, numeric[1:], strict=True))
    return Html(f'<tr><th scope="row"{_flush(numeric[0])}>{first}</th>{body}</tr>')


def _flush(right: bool) -> str:
    return ' class="number"' if right else ""


def _cell(content: Cell) -> Html:
    if isinstance(content, str):
        return _named(content)
    if isinstance(content, Number):
        return Html(f"{_number(content.text)}{f' {_named(content.unit)}' if content.unit else ''}")
    if isinstance(content, Working):
        return Html("".join(map(_term, content.line)))
    return _term(content)


def _line(line: Line) -> Html:
    words = list(line)
    parts: list[Html] = []
    while words and isinstance(words[-1], Matrix):
        shown, sign = words.pop(), words.pop()
        assert isinstance(shown, Matrix)
        assert isinstance(sign, Sign)
        parts.insert(0, _signed(sign, _matrix(shown, "plain")))
    text = "".join(_term(term) for term in words)
    return Html(f'<div class="line"><span>{text}</span>{"".join(parts)}</div>')


def _chain(line: Line) -> Html:
    """A chain of relations: the page may break it before each."""
    parts = [""]
    for term in line:
        if term in RELATIONS:
            parts.append("")
        parts[-1] += _term(term)
    return Html("".join(f'<span class="part">{part}</span>' for part in parts))


def _term(term: Term) -> Html:
    match term:
        case Number(text):
            return _number(text)
        case Name(text):
            return Html(f"<span>{escaped(text)}</span>")
        case Remark(text):
            return Html(f' <span class="remark">({escaped(text)})</span>')
        case Sign.OPEN | Sign.CLOSE:
            return Html(f"<span>{_SIGNS[term]}</span>")
        case Sign.COMMA | Sign.SEMICOLON:
            return Html(f"<span>{_SIGNS[term]}</span> ")
        case Sign():
            return Html(f' <span class="sign">{_SIGNS[term]}</span> ')
        case Formula():
            return Html(mathml(term))
        case Omitted(count, total):
            return Html(f'<span class="omitted">[{own("{n} terms", n=count)}: {_number(total)}]</span>')
        case Matrix():
            return _matrix(term, "plain")
        case Slope(of, by):
            return Html(f"∂{_term(of)}/∂{_term(by)}")
        case Symbol(letter, superscript, subscript, transposed, place):
            low = f"<sub>{subscript}</sub>" if subscript else ""
            raised = superscript + ("T" if transposed else "")
            at = f"[{place}]" if place else ""
            return Html(f"<var>{letter}</var>{low}{f'<sup>{raised}</sup>' if raised else ''}{at}")


def _number(text: str) -> Html:
    """Shown figures, with a true minus sign; 3.3e-27 as a power of ten; a line to write on."""
    if text.startswith(TO_FILL):
        said, width = own("blank"), f"{len(text) * 0.9:g}rem"
        return Html(f'<span class="blank" role="img" aria-label="{said}" style="width: {width}"></span>')
    mantissa, e, exponent = text.partition("e")
    spelled = {"inf": "∞", "-inf": "-∞"}.get(text, f"{mantissa} × 10<sup>{exponent}</sup>" if e else text)
    signed = spelled.replace("-", _MINUS)
    return Html(f'<span class="figure">{signed}</span>')
