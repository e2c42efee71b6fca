"""What a metric sees of a block of rows, and what it must be: a record of a part of a table that can be merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags

ComparedBy = Literal["classes", "names", "labels", "numbers"]
"""What is compared: one class of several (by index, or by any name), any number of labels, or numbers."""


class MeasuredBlock(NamedTuple):
    """Rows that are measured. With n names of classes, labels or outputs:

    `target` and `predicted` are (rows,) indices or names of classes, or (rows, n) flags or numbers. `probabilities`,
    `logits` (or any scores in the same order) and `scores` (what the ROC curve ranks) are (rows, n), `log_loss` is
    (rows,); None where the predictions have none. `weights` is (rows,), or None where every row counts once.
    """

    compared: ComparedBy
    names: tuple[str, ...]
    target: Any
    predicted: Any
    probabilities: Array | None = None
    logits: Array | None = None
    scores: Array | None = None
    log_loss: Array | None = None
    weights: Array | None = None


class Settings(NamedTuple):
    """What is asked for beside the usual: k of the top-k accuracy, a table by threshold, pairs of numbers to draw.

    `different` is how many different scores or errors are kept of all columns together: each takes 16 bytes, and as
    many may wait to be sorted.
    """

    top_k: int | None = None
    sweep: bool = False
    pairs: bool = False
    different: int = 1 << 19


USUAL = Settings()


class Metric(Protocol):
    """The figures of some rows: a record that can be pickled."""

    def merge(self, other: Any) -> Any:
        """That of both parts."""

    def result(self) -> dict[str, Any]:
        """The figures under their JSON keys; None for one that has no value, and under `notes` why it has none."""


class MetricKind(NamedTuple):
    """A row of the registry: what a metric is called, the blocks it can measure, and how it measures them."""

    name: str
    applies: Callable[[MeasuredBlock, Settings], bool]
    measure: Callable[[MeasuredBlock, Settings], Metric]
    figures: str
    """What it says, for the guide."""


def ratio(part: Fraction | int, whole: Fraction | int) -> float | None:
    """The double nearest to the quotient; None of nothing."""
    if whole == 0:
        return None
    return part / whole if isinstance(part, int) and isinstance(whole, int) else float(Fraction(part) / whole)


def mean(values: Sequence[float | None], weights: Sequence[Fraction | int] | None = None) -> float | None:
    """The mean of the values that there are, rounded once; None of none."""
    counts = weights or [1] * len(values)
    known = [(Fraction(value), count) for value, count in zip(values, counts, strict=True) if value is not None]
    whole = sum((Fraction(count) for _, count in known), Fraction(0))
    return None if whole == 0 else float(sum((value * count for value, count in known), Fraction(0)) / whole)


def listed(names: Sequence[str]) -> str:
    """Names in a note, the first of many."""
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


_MOST = 8


def one_by_one(block: MeasuredBlock, numbers: Array | None) -> tuple[tuple[str, ...], Array, Flags]:
    """What is judged by itself, by name: numbers of it, (rows, n), and whether it applies, (rows, n).

    It is each label, the second of two classes, or each of several classes against the rest.
    """
    assert numbers is not None
    if block.compared == "labels":
        return block.names, numbers, np.asarray(block.target)
    if len(block.names) == 2:
        return block.names[1:], numbers[:, 1:], (block.target == 1).reshape(-1, 1)
    return block.names, numbers, np.arange(len(block.names)) == block.target.reshape(-1, 1)
