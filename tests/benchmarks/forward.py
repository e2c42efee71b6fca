"""`Network.forward` of 4,096 rows beside a plain chain of numpy and beside onnxruntime (float64), and of one row.

Each is timed in processes of its own, which take turns: the threads of one would spin for a while beside the next.

    python tests/benchmarks/forward.py [ROUNDS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from nnlec.network.network import Network
from tests.test_bits import network

SHAPES = ((64, 128, 64, 10), (784, 512, 256, 10), (1024, 4096, 4096, 1000))
ROWS = 4096
LONG_ENOUGH = 0.5
"""Seconds that one process repeats a pass for."""


def plain(made: Network, x: Any) -> Any:
    """The chain one writes: relu between layers, softmax at the end."""
    for layer in made.layers[:-1]:
        x = np.maximum(x @ layer.arrays["weights"] + layer.arrays["bias"], 0.0)
    x = x @ made.layers[-1].arrays["weights"] + made.layers[-1].arrays["bias"]
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def onnx_session(made: Network) -> Any:
    """The same network in onnxruntime, with as many threads as BLAS has."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, name = [], [], "x"
    for i, layer in enumerate(made.layers):
        constants += [
            numpy_helper.from_array(layer.arrays["weights"], f"W{i}"),
            numpy_helper.from_array(layer.arrays["bias"], f"b{i}"),
        ]
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
    options.intra_op_num_threads = int(os.environ["OPENBLAS_NUM_THREADS"])
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def onnx(made: Network, x: Any) -> Callable[[], object]:
    session = onnx_session(made)
    return lambda: session.run(None, {"x": x})


PROGRAMS: dict[str, Callable[[Network, Any], Callable[[], object]]] = {
    "nnlec": lambda made, x: lambda: made.forward(x),
    "numpy": lambda made, x: lambda: plain(made, x),
    "onnxruntime": onnx,
    "one row": lambda made, x: lambda: made.forward(x[:1]),
}
"""What is compared: each makes ready and gives what is timed."""


def milliseconds(function: Callable[[], object]) -> float:
    """The median of many calls, after two that do not count."""
    took: list[float] = []
    while len(took) < 5 or sum(took) < LONG_ENOUGH:
        start = time.perf_counter()
        function()
        took.append(time.perf_counter() - start)
    return median(took[2:]) * 1e3


def alone(sizes: tuple[int, ...], name: str, threads: int) -> float:
    """The same in a process of its own; BLAS may choose its kernel for this processor, as the others do."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
    environment["OPENBLAS_NUM_THREADS"] = str(threads)
    command = [sys.executable, __file__, "-".join(map(str, sizes)), name]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def compare(sizes: tuple[int, ...], threads: int, rounds: int) -> str:
    names = [name for name in PROGRAMS if name != "onnxruntime" or has_onnxruntime()]
    turns = [{name: alone(sizes, name, threads) for name in names} for _ in range(rounds)]
    ratios = [
        f"{median(turn['nnlec'] / turn[rival] for turn in turns):.2f}" if rival in names else ""
        for rival in ("numpy", "onnxruntime")
    ]
    ours, one = (f"{median(turn[name] for turn in turns):.3g} ms" for name in ("nnlec", "one row"))
    return f"| {'-'.join(map(str, sizes))} | {threads} | {ours} | {' | '.join(ratios)} | {one} |"


def has_onnxruntime() -> bool:
    return bool(find_spec("onnxruntime") and find_spec("onnx"))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("| layers | threads | 4,096 rows | of plain numpy | of onnxruntime | one row |")
    print("|---|---:|---:|---:|---:|---:|")
    for threads in sorted({1, os.cpu_count() or 1}):
        for sizes in SHAPES:
            print(compare(sizes, threads, rounds), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        shape = tuple(map(int, sys.argv[1].split("-")))
        rows = np.random.default_rng(0).normal(size=(ROWS, shape[0]))
        print(milliseconds(PROGRAMS[sys.argv[2]](network(shape), rows)))
    else:
        main()
