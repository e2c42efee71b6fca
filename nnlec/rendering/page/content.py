"""What stands in a page: the network's names and numbers, an input, and how a loss is computed, all as text."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from nnlec.arithmetic.decimal_functions import working
from nnlec.arithmetic.numbers import Precise, shortest
from nnlec.arithmetic.rounding import Rounding
from nnlec.errors import NnlecError
from nnlec.models.writers.text import plain
from nnlec.models.writers.values import values_of
from nnlec.network.gradient import meets_logits
from nnlec.network.layers import Layer
from nnlec.network.layers.joined import Joined
from nnlec.network.losses import Loss, LossExample
from nnlec.network.losses.targets import target_of_labels
from nnlec.network.meaning import by_logarithms
from nnlec.network.network import Network
from nnlec.network.parameters import ParameterValue
from nnlec.notation import UNICODE, text
from nnlec.text import own

MOST_WEIGHTS = 64 * 64
"""Numbers that a layer may have learned."""

MOST_NUMBERS = 1024
"""Numbers that may come into a layer, or go out."""

MOST_PRODUCTS = 64 * MOST_WEIGHTS
"""Multiplications that a layer may take."""

MANY = 200
"""Weights of a layer whose bytes stand in the page."""

KINDS = frozenset({
    "dense", "conv", "max_pool", "average_pool", "flatten", "reshape", "transpose", "dropout",
    "scale", "batch_norm", "layer_norm", "add", "multiply", "concat",
})  # fmt: skip
"""The kinds of layers that a page computes, by `network.js` and `kinds.js`."""

ACTIVATIONS = frozenset({
    "identity", "step", "sign", "relu", "leaky_relu", "prelu", "hard_sigmoid", "hard_swish", "hard_tanh",
    "thresholded_relu", "shrink", "sigmoid", "tanh", "elu", "selu", "celu", "silu", "mish", "softplus",
    "softsign", "exponential", "gelu", "gelu_tanh", "softmax", "log_softmax", "softmin", "hardmax",
})  # fmt: skip
"""The activations that a page computes, by `activations.js`."""

LOSSES = frozenset({
    "cross-entropy", "binary-cross-entropy", "negative-log-likelihood", "kl-divergence", "huber", "hinge",
    "mean-squared-error", "mean-absolute-error", "half-mean-squared-error",
    "sum-squared-error", "half-sum-squared-error",
})  # fmt: skip
"""The losses that it computes, by `network.js`, and learns from, by `learning.js`."""


class PageExample(NamedTuple):
    """What a page begins with: the input, how figures are shown, a loss to compare with, and the rate of a step.

    `path` is the network's file, as the command line in the page names it.
    """

    inputs: Sequence[float]
    rounding: Rounding
    path: str
    loss: LossExample | None = None
    rate: str = "0.1"


def content(network: Network, example: PageExample) -> dict[str, Any]:
    """The content of a network's page. Raises `NnlecError` for a network that no page computes."""
    _expect_computed(network)
    last = network.layers[-1].activation
    rounding = example.rounding
    return {
        "title": network.name or own("A neural network"),
        "name": network.name,
        "path": example.path,
        "inputs": network.input_names,
        "named": bool(network.inputs),
        "x": [_written(x) for x in example.inputs],
        "layers": [
            {**_layer(layer), "from": sources} for layer, sources in zip(network.layers, network.sources, strict=True)
        ],
        "outputs": network.output_names,
        "classes": network.class_names,
        "kind": network.kind,
        "unit": network.unit,
        "single": network.dtype == "float32",
        "logit_scale": None if last.logit_scale is None else shortest(last.logit_scale),
        "rounding": {
            "decimals": rounding.decimals,
            "significant": rounding.significant or 0,
            "fixed": rounding.fixed,
        },
        "precision": working().prec,
        "loss": None if example.loss is None else _loss(network, example.loss.loss),
        "truth": None if example.loss is None else _truth(network, example.loss),
        "rate": example.rate,
        "yaml": _file_keys(network),
    }


def _expect_computed(network: Network) -> None:
    hint = "`nnlec forward ... -f html` writes a page of any network, with figures that stay as they are"
    for number, layer in enumerate(network.layers, start=1):
        if complaint := _complaint(layer):
            raise NnlecError(complaint, where=f"layer {number} ({layer.name})", hint=hint)


def _complaint(layer: Layer) -> str:
    """Why no page computes the layer; nothing where it does."""
    if layer.kind not in KINDS:
        return f"a page cannot compute {layer.kind} layers"
    if layer.activation.name not in ACTIVATIONS:
        return f"a page cannot compute {layer.activation.name}"
    for most, given, what in (
        (MOST_WEIGHTS, layer.parameters, "numbers of its own"),
        (MOST_NUMBERS, layer.n_in, "numbers that come in"),
        (MOST_NUMBERS, layer.n_out, "numbers that go out"),
        (MOST_PRODUCTS, layer.multiplications, "multiplications"),
    ):
        if given > most:
            return f"{given:,} {what}, and a page has room for {most:,}"
    return ""


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "kind": layer.kind,
        "name": layer.name,
        "in": layer.in_shape,
        "out": layer.out_shape,
        **(_dense(layer) if layer.kind == "dense" else _other(layer)),
        "activation": {
            "name": layer.activation.name,
            "parameters": {
                name: [shortest(each) for each in value] if isinstance(value, tuple) else shortest(float(value))
                for name, value in layer.activation.parameters.items()
            },
        },
    }


def _dense(layer: Layer) -> dict[str, Any]:
    numbers = layer.numbers
    rows = numbers["weights"].tolist()
    flat = [number for row in rows for number in row]
    return {
        "weights": rows if len(flat) < MANY else {"columns": len(rows[0]), "float64": _bytes(flat)},
        "bias": numbers["bias"].tolist() if "bias" in numbers else None,
        "first_row": layer.leading_one,
    }


def _other(layer: Layer) -> dict[str, Any]:
    """The arrays that can be edited, what else a network file says of the layer, and where its windows stand."""
    values = values_of(layer)
    edited = {name: value for name, value in values.items() if name in layer.arrays or name == "epsilon"}
    windows, order = getattr(layer, "windows", None), getattr(layer, "order", None)
    found = {
        "arrays": {name: _array(array) for name, array in edited.items() if not isinstance(array, str)},
        "keys": {name: plain(value) for name, value in values.items() if name not in edited},
        "order": None if order is None else order.tolist(),
    }
    if isinstance(layer, Joined):
        found["met"] = [[term.source for term in layer.terms(unit).terms] for unit in range(layer.n_out)]
    if windows is None:
        return found
    return found | {
        "axes": [{**asdict(axis), "cells": axis.cells} for axis in windows.axes],
        "groups": getattr(layer, "groups", 1),
        "flip": getattr(layer, "flip", False),
        "count_padding": getattr(layer, "count_padding", False),
    }


def _array(array: Any) -> dict[str, Any]:
    flat = array.ravel().tolist()
    return {"shape": array.shape, "numbers": flat if len(flat) < MANY else {"float64": _bytes(flat)}}


def _bytes(numbers: list[float]) -> str:
    """Numbers as their bytes, which are half as long as their digits."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()


_DIGITS = Context(prec=200)


def _written(number: float) -> str:
    """A number as people write it; a typed fraction as that fraction again.

    >>> _written(2.0), _written(1e-7), _written(Precise.of(_DIGITS.divide(Decimal(1), Decimal(3))))
    ('2', '1e-7', '1/3')
    """
    if type(number) is Precise:
        near = Fraction(number.digits).limit_denominator(10**9)
        if _DIGITS.divide(Decimal(near.numerator), Decimal(near.denominator)) == number.digits:
            return f"{near.numerator}/{near.denominator}"
    return shortest(float(number)).removesuffix(".0").replace("e-0", "e-").replace("e+", "e")


def _loss(network: Network, loss: Loss) -> dict[str, Any]:
    kind = loss.kind
    if loss.name not in LOSSES:
        raise NnlecError(f"a page cannot compute {loss.name}", where="loss", hint="leave --label and --target out")
    return {
        "name": loss.name,
        "takes": kind.takes,
        "target": kind.target,
        "averages": kind.averages,
        "probabilities": kind.probabilities.name if kind.probabilities else None,
        "base": loss.base,
        "weights": [shortest(weight) for weight in loss.weights],
        "smoothing": shortest(loss.smoothing),
        "delta": shortest(float(loss.options.get("delta", 1.0))),  # type: ignore[arg-type]
        "options": {name: _option(value) for name, value in loss.options.items() if _is_set(loss, name)},
        "weighs_target": kind.total is not None,
        "meets_logits": meets_logits(network, loss),
        "by_logarithms": by_logarithms(network, loss),
        "term": text(loss.term, UNICODE),
    }


def _is_set(loss: Loss, name: str) -> bool:
    return loss.options[name] != next(each.default for each in loss.kind.parameters if each.name == name)


def _option(value: ParameterValue) -> str:
    """A loss's parameter as it is typed."""
    if isinstance(value, str):
        return value
    return ",".join(map(shortest, value)) + "," * (len(value) == 1) if isinstance(value, tuple) else shortest(value)


def _truth(network: Network, example: LossExample) -> dict[str, Any]:
    """The target; where it is that of a class, the classes to choose from too, with the target of each."""
    classes = network.class_names or (network.output_names if network.n_out > 1 else ("0", "1"))
    kind = example.loss.kind.target
    targets = [] if kind == "real" else [target_of_labels([each], classes, network.n_out, kind) for each in classes]
    label = targets.index(example.target) if example.target in targets else None
    return {
        "classes": classes,
        "targets": [[_written(g) for g in target] for target in targets],
        "label": label,
        "g": [_written(g) for g in example.target],
    }


def _file_keys(network: Network) -> dict[str, Any]:
    """The keys of the network's file beside its layers."""
    first = network.layers[0]
    inputs: Any = network.inputs
    if first.kind != "dense":
        inputs = {"shape": first.in_shape} | ({"names": inputs} if inputs else {})
    keys: dict[str, Any] = {"name": network.name, "inputs": inputs, "classes": network.classes}
    keys |= {"outputs": network.outputs, "unit": network.unit, "loss": network.loss, "kind": network.kind}
    keys["dtype"] = network.dtype if network.dtype != "float64" else ""
    return {key: value for key, value in keys.items() if value}
