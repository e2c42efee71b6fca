"""Large matrices of a .safetensors file, read when they are used: piece by piece, straight into doubles."""

from __future__ import annotations

import os
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.written import LARGE, Stored
from nnlec.errors import NnlecError
from nnlec.models.weights import opened, safetensors

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_PIECE = 1 << 20


def stored_matrix(
    folder: Path, file: str, array: str, *, allow_outside: bool, turned: bool, located: Callable[[str], NnlecError]
) -> Stored | None:
    """The matrix of that name, its axes exchanged if it is `turned`; None for what is small, or no such matrix.

    `located` makes the error for what is found only when it is read.
    """
    if not file.lower().endswith(".safetensors"):
        return None
    with opened(folder, file, allow_outside=allow_outside) as (stream, size):
        place = safetensors.place(stream, size, array)
        seen = os.fstat(stream.fileno())
    if place is None or len(place.shape) != 2 or prod(place.shape) < LARGE:
        return None

    def read() -> Array:
        with opened(folder, file, allow_outside=allow_outside) as (again, _):
            now = os.fstat(again.fileno())
            if (now.st_ino, now.st_size, now.st_mtime_ns) != (seen.st_ino, seen.st_size, seen.st_mtime_ns):
                raise located("the file was changed after it was opened")
            height, width = place.shape
            numbers = np.empty((width, height) if turned else (height, width))
            rows = max(1, _PIECE // width)
            for first in range(0, height, rows):
                last = min(height, first + rows)
                piece = place.numbers(again, first * width, (last - first) * width).reshape(-1, width)
                if not np.isfinite(piece).all():
                    row, column = (int(at) for at in np.argwhere(~np.isfinite(piece))[0])
                    raise located(f"the number at {first + row + 1}, {column + 1} of the array is not finite")
                if turned:
                    numbers[:, first:last] = piece.T
                else:
                    numbers[first:last] = piece
        return numbers

    return Stored(place.shape[::-1] if turned else place.shape, read, single=place.dtype != "F64")
