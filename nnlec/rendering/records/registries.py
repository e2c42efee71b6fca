"""The rows of the registries as plain values, for `nnlec list -f json`."""

from __future__ import annotations

from nnlec.network.activations import ActivationKind
from nnlec.network.layers import LayerKind
from nnlec.network.losses import LossKind, loss_formula
from nnlec.network.parameters import Parameter
from nnlec.notation import text
from nnlec.notation.latex import latex


def activation_record(kind: ActivationKind) -> dict[str, object]:
    """{name, aliases, formula, latex, range, parameters, example, source, note} of a row of the registry."""
    return {
        "name": kind.name,
        "aliases": list(kind.aliases),
        "formula": text(kind.formula),
        "latex": latex(kind.formula),
        "range": kind.output_range,
        "parameters": [_parameter(parameter) for parameter in kind.parameters],
        "example": {"inputs": list(kind.example[0]), "outputs": list(kind.example[1])},
        "source": kind.source,
        "note": kind.note,
    }


def layer_kind_record(kind: LayerKind) -> dict[str, object]:
    """{name, computes, keys: [{name, meaning, dimensions, words, required}], example, source} of a row."""
    values, inputs, outputs, shapes = kind.example
    return {
        "name": kind.name,
        "computes": kind.meaning,
        "keys": [
            {
                "name": key.name,
                "meaning": key.meaning,
                "dimensions": list(key.dimensions),
                "words": list(key.words),
                "required": key.required,
            }
            for key in kind.keys
        ],
        "example": {
            "values": dict(values),
            "shapes": [list(shape) for shape in shapes or ((len(inputs),),)],
            "inputs": list(inputs),
            "outputs": list(outputs),
        },
        "source": kind.source,
    }


def loss_kind_record(kind: LossKind) -> dict[str, object]:
    """{name, aliases, formula, latex, takes, target, parameters, example, source} of a row of the registry."""
    predicted, target, value = kind.example
    formula = loss_formula(kind.term, averages=kind.averages, meaning=kind.meaning)
    return {
        "name": kind.name,
        "aliases": list(kind.aliases),
        "formula": text(formula),
        "latex": latex(formula),
        "takes": kind.takes,
        "target": kind.target,
        "parameters": [_parameter(parameter) for parameter in kind.parameters],
        "example": {"predicted": list(predicted), "target": list(target), "value": value},
        "source": kind.source,
    }


def _parameter(parameter: Parameter) -> dict[str, object]:
    default = parameter.default
    return {
        "name": parameter.name,
        "default": list(default) if isinstance(default, tuple) else default,
        "range": parameter.range,
        "meaning": parameter.meaning,
    }
