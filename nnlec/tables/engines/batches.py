"""Rows that come in batches of typed columns, as arrays and Parquet have them: rows are counted instead of lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from nnlec.errors import NnlecError
from nnlec.tables.engines.good_rows import take_good
from nnlec.tables.engines.interface import BadLine, Consumer, Progress, Source, Start
from nnlec.tables.header import Header
from nnlec.tables.rows import Passthrough, RowError, Rows
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
            _take(batch, row, source, found, consumer, progress)
            row += batch.height


def _take(batch: Batch, row: int, source: Source, header: Header, consumer: Consumer, progress: Progress) -> None:
    """The good rows go to the consumer; the bad ones are counted, or the first is raised. The batch begins at `row`."""
    selection = consumer.selection
    numbers, errors = batch.numbers(selection.numbers, header)
    texts = [batch.texts(column) for column in selection.texts]

    def take(good: Indices) -> None:
        columns = tuple(TextColumn.of([text[i] for i in good]) for text in texts)
        chosen = numbers if len(good) == len(numbers) else numbers[good]
        consumer.take(Rows(chosen, columns, batch.passed(selection.passthrough, good)))

    def blank(bad: Indices) -> None:
        consumer.blank(batch.passed(selection.passthrough, bad), len(bad))

    last = take_good(batch.height, errors, source.on_bad, take, blank)
    end = batch.height if last is None else last
    progress.rows += end - sum(index < end for index in errors)
    for index, error in sorted(errors.items()):
        shown = error.located(header)
        if index == last:
            raise shown.at(f"{header.place}: row {row + index}")
        progress.skipped += 1
        source.bad_line(BadLine(header.place, row + index, str(shown), b""))
