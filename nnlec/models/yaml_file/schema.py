"""The keys of a network file: from the tree of nodes to a Network."""

from __future__ import annotations

import re
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Literal, cast

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import is_number
from nnlec.arithmetic.written import Stored, Written
from nnlec.errors import NnlecError, unknown
from nnlec.models.yaml_file.matrix import OPEN, expect_known, number_in, read_numbers
from nnlec.models.yaml_file.tree import Field, ListNode, MappingNode, ScalarNode
from nnlec.named import NamedTuple
from nnlec.network.activations import IDENTITY, activation
from nnlec.network.layers import ArrayKey, Layer, LayerKind, Shape, layer_kind
from nnlec.network.layers.checks import checked_shape, sized
from nnlec.network.network import Network
from nnlec.network.parameters import ParameterValue
from nnlec.network.validation import misfit
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.activations import Activation
    from nnlec.network.layers import Values

_NETWORK_KEYS = ("name", "inputs", "layers", "classes", "outputs", "unit", "loss", "dtype", "kind")
_NOTHING = {"null", "~"}
_DECIMAL_COMMAS = r"[0-9],[0-9]+, +-?[0-9]+,[0-9]"
_EXAMPLE = "layers: [{weights: [[1, 2], [3, 4]], bias: none, activation: identity}]"


_INPUT = "input"
"""What `from` calls the network's input, where no layer has that name."""


class _LocatedLayer(NamedTuple):
    """A layer, the field that an error about its size names, and what the layer takes, as in `Network.sources`."""

    layer: Layer
    field: Field
    sources: tuple[int, ...]


class _Ends(NamedTuple):
    """What a file says of its inputs or its outputs: names, the shape of one example, and how they are scaled.

    () and None where it does not say.
    """

    names: tuple[str, ...] = ()
    shape: Shape | None = None
    scale: Field | None = None


def network_of(root: Field, *, allow_outside: bool) -> Network:
    """The network that a document describes. Raises `NnlecError`, located, for whatever does not fit."""
    if isinstance(root.node, ScalarNode) and re.search("[,;\t]", root.node.text):
        raise root.expected("a mapping with the key `layers`", "a table of numbers is data, not a network")
    parts = root.members(_NETWORK_KEYS, "a mapping with the key `layers`")
    if "layers" not in parts:
        raise root.error("the key `layers` is missing", f"a network is, at the least, {_EXAMPLE}")
    inputs = _ends(parts["inputs"], "shape", "names", "scale") if "inputs" in parts else _Ends()
    outputs = _ends(parts["outputs"], "names", "unscale") if "outputs" in parts else _Ends()
    names = {"inputs": inputs.names, "outputs": outputs.names}
    if "classes" in parts:
        names["classes"] = parts["classes"].names()
    placed = _layers(parts["layers"], allow_outside, inputs, outputs)
    _check_counts(parts, names, placed)
    dtype = _dtype(parts["dtype"]) if "dtype" in parts else "float64"
    layers = tuple(_single(each) if dtype == "float32" else each.layer for each in placed)
    try:
        return Network(
            layers=layers,
            name=parts["name"].name() if "name" in parts else "",
            inputs=inputs.names,
            classes=names.get("classes", ()),
            outputs=outputs.names,
            unit=parts["unit"].name() if "unit" in parts else "",
            loss=_loss(parts["loss"]) if "loss" in parts else "",
            dtype=dtype,
            kind=parts["kind"].name() if "kind" in parts else "",  # type: ignore[arg-type]
            sources=tuple(each.sources for each in placed),
        )
    except NnlecError as error:
        if error.where in ("", "sources"):
            raise parts["layers"].error(error.what, error.hint) from None
        if error.where not in parts:
            raise
        raise parts[error.where].error(error.what, error.hint) from None


def _single(placed: _LocatedLayer) -> Layer:
    """The layer with numbers of single precision, so that 0.1 may be written for the nearest of them."""
    layer = placed.layer
    kept = {key: value for key, value in layer.numbers.items() if isinstance(value, Stored) and value.single}
    arrays = {key: value for key, value in layer.numbers.items() if key not in kept}
    with np.errstate(over="ignore"):
        rounded = {key: np.asarray(array).astype(np.float32).astype(np.float64) for key, array in arrays.items()}
    if not all(np.isfinite(array).all() for array in rounded.values()):
        raise placed.field.error("a number is too large for single precision, as dtype says")
    same = all((array == np.asarray(arrays[key])).all() for key, array in rounded.items())
    return layer if same else replace(layer, **(kept | rounded))  # type: ignore[type-var]


def _ends(field: Field, *keys: str) -> _Ends:
    """A list of names, or a mapping of the shape of one example, the names of its numbers, and how they are scaled."""
    if not isinstance(field.node, MappingNode):
        names = field.names()
        return _Ends(names, (len(names),))
    parts = field.members(keys, f"a list of names, or a mapping of {', '.join(keys)}")
    names = parts["names"].names() if "names" in parts else ()
    scale = parts.get(keys[-1])
    if "shape" not in parts:
        return _Ends(names, (len(names),) if names else None, scale)
    try:
        shape = checked_shape("shape", read_numbers(parts["shape"], (0, 1), False).tolist())
    except NnlecError as error:
        raise parts["shape"].error(error.what, error.hint) if error.where == "shape" else error from None
    if names and len(names) != prod(shape):
        raise parts["names"].error(f"{counted(len(names), 'name')} for {sized(shape)}")
    return _Ends(names, shape, scale)


def _layers(field: Field, allow_outside: bool, inputs: _Ends, outputs: _Ends) -> list[_LocatedLayer]:
    """Every layer, those that scale the inputs and the outputs among them.

    Whether the first fits the names of the inputs is not checked here.
    """
    items = field.elements("a list of layers, each begun by '-'")
    if not items:
        raise field.error("an empty list, expected a layer at the least")
    known: dict[int, Array | Written] = {}
    layers: list[_LocatedLayer] = []
    shape = inputs.shape
    items = [item for item in (inputs.scale, *items, outputs.scale) if item is not None]
    for number, item in enumerate(items, start=1):
        sources = _sources(item, number, [each.layer.name for each in layers])
        shapes = [shape, *(each.layer.out_shape for each in layers)]
        given = tuple(each for source in sources if (each := shapes[source]) is not None)
        if item is inputs.scale or item is outputs.scale:
            after = _scaling(item, given, known, allow_outside, back=item is outputs.scale)
        else:
            after = _layer(item, f"layer {number}", given, known, allow_outside)
        if shape is None:
            shape = after.layer.in_shape
        elif not (number == 1 and inputs.names) and (wrong := misfit(after.layer, given)) is not None:
            called = " and ".join(_called(each, layers[each - 1].layer) if each else "the input" for each in sources)
            takes = f"{wrong.takes} ({after.layer.size})" if after.layer.size else wrong.takes
            what = f"{_called(number, after.layer)} {takes}, but {called} {wrong.given}"
            raise after.field.error(what, wrong.hint)
        layers.append(after._replace(sources=sources))
    _check_names(layers, items)
    return layers


def _sources(field: Field, number: int, names: list[str]) -> tuple[int, ...]:
    """What `from` names: layers before this one, or the input; the one before where it is left out."""
    if not isinstance(field.node, MappingNode) or "from" not in field.node.entries:
        return (number - 1,)
    named = field.members((), "a layer")["from"]
    single = isinstance(named.node, ScalarNode)
    found = []
    for each in [named] if single else named.elements("the name of a layer, or a list of names"):
        name = each.name()
        if name in names:
            found.append(names.index(name) + 1)
        elif name == _INPUT:
            found.append(0)
        else:
            complaint = unknown("layer before this one", visible(name), [_INPUT, *names])
            raise each.error(complaint.what, complaint.hint or "layers are worked out in the order of the list")
    return tuple(found)


def _check_names(layers: list[_LocatedLayer], items: list[Field]) -> None:
    first: dict[str, int] = {}
    for number, (each, item) in enumerate(zip(layers, items, strict=True), start=1):
        before = first.setdefault(each.layer.name, number)
        if before != number:
            raise item.error(f"two layers are named '{visible(each.layer.name)}': layer {before} and layer {number}")


def _called(number: int, layer: Layer) -> str:
    default = f"layer {number}"
    return default if layer.name == default else f"{default} '{visible(layer.name)}'"


def _numbers_or_word(
    key: ArrayKey, field: Field, known: dict[int, Array | Written], allow_outside: bool
) -> Array | Written | str:
    """The value of a key: a word where the key takes words, else numbers; `known` are those of nodes read before."""
    expect_known(field)
    if key.words and isinstance(field.node, ScalarNode) and not (0 in key.dimensions and is_number(field.node.text)):
        nothing = field.node.text in _NOTHING and not field.node.style
        return "none" if nothing and "none" in key.words else field.node.text
    if id(field.node) not in known:
        known[id(field.node)] = read_numbers(field, key.dimensions, allow_outside)
    return known[id(field.node)]


def _scaling(
    field: Field, shapes: tuple[Shape, ...], known: dict[int, Array | Written], allow_outside: bool, *, back: bool
) -> _LocatedLayer:
    """The layer that scales inputs, or the one that takes the scaling of the outputs back."""
    scaled = _layer(field, "unscale" if back else "scale", shapes, known, allow_outside, layer_kind("scale"))
    if not back:
        return scaled
    try:
        return scaled._replace(layer=scaled.layer.inverse())  # type: ignore[attr-defined]
    except NnlecError as error:
        raise field.error(error.what, error.hint) from None


def _layer(
    field: Field,
    default: str,
    shapes: tuple[Shape, ...],
    known: dict[int, Array | Written],
    allow_outside: bool,
    kind: LayerKind | None = None,
) -> _LocatedLayer:
    """One layer of the kind given, else of the one that `type` names, dense where it names none."""
    kind = kind or _kind(field)
    keys = {key.name: key for key in kind.keys}
    members = ("name", "type", "from", *keys, "activation")
    parts = field.members(members, "a layer: a mapping with weights, bias, activation")
    required = [key.name for key in kind.keys if key.required] + (["activation"] if "weights" in keys else [])
    for key in required:
        if key not in parts:
            hint = "write `activation: identity` for none" if key == "activation" else ""
            raise field.error(f"the key `{key}` is missing", hint)
    try:
        given = {key: parts[name] for name, key in keys.items() if name in parts}
        values = {key.name: _numbers_or_word(key, part, known, allow_outside) for key, part in given.items()}
        name = parts["name"].name() if "name" in parts else default
        chosen = _activation(parts["activation"]) if "activation" in parts else IDENTITY
        if not kind.as_written:
            values = {key: each.array() if isinstance(each, Written) else each for key, each in values.items()}
        layer = kind.build(cast("Values", values), shapes, chosen, name)
    except NnlecError as error:
        if error.where in parts:
            raise _located(parts, error) from None
        raise error if error.where else field.error(error.what, error.hint) from None
    return _LocatedLayer(layer, parts.get(kind.keys[0].name, field) if kind.keys else field, ())


def _located(parts: dict[str, Field], error: NnlecError) -> NnlecError:
    """The error of a layer at the key that is at fault; what begins with "expected" says what stands there before."""
    field = parts[error.where]
    if error.what.startswith("expected "):
        return field.expected(error.what.removeprefix("expected "), error.hint)
    return field.error(error.what, error.hint)


def _kind(field: Field) -> LayerKind:
    if not isinstance(field.node, MappingNode) or "type" not in field.node.entries:
        return layer_kind("dense")
    named = field.members((), "a layer")["type"]
    try:
        return layer_kind(named.name())
    except NnlecError as error:
        raise named.error(error.what, error.hint) from None


def _activation(field: Field) -> Activation:
    """A name, or a mapping of `name` and parameters."""
    if isinstance(field.node, ScalarNode):
        name, parameters = field, {}
    else:
        parts = field.members((), "the name of an activation, or {name: ..., parameter: ...}")
        if "name" not in parts:
            raise field.error("the key `name` is missing", "for example {name: leaky_relu, alpha: 0.1}")
        name = parts.pop("name")
        parameters = {visible(key): _parameter(value) for key, value in parts.items()}
    known = name.name()
    if known == OPEN:
        hint = "weights alone do not say it: write its name, `identity` for none"
        raise name.error("the activation of this layer is not known", hint)
    try:
        return activation(known, parameters)
    except NnlecError as error:
        raise name.error(error.what, error.hint) from None


def _parameter(field: Field) -> ParameterValue:
    if isinstance(field.node, ListNode):
        return tuple(number_in(item) for item in field.elements("numbers"))
    return number_in(field)


def _loss(field: Field) -> str:
    from nnlec.network.losses import loss  # most files name none

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


def _check_counts(parts: dict[str, Field], names: dict[str, tuple[str, ...]], layers: list[_LocatedLayer]) -> None:
    """As many names as numbers: inputs of the first layer, outputs and classes of the last."""
    first, last = layers[0].layer, layers[-1].layer
    n_in, n_out = first.n_in, last.n_out
    if names["inputs"] and len(names["inputs"]) != n_in:
        raise parts["inputs"].error(
            f"{counted(len(names['inputs']), 'name')}, but layer 1 takes {n_in}: {first.size}",
            first.inputs_hint(len(names["inputs"])),
        )
    for key in ("classes", "outputs"):
        if not names.get(key) or len(names[key]) == n_out or (key == "classes" and n_out == 1 and len(names[key]) == 2):
            continue
        given = counted(len(names[key]), "name")
        hint = (
            "two classes share one output" if n_out == 1 and key == "classes" else _miscounted(layers[-1], names[key])
        )
        raise parts[key].error(f"{given}, but the network has {counted(n_out, 'output')}", hint)


def _miscounted(last: _LocatedLayer, names: tuple[str, ...]) -> str:
    """Why the last layer may have another number of outputs than there are names."""
    at = last.field.node.at
    if last.layer.n_out == 2 * len(names) and re.search(_DECIMAL_COMMAS, last.field.source.text[at : at + 1000]):
        return "are the weights written with decimal commas? write points"
    if hint := last.layer.outputs_hint(len(names)):
        return hint
    return "names are separated by commas" if any(" " in name for name in names) else ""
