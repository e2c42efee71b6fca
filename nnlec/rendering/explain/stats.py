"""What the layers of a network give for the rows of a table, as a table: a line for each layer, or for each unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnlec.rendering.document import Cell, Document, Number, Prose, Table, UserName
from nnlec.rendering.explain.figures import Style, measured
from nnlec.text import counted

_FIGURES = ("min", "mean", "max", "deviation", "zeros")


def describe_stats(record: Mapping[str, Any], style: Style) -> Document:
    """The record of `stats` as a table, and over how many rows it is."""
    units = "units" in record
    columns = ("unit", *_FIGURES, "") if units else ("layer", "units", *_FIGURES, "dead", "saturated")
    lines = [_unit(line, style) if units else _layer(line, style) for line in record.get("layers") or record["units"]]
    rows = counted(record["rows"], "row")
    of = f"{record['layer']} ({record['activation']}), {rows}" if units else rows
    return (Table(columns, tuple(lines)), Prose(f"{of}; zeros is the share of outputs that are 0."))


def _layer(line: Mapping[str, Any], style: Style) -> tuple[Cell, ...]:
    saturated = "-" if line["saturated"] is None else Number(str(line["saturated"]))
    figures = [measured(line[name], style) for name in _FIGURES]
    return (UserName(line["name"]), Number(f"{line['units']:,}"), *figures, Number(str(line["dead"])), saturated)


def _unit(line: Mapping[str, Any], style: Style) -> tuple[Cell, ...]:
    remark = "dead" if line["dead"] else "saturated" if line["saturated"] else ""
    return (UserName(line["name"]), *(measured(line[name], style) for name in _FIGURES), remark)
