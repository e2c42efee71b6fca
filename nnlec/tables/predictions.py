"""`evaluate` without a network: predictions of any program are columns of the table, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nnlec.errors import NnlecError
from nnlec.network.activations import sigmoid, softmax
from nnlec.network.losses import Loss, loss
from nnlec.network.meaning import expect_classes, usual_loss_of_scores
from nnlec.tables.evaluate import EvaluatePlan, beside_of, expect_ranks, expect_threshold
from nnlec.tables.loss import Predictions, RowLosses, prediction_columns, row_losses
from nnlec.tables.measures import USUAL, MeasuredBlock, Settings
from nnlec.tables.rows import Rows, Selection
from nnlec.tables.targets import LabelColumn, TargetColumns, target_columns, target_of
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.parameters import ParameterValue
    from nnlec.tables.header import Header

Predicted = Literal["probabilities", "logits", "labels", "numbers"]
"""What the columns of predictions hold."""

USUAL_NAMES = ("0", "1")
"""The classes of one probability where none are named."""


@dataclass(frozen=True)
class ScorePredictor:
    """Columns of probabilities, logits or numbers; one column of the first two is about the second of two classes."""

    given: Predicted
    names: tuple[str, ...]
    loss: Loss
    predictions: Predictions
    target: TargetColumns
    threshold: float | None = None

    @property
    def selection(self) -> Selection:
        """Predictions and target."""
        return Selection(self.predictions.columns).and_then(self.target.selection)

    def measured(self, rows: Rows) -> tuple[MeasuredBlock, RowLosses | None]:
        """The predictions as they are."""
        scores = self.predictions.read(rows, self.loss)
        targets = self.target.read(rows)
        probable = self.given == "probabilities"
        losses = row_losses(self.loss, scores, targets.values, given_probabilities=probable)
        if self.given == "numbers":
            return MeasuredBlock("numbers", self.names, targets.values, scores), losses
        plain = loss(self.loss.name)  # with natural logarithms, all classes alike
        natural = (
            losses.values if self.loss == plain else plain.value(scores, targets.values, given_probabilities=probable)
        )
        pointwise = self.loss.kind.target == "each"
        p = scores if probable else sigmoid(scores) if pointwise else softmax(scores)
        cut = 0.5 if self.threshold is None else self.threshold
        if pointwise and len(self.predictions.columns) > 1:
            applies = scores > 0 if self.threshold is None and not probable else p > cut
            return MeasuredBlock("labels", self.names, targets.values >= 0.5, applies, p, scores, p, natural), losses
        classes = targets.one_class() if targets.classes is not None or not pointwise else _second(targets.values)
        if pointwise:
            chosen = _second(scores - (0.5 if probable else 0)) if self.threshold is None else _second(p - cut)
            other = 1.0 - p if probable else sigmoid(-scores)
            p, scores = np.concatenate([other, p], axis=1), np.concatenate([-scores, scores], axis=1)
        else:
            chosen = scores.argmax(axis=1)
        return MeasuredBlock("classes", self.names, classes, chosen, p, scores, p, natural), losses


@dataclass(frozen=True)
class LabelPredictor:
    """A column of predicted labels; without `classes`, those that are found are the classes."""

    names: tuple[str, ...]
    predicted: LabelColumn
    target: LabelColumn
    loss: ClassVar[None] = None

    @property
    def selection(self) -> Selection:
        """Target and prediction."""
        return self.target.selection.and_then(self.predicted.selection)

    def measured(self, rows: Rows) -> tuple[MeasuredBlock, RowLosses | None]:
        """The labels compared."""
        truth, found = rows.texts[:2]
        if not self.names:
            own, other = (np.array(each.values, object)[each.codes] for each in (truth, found))
            return MeasuredBlock("names", (), own, other), None
        predicted = self.predicted.read(rows._replace(texts=(found,))).one_class()
        return MeasuredBlock("classes", self.names, self.target.read(rows).one_class(), predicted), None


_OTHERWISE = "--logits if they are scores, --numbers if they are predicted numbers"


def plan_predictions(
    header: Header,
    given: Predicted,
    target: Sequence[str],
    name: str | None,
    options: Mapping[str, ParameterValue],
    *,
    columns: Sequence[str] = (),
    classes: Sequence[str] = (),
    threshold: float | None = None,
    settings: Settings = USUAL,
    weights: str | None = None,
    by: str | None = None,
) -> EvaluatePlan:
    """The predictions are in the columns asked for, of the classes, else in all numbers; `name` is that of the loss.

    Raises `NnlecError` where they do not fit the loss, the classes or the target.
    """
    targets, beside = target_columns(header, target), beside_of(header, weights, by)
    if given == "labels":
        expect_threshold(threshold, settings, "labels without probabilities")
        expect_ranks(settings, "labels without scores")
        return EvaluatePlan(_labels(header, targets, columns, classes), settings, *beside)
    taken = (*targets, *(each for each in beside if each is not None))
    found, names = prediction_columns(header, taken, columns, () if given == "numbers" else classes, None)
    if set(found) & set(targets):
        raise NnlecError("a column is both prediction and target", where=header.place)
    width = len(found)
    usual = "mean-squared-error" if given == "numbers" else usual_loss_of_scores(width, None)
    chosen = loss(name or usual, options)
    expect_classes(chosen, width)
    _expect_fit(chosen, given)
    if given != "numbers":
        names = tuple(classes) or (USUAL_NAMES if width == 1 else names)
        if len(names) != max(width, 2):
            what = f"{counted(len(names), 'class name')} for {counted(width, 'prediction')} in a row"
            raise NnlecError(what, where=header.place)
        expect_threshold(threshold, settings, "binary" if chosen.kind.target == "each" else "several classes")
    elif classes:
        raise NnlecError("numbers are of no classes", where="--classes")
    if given == "numbers" or (chosen.kind.target == "each" and width > 1):
        expect_ranks(settings, "numbers" if given == "numbers" else "several labels in a row")
    meaning: Literal["probabilities", "scores"] = "probabilities" if given == "probabilities" else "scores"
    reading = target_of(chosen, targets, () if given == "numbers" else names, width, header.place)
    predictor = ScorePredictor(given, names, chosen, Predictions(found, names, meaning, _OTHERWISE), reading, threshold)
    return EvaluatePlan(predictor, settings, *beside)


def _labels(header: Header, targets: tuple[int, ...], columns: Sequence[str], classes: Sequence[str]) -> LabelPredictor:
    found = header.choose(columns) if columns else header.without(targets)
    if len(found) != 1 or len(targets) != 1:
        hint = "--columns names the predicted labels, --target-column the true ones"
        raise NnlecError("labels are compared with labels, a column with a column", where=header.place, hint=hint)
    names = tuple(classes)
    truth, guess = (LabelColumn(column, names, len(names), "distribution") for column in (*targets, *found))
    return LabelPredictor(names, guess, truth)


def _expect_fit(chosen: Loss, given: Predicted) -> None:
    takes = "outputs" if given == "numbers" else "logits"
    if chosen.kind.takes != takes:
        hint = "" if given == "numbers" else "--numbers compares numbers"
        raise NnlecError(f"{chosen.name} takes {chosen.kind.takes}, not {given}", where="--loss", hint=hint)


def _second(values: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """(rows,): 1 where the one column is above 0."""
    return (values[:, 0] > 0).astype(np.intp)
