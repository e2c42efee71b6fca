"""Reading alone: the columns that `nnlec evaluate` reads, through the same engine, and nothing done with them.

python tests/benchmarks/reading.py TABLE ENGINE
"""

from __future__ import annotations

import sys

from nnlec.tables.engines import Consumer, Progress, Source, engine, read_table
from nnlec.tables.header import Header
from nnlec.tables.rows import Selection


def nowhere(header: Header) -> Consumer:
    """Takes all columns but the last as numbers, the last as text, and forgets them."""
    last = header.width - 1
    return Consumer(Selection(tuple(range(last)), (last,)), lambda _: None)


if __name__ == "__main__":
    table, name = sys.argv[1:]
    read_table(engine(name), Source((table,)), nowhere, Progress())
