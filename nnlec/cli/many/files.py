"""The files of a run in pieces, and what came of each file; a runner carries the pieces out, in any order."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import reduce
from pathlib import PurePath
from typing import NamedTuple

from nnlec.cli.many.job import Job, Outcome, Piece, carried_out
from nnlec.errors import NnlecWarning
from nnlec.filetypes import TABLES
from nnlec.tables.engines import Source
from nnlec.tables.engines.text_driver import format_of

LARGE = 256 << 20
"""Bytes of a text file beyond which it is read in parts."""

PARTS = ".nnlec"
"""The folder beside results for what is not whole yet, and for the list of what is."""

Runner = Callable[[deque[Piece]], Iterator[tuple[Piece, Outcome]]]
"""Carries out all pieces, also those that are added meanwhile; each of them once, in any order."""


class File(NamedTuple):
    """A file that is read, its size, where its results go and how they are written; whether it may have parts."""

    path: str
    size: int = 0
    target: str = ""
    format: str = ""
    separable: bool = False

    def pieces(self, number: int, large: int = LARGE) -> list[Piece]:
        """The file in one piece, or in parts; the file is that of this number in the run."""
        whole = Piece(number, self.path, self.size, self.target, self.format)
        if not self.separable or self.size <= large:
            return [whole]
        parts = [(begin, min(begin + large, self.size)) for begin in range(0, self.size, large)]
        return [
            whole._replace(size=large, target=part_name(self.target, index), number=index, part=part)
            for index, part in enumerate(parts)
        ]


def part_name(target: str, number: int) -> str:
    """Where the results of a part wait for the others."""
    path = PurePath(target)
    return str(path.parent / PARTS / f"{path.name}.{number}") if target else ""


def separable(path: str, source: Source) -> bool:
    """Whether the file may be read in parts: it has lines, a row in each as far as its name says."""
    form = format_of(path, source)
    return TABLES[form] != "numbers" and form != "json" and not path.lower().endswith(".gz")


def size_of(path: str) -> int:
    """In bytes; 0 where it is not known."""
    with suppress(OSError, ValueError):
        return os.stat(path).st_size
    return 0


def one_by_one(job: Job) -> Runner:
    """Carries pieces out in this process."""

    def run(queue: deque[Piece]) -> Iterator[tuple[Piece, Outcome]]:
        while queue:
            piece = queue.popleft()
            yield piece, carried_out(job, piece)

    return run


def outcomes(
    job: Job, files: Sequence[File], run: Runner, *, ahead: int, large: int = LARGE
) -> Iterator[tuple[int, Outcome]]:
    """What came of each file, by its number, as soon as it is known; of no file more than `ahead` before the first
    of which nothing is known yet, so that few results wait for an earlier one."""
    queue: deque[Piece] = deque()
    open_pieces: dict[int, list[Piece]] = {}
    found: dict[int, dict[int, Outcome]] = {}
    begun = 0

    def begin(number: int, pieces: list[Piece]) -> None:
        open_pieces[number], found[number] = pieces, {}
        queue.extend(pieces)

    def fill() -> None:
        nonlocal begun
        while begun < len(files) and begun - min(open_pieces, default=begun) < ahead:
            begin(begun, files[begun].pieces(begun, large))
            begun += 1

    fill()
    for piece, outcome in run(queue):
        number = piece.file
        pieces, known = open_pieces[number], found[number]
        known[piece.number] = outcome
        if len(known) < len(pieces):
            continue
        whole = _joined([known[each.number] for each in pieces])
        if whole.inseparable:
            begin(number, files[number]._replace(separable=False).pieces(number))
            continue
        if job.joins and len(pieces) > 1 and not (whole.failure or piece.joins):
            names = tuple(each.target for each in pieces)
            file = files[number]
            last = Piece(number, file.path, file.size, file.target, number=len(pieces), joins=names)
            open_pieces[number] = [*pieces, last]
            queue.append(last)
            continue
        del open_pieces[number], found[number]
        fill()
        yield number, whole


def _joined(parts: Sequence[Outcome]) -> Outcome:
    """What came of a file, from what came of its parts, in order."""
    results = [part.result for part in parts if part.result is not None]
    return Outcome(
        sum(part.rows for part in parts),
        sum(part.skipped for part in parts),
        next((part.failure for part in parts if part.failure), ""),
        any(part.inseparable for part in parts),
        tuple(dict.fromkeys(pair for part in parts for pair in part.warned)),
        reduce(lambda a, b: a.merge(b), results) if results else None,
        frozenset().union(*(part.seen for part in parts)),
    )


def warn_again(outcome: Outcome) -> None:
    """What a worker warned of, here."""
    for text, kind in outcome.warned:
        warnings.warn(NnlecWarning(text, kind=kind), stacklevel=2)
