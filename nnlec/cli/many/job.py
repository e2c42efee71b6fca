"""The pure function that every worker runs: a job and a piece of it in, what came of it out."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nnlec.cli.options import OutputOptions
from nnlec.cli.output import opened
from nnlec.cli.table_options import TableOptions, source_of
from nnlec.cli.tables import rows_writer, write_rows, writing
from nnlec.errors import NnlecError, NnlecWarning
from nnlec.rendering import SEPARATED
from nnlec.tables.engines import Engine, Progress, Source, engine, engine_for
from nnlec.tables.engines.files import is_remote
from nnlec.tables.engines.parts import Inseparable
from nnlec.tables.engines.remote import sent

if TYPE_CHECKING:
    from nnlec.tables.header import Header
    from nnlec.tables.plan import LabelledPlan, Mergeable, RowPlan


class Piece(NamedTuple):
    """A file, or a part of it, and where its rows go; or the parts that become a file."""

    file: int
    path: str
    size: int = 0
    target: str = ""
    format: str = ""
    number: int = 0
    part: tuple[int, int] | None = None
    joins: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What came of a piece: rows taken and left out, why it failed ("": it did not), warnings with their kinds."""

    rows: int = 0
    skipped: int = 0
    failure: str = ""
    inseparable: bool = False
    warned: tuple[tuple[str, str], ...] = ()
    result: Mergeable | None = None
    seen: frozenset[str] = frozenset()
    """The labels in it."""


class Job(Protocol):
    """What is done with every piece. It travels to the workers once, and can be pickled."""

    @property
    def joins(self) -> bool:
        """Whether the parts of a file become a file again."""

    def of(self, piece: Piece, progress: Progress) -> tuple[Mergeable | None, frozenset[str]]:
        """Carries a piece out; its result and the labels in it. Raises `NnlecError`, and `Inseparable`."""


@dataclass(frozen=True)
class RowsJob:
    """A file of results for each file."""

    planned: Callable[[Header], RowPlan]
    tables: TableOptions
    output: OutputOptions
    dtype: str
    joins: bool = True

    def of(self, piece: Piece, progress: Progress) -> tuple[None, frozenset[str]]:
        if piece.joins:
            with opened(piece.target) as stream:
                for name in piece.joins:
                    with open(name, "rb") as part:
                        shutil.copyfileobj(part, stream.buffer, 1 << 20)
            return None, frozenset()
        if is_remote(piece.target):
            with TemporaryDirectory(prefix="nnlec-") as folder:
                here = os.path.join(folder, os.path.basename(piece.target))
                self.of(piece._replace(target=here), progress)
                sent(here, piece.target)
            return None, frozenset()
        source, chosen = _source(self.tables, piece)
        heading = piece.part is not None and piece.part[0] > 0 and piece.format in SEPARATED
        with writing(piece.target) as write:

            def write_part(data: bytes) -> None:
                nonlocal heading
                if not heading:
                    write(data)
                heading = False

            rows = rows_writer(piece.format, write_part, chosen, self.tables, self.output, self.dtype)
            write_rows(chosen, source, self.planned, rows, progress, self.tables)
        return None, frozenset()


@dataclass(frozen=True)
class SummaryJob:
    """A result for each file, of which one is made; every file has the columns of the first."""

    planned: Callable[[Header], LabelledPlan[Any]]
    tables: TableOptions
    like: Header
    joins: bool = False

    def of(self, piece: Piece, progress: Progress) -> tuple[Mergeable, frozenset[str]]:
        from nnlec.tables.plan import summarized

        source, chosen = _source(self.tables, piece)
        planned = self.tables.without_dropped(self.planned)
        plan, result = summarized(chosen, source._replace(like=self.like), planned, progress)
        return result, frozenset(plan.seen)


ONE_AT_A_TIME = RLock()
"""The current folder, warnings, and how long a cell may be are of a process; a worker may have several threads."""


def carried_out(job: Job, piece: Piece) -> Outcome:
    """What comes of a piece. The same piece may be carried out twice: the same bytes take the place of themselves."""
    progress, failure, inseparable = Progress(), "", False
    result: Mergeable | None = None
    seen: frozenset[str] = frozenset()
    with ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", NnlecWarning)
        try:
            result, seen = job.of(piece, progress)
        except Inseparable:
            inseparable = True
        except NnlecError as error:
            failure = str(error)
        except MemoryError:
            failure = f"{piece.path}: there is not enough memory for this"
        except OSError as error:
            failure = f"{error.filename or piece.path}: {error.strerror or error}"
    kinds = {each.message.kind: str(each.message) for each in caught if isinstance(each.message, NnlecWarning)}
    warned = tuple((kinds[kind], kind) for kind in kinds)
    return Outcome(progress.rows, progress.skipped, failure, inseparable, warned, result, seen)


def _source(tables: TableOptions, piece: Piece) -> tuple[Source, Engine]:
    source = source_of(tables._replace(data=(piece.path,)), lambda _: None)._replace(part=piece.part)
    return source, engine(tables.engine) if tables.engine else engine_for(source)
