"""How far a long run is: one line on standard error that is written over, on a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from threading import Event, Thread
from typing import TypeVar

from nnlec import system
from nnlec.tables.engines.interface import Progress

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds of work before anything is shown."""

_EVERY = 0.25


@contextmanager
def shown_progress(progress: T, line: Callable[[T, float], str]) -> Iterator[None]:
    """Shows the `line` for the progress after so many seconds, while the block runs and it takes long.

    Not where words alone are asked for: what reads them out would begin anew with each change.
    """
    if not system.obeys_escapes(sys.stderr) or os.environ.get("NNLEC_PLAIN", "0") not in ("", "0"):
        yield
        return
    done = Event()
    thread = Thread(target=_show, args=(partial(line, progress), done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def shown_steps(steps: int) -> Iterator[Callable[[int], None]]:
    """Shows how many of the steps are done, as it is told, while the block runs and it takes long."""
    done = [0]
    shown = shown_progress(done, lambda done, _: f"{done[-1]:,} of {steps:,} steps")
    with shown if steps > 1 else nullcontext():
        yield lambda number: done.__setitem__(0, number)


def _show(line: Callable[[float], str], done: Event) -> None:
    start = time.monotonic()
    pause = PATIENCE
    shown = False
    while not done.wait(pause):
        pause, shown = _EVERY, True
        sys.stderr.write(f"\r{line(time.monotonic() - start)}\x1b[K")
        sys.stderr.flush()
    if shown:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def described(progress: Progress, seconds: float) -> str:
    """The line for a progress after so many seconds.

    >>> described(Progress(rows=1_200_000, bytes_read=50, bytes_total=200), 2.0)
    '1,200,000 rows, 600,000 rows/s, 25 % of the input'
    """
    text = f"{progress.rows:,} rows, {progress.rows / max(seconds, 1e-9):,.0f} rows/s"
    if progress.bytes_total:
        text += f", {100 * progress.bytes_read // progress.bytes_total} % of the input"
    return text
