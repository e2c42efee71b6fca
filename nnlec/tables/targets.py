"""The target column of a table: labels, distributions or true values, as an array beside the predictions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network.losses import Loss
from nnlec.network.losses.targets import class_index
from nnlec.tables.interface import BadRows, Layout, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array
    from nnlec.tables.categories import Categories

    Mask = NDArray[np.bool_]


T = TypeVar("T")


@dataclass(frozen=True)
class Truth:
    """Which columns hold the target, and how they become an array (rows, n); bad ones raise `BadRows`."""

    numbers: tuple[int, ...]
    texts: tuple[int, ...]
    read: Callable[[Array, tuple[Categories, ...]], Array]


def target_columns(layout: Layout, wanted: Sequence[str]) -> tuple[int, ...]:
    """The columns of the target. A name that is a column as it stands is never split at its commas."""
    if len(wanted) > 1 and ",".join(wanted) in layout.names:
        return (layout.find(",".join(wanted)),)
    return tuple(layout.find(name) for name in wanted)


def truth_of(loss: Loss, columns: tuple[int, ...], classes: Sequence[str], width: int, place: str) -> Truth:
    """How the target of a loss is read for `width` predictions, `classes` naming them (empty for a regressor).

    One column of labels, or as many columns of numbers as there are predictions.
    """
    kind = loss.kind.target
    if not classes or len(columns) > 1:
        if len(columns) != width:
            raise NnlecError(
                f"{len(columns)} target columns for {width} predictions, expected one for each", where=place
            )
        check = _CHECKS.get(kind)
        return Truth(columns, (), lambda numbers, _: _checked(numbers, columns, check))
    if kind == "each" and width > 1:
        return Truth((), columns, lambda _, texts: _several(texts[0], classes, columns[0]))
    spread = _as_they_are if kind != "sign" else _signs
    if width == 1:
        return Truth((), columns, lambda _, texts: spread(_indices(texts[0], classes, columns[0]).reshape(-1, 1)))
    return Truth((), columns, lambda _, texts: spread(_one_hot(_indices(texts[0], classes, columns[0]), width)))


def _as_they_are(target: Array) -> Array:
    return target


def _signs(target: Array) -> Array:
    """1 for the right class and -1 for the others."""
    return 2.0 * target - 1.0


def _one_hot(indices: Array, width: int) -> Array:
    target = np.zeros(len(indices) * width)
    target[np.arange(0, target.size, width) + indices.astype(np.intp)] = 1.0
    return target.reshape(-1, width)


def _indices(labels: Categories, classes: Sequence[str], column: int) -> Array:
    """(rows,): which class each label is: by name, or by its index from 0."""
    return np.array(_each(labels, lambda label: class_index(label, classes), column), np.float64)[labels.codes]


def _several(cells: Categories, classes: Sequence[str], column: int) -> Array:
    """(rows, classes): 1 for each of the labels in a cell, which are separated by `;`."""

    def which(cell: str) -> list[int]:
        return [class_index(label.strip(), classes) for label in cell.split(";") if label.strip()]

    applies = np.zeros((len(cells.names), len(classes)))
    for row, found in zip(applies, _each(cells, which, column), strict=True):
        row[found] = 1.0
    return applies[cells.codes]


def _each(cells: Categories, read: Callable[[str], T], column: int) -> list[T]:
    """What each of the different cells says; raises `BadRows` for every row that holds one which says nothing."""
    said: list[T] = []
    problems: dict[int, Problem] = {}
    for code, name in enumerate(cells.names):
        try:
            said.append(read(name))
        except NnlecError as error:
            problems[code] = Problem(column, error.what, error.hint)
    if problems:
        raise BadRows({row: problems[code] for row, code in enumerate(cells.codes.tolist()) if code in problems})
    return said


def _is_distribution(target: Array) -> tuple[Mask, str]:
    sums = target.sum(axis=1)
    wrong = np.any(target < 0, axis=1) | (sums == 0)
    off = np.flatnonzero(~wrong & (np.abs(sums - 1) > 1e-6))
    if off.size:
        warnings.warn(NnlecWarning(f"some targets sum to {sums[off[0]]:.6g}, not to 1"), stacklevel=2)
    return wrong, "the target is no distribution: expected numbers from 0 that sum to 1"


def _is_sign(target: Array) -> tuple[Mask, str]:
    return np.any(np.abs(target) != 1.0, axis=1), "the target is no sign: expected -1 or 1"


def _is_probability(target: Array) -> tuple[Mask, str]:
    return np.any((target < 0) | (target > 1), axis=1), "the target is no probability: expected 0 to 1"


_CHECKS: dict[str, Callable[[Array], tuple[Mask, str]]] = {
    "distribution": _is_distribution,
    "each": _is_probability,
    "sign": _is_sign,
}


def _checked(target: Array, columns: tuple[int, ...], check: Callable[[Array], tuple[Mask, str]] | None) -> Array:
    if check is None:
        return target
    wrong, what = check(target)
    if wrong.any():
        raise BadRows({int(row): Problem(columns[0], what) for row in np.flatnonzero(wrong)})
    return target
