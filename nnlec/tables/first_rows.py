"""The first rows of a table as the inputs of a network; what comes after them is not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.network import Network
from nnlec.tables.columns import input_columns
from nnlec.tables.engines import Consumer, Engine, Progress, Source, read_table
from nnlec.tables.engines.interface import Enough
from nnlec.tables.rows import Rows, Selection

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.header import Header


def first_rows(engine: Engine, source: Source, network: Network, columns: Sequence[str], most: int) -> Array:
    """Up to `most` rows, (rows, n_in). Raises `NnlecError` for a bad row among them, and for a table without rows."""
    found: list[Array] = []

    def start(header: Header) -> Consumer:
        inputs = input_columns(network, header, columns)

        def take(rows: Rows) -> None:
            found.append(np.array(inputs.rows(rows.numbers)))
            if sum(map(len, found)) >= most:
                raise Enough

        return Consumer(Selection(inputs.columns), take)

    read_table(engine, source, start, Progress())
    if not sum(map(len, found)):
        raise NnlecError("a table without rows")
    return np.concatenate(found)[:most]
