"""Layer kinds, one file and one row each: what a kind is made of, its terms, its fast pass over many rows.

To add one, write its file and add its name here. From the file's row come the YAML keys, the help, the error that lists
what is known, `nnlec list layers`, the exact value, the working on paper, the drawing, and the test of its own example.
A kind's file is read when a network has such a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError, same_name, unknown
from nnlec.network.layers.checks import Shape
from nnlec.network.layers.dense import Dense
from nnlec.network.layers.interface import ArrayKey, Layer, LayerKind, Term, UnitTerms, Values

if TYPE_CHECKING:
    from nnlec.network.layers.scale import Scale as Scale

__all__ = ["LAYERS", "ArrayKey", "Dense", "Layer", "LayerKind", "Shape", "Term", "UnitTerms", "Values", "layer_kind"]

FILES: tuple[str, ...] = (
    "dense",
    "conv",
    "max_pool",
    "average_pool",
    "flatten",
    "reshape",
    "transpose",
    "scale",
    "batch_norm",
    "layer_norm",
    "dropout",
    "add",
    "multiply",
    "concat",
)
"""The kinds by name, each the name of its file here too, in the order in which they are listed."""


_NOT_YET = ("rnn", "simple_rnn", "lstm", "gru", "attention", "self_attention", "multi_head_attention", "transformer")


class _Kinds(Mapping[str, LayerKind]):
    """Name -> row of the registry."""

    def __getitem__(self, name: str) -> LayerKind:
        if name not in FILES:
            raise KeyError(name)
        row: LayerKind = import_module(f"{__name__}.{name}").ROW
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(FILES)

    def __len__(self) -> int:
        return len(FILES)


LAYERS: Mapping[str, LayerKind] = _Kinds()


def layer_kind(name: str) -> LayerKind:
    """The kind of that name, whatever its case and dashes. Raises `NnlecError` for an unknown one.

    >>> layer_kind("dense").name
    'dense'
    """
    known = next((each for each in LAYERS if same_name(each, name)), None)
    if known is None and any(same_name(each, name) for each in _NOT_YET):
        raise NnlecError(f"a layer of type {name!r}: recurrent and attention layers are not known yet")
    if known is None:
        raise unknown("layer type", name, LAYERS, listed_by="`nnlec list layers`")
    return LAYERS[known]


def __getattr__(name: str) -> object:
    """The class of a kind: `MaxPool`, of the file max_pool."""
    file = next((each for each in FILES if each.replace("_", "") == name.lower() and not name.islower()), None)
    if file is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{file}"), name)
