"""Numbers as a file has them: an array when one is asked for, and before that no numpy."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from nnlec.arithmetic.lazy_numpy import np

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


Shape = tuple[int, ...]
"""How many numbers there are along each axis."""


class Written:
    """Finite doubles, a list or a matrix, with as much of an array's interface as exact arithmetic needs.

    >>> weights = Written(array("d", [1, 2, 3, 4, 5, 6]), (3, 2))
    >>> weights[1, 0], weights[:, 1].tolist(), weights[1:].tolist(), len(weights)
    (3.0, [2.0, 4.0, 6.0], [[3.0, 4.0], [5.0, 6.0]], 3)
    """

    def __init__(self, numbers: Sequence[float], shape: tuple[int, ...]) -> None:
        self._numbers = numbers if isinstance(numbers, array) else array("d", numbers)
        self.shape = shape
        self.ndim, self.size = len(shape), prod(shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        """`[i]` and `[i, j]`, `[i:]` of rows, and `[:, j]`, a column; the numbers' places are not checked."""
        width = prod(self.shape[1:])
        match index:
            case slice(), int(column):
                return Written(self._numbers[column::width], (len(self),))
            case int(row), int(column):
                return self._numbers[row * width + column]
            case slice(start=int(first), stop=None):
                return Written(self._numbers[first * width :], (len(self) - first, *self.shape[1:]))
            case int(row) if self.ndim == 2:
                return Written(self._numbers[row * width : (row + 1) * width], (width,))
            case int(place):
                return self._numbers[place]
        raise TypeError(index)

    def ravel(self) -> Written:
        return Written(self._numbers, (self.size,))

    def tolist(self) -> Any:
        if self.ndim == 1:
            return self._numbers.tolist()
        width = self.shape[1]
        return [self._numbers[start : start + width].tolist() for start in range(0, self.size, width)]

    def array(self) -> Array:
        """The same numbers as an array that nobody can change."""
        made = np.frombuffer(self._numbers, dtype=np.float64).reshape(self.shape)
        made.flags.writeable = False
        return made

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.array(), dtype=dtype, copy=copy)


LARGE = 1_000_000
"""Numbers from which a matrix of another file is left there until it is used."""


class Stored(Written):
    """Many numbers that still stand in a file: `read` reads and checks them, once, when they are asked for.

    `single`: they are all of single precision.

    >>> import numpy as np
    >>> weights = Stored((2, 2), lambda: np.eye(2))
    >>> weights.shape, weights[:, 1].tolist()
    ((2, 2), [0.0, 1.0])
    """

    def __init__(self, shape: tuple[int, ...], read: Callable[[], Array], *, single: bool = False) -> None:
        self.shape = shape
        self.ndim, self.size = len(shape), prod(shape)
        self.single = single
        self._read = read
        self._made: Array | None = None

    def __getitem__(self, index: Any) -> Any:
        return self.array()[index]

    def ravel(self) -> Any:
        return self.array().ravel()

    def tolist(self) -> Any:
        return self.array().tolist()

    def array(self) -> Array:
        if self._made is None:
            self._made = self._read()
            self._made.flags.writeable = False
        return self._made

    def __reduce__(self) -> tuple[Any, ...]:
        return np.asarray, (self.array(),)
