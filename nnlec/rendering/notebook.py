"""What a notebook shows of a result: the same document as on the command line, by the same writers, not too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nnlec.rendering import RenderOptions, render_document
from nnlec.rendering.document import (
    Block,
    Document,
    Equation,
    Heading,
    Matrix,
    Product,
    Prose,
    Steps,
    Table,
)
from nnlec.rendering.explain import views
from nnlec.rendering.printed import remarked
from nnlec.shown import Bundle, Types

MOST_FIGURES = 2_000
"""Figures of a result that are shown; beyond them it is cut, and a line says so."""

MOST_ROWS = 200
"""Rows of a table that are shown."""

_COLUMNS = 100


def bundle(result: object, include: Types, exclude: Types) -> Bundle:
    """The result in each type of content that is asked for."""
    asked = [name for name in _WRITERS if (include is None or name in include) and name not in (exclude or ())]
    document = tuple(cut(views.described(result))) if asked else ()
    return {name: _WRITERS[name](document) for name in asked}


def cut(document: Document) -> Iterator[Block]:
    """The document, or as much of it as is read in a notebook: its beginning, what was left out, its last section."""
    blocks = [part for block in document for part in _shortened(block)]
    sizes = [_figures(block) for block in blocks]
    if sum(sizes) <= MOST_FIGURES:
        yield from blocks
        return
    last = max((n for n, block in enumerate(blocks) if isinstance(block, Heading)), default=len(blocks))
    used = sum(sizes[last:]) if sum(sizes[last:]) < MOST_FIGURES // 2 else 0
    end = last if used else len(blocks)
    for number, block in enumerate(blocks[:end]):
        used += sizes[number]
        if used > MOST_FIGURES:
            yield Prose(f"cut here: {end - number} of {len(blocks)} parts are not shown")
            break
        yield block
    yield from blocks[end:]


def _shortened(block: Block) -> Iterator[Block]:
    """A long table or a long list of steps: its beginning, and how many are left out."""
    if isinstance(block, Table) and len(block.rows) > MOST_ROWS:
        yield block._replace(rows=block.rows[:MOST_ROWS])
        yield Prose(f"cut here: {len(block.rows) - MOST_ROWS:,} of {len(block.rows):,} rows are not shown")
    elif isinstance(block, Steps) and len(block.lines) > MOST_ROWS:
        yield Steps(block.lines[:MOST_ROWS])
        yield Prose(f"cut here: {len(block.lines) - MOST_ROWS:,} of {len(block.lines):,} lines are not shown")
    else:
        yield block


def _figures(block: Block) -> int:
    """Roughly how many figures stand in a block."""
    match block:
        case Table(columns, rows):
            return len(columns) * (len(rows) + 1)
        case Product():
            return _figures(block.equation)
        case Equation(lines) | Steps(lines):
            return sum(_size(term) for line in lines for term in line)
        case Heading() | Prose():
            return 1
        case _:
            from nnlec.rendering.document.maps import Maps

            grids = [*block.inputs, *block.kernels, *block.results] if isinstance(block, Maps) else []
            return 1 + sum(len(grid.rows) * len(grid.rows[0]) for grid in grids)


def _size(term: object) -> int:
    return len(term.rows) * len(term.rows[0]) if isinstance(term, Matrix) else 1


def _html(document: Document) -> str:
    from nnlec.rendering.cells import html

    return html(remarked(document))


def _latex(document: Document) -> str:
    from nnlec.rendering.cells import latex

    return latex(remarked(document))


def _markdown(document: Document) -> str:
    return render_document(document, "markdown", RenderOptions())


def _text(document: Document) -> str:
    return render_document(document, "table", RenderOptions(_COLUMNS))


_WRITERS: dict[str, Callable[[Document], str]] = {
    "text/html": _html,
    "text/latex": _latex,
    "text/markdown": _markdown,
    "text/plain": _text,
}
