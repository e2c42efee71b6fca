"""Figures with a decimal comma on paper: one pass over a document, or a drawing, before a writer gets it."""

from __future__ import annotations

import re
from dataclasses import replace

from nnlec.rendering.document import Document, Sign
from nnlec.rendering.document.diagram import Diagram, Unit, Weight
from nnlec.rendering.document.rewritten import Rewriter

_POINT = re.compile(r"(?<![\w.])(\d+)\.(\d+)(?:e-?\d+)?(?![\w.]*\w)")
_LISTED = re.compile(r"(?<=\d), (?=[-+]?\d)")


def with_commas(document: Document) -> Document:
    """The document with decimal commas; a list of figures is separated by semicolons."""
    return Rewriter(in_words, in_figure, {Sign.COMMA: Sign.SEMICOLON}).document(document)


def in_figure(figure: str) -> str:
    """A shown number: 0.89 as 0,89, and nothing else changed ("...", "inf", a line to write on).

    >>> in_figure("-0.89"), in_figure("3.3e-27"), in_figure("..."), in_figure("12")
    ('-0,89', '3,3e-27', '...', '12')
    """
    return figure if figure == "..." else figure.replace(".", ",")


def in_words(text: str) -> str:
    """Figures among words; what only looks like one, as a version or a file's name, stays, and so does a lone name.

    >>> in_words("rounded: 0.5, 1, 2.25. v1.2.3 of net-2.5x"), in_words("2.5")
    ('rounded: 0,5; 1; 2,25. v1.2.3 of net-2.5x', '2.5')
    """
    if " " not in text:
        return text
    changed = _POINT.sub(lambda found: found[0].replace(".", ","), text)
    return changed if changed == text else _LISTED.sub("; ", changed)


def drawn_with_commas(diagram: Diagram) -> Diagram:
    """The drawing with decimal commas in its circles and on its edges."""
    columns = tuple(replace(column, units=tuple(map(_unit, column.units))) for column in diagram.columns)
    connections = tuple(tuple(tuple(map(_edge, row)) for row in rows) for rows in diagram.connections)
    return replace(diagram, columns=columns, connections=connections)


def _unit(unit: Unit) -> Unit:
    return replace(unit, value=in_figure(unit.value), note=in_words(unit.note))


def _edge(edge: Weight | None) -> Weight | None:
    return edge and replace(edge, text=in_figure(edge.text))
