"""`forward` into a folder: a file of results for each file, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath

from nnlec.cli.many.digest import digest
from nnlec.cli.many.files import File, outcomes, separable, size_of, warn_again
from nnlec.cli.many.job import RowsJob
from nnlec.cli.many.manifest import Manifest
from nnlec.cli.many.report import Report, described
from nnlec.cli.many.workers import check_workers, running
from nnlec.cli.many_options import ManyOptions
from nnlec.cli.progress import shown_progress
from nnlec.cli.table_options import source_of
from nnlec.errors import NnlecError
from nnlec.filetypes import by_suffix
from nnlec.rendering import BINARY, ROWS, SEPARATED
from nnlec.tables.engines.files import is_remote
from nnlec.tables.engines.text_driver import format_of
from nnlec.text import visible
from nnlec.version import __version__


def write_folder(job: RowsJob, paths: Sequence[str], folder: str, many: ManyOptions) -> int:
    """The exit status: 2 when a file failed, which standard error says, 1 when rows were left out."""
    check_workers(many)
    files = _files(job, paths, folder)
    if is_remote(folder) and many.resume:
        raise NnlecError("results are resumed in a folder of this machine", where="--resume")
    manifest = Manifest(folder, resume=many.resume) if not is_remote(folder) else None
    report = Report([file.path for file in files], sum(file.size for file in files))
    made_of = digest(job, __version__)
    states = [_state(file.path, made_of) for file in files]
    waiting = []
    for number, file in enumerate(files):
        name = os.path.basename(file.target)
        done = manifest.whole(name, states[number]) if manifest is not None else None
        if done is None:
            waiting.append(number)
        else:
            report.resumed(file.size, done.rows, done.skipped)
    try:
        left = [files[number] for number in waiting]
        with shown_progress(report, described), running(job, many, left) as (run, ahead):
            for index, outcome in outcomes(job, left, run, ahead=ahead):
                number = waiting[index]
                file = files[number]
                warn_again(outcome)
                report.add(number, file.size, outcome)
                if manifest is not None and not outcome.failure:
                    try:
                        manifest.add(os.path.basename(file.target), states[number], outcome.rows, outcome.skipped)
                    except OSError as error:
                        report.failures[number] = f"{error.filename or file.path}: {error.strerror or error}"
    finally:
        if manifest is not None:
            manifest.close()
        report.tell_failures()
    return report.status(job.tables)


def _files(job: RowsJob, paths: Sequence[str], folder: str) -> list[File]:
    """The files and what their results are called; raises `NnlecError` before anything is written."""
    source = source_of(job.tables._replace(data=tuple(paths)), lambda _: None)
    inputs = {os.path.realpath(path): path for path in paths}
    files: dict[str, File] = {}
    for path in paths:
        if path == "-":
            raise NnlecError("standard input has no name that a file of results could have", where="-o", hint="-o FILE")
        read_as = format_of(path, source)
        written_as = job.output.format or ("tsv" if job.tables.tsv and read_as == "csv" else read_as)
        if written_as not in ROWS:
            what = f"results in a folder are not written as {written_as}"
            raise NnlecError(what, where="--format", hint=f"choose one of {', '.join(ROWS)}")
        if (job.tables.escape_formulas or job.output.rounds) and written_as not in SEPARATED:
            what = "--escape-formulas" if job.tables.escape_formulas else "--decimals"
            raise NnlecError(f"{what} is for csv and tsv, not for {written_as}", where=visible(path))
        target = os.path.join(folder, _name(path, written_as if job.output.format else ""))
        if target in files:
            what = f"two files would have their results in {target}: {files[target].path} and {path}"
            raise NnlecError(what, hint="write them into two folders")
        if os.path.realpath(target) in inputs:
            raise NnlecError("cannot write: it is read in the same run", where=target, hint="write to another folder")
        in_lines = written_as not in (*BINARY, "json") and not is_remote(folder)
        files[target] = File(path, size_of(path), target, written_as, in_lines and separable(path, source))
    return list(files.values())


def _name(path: str, format: str) -> str:
    """What the results of a file are called: as the file, with another suffix where the format is another one.

    >>> _name("data/a.csv", ""), _name("data/a.csv.gz", "parquet"), _name("a.tab", "tsv")
    ('a.csv', 'a.parquet', 'a.tab')
    """
    name = os.path.basename(path)
    kind = by_suffix(name)
    if not format or (kind is not None and kind.name == format):
        return name
    name = name.removesuffix(".gz")
    return f"{PurePath(name).stem if kind is not None else name}.{format}"


def _state(path: str, made_of: str) -> list[object] | None:
    """What changes when the file does, or what is made of it; None where that is not known."""
    if is_remote(path):
        from nnlec.tables.engines.remote import state

        found = state(path)
        return None if found is None else [*found, made_of]
    with suppress(OSError, ValueError):
        status = os.stat(path)
        return [os.path.abspath(path), status.st_size, status.st_mtime_ns, made_of]
    return None
