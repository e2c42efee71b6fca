"""Pairs of a true number and the predicted one, for a picture: a bounded choice, whatever the order of rows.

The pairs whose mixed bits are the smallest are kept, so that the choice is the same for any parts of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.tables.measures.interface import MeasuredBlock, MetricKind, Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnlec.arithmetic.types import Array

    Keys = NDArray[np.uint64]

MOST = 2_000
"""Pairs that are kept of each output."""

_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xBF58476D1CE4E5B9], np.uint64)
_SHIFT = np.uint64(31)


@dataclass(frozen=True)
class Scatter:
    """(pairs, 2) for each output: different pairs, and whether there are more than are kept."""

    outputs: tuple[str, ...]
    kept: tuple[Array, ...]
    more: bool = False

    @classmethod
    def of(cls, block: MeasuredBlock, _settings: Settings) -> Scatter:
        """Those of a block of numbers; a pair that is not finite has no place in a picture."""
        columns = [np.stack(each, axis=1) + 0.0 for each in zip(block.target.T, block.predicted.T, strict=True)]
        return _chosen(block.names, [pairs[np.isfinite(pairs).all(axis=1)] for pairs in columns], more=False)

    def merge(self, other: Scatter) -> Scatter:
        """Those of both parts."""
        both = [np.concatenate(each) for each in zip(self.kept, other.kept, strict=True)]
        return _chosen(self.outputs, both, more=self.more or other.more)

    def result(self) -> dict[str, Any]:
        """{pairs: [{name, pairs: [[true, predicted], ...]}]}."""
        named = [{"name": name, "pairs": each.tolist()} for name, each in zip(self.outputs, self.kept, strict=True)]
        notes = [f"the picture shows {MOST:,} of the different pairs of numbers"] if self.more else []
        return {"pairs": named, "notes": notes}


def _chosen(names: tuple[str, ...], columns: list[Array], *, more: bool) -> Scatter:
    kept = []
    for column in columns:
        different = np.unique(column, axis=0)
        order = np.argsort(_mixed(different), kind="stable")[:MOST]
        kept.append(different[np.sort(order)])
        more = more or len(different) > MOST
    return Scatter(names, tuple(kept), more)


def _mixed(pairs: Array) -> Keys:
    """A number for each pair that looks drawn at random, from the bits of both (the finalizer of SplitMix64)."""
    bits = pairs.view(np.uint64)
    mixed = bits[:, 0] * _FACTORS[0] ^ (bits[:, 1] + _FACTORS[1]) * _FACTORS[2]
    mixed = (mixed ^ (mixed >> _SHIFT)) * _FACTORS[1]
    return np.asarray(mixed ^ (mixed >> _SHIFT))


ROWS = (
    MetricKind(
        "scatter",
        lambda block, settings: settings.pairs and block.compared == "numbers",
        Scatter.of,
        f"up to {MOST:,} pairs of a true and a predicted number (`--picture predicted`)",
    ),
)
