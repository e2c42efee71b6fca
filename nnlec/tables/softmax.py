"""`softmax` on a table: the probability of each class beside its logit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network import rounded
from nnlec.network.activations import softmax
from nnlec.tables.columns import named, numeric_columns
from nnlec.tables.interface import Layout, Plan, Planner

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.interface import Column


def probability_name(name: str) -> str:
    """The column of a class's probability: the logit's own column keeps its name, so that nothing is mistaken.

    >>> probability_name("cat")
    'P(cat)'
    """
    return f"P({name})"


def softmax_planner(columns: Sequence[str] = (), classes: Sequence[str] = (), *, exact: bool = False) -> Planner:
    """P(name) for every logit. The logits stay: a loss is taken from them, not from rounded probabilities.

    With `exact` each probability is correctly rounded.
    """
    function = rounded.softmax if exact else softmax

    def plan(layout: Layout) -> Plan:
        wanted = columns or (classes if layout.names else ())
        logits = tuple(layout.find(name) for name in wanted) if wanted else numeric_columns(layout, ())
        names = tuple(classes) if classes and not layout.names else named(layout, logits)
        if len(names) != len(logits):
            raise NnlecError(f"{len(names)} class names for {len(logits)} columns", where=layout.place)

        def compute(numbers: Array, _: object) -> tuple[Column, ...]:
            if look_like_probabilities(numbers):
                warnings.warn(
                    NnlecWarning("these look like probabilities already: every row sums to 1 (softmax takes logits)"),
                    stacklevel=2,
                )
            return (function(numbers),)

        return Plan(logits, tuple(range(layout.width)), tuple(map(probability_name, names)), compute, titles=names)

    return plan


def look_like_probabilities(numbers: Array) -> bool:
    """Whether every row lies in 0..1 and sums to 1, for several columns."""
    if numbers.shape[1] < 2 or not len(numbers) or (numbers < 0).any() or (numbers > 1).any():
        return False
    return bool((np.abs(numbers.sum(axis=1) - 1) < 1e-6).all())
