"""Tables as Parquet, by polars: new numbers as doubles, columns that had a type as they were, everything else as text.

A Parquet file is made of whole columns: rows of a large table wait on disk until it ends, so that memory stays flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError, not_installed
from nnlec.tables.rows import PlainLines, TypedRows, cells_by_column
from nnlec.tables.writers.json_types import is_null, kinds_of, type_of
from nnlec.tables.writers.rows import Stream, expect_distinct

if TYPE_CHECKING:
    import polars as pl

    from nnlec.tables.plan import Column
    from nnlec.tables.rows import Passthrough
    from nnlec.tables.writers.rows import WriteBytes

_AT_ONCE = 1 << 26
"""Bytes of rows that are kept in memory."""
_LEVEL = 1
"""Of zstd: twice as fast as the usual one, and as small."""


class ParquetRows:
    """Rows as columns of a Parquet file."""

    def __init__(self, write: WriteBytes) -> None:
        try:
            import polars
        except ImportError:
            raise not_installed("Parquet needs polars", "fast") from None
        self._polars = polars
        self._write = write
        self._names: list[str] = []
        self._passed: list[str] = []
        self._kinds: dict[str, set[str]] = {}
        self._blocks: list[pl.DataFrame] = []
        self._size = 0.0
        self._folder: TemporaryDirectory[str] | None = None
        self._files: list[Path] = []

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names. Raises `NnlecError` for a name that two columns have."""
        self._passed, self._names = list(passthrough), [*passthrough, *added]
        expect_distinct(self._names, "Parquet")

    def write(
        self, passthrough: Passthrough | None, added: tuple[Column, ...], rows: int, *, blank: bool = False
    ) -> None:
        """Takes a block of rows; new columns that are `blank` are null."""
        columns = [] if passthrough is None else self._passed_through(passthrough, blank)
        for column in added:
            numeric = isinstance(column, np.ndarray)
            kind = self._polars.Float64 if numeric else self._polars.String
            for values in column.T if isinstance(column, np.ndarray) else [column]:
                columns.append(self._polars.Series([None] * rows if blank else values, dtype=kind))
        block = self._polars.DataFrame(
            [self._polars.Series(name, column) for name, column in zip(self._names, columns, strict=True)]
        )
        self._blocks.append(block)
        self._size += block.estimated_size()
        if self._size > _AT_ONCE:
            self._set_aside()

    def close(self) -> None:
        """Writes the file."""
        out: Any = Stream(self._write)
        try:
            if not self._files:
                whole = self._polars.concat(self._blocks)
                whole.with_columns(self._typed()).write_parquet(out, compression_level=_LEVEL)
                return
            self._set_aside()
            self._polars.scan_ipc([*self._files]).with_columns(self._typed()).sink_parquet(
                out, compression_level=_LEVEL
            )
        except self._polars.exceptions.PolarsError as error:
            raise out.failure or NnlecError(f"cannot be written as Parquet: {error}") from None
        finally:
            if self._folder is not None:
                self._folder.cleanup()

    def _passed_through(self, passthrough: Passthrough, blank: bool) -> list[Any]:
        text = self._polars.String
        if isinstance(passthrough, TypedRows):
            return list(passthrough.columns)
        if not isinstance(passthrough, PlainLines):
            named = list(zip(self._passed, cells_by_column(passthrough, len(self._passed)), strict=True))
            columns = [self._of_json(name, c, blank) if passthrough.typed else list(c) for name, c in named]
            return [self._polars.Series(column, dtype=text) for column in columns]
        if len(self._passed) == 1:
            return [self._polars.Series(passthrough.lines, dtype=text)]
        frame = self._polars.read_csv(
            "\n".join([*passthrough.lines, ""]).encode(),
            has_header=False,
            separator=passthrough.delimiter,
            quote_char=None,
            schema=dict.fromkeys(map(str, range(len(self._passed))), text),
        )
        return frame.fill_null("").get_columns()

    def _of_json(self, name: str, cells: Sequence[str], blank: bool) -> list[str | None]:
        """The text of cells of JSON, and nothing for null; remembers of which types they are."""
        kinds = self._kinds.setdefault(name, set())
        if not blank:
            kinds |= kinds_of(cells)
        return [None if is_null(cell) or (blank and not cell) else str(cell) for cell in cells]

    def _typed(self) -> list[pl.Expr]:
        """The columns that came from JSON, with their types."""
        return [self._of_type(self._polars.col(name), type_of(kinds)) for name, kinds in self._kinds.items()]

    def _of_type(self, column: pl.Expr, type: str) -> pl.Expr:
        if type == "bool":
            return column == "true"
        if type == "whole":
            return column.cast(self._polars.Int64)
        if type == "number":
            return column.replace({"Infinity": "inf", "-Infinity": "-inf"}).cast(self._polars.Float64)
        return column

    def _set_aside(self) -> None:
        """Moves the rows in memory to disk."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="nnlec-", ignore_cleanup_errors=True)
        if self._blocks:
            self._files.append(Path(self._folder.name) / f"{len(self._files)}.arrow")
            self._polars.concat(self._blocks).write_ipc(self._files[-1])
        self._blocks, self._size = [], 0.0
