"""A network as a Python program of its own: numpy alone, and a test with one example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pprint import pformat
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.writers import WrittenFile
from nnlec.models.writers.values import learned
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.network.activations import Activation
    from nnlec.network.network import Network

_MOST = 100_000
"""Numbers that a program may hold."""

_HEAD = '''"""{title}: {takes}, {gives}. Written by nnlec; needs numpy alone. Run it to test it."""

import numpy as np

{constants}

def forward(x):
    """The outputs, (rows, {n_out}), of (rows, {n_in})."""
    v0 = np.atleast_2d(np.asarray(x, dtype=np.float64))
{body}
    return v{last}


if __name__ == "__main__":
    example = {example}
    expected = {expected}
    found = forward(example)[0]
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-12), found
    print("the same as nnlec:", found)
'''


def write(network: Network, form: str, stem: str) -> WrittenFile:  # noqa: ARG001
    """The program. Raises `NnlecError` for a layer or an activation that it has no line for."""
    if network.parameters > _MOST:
        raise NnlecError(f"{network.parameters:,} numbers, the limit of a program is {_MOST:,}", hint="write ONNX")
    constants, body = [], []
    for number, layer in enumerate(network.layers, start=1):
        if layer.kind not in _LINES:
            known = ", ".join(_LINES)
            raise NnlecError(f"a program has no line for the layer {layer.name} ({layer.kind})", hint=f"known: {known}")
        for key, array in learned(layer).items():
            constants.append(f"{key}{number} = np.array({_array(array)})")
        given = [f"v{source}" for source in network.sources[number - 1]]
        line = _LINES[layer.kind](layer, given, number)
        body.append(f"    v{number} = {_activated(layer.activation, line)}  # {layer.name}".replace("\n", " "))
    row = np.round(np.random.default_rng(0).normal(size=network.n_in), 3)
    expected = replace(network, dtype="float64").forward(row[np.newaxis])[0]
    title = (network.name or "A network").replace('"', "'").replace("\\", "/")
    text = _HEAD.format(
        title=title,
        takes=counted(network.n_in, "input"),
        gives=counted(network.n_out, "output"),
        n_in=network.n_in,
        n_out=network.n_out,
        constants="\n".join(constants) + "\n",
        body="\n".join(body),
        last=len(network.layers),
        example=_array(row),
        expected=_array(expected),
    )
    note = "computed in double precision, and not rounded to single at the end" * (network.dtype == "float32")
    return WrittenFile(text.encode(), {}, (note,) if note else ())


def _array(array: Any) -> str:
    return pformat(np.asarray(array).tolist(), width=116, compact=True)


def _scale(layer: Any, given: list[str], number: int) -> str:
    text = given[0]
    for key, sign in (("subtract", "-"), ("divide", "/"), ("multiply", "*"), ("add", "+")):
        if key in layer.arrays:
            text = f"({text} {sign} {key}{number})"
    return text


def _dense(layer: Any, given: list[str], number: int) -> str:
    return f"{given[0]} @ weights{number}" + (f" + bias{number}" if layer.bias is not None else "")


def _norm(layer: Any, given: list[str], number: int) -> str:
    if len(layer.in_shape) > 1:
        raise NnlecError("a program has no line for the norm of maps")
    x, n = given[0], number
    mean, variance = f"mean{n}", f"variance{n}"
    if layer.kind == "layer_norm":
        mean, variance = f"{x}.mean(1, keepdims=True)", f"{x}.var(1, keepdims=True)"
    return f"({x} - {mean}) / np.sqrt({variance} + {float(layer.epsilon)}) * scale{n} + shift{n}"


def _joined(operator: str, layer: Any, given: list[str], _: int) -> str:
    """A line of layers that meet number by number."""
    if len(set(layer.shapes)) > 1:
        raise NnlecError("a program has no line for layers of other shapes that meet")
    return f" {operator} ".join(given)


_LINES: Mapping[str, Callable[[Any, list[str], int], str]] = {
    "dense": _dense,
    "scale": _scale,
    "batch_norm": _norm,
    "layer_norm": _norm,
    **dict.fromkeys(("dropout", "flatten", "reshape"), lambda _, given, __: given[0]),
    "add": partial(_joined, "+"),
    "multiply": partial(_joined, "*"),
    "concat": lambda _, given, __: f"np.concatenate([{', '.join(given)}], axis=1)",
}
"""Kind of layer -> its line, of rows as they are; maps need windows, which are more than a line."""

_FUNCTIONS: Mapping[str, str] = {
    "relu": "np.maximum({x}, 0.0)",
    "leaky_relu": "np.where({x} >= 0, {x}, {alpha} * {x})",
    "prelu": "np.where({x} >= 0, {x}, np.array({alpha}) * {x})",
    "sigmoid": "1.0 / (1.0 + np.exp(-{x}))",
    "tanh": "np.tanh({x})",
    "elu": "np.where({x} > 0, {x}, {alpha} * np.expm1(np.minimum({x}, 0.0)))",
    "selu": "{gamma} * np.where({x} > 0, {x}, {alpha} * np.expm1(np.minimum({x}, 0.0)))",
    "silu": "{x} / (1.0 + np.exp(-{beta} * {x}))",
    "softplus": "np.logaddexp(0.0, {x})",
    "softsign": "{x} / (1.0 + np.abs({x}))",
    "hard_tanh": "np.clip({x}, -1.0, 1.0)",
    "hard_sigmoid": "np.clip({alpha} * {x} + {beta}, 0.0, 1.0)",
    "exponential": "np.exp({x})",
    "step": "np.heaviside({x}, {at_zero})",
    "sign": "np.sign({x})",
    "softmax": "(lambda e: e / e.sum(1, keepdims=True))(np.exp(({x} - {x}.max(1, keepdims=True)) / {temperature}))",
}


def _activated(activation: Activation, line: str) -> str:
    if activation.is_identity:
        return line
    if activation.name not in _FUNCTIONS:
        raise NnlecError(f"a program has no line for {activation.name}", hint=f"known: {', '.join(_FUNCTIONS)}")
    return f"(lambda x: {_FUNCTIONS[activation.name].format(x='x', **activation.parameters)})({line})"
