"""LaTeX: a fragment for an article with amsmath, a whole document, or slides that build each product up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnlec.notation import latex
from nnlec.rendering import RenderOptions, letters, tex
from nnlec.rendering.document import (
    Block,
    Display,
    Document,
    Equation,
    Heading,
    Line,
    Matrix,
    Product,
    Prose,
    Sign,
    Steps,
    Table,
)
from nnlec.rendering.document.course import Course
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import tex as maps
from nnlec.rendering.tex import Latex, escaped

_ARTICLE = (
    r"\documentclass{article}",
    r"\usepackage[a4paper,margin=2cm]{geometry}",
    r"\setlength{\parindent}{0pt}\setlength{\parskip}{3pt plus 1pt}",
    r"\usepackage{amsmath}",
)
_SLIDES = (
    r"\documentclass{beamer}",
    r"\usepackage{amsmath}",
    r"\setbeamertemplate{navigation symbols}{}",
    r"\setbeamercolor{alerted text}{fg=red!80!black}",
    r"\newsavebox{\nnlecbox}",
    r"\newcommand{\nnlecfit}[1]{\sbox{\nnlecbox}{$\displaystyle #1$}%",
    r"  \ifdim\wd\nnlecbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\nnlecbox}}\else\usebox{\nnlecbox}\fi}",
)
_SHEET = Latex(
    r"\newsavebox{\nnlecwhole}"
    "\n"
    r"\newcommand{\nnlecsheet}[1]{\sbox{\nnlecwhole}{\begin{minipage}{1.5\linewidth}#1\end{minipage}}%"
    "\n"
    r"  \ifdim\dimexpr\ht\nnlecwhole+\dp\nnlecwhole\relax>1.25\textheight"
    r"\resizebox*{!}{0.83\textheight}{\usebox{\nnlecwhole}}"
    "\n"
    r"  \else\resizebox{\linewidth}{!}{\usebox{\nnlecwhole}}\fi}"
)
"""A wide page as large as a slide."""

_BEGIN, _END = r"\begin{document}", (r"\end{document}",)
_USUAL_COLUMNS = 10
"""What amsmath allows a matrix without being told."""
_LINES_ON_A_SLIDE = 5


def write(document: Document, options: RenderOptions) -> str:
    """The document as LaTeX, dressed as the page says."""
    if options.latex == "beamer":
        body = [*_settings(document, slides=True), *_slides(document)]
        parts = [*_SLIDES, *letters.fonts(body), _BEGIN, *letters.unknown(body), *body, *_END]
    elif options.latex == "standalone":
        body = [*_settings(document), *_article(document)]
        parts = [*_ARTICLE, *letters.fonts(body), _BEGIN, *letters.unknown(body), *body, *_END]
    else:
        body = [*_settings(document), *_article(document)]
        parts = [letters.needed(body), *letters.unknown(body), *body]
    return "\n".join(parts) + "\n"


def _settings(document: Document, *, slides: bool = False) -> Iterator[Latex]:
    """What the document needs beyond the usual: wider matrices, pages that are made to fit."""
    equations = [block.equation if isinstance(block, Product) else block for block in document]
    lines = [line for block in equations if isinstance(block, Equation) for line in block.lines]
    matrices = [term for line in lines for term in line if isinstance(term, Matrix)]
    widest = max((len(m.rows[0]) for m in matrices), default=0)
    if widest > _USUAL_COLUMNS:
        yield Latex(rf"\setcounter{{MaxMatrixCols}}{{{widest}}}")
    if slides and any(isinstance(block, Maps) for block in document):
        yield maps.FIT
    if slides and any(isinstance(block, Heading) and block.together for block in document):
        yield _SHEET


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
        case Equation(lines):
            yield from _aligned([tex.aligned(line) for line in lines])
        case Product():
            yield from _aligned(tex.product_lines(block))
        case Steps(lines):
            yield from _aligned([part for line in lines for part in tex.chain(line)])
        case Table():
            yield from _table(block)
        case Course(table, bars):
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
    yield from _tabular(table, bars)
    yield Latex(r"\end{center}")


def _tabular(table: Table, bars: Sequence[float] = ()) -> Iterator[Latex]:
    alignment = "".join("r" if right else "l" for right in table.numeric) + ("l" if bars else "")
    beside = [rf" & \rule{{{5 * share:.2f}cm}}{{1ex}}" for share in bars] or [""] * len(table.rows)
    yield Latex(rf"\begin{{tabular}}{{{alignment}}}")
    yield Latex(rf"{' & '.join(map(tex.cell, table.columns))} \\ \hline")
    for row, bar in zip(table.rows, beside, strict=True):
        yield Latex(rf"{' & '.join(map(tex.cell, row))}{bar} \\")
    if table.totals:
        yield Latex(rf"\hline {' & '.join(map(tex.cell, table.totals))} \\")
    yield Latex(r"\end{tabular}")


def _slides(document: Document) -> Iterator[Latex]:
    """A frame for each block of mathematics, titled by the heading it stands under, or for all that belong together."""
    title, pending = Latex(""), list(_without_repetition(document))
    while pending:
        block = pending.pop(0)
        if isinstance(block, Heading):
            title = escaped(block.text)
            if block.together:
                yield from _sheet(title, _under_heading(pending))
            continue
        if isinstance(block, Steps) and len(block.lines) > _LINES_ON_A_SLIDE:
            rest = Steps(block.lines[_LINES_ON_A_SLIDE:])
            pending.insert(0, rest)
            block = Steps(block.lines[:_LINES_ON_A_SLIDE])
        yield Latex(rf"\begin{{frame}}{{{title}}}")
        yield from _on_a_slide(block)
        yield Latex(r"\end{frame}")
        yield Latex("")


def _under_heading(pending: list[Block]) -> Iterator[Block]:
    """What stands before the next heading, taken from what is pending."""
    while pending and not isinstance(pending[0], Heading):
        yield pending.pop(0)


def _sheet(title: Latex, blocks: Iterator[Block]) -> Iterator[Latex]:
    """One frame for blocks that belong together, made as small as they need; products are built up without words."""
    yield Latex(rf"\begin{{frame}}{{{title}}}")
    yield Latex(r"\nnlecsheet{%")
    for number, block in enumerate(blocks):
        if number:
            yield Latex(r"\par\medskip")
        match block:
            case Product():
                yield _built_up(block)
            case Steps(lines):
                yield _fit([part for line in lines for part in tex.chain(line, width=80)])
            case _:
                yield from _on_a_slide(block)
    yield Latex("}")
    yield Latex(r"\end{frame}")
    yield Latex("")


def _on_a_slide(block: Block) -> Iterator[Latex]:
    if isinstance(block, Product):
        return _worked(block)
    if isinstance(block, Maps):
        return maps.slides(block)
    return _fitted(block)


def _without_repetition(document: Document) -> Iterator[Block]:
    """The blocks but for the steps that a product's own slides show."""
    shown: set[Line] = set()
    for block in document:
        if isinstance(block, Product):
            shown.update(entry.working for entry in block.entries)
        if not (isinstance(block, Steps) and shown.issuperset(block.lines)):
            yield block


def _fitted(block: Block) -> Iterator[Latex]:
    """A block no wider than the slide."""
    match block:
        case Equation(lines):
            yield _fit([tex.aligned(line) for line in lines])
        case Steps(lines):
            yield _fit([part for line in lines for part in tex.chain(line, width=50)])
        case Table():
            yield Latex(rf"\nnlecfit{{{chr(10).join(_tabular(block))}}}")
        case _:
            yield from _block(block)


def _fit(lines: Sequence[str]) -> Latex:
    return Latex(f"\\nnlecfit{{\\begin{{aligned}}\n{tex.stacked(lines)}\n\\end{{aligned}}}}")


def _worked(product: Product) -> Iterator[Latex]:
    """A product that is built up, and below it how the entry of each slide came about."""
    yield _built_up(product)
    yield Latex(r"\par\bigskip")
    for slide, entry in enumerate(product.entries, start=2):
        lines = tex.chain(entry.working, width=50)
        yield Latex(rf"\only<{slide}>{{{_fit(lines)}}}%")


def _built_up(product: Product) -> Latex:
    """x^T W entry by entry: slide 1 has the factors; each further one works at one entry, its row and column marked."""
    slide_of = {(entry.row, entry.column): slide for slide, entry in enumerate(product.entries, start=2)}
    working = dict(enumerate(product.entries, start=2))

    def on_left(row: int, _column: int, text: str) -> str:
        slides = ",".join(str(slide) for slide, entry in working.items() if entry.row == row)
        return rf"\alert<{slides}>{{{{{text}}}}}" if slides else text

    def on_right(_row: int, column: int, text: str) -> str:
        slides = ",".join(str(slide) for slide, entry in working.items() if entry.column == column)
        return rf"\alert<{slides}>{{{{{text}}}}}" if slides else text

    def in_result(row: int, column: int, text: str) -> str:
        slide = slide_of.get((row, column))
        return (
            rf"\uncover<{slide}->{{\alert<{slide}>{{{{{text}}}}}}}"
            if slide
            else rf"\uncover<{len(working) + 1}->{{{{{text}}}}}"
        )

    name, equals, times, gives = (
        tex.inline(part) for part in (product.name, (product.equals,), (Sign.TIMES,), (product.gives,))
    )
    first = f"{name} &{equals} {tex.matrix(product.left, on_left)} {times} {tex.matrix(product.right, on_right)}"
    return _fit([first, f"&{gives} {tex.matrix(product.result, in_result)}"])
