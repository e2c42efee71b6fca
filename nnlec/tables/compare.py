"""`evaluate` of several networks: the evaluation of each, and where a network and the first one differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nnlec.arithmetic.tally import Tally
from nnlec.tables.evaluate import EvaluatePlan
from nnlec.tables.metrics import Evaluation
from nnlec.tables.rows import RowErrors, Rows, Selection

if TYPE_CHECKING:
    from nnlec.tables.header import Header
    from nnlec.tables.measures import MeasuredBlock

Disagreement = tuple[int, str, tuple[str, ...]]
"""The number of a row among those measured, from 1, its true class, and the class that each network gives it."""

_EXACTLY = 10_000
"""Up to how many rows that one network alone has right the probability is summed exactly."""


@dataclass(frozen=True)
class NetworkEvaluations:
    """The evaluation of each network; for each but the first, rows by who is right: group 2 * first + other."""

    evaluations: tuple[Evaluation, ...]
    right: tuple[Tally, ...]

    def merge(self, other: NetworkEvaluations) -> NetworkEvaluations:
        """That of both parts."""
        return NetworkEvaluations(
            tuple(a.merge(b) for a, b in zip(self.evaluations, other.evaluations, strict=True)),
            tuple(a.merge(b) for a, b in zip(self.right, other.right, strict=True)),
        )


@dataclass
class _Progress:
    """How many rows were measured before the block."""

    rows: int = 0


@dataclass(frozen=True)
class ComparePlan:
    """The plans of several networks over one table; `tell` gets the rows in which classes differ."""

    plans: tuple[EvaluatePlan, ...]
    tell: Callable[[list[Disagreement]], None] | None = None
    before: _Progress = field(default_factory=_Progress, compare=False)

    @property
    def selection(self) -> Selection:
        """Every column that a plan reads, once."""
        numbers, texts = (
            tuple(dict.fromkeys(column for plan in self.plans for column in plan.selection[kind])) for kind in (0, 1)
        )
        return Selection(numbers, texts)

    @property
    def seen(self) -> set[str]:
        """The labels read so far."""
        return self.plans[0].seen

    def compute(self, rows: Rows) -> NetworkEvaluations:
        """The comparison of a block."""
        whole = self.selection
        parts = [_chosen(rows, whole, plan.selection) for plan in self.plans]
        # A row that one network cannot take is left out for all, so every plan is asked before any result counts.
        errors: dict[int, RowErrors] = {}
        found = []
        for number, (plan, part) in enumerate(zip(self.plans, parts, strict=True)):
            try:
                found.append(plan.computed(part))
            except RowErrors as error:
                errors[number] = error
        if errors:
            first = min(errors)
            merged = {row: what for error in errors.values() for row, what in error.errors.items()}
            raise RowErrors(merged, skippable=errors[first].skippable)
        blocks = [block for _, block in found]
        self._tell(blocks)
        self.before.rows += len(rows.numbers)
        return NetworkEvaluations(tuple(each for each, _ in found), _right(blocks))

    def end(self) -> None:
        """Warns of what all targets show."""
        self.plans[0].end()

    def _tell(self, blocks: Sequence[MeasuredBlock]) -> None:
        if self.tell is None or blocks[0].compared == "numbers":
            return
        names = [_named(block, block.predicted) for block in blocks]
        truth = _named(blocks[0], blocks[0].target)
        differ = np.flatnonzero(np.any([each != names[0] for each in names[1:]], axis=0))
        self.tell(
            [(self.before.rows + row + 1, truth[row], tuple(each[row] for each in names)) for row in differ.tolist()]
        )


def plan_compare(
    header: Header,
    plans: Sequence[Callable[[Header], EvaluatePlan]],
    tell: Callable[[list[Disagreement]], None] | None,
) -> ComparePlan:
    """The plans of all networks for a table."""
    return ComparePlan(tuple(plan(header) for plan in plans), tell)


def mcnemar(only_first: int, only_other: int) -> float | None:
    """The probability of so uneven a split of the rows that one network alone has right, were both equally good.

    Exact (two-sided binomial) up to 10,000 such rows, beyond that by the normal distribution; None of none.

    >>> mcnemar(1, 5), mcnemar(0, 0)
    (0.21875, None)
    """
    rows = only_first + only_other
    if not rows:
        return None
    if rows > _EXACTLY:
        return math.erfc((abs(only_first - only_other) - 1) / math.sqrt(2 * rows))
    least, term = 0, 1
    for i in range(min(only_first, only_other) + 1):
        least, term = least + term, term * (rows - i) // (i + 1)
    return float(min(1.0, 2 * least / 2**rows))


def _chosen(rows: Rows, whole: Selection, wanted: Selection) -> Rows:
    """The columns of one plan."""
    columns = [whole.numbers.index(column) for column in wanted.numbers]
    texts = tuple(rows.texts[whole.texts.index(column)] for column in wanted.texts)
    return Rows(np.ascontiguousarray(rows.numbers[:, columns]), texts)


def _right(blocks: Sequence[MeasuredBlock]) -> tuple[Tally, ...]:
    if blocks[0].compared == "numbers":
        return ()
    flags = [block.predicted == block.target for block in blocks]
    right = [(each if each.ndim == 1 else each.all(axis=1)).astype(np.intp) for each in flags]
    return tuple(Tally.of(2 * right[0] + each, 4, blocks[0].weights) for each in right[1:])


def _named(
    block: MeasuredBlock, of: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """(rows,): the names of classes; labels are separated by `;`."""
    names = np.array([*block.names, ""], object)[:-1]
    if block.compared == "classes":
        return np.asarray(names[of])
    return np.array([";".join(names[row]) for row in of] + [""], object)[:-1]
