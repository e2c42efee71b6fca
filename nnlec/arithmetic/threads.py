"""How many threads numpy's BLAS may use: one while rows are multiplied, since their number shows in the last bits.

OpenBLAS splits a product between threads at columns that depend on how many there are, and the kernels at the edges
of a part round otherwise. Rows are split between threads of our own instead.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import cast

import numpy as np

_LOCK = Lock()
_inside = 0
_before = 1


def _function(name: str) -> Callable[..., int] | None:
    """OpenBLAS's function of that name, as numpy's own wheels and most distributions call it."""
    try:
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return None
    for pattern in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
        try:
            return cast("Callable[..., int]", getattr(library, pattern.format(name)))
        except AttributeError:
            continue
    return None


_SET, _GET = _function("set_num_threads"), _function("get_num_threads")


@contextmanager
def one_thread() -> Iterator[int]:
    """BLAS works in one thread within; gives the number it would have used. Does nothing where it is no OpenBLAS."""
    global _inside, _before
    if _SET is None or _GET is None:
        yield 1
        return
    with _LOCK:
        if not _inside:
            _before = int(_GET())
            _SET(1)
        _inside += 1
    try:
        yield _before
    finally:
        with _LOCK:
            _inside -= 1
            if not _inside:
                _SET(_before)
