"""An ONNX graph walked node by node, each becoming layers, an expression that waits, or a constant."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.models.assembly import Assembly
from nnlec.models.expressions import Expressions
from nnlec.models.onnx_file.folding import folded
from nnlec.models.onnx_file.nodes import Constant, OnnxNode, OnnxValue, Tensor
from nnlec.models.onnx_file.tensors import DOUBLE, Files, array_of
from nnlec.models.pointwise import POINTWISE, Expression
from nnlec.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlec.network.layers import Shape

MOST_NODES = 20_000

NEWEST = 28
"""The newest opset whose operators are known to mean what they are taken for."""


class Graph:
    """The nodes, the tensors and who takes what; `walk` turns those that an output needs into layers."""

    def __init__(self, model: Any, files: Files) -> None:
        graph = model.graph
        if len(graph.node) > MOST_NODES:
            raise NnlecError(f"{len(graph.node):,} nodes, the limit is {MOST_NODES:,}")
        if graph.sparse_initializer:
            raise NnlecError("sparse tensors are not read")
        self.proto, self.files = graph, files
        self.versions = _versions(model)
        self.functions = {(each.domain, each.name) for each in model.functions}
        self.tensors = {each.name: each for each in graph.initializer}
        self.producers: dict[str, int] = {}
        for index, node in enumerate(graph.node):
            for name in filter(None, node.output):
                if name in self.producers or name in self.tensors:
                    raise NnlecError(f"two nodes give '{visible(shortened(name))}'")
                self.producers[name] = index
        self._expect_no_cycle()
        self.inputs = [each for each in graph.input if each.name not in self.tensors]

    def _expect_no_cycle(self) -> None:
        """Raises `NnlecError` where a node needs what it gives itself."""
        needs = {
            index: {self.producers[name] for name in node.input if name in self.producers}
            for index, node in enumerate(self.proto.node)
        }
        if all(before < index for index, found in needs.items() for before in found):
            return
        from graphlib import CycleError, TopologicalSorter

        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            before, index = error.args[1][:2]
            taken = next(name for name in self.proto.node[index].input if self.producers.get(name) == before)
            what = f"it takes '{visible(shortened(taken))}', which is made from what it gives: a cycle"
            raise self.numbered(self.proto.node[index], []).error(what) from None

    def node(self, name: str) -> Any:
        """The node that gives that name; None for a tensor and an input."""
        index = self.producers.get(name)
        return None if index is None else self.proto.node[index]

    def constant(self, name: str) -> np.ndarray | None:
        """The tensor of that name, or that of a Constant node."""
        node = self.node(name)
        if name in self.tensors:
            return array_of(self.tensors[name], self.files)
        if node is not None and node.op_type == "Constant":
            return _constant(self.numbered(node, []), self.files)
        return None

    def numbered(self, proto: Any, values: Sequence[OnnxValue | None]) -> OnnxNode:
        """A node with its values and the version of its operators."""
        place = 1 + next((self.producers[name] for name in proto.output if name in self.producers), 0)
        return OnnxNode(proto, place, self.versions.get(proto.domain, 1), values)

    def needed(self, output: str) -> list[int]:
        """The nodes that an output needs, in the file's order."""
        found: set[int] = set()
        waiting = [output]
        while waiting:
            index = self.producers.get(waiting.pop())
            if index is not None and index not in found:
                found.add(index)
                waiting += filter(None, self.proto.node[index].input)
        return sorted(found)


class OnnxWalk(Expressions):
    """The walk towards one output: what each name stands for, and the layers so far."""

    def __init__(self, graph: Graph, output: str, shape: Shape, *, fixed_rows: int) -> None:
        self.graph, self.output = graph, output
        self.fixed_rows = fixed_rows
        super().__init__(Assembly(shape))
        self.values: dict[str, OnnxValue] = {}
        self.double = False
        self.needed = graph.needed(output)
        self.uses = Counter([output])
        for index in self.needed:
            self.uses.update(filter(None, graph.proto.node[index].input))

    def run(self) -> None:
        """Every node that is needed, the layer that gives the output last."""
        from nnlec.models.onnx_file.operators import OPERATORS

        for index in self.needed:
            proto = self.graph.proto.node[index]
            node = self.graph.numbered(proto, [self._value(name, index) for name in proto.input])
            try:
                self._take(node, OPERATORS)
            except NnlecError as error:
                if error.where.startswith("node "):
                    raise
                raise error.at(node.error("").where) from None
        value = self.values.get(self.output)
        if not isinstance(value, Expression):
            raise NnlecError(f"the output '{visible(shortened(self.output))}' does not depend on the input")
        self.finish(value)

    def _take(self, node: OnnxNode, operators: Mapping[tuple[str, str], Any]) -> None:
        proto = node.proto
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        handler = operators.get((domain, node.operator))
        if (proto.domain, node.operator) in self.graph.functions:
            raise node.error("a function of the file's own is not read")
        if node.operator == "Constant" and domain == "":
            value: OnnxValue = Constant(_constant(node, self.graph.files))
            self.double = self.double or value.array.dtype == np.float64
        elif domain == "" and all(each is None or isinstance(each, Constant) for each in node.values) and node.size:
            value = folded(node, node.values)
        elif handler is not None:
            value = handler(self, node)
        elif domain == "" and node.operator in POINTWISE:
            from nnlec.models.onnx_file.elementwise import expression

            value = expression(self, node)
        else:
            raise node.error(*_reason(domain, node.operator))
        node.check_accounted()
        self._name(node, value)

    def _name(self, node: OnnxNode, given: OnnxValue | list[OnnxValue | None]) -> None:
        """Gives what a node gives its names; one that stands for nothing must not be taken."""
        values = given if isinstance(given, list) else [given]
        for name, value in zip_longest(node.proto.output, values):
            uses = self.uses[name]
            if value is None and uses:
                raise node.error(f"its output '{visible(shortened(name))}' is taken, which no layer gives")
            if isinstance(value, Expression):
                value.uses += uses - any(value is each for each in node.values)
            if value is not None and name:
                self.values[name] = value

    def _value(self, name: str, index: int) -> OnnxValue | None:
        if not name:
            return None
        if name not in self.values:
            if name not in self.graph.tensors:
                raise NnlecError(f"node {index + 1} takes '{visible(shortened(name))}', which nothing before it gives")
            proto = self.graph.tensors[name]
            self.double = self.double or proto.data_type == DOUBLE
            return Tensor(proto, self.graph.files)  # not kept: what a layer makes of it is
        return self.values[name]

    # What layers are made of

    def add(
        self, node: OnnxNode, kind: str, values: Mapping[str, object], *sources: int, weights: int = 0
    ) -> Expression:
        """A layer of that kind, named after its weights, the input of that number, else after its node."""
        return self.leaf(self.assembly.add(kind, values, sources, node.label(weights)))


def _versions(model: Any) -> dict[str, int]:
    """The version of each domain's operators. Raises `NnlecError` for one that is too old or too new."""
    versions: dict[str, int] = {}
    for each in model.opset_import:
        domain = "" if each.domain == "ai.onnx" else each.domain
        versions[domain] = max(each.version, versions.get(domain, 0))
    version = versions.get("", 0)
    if version > NEWEST:
        raise NnlecError(f"opset {version} is newer than those that are read, up to {NEWEST}")
    if version < 6 and any(node.domain in ("", "ai.onnx") for node in model.graph.node):
        raise NnlecError(f"opset {version} is not read, expected 6 or newer", hint="onnx.version_converter raises it")
    versions["ai.onnx"] = version
    return versions


def _constant(node: OnnxNode, files: Files) -> np.ndarray:
    """The one attribute of a Constant node."""
    if (tensor := node.attribute("value")) is not None:
        return array_of(tensor, files)
    for name, kind in _VALUES.items():
        if (value := node.attribute(name)) is not None:
            return np.array(value, dtype=kind)
    raise node.error("a constant without a value that is read")


_VALUES: Mapping[str, type | None] = {
    **dict.fromkeys(("value_float", "value_floats"), np.float32),
    **dict.fromkeys(("value_int", "value_ints"), np.int64),
    **dict.fromkeys(("value_string", "value_strings"), None),
}
"""Attribute of a Constant node that is no tensor -> the type of its numbers; None for texts."""


_KNOWN_REASONS = {
    **dict.fromkeys(("If", "Loop", "Scan"), "control flow is no layer"),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "recurrent layers are not read"),
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear", "QLinearMatMul"), "quantised networks are not read"),
    **dict.fromkeys(("Gather", "GatherND"), "a look-up by what the rows hold is not read"),
    "Normalizer": "it divides each row by its own length, which is no layer",
    **dict.fromkeys(("TreeEnsembleClassifier", "TreeEnsembleRegressor"), "a tree is no network"),
}


def _reason(domain: str, operator: str) -> tuple[str, str]:
    if operator in _KNOWN_REASONS:
        return _KNOWN_REASONS[operator], ""
    where = f" of {visible(shortened(domain))}" if domain else ""
    return f"no layer does what this operator{where} does", "the guide lists what is read: nnlec guide models"
