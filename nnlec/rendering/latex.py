"""LaTeX: a fragment for an article with amsmath, a whole document, or slides that build each product up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnlec.notation.latex import latex
from nnlec.rendering import RenderOptions, letters, tex
from nnlec.rendering.document import (
    Block,
    Display,
    Document,
    Equation,
    Heading,
    Product,
    Prose,
    Steps,
    Table,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import tex as maps
from nnlec.rendering.tex import Latex, escaped

_ARTICLE = (
    r"\documentclass{article}",
    r"\usepackage[a4paper,margin=2cm]{geometry}",
    r"\setlength{\parindent}{0pt}\setlength{\parskip}{3pt plus 1pt}",
    r"\usepackage{amsmath}",
)


def write(document: Document, options: RenderOptions) -> str:
    """The document as LaTeX, dressed as the page says."""
    if options.latex in ("frames", "beamer"):
        from nnlec.rendering import slides

        return slides.write(document, options)
    body = [*tex.wide_matrices(document), *_article(document)]
    if options.latex == "standalone":
        parts = [*_ARTICLE, *letters.fonts(body), r"\begin{document}", *letters.unknown(body), *body, r"\end{document}"]
    else:
        parts = [letters.needed(body), *letters.unknown(body), *body]
    return "\n".join(parts) + "\n"


def _article(document: Document) -> Iterator[Latex]:
    for block in document:
        yield from _block(block)
        yield Latex("")


def _block(block: Block) -> Iterator[Latex]:
    match block:
        case Heading(text, level, new_page=new_page):
            if new_page:
                yield Latex(r"\clearpage")
            yield Latex(rf"\{'sub' * (level - 1)}section*{{{escaped(text)}}}")
        case Prose(text):
            yield escaped(text)
        case Display(formula):
            yield Latex(rf"\[ {latex(formula)} \]")
        case Equation() | Product() | Steps():
            yield from _aligned(tex.lines_of(block))
        case Table():
            yield from _table(block)
        case LossCourse(table, bars):
            yield from _table(table, bars)
        case Maps():
            for part in maps.displays(block, maps.framed):
                yield from _aligned(part) if isinstance(part, list) else [escaped(part)]


def _aligned(lines: Sequence[Latex]) -> Iterator[Latex]:
    yield Latex(r"{\allowdisplaybreaks\begin{align*}")
    yield tex.stacked(lines)
    yield Latex(r"\end{align*}}")


def _table(table: Table, bars: Sequence[float] = ()) -> Iterator[Latex]:
    """A table; beside each row a bar where it has one, as a share of the longest."""
    yield Latex(r"\begin{center}")
    yield tex.tabular(table, tex.table_rows(table, bars), bars)
    yield Latex(r"\end{center}")
