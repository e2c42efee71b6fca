"""Makes the files of tf2onnx in this folder: run by hand where tensorflow, keras 3 and tf2onnx are installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from keras import layers

HERE = Path(__file__).parent
OPSET = 15


def chain(shape: tuple[int, ...], *steps: Any) -> Any:
    return keras.Sequential([keras.Input(shape), *steps])


def residual() -> Any:
    given = keras.Input((6, 6, 2))
    met = layers.Add()([given, layers.Conv2D(2, 3, padding="same", activation="relu")(given)])
    return keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(met)))


def excited() -> Any:
    """Each map times a factor that is made of the means of all maps."""
    given = keras.Input((4, 4, 3))
    means = layers.GlobalAveragePooling2D(keepdims=True)(given)
    factors = layers.Conv2D(3, 1, activation="sigmoid")(means)
    return keras.Model(given, layers.Dense(2)(layers.Flatten()(layers.Multiply()([given, factors]))))


def norm(shape: tuple[int, ...], **given: Any) -> Any:
    before = layers.Dense(3) if len(shape) == 1 else layers.Conv1D(3, 2)
    after = [layers.Flatten()] if len(shape) > 1 else []
    return chain(shape, before, layers.LayerNormalization(**given), layers.ReLU(), *after, layers.Dense(2))


MODELS: dict[str, Callable[[], Any]] = {
    "dense": lambda: chain((4,), layers.Dense(5, "relu"), layers.Dense(3, "softmax")),
    "bare": lambda: chain((4,), layers.Dense(3, use_bias=False), layers.Dense(1, "sigmoid")),
    "smooth": lambda: chain((4,), *(layers.Dense(3, name) for name in ("tanh", "elu", "selu", "softplus", "softsign"))),
    "gated": lambda: chain((4,), *(layers.Dense(3, name) for name in ("silu", "mish", "hard_sigmoid", "leaky_relu"))),
    "scaled": lambda: chain((4,), layers.BatchNormalization(), layers.Dense(3), layers.Dropout(0.3), layers.Dense(2)),
    "norm": lambda: norm((4,)),
    "norm_bare": lambda: norm((4,), center=False, scale=False),
    "norm_scale": lambda: norm((4,), center=False, epsilon=1e-6),
    "norm_shift": lambda: norm((4,), scale=False),
    "norm_series": lambda: norm((6, 2)),
    "lenet": lambda: chain(
        (8, 8, 1),
        layers.Conv2D(2, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(3, 2),
        layers.BatchNormalization(),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(3, "softmax"),
    ),
    "series": lambda: chain(
        (9, 2), layers.Conv1D(3, 3, activation="relu"), layers.GlobalMaxPooling1D(), layers.Dense(2)
    ),
    "residual": residual,
    "excited": excited,
}


def main() -> None:
    keras.utils.set_random_seed(0)
    draw = np.random.default_rng(0)
    rows: dict[str, np.ndarray] = {}
    for name, make in MODELS.items():
        model = make()
        for weights in model.weights:
            spread = draw.uniform(0.5, 1.5, weights.shape) if "var" in weights.path else draw.normal(size=weights.shape)
            if weights.dtype.startswith("float"):
                weights.assign(spread)
        shape = model.input_shape[1:]
        x = draw.normal(size=(3, *shape)).astype("float32")
        given = [tf.TensorSpec((None, *shape), tf.float32, name="x")]
        path = HERE / f"tf_{name}.tf.onnx"
        function = tf.function(lambda t, model=model: model(t, training=False), input_signature=given)
        tf2onnx.convert.from_function(function, input_signature=given, opset=OPSET, output_path=str(path))
        proto = onnx.load(path)
        for node in proto.graph.node:
            node.doc_string = ""
        path.write_bytes(proto.SerializeToString())
        rows[f"tf_{name}.x"], rows[f"tf_{name}.y"] = x, model(x, training=False).numpy()
    np.savez_compressed(HERE / "tf.npz", **rows)


if __name__ == "__main__":
    main()
