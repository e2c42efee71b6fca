"""Markdown with MathJax: matrices and steps in $$ blocks, tables as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnlec.notation.latex import latex, tex_number
from nnlec.rendering import RenderOptions, tex
from nnlec.rendering.document import (
    TO_FILL,
    Block,
    Cell,
    Display,
    Document,
    Equation,
    Heading,
    Number,
    Product,
    Prose,
    Steps,
    Table,
    Working,
)
from nnlec.rendering.document.course import LossCourse
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.maps import tex as maps
from nnlec.text import visible

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", "~": "&#126;"}
_ESCAPED = frozenset("\\`*_{}[]()#+!-.:")


def write(document: Document, options: RenderOptions) -> str:  # noqa: ARG001
    """The document as Markdown."""
    return "\n\n".join("\n".join(_block(block)) for block in document) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {escaped(text)}"
        case Prose(text):
            yield escaped(text)
        case Display(formula):
            yield from _display([latex(formula)])
        case Equation() | Product() | Steps():
            yield from _display(tex.lines_of(block))
        case Table():
            yield from _table(block)
        case LossCourse():
            yield from _table(block.with_bars)
        case Maps():
            parts = (_display(p) if isinstance(p, list) else [escaped(p)] for p in maps.displays(block, maps.boxed))
            yield "\n\n".join("\n".join(part) for part in parts)


def _display(lines: Sequence[str]) -> Iterator[str]:
    yield "$$"
    if len(lines) == 1 and "&" not in lines[0].replace(r"\&", ""):
        yield lines[0]
    else:
        yield r"\begin{aligned}"
        yield tex.stacked(lines)
        yield r"\end{aligned}"
    yield "$$"


def _table(table: Table) -> Iterator[str]:
    yield _row(table.columns)
    yield f"| {' | '.join('---:' if right else '---' for right in table.numeric)} |"
    for row in table.rows:
        yield _row(row)
    if table.totals:
        yield _row(table.totals)


def _row(cells: Sequence[Cell]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(content: Cell) -> str:
    """A cell: a bar inside mathematics would end it, so it is spelled."""
    if isinstance(content, str):
        return escaped(content)
    if isinstance(content, Number) and content.text.startswith(TO_FILL):
        return content.text.replace("_", r"\_")
    if isinstance(content, Number):
        return f"${tex_number(content.text)}${content.unit and ' '}{escaped(content.unit)}"
    return f"${tex.inline(content.line if isinstance(content, Working) else [content])}$".replace("|", r"\vert ")


def escaped(text: str) -> str:
    r"""Text that Markdown and MathJax show as it stands.

    >>> print(escaped("[cat] a_b <i> x|y $x$"))
    \[cat\] a\_b &lt;i&gt; x&#124;y &#36;x&#36;
    """
    shown = visible(text)
    return "".join(
        _ENTITIES.get(c) or (f"\\{c}" if c in _ESCAPED and _must(c, i, shown) else c) for i, c in enumerate(shown)
    )


def _must(character: str, index: int, text: str) -> bool:
    """Signs that begin a list or a heading need no escape inside a line; nor a colon that begins no emoji's name."""
    if character == ":":
        return text[index + 1 : index + 2].isalnum()
    return character not in "#+-.!():" or index == 0 or (character == "." and text[:index].isdigit())
