"""Tables as Parquet, by polars: new numbers as doubles, columns that had a type as they were, everything else as text.

Parquet is written in one piece: the rows are held in memory until the table ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.tables.rows import TypedRows
from nnlec.tables.writers.rows import expect_distinct

if TYPE_CHECKING:
    import polars as pl

    from nnlec.tables.plan import Column
    from nnlec.tables.rows import Passthrough
    from nnlec.tables.writers.rows import Write


class ParquetRows:
    """Rows as columns of a Parquet file."""

    def __init__(self, write: Write) -> None:
        try:
            import polars
        except ImportError:
            raise NnlecError("Parquet needs polars", hint="pip install 'nnlec[fast]'") from None
        self._polars = polars
        self._write = write
        self._names: list[str] = []
        self._passed = 0
        self._blocks: list[pl.DataFrame] = []

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names. Raises `NnlecError` for a name that two columns have."""
        self._names, self._passed = [*passthrough, *added], len(passthrough)
        expect_distinct(self._names, "Parquet")

    def write(
        self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int, *, blank: bool = False
    ) -> None:
        """Takes a block of rows; new columns that are `blank` are null."""
        columns: list[Any] = []
        if isinstance(passthrough, TypedRows):
            columns += passthrough.columns
        elif passthrough is not None:
            columns += map(self._text, zip(*passthrough.cells, strict=True))
        for column in added:
            width = column.shape[1] if isinstance(column, np.ndarray) else 1
            kind = self._polars.Float64 if isinstance(column, np.ndarray) else self._polars.String
            values = list(column.T) if isinstance(column, np.ndarray) else [column]
            columns += [
                self._polars.Series([None] * rows if blank else values[index], dtype=kind) for index in range(width)
            ]
        series = [self._polars.Series(name, column) for name, column in zip(self._names, columns, strict=True)]
        self._blocks.append(self._polars.DataFrame(series))

    def _text(self, cells: Sequence[str]) -> pl.Series:
        return self._polars.Series([str(cell) for cell in cells], dtype=self._polars.String)

    def close(self) -> None:
        """Writes the file."""
        out = BytesIO()
        if not self._blocks:
            self._blocks.append(self._polars.DataFrame({name: [] for name in self._names}))
        self._polars.concat(self._blocks).write_parquet(out)
        self._write(out.getvalue())
