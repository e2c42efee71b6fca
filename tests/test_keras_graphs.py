"""Random Functional models of Keras, beside a few lines of NumPy that do what Keras says of each layer."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nnlec

ROWS = 3
JOINS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": lambda a, b: a + b,
    "Subtract": lambda a, b: a - b,
    "Multiply": lambda a, b: a * b,
    "Average": lambda a, b: (a + b) / 2,
}
CURVES: dict[str, Callable[[Any], Any]] = {"linear": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}


class Model:
    """A model that grows: its layers as Keras describes them, their weights, and what each gives for some rows."""

    def __init__(self, seed: int) -> None:
        self.choose, self.numbers = random.Random(seed), np.random.default_rng(seed)
        shape = tuple(self.choose.randint(1, 3) for _ in range(self.choose.randint(1, 3)))
        self.values: dict[str, Any] = {"x": self.numbers.normal(size=(ROWS, *shape))}
        config = {"name": "x", "batch_shape": [None, *shape]}
        self.layers: list[Any] = [{"class_name": "InputLayer", "name": "x", "config": config, "inbound_nodes": []}]
        self.weights: dict[str, Any] = {}
        self.free = ["x"]

    def add(self, kind: str, taken: Sequence[str], made: Any, weights: Sequence[Any] = (), **options: Any) -> str:
        """A layer behind those; its name."""
        name = f"l{len(self.layers)}"
        given = [{"class_name": "__keras_tensor__", "config": {"keras_history": [each, 0, 0]}} for each in taken]
        node: dict[str, Any] = {"args": given if len(given) == 1 else [given], "kwargs": {}}
        entry = {"class_name": kind, "name": name, "config": {"name": name, **options}, "inbound_nodes": [node]}
        self.layers.append(entry)
        self.weights[name] = SimpleNamespace(name=name, get_weights=lambda: [*weights])
        self.values[name] = made
        self.free = [each for each in self.free if each not in taken] + [name]
        return name

    def dense(self, name: str, units: int, activation: str = "linear") -> str:
        x = self.values[name]
        kernel, bias = self.numbers.normal(size=(x.shape[-1], units)), self.numbers.normal(size=units)
        made = CURVES[activation](x @ kernel + bias)
        return self.add("Dense", [name], made, [kernel, bias], units=units, activation=activation)

    def flatten(self, name: str) -> str:
        return self.add("Flatten", [name], self.values[name].reshape(ROWS, -1))

    def grow(self) -> None:
        """One more layer of a random kind."""
        name = self.choose.choice([*self.values][-4:])
        x = self.values[name]
        axes, axis = x.ndim - 1, self.choose.randrange(1, x.ndim)
        kind = self.choose.choice(KINDS)
        if kind == "Dense":
            self.dense(name, self.choose.randint(1, 3), self.choose.choice(["linear", "relu", "tanh"]))
        elif kind == "Flatten":
            self.flatten(name)
        elif kind == "Permute":
            dims = self.choose.sample(range(1, x.ndim), axes)
            self.add(kind, [name], x.transpose(0, *dims), dims=dims)
        elif kind == "Reshape":
            shape = self.choose.sample(x.shape[1:], axes) + [1] * self.choose.randint(0, axes == 1)
            self.add(kind, [name], x.reshape(ROWS, *shape), target_shape=[*shape[:-1], -1])
        elif kind == "BatchNormalization":
            weights = [*self.numbers.normal(size=(3, x.shape[axis])), self.numbers.uniform(0.5, 2, x.shape[axis])]
            laid = [
                np.reshape(each, [-1 if each_axis == axis else 1 for each_axis in range(x.ndim)]) for each in weights
            ]
            made = (x - laid[2]) / np.sqrt(laid[3] + 1e-3) * laid[0] + laid[1]
            self.add(kind, [name], made, weights, axis=self.choose.choice([axis, axis - x.ndim]), epsilon=1e-3)
        elif kind == "LayerNormalization":
            over = sorted(self.choose.sample(range(1, x.ndim), self.choose.randint(1, axes)))
            sizes = [x.shape[each] for each in over]
            weights = [*self.numbers.normal(size=(2, *sizes))]
            laid = [each.reshape([x.shape[a] if a in over else 1 for a in range(x.ndim)]) for each in weights]
            mean, variance = x.mean(tuple(over), keepdims=True), x.var(tuple(over), keepdims=True)
            made = (x - mean) / np.sqrt(variance + 1e-2) * laid[0] + laid[1]
            self.add(kind, [name], made, weights, axis=over, epsilon=1e-2)
        elif kind == "PReLU":
            shared = self.choose.sample(range(1, x.ndim), self.choose.randint(0, axes))
            slope = self.numbers.normal(size=[1 if each in shared else x.shape[each] for each in range(1, x.ndim)])
            self.add(kind, [name], np.where(x < 0, slope * x, x), [slope], shared_axes=shared or None)
        elif kind == "Activation":
            self.add(kind, [name], np.maximum(x, 0), activation="relu")
        elif kind == "Rescaling":
            self.add(kind, [name], x * 0.5 + 2, scale=0.5, offset=2.0)
        elif kind == "GlobalAveragePooling1D" and axes == 2:
            keep = self.choose.random() < 0.5
            self.add(kind, [name], x.mean(1, keepdims=keep), keepdims=keep)
        else:
            self.join(name, axis)

    def join(self, name: str, axis: int) -> None:
        shape = self.values[name].shape
        alike = [other for other, value in self.values.items() if value.shape == shape]
        taken = [name, self.choose.choice(alike)]
        given = [self.values[each] for each in taken]
        if self.choose.random() < 0.4:
            self.add(
                "Concatenate", taken, np.concatenate(given, axis), axis=self.choose.choice([axis, axis - len(shape)])
            )
        else:
            kind = self.choose.choice([*JOINS])
            self.add(kind, taken, JOINS[kind](*given))

    def finished(self) -> Any:
        """The model as it is in memory; its output is the sum of what every value that nobody takes becomes."""
        ends = [self.dense(self.flatten(name), 2) for name in list(self.free)]
        end = ends[0] if len(ends) == 1 else self.add("Add", ends, sum(self.values[each] for each in ends))
        config = {"layers": self.layers, "input_layers": ["x", 0, 0], "output_layers": [end, 0, 0]}
        entry = {"class_name": "Functional", "config": config}
        return SimpleNamespace(to_json=lambda: json.dumps(entry), layers=[*self.weights.values()]), self.values[end]


KINDS = (
    *("Dense", "Flatten", "Permute", "Reshape", "BatchNormalization", "LayerNormalization", "PReLU", "Activation"),
    *("Rescaling", "GlobalAveragePooling1D", "Join", "Join"),
)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_model_gives_what_numpy_gives(seed: int) -> None:
    model = Model(seed)
    for _ in range(model.choose.randint(1, 9)):
        model.grow()
    made, expected = model.finished()
    found = nnlec.from_keras(made).forward(model.values["x"].reshape(ROWS, -1))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(expected).max()))
