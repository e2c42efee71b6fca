"""A network that weights alone tell of: its layers in their order, and what of each is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.models.assembly import plain_name
from nnlec.models.state import State
from nnlec.text import counted, visible

_ROLES = {"weight": "weight", "weights": "weight", "kernel": "weight", "bias": "bias", "biases": "bias"}
_ROLES |= {"running_mean": "mean", "running_var": "variance"}
"""Last part of a name -> what the array is to its layer."""

_SKIPPED = "num_batches_tracked"
"""A norm's count of what it has seen, which changes no number."""

_OTHER_KINDS = {
    r"(weight|bias)_(ih|hh)(_l\d+)?(_reverse)?$": "recurrent layers are not read",
    r"(in_proj|q_proj|k_proj|v_proj)(_weight|_bias|\.weight)$": "attention is not read",
    r"weight_[gv]$|parametrizations\.": "weights in two parts: PyTorch's remove_parametrizations puts them together",
}
"""How arrays of layers are called that cannot be put together, and why."""

_ORDER = "they stand in the order of the file; a .pt of the state_dict keeps that of the network"

Arrays = Mapping[str, tuple[str, np.ndarray]]
"""What an array is to its layer -> its name in the file, and its numbers."""


@dataclass(frozen=True)
class SketchedLayer:
    """A layer: its arrays by key, whole numbers that follow from sizes, and comments of keys that are not known.

    `transposed`: the matrix is (out, in). `before` is said before the layer: what must lie between it and the last one.
    """

    kind: str
    arrays: Arrays
    name: str = ""
    transposed: bool = False
    settings: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


@dataclass(frozen=True)
class Sketch:
    """Layers in their order; `shape` is that of one example, 0 for a size that is not known."""

    shape: tuple[int, ...]
    layers: tuple[SketchedLayer, ...]
    dtype: str


class _Flow(NamedTuple):
    """What comes out of the layers so far: `width` units of a row, or channels of maps of `axes`; 0: nothing."""

    width: int = 0
    axes: int = 0

    def __str__(self) -> str:
        return f"{self.width} channels" if self.axes else f"{self.width} numbers"


def sketched(state: State) -> Sketch:
    """The layers whose weights these are, in the order of the file; sizes must meet from layer to layer.

    Raises `NnlecError` where they do not, and for arrays of no layer that is known by its weights.
    """
    arrays = {name: array for name, array in state.items() if not name.endswith(_SKIPPED)}
    groups = _groups(arrays)
    matrices = {each["weight"][0]: each["weight"][1] for each in groups.values() if "weight" in each}
    rows_out = _rows_are_outputs({name: array for name, array in matrices.items() if array.ndim == 2}, arrays)
    layers: list[SketchedLayer] = []
    flow = _Flow()
    shape: tuple[int, ...] = ()
    for group, members in groups.items():
        try:
            found, taken, flow = _layer(members, flow, rows_out)
        except NnlecError as error:
            raise error.at(visible(shortened(group))) from None
        if found.kind in ("dense", "conv", "layer_norm") and not shape:
            shape = (taken.width, *[0] * taken.axes)
        layers.append(replace(found, name="" if group in arrays else _name(group)))
    single = all(array.dtype.itemsize <= 4 for array in arrays.values())
    return Sketch(shape or (flow.width,), tuple(layers), "float32" if single else "float64")


def _groups(arrays: State) -> dict[str, dict[str, tuple[str, np.ndarray]]]:
    """Layer -> its arrays, in the order of the file."""
    groups: dict[str, dict[str, tuple[str, np.ndarray]]] = {}
    known: set[str] = set()
    for name, array in arrays.items():
        for pattern, reason in _OTHER_KINDS.items():
            if re.search(pattern, name):
                raise NnlecError(reason, where=visible(shortened(name)))
        head, _, last = name.rpartition(".")
        if last in _ROLES:
            groups.setdefault(head or "weight", {})[_ROLES[last]] = name, array
            known.add(name)
        elif array.ndim > 1:
            bias = _bias_name(name, arrays)
            groups[name] = {"weight": (name, array)} | ({"bias": (bias, arrays[bias])} if bias else {})
            known |= {name, bias}
    for name, array in arrays.items():
        if name not in known:
            what = f"{list(array.shape)} belongs to no layer that is known by its weights"
            raise NnlecError(what, where=visible(shortened(name)))
    if not groups:
        raise NnlecError("no arrays of any layer")
    return groups


def _layer(given: Arrays, flow: _Flow, rows_out: bool) -> tuple[SketchedLayer, _Flow, _Flow]:
    """The layer of these arrays behind what flows; what it takes, and what it gives."""
    if "mean" in given or "variance" in given:
        return _batch_norm(given, flow)
    if "weight" not in given:
        raise NnlecError("a bias without weights")
    name, weight = given["weight"]
    if "bias" in given and given["bias"][1].shape == weight.shape:
        return _layer_norm(given, flow)
    if weight.ndim == 2:
        return _dense(given, flow, rows_out)
    if 3 <= weight.ndim <= 5 and name.endswith("weight"):
        return _conv(given, flow)
    raise NnlecError(f"weights of {list(weight.shape)} belong to no layer that is known by them")


def _keys(given: Arrays, **keys: str) -> Arrays:
    return {key: given[role] for key, role in keys.items() if role in given}


def _dense(given: Arrays, flow: _Flow, rows_out: bool) -> tuple[SketchedLayer, _Flow, _Flow]:
    n_out, n_in = map(int, given["weight"][1].shape[:: 1 if rows_out else -1])
    _expect_bias(given, n_out)
    before = ""
    if flow.axes and n_in % flow.width == 0:
        cells = counted(n_in // flow.width, "number")
        before = f"{n_in} inputs are {flow} of {cells}: a flatten must stand here, behind the pools there are"
    elif flow.width and n_in != flow.width:
        raise NnlecError(f"it takes {n_in}, but the layer before gives {flow}", hint=_ORDER)
    keys = _keys(given, weights="weight", bias="bias")
    return SketchedLayer("dense", keys, transposed=rows_out, before=before), _Flow(n_in), _Flow(n_out)


def _conv(given: Arrays, flow: _Flow) -> tuple[SketchedLayer, _Flow, _Flow]:
    n_out, channels, *kernel = map(int, given["weight"][1].shape)
    _expect_bias(given, n_out)
    groups, before = 1, ""
    if flow.axes:
        groups = max(1, flow.width // channels)
        if flow.width != channels * groups or n_out % groups:
            raise NnlecError(f"it takes {counted(channels, 'channel')}, but the layer before gives {flow}", hint=_ORDER)
    elif flow.width:
        if flow.width % channels:
            raise NnlecError(f"it takes {counted(channels, 'channel')}, but the layer before gives {flow}", hint=_ORDER)
        before = f"{flow} are {counted(channels, 'channel')}: a reshape must stand here"
    unknown = {"stride": "1 is usual", "padding": "0 for none"}
    settings = {"groups": groups} if groups > 1 else {}
    found = SketchedLayer("conv", _keys(given, weights="weight", bias="bias"), "", False, settings, unknown, before)
    return found, _Flow(channels, len(kernel)), _Flow(n_out, len(kernel))


_EPSILON = {"epsilon": "1.0e-05 is PyTorch's usual one"}


def _batch_norm(given: Arrays, flow: _Flow) -> tuple[SketchedLayer, _Flow, _Flow]:
    if "mean" not in given or "variance" not in given:
        raise NnlecError("a norm without its running mean or variance")
    sizes = sorted({array.shape for _, array in given.values()})
    if len(sizes) != 1 or len(sizes[0]) != 1 or flow.width not in (0, *sizes[0]):
        shown = " and ".join(str(list(each)) for each in sizes)
        behind = f", but the layer before gives {flow}" if flow.width else ""
        raise NnlecError(f"it normalises {shown}{behind}", hint=_ORDER)
    keys = _keys(given, mean="mean", variance="variance", scale="weight", shift="bias")
    after = _Flow(int(sizes[0][0]), flow.axes)
    return SketchedLayer("batch_norm", keys, unknown=_EPSILON), after, after


def _layer_norm(given: Arrays, flow: _Flow) -> tuple[SketchedLayer, _Flow, _Flow]:
    shape = given["weight"][1].shape
    if flow.axes and (len(shape) == 1 or shape[0] != flow.width):
        raise NnlecError(f"a norm of {list(shape)} behind {flow}: of layers, of groups or of instances is not known")
    if flow.width and not flow.axes and prod(shape) != flow.width:
        raise NnlecError(f"it normalises {list(shape)}, but the layer before gives {flow}", hint=_ORDER)
    after = _Flow(int(shape[0]), len(shape) - 1)
    return SketchedLayer("layer_norm", _keys(given, scale="weight", shift="bias"), unknown=_EPSILON), after, after


def _expect_bias(given: Arrays, units: int) -> None:
    if "bias" in given and given["bias"][1].shape != (units,):
        raise NnlecError(f"a bias of {list(given['bias'][1].shape)} for {counted(units, 'unit')}")


def _name(group: str) -> str:
    """A layer's name in the network file; empty for one that a layer cannot have."""
    name = plain_name(group)
    return "" if re.fullmatch(r"(layer )?\d+|weight|input", name) else name


def _rows_are_outputs(matrices: State, arrays: State) -> bool:
    """Whether matrices are (out, in), as PyTorch has them: where names or the biases say so, else where they chain."""
    if any(name.endswith("weight") for name in matrices):
        return True
    shapes = [array.shape for array in matrices.values()]
    chain = all(one[1] == other[0] for one, other in pairwise(shapes))
    turned = all(one[0] == other[1] for one, other in pairwise(shapes))
    for name, array in matrices.items():
        bias = arrays.get(_bias_name(name, arrays))
        if bias is not None:
            chain, turned = chain and len(bias) == array.shape[1], turned and len(bias) == array.shape[0]
    return turned and not chain


def _bias_name(name: str, arrays: State) -> str:
    """The name of the bias of a matrix: fc.weight and fc.bias, W1 and b1, coefs_0 and intercepts_0."""
    pairs = (("weight", "bias"), ("weights", "biases"), ("weights", "bias"), ("W", "b"), ("w", "b"), ("kernel", "bias"))
    for weights, bias in (*pairs, ("coefs", "intercepts")):
        guess = name.replace(weights, bias)
        if guess != name and guess in arrays and arrays[guess].ndim == 1:
            return guess
    return ""
