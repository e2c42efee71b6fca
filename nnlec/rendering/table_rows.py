"""A table of examples in a rendered format: for people, rounded, never cut; so it has a largest length."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.rendering.document import Cell, Document, Number, Table, UserName

if TYPE_CHECKING:
    from nnlec.arithmetic.rounding import Rounding
    from nnlec.tables.plan import Column
    from nnlec.tables.rows import Passthrough

MOST_ROWS = 10_000


class DocumentRows:
    """A writer that keeps the rows until they are laid out, and refuses more than can be read."""

    def __init__(self, rounding: Rounding) -> None:
        self._rounding = rounding
        self._names: tuple[str, ...] = ()
        self._rows: list[tuple[Cell, ...]] = []

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names of the columns."""
        ours = added == ("loss",)  # the only column that is not called after something of the user's
        self._names = (*map(UserName, passthrough), *(added if ours else map(UserName, added)))

    def write(
        self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int, *, blank: bool = False
    ) -> None:
        """Takes a block; raises `NnlecError` where it grows too long."""
        if len(self._rows) + rows > MOST_ROWS:
            raise NnlecError(f"more than {MOST_ROWS:,} rows are no table for people", hint="--format csv has no end")
        columns: list[Sequence[Cell]] = []
        for column in added:
            if isinstance(column, list):
                columns.append([*map(UserName, column)])
            else:
                columns += [[""] * rows if blank else self._shown(numbers) for numbers in column.T.tolist()]
        passed: Sequence[Sequence[str]] = [[]] * rows if passthrough is None else passthrough.cells
        self._rows += [
            (*map(UserName, cells), *new) for cells, new in zip(passed, zip(*columns, strict=True), strict=True)
        ]

    def close(self) -> None:
        """Nothing is written before `document`."""

    def document(self) -> Document:
        """The table as a document."""
        return (Table(self._names, tuple(self._rows)),)

    def _shown(self, numbers: list[float]) -> list[Cell]:
        return [Number(self._rounding.text(Decimal(repr(number)))) for number in numbers]
