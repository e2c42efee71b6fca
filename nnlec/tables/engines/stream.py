"""The default engine: numpy alone, a block of lines at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic import format_floats
from nnlec.tables.engines.block_reader import quick_rows
from nnlec.tables.engines.interface import Rows, Source
from nnlec.tables.engines.text_driver import run_over_text
from nnlec.tables.interface import Layout, Plan, Planner, Sink, Summary, Tally

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.engines.dialects import Dialect

_MANY = 10_000
"""Numbers from which the tables of the fast writer pay."""


class StreamEngine:
    """Reads and writes numbers in numpy alone; what is rare or doubtful goes through Python's float and repr."""

    block = 1 << 20

    def run(self, source: Source, planner: Planner, sink: Sink, tally: Tally) -> Summary:
        """Every row of text files; raises `NnlecError` with file and line."""
        return run_over_text(source, planner, sink, self, tally)

    def read(self, data: bytes, plan: Plan, layout: Layout, dialect: Dialect, sink: Sink) -> Rows | None:
        """The rows of a plain block, or None."""
        return quick_rows(data, plan, layout, dialect, sink)

    def number_lines(self, numbers: Array, delimiter: str) -> bytes:
        """Rows of numbers as lines of shortest round-trip text.

        >>> import numpy as np
        >>> StreamEngine().number_lines(np.array([[0.1, 1.0], [1e22, -0.0]]), ",")
        b'0.1,1.0\\n1e+22,-0.0\\n'
        >>> StreamEngine().number_lines(np.array([[1e-7]]), ",")
        b'1e-7\\n'
        """
        rows, columns = numbers.shape
        if numbers.size >= _MANY:
            return format_floats.lines(numbers, delimiter)
        line = delimiter.join(["%r"] * columns) + "\n"
        return format_floats.spelt(line * rows % tuple(numbers.ravel().tolist())).encode()
