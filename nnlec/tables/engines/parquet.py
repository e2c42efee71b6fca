"""Parquet files as a table, in batches: typed columns instead of text, rows counted instead of lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from nnlec.errors import NnlecError
from nnlec.tables.categories import Categories
from nnlec.tables.engines.interface import BadLine, Source
from nnlec.tables.engines.line_reader import size_of
from nnlec.tables.engines.text_driver import open_sink
from nnlec.tables.interface import BadRows, Layout, Plan, Planner, Problem, Sink, Summary, Tally
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_BATCH = 1 << 16


def run_over_parquet(source: Source, planner: Planner, sink: Sink, tally: Tally) -> Summary:
    """Every file of the source, as one table; raises `NnlecError` with file and row."""
    tally.bytes_total = size_of(source.paths)
    layout: Layout | None = None
    plan: Plan | None = None
    for path in source.paths:
        first = True
        row = 1
        for batch in _batches(path):
            if first:
                found = _layout(path, batch)
                if layout is not None and found.names != layout.names:
                    raise NnlecError(f"other columns than in {layout.place}", where=visible(path))
                if plan is None:
                    layout, plan = found, planner(found)
                    open_sink(sink, layout, plan)
                first = False
            assert layout is not None
            assert plan is not None
            _write(batch, row, visible(path), source, layout, plan, sink, tally)
            row += batch.height
    sink.close()
    return Summary(tally.rows, tally.skipped)


def _batches(path: str) -> Iterator[pl.DataFrame]:
    """The rows of a file, some at a time; one empty batch where there are none."""
    try:
        scanned = pl.scan_parquet(path, glob=False)
        schema = scanned.collect_schema()
        some = False
        for batch in scanned.collect_batches(chunk_size=_BATCH):
            some = True
            yield batch
        if not some:
            yield pl.DataFrame(schema=schema)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise NnlecError(f"cannot be read as Parquet: {visible(reason)}", where=visible(path)) from None


def _layout(path: str, batch: pl.DataFrame) -> Layout:
    first = tuple(_texts(batch[name].head(1))[0] for name in batch.columns) if batch.height else ()
    return Layout(visible(path), tuple(batch.columns), batch.width, first)


def _write(
    batch: pl.DataFrame, row: int, place: str, source: Source, layout: Layout, plan: Plan, sink: Sink, tally: Tally
) -> None:
    numbers, problems = _numbers(batch, plan, layout, source.nonfinite)
    texts = tuple(_texts(batch[layout.names[column]]) for column in plan.texts)
    kept_columns = [_texts(batch[layout.names[column]]) for column in plan.keep]
    good = np.arange(batch.height)
    while True:
        stop = min(problems, default=-1) if source.on_bad == "stop" else -1
        good = good[good < stop] if stop >= 0 else good[~np.isin(good, list(problems))]
        try:
            results = plan.compute(numbers[good], tuple(Categories.of([text[i] for i in good]) for text in texts))
            break
        except BadRows as found:
            problems |= {int(good[index]): problem for index, problem in found.problems.items()}
    kept = [sink.kept([column[i] for column in kept_columns]) for i in good] if kept_columns else []
    sink.write(kept, results, len(good))
    tally.rows += len(good)
    for index in sorted(problems):
        problem = problems[index]
        title = "" if problem.column is None else layout.title(problem.column)
        error = NnlecError(problem.what, where=title, hint=problem.hint)
        if source.on_bad == "stop":
            raise error.at(f"{place}: row {row + index}")
        tally.skipped += 1
        source.bad_line(BadLine(place, row + index, str(error), b""))


def _numbers(batch: pl.DataFrame, plan: Plan, layout: Layout, nonfinite: bool) -> tuple[Array, dict[int, Problem]]:
    """(rows, k) doubles, and the rows where a cell is missing or, unless allowed, not finite."""
    problems: dict[int, Problem] = {}
    columns = []
    for column in plan.numbers:
        series = batch[layout.names[column]]
        if not series.dtype.is_numeric():
            raise NnlecError(f"{layout.title(column)} holds {series.dtype}, expected numbers", where=layout.place)
        values = series.cast(pl.Float64).to_numpy()
        for index in np.flatnonzero(series.is_null().to_numpy()):
            problems.setdefault(int(index), Problem(column, "the cell is empty"))
        if not nonfinite:
            for index in np.flatnonzero(~np.isfinite(values)):
                problems.setdefault(int(index), Problem(column, f"{values[index]} is not a finite number"))
        columns.append(values)
    numbers = np.stack(columns, axis=1) if columns else np.empty((batch.height, 0))
    return np.ascontiguousarray(numbers), problems


def _texts(series: pl.Series) -> list[str]:
    if series.dtype == pl.String:
        return [text or "" for text in series.to_list()]
    return ["" if value is None else str(value) for value in series.to_list()]
