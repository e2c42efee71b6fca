"""The network file that weights alone begin: what they do not say is "?", with a comment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.writers import WrittenFile
from nnlec.models.writers.arrays import safetensors
from nnlec.models.writers.text import MOST_INLINE, OPEN, plain, yaml_text

if TYPE_CHECKING:
    from nnlec.models.sketch import Sketch, SketchedLayer

_HEAD = 'Weights alone: write in the place of each "?" what they do not say.'
_MAPS = "Pools, flatten and dropout have no weights: add those that the network had."


def write(sketch: Sketch, form: str, stem: str) -> WrittenFile:
    """The text of the network file, and the file of its weights where they are many."""
    if form not in ("yaml", "json"):
        what = f"weights alone have no activations, and {form} cannot leave them open"
        raise NnlecError(what, hint="write them as YAML first")
    arrays = {name: array for layer in sketch.layers for name, array in layer.arrays.values()}
    beside = f"{stem}.safetensors" if sum(array.size for array in arrays.values()) > MOST_INLINE else ""
    single, shape = sketch.dtype == "float32", [size or OPEN for size in sketch.shape]
    tree: dict[str, Any] = {} if sketch.layers[0].kind == "dense" else {"inputs": {"shape": shape}}
    tree |= {"dtype": "float32"} if single else {}
    tree["layers"] = [_entry(layer, beside, single) for layer in sketch.layers]
    kind = np.float32 if single else np.float64
    files = {beside: safetensors({name: array.astype(kind) for name, array in arrays.items()})} if beside else {}
    if form == "json":
        return WrittenFile((json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode(), files, _notes(sketch))
    comments = {number: layer.before for number, layer in enumerate(sketch.layers) if layer.before}
    heads = (_HEAD, _MAPS) if _has_maps(sketch) else (_HEAD,)
    text = yaml_text(tree, heads, comments, [_comments(layer) for layer in sketch.layers])
    return WrittenFile(text.encode(), files, _notes(sketch))


def _has_maps(sketch: Sketch) -> bool:
    return any(layer.kind == "conv" for layer in sketch.layers)


def _notes(sketch: Sketch) -> tuple[str, ...]:
    notes = [f"each activation is {OPEN}: the weights do not say which; write it before use"]
    if keys := sorted({key for layer in sketch.layers for key in layer.unknown}):
        notes.append(f"{', '.join(keys)}: {OPEN} too")
    if _has_maps(sketch):
        notes.append("pools, flatten and dropout have no weights: add those that the network had")
    return tuple(notes)


def _entry(layer: SketchedLayer, beside: str, single: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": layer.name} if layer.name else {}
    if layer.kind != "dense":
        entry["type"] = layer.kind
    for key, (name, array) in layer.arrays.items():
        turned = layer.transposed and key == "weights"
        if beside:
            entry[key] = {"file": beside, "array": name} | ({"transpose": True} if turned else {})
        else:
            entry[key] = plain((array.T if turned else array).astype(np.float64), single=single)
    if layer.kind in ("dense", "conv") and "bias" not in entry:
        entry["bias"] = "none"
    return entry | dict(layer.settings) | dict.fromkeys(layer.unknown, OPEN) | {"activation": OPEN}


def _comments(layer: SketchedLayer) -> dict[str, str]:
    """Key -> the comment behind it."""
    return dict(layer.unknown) | dict.fromkeys(layer.settings, "as the sizes say")
