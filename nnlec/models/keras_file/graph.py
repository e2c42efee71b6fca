"""How the layers of a Keras model follow each other: Sequential and Functional models, and models within them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, shortened
from nnlec.models.keras_file.activations import OPERATIONS
from nnlec.models.keras_file.kinds import JOINS, LAYERS, REASONS
from nnlec.models.keras_file.layer import KerasLayer, called
from nnlec.models.keras_file.stores import MODELS, Called, Store
from nnlec.models.keras_file.values import KerasValue, KerasWalk
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.layers import Shape

MOST_LAYERS = 2000
MOST_DEPTH = 20

_OURS = ("keras", "keras.layers", "keras.models")
_OUR_ROOMS = ("keras.src.models", "keras.src.engine", "tf_keras.src.engine", "keras.engine")
"""Modules of Keras's own classes, and how the names of others begin."""
_OPS = ("Add", "Subtract", "Multiply", *OPERATIONS)
"""Functions of `keras.ops`, and of +, - and *, that are read."""

ConfigEntry = Mapping[str, Any]
KerasOutput = tuple[str, int]
"""A layer's name, and which of its uses."""


def is_model(entry: ConfigEntry) -> bool:
    """Whether an entry is a model whose layers are listed."""
    return entry.get("class_name") in MODELS


def input_shape(entry: ConfigEntry, depth: int = 0) -> Shape:
    """The shape of one example. Raises `NnlecError` for a model without a shape, or with several inputs."""
    class_name, _, config = called(entry)
    layers = _entries(config)
    if class_name != "Sequential":
        names = [name for name, _ in _places(config.get("input_layers"))]
        if len(names) != 1:
            raise NnlecError(f"its inputs are {_listed(names)}; expected one, whose rows are the examples")
        layers = [each for each in layers if _name(each) == names[0]]
    first = layers[0] if layers else {}
    if is_model(first) and depth < MOST_DEPTH:
        return input_shape(first, depth + 1)
    _, _, options = called(first)
    built = first.get("build_config")
    known = (options.get("batch_shape"), options.get("batch_input_shape"), config.get("build_input_shape"))
    shape = next((each for each in known if each is not None), None)
    if shape is None and isinstance(built, Mapping):
        shape = built.get("input_shape")
    if not isinstance(shape, list | tuple):
        raise NnlecError("the shape of its input is not in it", hint="model.build((None, 4)), then save it again")
    if len(shape) < 2 or not all(isinstance(each, int) and each > 0 for each in shape[1:]):
        shown = [each if isinstance(each, int) else None for each in shape[1:]]
        raise NnlecError(f"its input is {str(['rows', *shown]).replace(chr(39), '')}: a size is open")
    return tuple(shape[1:])


def output_of(
    walk: KerasWalk, entry: ConfigEntry, store: Store, value: KerasValue, keras: int, depth: int = 0
) -> KerasValue:
    """What a model makes of a value. Raises `NnlecError` at the first layer that is not read."""
    class_name, _, config = called(entry)
    _expect_ours(KerasLayer(entry, store, keras))
    if depth > MOST_DEPTH:
        raise NnlecError(f"models within models, more than {MOST_DEPTH} deep")
    entries = _entries(config)
    stores = store.inside([Called(*called(each)[:2]) for each in entries])
    model = _Model(walk, list(zip(entries, stores, strict=True)), keras, depth)
    if class_name == "Sequential":
        return model.chain(value)
    return model.graph(value, _places(config.get("input_layers")), _places(config.get("output_layers")))


class _Model:
    def __init__(self, walk: KerasWalk, layers: Sequence[tuple[ConfigEntry, Store]], keras: int, depth: int) -> None:
        self.walk, self.layers, self.keras, self.depth = walk, layers, keras, depth

    def chain(self, value: KerasValue) -> KerasValue:
        for entry, store in self.layers:
            if entry.get("class_name") != "InputLayer":
                value = self._apply(entry, store, [value]).used(1)
        return value

    def graph(self, value: KerasValue, inputs: Sequence[KerasOutput], outputs: Sequence[KerasOutput]) -> KerasValue:
        if len(outputs) != 1 or len(inputs) != 1:
            side, places = ("outputs", outputs) if len(outputs) != 1 else ("inputs", inputs)
            names = [name for name, _ in places]
            one = f"keras.Model(model.input, model.get_layer('{visible(shortened(names[0]))}').output)" if names else ""
            hint = f"a model of one: {one}" if side == "outputs" and one else ""
            raise NnlecError(f"its {side} are {_listed(names)}; expected one", hint=hint)
        calls = {(_name(entry), place): each for entry, _ in self.layers for place, each in enumerate(_calls(entry))}
        taken = Counter([*outputs, *(source for sources in calls.values() for source in sources)])
        uses = Counter(name for name, _ in calls)
        # The uses of a model that Keras 2 had called when it made it count from 1.
        first = {name: int((name, count) in taken) for name, count in uses.items()}
        values = {inputs[0]: value.used(taken[inputs[0]])}
        waiting = {(name, place + first[name]): sources for (name, place), sources in calls.items()}
        known = {_name(entry): (entry, store) for entry, store in self.layers}
        if len(known) != len(self.layers):
            raise NnlecError("a damaged model: two layers with one name")
        while outputs[0] not in values:
            ready = [place for place, sources in waiting.items() if all(source in values for source in sources)]
            if not ready:
                raise NnlecError("a damaged model: its layers do not lead from its input to its output")
            for place in ready:
                given = [values[source] for source in waiting.pop(place)]
                values[place] = self._apply(*known[place[0]], given).used(taken[place])
        if waiting:
            raise NnlecError(f"layer '{visible(shortened(next(iter(waiting))[0]))}' does not lead to its output")
        return values[outputs[0]].used(1)

    def _apply(self, entry: ConfigEntry, store: Store, given: Sequence[KerasValue]) -> KerasValue:
        if is_model(entry):
            if len(given) != 1:
                raise NnlecError(f"the model '{visible(shortened(_name(entry)))}' takes {len(given)}, expected one")
            return output_of(self.walk, entry, store, given[0], self.keras, self.depth + 1)
        layer = KerasLayer(entry, store, self.keras)
        _expect_ours(layer)
        self.walk.current = layer
        try:
            return self._made(layer, given)
        except NnlecError as error:
            raise error if error.where.startswith("layer '") else error.at(layer.where) from None

    def _made(self, layer: KerasLayer, given: Sequence[KerasValue]) -> KerasValue:
        self.walk.double = layer.precision() == "float64" or self.walk.double
        if layer.class_name in JOINS:
            made = JOINS[layer.class_name](self.walk, layer, given)
        elif layer.class_name in LAYERS:
            if len(given) != 1:
                raise layer.error(f"{len(given)} come in, expected one")
            made = LAYERS[layer.class_name](self.walk, layer, given[0])
        else:
            if layer.class_name in REASONS:
                raise layer.error(REASONS[layer.class_name])
            raise layer.error("no layer does what it does", "the guide lists what is read: nnlec guide models")
        layer.finish()
        return made


def _expect_ours(layer: KerasLayer) -> None:
    """Raises `NnlecError` for a class that is not Keras's own, whose code would have to be run."""
    module, registered = layer.module, layer.registered
    is_function = str(module).startswith("keras.src.ops")
    if is_function and layer.class_name not in _OPS:
        raise layer.error("a function of keras.ops that is not read")
    ours = module is None or module in _OURS or is_function or str(module).startswith(_OUR_ROOMS)
    foreign = registered is not None and registered != layer.class_name
    if not ours or foreign or ">" in layer.class_name:
        named = registered if foreign else f"{module}.{layer.class_name}" if module else layer.class_name
        raise layer.error(f"{visible(shortened(str(named)))} is no class of Keras: its code would have to be run")


def _entries(config: Mapping[str, Any]) -> list[ConfigEntry]:
    layers = config.get("layers")
    if not isinstance(layers, list) or not all(isinstance(each, Mapping) for each in layers):
        raise NnlecError("a damaged model: its layers are no list")
    if len(layers) > MOST_LAYERS:
        raise NnlecError(f"more than {MOST_LAYERS:,} layers")
    return layers


def _name(entry: ConfigEntry) -> str:
    return called(entry)[1]


def _calls(entry: ConfigEntry) -> Iterator[list[KerasOutput]]:
    """What each use of a layer takes."""
    nodes = entry.get("inbound_nodes") or []
    if not isinstance(nodes, list) or len(nodes) > MOST_LAYERS:
        raise NnlecError("a damaged model: uses of a layer that are no list")
    for node in nodes:
        if isinstance(node, Mapping):  # Keras 3
            _expect_plain(entry, node.get("kwargs"))
            yield list(_tensors(entry, node.get("args"), 0))
        else:
            listed = [node] if isinstance(node, list) and node and isinstance(node[0], str) else node
            places = _places(listed)
            for source in listed:
                if len(source) > 3:
                    _expect_plain(entry, source[3])
            yield places


def _tensors(entry: ConfigEntry, given: Any, depth: int) -> Iterator[KerasOutput]:
    """The values in the arguments of a use, in lists or not."""
    if isinstance(given, list) and depth < 4:
        for each in given:
            yield from _tensors(entry, each, depth + 1)
    elif isinstance(given, Mapping) and given.get("class_name") == "__keras_tensor__":
        config = given.get("config")
        yield from _places([config.get("keras_history")] if isinstance(config, Mapping) else None)
    else:
        shown = visible(shortened(str(given)))
        raise _called_with(entry, f"{shown}, expected what a layer gives")


def _expect_plain(entry: ConfigEntry, options: Any) -> None:
    """Raises `NnlecError` for a use of a layer in learning, or with something else that changes what it does."""
    for key, value in (options or {}).items() if isinstance(options, Mapping | None) else [("it", options)]:
        if value is not None and not (key == "training" and value is False):
            raise _called_with(entry, f"{visible(shortened(str(key)))} = {visible(shortened(str(value)))}")


def _called_with(entry: ConfigEntry, what: str) -> NnlecError:
    return NnlecError(f"layer '{visible(shortened(_name(entry)))}': it is called with {what}")


def _places(given: Any) -> list[KerasOutput]:
    """Places as `[name, use, 0]`, one or a list of them."""
    listed = [given] if isinstance(given, list) and given and isinstance(given[0], str) else given
    if not isinstance(listed, list):
        raise NnlecError("a damaged model: an end of a connection is missing")
    places = []
    for each in listed:
        whole = isinstance(each, list) and len(each) >= 3 and isinstance(each[0], str)
        if not whole or not all(type(number) is int and number >= 0 for number in each[1:3]):
            raise NnlecError("a damaged model: a connection to nothing")
        if each[2] != 0:
            raise NnlecError(f"layer '{visible(shortened(each[0]))}' gives several values, expected one")
        places.append((each[0], each[1]))
    return places


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{visible(shortened(name, 30))}'" for name in names[:6]) or "none"
