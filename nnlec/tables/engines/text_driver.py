"""Reads text files of rows: a block at a time where it is plain, else record by record."""

from __future__ import annotations

import csv
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.filetypes import by_suffix
from nnlec.tables.engines import first_line
from nnlec.tables.engines.block_reader import cell_rows
from nnlec.tables.engines.dialects import BLANK, Dialect, JsonLines, Separated, TextRecord
from nnlec.tables.engines.good_rows import take_good
from nnlec.tables.engines.interface import (
    LONGEST_ROW,
    BadLine,
    Consumer,
    Engine,
    ParsedBlock,
    Progress,
    Source,
    Start,
)
from nnlec.tables.engines.line_reader import LineReader, open_lines
from nnlec.tables.engines.prefetch import Prefetcher, TextBlock
from nnlec.tables.engines.record_reader import BadRecord, GoodRecord, RecordReader
from nnlec.tables.header import Header
from nnlec.tables.rows import CellRows, RowError, RowErrors

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Indices


def format_of(path: str, source: Source) -> str:
    """The format of a table: as given, else by the suffix before .gz, else csv."""
    named = by_suffix(path)
    return source.format or (named.name if named is not None and named.table else "csv")


def read_text(source: Source, start: Start, engine: Engine, progress: Progress) -> None:
    """Every file of the source, as one table; raises `NnlecError` with file and line."""
    header = source.like
    consumer = None if header is None else start(header)
    for path in source.paths:
        form = format_of(path, source)
        dialect = dialect_of(form, source)
        with long_cells(), open_lines(path, source.block or engine.block, progress, form) as lines:
            head = Head(source, dialect, lines, header)
            if consumer is None:
                consumer = head.started(start)
            header = header or head.header
            RowsOfFile(source, dialect, lines, header, consumer, engine, progress).read(head.rest, head.line)


@contextmanager
def long_cells() -> Iterator[None]:
    """Lets cells be as long as rows."""
    cell_limit = csv.field_size_limit(2 * LONGEST_ROW)  # of the whole process
    try:
        yield
    finally:
        csv.field_size_limit(cell_limit)


def dialect_of(form: str, source: Source) -> Dialect:
    """How a file of the format is read."""
    if form in ("json", "jsonl"):
        return JsonLines()
    if source.delimiter == BLANK:
        from nnlec.tables.engines.blanks import Blanks

        return Blanks(decimal_comma=source.decimal_comma)
    usual = "\t" if form == "tsv" else ";" if source.decimal_comma else ","
    return Separated(source.delimiter or usual, source.decimal_comma)


class Head:
    """The beginning of a file: its header, the rest of the first block, and the number of that rest's first line.

    `size` is how many bytes stand before the rest.
    """

    def __init__(self, source: Source, dialect: Dialect, lines: LineReader, first_header: Header | None) -> None:
        self._source = source
        self._dialect = dialect
        self._delimiter = dialect.delimiter if isinstance(dialect, Separated) else ""
        self._first_header = first_header
        self.rest, self._first, second = self._first_records(lines)
        self.line, self.size = 1, 0
        self._place = lines.place(self._first.line)
        if isinstance(dialect, JsonLines):
            self.header = self._of_keys(dialect)
            return
        named = self._has_header(second)
        names = first_line.header_names(self._first) if named else ()
        row = second if named else self._first
        self.header = Header(
            self._place, names, len(self._first.cells), self._numerals(row) if row else (), source.nonfinite
        )
        if named:
            self.size = self._first.end
            self.rest, self.line = self.rest[self.size :], self._first.next_line

    def started(self, start: Start) -> Consumer:
        """The consumer of the rows; errors about the header get its place."""
        try:
            return start(self.header)
        except NnlecError as error:
            raise self._hinting(error) from None

    def _hinting(self, error: NnlecError) -> NnlecError:
        """The error with its place, and a hint where the cells look separated otherwise."""
        hint = first_line.other_delimiter(self._first.cells, self._delimiter) or error.hint
        return NnlecError(error.what, where=error.where or self._place, hint=hint)

    def _numerals(self, record: TextRecord) -> tuple[str, ...]:
        """The cells of a record, numbers as they are read."""
        comma = isinstance(self._dialect, Separated) and self._dialect.decimal_comma
        return tuple(cell.replace(",", ".") if comma else cell for cell in record.cells)

    def _first_records(self, lines: LineReader) -> tuple[bytes, TextRecord, TextRecord | None]:
        """The first block, its first record, and the second where there is one and it may matter."""
        while True:
            data = lines.read()
            if not data.strip(b"\r\n"):
                raise NnlecError("the table is empty: no header, no rows", where=lines.place(1))
            records = self._dialect.records(data, 1)
            first, second = next(records), next(records, None)
            if not lines.ended and len(data) <= LONGEST_ROW and self._more_is_needed(data, first, second):
                open_quote = first.unfinished or (second is not None and second.unfinished)
                lines.give_back(data, b'"' if open_quote else b"")
                continue
            expect_line_end(data, lines.ended, lines.name, 1)
            if first.problem:
                text = data[first.begin : first.end].decode("utf-8", "replace")
                hint = first_line.other_quoted_delimiter(text, self._delimiter) if self._delimiter else ""
                raise NnlecError(first.problem, where=lines.place(first.line), hint=hint)
            if not first.cells:
                raise NnlecError("the first line is blank, expected a header or numbers", where=lines.place(1))
            return data, first, second if second is not None and second.cells else None

    def _more_is_needed(self, data: bytes, first: TextRecord, second: TextRecord | None) -> bool:
        if first.unfinished:
            return True
        if isinstance(self._dialect, JsonLines) or self._source.header is False:
            return False
        if second is not None:
            return second.unfinished
        all_numbers = all(
            first_line.is_written_as_number(cell, self._source.nonfinite) for cell in self._numerals(first)
        )
        has_quotes = b'"' in data[first.begin : first.end]
        return not all_numbers or has_quotes or first_line.counts_up(first.cells) or self._source.header is True

    def _has_header(self, second: TextRecord | None) -> bool:
        if self._first_header is not None:
            if self._first_header.names:
                first_line.expect_same_header(self._first, self._first_header, self._place)
            return bool(self._first_header.names)
        if self._source.header is not None:
            return self._source.header
        first = self._first._replace(cells=self._numerals(self._first))
        second = second._replace(cells=self._numerals(second)) if second is not None else None
        assert isinstance(self._dialect, Separated)
        try:
            names = self._dialect.quoted_names(self.rest, self._first, second)
            return first_line.is_header(first, second, names, self._place, self._source.nonfinite)
        except NnlecError as error:
            raise self._hinting(error) from None

    def _of_keys(self, dialect: JsonLines) -> Header:
        names = dialect.names
        if self._first_header is not None and set(self._first_header.names) != set(names):
            raise NnlecError(f"other keys than in {self._first_header.place}", where=self._place)
        dialect.names = self._first_header.names if self._first_header is not None else names
        return Header(self._place, names, len(names), tuple(self._first.cells), self._source.nonfinite)


@dataclass
class RowsOfFile:
    """The rows of one file on their way to the consumer."""

    source: Source
    dialect: Dialect
    lines: LineReader
    header: Header
    consumer: Consumer
    engine: Engine
    progress: Progress

    def __post_init__(self) -> None:
        selection = self.consumer.selection
        self.records = RecordReader(self.source, self.dialect, self.header, selection)

        def parse(data: bytes) -> ParsedBlock | None:
            plain, dialect = self.dialect.plain(data)
            return self.engine.read_block(plain, selection, self.header, dialect)

        self.blocks = Prefetcher(self.lines, parse)

    def read(self, data: bytes, line: int) -> None:
        """Every row goes to the consumer; `data` is the first block, which begins with line number `line`."""
        for block in self.blocks.following(data):
            line = self._read_block(block, line) or self._read_records(block, line)

    def _read_block(self, block: TextBlock, line: int) -> int:
        """Takes a plain block; the number of the line after it, or 0 when it must be read record by record."""
        parsed = None if self.records.blank is not None else block.parsed()
        if parsed is None:
            return 0
        try:
            self.consumer.take(parsed.rows)
        except RowErrors:  # the record reader finds them again, and knows their lines
            return 0
        self.progress.rows += len(parsed.rows.numbers)
        return line + parsed.lines

    def _read_records(self, block: TextBlock, line: int) -> int:
        """Takes the good rows of any block; the number of the line after it."""
        expect_line_end(block.data, block.ended, self.lines.name, line)
        for outcome in self.records.read(block.data, line, block.ended):
            self._take(outcome.good, outcome.bad, block.data)
            line = outcome.next_line
            if outcome.rest:
                self.blocks.give_back(outcome.rest, b'"')
        return line

    def _take(self, good: list[GoodRecord], bad: list[BadRecord], data: bytes) -> None:
        """The good rows go to the consumer; the bad ones are counted, or that one is raised at which the run stops.

        Of bad rows that are blank, those that have other cells than the header pass through as empty cells.
        """
        rows: list[Any] = [*good]
        errors: dict[int, RowError | BadRecord] = {}
        for row in bad:
            index = bisect(rows, row.record.line, key=lambda each: each.record.line)
            rows.insert(index, row)
            errors[index] = row
        passed = self.consumer.selection.passthrough

        def take(part: Indices) -> None:
            self._consume([rows[i] for i in part.tolist()])

        def blank(part: Indices) -> None:
            records = [rows[i].record for i in part.tolist()]
            whole = [len(record.cells) == self.header.width for record in records]
            cells: list[Sequence[str]] = [
                [record.cells[column] if kept else "" for column in passed]
                for record, kept in zip(records, whole, strict=True)
            ]
            self.consumer.blank(CellRows(cells, self.dialect.typed) if passed else None, len(cells))

        last = take_good(len(rows), errors, self.source.on_bad, take, blank)
        for index, problem in sorted(errors.items()):
            record = rows[index].record
            if isinstance(problem, RowError):
                problem = BadRecord.of(record, problem.located(self.header), data)
            if index == last:
                raise problem.problem.at(self.lines.place(record.line))
            self.progress.skipped += 1
            self.source.bad_line(BadLine(self.lines.name, record.line, str(problem.problem), problem.data))

    def _consume(self, good: Sequence[GoodRecord]) -> None:
        if not good:
            return
        numbers = np.array([row.numbers for row in good], dtype=np.float64).reshape(len(good), -1)
        cells = [row.record.cells for row in good]
        self.consumer.take(cell_rows(numbers, cells, self.consumer.selection, self.dialect))
        self.progress.rows += len(good)


def expect_line_end(data: bytes, ended: bool, name: str, line: int) -> None:
    """Raises `NnlecError` for a block that is one line without an end."""
    if not ended and len(data) > LONGEST_ROW and not data.endswith((b"\n", b"\r")):
        endless = line + data.count(b"\n")
        raise NnlecError(f"no line end within {LONGEST_ROW >> 20} MiB", where=f"{name}:{endless}")
