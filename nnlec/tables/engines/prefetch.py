"""Reads and parses the next block in a thread, while the rows of the one before are computed and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nnlec.errors import NnlecError
from nnlec.tables.engines.interface import ParsedBlock
from nnlec.tables.engines.line_reader import Lines

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Parse = Callable[[bytes], ParsedBlock | None]

_WORTH_A_THREAD = 1 << 16


class Block(NamedTuple):
    """Whole lines, whether nothing follows them in the file, and what waits until they are parsed."""

    data: bytes
    ended: bool
    parsed: Callable[[], ParsedBlock | None]


class Blocks:
    """The blocks of one file. The current block is never delayed to wait for the next."""

    def __init__(self, lines: Lines, parse: Parse) -> None:
        self._lines = lines
        self._parse = parse
        self._next: Block | None = None
        self._failure: NnlecError | None = None
        self._executor: ThreadPoolExecutor | None = None

    def following(self, first: bytes) -> Iterator[Block]:
        """The block `first`, where it is not empty, and all that follow it; raises `NnlecError` where reading fails."""
        block = self._block(first) if first else self._wait()
        while block.data:
            self._look_ahead()
            yield block
            block, self._next = self._next or self._wait(), None

    def give_back(self, rest: bytes, needed: bytes) -> None:
        """The start of a row that ends in a later block: the next block begins with it, and has `needed` in it."""
        if self._next is not None:
            self._lines.unread(self._next.data)
            self._next = None
        self._lines.give_back(rest, needed)

    def _block(self, data: bytes) -> Block:
        return Block(data, self._lines.ended, partial(self._parse, data))

    def _wait(self) -> Block:
        if self._failure is not None:
            raise self._failure
        return self._block(self._lines.read())

    def _look_ahead(self) -> None:
        try:
            data = self._lines.read(wait=False)
        except NnlecError as failure:  # the rows before it come first
            self._failure = failure
            return
        if data:
            block = self._block(data)
            self._next = block._replace(parsed=self._begun(data)) if len(data) >= _WORTH_A_THREAD else block

    def _begun(self, data: bytes) -> Callable[[], ParsedBlock | None]:
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._executor = ThreadPoolExecutor(max_workers=1)
        return self._executor.submit(self._parse, data).result
