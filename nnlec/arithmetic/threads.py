"""How many threads numpy's BLAS may use: one while rows are multiplied, since their number shows in the last bits.

OpenBLAS splits a product between threads at columns that depend on how many there are, and the kernels at the edges
of a part round otherwise. Rows are split between threads of our own instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import cast

from nnlec.arithmetic.lazy_numpy import np

_LOCK = Lock()
_inside = 0
_before = 1


@cache
def _function(name: str) -> Callable[..., int] | None:
    """OpenBLAS's function of that name, as numpy's own wheels and most distributions call it."""
    import ctypes

    for path in _libraries():
        for pattern in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
            with suppress(AttributeError, OSError):
                return cast("Callable[..., int]", getattr(ctypes.CDLL(str(path)), pattern.format(name)))
    return None


def _libraries() -> Iterator[Path]:
    """Where to ask: numpy's own; Windows finds nothing in it that lies in a library beside it, which is asked then."""
    core = Path(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    yield core
    yield from (core.parents[2] / "numpy.libs").glob("*openblas*")


def is_openblas() -> bool:
    """Whether numpy multiplies with OpenBLAS, whose kernels are known, and not with Accelerate, MKL, ..."""
    return _function("set_num_threads") is not None and _function("get_num_threads") is not None


@contextmanager
def one_thread() -> Iterator[int]:
    """BLAS works in one thread within; gives the number it would have used. Does nothing where it is no OpenBLAS."""
    global _inside, _before
    set_threads, get_threads = _function("set_num_threads"), _function("get_num_threads")
    if set_threads is None or get_threads is None:
        yield 1
        return
    with _LOCK:
        if not _inside:
            _before = int(get_threads())
            set_threads(1)
        _inside += 1
    try:
        yield _before
    finally:
        with _LOCK:
            _inside -= 1
            if not _inside:
                set_threads(_before)
