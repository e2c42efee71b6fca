"""Words in messages: untrusted text is made visible, and things are counted."""

from __future__ import annotations

import re

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

    >>> counted(1, "value"), counted(2, "class name")
    ('1 value', '2 class names')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def is_plain(text: str) -> bool:
    """Whether `text` holds nothing that a terminal would obey or hide."""
    return _is_plain_ascii(text) or re.search(_OBEYED, text) is None


def _is_plain_ascii(text: str) -> bool:
    # Asked first: the pattern takes long to compile, and most texts never need it.
    return text.isascii() and text.isprintable()


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
