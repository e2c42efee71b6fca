"""The output formats: a renderer lays out a document, a data writer writes every digit. One line adds one.

Modules are named, not imported: a format costs nothing until it is asked for.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from os.path import splitext
from typing import TYPE_CHECKING, Literal, cast

from nnlec.errors import NnlecError
from nnlec.filetypes import FILE_TYPES, TABLES
from nnlec.named import NamedTuple
from nnlec.text import writing_with

if TYPE_CHECKING:
    from nnlec.rendering.document import Document

LatexVariant = Literal["fragment", "standalone", "frames", "beamer"]
"""LaTeX to paste into a document, a document of its own; slides to paste between others, and a document of them."""


ENGLISH = "en"
"""The language of a document as it is made."""

LANGUAGES = ("de", "es", "fr", "it", "pt", "zh")
"""The others, each with a file in `nnlec/rendering/words/`."""


NOTATIONS = ("x^T W", "x^T W + b^T", "W x + b", "W x")
"""How a layer may be written, the lecture's way first; `nnlec/rendering/notations.py` has their rows."""


class RenderOptions(NamedTuple):
    """Width in columns (None: as wide as needed), characters, colour, the kind of LaTeX, decimal commas, language.

    `title` is the heading of a document that has none of its own.
    """

    width: int | None = None
    unicode: bool = True
    color: bool = False
    latex: LatexVariant = "fragment"
    decimal_comma: bool = False
    language: str = ENGLISH
    title: str = "Worked example"


Record = Mapping[str, object]
"""A worked example as plain values under the names of the JSON output: text, numbers, lists, None."""

RENDERERS: dict[str, str] = {
    "table": "nnlec.rendering.terminal",
    "plain": "nnlec.rendering.plain",
    "markdown": "nnlec.rendering.markdown",
    "latex": "nnlec.rendering.latex",
    "html": "nnlec.rendering.html",
    "svg": "nnlec.rendering.picture",
}
"""Format name -> module with `write(document, options) -> str`."""

DATA: dict[str, str] = {"json": "nnlec.rendering.data", "jsonl": "nnlec.rendering.data"}
"""Format name -> module with `write(record, format) -> str`, for a worked example."""

ROWS: tuple[str, ...] = tuple(TABLES)
"""The formats a table can be written in; `nnlec.tables.writers` has their writers."""

SEPARATED: tuple[str, ...] = ("csv", "tsv")
"""Those of them in which a worked example is a line too."""

BINARY = tuple(name for name, made_of in TABLES.items() if made_of == "numbers")
"""Those of them that are no text."""

SUFFIXES: dict[str, str] = {".txt": "table"} | {
    suffix: kind.name for kind in FILE_TYPES if kind.name in {*RENDERERS, *ROWS, *DATA} for suffix in kind.suffixes
}
"""Suffix of an output file -> format."""

PACKED = ".gz"
"""The suffix of text that is compressed."""


def format_of(path: str) -> str | None:
    """The format that an output file's suffix asks for, or None where it has no suffix; text may be `.csv.gz`.

    Raises `NnlecError` for a suffix that no format has.
    """
    suffix = splitext(path)[1].lower()
    if suffix == PACKED and SUFFIXES.get(splitext(path[: -len(PACKED)])[1].lower()) in {*ROWS} - {*BINARY}:
        return format_of(path[: -len(PACKED)])
    if suffix and suffix not in SUFFIXES:
        raise NnlecError(f"no format has the suffix {suffix!r}, expected one of {', '.join(SUFFIXES)}", where=path)
    return SUFFIXES.get(suffix)


def as_asked(document: Document, options: RenderOptions) -> Document:
    """`document` with its words and figures as the options say: one pass, whatever the format."""
    if options.language != ENGLISH:
        from nnlec.rendering.words import in_language

        document = in_language(document, options.language)
    if options.decimal_comma:
        from nnlec.rendering.decimal_comma import with_commas

        document = with_commas(document)
    return document


def render_document(document: Document, name: str, options: RenderOptions) -> str:
    """`document` in one of the formats of `RENDERERS`."""
    from nnlec.rendering.printed import remarked

    if name == "html":
        from nnlec.rendering.headings import headed

        document = headed(document, options.title)
    write = cast("Callable[[Document, RenderOptions], str]", import_module(RENDERERS[name]).write)
    with speaking(options.language):
        return write(as_asked(remarked(document), options), options)


def speaking(language: str) -> AbstractContextManager[None]:
    """While it lasts, what writers add by themselves is in that language."""
    if language == ENGLISH:
        return nullcontext()
    from nnlec.rendering.words import words

    return writing_with(words(language).own)


def write_data(record: Record, name: str) -> Iterator[str]:
    """A worked example's record in one of the data formats, in pieces."""
    write = cast("Callable[[Record, str], Iterator[str]]", import_module(DATA[name]).write)
    return write(record, name)


def write_rows(rows: Sequence[Mapping[str, str | float]], name: str) -> str:
    """Rows with the same columns, at least one, as csv or tsv; numbers are the shortest round-trip text."""
    import csv

    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if name == "tsv" else ",", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
