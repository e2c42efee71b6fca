"""One row of a table as an example: by its number, or by what stands in one of its columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnlec.arithmetic.numbers import is_number
from nnlec.errors import NnlecError, shortened
from nnlec.network.network import Network
from nnlec.tables.columns import input_columns
from nnlec.tables.engines import BadLine, Consumer, Engine, Progress, Source, read_table
from nnlec.tables.engines.interface import Enough
from nnlec.tables.header import Header, quoted
from nnlec.tables.rows import Passthrough, Rows, Selection

if TYPE_CHECKING:
    from nnlec.tables.columns import InputColumns


class Wanted(NamedTuple):
    """A row: its number, counted from 1, or `NAME=VALUE`, a column and what stands in it."""

    number: int | None = None
    cell: str = ""


def one_row(
    engine: Engine, source: Source, network: Network, columns: Sequence[str], drop: Sequence[str], wanted: Wanted
) -> tuple[float, ...]:
    """The network's inputs in that row; other rows may be bad.

    Raises `NnlecError` where there is no such row, where there are several, and where it is a bad one.
    """
    search = _Search(network, columns, drop, wanted)
    read_table(engine, source._replace(on_bad="blank", bad_line=search.bad_line), search.start, Progress())
    return search.result()


class _Search:
    """Rows on their way past, good ones and bad ones in their order."""

    inputs: InputColumns
    place = ""

    def __init__(self, network: Network, columns: Sequence[str], drop: Sequence[str], wanted: Wanted) -> None:
        self._network = network
        self._columns = columns
        self._drop = drop
        self._wanted = wanted
        self._cell = ""
        self._rows = 0
        self._bad: deque[bool] = deque()
        self._found: list[tuple[int, tuple[float, ...]]] = []

    def start(self, header: Header) -> Consumer:
        """Which columns are read."""
        self.place = header.place
        self.inputs = input_columns(self._network, header.dropping(self._drop), self._columns)
        passed: tuple[int, ...] = ()
        if self._wanted.number is None:
            name, self._cell = _split(self._wanted.cell, header)
            passed = (header.find(name),)
        return Consumer(Selection(self.inputs.columns, passthrough=passed), self._take, self._blank)

    def bad_line(self, bad: BadLine) -> None:
        """Raises `NnlecError` where the bad row is the wanted one."""
        if self._bad.popleft():
            raise NnlecError(bad.reason, where=f"{bad.file}:{bad.line}")

    def result(self) -> tuple[float, ...]:
        """The row; raises `NnlecError` unless there is exactly one."""
        wanted = self._wanted
        if len(self._found) > 1:
            numbers = ", ".join(f"{number:,}" for number, _ in self._found[:8]) + ", ..." * (len(self._found) > 8)
            raise NnlecError(
                f"{len(self._found):,} rows have {shortened(wanted.cell)!r}", where="--where", hint=f"--row: {numbers}"
            )
        if self._found:
            return self._found[0][1]
        if wanted.number is None:
            raise NnlecError(f"no row of {self._rows:,} has {shortened(wanted.cell)!r}", where="--where")
        raise NnlecError(f"there are {self._rows:,} rows, no row {wanted.number:,}", where="--row")

    def _take(self, rows: Rows) -> None:
        inputs = self.inputs.rows(rows.numbers)
        for index in self._matching(rows.passthrough, len(inputs)):
            self._found.append((self._rows + index + 1, tuple(inputs[index].tolist())))
        self._rows += len(inputs)
        if self._found and self._wanted.number is not None:
            raise Enough

    def _blank(self, passthrough: Passthrough | None, rows: int) -> None:
        matching = set(self._matching(passthrough, rows))
        self._bad.extend(index in matching for index in range(rows))
        self._rows += rows

    def _matching(self, passthrough: Passthrough | None, rows: int) -> list[int]:
        if self._wanted.number is not None:
            index = self._wanted.number - 1 - self._rows
            return [index] if 0 <= index < rows else []
        assert passthrough is not None
        return [index for index, (cell,) in enumerate(passthrough.cells) if _same(cell, self._cell)]


def _split(text: str, header: Header) -> tuple[str, str]:
    """The name and the value in `NAME=VALUE`; either may have an = in it."""
    at = [index for index, character in enumerate(text) if character == "="]
    if not at:
        raise NnlecError(f"{quoted(text)} is no NAME=VALUE", where="--where", hint="as id=7")
    known = next((index for index in at if header.has(text[:index])), at[0])
    return text[:known].strip(), text[known + 1 :].strip()


def _same(cell: str, wanted: str) -> bool:
    """Whether a cell says what is wanted, as text or as a number."""
    text = cell.strip(" \t")
    return text == wanted or (is_number(text) and is_number(wanted) and float(text) == float(wanted))
