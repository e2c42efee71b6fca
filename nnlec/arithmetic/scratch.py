"""Memory that stays between calls: asking the system for it again would take as long as a small layer."""

from __future__ import annotations

import threading
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


class Scratch(threading.local):
    """Arrays by name, in each thread its own. What is in one lasts until it is asked for again."""

    def __init__(self) -> None:
        self._blocks: dict[str, Array] = {}

    def array(self, name: str, shape: tuple[int, ...]) -> Array:
        """An array of that shape with anything in it."""
        size = prod(shape)
        block = self._blocks.get(name)
        if block is None or block.size < size:
            block = self._blocks[name] = np.empty(size)
        return block[:size].reshape(shape)


SCRATCH = Scratch()
