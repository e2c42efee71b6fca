"""Tables as Parquet, by polars: new numbers as doubles, everything else as text.

Parquet is written in one piece: the rows are held in memory until the table ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
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
            raise NnlecError("Parquet needs polars", hint='pip install "nnlec[fast]"') from None
        self._polars = polars
        self._write = write
        self._names: list[str] = []
        self._passed = 0
        self._blocks: list[pl.DataFrame] = []

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names. Raises `NnlecError` for a name that two columns have."""
        self._names, self._passed = [*passthrough, *added], len(passthrough)
        expect_distinct(self._names, "Parquet")

    def write(self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int) -> None:  # noqa: ARG002
        """Takes a block of rows."""
        cells = [] if passthrough is None else passthrough.cells
        columns: list[Any] = [[str(row[i]) for row in cells] for i in range(self._passed)]
        for column in added:
            columns += list(column.T) if isinstance(column, np.ndarray) else [column]
        types = [self._polars.Float64 if isinstance(c, np.ndarray) else self._polars.String for c in columns]
        series = [
            self._polars.Series(name, column, dtype=kind)
            for name, column, kind in zip(self._names, columns, types, strict=True)
        ]
        self._blocks.append(self._polars.DataFrame(series))

    def close(self) -> None:
        """Writes the file."""
        out = BytesIO()
        if not self._blocks:
            self.write(None, tuple([] for _ in self._names[self._passed :]), 0)
        self._polars.concat(self._blocks).write_parquet(out)
        self._write(out.getvalue())
