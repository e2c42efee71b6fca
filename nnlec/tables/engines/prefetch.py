"""Reads the next block early, and parses it in a thread, while the rows of the current one are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.named import NamedTuple
from nnlec.tables.engines.interface import ParsedBlock
from nnlec.tables.engines.line_reader import LineReader

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Parse = Callable[[bytes], ParsedBlock | None]

_WORTH_A_THREAD = 1 << 16
"""Bytes of a block from which parsing it in a thread pays."""


class TextBlock(NamedTuple):
    """Whole lines, whether they are the last of the file, and a function that returns their rows."""

    data: bytes
    ended: bool
    parsed: Callable[[], ParsedBlock | None]


class Prefetcher:
    """The blocks of one file. No block waits until the next one can be read."""

    def __init__(self, lines: LineReader, parse: Parse) -> None:
        self._lines = lines
        self._parse = parse
        self._next: TextBlock | None = None
        self._failure: NnlecError | None = None
        self._executor: ThreadPoolExecutor | None = None

    def following(self, first: bytes) -> Iterator[TextBlock]:
        """The block `first`, unless it is empty, and all blocks after it; raises `NnlecError` where reading fails."""
        block = self._block(first) if first else self._wait()
        while block.data:
            self._prefetch()
            yield block
            block, self._next = self._next or self._wait(), None

    def give_back(self, rest: bytes, needed: bytes) -> None:
        """The start of a row that ends in a later block: the next block begins with it, holding `needed` behind it."""
        if self._next is not None:
            self._lines.unread(self._next.data)
            self._next = None
        self._lines.give_back(rest, needed)

    def _block(self, data: bytes) -> TextBlock:
        return TextBlock(data, self._lines.ended, partial(self._parse, data))

    def _wait(self) -> TextBlock:
        if self._failure is not None:
            raise self._failure
        return self._block(self._lines.read())

    def _prefetch(self) -> None:
        try:
            data = self._lines.read(wait=False)
        except NnlecError as failure:  # the rows before it come first
            self._failure = failure
            return
        if data:
            self._next = self._block(data)
        if len(data) >= _WORTH_A_THREAD:
            if self._executor is None:
                from concurrent.futures import ThreadPoolExecutor

                self._executor = ThreadPoolExecutor(max_workers=1)
            self._next = TextBlock(data, self._lines.ended, self._executor.submit(self._parse, data).result)
