"""Faults planted in networks made by chance: for each kind of fault, how often `compare` names its cause.

Run by itself it prints the table: python -m tests.planted
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nnlec import Network
from nnlec.grading.differences import compare
from nnlec.network.activations import activation
from nnlec.network.layers import LAYERS

Random = np.random.Generator


def layer(kind: str, shape: tuple[int, ...], chosen: Any = "identity", name: str = "", **values: Any) -> Any:
    """A layer of that kind; values are numbers, arrays or words."""
    given = {key: each if isinstance(each, str) else np.asarray(each, float) for key, each in values.items()}
    picked = activation(chosen) if isinstance(chosen, str) else chosen
    return LAYERS[kind].build(given, (shape,), picked, name or kind)


def dense(random: Random, n_in: int, n_out: int, chosen: str, name: str) -> Any:
    weights = random.normal(size=(n_in, n_out)) / np.sqrt(n_in)
    return layer("dense", (n_in,), chosen, name, weights=weights, bias=random.normal(size=n_out))


def norm(random: Random, shape: tuple[int, ...], chosen: str, name: str) -> Any:
    n = shape[0]
    return layer(
        "batch_norm", shape, chosen, name, mean=random.normal(size=n), variance=random.uniform(0.01, 0.5, n),
        scale=random.uniform(0.5, 2, n), shift=random.normal(size=n), epsilon=1e-5,
    )  # fmt: skip


def rows_network(random: Random) -> Network:
    """scale, dense (square), batch norm, dense, layer norm, dense."""
    n, m, k, classes = (int(size) for size in random.integers(3, 9, 4))
    return Network(
        (
            layer("scale", (n,), subtract=random.normal(size=n), divide=random.uniform(0.5, 2, n)),
            dense(random, n, n, "tanh", "first"),
            norm(random, (n,), "relu", "norm"),
            dense(random, n, m, "leaky_relu", "second"),
            layer("layer_norm", (m,), scale=random.uniform(0.5, 2, m), shift=random.normal(size=m), epsilon=1e-5),
            dense(random, m, k, "gelu", "third"),
            dense(random, k, classes, "softmax", "last"),
        )
    )


def maps_network(random: Random) -> Network:
    """conv (as many channels in as out), batch norm, conv, average pool, flatten, dense."""
    c, k, size, classes = (int(each) for each in random.integers((2, 2, 5, 3), (4, 5, 8, 6)))
    first = random.normal(size=(c, c, 3, 3)) / 3
    second = random.normal(size=(k, c, 3, 3)) / 3
    after = (size + 1) // 2
    return Network(
        (
            layer("conv", (c, size, size), "tanh", "first", weights=first, bias=random.normal(size=c), padding=1),
            norm(random, (c, size, size), "relu", "norm"),
            layer("conv", (c, size, size), "relu", "second", weights=second, bias=random.normal(size=k), padding=1),
            layer("average_pool", (k, size, size), size=3, stride=2, padding=1, count_padding="false"),
            layer("flatten", (k, after, after)),
            dense(random, k * after * after, classes, "softmax", "last"),
        )
    )


Make = Callable[[Random], Network]
Plant = Callable[[Any, Random], Any]


def with_field(key: str, change: Callable[[Any, Random], Any]) -> Plant:
    return lambda given, random: replace(given, **{key: change(getattr(given, key), random)})


def shuffled(axis: int) -> Plant:
    def plant(given: Any, random: Random) -> Any:
        order = np.roll(np.arange(given.weights.shape[axis]), 1 + int(random.integers(given.weights.shape[axis] - 1)))
        outputs = 1 if given.kind == "dense" else 0
        bias = given.bias[order] if axis == outputs else given.bias
        return replace(given, weights=np.take(given.weights, order, axis), bias=bias)

    return plant


def one_number(weights: Any, random: Random) -> Any:
    changed = weights.copy()
    changed[tuple(int(random.integers(size)) for size in weights.shape)] += 0.5
    return changed


def channels_last(given: Any, before: tuple[int, ...]) -> Any:
    maps = given.weights.reshape(*before, -1).transpose(1, 2, 0, 3)
    return replace(given, weights=np.ascontiguousarray(maps.reshape(given.weights.shape)))


def to(name: str, **parameters: float) -> Plant:
    return lambda given, _: replace(given, activation=activation(name, parameters))


def swapped(given: Any, _: Random) -> Any:
    return replace(given, weights=np.ascontiguousarray(given.weights.swapaxes(0, 1)))


ROWS: dict[str, tuple[str, Plant | None, str]] = {
    "dense: transposed": ("first", with_field("weights", lambda w, _: w.T.copy()), "transpose of A's"),
    "dense: bias dropped": ("second", with_field("bias", lambda *_: None), "B has no bias"),
    "dense: bias negated": ("third", with_field("bias", lambda b, _: -b), "opposite sign"),
    "dense: bias of another": ("second", with_field("bias", lambda b, r: r.normal(size=b.shape)), "bias is another"),
    "dense: weights negated": ("third", with_field("weights", lambda w, _: -w), "weights have the opposite sign"),
    "dense: one number": ("second", with_field("weights", one_number), "1 number of"),
    "dense: inputs shuffled": ("first", shuffled(0), "inputs in another order"),
    "dense: units shuffled": ("third", shuffled(1), "units in another order"),
    "dense: classes shuffled": ("last", shuffled(1), "classes in another order"),
    "dense: logits": ("last", to("identity"), "A gives probabilities (softmax), B gives logits"),
    "activation: relu for leaky": ("second", to("relu"), "B's is relu"),
    "activation: slope": ("second", to("leaky_relu", alpha=0.3), "B's is leaky_relu (alpha 0.3)"),
    "activation: gelu by tanh": ("third", to("gelu_tanh"), "B's is gelu_tanh"),
    "activation: none": ("first", to("identity"), "A's activation is tanh, B's is identity"),
    "batch_norm: epsilon": ("norm", with_field("epsilon", lambda *_: 1e-3), "epsilon is another"),
    "batch_norm: deviation": ("norm", with_field("variance", lambda v, _: v**0.5), "standard deviation"),
    "batch_norm: mean": ("norm", with_field("mean", lambda m, _: m * 0), "mean is another"),
    "batch_norm: variance": ("norm", with_field("variance", lambda v, _: v * 2), "variance is another"),
    "batch_norm: scale": ("norm", with_field("scale", lambda s, _: s * 0 + 1), "scale (gamma) is another"),
    "batch_norm: shift": ("norm", with_field("shift", lambda s, _: s * 0), "shift (beta) is another"),
    "batch_norm: missing": ("norm", None, "B has no layer like A's norm (batch_norm)"),
    "layer_norm: epsilon": ("layer_norm", with_field("epsilon", lambda *_: 1e-2), "epsilon is another"),
    "layer_norm: scale": ("layer_norm", with_field("scale", lambda s, _: s * 0 + 1), "scale (gamma) is another"),
    "layer_norm: shift": ("layer_norm", with_field("shift", lambda s, _: -s), "shift (beta) is another"),
    "layer_norm: missing": ("layer_norm", None, "B has no layer like A's layer_norm"),
    "scale: missing": ("scale", None, "B has no layer like A's scale"),
    "scale: divide": ("scale", with_field("divide", lambda d, _: 1 / d), "divide is another"),
    "scale: subtract": ("scale", with_field("subtract", lambda s, _: -s), "subtract is another"),
}
MAPS: dict[str, tuple[str, Plant | None, str]] = {
    "conv: turned round": ("first", with_field("weights", lambda w, _: w[..., ::-1, ::-1].copy()), "turns its kernels"),
    "conv: rows and columns": (
        "second", with_field("weights", lambda w, _: w.swapaxes(2, 3).copy()), "rows and columns exchanged"
    ),
    "conv: in and out": ("first", swapped, "channels in and out exchanged"),
    "conv: bias dropped": ("second", with_field("bias", lambda *_: None), "B has no bias"),
    "conv: bias negated": ("first", with_field("bias", lambda b, _: -b), "opposite sign"),
    "conv: one number": ("second", with_field("weights", one_number), "1 number of"),
    "conv: inputs shuffled": ("first", shuffled(1), "inputs in another order"),
    "conv: channels shuffled": ("second", shuffled(0), "channels in another order"),
    "conv: activation": ("second", to("identity"), "A's activation is relu, B's is identity"),
    "maps, batch_norm: epsilon": ("norm", with_field("epsilon", lambda *_: 1e-3), "epsilon is another"),
    "maps, batch_norm: deviation": ("norm", with_field("variance", lambda v, _: v**0.5), "standard deviation"),
    "maps, batch_norm: missing": ("norm", None, "B has no layer like A's norm (batch_norm)"),
    "pool: padding counted": ("average_pool", with_field("count_padding", lambda *_: True), "counts padding otherwise"),
    "flatten: channels last": ("last", lambda given, _: given, "height, width, channel"),
}  # fmt: skip
FAULTS: dict[str, tuple[Make, str, Plant | None, str]] = {
    **{fault: (rows_network, *row) for fault, row in ROWS.items()},
    **{fault: (maps_network, *row) for fault, row in MAPS.items()},
}
"""Fault -> a network, the name of the layer, what is done to it (None: it is left out), and what must be said."""


def planted(fault: str, seed: int) -> tuple[Network, Network, int, str]:
    """A network, the same with a fault, the number of the layer, and what must be said; B in single precision."""
    make, name, plant, cause = FAULTS[fault]
    random = np.random.default_rng([seed, len(fault)])
    network = make(random)
    place = next(number for number, each in enumerate(network.layers) if each.name == name)
    layers = list(network.layers)
    if fault == "flatten: channels last":
        layers[place] = channels_last(layers[place], network.layers[place - 1].in_shape)
    elif plant is None:
        del layers[place]
    else:
        layers[place] = plant(layers[place], random)
    return network, Network(tuple(map(single, layers)), dtype="float32"), place + 1, cause


def single(given: Any) -> Any:
    """A layer as an exporter writes it."""
    return replace(given, **{key: array.astype(np.float32).astype(float) for key, array in given.arrays.items()})


def is_named(fault: str, seed: int) -> bool:
    """Whether the layer and the cause are found."""
    network, other, number, cause = planted(fault, seed)
    rows = np.random.default_rng(seed).normal(size=(16, network.n_in))
    found = compare(network, other, rows).difference
    return found is not None and found.layer == number and any(cause in said for said in found.causes)


def main() -> None:
    for fault in FAULTS:
        named = sum(is_named(fault, seed) for seed in range(10))
        print(f"{fault:32} {named:2} of 10")


if __name__ == "__main__":
    main()
