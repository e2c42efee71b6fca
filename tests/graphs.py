"""Small models made for tests: ONNX files of a few nodes, and networks of weights alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnlec import Network, load_network
from nnlec.models.sketch import sketched
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS


def onnx_bytes(
    nodes: Sequence[Any],
    tensors: dict[str, Any] | None = None,
    shape: Sequence[Any] = ("rows", 2),
    *,
    opset: int = 17,
    outputs: Sequence[Any] = (),
    metadata: dict[str, str] | None = None,
    element: int = 1,
) -> bytes:
    """A model of these nodes: `tensors` by name, the input `x`, of that type of number, and the output `y`."""
    from onnx import helper, numpy_helper

    given = [numpy_helper.from_array(np.asarray(array), name) for name, array in (tensors or {}).items()]
    x = helper.make_tensor_value_info("x", element, shape)
    ends = outputs or [helper.make_tensor_value_info("y", element, None)]
    graph = helper.make_graph(list(nodes), "graph", [x], list(ends), given)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    helper.set_model_props(model, metadata or {})
    return bytes(model.SerializeToString())


def one_node(
    folder: Path, operator: str, tensors: dict[str, Any], shape: Sequence[Any], *, opset: int = 17, **attributes: Any
) -> Network:
    """The network of a file whose one node takes `x` and these tensors."""
    from onnx import helper

    node = helper.make_node(operator, ["x", *tensors], ["y"], name=operator, **attributes)
    path = folder / "model.onnx"
    path.write_bytes(onnx_bytes([node], tensors, shape, opset=opset))
    return load_network(path)


def f32(*values: Any) -> Any:
    """Numbers in single precision."""
    return np.array(values[0] if len(values) == 1 else list(values), dtype=np.float32)


def numbers(network: Network, row: Sequence[float]) -> list[float]:
    """What a network gives for a row, to six digits."""
    return [float(f"{number:.6g}") for number in network.forward([row])[0]]


def chained(state: Mapping[str, Any]) -> Network:
    """The dense layers that weights alone tell of, all without an activation."""
    layers = []
    for number, found in enumerate(sketched(state).layers, start=1):
        arrays = {key: array.astype(float) for key, (_, array) in found.arrays.items()}
        if found.transposed:
            arrays["weights"] = arrays["weights"].T
        layers.append(LAYERS[found.kind].build(arrays, (), activation("identity"), found.name or f"layer {number}"))
    return Network(tuple(layers))
