"""Words in messages: untrusted text is made visible, and things are counted."""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional marks and overrides, zero-width
# characters that can hide, the byte order mark, and lone surrogates (which no encoder accepts).
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""`text` with every character that a terminal would obey, or hide, written as an escape.

    >>> print(visible("cat\x1b[31m"))
    cat\x1b[31m
    >>> print(visible("[red]:cat:"))
    [red]:cat:
    """
    return _OBEYED.sub(_escape, text)


def counted(number: int, thing: str) -> str:
    """A number of things in words.

    >>> counted(1, "value"), counted(2, "class name")
    ('1 value', '2 class names')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def is_plain(text: str) -> bool:
    """Whether `text` holds nothing that a terminal would obey or hide."""
    return _OBEYED.search(text) is None


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
