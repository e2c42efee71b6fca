"""`softmax` on a table: the probability of each class beside its logit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network.activations import softmax
from nnlec.network.meaning import expect_several
from nnlec.tables.columns import score_columns, score_names
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags
    from nnlec.tables.plan import Column


def probability_name(name: str) -> str:
    """The name of the column of a class's probability; the column of its logit has the class's name.

    >>> probability_name("cat")
    'P(cat)'
    """
    return f"P({name})"


@dataclass(frozen=True)
class SoftmaxPlan:
    """P(class) for every logit; with `exact` each correctly rounded. All columns pass through.

    The logits stay because a loss is taken from them, not from rounded probabilities.
    """

    logits: tuple[int, ...]
    classes: tuple[str, ...]
    exact: bool
    passthrough: tuple[int, ...]
    passthrough_names: tuple[str, ...]

    @property
    def selection(self) -> Selection:
        """The logits, and what passes through."""
        return Selection(self.logits, passthrough=self.passthrough)

    @property
    def added(self) -> tuple[str, ...]:
        """P(class) for each class."""
        return tuple(map(probability_name, self.classes))

    def compute(self, rows: Rows) -> tuple[Column, ...]:
        """The probabilities of a block."""
        if like_probabilities(rows.numbers).any():
            warnings.warn(
                NnlecWarning("these look like probabilities already: rows from 0 to 1 sum to 1 (softmax takes logits)"),
                stacklevel=2,
            )
        if self.exact:
            from nnlec.tables.exact import softmax_rows

            return (softmax_rows(rows.numbers),)
        return (softmax(rows.numbers),)

    def end(self) -> None:
        """Each row was computed by itself: there is nothing to add."""


def plan_softmax(
    header: Header, *, columns: Sequence[str] = (), classes: Sequence[str] = (), exact: bool = False
) -> SoftmaxPlan:
    """The logits are in the columns asked for, else in those of the classes, else in all that hold numbers."""
    logits = score_columns(header, columns, classes if header.names else ())
    expect_several(len(logits), header.place)
    names = tuple(classes) if classes and not header.names else score_names(header, logits)
    if len(names) != len(logits):
        raise NnlecError(
            f"{counted(len(names), 'class name')} for {counted(len(logits), 'column')}", where=header.place
        )
    return SoftmaxPlan(logits, names, exact, *header.passing((), dict(zip(logits, names, strict=True))))


def like_probabilities(numbers: Array) -> Flags:
    """(rows,): whether each row is like probabilities of several classes: from 0 to 1, with the sum 1."""
    if numbers.shape[1] < 2:
        return np.zeros(len(numbers), bool)
    inside = ((numbers >= 0) & (numbers <= 1)).all(axis=1)
    return np.asarray(inside & (np.abs(numbers.sum(axis=1) - 1) < 1e-6))
