"""Predictions measured on arrays in memory, as `nnlec evaluate` measures them on a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.losses import Loss, loss
from nnlec.network.meaning import usual_loss
from nnlec.network.network import Network
from nnlec.network.validation import rows_of
from nnlec.tables.evaluate import plan_evaluate
from nnlec.tables.header import Header
from nnlec.tables.metrics import Evaluation
from nnlec.tables.rows import RowErrors, Rows
from nnlec.tables.text_column import TextColumn
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array


def evaluate(network: Network, inputs: object, target: object, measured: Loss | str | None = None) -> Evaluation:
    """How good a network's outputs are for `inputs`, (rows, n_in): its mean loss, and the metrics of its kind.

    `target` is a label for each row (a class's name or its index), or numbers (rows, n_out), or (rows,) for one output;
    the loss is the network's usual one if none is given. Raises `NnlecError` for what does not fit.

    >>> from nnlec import Dense, Network
    >>> network = Network((Dense([[1.0]], [0.0], "identity"),))
    >>> evaluate(network, [[1.0], [2.0]], [1.0, 4.0])
    <Evaluation of 2 rows>
    """
    rows = network.accept(inputs)
    labels, numbers = _labels(network, target, len(rows))
    width = 1 if labels else numbers.shape[1]
    columns = [str(network.n_in + place) for place in range(1, width + 1)]
    name = measured or usual_loss(network)
    chosen = loss(name) if isinstance(name, str) else name
    plan = plan_evaluate(Header("target", (), network.n_in + width), network, chosen, columns)
    texts = (TextColumn.of(labels),) if labels else ()
    try:
        found = plan.compute(Rows(rows if labels else np.ascontiguousarray(np.hstack([rows, numbers])), texts))
    except RowErrors as wrong:
        number, error = next(iter(sorted(wrong.errors.items())))
        raise NnlecError(error.what, where=f"target: row {number + 1}", hint=error.hint) from None
    plan.end()
    return found


def _labels(network: Network, target: Any, rows: int) -> tuple[Sequence[str], Array]:
    """The label of each row, or none and the numbers of each row. Raises `NnlecError` where there are not as many."""
    given = np.asarray(target)
    if given.ndim == 0 or len(given) != rows:
        raise NnlecError(f"shape {given.shape}, expected one for each of {counted(rows, 'row')}", where="target")
    if given.ndim == 1 and network.class_names:
        return [str(label) for label in given.tolist()], np.empty((rows, 0))
    return (), rows_of(given.reshape(rows, -1))
