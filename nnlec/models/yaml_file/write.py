"""A network as YAML text that reads back as the same network, its numbers as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from nnlec.arithmetic.numbers import decimal_of, shortest
from nnlec.network.layers import LAYERS, Layer
from nnlec.network.network import Network

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

_HEAD = ("name", "inputs", "classes", "outputs", "unit", "loss", "dtype", "kind")
_MOST_DIGITS = 40
"""A decimal that ends within so many digits is written whole; of a longer one the nearest double is."""


def network_text(network: Network, comment: str = "") -> str:
    """The network as a file, a comment before it. Numbers that know their digits are written with all of them."""
    lines = [f"# {line}" for line in comment.splitlines()]
    for key in _HEAD:
        value = getattr(network, key)
        if value and (key, value) != ("dtype", "float64"):
            lines.append(f"{key}: {_quoted(value)}")
    lines.append("layers:")
    for layer in network.layers:
        first, *others = _layer(layer)
        lines += [f"  - {first}", *(f"    {line}" for line in others)]
    return "\n".join(lines) + "\n"


def _quoted(value: object) -> str:
    """JSON is YAML; a tuple is a list."""
    return json.dumps(value, ensure_ascii=False)


def _layer(layer: Layer) -> Iterator[str]:
    yield f"name: {_quoted(layer.name)}"
    if layer.kind != "dense":
        yield f"type: {layer.kind}"
    if layer.leading_one:
        yield "weights:"
        yield from _rows([layer.arrays["bias"].tolist(), *layer.arrays["weights"].tolist()])
        yield "bias: first-row"
    else:
        for key in LAYERS[layer.kind].keys:
            yield from _key(layer, key.name)
    yield f"activation: {_activation(layer)}"


def _key(layer: Layer, key: str) -> Iterator[str]:
    value: Array | str | None = getattr(layer, key)
    if value is None:
        yield f"{key}: none"
    elif isinstance(value, str):
        yield f"{key}: {value}"
    elif value.ndim == 2:
        yield f"{key}:"
        yield from _rows(value.tolist())
    else:
        yield f"{key}: {_numbers(value.tolist()) if value.ndim else _number(value.item())}"


def _rows(rows: list[list[float]]) -> Iterator[str]:
    return (f"  - {_numbers(row)}" for row in rows)


def _numbers(row: list[float]) -> str:
    return f"[{', '.join(map(_number, row))}]"


def _number(value: float) -> str:
    """Every digit of a decimal that ends, else the shortest text of its double."""
    digits = decimal_of(value)
    if len(digits.as_tuple().digits) > _MOST_DIGITS or digits == decimal_of(float(value)):
        return shortest(float(value))
    return _plain(digits)


def _plain(digits: Decimal) -> str:
    return str(digits).replace("E", "e")


def _activation(layer: Layer) -> str:
    parameters = layer.activation.parameters
    if not parameters:
        return layer.activation.name
    written = {
        name: _numbers(list(value)) if isinstance(value, tuple) else value if isinstance(value, str) else _number(value)
        for name, value in parameters.items()
    }
    inside = ", ".join(f"{name}: {value}" for name, value in written.items())
    return f"{{name: {layer.activation.name}, {inside}}}"
