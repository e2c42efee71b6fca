"""A comparison of two networks, as plain values."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlec.grading.differences import Comparison
    from nnlec.network.network import Network


def differences_record(found: Comparison, first: Network, second: Network | None, rows: str) -> dict[str, Any]:
    """{same, input, precision, layers: [...], difference, unused}; None where there is no number."""
    return {
        "same": found.difference is None,
        "input": rows,
        "precision": "float32" if found.single else "float64",
        "layers": [
            {
                "layer": pair.item.layer,
                "name": pair.item.name,
                "shape": list(pair.item.shape),
                "partner": pair.partner or None,
                "distance": pair.distance,
            }
            for pair in found.pairs
        ],
        "difference": _difference(found, first, second),
        "unused": list(found.unused),
    }


def _difference(found: Comparison, first: Network, second: Network | None) -> dict[str, Any] | None:
    difference = found.difference
    if difference is None:
        return None
    layer = first.layers[difference.layer - 1]
    size = f"{layer.kind} {layer.n_in} -> {layer.n_out}"
    other: str | None = found.candidate or None
    if second is not None and difference.other:
        other = second.layers[difference.other - 1].name
    a, b = (value if isfinite(value) else None for value in difference.values)
    return {
        "layer": f"{difference.layer}, {layer.name} ({size})",
        "other": other,
        "given_the_same": difference.given_the_same,
        "worst": list(difference.worst),
        "a": a,
        "b": b,
        "wrong": difference.wrong,
        "of": difference.of if a is not None and b is not None else 0,
        "causes": list(difference.causes),
    }
