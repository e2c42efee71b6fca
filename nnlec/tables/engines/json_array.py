"""A JSON array of objects, what pandas and `nnlec -f json` write, turned into JSON lines a piece at a time."""

from __future__ import annotations

import re

from nnlec.errors import NnlecError
from nnlec.tables.engines.interface import LONGEST_ROW

_BLANK = re.compile(rb"[ \t\r\n]*+")
_FLAT = re.compile(rb'\{(?:[^{}\[\]"]++|"(?:[^"\\]++|\\.)*+")*+\}', re.DOTALL)
_MORE = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+" + _FLAT.pattern, re.DOTALL)
"""What follows an object most of the time."""
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+("?)|[{}\[\]]', re.DOTALL)
_NEXT = ", or ]"
_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


class JsonArray:
    """A filter of bytes; each object of the array becomes one line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._data = b""
        self._expected = "["
        self._objects = 0

    def feed(self, data: bytes) -> bytes:
        """The lines of the objects that are complete now; no data ends the array. Raises `NnlecError` for damage.

        What came before the damage is returned first.
        """
        self._data += data
        lines: list[bytes] = []
        at = 0
        try:
            while (after := self._step(at, lines)) is not None:
                at = after
            if len(self._data) - at > LONGEST_ROW:
                raise self._error(f"an object is longer than {LONGEST_ROW >> 20} MiB")
            if not data and self._expected:
                raise self._error("the array ends early")
        except NnlecError:
            if not lines:
                raise
        self._data = self._data[at:]
        return b"".join(lines)

    def _step(self, at: int, lines: list[bytes]) -> int | None:
        """Takes a comma, a bracket or an object; where it ends, or None where more data is needed."""
        at = _BLANK.match(self._data, at).end()  # type: ignore[union-attr]
        if self._expected == _NEXT and (more := _MORE.match(self._data, at)):
            return self._taken(more[0].lstrip(b" \t\r\n,"), more.end(), lines)
        mark = self._data[at : at + 1].decode("latin-1")
        if not mark:
            return None
        if mark == "{" and "{" in self._expected:
            end = self._end_of_object(at)
            return None if end is None else self._taken(self._data[at:end], end, lines)
        if mark not in "[,]" or mark not in self._expected:
            raise self._error(f"{mark!r}, expected {self._expected or 'nothing behind the array'}")
        self._expected = {"[": "{ or ]", ",": "{", "]": ""}[mark]
        return at + 1

    def _taken(self, text: bytes, end: int, lines: list[bytes]) -> int:
        """Makes a line of an object that ends there."""
        lines.append(text.translate(_LINE_ENDS) + b"\n")
        self._objects += 1
        self._expected = _NEXT
        return end

    def _end_of_object(self, at: int) -> int | None:
        flat = _FLAT.match(self._data, at)
        if flat is not None:
            return flat.end()
        depth = 0
        for token in _TOKEN.finditer(self._data, at):
            mark = token[0]
            if mark in (b"{", b"["):
                depth += 1
            elif mark in (b"}", b"]"):
                depth -= 1
                if depth == 0:
                    return token.end()
            elif not token[1]:
                return None
        return None

    def _error(self, what: str) -> NnlecError:
        place = f"{self._name}: behind object {self._objects}" if self._objects else f"{self._name}:1"
        return NnlecError(f"an array of objects is expected: {what}" if not self._objects else what, where=place)
