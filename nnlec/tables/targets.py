"""The target columns of a table: labels, distributions or true values, as an array beside the predictions.

How a label is read depends on that label and the names of the classes alone, never on other rows: it is the name of a
class (`cat`, or `Cat` where no other class is written so); else, where no class is named by a whole number, the index
of a class from 0. Where classes are named 1, 2, 3 a label 0 is an error, for it would be an index among names.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network.losses import Loss
from nnlec.network.losses.targets import TargetKind, class_index, named_class
from nnlec.tables.decisions import expect_separable
from nnlec.tables.header import Header, quoted
from nnlec.tables.rows import RowError, RowErrors, Rows, Selection, expect_none

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Flags, Indices
    from nnlec.tables.text_column import TextColumn

T = TypeVar("T")


class Targets(NamedTuple):
    """The targets of a block: as the loss takes them, (rows, n), and the class of each row, where it is labelled."""

    values: Array
    classes: Indices | None = None

    def one_class(self) -> Indices:
        """(rows,): the class of each row; raises `RowErrors` where it has none, or several."""
        if self.classes is not None:
            return self.classes
        largest = self.values == self.values.max(axis=1, keepdims=True)
        error = RowError(None, "the target has no largest class, expected one: the network chooses one class")
        expect_none(largest.sum(axis=1) != 1, error)
        return np.asarray(largest.argmax(axis=1))


@dataclass(frozen=True)
class OfLabels:
    """One column of labels, of which all together show whether they count from 1."""

    column: int
    names: tuple[str, ...]
    labels: set[str] = field(default_factory=set, compare=False, kw_only=True)
    """Those read so far."""

    @property
    def selection(self) -> Selection:
        return Selection((), (self.column,))

    def end(self) -> None:
        """Warns where all labels were indexes, and class 0 was never among them: they may count from 1."""
        unnamed = [label for label in self.labels if named_class(label, self.names) is None]
        if len(unnamed) < len(self.labels):
            return
        try:
            indices = sorted({class_index(label, self.names) for label in unnamed})
        except NnlecError:  # a row that was left out
            return
        if not indices or indices[0] == 0 or len(self.names) == 2:
            return
        listed = ", ".join(map(str, indices[:8])) + ", ..." * (len(indices) > 8)
        first = indices[0]
        what = f"the labels {listed} were taken as indexes from 0 ({first} is {quoted(self.names[first])})"
        hint = f"if they count from 1, name the classes 1 to {len(self.names)}"
        warnings.warn(NnlecWarning(f"{what}; {hint}"), stacklevel=2)


@dataclass(frozen=True)
class LabelColumn(OfLabels):
    """One column with a label in each cell."""

    width: int
    kind: TargetKind

    def read(self, rows: Rows) -> Targets:
        """1 for the class and 0 (as a sign: -1) for the others; for one output, the index of the class."""
        labels = rows.texts[0]
        self.labels.update(labels.values)
        hint = NUMBERS_HINT if self.width == 1 and self.names == ("0", "1") else ""
        indices = _each(labels, lambda label: class_index(label, self.names), self.column, hint)
        classes = np.array(indices, np.intp)[labels.codes]
        if self.width == 1:
            values = classes.astype(np.float64).reshape(-1, 1)
        else:
            flat = np.zeros(len(classes) * self.width)
            flat[np.arange(0, flat.size, self.width) + classes] = 1.0
            values = flat.reshape(-1, self.width)
        return Targets(2.0 * values - 1.0 if self.kind == "sign" else values, classes)


@dataclass(frozen=True)
class LabelsColumn(OfLabels):
    """One column with any number of labels in each cell, separated by `;`."""

    def read(self, rows: Rows) -> Targets:
        """1 for each of the labels in a cell, and 0 for the others."""
        labels = rows.texts[0]
        applies = np.zeros((len(labels.values), len(self.names)))
        for row, found in zip(applies, _each(labels, self._indices, self.column), strict=True):
            row[found] = 1.0
        return Targets(applies[labels.codes])

    def _indices(self, cell: str) -> list[int]:
        labels = [label.strip() for label in cell.split(";") if label.strip()]
        self.labels.update(labels)
        return [class_index(label, self.names) for label in labels]


@dataclass(frozen=True)
class NumberColumns:
    """A column of numbers for each prediction."""

    columns: tuple[int, ...]
    kind: TargetKind

    @property
    def selection(self) -> Selection:
        return Selection(self.columns)

    def read(self, rows: Rows) -> Targets:
        """The numbers as they are: the last columns of the block; raises `RowErrors` for what is no such target."""
        values = np.ascontiguousarray(rows.numbers[:, rows.numbers.shape[1] - len(self.columns) :])
        check = _CHECKS.get(self.kind)
        if check is not None:
            wrong, what = check(values)
            if wrong.any():
                rows_wrong = np.flatnonzero(wrong.any(axis=1)).tolist()
                raise RowErrors({row: RowError(self.columns[wrong[row].argmax()], what) for row in rows_wrong})
        return Targets(values)

    def end(self) -> None:
        """Numbers are what they are."""


@dataclass(frozen=True)
class SameTarget:
    """One target for every row."""

    values: tuple[float, ...]

    @property
    def selection(self) -> Selection:
        return Selection(())

    def read(self, rows: Rows) -> Targets:
        """The target, once for each row."""
        return Targets(np.tile(self.values, (len(rows.numbers), 1)))

    def end(self) -> None:
        """Nothing was read."""


TargetColumns = LabelColumn | LabelsColumn | NumberColumns | SameTarget


def labels_of(target: TargetColumns) -> set[str]:
    """The labels read so far; none where there are numbers."""
    return target.labels if isinstance(target, OfLabels) else set()


def target_columns(header: Header, wanted: Sequence[str]) -> tuple[int, ...]:
    """The columns of the target. A name that is a column as it is given is never split at its commas."""
    whole = ",".join(wanted)
    return tuple(map(header.find, [whole] if header.has(whole) else wanted))


def target_of(loss: Loss, columns: tuple[int, ...], classes: Sequence[str], width: int, place: str) -> TargetColumns:
    """How the target of a loss is read for `width` predictions, `classes` naming them (empty for a regressor).

    One column of labels, or as many columns of numbers as there are predictions.
    """
    kind = loss.kind.target
    if not classes or len(columns) > 1:
        if len(columns) != width:
            raise NnlecError(
                f"{len(columns)} target columns for {width} predictions, expected one for each", where=place
            )
        return NumberColumns(columns, kind)
    if kind == "each" and width > 1:
        expect_separable(classes)
        return LabelsColumn(columns[0], tuple(classes))
    return LabelColumn(columns[0], tuple(classes), width, kind)


NUMBERS_HINT = "write `kind: regression` in the network file if the target is a number"


def _each(column: TextColumn, read: Callable[[str], T], number: int, hint: str = "") -> list[T]:
    """What each of the different cells says; raises `RowErrors` for every row with one that says nothing."""
    found: list[T] = []
    errors: dict[int, RowError] = {}
    for code, value in enumerate(column.values):
        try:
            found.append(read(value))
        except NnlecError as error:
            errors[code] = RowError(number, error.what, error.hint or hint)
    if errors:
        raise RowErrors({row: errors[code] for row, code in enumerate(column.codes.tolist()) if code in errors})
    return found


def _is_distribution(target: Array) -> tuple[Flags, str]:
    sums = target.sum(axis=1)
    wrong = (target < 0) | (sums == 0)[:, None]
    off = np.flatnonzero(~wrong.any(axis=1) & (np.abs(sums - 1) > 1e-6))
    if off.size:
        what = f"some targets sum to {sums[off[0]]:.6g}, not to 1"
        warnings.warn(NnlecWarning(what, kind="sums of targets"), stacklevel=2)
    return wrong, "the target is no distribution: expected numbers from 0 that sum to 1"


_CHECKS: dict[str, Callable[[Array], tuple[Flags, str]]] = {  # which of the numbers (rows, n) are wrong, and what
    "distribution": _is_distribution,
    "each": lambda target: ((target < 0) | (target > 1), "the target is no probability: expected 0 to 1"),
    "sign": lambda target: (np.abs(target) != 1.0, "the target is no sign: expected -1 or 1"),
}
