"""What `loss` and `evaluate` say of a table, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from nnlec.rendering.document import Block, Cell, Document, Given, Heading, Number, Prose, Table
from nnlec.rendering.explain.figures import Style
from nnlec.tables.metrics import MeanLoss

_ERRORS = {"mse": "mse", "mae": "mae", "rmse": "rmse", "r2": "r2"}
_FEW = {"accuracy": "accuracy", "balanced_accuracy": "balanced"}
_FULL = {
    "log_loss": "log loss",
    "brier": "Brier score",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "calibration_error": "calibration error",
    "median_error": "median error",
    "largest_error": "largest error",
    "largest_row": "its row",
}
"""The key of a figure -> what a table calls it."""


def describe_mean_loss(loss: MeanLoss, style: Style) -> Document:
    """The mean loss, or the sum."""
    head = {"loss": loss.loss, "rows": loss.rows, loss.reduction: loss.value}
    return (_lines([head], {}, style),)


def titled(document: Document, measured: str) -> Document:
    """The same under a heading, for a page of its own."""
    return (Heading(f"Evaluation of {measured}"), *document)


def describe_evaluation(record: Mapping[str, Any], style: Style, *, full: bool = False) -> Document:
    """The mean loss and the usual metrics, groups, classes and the confusion matrix; with `full` the other figures."""
    usual = _ERRORS if "mse" in record else _FEW
    blocks: list[Block] = [_lines([record], usual, style)]
    if "top_k" in record:
        k = record["top_k"]
        blocks.append(Table((f"top-{k} accuracy",), ((_figure(record["top_k_accuracy"], style),),)))
    if full:
        named = [(title, _figure(record[key], style)) for key, title in _FULL.items() if key in record]
        blocks.append(Table(("figure", "value"), tuple(named)))
    if "groups" in record:
        blocks.append(_groups(record, usual, style))
    blocks += _outputs(record, style) if "mse" in record else _classes(record, style)
    if "thresholds" in record:
        blocks += [Heading("Predicted where P is above the threshold", 2), _thresholds(record["thresholds"], style)]
    if full and record.get("reliability"):
        blocks += [Heading("Reliability: how often what was said came true", 2), _reliability(record, style)]
    return (*blocks, *(Prose(f"{note[0].upper()}{note[1:]}.") for note in record["notes"]))


def describe_comparison(record: Mapping[str, Any], style: Style) -> Document:
    """The networks side by side, and how many rows one of two has right."""
    networks = record["networks"]
    usual = _ERRORS if "mse" in networks[0] else _FEW
    usual = {**usual, **({"top_k_accuracy": f"top-{networks[0]['top_k']}"} if "top_k" in networks[0] else {})}
    known = [key for key in ("mean", *usual) if all(key in each for each in networks)]
    titles = {"mean": "mean loss", **usual}
    rows = tuple((Given(each["network"]), *(_figure(each[key], style) for key in known)) for each in networks)
    blocks: list[Block] = [Table(("network", *(titles[key] for key in known)), rows)]
    for pair in record["disagreements"]:
        first, second = pair["networks"]
        said = {"both": "both", "first": f"only {first}", "second": f"only {second}", "neither": "neither"}
        cells = tuple((title, _count(pair[key])) for key, title in said.items())
        blocks.append(Table(("right is", "rows"), cells))
        if pair["mcnemar"] is not None:
            p = style.rounding.text(Decimal(repr(pair["mcnemar"])))
            blocks.append(Prose(f"Were both equally good, one would be this far ahead with probability {p} (McNemar)."))
    for each in networks:
        if "groups" in each:
            blocks += [Heading(each["network"], 2), _groups(each, usual, style)]
        if "thresholds" in each:
            blocks += [Heading(f"{each['network']}: predicted where P is above the threshold", 2)]
            blocks.append(_thresholds(each["thresholds"], style))
    return tuple(blocks)


def _lines(records: Sequence[Mapping[str, Any]], figures: Mapping[str, str], style: Style) -> Table:
    """Loss, rows and figures, one line for each record."""
    (first, *_) = records
    of_loss = [key for key in ("mean", "sum") if key in first]
    known = {key: title for key, title in figures.items() if key in first}
    columns = (*(["loss"] if of_loss else []), "rows", *of_loss, *known.values())
    rows = tuple(
        (
            *([each["loss"]] if of_loss else []),
            Number(f"{each['rows']:,}"),
            *(_figure(each[key], style) for key in (*of_loss, *known)),
        )
        for each in records
    )
    return Table(columns, rows)


def _groups(record: Mapping[str, Any], figures: Mapping[str, str], style: Style) -> Table:
    known = {key: title for key, title in figures.items() if key in record}
    of_loss = ["mean"] if "mean" in record else []
    rows = tuple(
        (Given(name), Number(f"{each['rows']:,}"), *(_figure(each[key], style) for key in (*of_loss, *known)))
        for name, each in record["groups"].items()
    )
    return Table((Given(record["by"]), "rows", *of_loss, *known.values()), rows)


def _outputs(record: Mapping[str, Any], style: Style) -> list[Block]:
    outputs = record["outputs"]
    if len(outputs) < 2:
        return []
    rows = tuple((Given(each["name"]), *(_figure(each[key], style) for key in _ERRORS)) for each in outputs)
    return [Table(("output", *_ERRORS), rows)]


def _classes(record: Mapping[str, Any], style: Style) -> list[Block]:
    """Precision, recall and F1 of each class, and the confusion matrix or the counts of each label."""
    figures = ("precision", "recall", "f1")
    lines = zip(record["classes"], *(record[key] for key in figures), record["support"], strict=True)
    rows = tuple((Given(name), *(_figure(each, style) for each in found), _count(rows)) for name, *found, rows in lines)
    table = Table(("class", "precision", "recall", "F1", "rows"), rows)
    confusion = record["confusion"]
    if confusion and isinstance(confusion[0][0], list):
        counted = tuple(
            (Given(name), *map(_count, (hit, alarm, miss, rest)))
            for name, ((rest, alarm), (miss, hit)) in zip(record["classes"], confusion, strict=True)
        )
        columns = ("label", "true positives", "false positives", "false negatives", "true negatives")
        return [table, Heading("Labels", 2), Table(columns, counted)]
    counted = tuple((Given(name), *map(_count, row)) for name, row in zip(record["classes"], confusion, strict=True))
    heading = Heading("Confusion: rows are the truth, columns the prediction", 2)
    return [table, heading, Table(("", *map(Given, record["classes"])), counted)]


def _thresholds(lines: Sequence[Mapping[str, Any]], style: Style) -> Table:
    keys = ("threshold", "precision", "recall", "f1")
    several = len({each["class"] for each in lines}) > 1
    rows = tuple(
        (*([Given(each["class"])] if several else []), *(_figure(each[key], style) for key in keys)) for each in lines
    )
    return Table((*(["label"] if several else []), "threshold", "precision", "recall", "F1"), rows)


def _reliability(record: Mapping[str, Any], style: Style) -> Table:
    rows = tuple(
        (f"{each['from']:g} to {each['to']:g}", _count(each["rows"]), *(_figure(each[key], style) for key in _SAID))
        for each in record["reliability"]
    )
    return Table(("P", "rows", "mean P", "came true"), rows)


_SAID = ("probability", "frequency")


def _count(count: float) -> Cell:
    return Number(f"{count:,}" if isinstance(count, int) else f"{count:,.6g}")


def _figure(value: float | None, style: Style) -> Cell:
    return "-" if value is None else Number(style.rounding.text(Decimal(repr(value))))
