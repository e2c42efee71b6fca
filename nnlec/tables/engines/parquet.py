"""Parquet files as a table, in batches: typed columns instead of text, rows counted instead of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import NnlecError
from nnlec.tables.engines.files import as_file, name_of
from nnlec.tables.engines.interface import BadLine, Consumer, Progress, Source, Start
from nnlec.tables.header import Header
from nnlec.tables.rows import CellRows, JsonValue, RowError, RowErrors, Rows
from nnlec.tables.text_column import TextColumn
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_BATCH = 1 << 16


def read_parquet(source: Source, start: Start, progress: Progress) -> None:
    """Every file of the source, as one table; raises `NnlecError` with file and row."""
    header: Header | None = None
    consumer: Consumer | None = None
    for path in source.paths:
        first = True
        row = 1
        for batch in _batches(path):
            if first:
                found = _header(path, batch, source.nonfinite)
                if header is not None and found.names != header.names:
                    raise NnlecError(f"other columns than in {header.place}", where=visible(path))
                if consumer is None:
                    header, consumer = found, start(found)
                first = False
            assert header is not None
            assert consumer is not None
            _take(batch, row, name_of(path), source, header, consumer, progress)
            row += batch.height


def _batches(path: str) -> Iterator[pl.DataFrame]:
    """The rows of a file, some at a time; one empty batch where there are none."""
    try:
        path.encode()  # polars takes no name that is not UTF-8
    except UnicodeEncodeError:
        raise NnlecError("its name is not UTF-8: rename it to read it as Parquet", where=visible(path)) from None
    with as_file(path, b"PAR1", "Parquet") as file:
        yield from _batches_of(file, path)


def _batches_of(file: str, path: str) -> Iterator[pl.DataFrame]:
    try:
        scanned = pl.scan_parquet(file, glob=False)
        schema = scanned.collect_schema()
        some = False
        for batch in scanned.collect_batches(chunk_size=_BATCH):
            some = True
            yield batch
        if not some:
            yield pl.DataFrame(schema=schema)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise NnlecError(f"cannot be read as Parquet: {visible(reason)}", where=name_of(path)) from None


def _header(path: str, batch: pl.DataFrame, nonfinite: bool) -> Header:
    first = tuple(_cells(batch[name].head(1))[0] for name in batch.columns) if batch.height else ()
    return Header(name_of(path), tuple(batch.columns), batch.width, first, nonfinite)


def _take(
    batch: pl.DataFrame,
    row: int,
    place: str,
    source: Source,
    header: Header,
    consumer: Consumer,
    progress: Progress,
) -> None:
    """The good rows of a batch go to the consumer; the bad ones are counted, or the first is raised."""
    selection = consumer.selection
    numbers, errors = _numbers(batch, selection.numbers, header, source.nonfinite)
    texts = [_cells(batch[header.names[column]]) for column in selection.texts]
    passed = [_cells(batch[header.names[column]]) for column in selection.passthrough]
    stop = source.on_bad == "stop"
    last = min(errors, default=None) if stop else None
    good = np.arange(batch.height)
    while True:
        good = good[(good < (batch.height if last is None else last)) & ~np.isin(good, list(errors))]
        columns = tuple(TextColumn.of([text[i] for i in good]) for text in texts)
        cells: list[Sequence[str]] = [[column[i] for column in passed] for i in good]
        try:
            consumer.take(Rows(numbers[good], columns, CellRows(cells, typed=True) if passed else None))
            break
        except RowErrors as found:
            worse = {int(good[index]): error for index, error in found.errors.items()}
            errors |= worse
            if stop or not found.skippable:
                last = min(worse)
    progress.rows += len(good)
    for index in sorted(errors):
        error = errors[index]
        title = "" if error.column is None else header.title(error.column)
        shown = NnlecError(error.what, where=title, hint=error.hint)
        if index == last:
            raise shown.at(f"{place}: row {row + index}")
        progress.skipped += 1
        source.bad_line(BadLine(place, row + index, str(shown), b""))


def _numbers(
    batch: pl.DataFrame, selected: tuple[int, ...], header: Header, nonfinite: bool
) -> tuple[Array, dict[int, RowError]]:
    """(rows, k) doubles, and the rows where a cell is missing or, unless allowed, not finite."""
    errors: dict[int, RowError] = {}
    columns = []
    for column in selected:
        series = batch[header.names[column]]
        if not series.dtype.is_numeric():
            raise NnlecError(f"{header.title(column)} holds {series.dtype}, expected numbers", where=header.place)
        values = series.cast(pl.Float64).to_numpy()
        for index in np.flatnonzero(series.is_null().to_numpy()):
            errors.setdefault(int(index), RowError(column, "the cell is empty"))
        if not nonfinite:
            for index in np.flatnonzero(~np.isfinite(values)):
                errors.setdefault(int(index), RowError(column, f"{values[index]} is not a finite number"))
        columns.append(values)
    numbers = np.stack(columns, axis=1) if columns else np.empty((batch.height, 0))
    return np.ascontiguousarray(numbers), errors


def _cells(series: pl.Series) -> list[str]:
    """Cells as text; a finite number is one in JSON too."""
    if series.dtype == pl.String:
        return [text or "" for text in series.to_list()]
    if not series.dtype.is_numeric():
        return ["" if value is None else str(value) for value in series.to_list()]
    texts = ["" if value is None else str(value) for value in series.to_list()]
    return [JsonValue(text) if is_number(text) else text for text in texts]
