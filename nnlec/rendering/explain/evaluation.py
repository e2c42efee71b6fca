"""What `loss` and `evaluate` say of a table, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from nnlec.rendering.document import Block, Cell, Document, Heading, Number, Prose, Table, UserName
from nnlec.rendering.explain.figures import Style, measured
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
    return (_line(head, {}, style),)


def titled(document: Document, measured: str) -> Document:
    """The same under a heading, for a page of its own."""
    return (Heading(f"Evaluation of {measured}"), *document)


def describe_evaluation(record: Mapping[str, Any], style: Style, *, full: bool = False) -> Document:
    """The mean loss and the usual metrics, groups, classes and the confusion matrix; with `full` the other figures."""
    usual = _ERRORS if "mse" in record else _FEW
    blocks: list[Block] = [_line(record, usual, style)]
    if "top_k" in record:
        k = record["top_k"]
        blocks.append(Table((f"top-{k} accuracy",), ((measured(record["top_k_accuracy"], style),),)))
    if full:
        named = [(title, measured(record[key], style)) for key, title in _FULL.items() if key in record]
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
    if "top_k" in networks[0]:
        usual = {**usual, "top_k_accuracy": f"top-{networks[0]['top_k']}"}
    known = [key for key in ("mean", *usual) if all(key in each for each in networks)]
    titles = {"mean": "mean loss", **usual}
    rows = tuple((UserName(each["network"]), *_figures(each, known, style)) for each in networks)
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
            blocks += [Heading(UserName(each["network"]), 2), _groups(each, usual, style)]
        if "thresholds" in each:
            blocks += [Heading(f"{each['network']}: predicted where P is above the threshold", 2)]
            blocks.append(_thresholds(each["thresholds"], style))
    return tuple(blocks)


def _line(record: Mapping[str, Any], figures: Mapping[str, str], style: Style) -> Table:
    """Loss, rows and figures in one line."""
    of_loss = [key for key in ("mean", "sum") if key in record]
    known = {key: title for key, title in figures.items() if key in record}
    columns = ("rows", *of_loss, *known.values())
    cells = (_count(record["rows"]), *_figures(record, (*of_loss, *known), style))
    return Table(("loss", *columns), ((record["loss"], *cells),)) if of_loss else Table(columns, (cells,))


def _groups(record: Mapping[str, Any], figures: Mapping[str, str], style: Style) -> Table:
    known = {key: title for key, title in figures.items() if key in record}
    of_loss = ["mean"] if "mean" in record else []
    rows = tuple(
        (UserName(name), _count(each["rows"]), *_figures(each, (*of_loss, *known), style))
        for name, each in record["groups"].items()
    )
    return Table((UserName(record["by"]), "rows", *of_loss, *known.values()), rows)


def _outputs(record: Mapping[str, Any], style: Style) -> list[Block]:
    outputs = record["outputs"]
    if len(outputs) < 2:
        return []
    rows = tuple((UserName(each["name"]), *_figures(each, _ERRORS, style)) for each in outputs)
    return [Table(("output", *_ERRORS), rows)]


def _classes(record: Mapping[str, Any], style: Style) -> list[Block]:
    """Precision, recall and F1 of each class, and the confusion matrix or the counts of each label."""
    figures = ("precision", "recall", "f1")
    lines = zip(record["classes"], *(record[key] for key in figures), record["support"], strict=True)
    rows = tuple((UserName(name), *(measured(each, style) for each in of), _count(rows)) for name, *of, rows in lines)
    table = Table(("class", "precision", "recall", "F1", "rows"), rows)
    confusion = record["confusion"]
    if confusion and isinstance(confusion[0][0], list):
        counted = tuple(
            (UserName(name), *map(_count, (hit, alarm, miss, rest)))
            for name, ((rest, alarm), (miss, hit)) in zip(record["classes"], confusion, strict=True)
        )
        columns = ("label", "true positives", "false positives", "false negatives", "true negatives")
        return [table, Heading("Labels", 2), Table(columns, counted)]
    counted = tuple((UserName(name), *map(_count, row)) for name, row in zip(record["classes"], confusion, strict=True))
    heading = Heading("Confusion: rows are the truth, columns the prediction", 2)
    return [table, heading, Table(("", *map(UserName, record["classes"])), counted)]


def _thresholds(lines: Sequence[Mapping[str, Any]], style: Style) -> Table:
    keys = ("threshold", "precision", "recall", "f1")
    several = len({each["class"] for each in lines}) > 1
    rows = tuple((*([UserName(each["class"])] if several else []), *_figures(each, keys, style)) for each in lines)
    return Table((*(["label"] if several else []), "threshold", "precision", "recall", "F1"), rows)


def _reliability(record: Mapping[str, Any], style: Style) -> Table:
    said = ("probability", "frequency")
    rows = tuple(
        (f"{each['from']:g} to {each['to']:g}", _count(each["rows"]), *_figures(each, said, style))
        for each in record["reliability"]
    )
    return Table(("P", "rows", "mean P", "came true"), rows)


def _count(count: float) -> Cell:
    return Number(f"{count:,}" if isinstance(count, int) else f"{count:,.6g}")


def _figures(record: Mapping[str, Any], keys: Iterable[str], style: Style) -> list[Cell]:
    return [measured(record[key], style) for key in keys]
