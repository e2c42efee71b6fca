"""The registries as tables: what can be chosen, its formula, and what shapes it."""

from __future__ import annotations

from collections.abc import Sequence

from nnlec.arithmetic.numbers import shortest
from nnlec.network.activations import ACTIVATIONS
from nnlec.network.layers import LAYERS, ArrayKey
from nnlec.network.losses import LOSSES, loss_formula
from nnlec.network.parameters import ANY_NUMBER, Parameter
from nnlec.rendering.document import Cell, Document, Prose, Table


def describe_activations() -> Document:
    """Every activation: its names, formula, output range and parameters, and where other libraries differ."""
    rows = tuple(
        (
            _names(kind.name, kind.aliases),
            kind.formula,
            kind.output_range,
            _parameters(kind.parameters),
        )
        for kind in ACTIVATIONS.values()
    )
    notes = tuple(Prose(f"{kind.name}: {kind.note}") for kind in ACTIVATIONS.values() if kind.note)
    return (Table(("activation", "formula", "range", "parameters"), rows), *notes)


def describe_losses() -> Document:
    """Every loss: its names, formula, what it takes and compares with, and parameters."""
    rows = tuple(
        (
            _names(kind.name, kind.aliases),
            loss_formula(kind.term, averages=kind.averages, meaning=kind.meaning),
            f"f: {kind.takes}; g: {_TARGETS[kind.target]}",
            _parameters(kind.parameters),
        )
        for kind in LOSSES.values()
    )
    return (Table(("loss", "formula", "compares", "parameters"), rows),)


def describe_layers() -> Document:
    """Every kind of layer: what it computes, and the keys it takes in a network file."""
    rows = tuple((kind.name, kind.meaning, "; ".join(map(_key, kind.keys)), kind.source) for kind in LAYERS.values())
    return (Table(("type", "computes", "keys", "elsewhere"), rows),)


def _key(key: ArrayKey) -> str:
    words = (f"or {word}" for word in key.words if word not in key.meaning)
    return f"{key.name}: {', '.join((key.meaning, *words))}"


def describe_names(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Document:
    """A plain table of words."""
    cells: tuple[tuple[Cell, ...], ...] = tuple(tuple(row) for row in rows)
    return (Table(tuple(columns), cells),)


_TARGETS = {
    "distribution": "distribution",
    "each": "each 0 to 1",
    "real": "true values",
    "sign": "each -1 or 1",
}


def _names(name: str, aliases: Sequence[str]) -> str:
    return f"{name} ({', '.join(aliases)})" if aliases else name


def _parameters(parameters: Sequence[Parameter]) -> str:
    return "; ".join(f"{p.name} = {_default(p)}{_range(p)}" for p in parameters)


def _range(parameter: Parameter) -> str:
    return f" ({parameter.range})" if parameter.range != ANY_NUMBER else ""


def _default(parameter: Parameter) -> str:
    """The default as text; "none" for a list that is empty."""
    if isinstance(parameter.default, float):
        return shortest(parameter.default)
    return str(parameter.default) if parameter.default else "none"
