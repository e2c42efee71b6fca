"""Reads a block record by record: the good rows, and what is wrong with the bad ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnlec.arithmetic.numbers import NumeralError, parse_number
from nnlec.errors import NnlecError
from nnlec.named import NamedTuple
from nnlec.tables.engines import first_line
from nnlec.tables.engines.dialects import Dialect, Separated, TextRecord
from nnlec.tables.engines.interface import LONGEST_ROW, Source
from nnlec.tables.header import Header, quoted
from nnlec.tables.rows import Selection

_AT_A_TIME = 4096


class GoodRecord(NamedTuple):
    """A record and its selected numbers."""

    record: TextRecord
    numbers: list[float]


class BadRecord(NamedTuple):
    """A record, what is wrong with it, and its bytes."""

    record: TextRecord
    problem: NnlecError
    data: bytes

    @classmethod
    def of(cls, record: TextRecord, problem: NnlecError, block: bytes) -> BadRecord:
        """A record of a block."""
        return cls(record, problem, block[record.begin : record.end])


class RecordsRead:
    """The rows of a block; `rest` is the beginning of a record that ends in a later one.

    In a run that stops at the first bad row, the rows after it are not read.
    """

    def __init__(self, next_line: int) -> None:
        self.next_line = next_line
        self.good: list[GoodRecord] = []
        self.bad: list[BadRecord] = []
        self.rest = b""


class RecordReader:
    """Reads the blocks of one file; remembers a blank line, which is an error only if rows follow."""

    def __init__(self, source: Source, dialect: Dialect, header: Header, selection: Selection) -> None:
        self.source = source
        self.dialect = dialect
        self.header = header
        self.selection = selection
        self.blank: BadRecord | None = None

    def read(self, data: bytes, line: int, ended: bool) -> Iterator[RecordsRead]:
        """The records of `data`, whose first line is number `line`, some thousand at a time.

        `ended`: nothing comes after this block.
        """
        outcome = RecordsRead(line)
        stop = self.source.on_bad == "stop"
        for record in self.dialect.records(data, line):
            if record.unfinished and not ended and len(data) - record.begin <= LONGEST_ROW:
                outcome.rest = data[record.begin :]
                break
            if len(outcome.good) + len(outcome.bad) >= _AT_A_TIME:
                yield outcome
                outcome = RecordsRead(record.line)
            outcome.next_line = record.next_line
            if not any(record.cells) and len(record.cells) != 1 and not record.problem:
                what = "an empty row" if record.cells else "a blank line"
                problem = NnlecError(f"{what}, and more rows below it")
                self.blank = self.blank or BadRecord.of(record, problem, data)
                continue
            if self.blank is not None:
                outcome.bad.append(self.blank)
                self.blank = None
                if stop:
                    break
            try:
                outcome.good.append(GoodRecord(record, self._numbers(record)))
            except NnlecError as error:
                outcome.bad.append(BadRecord.of(record, error, data))
                if stop:
                    break
        yield outcome

    def _numbers(self, record: TextRecord) -> list[float]:
        """The selected numbers of a record; raises `NnlecError` for what is wrong with it."""
        if record.problem:
            raise NnlecError(record.problem)
        if len(record.cells) != self.header.width:
            delimiter = self.dialect.delimiter if isinstance(self.dialect, Separated) else ""
            count = f"{len(record.cells):,} cell" + ("s" if len(record.cells) != 1 else "")
            hint = first_line.other_delimiter(record.cells, delimiter)
            raise NnlecError(f"{count}, expected {self.header.width:,}", hint=hint)
        numbers: list[float] = []
        for column in self.selection.numbers:
            cell = record.cells[column]
            try:
                numbers.append(self._number(cell))
            except NumeralError as error:
                again = self.header.names and cell == self.header.names[column]
                hint = "the header again" if again else error.hint
                raise NnlecError(error.what, where=self.header.title(column), hint=hint) from None
        return numbers

    def _number(self, cell: str) -> float:
        if self.source.nonfinite and first_line.is_nonfinite(cell):
            return float(cell)
        try:
            return parse_number(self.dialect.numeral(cell))
        except NumeralError as error:
            if not isinstance(self.dialect, Separated) or "," not in cell:
                raise
            if self.dialect.decimal_comma:
                raise NumeralError(f"{quoted(cell)} is not a number with a decimal comma", error.hint) from None
            one_comma = re.fullmatch(r"[+-]?[0-9]*,[0-9]+", cell.strip())
            raise NumeralError(error.what, "--decimal-comma reads 1,5 as 1.5" if one_comma else error.hint) from None
