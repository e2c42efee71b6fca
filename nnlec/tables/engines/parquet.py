"""Parquet files as a table, in batches: typed columns instead of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import NnlecError
from nnlec.tables.engines.batches import read_batches
from nnlec.tables.engines.files import as_file, name_of
from nnlec.tables.engines.interface import Progress, Source, Start
from nnlec.tables.header import Header
from nnlec.tables.rows import JsonValue, Passthrough, RowError, TypedRows
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices

_BATCH = 1 << 16


def read_parquet(source: Source, start: Start, progress: Progress) -> None:
    """Every file of the source, as one table; raises `NnlecError` with file and row."""

    def opened(path: str) -> Iterator[tuple[Header, FrameBatch]]:
        header: Header | None = None
        for frame in _frames(path):
            header = header or _header(path, frame, source.nonfinite)
            yield header, FrameBatch(frame)

    read_batches(opened, source, start, progress)


class FrameBatch(NamedTuple):
    """Some rows of a Parquet file."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:
        return self.frame.height

    def numbers(self, columns: tuple[int, ...], header: Header) -> tuple[Array, dict[int, RowError]]:
        """Raises `NnlecError` for a column of another type."""
        errors: dict[int, RowError] = {}
        arrays = []
        for column in columns:
            series = self.frame.to_series(column)
            if not series.dtype.is_numeric():
                raise NnlecError(f"{header.title(column)} holds {series.dtype}, expected numbers", where=header.place)
            values = series.cast(pl.Float64).to_numpy()
            for index in np.flatnonzero(series.is_null().to_numpy()):
                errors.setdefault(int(index), RowError(column, "the cell is empty"))
            if not header.nonfinite:
                for index in np.flatnonzero(~np.isfinite(values)):
                    errors.setdefault(int(index), RowError(column, f"{values[index]} is not a finite number"))
            arrays.append(values)
        numbers = np.stack(arrays, axis=1) if arrays else np.empty((self.height, 0))
        return np.ascontiguousarray(numbers), errors

    def texts(self, column: int) -> list[str]:
        return cells_of(self.frame.to_series(column))

    def passed(self, columns: tuple[int, ...], rows: Indices) -> Passthrough | None:
        if not columns:
            return None
        chosen = self.frame if len(rows) == self.height else self.frame[rows]
        return TypedRows(tuple(chosen.to_series(column) for column in columns), cells_of)


def _frames(path: str) -> Iterator[pl.DataFrame]:
    """The rows of a file, some at a time; one empty frame where there are none."""
    try:
        path.encode()  # polars takes no name that is not UTF-8
    except UnicodeEncodeError:
        raise NnlecError("its name is not UTF-8: rename it to read it as Parquet", where=visible(path)) from None
    with as_file(path, b"PAR1", "Parquet") as file:
        try:
            scanned = pl.scan_parquet(file, glob=False)
            schema = scanned.collect_schema()
            some = False
            for frame in scanned.collect_batches(chunk_size=_BATCH):
                some = True
                yield frame
            if not some:
                yield pl.DataFrame(schema=schema)
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = str(error).partition("\n")[0][:200]
            raise NnlecError(f"cannot be read as Parquet: {visible(reason)}", where=name_of(path)) from None


def _header(path: str, frame: pl.DataFrame, nonfinite: bool) -> Header:
    first = tuple(cells_of(frame[name].head(1))[0] for name in frame.columns) if frame.height else ()
    return Header(name_of(path), tuple(frame.columns), frame.width, first, nonfinite)


def cells_of(series: pl.Series) -> list[str]:
    """Cells as text; a finite number is one in JSON too."""
    if series.dtype == pl.String:
        return [text or "" for text in series.to_list()]
    texts = ["" if value is None else str(value) for value in series.to_list()]
    return [JsonValue(text) if is_number(text) else text for text in texts] if series.dtype.is_numeric() else texts
