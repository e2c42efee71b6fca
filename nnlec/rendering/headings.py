"""The headings of a page: one at the top that says what it is, and none below that leaves a level out."""

from __future__ import annotations

from nnlec.rendering.document import Document, Heading


def headed(document: Document, title: str) -> Document:
    """The document under a heading of level 1: its own, or its only section's, or `title`."""
    levels = [block.level for block in document if isinstance(block, Heading)]
    if 1 in levels:
        return document
    first = document[0] if document else None
    if isinstance(first, Heading) and levels.count(first.level) == 1:
        return (first._replace(level=1), *document[1:])
    return (Heading(title), *document)
