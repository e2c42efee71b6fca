"""What `loss` and `evaluate` say of a table, as plain values."""

from __future__ import annotations

from nnlec.tables.metrics import ErrorMetrics, Evaluation, MeanLoss, OutputErrors


def mean_loss_record(loss: MeanLoss) -> dict[str, object]:
    """{loss, rows, mean} or {loss, rows, sum}; the mean of no rows is None."""
    return {"loss": loss.loss, "rows": loss.rows, loss.reduction: loss.value}


def evaluation_record(evaluation: Evaluation) -> dict[str, object]:
    """{loss, rows, mean} and the metrics of the network's kind; None where a metric has no value.

    {accuracy, classes, confusion, precision, recall} of a classifier, {mse, mae, rmse, r2, outputs} of a regression.
    """
    metrics = evaluation.metrics
    record = mean_loss_record(evaluation.loss) if evaluation.loss is not None else {"loss": None}
    if isinstance(metrics, ErrorMetrics):
        outputs = [{"name": output.name, **_errors(output)} for output in metrics.outputs]
        return record | _errors(metrics) | {"outputs": outputs}
    return record | {
        "accuracy": metrics.accuracy,
        "classes": list(metrics.classes),
        "confusion": metrics.confusion.tolist(),
        "precision": metrics.precision,
        "recall": metrics.recall,
    }


def _errors(of: ErrorMetrics | OutputErrors) -> dict[str, object]:
    return {"mse": of.mse, "mae": of.mae, "rmse": of.rmse, "r2": of.r2}
