"""What `loss` and `evaluate` say of a table, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Table
from nnlec.rendering.explain.figures import Style

_MERITS = ("accuracy", "mse", "mae", "rmse", "r2")


def describe_evaluation(record: Mapping[str, Any], style: Style) -> Document:
    """The mean loss and the figures of merit; for classifiers each class, and the confusion matrix."""
    reduction = "sum" if "sum" in record else "mean"
    names = [name for name in _MERITS if name in record]
    reduced = [_figure(record[key], style) for key in (reduction, *names)]
    summary = Table(("loss", "rows", reduction, *names), ((record["loss"], Number(f"{record['rows']:,}"), *reduced),))
    blocks: list[Block] = [summary]
    if "classes" in record:
        blocks += _classes(record, style)
    if len(record.get("outputs", ())) > 1:
        figures = _MERITS[1:]
        rows = tuple((each["name"], *(_figure(each[key], style) for key in figures)) for each in record["outputs"])
        blocks.append(Table(("output", *figures), rows))
    return tuple(blocks)


def _classes(record: Mapping[str, Any], style: Style) -> list[Block]:
    classes: list[str] = record["classes"]
    several = bool(record["confusion"]) and isinstance(record["confusion"][0][0], list)
    each = Table(
        ("class", "precision", "recall"),
        tuple(
            (name, _figure(precision, style), _figure(recall, style))
            for name, precision, recall in zip(classes, record["precision"], record["recall"], strict=True)
        ),
    )
    if several:
        counts = [
            (name, (hit, alarm, miss, rest))
            for name, ((rest, alarm), (miss, hit)) in zip(classes, record["confusion"], strict=True)
        ]
        columns = ("label", "found", "wrongly found", "missed", "rightly not found")
        return [each, Heading("Labels", 2), Table(columns, tuple(_counted(name, row) for name, row in counts))]
    confusion = tuple(_counted(name, row) for name, row in zip(classes, record["confusion"], strict=True))
    return [each, Heading("Confusion: rows are the truth, columns the prediction", 2), Table(("", *classes), confusion)]


def _counted(name: str, counts: Sequence[int]) -> tuple[Cell, ...]:
    return (name, *(Number(f"{count:,}") for count in counts))


def _figure(value: float | None, style: Style) -> Cell:
    if value is None:
        return "-"
    return Number(style.rounding.text(Decimal(repr(value))))
