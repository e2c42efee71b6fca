"""What the layers of a network give for the rows of a table, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlec.tables.stats import LayerStats, Moments, Stats


def stats_record(stats: Stats) -> dict[str, Any]:
    """{rows, layers: [...]}, or {rows, layer, activation, units: [...]} of one layer; None where there is no number."""
    if stats.by_unit:
        (layer,) = stats.layers
        units = [_unit(layer, j) for j in range(len(layer.units))]
        return {"rows": stats.rows, "layer": layer.name, "activation": layer.activation, "units": units}
    return {"rows": stats.rows, "layers": [_layer(layer) for layer in stats.layers]}


def stats_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for each layer, or for each unit."""
    return [
        {
            key: "" if value is None else str(value).lower() if isinstance(value, bool) else value
            for key, value in line.items()
        }
        for line in record.get("layers") or record["units"]
    ]


def _layer(layer: LayerStats) -> dict[str, Any]:
    (moments,) = layer.moments
    always = layer.always_saturated
    return {
        "name": layer.name,
        "activation": layer.activation,
        "units": len(layer.units),
        **_figures(moments, np.fmin.reduce(layer.least), np.fmax.reduce(layer.largest), layer.zeros.sum()),
        "dead": int(layer.dead.sum()),
        "saturated": None if always is None else int(always.sum()),
    }


def _unit(layer: LayerStats, unit: int) -> dict[str, Any]:
    always = layer.always_saturated
    return {
        "name": layer.units[unit],
        **_figures(layer.moments[unit], layer.least[unit], layer.largest[unit], layer.zeros[unit]),
        "dead": bool(layer.dead[unit]),
        "saturated": None if always is None else bool(always[unit]),
    }


def _figures(moments: Moments, least: float, largest: float, zeros: int) -> dict[str, float | None]:
    return {
        "min": _number(least),
        "mean": moments.mean,
        "max": _number(largest),
        "deviation": moments.deviation,
        "zeros": int(zeros) / moments.count if moments.count else None,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
