"""The default engine, in numpy alone; what is rare or doubtful goes through Python's float and repr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.arithmetic import format_floats
from nnlec.tables.engines.block_reader import read_block
from nnlec.tables.engines.interface import Engine

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_MANY = 10_000
"""From this many numbers on, the tables of the fast writer pay off."""


def number_lines(numbers: Array, delimiter: str) -> bytes:
    """Rows of numbers as lines of shortest round-trip text.

    >>> import numpy as np
    >>> number_lines(np.array([[0.1, 1.0], [1e22, -0.0]]), ",")
    b'0.1,1.0\\n1e+22,-0.0\\n'
    >>> number_lines(np.array([[1e-7]]), ",")
    b'1e-7\\n'
    """
    rows, columns = numbers.shape
    if numbers.size >= _MANY:
        return format_floats.lines(numbers, delimiter)
    line = delimiter.join(["%r"] * columns) + "\n"
    return format_floats.short_exponent(line * rows % tuple(numbers.ravel().tolist())).encode()


ENGINE = Engine(1 << 20, read_block, number_lines)
