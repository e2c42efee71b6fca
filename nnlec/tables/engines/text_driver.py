"""The run every engine makes over lines of text: quick by block, careful where a block is out of the ordinary."""

from __future__ import annotations

from itertools import islice

import numpy as np

from nnlec.errors import NnlecError
from nnlec.tables.categories import Categories
from nnlec.tables.engines import header
from nnlec.tables.engines.dialects import Dialect, JsonLines, Record, Separated
from nnlec.tables.engines.interface import RECORD, BadLine, Codec, Rows, Source
from nnlec.tables.engines.line_reader import Lines, open_lines, size_of
from nnlec.tables.engines.prefetch import Block, Blocks
from nnlec.tables.engines.record_reader import Bad, CarefulReader, Good
from nnlec.tables.interface import BadRows, Layout, Plan, Planner, Problem, Sink, Summary, Tally, quoted

_SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def format_of(path: str, source: Source) -> str:
    """csv, tsv, jsonl or parquet: as told, else by the suffix before any .gz, else csv."""
    if source.format:
        return source.format
    lowered = path.lower().removesuffix(".gz")
    return next((name for suffix, name in _SUFFIXES.items() if lowered.endswith(suffix)), "csv")


def run_over_text(source: Source, planner: Planner, sink: Sink, codec: Codec, tally: Tally) -> Summary:
    """Every file of the source, as one table."""
    tally.bytes_total = size_of(source.paths)
    layout: Layout | None = None
    plan: Plan | None = None
    for path in source.paths:
        form = format_of(path, source)
        if form == "parquet":
            raise NnlecError("Parquet needs the polars engine", where=path, hint="pip install 'nnlec[fast]'")
        dialect = JsonLines() if form == "jsonl" else Separated(source.delimiter or ("\t" if form == "tsv" else ","))
        with open_lines(path, source.block or codec.block, tally) as lines:
            head = _Head(source, dialect, lines, layout)
            if plan is None:
                plan = head.plan(planner)
                open_sink(sink, head.layout, plan)
            layout = layout or head.layout
            _Table(source, dialect, lines, layout, plan, sink, codec, tally).run(head.rest, head.line)
    sink.close()
    return Summary(tally.rows, tally.skipped)


def open_sink(sink: Sink, layout: Layout, plan: Plan) -> None:
    """Opens the sink with the names of its columns; raises `NnlecError` where a new one has an old one's name."""
    titles = layout.names or plan.titles or tuple(f"column {column + 1}" for column in range(layout.width))
    kept = [titles[column] for column in plan.keep]
    for column, name in zip(plan.keep, kept, strict=True):
        if name in plan.adds:
            raise NnlecError(
                f"the new column {quoted(name)} has the name of {layout.title(column)}, which passes through",
                where=layout.place,
                hint="rename one of them, or leave the old one out",
            )
    sink.open(kept, plan.adds)


class _Head:
    """The beginning of one file: its layout, the unread rest of the first block, and that rest's first line."""

    def __init__(self, source: Source, dialect: Dialect, lines: Lines, agreed: Layout | None) -> None:
        self._source = source
        self._dialect = dialect
        self._agreed = agreed
        self.rest, self._first, second = self._first_records(lines)
        self.line = 1
        self._place = f"{lines.name}:{self._first.line}"
        if isinstance(dialect, JsonLines):
            self.layout = self._of_keys(dialect)
            return
        header = self._has_header(second)
        names = tuple(self._first.cells) if header else ()
        row = second if header else self._first
        self.layout = Layout(self._place, names, len(self._first.cells), tuple(row.cells) if row else ())
        if header:
            self.rest, self.line = self.rest[self._first.end :], self._first.next_line

    def plan(self, planner: Planner) -> Plan:
        """What the command makes of the layout; its error is located here."""
        try:
            return planner(self.layout)
        except NnlecError as error:
            delimiter = self._dialect.delimiter if isinstance(self._dialect, Separated) else ""
            hint = header.other_delimiter(self._first.cells, delimiter) or error.hint
            raise NnlecError(error.what, where=error.where or self._place, hint=hint) from None

    def _first_records(self, lines: Lines) -> tuple[bytes, Record, Record | None]:
        """The first block, its first record, and the second where there is one and it may matter."""
        while True:
            data = lines.read()
            if not data.strip(b"\r\n"):
                raise NnlecError("the table is empty: no header, no rows", where=f"{lines.name}:1")
            found = list(islice(self._dialect.records(data, 1), 2))
            first, second = found[0], found[1] if len(found) > 1 else None
            if not lines.ended and len(data) <= RECORD and self._more_is_needed(first, second):
                open_quote = first.unfinished or (second is not None and second.unfinished)
                lines.give_back(data, b'"' if open_quote else b"")
                continue
            refuse_endless(data, lines.ended, lines.name, 1)
            if first.problem:
                raise NnlecError(first.problem, where=f"{lines.name}:{first.line}")
            if not first.cells:
                raise NnlecError("the first line is blank, expected a header or numbers", where=f"{lines.name}:1")
            return data, first, second if second is not None and second.cells else None

    def _more_is_needed(self, first: Record, second: Record | None) -> bool:
        if first.unfinished:
            return True
        if isinstance(self._dialect, JsonLines) or self._source.header is False:
            return False
        if second is not None:
            return second.unfinished
        all_numbers = all(header.is_written_as_number(cell, self._source.nonfinite) for cell in first.cells)
        return not all_numbers or header.counts_up(first.cells) or self._source.header is True

    def _has_header(self, second: Record | None) -> bool:
        if self._agreed is not None:
            if self._agreed.names:
                header.expect_same_header(self._first, self._agreed, self._place)
            return bool(self._agreed.names)
        if self._source.header is not None:
            return self._source.header
        return header.is_header(self._first, second, self._place, self._source.nonfinite)

    def _of_keys(self, dialect: JsonLines) -> Layout:
        names = dialect.names
        if self._agreed is not None and set(self._agreed.names) != set(names):
            raise NnlecError(f"other keys than in {self._agreed.place}", where=self._place)
        dialect.names = self._agreed.names if self._agreed is not None else names
        return Layout(self._place, names, len(names), tuple(self._first.cells))


class _Table:
    """The rows of one file on their way to the sink."""

    def __init__(
        self,
        source: Source,
        dialect: Dialect,
        lines: Lines,
        layout: Layout,
        plan: Plan,
        sink: Sink,
        codec: Codec,
        tally: Tally,
    ) -> None:
        self._source = source
        self._dialect = dialect
        self._name = lines.name
        self._layout = layout
        self._plan = plan
        self._sink = sink
        self._codec = codec
        self._tally = tally
        self._careful = CarefulReader(source, dialect, layout, plan)
        self._blocks = Blocks(lines, self._parse)

    def run(self, data: bytes, line: int) -> None:
        """Writes every row; `data` is the first block, which begins with line number `line`."""
        for block in self._blocks.following(data):
            line = self._quickly(block, line) or self._carefully(block, line)

    def _parse(self, data: bytes) -> Rows | None:
        return self._codec.read(data, self._plan, self._layout, self._dialect, self._sink)

    def _quickly(self, block: Block, line: int) -> int:
        """Writes a plain block; the number of the line after it, or 0 when it must be read carefully."""
        rows = None if self._careful.blank is not None else block.rows()
        if rows is None:
            return 0
        try:
            results = self._plan.compute(rows.numbers, rows.texts)
        except BadRows:  # the careful reader finds them again, and knows their lines
            return 0
        count = len(rows.numbers)
        self._sink.write(rows.kept, results, count)
        self._tally.rows += count
        return line + rows.lines

    def _carefully(self, block: Block, line: int) -> int:
        """Writes the good rows of any block; the number of the line after it."""
        refuse_endless(block.data, block.ended, self._name, line)
        for outcome in self._careful.read(block.data, line, block.ended):
            self._emit(outcome.good, outcome.bad, block.data)
            line = outcome.next_line
            if outcome.rest:
                self._blocks.give_back(outcome.rest, b'"')
        return line

    def _emit(self, good: list[Good], bad: list[Bad], data: bytes) -> None:
        """Writes the good rows; then raises the first bad one, or counts them all."""
        stop = self._source.on_bad == "stop"
        while good:
            texts = tuple(Categories.of([row.record.cells[column] for row in good]) for column in self._plan.texts)
            numbers = np.array([row.numbers for row in good], dtype=np.float64)
            try:
                results = self._plan.compute(numbers.reshape(len(good), -1), texts)
            except BadRows as found:
                worse = [Bad(good[index].record, self._told(problem)) for index, problem in found.problems.items()]
                bad = worse[:1] if stop else bad + worse
                good = (
                    good[: min(found.problems)] if stop else [r for i, r in enumerate(good) if i not in found.problems]
                )
                continue
            keep = self._plan.keep
            kept = [self._sink.kept([row.record.cells[column] for column in keep]) for row in good] if keep else []
            self._sink.write(kept, results, len(good))
            self._tally.rows += len(good)
            break
        for row in sorted(bad, key=lambda row: row.record.line):
            if stop:
                raise row.problem.at(f"{self._name}:{row.record.line}")
            self._tally.skipped += 1
            text = data[row.record.begin : row.record.end]
            self._source.bad_line(BadLine(self._name, row.record.line, str(row.problem), text))

    def _told(self, problem: Problem) -> NnlecError:
        place = "" if problem.column is None else self._layout.title(problem.column)
        return NnlecError(problem.what, where=place, hint=problem.hint)


def refuse_endless(data: bytes, ended: bool, name: str, line: int) -> None:
    """Raises `NnlecError` for a block that is one line without an end."""
    if not ended and len(data) > RECORD and not data.endswith((b"\n", b"\r")):
        endless = line + data.count(b"\n")
        raise NnlecError(f"no line end within {RECORD >> 20} MiB", where=f"{name}:{endless}")
