"""Dask's futures: a scheduler and processes on this machine, or a cluster that exists."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from typing import Any

from nnlec.cli.many.files import Runner
from nnlec.cli.many.job import ONE_AT_A_TIME, Job, Outcome, Piece, carried_out
from nnlec.errors import NnlecError
from nnlec.text import counted, visible
from nnlec.version import __version__

_PATIENCE = 10, 30
"""Seconds in which a scheduler must answer, and a cluster have a worker."""

_STARTS = 3

_AHEAD = 64
"""Files begun for each thread of the workers."""

_SMALL, _MOST = 4 << 20, 16
"""Bytes, and files, that are one task: handing a task out takes some milliseconds."""

_PRELOADED = ["distributed.nanny", "distributed.worker", "nnlec.cli.many.job"]


@contextmanager
def cluster(job: Job, number: int | None, scheduler: str | None) -> Iterator[tuple[Runner, int]]:
    """What carries pieces out, and how many files it may have begun."""
    logging.disable(logging.CRITICAL)  # what goes wrong is said once, and by nnlec
    connected = _local(number) if scheduler is None else _existing(scheduler)
    with connected as client:
        threads = sum(client.nthreads().values()) if scheduler is not None else number or 1
        yield _runner(client, job, scheduler), _AHEAD * max(threads, 1)


@contextmanager
def _local(number: int | None) -> Iterator[Any]:
    """A client of so many processes on this machine, which end with this one."""
    _start_imports()
    from distributed import Client

    made = _processes(number)
    try:
        with Client(made, set_as_default=False) as client:
            yield client
    finally:
        with suppress(Exception):  # the results are there, or are not
            made.close(timeout=2)


def _start_imports() -> None:
    """Has a process import what workers need, while this one does the same; workers are its forks."""
    os.environ["DASK_LOGGING__DISTRIBUTED"] = "critical"
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    from multiprocessing import forkserver

    with _uninterrupted():
        multiprocessing.set_forkserver_preload(_PRELOADED)
        forkserver.ensure_running()
    import dask

    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    import distributed.utils

    # Dask would import pandas and more here, for the process that has been started already.
    distributed.utils._forkserver_preload_set = True


def _processes(number: int | None) -> Any:
    """A scheduler in this process and workers in others; raises `NnlecError` where they cannot be started."""
    import dask
    from distributed import LocalCluster

    # Its usual environment has malloc give memory back after every block, which doubles the CPU seconds.
    dask.config.set({"distributed.nanny.pre-spawn-environ": {"OPENBLAS_NUM_THREADS": "1"}})
    options: dict[str, Any] = {"host": "127.0.0.1", "dashboard_address": None, "memory_limit": None}
    for left in reversed(range(_STARTS)):
        try:
            return LocalCluster(n_workers=number, threads_per_worker=1, silence_logs=False, **options)
        except (RuntimeError, OSError, TimeoutError) as error:  # one of them was killed before it was there
            if not left:
                reason = visible(str(error).partition("\n")[0][:200])
                raise NnlecError(f"no processes could be started: {reason}", where="--workers") from None
    raise AssertionError


@contextmanager
def _existing(scheduler: str) -> Iterator[Any]:
    """A client of a cluster; raises `NnlecError` where there is none, or it has no workers that can do the work."""
    from distributed import Client, Security

    place = visible(scheduler)
    if scheduler.startswith("tls:") and Security().get_connection_args("client").get("ssl_context") is None:
        hint = "set distributed.comm.tls in Dask's configuration"
        raise NnlecError("there are no certificates for it", where=place, hint=hint)
    try:
        client = Client(scheduler, timeout=_PATIENCE[0], set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise NnlecError(f"no scheduler answers: {visible(reason)}", where=place) from None
    try:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE[1])
        except TimeoutError:
            raise NnlecError("the cluster has no workers", where=place, hint=f"dask worker {place}") from None
        _expect_same_version(client, place)
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=2)


def _expect_same_version(client: Any, place: str) -> None:
    try:
        theirs = set(client.run(_version).values())
    except Exception as error:  # whatever keeps a worker from importing nnlec
        raise NnlecError(f"its workers cannot run nnlec: {visible(str(error)[:200])}", where=place) from None
    if others := sorted(theirs - {__version__}):
        what = f"its workers run nnlec {', '.join(others)}, this is {__version__}"
        raise NnlecError(what, where=place, hint="install the same version everywhere")


def _version() -> str:
    return __version__


def _runner(client: Any, job: Job, scheduler: str | None) -> Runner:
    def run(queue: deque[Piece]) -> Iterator[tuple[Piece, Outcome]]:
        from distributed import KilledWorker, as_completed

        # As a task of its own the job travels once to each worker, and is made again where a worker was lost with it.
        shared = client.submit(_itself, job, pure=False)
        done, batches, deadly = as_completed(loop=client.loop), {}, set[Piece]()
        while True:
            while batch := _batch(queue, deadly):
                future = client.submit(_carried_out, shared, batch, os.getcwd(), pure=False)
                batches[future.key] = batch
                done.add(future)
            if not batches:
                return
            future = next(done)
            batch = batches.pop(future.key)
            try:
                found = _found(future, scheduler)
            except KilledWorker as error:
                if len(batch) > 1:  # one of them, which will show
                    deadly.update(batch)
                    queue.extend(batch)
                    continue
                times = counted(error.allowed_failures + 1, "worker")
                what = f"{visible(batch[0].path)}: {times} died over this file, one after the other"
                found = [Outcome(failure=what)]
            yield from zip(batch, found, strict=True)

    return run


def _batch(queue: deque[Piece], deadly: set[Piece]) -> list[Piece]:
    """The next pieces that are worth a task: a large one, or several small ones."""
    batch: list[Piece] = []
    size = 0
    while queue and len(batch) < _MOST and (not batch or size + queue[0].size <= _SMALL):
        if batch and (queue[0] in deadly or batch[-1] in deadly):
            break
        batch.append(queue.popleft())
        size += batch[-1].size
    return batch


def _itself(job: Job) -> Job:
    return job


def _carried_out(job: Job, pieces: list[Piece], home: str) -> list[Outcome]:
    """What comes of the pieces, whose files are named as in the folder `home`."""
    try:
        with ONE_AT_A_TIME, chdir(home):
            return [carried_out(job, piece) for piece in pieces]
    except OSError as error:
        return [Outcome(failure=f"{visible(home)}: no folder on the worker: {error.strerror}")] * len(pieces)


def _found(future: Any, scheduler: str | None) -> list[Outcome]:
    """What a future says; raises `NnlecError` where nobody is left who could say it."""
    from distributed import CancelledError
    from distributed.client import FutureCancelledError

    try:
        found: list[Outcome] = future.result()
    except (CancelledError, FutureCancelledError, OSError):
        hint = "what is whole stays; --resume goes on with the rest"
        raise NnlecError("the scheduler is gone", where=visible(scheduler or "--workers"), hint=hint) from None
    return found


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started here do not hear Ctrl-C, which is for this one: it ends them."""
    try:
        before: Callable[..., Any] | int | None = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
