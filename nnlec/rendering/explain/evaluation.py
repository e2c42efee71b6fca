"""What `loss` and `evaluate` say of a table, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Table
from nnlec.rendering.explain.figures import Style
from nnlec.tables.metrics import ClassMetrics, ErrorMetrics, Evaluation, LabelMetrics, MeanLoss

_ERRORS = ("mse", "mae", "rmse", "r2")


def describe_mean_loss(loss: MeanLoss, style: Style) -> Document:
    """The mean loss, or the sum."""
    return (_summary(loss, (), (), style),)


def describe_evaluation(evaluation: Evaluation, style: Style) -> Document:
    """The mean loss and the metrics; for classifiers each class, and the confusion matrix."""
    metrics = evaluation.metrics
    if isinstance(metrics, ErrorMetrics):
        values = [getattr(metrics, name) for name in _ERRORS]
        assert evaluation.loss is not None
        return (_summary(evaluation.loss, _ERRORS, values, style), *_outputs(metrics, style))
    each = Table(
        ("class", "precision", "recall"),
        tuple(
            (name, _figure(precision, style), _figure(recall, style))
            for name, precision, recall in zip(metrics.classes, metrics.precision, metrics.recall, strict=True)
        ),
    )
    confusion = _confusion(metrics) if isinstance(metrics, ClassMetrics) else _labels(metrics)
    if evaluation.loss is None:
        return (Table(("accuracy",), ((_figure(metrics.accuracy, style),),)), each, *confusion)
    return (_summary(evaluation.loss, ("accuracy",), (metrics.accuracy,), style), each, *confusion)


def _summary(loss: MeanLoss, names: Sequence[str], values: Sequence[float | None], style: Style) -> Table:
    figures = [_figure(value, style) for value in (loss.value, *values)]
    return Table(("loss", "rows", loss.reduction, *names), ((loss.loss, Number(f"{loss.rows:,}"), *figures),))


def _outputs(metrics: ErrorMetrics, style: Style) -> list[Block]:
    if len(metrics.outputs) < 2:
        return []
    rows = tuple(
        (output.name, *(_figure(getattr(output, name), style) for name in _ERRORS)) for output in metrics.outputs
    )
    return [Table(("output", *_ERRORS), rows)]


def _confusion(metrics: ClassMetrics) -> list[Block]:
    rows = zip(metrics.classes, metrics.confusion.tolist(), strict=True)
    table = Table(("", *metrics.classes), tuple(_counted(name, row) for name, row in rows))
    return [Heading("Confusion: rows are the truth, columns the prediction", 2), table]


def _labels(metrics: LabelMetrics) -> list[Block]:
    rows = [
        _counted(name, (hit, alarm, miss, rest))
        for name, ((rest, alarm), (miss, hit)) in zip(metrics.classes, metrics.confusion.tolist(), strict=True)
    ]
    columns = ("label", "true positives", "false positives", "false negatives", "true negatives")
    return [Heading("Labels", 2), Table(columns, tuple(rows))]


def _counted(name: str, counts: Sequence[int]) -> tuple[Cell, ...]:
    return (name, *(Number(f"{count:,}") for count in counts))


def _figure(value: float | None, style: Style) -> Cell:
    return "-" if value is None else Number(style.rounding.text(Decimal(repr(value))))
