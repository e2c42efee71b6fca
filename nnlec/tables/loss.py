"""`loss` on a table: how far each row's prediction is from its target."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.network.losses import Loss, Reduction
from nnlec.network.meaning import expect_classes
from nnlec.network.network import Network
from nnlec.tables.columns import score_columns, score_names
from nnlec.tables.exact import loss_of_rows
from nnlec.tables.header import Header
from nnlec.tables.metrics import MeanLoss
from nnlec.tables.rows import RowError, Rows, Selection, expect_none
from nnlec.tables.softmax import probability_name
from nnlec.tables.targets import SameTarget, TargetColumns, target_columns, target_of
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.plan import Column

GivenTarget = Callable[[Sequence[str], Sequence[str], str], tuple[float, ...]]
"""The one target of all rows, for classes, a name for each prediction, and the kind of target."""

GivenAs = Literal["logits", "probabilities"]
Meaning = Literal["scores", "probabilities", "unknown"]
"""What predictions are: scores that the loss takes as they are, probabilities, or (nobody said it) either."""

_SLACK = 1e-6  # how far a row of probabilities may sum from 1: they may have been written with six digits
_ASK = "--given logits or --given probabilities says which"


class RowLosses(NamedTuple):
    """(rows,): the loss of each row, and what the row counts in the mean."""

    values: Array
    weights: Array


def row_losses(
    loss: Loss, predicted: Array, target: Array, *, given_probabilities: bool = False, exact: bool = False
) -> RowLosses:
    """The losses of a block, with `exact` each correctly rounded; raises `RowErrors` for what the loss cannot take."""
    if loss.kind.takes == "log-probabilities":
        error = RowError(None, "no log-probabilities, expected 0 or less", "--loss cross-entropy takes logits")
        expect_none(np.any(predicted > 0, axis=1), error)
    values_of = loss_of_rows if exact else Loss.value
    values = values_of(loss, predicted, target, given_probabilities=given_probabilities)
    return RowLosses(values, loss.row_weights(target))


@dataclass(frozen=True)
class Predictions:
    """The columns of the predictions, what they are called, and what they are."""

    columns: tuple[int, ...]
    names: tuple[str, ...]
    meaning: Meaning
    otherwise: str = "--given logits if they are scores"
    """What to say of columns that are no probabilities."""

    def read(self, rows: Rows, loss: Loss) -> Array:
        """(rows, n): the predictions, the first columns of the block; raises `RowErrors` for what they cannot be."""
        predicted = np.ascontiguousarray(rows.numbers[:, : len(self.columns)])
        if self.meaning == "probabilities":
            self._expect_probabilities(predicted, loss)
        elif self.meaning == "unknown":
            self._expect_no_probabilities(predicted, loss)
        return predicted

    def _expect_probabilities(self, predicted: Array, loss: Loss) -> None:
        error = RowError(next(iter(self.columns), None), "no probability, expected 0 to 1", self.otherwise)
        expect_none(np.any((predicted < 0) | (predicted > 1), axis=1), error)
        sums = predicted.sum(axis=1)
        off = np.flatnonzero(np.abs(sums - 1) > _SLACK)
        if loss.kind.target == "distribution" and off.size:
            what = f"some probabilities sum to {sums[off[0]]:.6g}, not to 1"
            warnings.warn(NnlecWarning(what, kind="sums of probabilities"), stacklevel=2)

    def _expect_no_probabilities(self, predicted: Array, loss: Loss) -> None:
        """Refuses a row that may be either: scores may be from 0 to 1, and rounded probabilities need not sum to 1."""
        doubtful = np.all((predicted >= 0) & (predicted <= 1), axis=1)
        if loss.kind.target == "distribution":
            doubtful &= np.abs(predicted.sum(axis=1) - 1) <= 0.5
        error = RowError(next(iter(self.columns), None), "may be logits or probabilities", _ASK)
        expect_none(doubtful, error, skippable=False)


@dataclass(frozen=True)
class MeanLossPlan:
    """The mean of the rows' losses, or their sum."""

    loss: Loss
    predictions: Predictions
    target: TargetColumns
    reduction: Reduction = "mean"
    exact: bool = False

    @property
    def selection(self) -> Selection:
        """Predictions and target."""
        return Selection(self.predictions.columns).and_then(self.target.selection)

    def compute(self, rows: Rows) -> MeanLoss:
        """The loss of a block."""
        return MeanLoss.of(self.loss.name, self.reduction, *self.losses(rows))

    def end(self) -> None:
        """Warns of what all targets show."""
        self.target.end()

    def losses(self, rows: Rows) -> RowLosses:
        """The loss of each row of a block."""
        predicted = self.predictions.read(rows, self.loss)
        given = self.predictions.meaning == "probabilities" and self.loss.kind.takes == "logits"
        targets = self.target.read(rows).values
        return row_losses(self.loss, predicted, targets, given_probabilities=given, exact=self.exact)


@dataclass(frozen=True)
class LossPerRowPlan:
    """The loss of each row as a new column beside all others."""

    of: MeanLossPlan
    passthrough: tuple[int, ...]
    passthrough_names: tuple[str, ...]

    @property
    def selection(self) -> Selection:
        """Predictions and target, and what passes through."""
        return self.of.selection._replace(passthrough=self.passthrough)

    @property
    def added(self) -> tuple[str, ...]:
        """One new column."""
        return ("loss",)

    def compute(self, rows: Rows) -> tuple[Column, ...]:
        """The losses of a block."""
        return (self.of.losses(rows).values.reshape(-1, 1),)

    def end(self) -> None:
        """Warns of what all targets show."""
        self.of.end()


def plan_loss(
    header: Header,
    loss: Loss,
    target: Sequence[str],
    *,
    same: GivenTarget | None = None,
    columns: Sequence[str] = (),
    classes: Sequence[str] = (),
    network: Network | None = None,
    given: GivenAs | None = None,
    reduction: Reduction = "mean",
    exact: bool = False,
) -> MeanLossPlan:
    """The predictions are in the columns asked for, of the classes or of the network, else in all numbers.

    With `same`, every row has the target that it gives for the classes.
    """
    targets = target_columns(header, target)
    found, names = prediction_columns(header, targets, columns, classes, network)
    if set(found) & set(targets):
        raise NnlecError("a column is both prediction and target", where=header.place)
    width = len(found)
    expect_classes(loss, width)
    meaning = _meaning(header, found, loss, network, given)
    if classes or (network is not None and network.class_names):
        names = tuple(classes) or (network.class_names if network else ())
    if width == 1 and (loss.kind.target == "real" or len(names) != 2):
        names = ()  # the target is a number
    elif len(names) != (2 if width == 1 else width):
        raise NnlecError(f"{counted(len(names), 'class name')} for {counted(width, 'prediction')}", where=header.place)
    predictions = Predictions(found, names, meaning)
    if same is not None:
        reading: TargetColumns = SameTarget(same(names or ("0", "1"), names[-width:] or ("y1",), loss.kind.target))
    else:
        reading = target_of(loss, targets, names, width, header.place)
    return MeanLossPlan(loss, predictions, reading, reduction, exact)


def plan_loss_per_row(header: Header, **options: Any) -> LossPerRowPlan:
    """The same, with the `options` of `plan_loss`, and every row's loss as a new column."""
    plan = plan_loss(header, **options)
    named = dict(zip(plan.predictions.columns, plan.predictions.names, strict=False))
    return LossPerRowPlan(plan, *header.passing((), named))


def prediction_columns(
    header: Header,
    taken: tuple[int, ...],
    columns: Sequence[str],
    classes: Sequence[str],
    network: Network | None,
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Which columns are predictions, and of which classes. Logits go before the probabilities beside them."""
    named: tuple[str, ...] = ()
    if header.names:
        named = tuple(classes) or (network.output_names if network else ()) or _with_probabilities(header)
    if not any(map(header.has, named)):
        named_so = tuple(map(probability_name, named))
        named = named_so if all(map(header.has, named_so)) else named
    found = score_columns(header, columns, named, taken)
    names = score_names(header, found)
    return found, tuple(name[2:-1] for name in names) if _are_probabilities(names) else names


def _with_probabilities(header: Header) -> tuple[str, ...]:
    """The names in the columns P(name), in their order."""
    return tuple(name[2:-1] for name in header.names if _are_probabilities([name]))


def _are_probabilities(names: Sequence[str]) -> bool:
    return all(name.startswith("P(") and name.endswith(")") for name in names)


def _meaning(
    header: Header, columns: tuple[int, ...], loss: Loss, network: Network | None, given: GivenAs | None
) -> Meaning:
    """What the predictions are: as `given`, by their names, by the network; else unknown.

    Raises `NnlecError` where they are not what the loss takes, and where a network leaves it open.
    """
    names = [header.names[column] for column in columns] if header.names else []
    known = given
    if known is None and names:
        if _are_probabilities(names):
            known = "probabilities"
        elif all(header.has(probability_name(name)) for name in names):
            known = "logits"
    takes = loss.kind.takes
    if takes == "log-probabilities" and known is not None:
        raise NnlecError(f"{loss.name} takes {takes}, not {known}", where=header.place, hint="--loss cross-entropy")
    if known == "probabilities":
        return "probabilities"
    if known == "logits" or takes != "logits":
        return "scores"
    if network is None:
        return "unknown"
    if network.ends_in_probabilities:  # `forward` writes probabilities, `forward --logits` logits of the same names
        raise NnlecError(
            f"{header.title(columns[0])} may hold logits or probabilities of the network",
            where=header.place,
            hint=_ASK,
        )
    return "scores"
