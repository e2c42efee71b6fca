"""Accuracy, precision, recall and F1 of classes and of labels, all from a table of counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from nnlec.arithmetic.tally import ExactNumber, Tally
from nnlec.errors import NnlecError
from nnlec.tables.measures.interface import MeasuredBlock, MetricKind, Settings, listed, mean, ratio


@dataclass(frozen=True)
class Confusion:
    """How many rows of each class were taken for which class: group i * n + j, class i for which j was predicted."""

    classes: tuple[str, ...]
    tally: Tally

    @classmethod
    def of(cls, block: MeasuredBlock, _: Settings) -> Confusion:
        """That of a block of classes."""
        n = len(block.names)
        return cls(block.names, Tally.of(block.target * n + block.predicted, n * n, block.weights))

    def merge(self, other: Confusion) -> Confusion:
        """That of both parts."""
        return Confusion(self.classes, self.tally.merge(other.tally))

    def result(self) -> dict[str, Any]:
        """{accuracy, balanced_accuracy, classes, confusion, precision, recall, f1, support, macro, weighted, notes}."""
        return of_cells(self.classes, self.tally.values)


def of_cells(classes: tuple[str, ...], cells: list[ExactNumber]) -> dict[str, Any]:
    """The figures of a confusion matrix, row by row."""
    n = len(classes)
    table = [cells[i * n : (i + 1) * n] for i in range(n)]
    support = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    hits = [cells[i * n + i] for i in range(n)]
    counts = [Counts(*each) for each in zip(hits, columns, support, strict=True)]
    record = by_class(classes, counts, "class")
    return {
        "accuracy": ratio(sum(hits), sum(support)),
        "balanced_accuracy": mean(record["recall"]),
        "classes": list(classes),
        "confusion": [list(map(plain, row)) for row in table],
        **record,
    }


@dataclass(frozen=True)
class Pairs:
    """How many rows of which class were taken for which, where classes are the names that are found."""

    counts: Mapping[tuple[str, str], ExactNumber]

    @classmethod
    def of(cls, block: MeasuredBlock, _: Settings) -> Pairs:
        """That of a block of names."""
        counts: dict[tuple[str, str], ExactNumber] = {}
        weights: Iterable[ExactNumber] = repeat(1, len(block.target))
        if block.weights is not None:
            weights = map(Fraction, block.weights.tolist())
        for pair, weight in zip(zip(block.target, block.predicted, strict=True), weights, strict=True):
            counts[pair] = counts.get(pair, 0) + weight
        return cls(counts)

    def merge(self, other: Pairs) -> Pairs:
        """That of both parts; raises `NnlecError` for more classes than `NAMES`."""
        counts = dict(self.counts)
        for pair, count in other.counts.items():
            counts[pair] = counts.get(pair, 0) + count
        if len({name for pair in counts for name in pair}) > NAMES:
            raise NnlecError(f"more than {NAMES} different labels", hint="--numbers compares numbers")
        return Pairs(counts)

    def result(self) -> dict[str, Any]:
        """The same as of a `Confusion`, the classes in the order of their names, numbers by size."""
        names = sorted({name for pair in self.counts for name in pair}, key=_by_name)
        cells = [self.counts.get((own, found), 0) for own in names for found in names]
        return of_cells(tuple(names), cells)


NAMES = 1000
"""How many different labels are classes at most, where no classes are named."""


def _by_name(name: str) -> tuple[bool, int, str]:
    number = name.isascii() and name.isdigit()
    return not number, int(name[:32]) if number else 0, name


@dataclass(frozen=True)
class LabelCounts:
    """How often each label applied and was predicted: group 4 * i + 2 * applied + predicted; and rows by right or not.

    A row is right when all its labels are.
    """

    labels: tuple[str, ...]
    tally: Tally
    right: Tally

    @classmethod
    def of(cls, block: MeasuredBlock, _: Settings) -> LabelCounts:
        """Those of a block of labels."""
        n = len(block.names)
        groups = 4 * np.arange(n) + 2 * block.target + block.predicted
        weights = None if block.weights is None else np.repeat(block.weights, n)
        right = (block.target == block.predicted).all(axis=1).astype(np.intp)
        return cls(block.names, Tally.of(groups.ravel(), 4 * n, weights), Tally.of(right, 2, block.weights))

    def merge(self, other: LabelCounts) -> LabelCounts:
        """Those of both parts."""
        return LabelCounts(self.labels, self.tally.merge(other.tally), self.right.merge(other.right))

    def result(self) -> dict[str, Any]:
        """{accuracy, classes, confusion, precision, recall, f1, support, macro, weighted, notes}."""
        cells = self.tally.values
        tables = [cells[i : i + 4] for i in range(0, len(cells), 4)]
        counts = [Counts(hit, alarm + hit, miss + hit) for _, alarm, miss, hit in tables]
        wrong, right = self.right.values
        return {
            "accuracy": ratio(right, wrong + right),
            "classes": list(self.labels),
            "confusion": [[list(map(plain, each[:2])), list(map(plain, each[2:]))] for each in tables],
            **by_class(self.labels, counts, "label"),
        }


class Counts(NamedTuple):
    """Of one class: rows that are of it and were taken for it, rows taken for it, rows of it."""

    hits: ExactNumber
    predicted: ExactNumber
    support: ExactNumber


def by_class(names: Sequence[str], counts: Sequence[Counts], called: str) -> dict[str, Any]:
    """{precision, recall, f1, support: one for each class; macro, weighted: their means; notes}.

    A mean is that of the classes that have the figure, and a note names the others.
    """
    figures: dict[str, list[float | None]] = {
        "precision": [ratio(each.hits, each.predicted) for each in counts],
        "recall": [ratio(each.hits, each.support) for each in counts],
        "f1": [ratio(2 * each.hits, each.predicted + each.support) for each in counts],
    }
    supports = [each.support for each in counts]
    plural = "classes" if called == "class" else f"{called}s"
    absent = [name for name, each in zip(names, counts, strict=True) if each.support == 0]
    never = [name for name, each in zip(names, counts, strict=True) if each.predicted == 0]
    notes = []
    if absent:
        notes.append(f"no recall of {plural} without rows: {listed(absent)}")
    if never:
        notes.append(f"no precision of {plural} never predicted: {listed(never)}")
    return {
        **figures,
        "support": list(map(plain, supports)),
        "macro": {name: mean(values) for name, values in figures.items()},
        "weighted": {name: mean(values, supports) for name, values in figures.items()},
        "notes": notes,
    }


def plain(count: ExactNumber) -> int | float:
    """A count as it is, a sum of weights as the nearest double."""
    return float(count) if isinstance(count, Fraction) else count


ROWS = (
    MetricKind(
        "confusion",
        lambda block, _: block.compared == "classes",
        Confusion.of,
        "accuracy, balanced accuracy; precision, recall, F1, support by class and their means; confusion",
    ),
    MetricKind(
        "pairs",
        lambda block, _: block.compared == "names",
        Pairs.of,
        "the same of predicted labels, whatever classes there are",
    ),
    MetricKind(
        "labels",
        lambda block, _: block.compared == "labels",
        LabelCounts.of,
        "accuracy of whole rows; precision, recall, F1, support by label and their means; counts",
    ),
)
