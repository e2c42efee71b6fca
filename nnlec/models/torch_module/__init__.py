"""PyTorch modules in memory as networks: what their forward does, followed by torch.fx of the torch that made them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.models.assembly import Assembly, plain_name
from nnlec.models.expressions import Expressions
from nnlec.models.pointwise import Expression
from nnlec.models.torch_module.calls import COUNTING, Call, leaves, refusal
from nnlec.models.torch_module.functions import FUNCTIONS, MODULES, REASONS
from nnlec.network.layers.checks import checked_shape
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.layers import Shape
    from nnlec.network.network import Network

_DOUBLE = "torch.float64"
_WRAPPERS = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}
"""What torch.compile and training on several devices lay around a module, and where the module itself is."""
_UNKNOWN = "no layer does what this module does"
_EXPORT = "torch.onnx.export writes it as a file, which nnlec opens"


def of_module(module: Any, shape: Sequence[int] | int | None) -> Network:
    """The network of a module in memory; `shape` is that of one example, where the first layer does not say it."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        tensors = isinstance(module, dict)
        hint = "a state_dict has no layers: give the module itself" if tensors else "a file is opened by load_network"
        if isinstance(module, type):
            hint = f"make one: {module.__name__}()"
        raise NnlecError(f"{visible(type(module).__name__)} is no module of PyTorch", hint=hint)
    if isinstance(module, torch.jit.ScriptModule):
        raise NnlecError("a TorchScript module says nothing of its layers", hint="give the module it was made from")
    while inner := _WRAPPERS.get(type(module).__name__):
        module = getattr(module, inner)
    with torch.no_grad():
        root, graph = _traced(torch, module)
        given = checked_shape("shape", shape) if shape is not None else _first_shape(root, graph)
        walk = TorchWalk(root, Assembly(given))
        walk.run(graph)
    plain = type(module).__module__.startswith("torch.")
    name = "" if plain else plain_name(type(module).__name__)
    return walk.assembly.network(dtype="float32" if walk.types and _DOUBLE not in walk.types else "float64", name=name)


def _traced(torch: Any, module: Any) -> tuple[Any, Any]:
    """The module as the only one of a Sequential, and the graph of calls that its forward makes."""
    from importlib import import_module

    root = torch.nn.Sequential(module)
    try:
        return root, import_module("torch.fx").symbolic_trace(root).graph
    except Exception as error:  # whatever the forward of somebody's module raises
        what = shortened(visible(str(error).strip().partition("\n")[0]), 120)
        raise NnlecError(f"its forward cannot be followed: {what}", hint=_EXPORT) from None


def _first_shape(root: Any, graph: Any) -> Shape:
    """The shape of one example, where the first layer with weights takes rows of a known length."""
    for node in graph.nodes:
        module: Any = root.get_submodule(node.target) if node.op == "call_module" else None
        kind = type(module).__name__
        if module is not None and kind not in MODULES:
            raise refusal(_place(node), kind, REASONS.get(kind, _UNKNOWN))
        if kind == "Linear":
            return (int(module.in_features),)
        if kind in ("BatchNorm1d", "LayerNorm"):
            sizes = module.num_features if kind == "BatchNorm1d" else module.normalized_shape
            return checked_shape("shape", sizes)
        if node.op == "call_function" and node.target.__name__ == "linear":
            weight = attrgetter(node.args[1].target)(root)
            return (int(weight.shape[1]),)
        if "Conv" in kind or "Pool" in kind or "conv" in str(node.target) or "pool" in str(node.target):
            break
    raise NnlecError(
        "the shape of one example is not known", hint="from_torch(module, (channels, rows, columns)), without the rows"
    )


def _place(node: Any) -> str:
    """Where a module stands in the one that was given, which is "0" of a Sequential."""
    return str(node.target[len("0.") :])


def _is_torch_node(value: Any) -> bool:
    return type(value).__name__ == "Node" and type(value).__module__.startswith("torch.fx")


def _nodes_in(value: Any) -> Iterator[Any]:
    """The nodes that a call takes, each as often as it is taken."""
    return filter(_is_torch_node, leaves(value))


class TorchWalk(Expressions):
    """The calls of a module's forward, in order: each gives an Expression, or something that no input changes."""

    def __init__(self, root: Any, assembly: Assembly) -> None:
        super().__init__(assembly)
        self.root = root
        self.values: dict[str, Any] = {}
        self.types: set[str] = set()

    def run(self, graph: Any) -> None:
        """Every call that the output needs, the layer that gives it last."""
        uses = _uses(graph)
        inputs = 0
        for node in graph.nodes:
            if node.op == "output":
                break
            if node.op == "placeholder":
                inputs += 1
                value: Any = self.leaf(0)
            elif node.name not in uses:
                continue
            else:
                value = self._called(node, uses)
            if isinstance(value, Expression):
                same = any(value is self.values[each.name] for each in _nodes_in((node.args, node.kwargs)))
                value.uses += uses[node.name] - same
            self.values[node.name] = value
        given = self._known(node.args[0])
        if isinstance(given, dict):
            given = tuple(given.values())
        values = given if isinstance(given, tuple | list) else (given,)
        if len(values) != 1:
            raise NnlecError(f"it gives {len(values)} values, expected one", hint=_EXPORT)
        if inputs != 1 or not isinstance(values[0], Expression):
            raise NnlecError("what it gives does not depend on one input alone", hint=_EXPORT)
        self.finish(values[0])

    def _called(self, node: Any, uses: Counter[str]) -> Any:
        if node.op == "get_attr":
            return attrgetter(node.target)(self.root)
        args, kwargs = self._known(node.args), self._known(dict(node.kwargs))
        call = self._call(node, args, kwargs)
        try:
            if node.op == "call_module":
                _expect_plain(call)
            if call.in_place or str(node.target).endswith("_") or _name(node) in _IN_PLACE:
                _expect_alone(node, uses, call)
            return call.value()
        except NnlecError as error:
            raise error if error.where == call.error("").where else error.at(call.error("").where) from None

    def _call(self, node: Any, args: Any, kwargs: dict[str, Any]) -> Call:
        if node.op == "call_module":
            module = self.root.get_submodule(node.target)
            kind = type(module).__name__
            return Call(self, _place(node), kind, MODULES.get(kind), None, args, kwargs, module)
        name = _name(node).removesuffix("_")
        weights = next((each.target for each in _nodes_in(node.args) if each.op == "get_attr"), "")
        return Call(self, node.name, name, FUNCTIONS.get(name), node.target, args, kwargs, weights=weights)

    def _known(self, value: Any) -> Any:
        """A call's arguments with what the nodes among them gave."""
        if _is_torch_node(value):
            return self.values[value.name]
        if isinstance(value, list | tuple):
            return tuple(map(self._known, value))
        if isinstance(value, dict):
            return {key: self._known(each) for key, each in value.items()}
        if isinstance(value, slice):
            return slice(*map(self._known, (value.start, value.stop, value.step)))
        return value

    def array(self, tensor: Any) -> np.ndarray:
        """The numbers of a tensor."""
        if isinstance(tensor, np.ndarray):
            return tensor
        if tensor.is_complex() or tensor.is_quantized or tensor.is_sparse or tensor.device.type == "meta":
            raise NnlecError("a tensor of complex, quantised or missing numbers")
        self.types.add(str(tensor.dtype))
        return np.array(tensor.detach().cpu().double().numpy())


def _uses(graph: Any) -> Counter[str]:
    """How often each node that the output needs is taken by those; who asks its shape takes nothing."""
    uses: Counter[str] = Counter()
    for node in reversed(graph.nodes):
        if node.op == "output" or node.name in uses:
            for each in _nodes_in((node.args, node.kwargs)):
                uses[each.name] += not _looks(node)
    return uses


def _looks(node: Any) -> bool:
    """Whether a call only asks for the shape."""
    return node.target in COUNTING or (node.target is getattr and node.args[1] == "shape")


def _name(node: Any) -> str:
    return str(node.target) if node.op != "call_function" else str(getattr(node.target, "__name__", node.target))


def _expect_plain(call: Call) -> None:
    """Raises `NnlecError` for a module that is none of torch's own, or does more than its class says."""
    module = call.module
    if not type(module).__module__.startswith("torch.nn.modules.") or call.row is None:
        raise call.error(REASONS.get(call.name, _UNKNOWN))
    if module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module):
        raise call.error("it does more than its class says: a hook, or a forward of its own", _EXPORT)


_IN_PLACE = {"iadd", "isub", "imul", "itruediv", "ipow"}
_VIEWS = {"view", "reshape", "flatten", "permute", "transpose", "squeeze", "unsqueeze", "contiguous", "detach"}
_VIEW_MODULES = {"Identity", "Flatten", "Unflatten", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"}
"""What gives the numbers it takes, not new ones; dropout does where nothing is learned."""


def _expect_alone(node: Any, uses: Counter[str], call: Call) -> None:
    """Raises `NnlecError` where a call changes in place what others take too."""
    before = node.args[0]
    while _is_torch_node(before):
        if uses[before.name] > 1:
            raise call.error("it changes in place what is taken elsewhere too", "inplace=False")
        before = before.args[0] if _is_view(before, call.walk.root) else None


def _is_view(node: Any, root: Any) -> bool:
    """Whether a call gives the numbers it takes, changed or not."""
    if node.op == "placeholder" or not node.args:
        return False
    if node.op == "call_module":
        module = root.get_submodule(node.target)
        return type(module).__name__ in _VIEW_MODULES or bool(getattr(module, "inplace", False))
    name = _name(node)
    return name.removesuffix("_") in _VIEWS or name in _IN_PLACE or name.endswith("_") or "inplace" in node.kwargs
