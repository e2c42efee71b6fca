"""ONNX models as networks, read with the `onnx` package; what stands in a second file is read by us, within bounds."""

from __future__ import annotations

import re
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, shortened
from nnlec.models.assembly import distinct, plain_name
from nnlec.models.onnx_file.graph import Graph, OnnxWalk
from nnlec.models.onnx_file.protobuf import messages
from nnlec.models.onnx_file.tails import names_of, tail_of
from nnlec.models.onnx_file.tensors import DOUBLE, Files
from nnlec.models.pointwise import Expression
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from nnlec.network.layers import Shape
    from nnlec.network.network import Network

MOST_BYTES = 1 << 31
"""The largest message that protobuf reads."""


def load(path: Path, *, allow_outside: bool = False) -> Network:
    """The network in an ONNX file. Raises `NnlecError` for a damaged one, and at the first node that is not read."""
    messages()
    if path.stat().st_size >= MOST_BYTES:
        raise NnlecError("2 GiB or more, which no ONNX file has", hint="its tensors belong in a second file")
    return parsed(path.read_bytes(), Files(path, allow_outside))


def parsed(content: bytes, files: Files | None = None) -> Network:
    """The network in the bytes of an ONNX file; tensors in a second file are read beside `files`."""
    model = messages().ModelProto()
    from google.protobuf.message import DecodeError

    try:
        model.ParseFromString(content)
    except DecodeError:
        raise NnlecError("not an ONNX model, or a damaged one") from None
    del content
    if not model.graph.node:
        raise NnlecError("not an ONNX model, or one without nodes")
    try:
        return _network(model, files or Files(Path(), False))
    except (ValueError, TypeError, IndexError, OverflowError, KeyError, AttributeError):  # a name that is no UTF-8, ...
        raise NnlecError("a damaged ONNX model") from None


def _network(model: Any, files: Files) -> Network:
    graph = Graph(model, files)
    tail = tail_of(graph)
    name, (rows, *sizes) = _input(graph)
    shape = tuple(sizes)
    walk = OnnxWalk(graph, tail.output, shape, fixed_rows=max(0, rows))
    walk.double = any(each.type.tensor_type.elem_type == DOUBLE for each in graph.proto.output)
    walk.values[name] = Expression(shape, number=0, uses=walk.uses[name])
    walk.run()
    layers = walk.assembly
    n_out = layers.layers[-1].n_out if layers.layers else 0
    names: dict[str, Any] = {"classes": tail.classes, "name": plain_name(model.graph.name)}
    if tail.several:
        names["kind"] = "multi-label"
    names |= names_of(model)
    return layers.network(dtype="float64" if walk.double else "float32", **_fitting(names, shape, n_out))


def _fitting(names: dict[str, Any], shape: Shape, n_out: int) -> dict[str, Any]:
    """The names that can be names, and are as many as there are numbers."""
    counts = {"inputs": {prod(shape)}, "outputs": {n_out}, "classes": {n_out, 2} if n_out == 1 else {n_out}}
    fitting: dict[str, Any] = {}
    for key, value in names.items():
        if key not in counts:
            fitting[key] = plain_name(value)
        elif (plain := distinct(value)) and len(plain) in counts[key]:
            fitting[key] = plain
    if re.fullmatch(_GENERATED, fitting.get("name", "")):
        del fitting["name"]
    return fitting


_GENERATED = r"main_graph|main|graph|torch[_-]jit(-export)?|tf2onnx|ONNX\(.*\)|[0-9a-f]{32}"
"""What exporters call every graph."""


_NUMBERS = {1, 2, 3, 4, 5, 6, 7, 10, 11, 16}
"""Types of tensors that hold real numbers."""


def _input(graph: Graph) -> tuple[str, list[int]]:
    """The one input, its name and sizes. Raises `NnlecError` for none, for several, and for one of another form."""
    if len(graph.inputs) != 1:
        shown = ", ".join(f"'{visible(shortened(each.name, 30))}'" for each in graph.inputs[:6]) or "none"
        raise NnlecError(f"its inputs are {shown}; expected one, whose rows are the examples")
    given = graph.inputs[0]
    kind = given.type.tensor_type
    if given.type.WhichOneof("value") != "tensor_type" or kind.elem_type not in _NUMBERS:
        raise NnlecError(f"its input '{visible(shortened(given.name))}' is no array of numbers")
    sizes = [each.dim_value for each in kind.shape.dim]
    if len(sizes) < 2:
        raise NnlecError(f"its input has {counted(len(sizes), 'axis')}, expected rows and what one example has")
    if any(size < 1 for size in sizes[1:]):
        raise NnlecError(f"its input is {['rows', *sizes[1:]]}: a size is open".replace("'", ""))
    return given.name, sizes
