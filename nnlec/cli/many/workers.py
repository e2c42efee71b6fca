"""Who carries pieces out: this process, processes on this machine, or a cluster that exists (Dask's futures)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from nnlec.cli.many.files import File, Runner, one_by_one
from nnlec.cli.many.job import Job
from nnlec.cli.many_options import ManyOptions
from nnlec.errors import NnlecError, not_installed


def check_workers(many: ManyOptions) -> None:
    """Raises `NnlecError` for an address that is none, and where Dask is needed and not there."""
    if not many.shared:
        return
    if many.workers is not None and many.scheduler is not None:
        raise NnlecError("give --workers or --scheduler, not both")
    if many.scheduler is not None and not re.fullmatch(r"(tcp|tls)://.+:[0-9]{1,5}", many.scheduler):
        raise NnlecError("this is no address, expected one such as tcp://host:8786", where="--scheduler")
    if find_spec("distributed") is None:
        where = "--workers" if many.workers is not None else "--scheduler"
        raise not_installed("this needs Dask", "dask", where)


@contextmanager
def running(job: Job, many: ManyOptions, files: Sequence[File]) -> Iterator[tuple[Runner, int]]:
    """What carries the job out for these files, and how many of them it may have begun."""
    check_workers(many)
    pieces = sum(len(file.pieces(number)) for number, file in enumerate(files)) if many.shared else 0
    if many.scheduler is None and pieces < 2:  # nothing is shared, or can be
        yield one_by_one(job), 1
        return
    from nnlec.cli.many.dask_futures import cluster

    with cluster(job, many.workers and min(many.workers, pieces), many.scheduler) as found:
        yield found
