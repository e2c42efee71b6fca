"""Random networks of every kind of layer, activation and loss, with a batch to learn from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnlec.network.activations import ACTIVATIONS, Activation, activation
from nnlec.network.gradient import gradients_of
from nnlec.network.layers import LAYERS, Layer
from nnlec.network.losses import LOSSES, Loss, loss
from nnlec.network.network import Network

SMOOTH = [name for name, kind in ACTIVATIONS.items() if kind.gives != "decision"]
POINTWISE = [name for name in SMOOTH if ACTIVATIONS[name].pointwise]
LAST = {
    "cross-entropy": ("identity", "softmax", "tanh"),
    "kl-divergence": ("identity", "softmax"),
    "binary-cross-entropy": ("identity", "sigmoid"),
    "negative-log-likelihood": ("log_softmax", "softmax"),
}
"""The last activations that fit a loss; the others take any."""


class Case(NamedTuple):
    """A network, its loss, inputs (rows, n_in) and targets (rows, n_out)."""

    network: Network
    loss: Loss
    inputs: np.ndarray
    target: np.ndarray

    @property
    def is_finite(self) -> bool:
        """Whether nothing overflows on the way."""
        found, losses = gradients_of(self.network, self.loss, self.inputs, self.target)
        arrays = [array for of in found for array in of.values()]
        return all(bool(np.isfinite(array).all()) for array in (losses, *arrays))


class Draw:
    """Whatever is drawn from one seed; layers are put behind each other, and `at` is the number of the last one."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.layers: list[Layer] = []
        self.sources: list[tuple[int, ...]] = []
        self.shapes: list[tuple[int, ...]] = []

    @property
    def at(self) -> int:
        return len(self.layers)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[self.at]

    def array(self, *shape: int) -> np.ndarray:
        return np.asarray(self.numbers.normal(size=shape).round(self.rng.choice([1, 3, 15])))

    def activation(self, names: Sequence[str], units: int) -> Activation:
        """One of these with its own parameters, or others."""
        kind = ACTIVATIONS[self.rng.choice(names)]
        given: dict[str, Any] = {}
        if self.rng.random() < 0.4:
            given = {p.name: round(self.rng.uniform(0.3, 1.7), 2) for p in kind.parameters}
        if kind.name == "prelu" and given:
            given = {"alpha": tuple(round(self.rng.uniform(-0.5, 1.5), 2) for _ in range(units))}
        return activation(kind.name, given)

    def put(self, kind: str, *sources: int, function: Sequence[str] = ("identity",), **values: Any) -> None:
        """A layer of a kind behind the last one, or behind the sources given."""
        taken = sources or (self.at,)
        shapes = tuple(self.shapes[source] for source in taken)
        build, name = LAYERS[kind].build, f"{kind} {self.at + 1}"
        bare = build(values, shapes, activation("identity"), name)
        self.layers.append(build(values, shapes, self.activation(function, bare.n_out), name))
        self.sources.append(taken)
        self.shapes.append(self.layers[-1].out_shape)

    def dense(self, n_out: int, function: Sequence[str] = POINTWISE) -> None:
        bias: dict[str, Any] = {"bias": self.array(n_out) if self.rng.random() < 0.7 else "none"}
        self.put("dense", function=function, weights=self.array(prod(self.shape), n_out), **bias)

    def case(self) -> Case:
        """A chain or a graph of layers, and one to five rows."""
        self.shapes.append((2, 4, 3) if (maps := self.rng.random() < 0.3) else (self.rng.randint(1, 4),))
        if maps:
            self._maps()
        for _ in range(self.rng.randint(0, 3)):
            self._more()
        return self._with_loss()

    def _maps(self) -> None:
        kernels = self.array(3, self.rng.choice([1, 2]), 2, 2)
        groups: dict[str, Any] = {"groups": np.array(2.0)} if kernels.shape[1] == 1 else {}
        kernels = np.concatenate([kernels, kernels[:1]]) if groups else kernels
        stride: dict[str, Any] = {"padding": np.array(1.0), "stride": np.array(2.0)} if self.rng.random() < 0.5 else {}
        self.put("conv", function=POINTWISE, weights=kernels, bias=self.array(len(kernels)), **groups, **stride)
        self._norm()
        self.put(self.rng.choice(["max_pool", "average_pool"]), size=np.array([2.0, 1.0]), stride=np.array(1.0))
        self.put("transpose", axes=np.array([2.0, 1.0, 3.0]) if self.rng.random() < 0.5 else np.array([1.0, 3.0, 2.0]))
        self.put("reshape", shape=np.array([self.shape[0], float(prod(self.shape[1:]))]))
        self.put("flatten")

    def _norm(self) -> None:
        channels = self.shape[0]
        if self.rng.random() < 0.5:
            learned: dict[str, Any] = {"scale": self.array(channels), "shift": self.array(channels)}
            self.put(
                "batch_norm",
                epsilon=np.array(1e-5),
                mean=self.array(channels),
                variance=np.abs(self.array(channels)) + 0.5,
                **learned,
            )
        else:
            self.put("layer_norm", epsilon=np.array(1e-3), scale=self.array(*self.shape), shift=np.array(0.25))

    def _more(self) -> None:
        """A layer, or a block of a graph, behind a row of numbers."""
        start, width = self.at, prod(self.shape)
        match self.rng.choice(["dense", "dense", "softmax", "add", "multiply", "concat", "norm", "scale", "dropout"]):
            case "dense":
                self.dense(self.rng.randint(1, 5))
            case "softmax":
                self.dense(self.rng.randint(2, 4), [name for name in SMOOTH if name not in POINTWISE])
            case "norm":
                self._norm()
            case "scale":
                self.put("scale", subtract=self.array(width), divide=np.array(0.7), multiply=self.array(width))
            case "dropout":
                self.put("dropout", rate=np.array(0.25))
            case joined:
                self.dense(width)
                self.put(joined, self.at, start, function=POINTWISE)

    def _with_loss(self) -> Case:
        name = self.rng.choice(list(LOSSES))
        kind = LOSSES[name]
        classes = kind.target == "distribution"
        n_out = self.rng.randint(2 if classes else 1, 4)
        self.dense(n_out, LAST.get(name, SMOOTH if n_out > 1 else POINTWISE))
        options: dict[str, Any] = {}
        if self.rng.random() < 0.4:
            options = {p.name: self._option(p.name, n_out) for p in kind.parameters}
        named = tuple("abcd"[:n_out]) if classes else ()
        of = loss(name, options)
        network = Network(tuple(self.layers), classes=named, sources=tuple(self.sources), loss=name)
        rows = self.rng.randint(1, 5)
        return Case(network, of, self.array(rows, prod(self.shapes[0])), self._target(of, rows, n_out))

    def _option(self, name: str, n_out: int) -> Any:
        match name:
            case "base":
                return self.rng.choice(["2", "10", "e"])
            case "weights":
                return tuple(self.rng.choice([0.5, 1.0, 3.0]) for _ in range(n_out))
            case "label_smoothing":
                return 0.1
            case _:
                return 0.3

    def _target(self, of: Loss, rows: int, n_out: int) -> np.ndarray:
        match of.kind.target:
            case "distribution":
                return np.eye(n_out)[self.numbers.integers(0, n_out, rows)]
            case "sign":
                return self.numbers.choice([-1.0, 1.0], size=(rows, n_out))
            case "each":
                return self.numbers.choice([0.0, 1.0, 0.25], size=(rows, n_out))
            case _:
                return self.array(rows, n_out)
