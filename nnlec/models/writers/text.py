"""A network as YAML or JSON text; many weights stand in a .safetensors file beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.models.writers import Written
from nnlec.models.writers.arrays import narrowed, safetensors
from nnlec.models.writers.values import learned, state_name, state_of, values_of
from nnlec.network.forward import chain

if TYPE_CHECKING:
    from nnlec.network.layers import Layer
    from nnlec.network.network import Network

MOST_INLINE = 2000
"""Numbers of a network whose weights stand in the text."""

OPEN = "?"
"""What stands for anything that is not known."""


def write(network: Network, form: str, stem: str) -> Written:
    """The text of a network, and the file of its weights where they are many."""
    large = network.parameters > MOST_INLINE
    beside = f"{stem}.safetensors" if large else ""
    tree = _tree(network, beside)
    files = {beside: safetensors({name: narrowed(array) for name, array in state_of(network).items()})} if large else {}
    text = json.dumps(tree, indent=2, ensure_ascii=False) + "\n" if form == "json" else yaml_text(tree)
    return Written(text.encode(), files)


def _tree(network: Network, beside: str) -> dict[str, Any]:
    """The document: keys in the order in which a reader wants them."""
    tree: dict[str, Any] = {"name": network.name} if network.name else {}
    first = network.layers[0]
    if first.kind != "dense":
        tree["inputs"] = {"shape": list(first.in_shape)} | ({"names": list(network.inputs)} if network.inputs else {})
    elif network.inputs:
        tree["inputs"] = list(network.inputs)
    for key in ("classes", "outputs"):
        if getattr(network, key):
            tree[key] = list(getattr(network, key))
    for key in ("unit", "loss"):
        if getattr(network, key):
            tree[key] = getattr(network, key)
    if network.dtype != "float64":
        tree["dtype"] = network.dtype
    tree |= _kind(network)
    usual = chain(len(network.layers))
    tree["layers"] = [
        _layer(network, number, beside, network.sources[number - 1] != usual[number - 1])
        for number in range(1, len(network.layers) + 1)
    ]
    return tree


def _kind(network: Network) -> dict[str, str]:
    """The kind, where it is not what the rest of the file says anyway."""
    from nnlec.network.meaning import kind_of

    return {} if kind_of(network) == network.kind else {"kind": network.kind}


def _layer(network: Network, number: int, beside: str, joined: bool) -> dict[str, Any]:
    layer = network.layers[number - 1]
    entry: dict[str, Any] = {}
    if layer.name != f"layer {number}" or _is_named(network, number):
        entry["name"] = layer.name
    if layer.kind != "dense":
        entry["type"] = layer.kind
    if joined:
        names = [network.layers[source - 1].name if source else "input" for source in network.sources[number - 1]]
        entry["from"] = names if len(names) > 1 else names[0]
    in_file = set(learned(layer)) if beside else set()
    values = values_of(layer) | (learned(layer) if beside else {})
    single = learned(layer) if network.dtype == "float32" else {}
    for key, value in values.items():
        stands_beside = key in in_file and np.ndim(value)
        entry[key] = _in_file(layer, key, beside) if stands_beside else plain(value, single=key in single)
    activation = layer.activation
    if not activation.is_identity or layer.kind == "dense" or "weights" in layer.arrays:
        given = {key: plain(value) for key, value in activation.parameters.items()}
        entry["activation"] = {"name": activation.name} | given if given else activation.name
    return entry


def _is_named(network: Network, number: int) -> bool:
    """Whether another layer than the next takes it, so that its name must stand in the file."""
    usual = chain(len(network.layers))
    return any(
        number in sources and sources != usual[place] for place, sources in enumerate(network.sources)
    )  # fmt: skip


def _in_file(layer: Layer, key: str, beside: str) -> dict[str, Any]:
    place: dict[str, Any] = {"file": beside, "array": state_name(layer, key)}
    if (layer.kind, key) == ("dense", "weights"):
        place["transpose"] = True
    return place


def plain(value: Any, *, single: bool = False) -> Any:
    """Lists of numbers, each the shortest text that is read as the same number, of single precision or double."""
    if isinstance(value, str):
        return value
    if single and isinstance(value, np.ndarray) and (narrowed(value).itemsize == 4):
        value = np.vectorize(lambda number: float(str(np.float32(number))), otypes=[float])(value)
    listed = value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, tuple) else value
    return _whole(listed)


def _whole(value: Any) -> Any:
    if isinstance(value, list):
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
