"""Layer kinds, one file and one row each: what a kind is made of, its terms, its fast pass over many rows.

To add one, write its file and add its row here. From the row come the YAML keys, the help, the error that lists what is
known, `nnlec list layers`, the exact value, the working on paper, the drawing, and the test of its own example.
"""

from __future__ import annotations

from nnlec.errors import same_name, unknown
from nnlec.network.layers import dense, scale
from nnlec.network.layers.dense import Dense
from nnlec.network.layers.interface import ArrayKey, Layer, LayerKind, Term, UnitTerms, Values
from nnlec.network.layers.scale import Scale

__all__ = ["LAYERS", "ArrayKey", "Dense", "Layer", "LayerKind", "Scale", "Term", "UnitTerms", "Values", "layer_kind"]

_ROWS: tuple[LayerKind, ...] = (dense.ROW, scale.ROW)

LAYERS: dict[str, LayerKind] = {row.name: row for row in _ROWS}


def layer_kind(name: str) -> LayerKind:
    """The kind of that name, whatever its case and dashes. Raises `NnlecError` for an unknown one.

    >>> layer_kind("dense").name
    'dense'
    """
    kind = next((row for row in _ROWS if same_name(row.name, name)), None)
    if kind is None:
        raise unknown("layer type", name, LAYERS, listed_by="`nnlec list layers`")
    return kind
