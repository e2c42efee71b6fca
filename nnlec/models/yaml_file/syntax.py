"""Errors of the YAML parser with their place, and hints for common mistakes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.models.yaml_file.source import SourceText
from nnlec.text import visible

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

_BLANK_LINE_WITH_TAB = r"(?m)^ *\t[ \t]*$"

# A pattern of the line at which the parser fails, and what to do about it. Compiled only when a file is wrong.
_MISTAKES: tuple[tuple[str, str], ...] = (
    (r"^ *\t", "indent with blanks, not with tabs"),
    (r"[\u00a0\u2007\u202f\u3000]", "the line holds a no-break space: write a plain blank"),
    (r"[“”„‟‘’‚«»]", "the line holds typographic quotes: write straight ones"),
    (r'"[^"]*\\', r"\ between double quotes begins an escape: write / between folders"),
    (r"：", "the line holds a full-width colon: write ':'"),
    (r"^\s*//|\s//", "a comment begins with '#'"),
    (r"[\[,]\s*-\s+[0-9.]", "no blank between '-' and the number"),
    (r"^[\s-]*\w+:[^\s:/]", "a blank is needed after ':'"),
    (r"^\s*\w+\s*=", "write `key: value`, not `key = value`"),
    (r",\s*#", "'#' after a blank begins a comment: quote a text that begins with it"),
    (r"[\[,]\s*[%@`]", "a text that begins with %, @ or ` needs quotes"),
    (r",\s*,", "two commas in a row: a value is missing"),
)


def without_blank_line_tabs(text: str) -> str:
    """`text` with the tabs of otherwise blank lines as blanks, which mean nothing; every index stays."""
    if "\t" not in text:
        return text
    return re.sub(_BLANK_LINE_WITH_TAB, lambda line: " " * len(line[0]), text)


def syntax_error(source: SourceText, complaint: MarkedYAMLError) -> NnlecError:
    """The parser's problem at its place, the line where the construct began, and a hint for a common mistake."""
    mark = complaint.problem_mark or complaint.context_mark
    at = mark.index if mark else 0
    what = f"not valid YAML: {visible(complaint.problem or 'it cannot be read')}"
    begun = complaint.context_mark
    if complaint.context and begun:
        what += f", {visible(complaint.context)} that begins in line {source.line_and_column(begun.index)[0]}"
    lines = [source.line_at(at), source.line_before(at), *([source.line_at(begun.index)] if begun else [])]
    for pattern, hint in _MISTAKES:
        if any(re.search(pattern, line[:2000]) for line in lines):
            return source.error(at, what, hint=hint)
    return source.error(at, what)
