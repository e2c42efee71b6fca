"""How many threads numpy's BLAS may use: one while rows are multiplied, since their number shows in the last bits.

OpenBLAS splits a product between threads at columns that depend on how many there are, and the kernels at the edges
of a part round otherwise. Rows are split between threads of our own instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Lock
from typing import cast

from nnlec.arithmetic.lazy_numpy import np

_LOCK = Lock()
_inside = 0
_before = 1
_chosen: int | None = None


@cache
def _function(name: str) -> Callable[..., int] | None:
    """OpenBLAS's function of that name, as numpy's own wheels and most distributions call it."""
    import ctypes

    for path in _libraries():
        for pattern in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
            with suppress(AttributeError, OSError):
                return cast("Callable[..., int]", getattr(ctypes.CDLL(path), pattern.format(name)))
    return None


def _libraries() -> Iterator[str]:
    """Where to ask: numpy's own; Windows finds nothing in it that lies in a library beside it, which is asked then."""
    core: str = np._core._multiarray_umath.__file__  # type: ignore[attr-defined]
    yield core
    beside = os.path.join(os.path.dirname(core), "..", "..", "numpy.libs")
    if os.path.isdir(beside):
        yield from (os.path.join(beside, name) for name in os.listdir(beside) if "openblas" in name)


def share_rows(threads: int | None) -> None:
    """Lets that many threads share the rows of every pass from now on; None: as many as BLAS would have used.

    No result depends on it, because every row is multiplied in the same blocks.
    """
    global _chosen
    _chosen = threads


def is_openblas() -> bool:
    """Whether numpy multiplies with OpenBLAS, whose kernels are known, and not with Accelerate, MKL, ..."""
    return _function("set_num_threads") is not None and _function("get_num_threads") is not None


@contextmanager
def one_thread() -> Iterator[int]:
    """BLAS works in one thread within, where it is OpenBLAS; gives how many threads may share the rows."""
    global _inside, _before
    set_threads, get_threads = _function("set_num_threads"), _function("get_num_threads")
    if set_threads is None or get_threads is None:
        yield _chosen or 1
        return
    with _LOCK:
        if not _inside:
            _before = int(get_threads())
            set_threads(1)
        _inside += 1
    try:
        yield _chosen or _before
    finally:
        with _LOCK:
            _inside -= 1
            if not _inside:
                set_threads(_before)
