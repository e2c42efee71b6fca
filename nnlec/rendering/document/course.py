"""How a number goes from step to step: a table of some steps, and a curve through all where a page can draw one."""

from __future__ import annotations

from typing import NamedTuple

from nnlec.rendering.document import Table

_BAR = 40


class LossCourse(NamedTuple):
    """`table` has a row for some of the steps, `bars` its number's share of the largest; `numbers` has every step's."""

    table: Table
    bars: tuple[float, ...]
    numbers: tuple[float, ...]
    steps: str
    name: str

    @property
    def with_bars(self) -> Table:
        """The table, and a bar of characters beside each row."""
        rows = zip(self.table.rows, self.bars, strict=True)
        return Table((*self.table.columns, ""), tuple((*row, "#" * round(_BAR * share)) for row, share in rows))
