"""The metrics of `evaluate`, one row each. A metric is a record of some rows; records of two parts can be merged.

No figure depends on the order of the rows or on the parts: counts are whole numbers, sums are exact, every figure is
rounded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnlec.tables.measures import calibration, confusion, errors, probabilities, ranking, scatter
from nnlec.tables.measures.interface import USUAL, MeasuredBlock, Metric, MetricKind, Settings

__all__ = ["METRICS", "USUAL", "Measured", "MeasuredBlock", "Metric", "MetricKind", "Settings"]

_ROWS: tuple[MetricKind, ...] = (
    *confusion.ROWS,
    *probabilities.ROWS,
    *ranking.ROWS,
    *calibration.ROWS,
    *errors.ROWS,
    *scatter.ROWS,
)

METRICS: dict[str, MetricKind] = {row.name: row for row in _ROWS}


@dataclass(frozen=True)
class Measured:
    """The metrics of some rows, by name."""

    metrics: Mapping[str, Metric]

    @classmethod
    def of(cls, block: MeasuredBlock, settings: Settings) -> Measured:
        """Every metric that applies to a block."""
        return cls(
            {name: row.measure(block, settings) for name, row in METRICS.items() if row.applies(block, settings)}
        )

    def merge(self, other: Measured) -> Measured:
        """That of both parts, of which `other` is the later one."""
        return Measured({name: metric.merge(other.metrics[name]) for name, metric in self.metrics.items()})

    def result(self) -> dict[str, Any]:
        """The figures of all metrics, and all notes."""
        found: dict[str, Any] = {}
        notes: list[str] = []
        for metric in self.metrics.values():
            result = metric.result()
            notes += result.pop("notes", [])
            found |= {key: value for key, value in result.items() if key != "by_class"}
            found |= {f"{key}_by_class": value for key, value in result.get("by_class", {}).items()}
        return found | {"notes": notes}
