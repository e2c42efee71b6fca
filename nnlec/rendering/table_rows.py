"""A table of examples on paper: for people, rounded, never cut; so it may not be endless."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.rendering.document import Cell, Document, Number, Table

if TYPE_CHECKING:
    from nnlec.arithmetic.rounding import Rounding
    from nnlec.tables.interface import Column

MOST_ROWS = 10_000


class PaperRows:
    """A sink that keeps the rows until they are laid out, and refuses more than can be read."""

    verbatim = ""

    def __init__(self, rounding: Rounding) -> None:
        self._rounding = rounding
        self._names: tuple[str, ...] = ()
        self._rows: list[tuple[Cell, ...]] = []

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names of the columns."""
        self._names = (*kept, *added)

    def kept(self, cells: Sequence[str]) -> str:
        """Cells as one text, taken apart again in `write`."""
        return json.dumps([str(cell) for cell in cells])

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:
        """Takes a block; raises `NnlecError` where it grows too long."""
        if len(self._rows) + rows > MOST_ROWS:
            raise NnlecError(f"more than {MOST_ROWS:,} rows are no table for people", hint="--format csv has no end")
        columns: list[Sequence[Cell]] = []
        for result in results:
            columns += map(self._shown, result.T.tolist()) if isinstance(result, np.ndarray) else [result]
        passed = [json.loads(row) for row in kept] or [[]] * rows
        self._rows += [(*cells, *new) for cells, new in zip(passed, zip(*columns, strict=True), strict=True)]

    def close(self) -> None:
        """Nothing is written before `document`."""

    def document(self) -> Document:
        """The table as a document."""
        return (Table(self._names, tuple(self._rows)),)

    def _shown(self, numbers: list[float]) -> list[Cell]:
        return [Number(self._rounding.text(Decimal(repr(number)))) for number in numbers]
