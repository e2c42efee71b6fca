"""LeNet-5 on 28 x 28 beside onnxruntime, pooling and norms beside the shortest numpy, in turn and in one thread.

onnxruntime has no convolution of doubles: its figure is of single precision, which is half the work.

    python -m tests.benchmarks.maps [ROUNDS]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from nnlec.network.activations import activation
from nnlec.network.layers import Dense, Layer
from nnlec.network.layers.average_pool import AveragePool
from nnlec.network.layers.batch_norm import BatchNorm
from nnlec.network.layers.conv import Conv
from nnlec.network.layers.flatten import Flatten
from nnlec.network.layers.layer_norm import LayerNorm
from nnlec.network.layers.max_pool import MaxPool
from nnlec.network.network import Network

ROWS = 256
RNG = np.random.default_rng(0)


def lenet() -> Network:
    """LeNet-5 with relu and max pooling."""

    def weights(*shape: int) -> Any:
        return RNG.normal(size=shape) / np.sqrt(np.prod(shape[1:]) if len(shape) > 2 else shape[0])

    relu = activation("relu")
    return Network(
        (
            Conv(weights(6, 1, 5, 5), (1, 28, 28), weights(6), padding=2, activation=relu, name="C1"),
            MaxPool((6, 28, 28), 2, name="S2"),
            Conv(weights(16, 6, 5, 5), (6, 14, 14), weights(16), activation=relu, name="C3"),
            MaxPool((16, 10, 10), 2, name="S4"),
            Flatten((16, 5, 5), name="flat"),
            Dense(weights(400, 120), weights(120), relu, "C5"),
            Dense(weights(120, 84), weights(84), relu, "F6"),
            Dense(weights(84, 10), weights(10), activation("softmax"), "output"),
        )
    )


def onnx_lenet(made: Network) -> Callable[[Any], Any]:
    """The same network in onnxruntime, single precision, one thread."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, name = [], [], "x"
    for number, layer in enumerate(made.layers):
        learned = [f"{key}{number}" for key in layer.arrays]
        constants += [
            numpy_helper.from_array(array.astype(np.float32), key)
            for array, key in zip(layer.arrays.values(), learned, strict=True)
        ]
        kinds: dict[str, tuple[str, dict[str, Any]]] = {
            "conv": ("Conv", {"pads": [2] * 4 if number == 0 else [0] * 4}),
            "max_pool": ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
            "flatten": ("Flatten", {}),
            "dense": ("Gemm", {}),
        }
        kind, keys = kinds[layer.kind]
        nodes.append(helper.make_node(kind, [name, *learned], [f"z{number}"], **keys))
        name = f"z{number}"
        if not layer.activation.is_identity:
            last = layer is made.layers[-1]
            nodes.append(helper.make_node("Softmax" if last else "Relu", [name], [f"h{number}"]))
            name = f"h{number}"
    ends = [
        helper.make_tensor_value_info(end, TensorProto.FLOAT, shape)
        for end, shape in (("x", [None, 1, 28, 28]), (name, [None, 10]))
    ]
    graph = helper.make_graph(nodes, "lenet", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]


def maps_of(layer: Layer) -> tuple[Any, Any]:
    """Rows for a layer, and the same as maps."""
    rows = RNG.normal(size=(ROWS, layer.n_in))
    return rows, rows.reshape(ROWS, *layer.in_shape)


def pairs() -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """What is compared: a name, ours, and numpy's."""
    norm = BatchNorm((16, 28, 28), RNG.normal(size=16), RNG.uniform(1, 2, 16), np.array(1e-5), RNG.normal(size=16))
    pools = [MaxPool((6, 28, 28), 2), MaxPool((6, 28, 28), 3, 1), AveragePool((6, 28, 28), 2)]
    layers = [*pools, norm, LayerNorm((512,), np.array(1e-5), RNG.normal(size=512), RNG.normal(size=512))]
    (a, am), (b, bm), (c, cm), (d, dm), (e, em) = map(maps_of, layers)
    nonnegative = np.abs(c)
    positive = nonnegative.reshape(cm.shape)

    def largest_of_two(x: Any) -> Any:
        rows = np.maximum(x[:, :, ::2], x[:, :, 1::2])
        return np.maximum(rows[..., ::2], rows[..., 1::2])

    def largest_of_three(x: Any) -> Any:
        rows = np.maximum(np.maximum(x[:, :, :-2], x[:, :, 1:-1]), x[:, :, 2:])
        return np.maximum(np.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])

    def mean_of_two(x: Any) -> Any:
        rows = x[:, :, ::2] + x[:, :, 1::2]
        return (rows[..., ::2] + rows[..., 1::2]) * 0.25

    def normed(x: Any) -> Any:
        mean, variance, scale = (norm.arrays[key][:, None, None] for key in ("mean", "variance", "scale"))
        return (x - mean) / np.sqrt(variance + 1e-5) * scale + norm.shift

    def layer_normed(x: Any) -> Any:
        apart = x - x.mean(axis=1, keepdims=True)
        apart /= np.sqrt(np.einsum("ij,ij->i", apart, apart)[:, None] / x.shape[1] + 1e-5)
        apart *= layers[4].arrays["scale"]
        apart += layers[4].arrays["shift"]
        return apart

    return [
        ("max_pool 2, stride 2", lambda: layers[0].forward(a), lambda: largest_of_two(am)),
        ("max_pool 3, stride 1", lambda: layers[1].forward(b), lambda: largest_of_three(bm)),
        ("average_pool 2, stride 2", lambda: layers[2].forward(c), lambda: mean_of_two(cm)),
        ("the same, no number negative", lambda: layers[2].forward(nonnegative), lambda: mean_of_two(positive)),
        ("batch_norm", lambda: layers[3].forward(d), lambda: normed(dm)),
        ("layer_norm", lambda: layers[4].forward(e), lambda: layer_normed(em)),
    ]


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Milliseconds of the processor that either takes, and the median ratio."""
    took: list[tuple[float, float]] = []
    for _ in range(rounds + 2):
        start = time.thread_time()
        ours()
        between = time.thread_time()
        theirs()
        took.append(((between - start) * 1e3, (time.thread_time() - between) * 1e3))
    took = took[2:]
    return median(a for a, _ in took), median(b for _, b in took), median(a / b for a, b in took)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    print("| 256 images, one thread | nnlec, ms | the other, ms | ratio |")
    print("|---|---:|---:|---:|")
    compared = pairs()
    if find_spec("onnxruntime") and find_spec("onnx"):
        made = lenet()
        session, x = onnx_lenet(made), RNG.normal(size=(ROWS, 784))
        single = x.reshape(ROWS, 1, 28, 28).astype(np.float32)
        np.testing.assert_allclose(session(single), made.forward(x), rtol=1e-3, atol=1e-5)
        compared.insert(0, ("LeNet-5, beside onnxruntime (float32)", lambda: made.forward(x), lambda: session(single)))
    for name, ours, theirs in compared:
        a, b, ratio = in_turn(ours, theirs, rounds)
        print(f"| {name} | {a:.2f} | {b:.2f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
