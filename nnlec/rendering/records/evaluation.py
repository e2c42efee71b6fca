"""What `loss` and `evaluate` say of a table, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnlec.tables.metrics import Evaluation, MeanLoss


def mean_loss_record(loss: MeanLoss) -> dict[str, object]:
    """{loss, rows, mean} or {loss, rows, sum}; the mean of no rows is None."""
    return {"loss": loss.loss, "rows": loss.rows, loss.reduction: loss.value}


def evaluation_record(evaluation: Evaluation, by: str | None = None) -> dict[str, Any]:
    """{loss, rows, mean}, the figures of every metric, and `groups` where they are asked for.

    None stands where a figure has no value; `notes` say why.
    """
    head = {"loss": None, "rows": evaluation.rows} if evaluation.loss is None else mean_loss_record(evaluation.loss)
    record = head | evaluation.measured.result()
    if by is not None:
        groups = {name: evaluation_record(group) for name, group in sorted(evaluation.groups.items())}
        record |= {"by": by, "groups": groups}
    return record


def evaluation_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for all rows and one for each group: every figure that is one number."""
    lines = [_line("", record), *(_line(name, group) for name, group in record.get("groups", {}).items())]
    keys = dict.fromkeys(key for line in lines for key in line)
    return [{key: line.get(key, "") for key in keys} for line in lines]


def _line(group: str, record: Mapping[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {"group": group}
    for key, value in record.items():
        if isinstance(value, Mapping) and key in ("macro", "weighted"):
            line |= {f"{key}_{name}": _cell(figure) for name, figure in value.items()}
        elif value is None or (isinstance(value, int | float | str) and key != "by"):
            line[key] = _cell(value)
    return line


def _cell(value: Any) -> Any:
    return "" if value is None else value
