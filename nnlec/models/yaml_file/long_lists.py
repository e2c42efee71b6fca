"""Long lists of numbers, taken out of a text before the YAML parser sees it: to the parser every number is an event.

Of `[[0.1, 0.2], [0.3, 0.4]]`, and of lines `- 0.1` or `- [0.1, 0.2]` one below the other, the first number stays, in
its brackets. Where the parser finds it as the first of that list, what was cut out behind it can only be the rest of
the list. Anywhere else, as in a quoted text, a comment or a key, the text has to be parsed as it is.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain
from typing import Any

from nnlec.models.yaml_file.tree import Numbers

LEAST = 50
"""Characters of a list that is worth it."""

_NUMBER = "[-+.]*+[0-9][-+.0-9eE]*+"
_ROWS = re.compile(
    r"\[[ \r\n]*+(?P<row>[-+.0-9eE]++[ \r\n]*+,[-+.0-9eE, \r\n]++)\]"
    rf"|- ++(?P<lines>{_NUMBER}(?P<separator>\r?\n *+- ++){_NUMBER}(?:(?P=separator){_NUMBER})*+)"
)
_DASHES = "(?:- ++)++"
_ITEM = rf"(?:{_NUMBER}|\[[+.0-9eE, \r\n]*+(?:-(?! )[+.0-9eE, \r\n]*+)*+\])"
_TABLES = re.compile(
    r"(?P<lists>\[[ \r\n]*+\[[-+.0-9eE, \r\n\[\]]++)"
    rf"|\n(?P<indent> *+)(?P<lines>(?P<dashes>{_DASHES}){_ITEM}(?:(?P<end>\r?\n) *+{_DASHES}{_ITEM})++)"
)
_FIRST = re.compile("-?[0-9][-+.0-9eE]*+")
_DECODER = json.JSONDecoder(parse_int=float)


class ShortText:
    r"""`text` with the first number alone of each of some lists; `shift` is where it begins in the text of a file.

    >>> text = f"bias: [{', '.join(['0.25'] * 10)}]\n"
    >>> short = ShortText(text, long_lists(text, 1000))
    >>> short.text, short.index(11), text[65], [len(numbers.values) for numbers in short.lists.values()]
    ('bias: [0.25]\n', 65, ']', [10])
    """

    def __init__(self, text: str, lists: Iterable[Numbers] = (), *, shift: int = 0) -> None:
        self.lists: dict[int, Numbers] = {}
        """Those that the parser has not found yet, by the index of their first number in the whole text."""
        kept, places, removed = [], [], []
        at = 0
        for numbers in lists:
            self.lists[numbers.start] = numbers
            cut = numbers.start + len(numbers.first)
            kept.append(text[at:cut])
            places.append(cut)
            removed.append(numbers.end - cut)
            at = numbers.end
        self.text = "".join([*kept, text[at:]])
        self._removed = list(accumulate(removed, initial=shift))
        self._places = [place - before for place, before in zip(places, self._removed, strict=False)]

    def index(self, at: int) -> int:
        """Where the character with that index in the short text stands in the whole one."""
        return at + self._removed[bisect_right(self._places, at)]

    def begun(self, event: Any) -> Numbers | None:
        """The list whose first number is this scalar."""
        at = self.index(event.start_mark.index)
        numbers = self.lists.get(at)
        if numbers is None or event.style or event.tag or event.anchor or event.value != numbers.first:
            return None
        return self.lists.pop(at)


def long_lists(text: str, most: int, *, tables: bool = True) -> Iterator[Numbers]:
    """Lists of `most` numbers in all, in their order in `text`; with `tables` a list of such lists counts as one."""
    for numbers in _tables(text, most) if tables else _rows(text, 0, len(text), most):
        most -= len(numbers.values)
        if most < 0:
            return
        yield numbers


def _tables(text: str, most: int) -> Iterator[Numbers]:
    """Lists of lists, and the lists between them."""
    at = 0
    for found in _TABLES.finditer(text):
        if _is_long(found, most) and (numbers := _table(found)) is not None:
            yield from _rows(text, at, found.start(), most)
            yield numbers
            at = numbers.until
    yield from _rows(text, at, len(text), most)


def _rows(text: str, start: int, end: int, most: int) -> Iterator[Numbers]:
    for found in _ROWS.finditer(text, start, end):
        if _is_long(found, most) and (numbers := _row(text, found)) is not None:
            yield numbers


def _is_long(found: re.Match[str], most: int) -> bool:
    """Whether it is worth it, and no more than the parser itself would take."""
    start, end = found.span()
    text = found.string
    return end - start >= LEAST and text.count(",", start, end) + text.count("- ", start, end) <= most


def _row(text: str, found: re.Match[str]) -> Numbers | None:
    """The numbers of a list; None where they are not all finite numbers, or not all of one list."""
    if found["row"]:
        start, separator, until = found.start("row"), ",", found.end()
        end = start + len(found["row"].rstrip(", \r\n"))
    else:
        (start, end), separator = found.span("lines"), found["separator"]
        before = text[text.rfind("\n", 0, start) + 1 : found.start()]
        if before.strip(" -") or len(before) != separator.index("-") - separator.index("\n") - 1:
            return None  # the dash of the first number does not stand above the others
        if end < len(text) and text[end] not in "\r\n":
            end = text.rindex(separator, start, end)  # the last one may be the beginning of something else
        until = end
    cells = text[start:end].split(separator)
    try:
        values = array("d", map(float, cells))  # of these characters it takes what `is_number` does, and no more
    except ValueError:
        return None
    if not all(map(math.isfinite, values)):
        return None
    return Numbers(found.start(), start, end, until, cells[0].rstrip(" \r\n"), values, (len(values),))


def _table(found: re.Match[str]) -> Numbers | None:
    """The numbers of a list of lists; None where they are not all equally long, and finite numbers as in JSON."""
    at, written = found.start(found.lastgroup or 0), found[found.lastgroup or 0]
    try:
        listed, length = (_of_lines(found), len(written)) if found["lines"] else _DECODER.raw_decode(written)
        values, shape = _shaped(listed)
    except (ValueError, TypeError, RecursionError):
        return None
    first = _FIRST.search(written)
    if first is None or len(shape) < 2 or not all(map(math.isfinite, values)):
        return None
    end = len(written[:length].rstrip("] \r\n"))
    return Numbers(at, at + first.start(), at + end, at + length, first[0], values, shape)


def _of_lines(found: re.Match[str]) -> Any:
    """What stands in lines that begin with dashes, as lists."""
    body, dashes = found["lines"].removeprefix(found["dashes"]), found["dashes"]
    places = [place for place, mark in enumerate(dashes) if mark == "-"]
    for inner, place in enumerate(reversed(places)):
        separator = f"{found['end']}{found['indent']}{' ' * place}{dashes[place:]}"
        body = body.replace(separator, f"{']' * inner},{'[' * inner}")
    return _DECODER.decode("[" * len(places) + body + "]" * len(places))


def _shaped(listed: Any) -> tuple[array[float], tuple[int, ...]]:
    """The numbers in lists in lists, and how many each has. Raises `ValueError` where they are not equally long."""
    shape = [len(listed)]
    while listed and isinstance(listed[0], list):
        if len({len(each) for each in listed}) > 1:
            raise ValueError(listed)
        shape.append(len(listed[0]))
        listed = list(chain.from_iterable(listed))
    return array("d", listed), tuple(shape)
