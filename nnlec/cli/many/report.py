"""How far a run over many files is, and what is said of it in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnlec.cli.output import say
from nnlec.tables.engines.interface import Progress

if TYPE_CHECKING:
    from nnlec.cli.many.job import Outcome
    from nnlec.cli.table_options import TableOptions


@dataclass
class Report:
    """Files done, rows, bytes, and the files that failed."""

    paths: Sequence[str]
    bytes_total: int
    progress: Progress = field(default_factory=Progress)
    done: int = 0
    failures: dict[int, str] = field(default_factory=dict)

    def add(self, number: int, size: int, outcome: Outcome) -> None:
        """A file is done, or failed."""
        self.done += 1
        self.progress.bytes_read += size
        if outcome.failure:
            self.failures[number] = outcome.failure
            return
        self.progress.rows += outcome.rows
        self.progress.skipped += outcome.skipped

    def resumed(self, size: int, rows: int, skipped: int) -> None:
        """The results of a file were there."""
        self.done += 1
        self.bytes_total -= size
        self.progress.rows += rows
        self.progress.skipped += skipped

    def tell_failures(self) -> None:
        """A line for each file that failed, in the order of the files."""
        for number in sorted(self.failures):
            say(f"Error: {self.failures[number]}")

    def status(self, tables: TableOptions) -> int:
        """0; 1 when rows were left out; 2 when a file failed."""
        from nnlec.cli.tables import status_of

        left_out = status_of(self.progress, tables)
        return 2 if self.failures else left_out


def described(report: Report, seconds: float) -> str:
    """The line for a run after so many seconds.

    >>> report = Report(["a.csv", "b.csv"], 200, Progress(rows=3000, bytes_read=100), done=1)
    >>> described(report, 2.0)
    '[==========          ] 1 of 2 files, 3,000 rows, 1,500 rows/s'
    """
    progress, files = report.progress, len(report.paths)
    share = progress.bytes_read / report.bytes_total if report.bytes_total > 0 else report.done / max(files, 1)
    filled = min(int(20 * share), 20)
    failed = f", {len(report.failures):,} failed" if report.failures else ""
    rate = f"{progress.rows / max(seconds, 1e-9):,.0f} rows/s"
    return f"[{'=' * filled:20}] {report.done:,} of {files:,} files, {progress.rows:,} rows, {rate}{failed}"
