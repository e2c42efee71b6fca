"""Loss functions, one row each: what they take, their terms, options, formula, hand-computed example, source.

To add one, add a row to the table of its family. From it come the name, the options, the help, the error that lists
what is known, the formula in every format, and the test of its own example. The loss of several rows is the mean of
the losses of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nnlec.errors import bare_name, unknown
from nnlec.network.losses import entropy, outputs
from nnlec.network.losses.configured import Loss
from nnlec.network.losses.example import LossExample
from nnlec.network.losses.interface import BASES, LossKind, Reduction, loss_formula
from nnlec.network.parameters import ParameterValue, resolve_parameters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnlec.arithmetic.types import Array

__all__ = [
    "BASES",
    "LOSSES",
    "Loss",
    "LossExample",
    "LossKind",
    "Reduction",
    "cross_entropy",
    "loss",
    "loss_formula",
]

_ROWS: tuple[LossKind, ...] = (*entropy.ROWS, *outputs.ROWS)

LOSSES: dict[str, LossKind] = {row.name: row for row in _ROWS}
_BY_NAME: dict[str, LossKind] = {bare_name(name): row for row in _ROWS for name in (row.name, *row.aliases)}


def cross_entropy(logits: ArrayLike, target: ArrayLike) -> Array:
    """(rows,): L = -sum_i g_i log s_i of each row, in nats, from logits (rows, classes) and target of the same shape.

    Raises `NnlecError` for other shapes, and for what holds no real numbers.

    >>> import numpy as np
    >>> cross_entropy(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]))
    array([2000.])
    """
    return loss("cross-entropy").value(logits, target)


def loss(name: str, options: Mapping[str, ParameterValue] | None = None) -> Loss:
    """The loss of that name or alias, its options checked and completed by their defaults.

    Case, blanks, dashes and underscores of the name do not matter.

    Raises `NnlecError` for an unknown name or option, and for an option out of range.

    >>> loss("cross-entropy", {"base": 2.0}).base
    '2'
    """
    kind = _BY_NAME.get(bare_name(name))
    if kind is None:
        raise unknown("loss", name, LOSSES, listed_by="`nnlec list losses`")
    return Loss(kind, resolve_parameters(kind.name, kind.parameters, options))
