"""Reading alone: the columns that `nnlec evaluate` reads, through the same engine, and nothing done with them.

python tests/benchmarks/reading.py TABLE ENGINE
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlec.tables.engines import Source, engine
from nnlec.tables.interface import Layout, Plan, Tally

if TYPE_CHECKING:
    from nnlec.tables.interface import Column


class Nowhere:
    """Takes rows and forgets them."""

    verbatim = ""

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """Nothing is written."""

    def kept(self, cells: Sequence[str]) -> str:  # noqa: ARG002
        """Nothing passes through."""
        return ""

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """Nothing is written."""


def plan(layout: Layout) -> Plan:
    """All columns but the last as numbers, the last as text."""
    last = layout.width - 1
    return Plan(tuple(range(last)), (), (), lambda numbers, texts: (), (last,))  # noqa: ARG005


if __name__ == "__main__":
    table, name = sys.argv[1:]
    engine(name).run(Source((table,)), plan, Nowhere(), Tally())
