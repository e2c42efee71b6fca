"""What one item of `--columns` means: a column, a range of columns as 2-9, 5- or age-height, or all but these."""

from __future__ import annotations

from collections.abc import Callable

from nnlec.errors import NnlecError
from nnlec.named import NamedTuple


class ColumnRange(NamedTuple):
    """Where a range begins and ends (`last` None: it is one column, "": the last of the table), and whether it is
    left out."""

    first: str
    last: str | None = None
    left_out: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """The names and positions in it."""
        return (self.first, self.last) if self.last else (self.first,)


def item_of(text: str, has: Callable[[str], bool]) -> ColumnRange:
    """What an item says, where `has` knows the names of the columns; a name goes before everything else.

    Raises `NnlecError` for what may be several ranges.

    >>> item_of("2-9", {"x"}.__contains__), item_of("!a-b", {"a-b"}.__contains__)
    (ColumnRange(first='2', last='9', left_out=False), ColumnRange(first='a-b', last=None, left_out=True))
    """
    if has(text):
        return ColumnRange(text)
    if text.startswith("!") and len(text) > 1:
        return item_of(text[1:], has)._replace(left_out=True)
    dashes = [at for at, character in enumerate(text) if character == "-"]
    ranges = [ColumnRange(text[:at], text[at + 1 :]) for at in dashes]
    known = [item for item in ranges if all(has(name) or _is_position(name) for name in item.named)]
    if len(known) > 1:
        raise NnlecError(f"{text!r} may be several ranges of columns", hint="give the columns one by one")
    return known[0] if known else ColumnRange(text)


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit()
