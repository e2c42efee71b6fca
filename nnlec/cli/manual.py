"""A page of the guide as a document: what a writer of documents needs where Markdown is not read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from rich.markdown import Markdown

from nnlec.rendering.document import Block, Document, Heading, Name, Prose, Steps, Table

MarkdownToken = Any
"""A token of the parser that rich brings."""

_SPELLED = str.maketrans(
    {
        **dict.fromkeys(map(chr, range(0x2500, 0x2580)), " "),  # frames
        "×": "*",
        "·": "*",
        "•": "*",
        "→": "->",
        "≈": "~",
        "∂": "d",
        "−": "-",
        "δ": "delta",
        "⋮": ":",
        "£": "GBP",
    }
)


def document_of(markdown: str) -> Document:
    """Headings, paragraphs, tables, and the lines of lists and programs as they stand, all in ASCII."""
    return tuple(_blocks(Markdown(markdown).parsed))


def _blocks(tokens: Sequence[MarkdownToken]) -> Iterator[Block]:
    items: list[str] = []
    rows: list[list[str]] = []
    inside: list[str] = []
    for token in tokens:
        if token.nesting:
            inside = [*inside, token.type] if token.nesting > 0 else inside[:-1]
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            yield Table(tuple(rows[0]), tuple(map(tuple, rows[1:])))
            rows = []
        elif token.type.endswith("_list_close") and not any("list" in name for name in inside):
            yield _as_it_stands(items)
            items = []
        elif token.type == "fence":
            yield _as_it_stands([line.rstrip() for line in _spelled(token.content).splitlines() if line.strip()])
        elif token.type == "inline":
            text = "".join(_inline(token))
            if rows:
                rows[-1].append(text)
            elif "list_item_open" in inside:
                items.append(f"- {text}")
            else:
                yield Heading(text) if inside[-1] == "heading_open" else Prose(text)


def _as_it_stands(lines: Sequence[str]) -> Steps:
    return Steps(tuple((Name(line),) for line in lines))


def _inline(token: MarkdownToken) -> Iterator[str]:
    for child in token.children or ():
        yield " " if child.type == "softbreak" else _spelled(child.content)


def _spelled(text: str) -> str:
    """What stands high or low in line on the line, and a frame as blanks."""
    return unicodedata.normalize("NFKC", text).translate(_SPELLED)
