"""A network as YAML or JSON text; many weights stand in a .safetensors file beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.models.writers import WrittenFile
from nnlec.models.writers.arrays import narrowed, safetensors
from nnlec.models.writers.values import learned, state_name, state_of, values_of
from nnlec.network.meaning import kind_of

if TYPE_CHECKING:
    from nnlec.network.layers import Layer
    from nnlec.network.network import Network

MOST_INLINE = 2000
"""Numbers of a network whose weights stand in the text."""

OPEN = "?"
"""What stands for anything that is not known."""


def write(network: Network, form: str, stem: str) -> WrittenFile:
    """The text of a network, and the file of its weights where they are many."""
    beside = f"{stem}.safetensors" if network.parameters > MOST_INLINE else ""
    tree = _tree(network, beside)
    arrays = {name: narrowed(array) for name, array in state_of(network).items()} if beside else {}
    files = {beside: safetensors(arrays)} if beside else {}
    text = json.dumps(tree, indent=2, ensure_ascii=False) + "\n" if form == "json" else yaml_text(tree)
    return WrittenFile(text.encode(), files)


def _tree(network: Network, beside: str) -> dict[str, Any]:
    """The document: keys in the order in which a reader wants them."""
    tree: dict[str, Any] = {"name": network.name} if network.name else {}
    first = network.layers[0]
    if first.kind != "dense":
        tree["inputs"] = {"shape": list(first.in_shape)} | ({"names": list(network.inputs)} if network.inputs else {})
    elif network.inputs:
        tree["inputs"] = list(network.inputs)
    for key in ("classes", "outputs", "unit", "loss"):
        if value := getattr(network, key):
            tree[key] = value if isinstance(value, str) else list(value)
    if network.dtype != "float64":
        tree["dtype"] = network.dtype
    if kind_of(network) != network.kind:  # which the rest of the file does not say
        tree["kind"] = network.kind
    unusual = {number: taken for number, taken in enumerate(network.sources, start=1) if taken != (number - 1,)}
    tree["layers"] = [_layer(network, number, beside, unusual) for number in range(1, len(network.layers) + 1)]
    return tree


def _layer(network: Network, number: int, beside: str, unusual: Mapping[int, Sequence[int]]) -> dict[str, Any]:
    """A layer's entry; `unusual` are the layers that take something else than the one before, and what they take."""
    layer = network.layers[number - 1]
    entry: dict[str, Any] = {}
    if layer.name != f"layer {number}" or any(number in taken for taken in unusual.values()):
        entry["name"] = layer.name
    if layer.kind != "dense":
        entry["type"] = layer.kind
    if number in unusual:
        names = [network.layers[source - 1].name if source else "input" for source in unusual[number]]
        entry["from"] = names if len(names) > 1 else names[0]
    in_file = learned(layer) if beside else {}
    single = learned(layer) if network.dtype == "float32" else {}
    for key, value in (values_of(layer) | in_file).items():
        stands_beside = key in in_file and np.ndim(value)
        entry[key] = _in_file(layer, key, beside) if stands_beside else plain(value, single=key in single)
    activation = layer.activation
    if not activation.is_identity or layer.kind == "dense" or "weights" in layer.arrays:
        given = {key: plain(value) for key, value in activation.parameters.items()}
        entry["activation"] = {"name": activation.name} | given if given else activation.name
    return entry


def _in_file(layer: Layer, key: str, beside: str) -> dict[str, Any]:
    turned = {"transpose": True} if (layer.kind, key) == ("dense", "weights") else {}
    return {"file": beside, "array": state_name(layer, key)} | turned


def plain(value: Any, *, single: bool = False) -> Any:
    """Lists of numbers, each the shortest text that is read as the same number, of single precision or double."""
    if single and isinstance(value, np.ndarray) and (narrowed(value).itemsize == 4):
        value = np.vectorize(lambda number: float(str(np.float32(number))), otypes=[float])(value)
    return _whole(value.tolist() if isinstance(value, np.ndarray) else value)


def _whole(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+)*")


def _text(value: Any) -> str:
    """A value on one line, in YAML's flow style; a name that YAML could take for something else in quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _NAME.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return repr(value)


def yaml_text(
    tree: dict[str, Any],
    heads: Sequence[str] = (),
    before: Mapping[int, str] | None = None,
    behind: Sequence[Mapping[str, str]] = (),
) -> str:
    """A document, with comments at its head, `before` layers by their index, and `behind` the keys of each layer."""
    lines = [f"# {head}" for head in heads]
    lines += [f"{key}: {_text(value)}" for key, value in tree.items() if key != "layers"]
    lines.append("layers:")
    for number, entry in enumerate(tree["layers"]):
        if comment := (before or {}).get(number):
            lines.append(f"  # {comment}")
        said = behind[number] if behind else {}
        for place, (key, value) in enumerate(entry.items()):
            mark = "    " if place else "  - "
            lines.append(f"{mark}{key}:{_value(key, value)}" + (f"  # {said[key]}" if key in said else ""))
    return "\n".join(lines) + "\n"


def _value(key: str, value: Any) -> str:
    """A matrix row by row, anything else on one line."""
    if key == "weights" and isinstance(value, list):
        return "".join(f"\n      - {_text(row)}" for row in value)
    return f" {_text(value)}"
