"""A document as the output of a notebook's cell: HTML that leaves other cells alone, and display maths for LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnlec.notation.latex import latex as tex_formula
from nnlec.rendering import html as pages
from nnlec.rendering import letters, tex
from nnlec.rendering.document import Block, Display, Document, Equation, Heading, Product, Prose, Steps, Table
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.maps import tex as maps
from nnlec.rendering.tex import Latex

_OWN_STYLE = """--mark: #ffe08a; --strong: #d9480f; --line: #8888; font: inherit; line-height: 1.5; overflow-x: auto;
& table { margin: 0; table-layout: auto; font-size: inherit; } & .list { margin: 0.5rem 0; }
& tbody tr:nth-child(n) { background: none; }
"""
"""What a page sets for its whole, and what notebooks set for every table in them."""

_MOST_COLUMNS = 40
"""What amsmath is told to allow a matrix."""

_LINES_TOGETHER = 20
"""Lines of an `align*`, which does not break over pages."""


def html(document: Document) -> str:
    """A `div` with its own style, which holds for nothing else: no script, nothing that is fetched.

    Dollar signs in names are text there, whatever the notebook does with them elsewhere.
    """
    style = pages.file_text("page.css")
    return (
        '<div class="nnlec tex2jax_ignore mathjax_ignore">\n'
        f"<style>\n.nnlec.nnlec {{ {_OWN_STYLE}{style}}}\n</style>\n{pages.fragment(document)}\n</div>\n"
    )


def latex(document: Document) -> str:
    """Paragraphs, `align*` and `$$`, for which amsmath is all that is needed."""
    parts = [part for block in document for part in _latex(block)]
    settings = [*letters.unknown(parts)]
    if any(part.count("&") > tex.USUAL_COLUMNS for part in parts):
        settings.append(Latex(rf"\setcounter{{MaxMatrixCols}}{{{_MOST_COLUMNS}}}"))
    return "\n\n".join([*settings, *parts]) + "\n"


def _latex(block: Block) -> Iterator[Latex]:
    match block:
        case Heading(text):
            yield Latex(rf"\textbf{{{tex.escaped(text)}}}")
        case Prose(text):
            yield tex.escaped(text)
        case Display(formula):
            yield Latex(f"$${tex_formula(formula)}$$")
        case Equation() | Product() | Steps():
            yield from _aligned(tex.lines_of(block))
        case Table():
            yield _array(block)
        case LossCourse(table):
            yield _array(table)
        case _:
            for part in maps.displays(block, maps.boxed):
                yield from _aligned(part) if isinstance(part, list) else [tex.escaped(part)]


def _aligned(lines: Sequence[str]) -> Iterator[Latex]:
    for start in range(0, len(lines), _LINES_TOGETHER):
        body = tex.stacked(lines[start : start + _LINES_TOGETHER])
        yield Latex(f"\\begin{{align*}}\n{body}\n\\end{{align*}}")


def _array(table: Table) -> Latex:
    """A table in mathematics: its cells are text, so that names stay upright."""
    rows = (row for row in (table.columns, *table.rows, table.totals) if row)
    lines = [" & ".join(rf"\text{{{tex.cell(cell)}}}" for cell in row) + r" \\" for row in rows]
    lines[0] += r" \hline"
    if table.totals:
        lines[-1] = rf"\hline {lines[-1]}"
    alignment = "".join("r" if right else "l" for right in table.numeric)
    body = "\n".join(lines)
    return Latex(f"$$\\begin{{array}}{{{alignment}}}\n{body}\n\\end{{array}}$$")
