"""What `loss` and `evaluate` say of a table, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnlec.tables.compare import NetworkEvaluations, mcnemar
from nnlec.tables.measures.confusion import plain
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
        for group in groups.values():
            group.pop("roc", None)  # a hundred curves would hide the figures
        record |= {"by": by, "groups": groups}
    return record


def comparison_record(comparison: NetworkEvaluations, names: Sequence[str], by: str | None = None) -> dict[str, Any]:
    """{networks: [{network, ...}], disagreements: [{networks, both, first, second, neither, mcnemar}]}.

    Of each network the record of its evaluation; of each pair with the first one how many rows who has right.
    """
    evaluated = zip(names, comparison.evaluations, strict=True)
    pairs = []
    for name, tally in zip(names[1:], comparison.right, strict=False):
        neither, second, first, both = map(plain, tally.values)
        p = mcnemar(first, second) if isinstance(first, int) and isinstance(second, int) else None
        counts = {"both": both, "first": first, "second": second, "neither": neither, "mcnemar": p}
        pairs.append({"networks": [names[0], name], **counts})
    networks = [{"network": name, **evaluation_record(each, by)} for name, each in evaluated]
    return {"networks": networks, "disagreements": pairs}


def comparison_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of each network's evaluation, its name in front."""
    lines = [line | {"network": each["network"]} for each in record["networks"] for line in evaluation_rows(each)]
    return _completed(lines, ["network"])


def evaluation_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for all rows and one for each group: every figure that is one number."""
    return _completed([_line("", record), *(_line(name, group) for name, group in record.get("groups", {}).items())])


def _completed(lines: Sequence[Mapping[str, Any]], first: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The lines with the same keys each, "" where one has nothing."""
    keys = dict.fromkeys([*first, *(key for line in lines for key in line)])
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
