"""What runs where no engine is asked for: numpy for short tables, the fast engine once a table proves long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.tables.engines.interface import Engine, Rows, Source
from nnlec.tables.engines.line_reader import size_of
from nnlec.tables.engines.stream import StreamEngine
from nnlec.tables.engines.text_driver import format_of, run_over_text
from nnlec.tables.interface import Layout, Plan, Planner, Sink, Summary, Tally

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.engines.dialects import Dialect

LONG = 32 << 20
"""Bytes from which importing the fast engine pays."""


class AutoEngine:
    """Both engines give the same bytes, so that the change from one to the other does not show."""

    block = 1 << 20

    def __init__(self) -> None:
        self._codec: Engine = StreamEngine()
        self._seen = 0

    def run(self, source: Source, planner: Planner, sink: Sink, tally: Tally) -> Summary:
        """Every row; raises `NnlecError` with file and line."""
        if any(format_of(path, source) == "parquet" for path in source.paths):
            self._see(LONG)
            return self._codec.run(source, planner, sink, tally)
        self._see(size_of(source.paths) or 0)
        return run_over_text(source, planner, sink, self, tally)

    def read(self, data: bytes, plan: Plan, layout: Layout, dialect: Dialect, sink: Sink) -> Rows | None:
        """The rows of a plain block, or None."""
        self._see(len(data))
        return self._codec.read(data, plan, layout, dialect, sink)

    def number_lines(self, numbers: Array, delimiter: str) -> bytes:
        """Rows of numbers as lines of shortest round-trip text."""
        return self._codec.number_lines(numbers, delimiter)

    def _see(self, size: int) -> None:
        self._seen += size
        if self._seen >= LONG and isinstance(self._codec, StreamEngine):
            from nnlec.tables.engines.polars_engine import PolarsEngine

            self._codec = PolarsEngine()
