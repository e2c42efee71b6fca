"""Lines that fit a narrow page: broken at blanks, what goes on is indented."""

from __future__ import annotations

from collections.abc import Iterator
from re import findall

from rich.cells import cell_len, chop_cells

_INDENT = "  "
_A_FIGURE = frozenset("0123456789.-+e")


def folded(line: str, width: int | None) -> Iterator[str]:
    """The line in pieces of at most `width` columns; a figure is never cut, a longer word is.

    >>> list(folded("f = 1.0 * 2.5 + 2.8 * 5.0", 14))
    ['f = 1.0 * 2.5', '  + 2.8 * 5.0']
    >>> list(folded("--input legs=4,fur=1", 12))
    ['--input', '  legs=4,', '  fur=1']
    """
    if width is None or cell_len(line) <= width:
        yield line
        return
    text = line[: -len(line.lstrip())]
    for word in line.split():
        for glue, piece in _pieces(word, width - len(_INDENT)):
            begun = bool(text.strip())
            more = f"{text}{glue if begun else ''}{piece}"
            if cell_len(more) > width:
                if begun:
                    yield text
                more = _INDENT + piece
            text = more
    yield text


def _pieces(word: str, room: int) -> Iterator[tuple[str, str]]:
    """A word, or the parts of one that is too long for a line, each with what stands between it and the one before."""
    glue = " "
    for part in findall(r"[^,;/=_]*[,;/=_]?", word)[:-1] if cell_len(word) > room else [word]:
        for piece in [part] if _A_FIGURE.issuperset(part) else chop_cells(part, room):
            yield glue, piece
            glue = ""
