"""What a caller gives as an array, checked: real numbers, in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


def real_array(values: object, name: str) -> Array:
    """`values` as an array of float64, of any shape; lists are taken as arrays.

    Raises `NnlecError` for complex numbers, text, None and rows of different lengths.

    >>> real_array([[1, 2]], "inputs")
    array([[1., 2.]])
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise NnlecError("rows of different lengths, expected an array of numbers", where=name) from None
    if array.dtype.kind not in "biuf":
        raise NnlecError(f"{array.dtype} values, expected real numbers", where=name)
    return np.asarray(array, np.float64)


def real_rows(values: object, name: str, columns: str) -> Array:
    """The same for an array (rows, `columns`). Raises `NnlecError` that gives the shape where it has another one.

    >>> real_rows([1, 2], "logits", "classes")
    Traceback (most recent call last):
    nnlec.errors.NnlecError: logits: shape (2,), expected (rows, classes)
    """
    array = real_array(values, name)
    if array.ndim != 2 or not array.shape[1]:
        raise NnlecError(f"shape {array.shape}, expected (rows, {columns})", where=name)
    return array
