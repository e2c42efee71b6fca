"""Reading alone: the columns that `nnlec evaluate` reads, through the same engine, and nothing done with them.

python tests/benchmarks/reading.py TABLE ENGINE
"""

from __future__ import annotations

import sys

from nnlec.tables.engines import Progress, Source, engine, read_table
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection


class Nowhere:
    """Takes all columns but the last as numbers, the last as text, and forgets them."""

    def __init__(self, header: Header) -> None:
        last = header.width - 1
        self.selection = Selection(tuple(range(last)), (last,))

    def take(self, rows: Rows) -> None:
        """Nothing is done."""


if __name__ == "__main__":
    table, name = sys.argv[1:]
    read_table(engine(name), Source((table,)), Nowhere, Progress())
