"""Numbers drawn by chance that anyone can draw again: SHA-256 of what they are for, and of a counter."""

from __future__ import annotations

from collections.abc import Container, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar

Item = TypeVar("Item")

_WHOLE = 2**64


class Draws:
    """Draws that follow from some words alone, on every machine and in every version of Python.

    >>> [Draws("seed", 7).below(100) for _ in range(2)], Draws("seed", 8).number(1, 5)
    ([66, 66], Decimal('4.2'))
    """

    def __init__(self, *words: object) -> None:
        self._words, self._count = "/".join(map(str, words)), 0

    def below(self, size: int) -> int:
        """A whole number from 0 to `size` - 1, each as likely as the others."""
        while True:
            digest = sha256(f"{self._words}/{self._count}".encode()).digest()
            self._count += 1
            number = int.from_bytes(digest[:8], "big")
            if number < _WHOLE - _WHOLE % size:
                return number % size

    def number(self, places: int, most: int, avoid: Container[Decimal] = (), least: int | None = None) -> Decimal:
        """A number with so many decimals from `least` (default: -`most`) to `most`, none of those to avoid."""
        low = -most if least is None else least
        while True:
            drawn = Decimal(self.below((most - low) * 10**places + 1) + low * 10**places).scaleb(-places)
            if drawn not in avoid:
                return drawn

    def one_of(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def some_of(self, items: Sequence[Item], count: int) -> list[Item]:
        """So many of the items, each at most once."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]
