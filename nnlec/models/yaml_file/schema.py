"""What a network file says, key by key: a marked tree in, a Network out."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlec.errors import NnlecError, unknown
from nnlec.models.yaml_file.matrix import number_in, read_matrix, read_vector
from nnlec.models.yaml_file.tree import Field, Scalar, Sequence
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network
from nnlec.network.parameters import ParameterValue
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.activations import Activation

_NETWORK_KEYS = ("name", "inputs", "layers", "classes", "outputs", "unit", "loss", "dtype")
_LAYER_KEYS = ("name", "weights", "bias", "activation")
_NOTHING = {"null", "~"}
_DECIMAL_COMMAS = re.compile(r"[0-9],[0-9]+, +-?[0-9]+,[0-9]")
_EXAMPLE = "layers: [{weights: [[1, 2], [3, 4]], bias: none, activation: identity}]"


class _Layer(NamedTuple):
    """A layer and the places that a later complaint about its size points at."""

    dense: Dense
    weights: Field

    @property
    def rows(self) -> int:
        return self.dense.n_in + self.dense.leading_one

    @property
    def size(self) -> str:
        """The matrix as written: `4 x 2, its first row the bias`."""
        return f"{self.rows} x {self.dense.n_out}" + (", its first row the bias" if self.dense.leading_one else "")


def network_of(root: Field, *, allow_outside: bool) -> Network:
    """The network that a document describes. Raises `NnlecError`, located, for whatever does not fit."""
    if isinstance(root.node, Scalar) and re.search("[,;\t]", root.node.text):
        raise root.expected("a mapping with the key `layers`", "a table of numbers is data, not a network")
    parts = root.members(_NETWORK_KEYS, "a mapping with the key `layers`")
    if "layers" not in parts:
        raise root.error("the key `layers` is missing", f"a network is, at the least, {_EXAMPLE}")
    layers = _layers(parts["layers"], allow_outside)
    names: dict[str, tuple[str, ...]] = {
        key: parts[key].names() for key in ("inputs", "classes", "outputs") if key in parts
    }
    _check_counts(parts, names, layers)
    return Network(
        layers=tuple(layer.dense for layer in layers),
        name=parts["name"].name() if "name" in parts else "",
        inputs=names.get("inputs", ()),
        classes=names.get("classes", ()),
        outputs=names.get("outputs", ()),
        unit=parts["unit"].name() if "unit" in parts else "",
        loss=_loss(parts["loss"]) if "loss" in parts else "",
        dtype=_dtype(parts["dtype"]) if "dtype" in parts else "float64",
    )


def _layers(field: Field, allow_outside: bool) -> list[_Layer]:
    items = field.elements("a list of layers, each begun by '-'")
    if not items:
        raise field.error("an empty list, expected a layer at the least")
    known: dict[int, Array] = {}
    layers = [_layer(item, f"layer {n}", allow_outside, known) for n, item in enumerate(items, start=1)]
    for number, (before, after) in enumerate(pairwise(layers), start=2):
        if before.dense.n_out != after.dense.n_in:
            raise after.weights.error(
                f"{_called(number, after)} takes {_count(after.dense.n_in, 'input')} (its weights are {after.size}), "
                f"but {_called(number - 1, before)} has {_count(before.dense.n_out, 'output')}",
                _what_would_fit(after, before.dense.n_out),
            )
    return layers


def _called(number: int, layer: _Layer) -> str:
    default = f"layer {number}"
    name = layer.dense.name
    return default if name == default else f"{default} '{visible(name)}'"


def _layer(field: Field, default: str, allow_outside: bool, known: dict[int, Array]) -> _Layer:
    """One layer; `known` holds matrices read already, so that tied weights are read, and kept, once."""
    parts = field.members(_LAYER_KEYS, "a layer: a mapping with weights, bias, activation")
    for key in ("weights", "activation"):
        if key not in parts:
            hint = "write `activation: identity` for none" if key == "activation" else ""
            raise field.error(f"the key `{key}` is missing", hint)
    weights = parts["weights"]
    matrix = known.get(id(weights.node))
    if matrix is None:
        matrix = known[id(weights.node)] = read_matrix(weights, allow_outside)
    leading_one, bias = _bias(parts.get("bias"), matrix, weights, allow_outside)
    name = parts["name"].name() if "name" in parts else default
    chosen = _activation(parts["activation"], units=matrix.shape[1])
    dense = Dense(matrix[1:] if leading_one else matrix, bias, chosen, name, leading_one)
    return _Layer(dense, weights)


def _bias(field: Field | None, matrix: Array, weights: Field, allow_outside: bool) -> tuple[bool, Array | None]:
    """Whether the bias is the first row of `matrix`, and the bias itself."""
    if field is None:
        return False, None
    columns = int(matrix.shape[1])
    if isinstance(field.node, Scalar):
        word = field.node.text
        if word == "none" or (word in _NOTHING and not field.node.style):
            return False, None
        if word != "first-row":
            raise field.expected(f"first-row, none, or a list of {columns} numbers", _bias_hint(word))
        if matrix.shape[0] < 2:
            raise weights.error("1 row, and with `bias: first-row` it is the bias: no row is left for an input")
        return True, matrix[0]
    bias = read_vector(field, allow_outside)
    if bias.size != columns:
        raise field.error(f"{_count(bias.size, 'number')}, expected {columns}, one for each column of the weights")
    return False, bias


def _bias_hint(word: str) -> str:
    if "row" in word.lower() or "first" in word.lower():
        return "did you mean first-row?"
    if word.lower() == "none":
        return "did you mean none?"
    return "" if word else "write `bias: none` for none"


def _activation(field: Field, units: int) -> Activation:
    """A name, or a mapping of `name` and parameters, for a layer of so many units."""
    if isinstance(field.node, Scalar):
        name, parameters = field, {}
    else:
        parts = field.members((), "the name of an activation, or {name: ..., parameter: ...}")
        if "name" not in parts:
            raise field.error("the key `name` is missing", "for example {name: leaky_relu, alpha: 0.1}")
        name = parts.pop("name")
        parameters = {visible(key): _parameter(value) for key, value in parts.items()}
    known = name.name()
    try:
        chosen = activation(known, parameters)
        chosen.check_units(units)
    except NnlecError as error:
        raise name.error(error.what, error.hint) from None
    return chosen


def _parameter(field: Field) -> ParameterValue:
    if isinstance(field.node, Sequence):
        return tuple(number_in(item) for item in field.elements("numbers"))
    return number_in(field)


def _loss(field: Field) -> str:
    name = field.name()
    try:
        return loss(name).name
    except NnlecError as error:
        raise field.error(error.what, error.hint) from None


def _dtype(field: Field) -> Literal["float64", "float32"]:
    match field.name():
        case "float64":
            return "float64"
        case "float32":
            return "float32"
        case other:
            complaint = unknown("dtype", other, ["float64", "float32"])
            raise field.error(complaint.what, complaint.hint)


def _check_counts(parts: dict[str, Field], names: dict[str, tuple[str, ...]], layers: list[_Layer]) -> None:
    """As many names as numbers: inputs of the first layer, outputs and classes of the last."""
    first, last = layers[0], layers[-1]
    n_in, n_out = first.dense.n_in, last.dense.n_out
    if "inputs" in names and len(names["inputs"]) != n_in:
        raise parts["inputs"].error(
            f"{_count(len(names['inputs']), 'name')}, but layer 1 takes {n_in}: its weights are {first.size}",
            _what_would_fit(first, len(names["inputs"])),
        )
    for key in ("classes", "outputs"):
        if key not in names or len(names[key]) == n_out or (key == "classes" and n_out == 1 and len(names[key]) == 2):
            continue
        given = _count(len(names[key]), "name")
        hint = "two classes share one output" if n_out == 1 and key == "classes" else _miscounted(last, names[key])
        raise parts[key].error(f"{given}, but the network has {_count(n_out, 'output')}", hint)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _miscounted(last: _Layer, names: tuple[str, ...]) -> str:
    """Why the last layer may have another number of outputs than there are names."""
    at = last.weights.node.at
    if last.dense.n_out == 2 * len(names) and _DECIMAL_COMMAS.search(last.weights.source.text, at, at + 1000):
        return "are the weights written with decimal commas? write points"
    if last.rows == len(names):
        return "this looks transposed: rows are inputs"
    return "names are separated by commas" if any(" " in name for name in names) else ""


def _what_would_fit(layer: _Layer, given: int) -> str:
    """What the author of the weights most likely meant, when `given` numbers meet them and do not fit."""
    rows, leading, columns = layer.rows, layer.dense.leading_one, layer.dense.n_out
    if not leading and rows == given + 1:
        return "with `bias: first-row` it would fit"
    if leading and rows == given:
        return "with `bias: none` it would fit; with `bias: first-row` the matrix needs one row more"
    if columns in (given, given + leading):
        return f"weights are {rows} x {columns}, expected {given + leading} x ...: rows are inputs; transposed?"
    return ""
