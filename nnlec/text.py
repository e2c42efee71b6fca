"""Words in messages and on paper: untrusted text is made visible, things are counted, a page has its language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_OWN_WORDS: ContextVar[Mapping[str, str] | None] = ContextVar("own words", default=None)

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional marks and overrides, zero-width
# characters that can hide, the byte order mark, and lone surrogates (which no encoder accepts).
_OBEYED = "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"


def visible(text: str) -> str:
    r"""`text` with every character that a terminal would obey, or hide, written as an escape.

    >>> print(visible("cat\x1b[31m"))
    cat\x1b[31m
    >>> print(visible("[red]:cat:"))
    [red]:cat:
    """
    return text if _is_plain_ascii(text) else re.sub(_OBEYED, _escape, text)


def counted(number: int, thing: str) -> str:
    """A number of things in words.

    >>> counted(1, "value"), counted(2, "class name"), counted(0, "axis"), counted(3, "class")
    ('1 value', '2 class names', '0 axes', '3 classes')
    """
    if number == 1:
        return f"{number} {thing}"
    if thing.endswith("is"):
        return f"{number} {thing[:-2]}es"
    return f"{number} {thing}{'es' if thing.endswith('s') else 's'}"


def by(shape: Iterable[int]) -> str:
    """A shape in words.

    >>> by((3, 28, 28))
    '3 x 28 x 28'
    """
    return " x ".join(map(str, shape))


def own(words: str, **parts: object) -> str:
    """Words that a writer adds by itself, as "row 3" or "else", with their parts: in the language of the page.

    >>> own("row {n}", n=3)
    'row 3'
    >>> with writing_with({"row {n}": "Zeile {n}"}):
    ...     own("row {n}", n=3)
    'Zeile 3'
    """
    table = _OWN_WORDS.get()
    said = words if table is None else table.get(words, words)
    return said.format(**parts) if parts else said


@contextmanager
def writing_with(table: Mapping[str, str]) -> Iterator[None]:
    """While a page is written: the words of its language, each under the English ones."""
    before = _OWN_WORDS.set(table)
    try:
        yield
    finally:
        _OWN_WORDS.reset(before)


def width_in_cells(text: str) -> int:
    """Columns a terminal gives the text: two for a wide character, none for an accent on its own.

    >>> width_in_cells("layer"), width_in_cells("层")
    (5, 2)
    """
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def is_plain(text: str) -> bool:
    """Whether `text` holds nothing that a terminal would obey or hide."""
    return _is_plain_ascii(text) or re.search(_OBEYED, text) is None


def _is_plain_ascii(text: str) -> bool:
    # Asked first: the pattern takes long to compile, and most texts never need it.
    return text.isascii() and text.isprintable()


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
