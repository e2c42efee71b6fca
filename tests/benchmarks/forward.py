"""`Network.forward` of 4,096 rows beside a plain chain of numpy and beside onnxruntime (float64), and of one row.

python tests/benchmarks/forward.py [REPEATS]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from nnlec.network import Network
from tests.test_bits import network

SHAPES = ((64, 128, 64, 10), (784, 512, 256, 10), (1024, 4096, 4096, 1000))


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def plain(made: Network, x: Any) -> Any:
    """The chain one writes: relu between layers, softmax at the end."""
    for layer in made.layers[:-1]:
        x = np.maximum(x @ layer.weights + layer.bias, 0.0)
    x = x @ made.layers[-1].weights + made.layers[-1].bias
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def onnx_session(made: Network) -> Any:
    """The same network in onnxruntime, with as many threads as BLAS has; None where it is not installed."""
    try:
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        return None
    nodes, constants, name = [], [], "x"
    for i, layer in enumerate(made.layers):
        assert layer.bias is not None
        constants += [numpy_helper.from_array(layer.weights, f"W{i}"), numpy_helper.from_array(layer.bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [name, f"W{i}", f"b{i}"], [f"z{i}"]))
        kind = "Softmax" if layer is made.layers[-1] else "Relu"
        nodes.append(helper.make_node(kind, [f"z{i}"], [f"h{i}"]))
        name = f"h{i}"
    ends = [
        [helper.make_tensor_value_info(end, TensorProto.DOUBLE, [None, width])]
        for end, width in (("x", made.n_in), (name, made.n_out))
    ]
    graph = helper.make_graph(nodes, "chain", ends[0], ends[1], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OPENBLAS_NUM_THREADS", os.cpu_count() or 1))
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def ratio(ours: Callable[[], object], rival: Callable[[], object], repeats: int) -> float:
    """The median of `ours` over `rival`, run by turns."""
    return median(seconds(ours) / seconds(rival) for _ in range(repeats))


def compare(sizes: tuple[int, ...], repeats: int) -> str:
    made, x = network(sizes), np.random.default_rng(0).normal(size=(4096, sizes[0]))
    session = onnx_session(made)
    made.forward(x[:64])
    many = median(seconds(lambda: made.forward(x)) for _ in range(repeats))
    one = median(seconds(lambda: made.forward(x[:1])) for _ in range(repeats))
    to_numpy = ratio(lambda: made.forward(x), lambda: plain(made, x), repeats)
    to_onnx = ratio(lambda: made.forward(x), lambda: session.run(None, {"x": x}), repeats) if session else float("nan")
    return (
        f"| {'-'.join(map(str, sizes))} | {many * 1e3:.1f} ms | {to_numpy:.2f} | {to_onnx:.2f} | {one * 1e3:.2f} ms |"
    )


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print("| layers | 4,096 rows | of plain numpy | of onnxruntime | one row |\n|---|---:|---:|---:|---:|")
    for sizes in SHAPES:
        print(compare(sizes, repeats))


if __name__ == "__main__":
    main()
