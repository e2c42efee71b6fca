"""A network as an ONNX model: IR 8, opset 17, one file, the same bytes each time, read back before it is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError, not_installed
from nnlec.models.pointwise import DIRECT
from nnlec.models.writers import WrittenFile, rounding_note, single
from nnlec.models.writers.values import learned, state_name

if TYPE_CHECKING:
    from nnlec.network.activations import Activation
    from nnlec.network.network import Network

IR_VERSION, OPSET = 8, 17
"""What runtimes of 2022 read."""
_PROBES = 16


def write(network: Network, form: str, stem: str) -> WrittenFile:  # noqa: ARG001
    """The model. Raises `NnlecError` for what ONNX cannot say."""
    try:
        model = _Model(network).proto()
    except ImportError:
        raise not_installed("an ONNX model needs the onnx package", "onnx") from None
    content: bytes = model.SerializeToString(deterministic=True)
    notes = [rounding_note([array for layer in network.layers for array in learned(layer).values()])]
    notes.append(_read_back(network, content))
    return WrittenFile(content, {}, tuple(filter(None, notes)))


def _read_back(network: Network, content: bytes) -> str:
    """Reads what was written and compares it on some rows; what differs beyond rounding is an error."""
    from nnlec.models.onnx_file import parsed

    again = parsed(content)
    rows = np.random.default_rng(0).normal(size=(_PROBES, network.n_in))
    ours, theirs = network.forward(rows), again.forward(rows)
    scale = np.maximum(np.abs(ours).max(axis=1, keepdims=True), 1e-30)
    worst = float((np.abs(ours - theirs) / scale).max())
    if not worst < 1e-3:
        raise NnlecError(f"what was written gives other numbers when it is read, by {worst:.1e} of the largest")
    return "" if worst < 1e-6 else f"outputs differ by {worst:.1e} of a row's largest at most"


class _Model:
    """The nodes and tensors of a network, one layer after the other."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.names: set[str] = set()

    def proto(self) -> Any:
        from onnx import TensorProto, helper

        network = self.network
        values = ["input"]
        self.names.add("input")
        for number, layer in enumerate(network.layers, start=1):
            last = number == len(network.layers)
            given = [values[source] for source in network.sources[number - 1]]
            name = layer.name.replace(" ", "_")
            plain = layer.activation.is_identity
            out = "output" if last else self.free(name)
            before = out if plain else self.free(f"{name}.pre_activation")
            try:
                LAYERS[layer.kind](self, layer, given, before)
                if not plain:
                    self.activate(layer.activation, layer.out_shape, before, out)
            except NnlecError as error:
                raise error.at(f"layer {number} ({layer.name})") from None
            values.append(out)
        shapes = (network.layers[0].in_shape, network.layers[-1].out_shape)
        ends = [
            helper.make_tensor_value_info(end, TensorProto.FLOAT, ["batch", *shape])
            for end, shape in zip(("input", "output"), shapes, strict=True)
        ]
        graph = helper.make_graph(self.nodes, network.name or "network", ends[:1], ends[1:], self.tensors)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="nnlec")
        helper.set_model_props(model, _metadata(network))
        return model

    def free(self, name: str) -> str:
        """A name that nothing has yet."""
        found, number = name, 2
        while found in self.names or found == "output":
            found, number = f"{name}_{number}", number + 1
        self.names.add(found)
        return found

    def tensor(self, name: str, numbers: object) -> str:
        """A tensor of single precision."""
        from onnx import numpy_helper

        free = self.free(name)
        array = single(np.asarray(numbers, dtype=np.float64))
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), free))
        return free

    def whole(self, name: str, numbers: Sequence[int]) -> str:
        from onnx import numpy_helper

        free = self.free(name)
        self.tensors.append(numpy_helper.from_array(np.array(numbers, dtype=np.int64), free))
        return free

    def node(self, operator: str, given: Sequence[str], out: str, **attributes: Any) -> str:
        """A node named after what it gives."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, list(given), [out], name=out, **attributes))
        return out

    def step(self, operator: str, given: Sequence[str], near: str, **attributes: Any) -> str:
        """A node on the way to `near`."""
        return self.node(operator, given, self.free(f"{near}.{operator.lower()}"), **attributes)

    def activate(self, activation: Activation, shape: Sequence[int], before: str, out: str) -> None:
        name = activation.name
        if name in _OPERATORS:
            operator, names = _OPERATORS[name]
            given = {theirs: activation.parameters[ours] for ours, theirs in names.items()}
            self.node(operator, [before], out, **given)
        elif name in SPELLED:
            SPELLED[name](self, activation.parameters, tuple(shape), before, out)
        else:
            raise NnlecError(f"opset {OPSET} has no operator for {name}")


_NEWER = {"Gelu", "GeluTanh", "Mish", "Swish"}
_OPERATORS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    name: (operator, {ours: theirs for theirs, ours in names.items()})
    for operator, (name, names) in DIRECT.items()
    if operator not in _NEWER
}
"""Activations that opset 17 has an operator for, and which of our parameters is which attribute."""

Parameters = Mapping[str, Any]


def _gelu(model: _Model, _: Parameters, __: Any, x: str, out: str) -> None:
    inner = model.step("Erf", [model.step("Mul", [x, model.tensor(f"{out}.root", 0.5**0.5)], out)], out)
    bent = model.step("Mul", [x, model.step("Add", [inner, model.tensor(f"{out}.one", 1.0)], out)], out)
    model.node("Mul", [bent, model.tensor(f"{out}.half", 0.5)], out)


def _gelu_tanh(model: _Model, _: Parameters, __: Any, x: str, out: str) -> None:
    cube = model.step("Pow", [x, model.tensor(f"{out}.three", 3.0)], out)
    small = model.step("Mul", [cube, model.tensor(f"{out}.small", 0.044715)], out)
    inner = model.step(
        "Mul", [model.step("Add", [x, small], out), model.tensor(f"{out}.root", (2 / np.pi) ** 0.5)], out
    )
    share = model.step("Add", [model.step("Tanh", [inner], out), model.tensor(f"{out}.one", 1.0)], out)
    model.node("Mul", [model.step("Mul", [x, share], out), model.tensor(f"{out}.half", 0.5)], out)


def _mish(model: _Model, _: Parameters, __: Any, x: str, out: str) -> None:
    model.node("Mul", [x, model.step("Tanh", [model.step("Softplus", [x], out)], out)], out)


def _silu(model: _Model, given: Parameters, _: Any, x: str, out: str) -> None:
    inner = x if given["beta"] == 1.0 else model.step("Mul", [x, model.tensor(f"{out}.beta", given["beta"])], out)
    model.node("Mul", [x, model.step("Sigmoid", [inner], out)], out)


def _prelu(model: _Model, given: Parameters, shape: tuple[int, ...], x: str, out: str) -> None:
    slope = np.array(given["alpha"])
    model.node("PRelu", [x, model.tensor(f"{out}.slope", slope.reshape(shape) if slope.ndim else slope)], out)


def _over_row(
    operator: str, model: _Model, given: Parameters, shape: tuple[int, ...], x: str, out: str, *, minus: bool = False
) -> None:
    if len(shape) != 1:
        raise NnlecError("it runs over a whole map, which its operator does not")
    temperature = float(given.get("temperature", 1.0))
    if temperature != 1.0:
        x = model.step("Div", [x, model.tensor(f"{out}.temperature", temperature)], out)
    if minus:
        x = model.step("Neg", [x], out)
    model.node(operator, [x], out, axis=-1)


def _hard_tanh(model: _Model, _: Parameters, __: Any, x: str, out: str) -> None:
    model.node("Clip", [x, model.tensor(f"{out}.low", -1.0), model.tensor(f"{out}.high", 1.0)], out)


def _step(model: _Model, given: Parameters, _: Any, x: str, out: str) -> None:
    sign = model.step("Sign", [x], out)
    at_zero = float(given["at_zero"])
    if at_zero == 0.5:
        half = model.tensor(f"{out}.half", 0.5)
        model.node("Add", [model.step("Mul", [sign, half], out), half], out)
    elif at_zero == 0.0:
        model.node("Relu", [sign], out)
    elif at_zero == 1.0:
        below = model.step("Relu", [model.step("Neg", [sign], out)], out)
        model.node("Sub", [model.tensor(f"{out}.one", 1.0), below], out)
    else:
        raise NnlecError(f"a step that is {at_zero:g} at 0")


SPELLED: Mapping[str, Callable[..., None]] = {
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "mish": _mish,
    "silu": _silu,
    "prelu": _prelu,
    "hard_tanh": _hard_tanh,
    "step": _step,
    "softmax": partial(_over_row, "Softmax"),
    "log_softmax": partial(_over_row, "LogSoftmax"),
    "hardmax": partial(_over_row, "Hardmax"),
    "softmin": partial(_over_row, "Softmax", minus=True),
}
"""Activations that take several operators, or constants beside them."""


def _metadata(network: Network) -> dict[str, str]:
    lists = {key: getattr(network, key) for key in ("inputs", "classes", "outputs")}
    found = {f"nnlec.{key}": json.dumps(list(names), ensure_ascii=False) for key, names in lists.items() if names}
    for key in ("name", "unit", "loss", "kind"):
        if getattr(network, key):
            found[f"nnlec.{key}"] = getattr(network, key)
    return found


WriteLayer = Callable[[_Model, Any, Sequence[str], str], object]


def _tensors(model: _Model, layer: Any, arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """The tensors of a layer's arrays, by key: each is called as in a state_dict."""
    return {key: model.tensor(state_name(layer, key), array) for key, array in arrays.items()}


def _dense(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    names = _tensors(model, layer, {**layer.arrays, "weights": layer.weights.T})
    model.node("Gemm", [*given, *names.values()], out, transB=1)


def _scale(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    operators = {"subtract": "Sub", "divide": "Div", "multiply": "Mul", "add": "Add"}
    names = _tensors(model, layer, layer.arrays) or {"multiply": model.tensor(f"{out}.one", 1.0)}
    (x,) = given
    *first, last = names
    for key in first:
        x = model.step(operators[key], [x, names[key]], out)
    model.node(operators[last], [x, names[last]], out)


def _batch_norm(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    channels, keys = layer.in_shape[:1], ("scale", "shift", "mean", "variance")
    names = _tensors(model, layer, {key: np.broadcast_to(getattr(layer, key), channels) for key in keys})
    model.node("BatchNormalization", [*given, *names.values()], out, epsilon=float(layer.epsilon))


def _layer_norm(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    depth = max(layer.scale.ndim, layer.shift.ndim) or len(layer.in_shape)
    over = layer.in_shape[-depth:]
    names = _tensors(model, layer, {key: np.broadcast_to(getattr(layer, key), over) for key in ("scale", "shift")})
    model.node("LayerNormalization", [*given, *names.values()], out, axis=-depth, epsilon=float(layer.epsilon))


def _placed(layer: Any) -> dict[str, Any]:
    axes = layer.windows.axes
    pads = [axis.before for axis in axes] + [axis.after for axis in axes]
    given = {"strides": [axis.stride for axis in axes], "pads": pads, "dilations": [axis.dilation for axis in axes]}
    return given | {"kernel_shape": [axis.window for axis in axes]}


def _conv(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    weights = np.flip(layer.weights, tuple(range(2, layer.weights.ndim))) if layer.flip else layer.weights
    names = _tensors(model, layer, {**layer.arrays, "weights": weights})
    model.node("Conv", [*given, *names.values()], out, group=layer.groups, **_placed(layer))


def _pool(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    kind = {"max_pool": "MaxPool", "average_pool": "AveragePool"}[layer.kind]
    if isinstance(layer.window, str):
        model.node(f"Global{kind}", given, out)
        return
    placed = _placed(layer)
    if kind == "AveragePool":
        if set(placed.pop("dilations")) != {1}:
            raise NnlecError(f"opset {OPSET} has no average pooling with dilation")
        placed["count_include_pad"] = int(layer.count_padding)
    model.node(kind, given, out, **placed)


def _joined(operator: str, model: _Model, _: Any, given: Sequence[str], out: str) -> None:
    x, *others = given
    for other in others[:-1]:
        x = model.step(operator, [x, other], out)
    model.node(operator, [x, others[-1]], out)


def _reshape(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    model.node("Reshape", [*given, model.whole(f"{out}.shape", [0, *layer.to])], out)


def _dropout(model: _Model, layer: Any, given: Sequence[str], out: str) -> None:
    model.node("Dropout", [*given, model.tensor(f"{out}.rate", layer.rate)], out)


LAYERS: Mapping[str, WriteLayer] = {
    "dense": _dense,
    "scale": _scale,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "conv": _conv,
    "max_pool": _pool,
    "average_pool": _pool,
    "flatten": lambda model, _, given, out: model.node("Flatten", given, out),
    "reshape": _reshape,
    "transpose": lambda model, layer, given, out: model.node("Transpose", given, out, perm=[0, *layer.axes]),
    "dropout": _dropout,
    "add": partial(_joined, "Add"),
    "multiply": partial(_joined, "Mul"),
    "concat": lambda model, _, given, out: model.node("Concat", given, out, axis=1),
}
"""Kind of layer -> what writes it."""
