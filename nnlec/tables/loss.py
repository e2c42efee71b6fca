"""`loss` on a table: how far each row's prediction is from its target."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network.losses import Loss
from nnlec.network.network import Network
from nnlec.tables.columns import named, numeric_columns
from nnlec.tables.interface import BadRows, Layout, Plan, Planner, Problem
from nnlec.tables.softmax import probability_name
from nnlec.tables.targets import target_columns, truth_of

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.categories import Categories
    from nnlec.tables.interface import Column

Given = Literal["logits", "probabilities"]

_SLACK = 1e-6  # how far a row of probabilities may sum from 1: they may have been written with six digits


@dataclass(frozen=True)
class Predictions:
    """The columns of the predictions, what they are called, and whether they are probabilities."""

    columns: tuple[int, ...]
    names: tuple[str, ...]
    probabilities: bool
    assumed: bool = False
    """Nobody said that they are probabilities: every row must prove it."""


def loss_planner(
    loss: Loss,
    target: Sequence[str],
    *,
    columns: Sequence[str] = (),
    classes: Sequence[str] = (),
    network: Network | None = None,
    given: Given | None = None,
    per_row: bool = False,
) -> Planner:
    """The loss of each row: for a mean's sink, or with `per_row` as a new column beside all others."""

    def plan(layout: Layout) -> Plan:
        truth_columns = target_columns(layout, target)
        found = _predictions(layout, truth_columns, loss, columns, classes, network, given)
        names = classes or (network.class_names if network is not None else found.names)
        width = len(found.columns)
        if loss.kind.target == "distribution" and width < 2:
            raise NnlecError(
                f"{loss.name} compares classes, but there is one column of predictions",
                where=layout.place,
                hint="--loss binary-cross-entropy, or --loss mean-squared-error",
            )
        if width == 1 and (loss.kind.target == "real" or len(names) != 2):
            names = ()  # the target is a number
        truth = truth_of(loss, truth_columns, names, width, layout.place)

        def compute(numbers: Array, texts: tuple[Categories, ...]) -> tuple[Column, ...]:
            predicted = np.ascontiguousarray(numbers[:, :width])
            if found.probabilities:
                _check_probabilities(predicted, found, loss)
            true = truth.read(numbers[:, width:], texts)
            losses = losses_of(loss, predicted, true, given_probabilities=found.probabilities)
            return (losses[:, :1] if per_row else losses,)

        kept = tuple(range(layout.width)) if per_row else ()
        adds = ("loss",) if per_row else ("loss", "weight")
        return Plan((*found.columns, *truth.numbers), kept, adds, compute, truth.texts)

    return plan


def losses_of(loss: Loss, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
    """(rows, 2): the loss of each row, and what the row counts in the mean."""
    values = loss.value(predicted, target, given_probabilities=given_probabilities)
    return np.stack([values, loss.row_weights(target)], axis=1)


def _predictions(
    layout: Layout,
    taken: tuple[int, ...],
    loss: Loss,
    columns: Sequence[str],
    classes: Sequence[str],
    network: Network | None,
    given: Given | None,
) -> Predictions:
    """Which columns are predictions. Logits go before the probabilities that `softmax` wrote beside them."""
    wanted = tuple(columns) or (tuple(classes) or (network.output_names if network else ()) if layout.names else ())
    if not wanted and layout.names:
        wanted = _beside_probabilities(layout)
    if wanted and not columns and all(name not in layout.names for name in wanted):
        named_so = tuple(map(probability_name, wanted))
        if all(name in layout.names for name in named_so):
            return Predictions(tuple(map(layout.find, named_so)), wanted, probabilities=True)
    found = tuple(map(layout.find, wanted)) if wanted else numeric_columns(layout, taken)
    names = named(layout, found)
    if given is not None or loss.kind.takes != "logits":
        return Predictions(found, names, probabilities=given == "probabilities")
    return _logits_or_probabilities(layout, found, names, loss, network)


def _beside_probabilities(layout: Layout) -> tuple[str, ...]:
    """The names in the columns P(name), in their order."""
    return tuple(name[2:-1] for name in layout.names if name.startswith("P(") and name.endswith(")"))


def _logits_or_probabilities(
    layout: Layout, columns: tuple[int, ...], names: tuple[str, ...], loss: Loss, network: Network | None
) -> Predictions:
    """Scores are logits, unless the first row has nothing but probabilities; where that says too little, an error."""
    try:
        first = [float(layout.first[column]) for column in columns] if layout.first else []
    except ValueError:
        first = []
    if not first or not all(0 <= value <= 1 for value in first):
        return Predictions(columns, names, probabilities=False)
    one_distribution = loss.kind.target == "distribution"
    if one_distribution and abs(sum(first) - 1) > _SLACK:
        return Predictions(columns, names, probabilities=False)
    if one_distribution or (network is not None and network.ends_in_probabilities):
        warnings.warn(
            NnlecWarning(
                f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''} look like probabilities and are taken so"
                " (the loss is more exact from logits: forward --logits)"
            ),
            stacklevel=2,
        )
        return Predictions(columns, names, probabilities=True, assumed=True)
    raise NnlecError(
        f"{layout.title(columns[0])} may hold logits or probabilities",
        where=layout.place,
        hint="--given logits or --given probabilities says which",
    )


def _check_probabilities(predicted: Array, found: Predictions, loss: Loss) -> None:
    """Raises `BadRows` for what is no probability; a sum other than 1 is a warning where they were said to be such."""
    outside = np.any((predicted < 0) | (predicted > 1), axis=1)
    wrong = Problem(found.columns[0], "no probability, expected 0 to 1", _HINT)
    problems = dict.fromkeys(np.flatnonzero(outside).tolist(), wrong)
    if loss.kind.target == "distribution":
        sums = predicted.sum(axis=1)
        off = (np.abs(sums - 1) > _SLACK) & ~outside
        if off.any() and not found.assumed:
            row = int(np.flatnonzero(off)[0])
            warnings.warn(NnlecWarning(f"some probabilities sum to {sums[row]:.6g}, not to 1"), stacklevel=2)
        elif off.any():
            problems |= {
                int(row): Problem(None, f"the probabilities of the row sum to {sums[row]:.6g}, not to 1", _HINT)
                for row in np.flatnonzero(off)
            }
    if problems:
        raise BadRows(problems)


_HINT = "--given logits if they are scores"
