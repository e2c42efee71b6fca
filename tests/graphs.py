"""Small ONNX files, made for tests with the onnx package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnlec import Network, load_network


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
