"""Tables as Parquet, by polars: new numbers as doubles, everything else as text.

Parquet is written in one piece: the rows are held in memory until the table ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError

if TYPE_CHECKING:
    import polars as pl

    from nnlec.tables.interface import Column
    from nnlec.tables.writers.rows import Write


class ParquetRows:
    """Rows as columns of a Parquet file."""

    verbatim = ""

    def __init__(self, write: Write) -> None:
        try:
            import polars
        except ImportError:
            raise NnlecError("Parquet needs polars", hint="pip install 'nnlec[fast]'") from None
        self._polars = polars
        self._write = write
        self._kept: Sequence[str] = ()
        self._added: Sequence[str] = ()
        self._blocks: list[pl.DataFrame] = []

    def open(self, kept: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names."""
        self._kept, self._added = kept, added

    def kept(self, cells: Sequence[str]) -> str:
        """Cells as one text, taken apart again in `write`."""
        return json.dumps([str(cell) for cell in cells])

    def write(self, kept: list[str], results: tuple[Column, ...], rows: int) -> None:  # noqa: ARG002
        """Takes a block of rows."""
        cells = [json.loads(row) for row in kept]
        columns: list[Any] = [[row[i] for row in cells] for i in range(len(self._kept))]
        for result in results:
            columns += list(result.T) if isinstance(result, np.ndarray) else [result]
        names = [*self._kept, *self._added]
        types = [self._polars.Float64 if isinstance(c, np.ndarray) else self._polars.String for c in columns]
        series = [
            self._polars.Series(name, column, dtype=kind)
            for name, column, kind in zip(names, columns, types, strict=True)
        ]
        self._blocks.append(self._polars.DataFrame(series))

    def close(self) -> None:
        """Writes the file."""
        out = BytesIO()
        if not self._blocks:
            self.write([], tuple([] for _ in self._added), 0)
        self._polars.concat(self._blocks).write_parquet(out)
        self._write(out.getvalue())
