"""Rows that come in batches of typed columns, as arrays and Parquet have them: rows are counted instead of lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nnlec.errors import NnlecError
from nnlec.tables.engines.in_order import in_order
from nnlec.tables.engines.interface import BadLine, Consumer, Progress, Source, Start
from nnlec.tables.header import Header
from nnlec.tables.rows import Passthrough, RowError, RowErrors, Rows
from nnlec.tables.text_column import TextColumn

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices


class Batch(Protocol):
    """Some rows of a file."""

    @property
    def height(self) -> int:
        """How many."""

    def numbers(self, columns: tuple[int, ...], header: Header) -> tuple[Array, dict[int, RowError]]:
        """(rows, k) doubles, and the rows where one is missing or, unless allowed, not finite."""

    def texts(self, column: int) -> list[str]:
        """The cells of a column."""

    def passed(self, columns: tuple[int, ...], rows: Indices) -> Passthrough | None:
        """These columns of these rows; None for no column."""


Opened = Callable[[str], Iterator[tuple[Header, Batch]]]
"""A file's header with each of its batches, of which there is at least one."""


def read_batches(opened: Opened, source: Source, start: Start, progress: Progress) -> None:
    """Every file of the source, as one table; raises `NnlecError` with file and row."""
    header = source.like
    consumer = None if header is None else start(header)
    for path in source.paths:
        row = 1
        for found, batch in opened(path):
            if header is None or consumer is None:
                header, consumer = found, start(found)
            elif (found.names, found.width) != (header.names, header.width):
                raise NnlecError(f"other columns than in {header.place}", where=found.place)
            _Taking(source, found, consumer, progress, row).take(batch)
            row += batch.height


class _Taking:
    """A batch on its way to the consumer; `row` is the number of its first row."""

    def __init__(self, source: Source, header: Header, consumer: Consumer, progress: Progress, row: int) -> None:
        self._source = source
        self._header = header
        self._consumer = consumer
        self._progress = progress
        self._row = row

    def take(self, batch: Batch) -> None:
        """The good rows go to the consumer; the bad ones are counted, or the first is raised."""
        selection = self._consumer.selection
        numbers, errors = batch.numbers(selection.numbers, self._header)
        texts = [batch.texts(column) for column in selection.texts]

        def rows(good: Indices) -> Rows:
            columns = tuple(TextColumn.of([text[i] for i in good]) for text in texts)
            chosen = numbers if len(good) == len(numbers) else numbers[good]
            return Rows(chosen, columns, batch.passed(selection.passthrough, good))

        def blank(bad: Indices) -> None:
            self._consumer.blank(batch.passed(selection.passthrough, bad), len(bad))

        if self._source.on_bad == "blank":
            last = in_order(
                batch.height,
                errors,
                lambda good: self._consumer.take(rows(np.array(good))),
                lambda bad: blank(np.array(bad)),
            )
            end = batch.height if last is None else last
            taken = end - sum(row < end for row in errors)
        else:
            taken, last = self._without_bad(batch.height, errors, rows)
        self._progress.rows += taken
        self._report(errors, last)

    def _without_bad(
        self, height: int, errors: dict[int, RowError], rows: Callable[[Indices], Rows]
    ) -> tuple[int, int | None]:
        """How many rows were taken, and the row at which the run stops; finds more errors."""
        stop = self._source.on_bad == "stop"
        last = min(errors, default=None) if stop else None
        good = np.arange(height)
        while True:
            good = good[(good < (height if last is None else last)) & ~np.isin(good, list(errors))]
            try:
                self._consumer.take(rows(good))
                return len(good), last
            except RowErrors as found:
                worse = {int(good[index]): error for index, error in found.errors.items()}
                errors |= worse
                if stop or not found.skippable:
                    last = min(worse)

    def _report(self, errors: dict[int, RowError], last: int | None) -> None:
        for index in sorted(errors):
            error = errors[index]
            title = "" if error.column is None else self._header.title(error.column)
            shown = NnlecError(error.what, where=title, hint=error.hint)
            if index == last:
                raise shown.at(f"{self._header.place}: row {self._row + index}")
            self._progress.skipped += 1
            self._source.bad_line(BadLine(self._header.place, self._row + index, str(shown), b""))
