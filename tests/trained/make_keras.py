"""Makes the Keras files of this folder: run by hand where keras (3) or tf_keras (2) is installed.

`KERAS_BACKEND=torch python make_keras.py keras` and `python make_keras.py tf_keras`; each writes its own .npz.
"""

from __future__ import annotations

import csv
import shutil
import sys
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
FRAMEWORK = sys.argv[1] if __name__ == "__main__" else "keras"


def flowers() -> tuple[Any, Any]:
    """The table of irises: measures, and the number of each class in the order of its name."""
    with (HERE.parents[1] / "configs" / "iris.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    names = [row[4] for row in rows]
    classes = [sorted(set(names)).index(name) for name in names]
    return np.array([row[:4] for row in rows], dtype="float32"), np.array(classes)


FLOWERS = flowers()


def models(keras: Any) -> dict[str, Callable[[], Any]]:
    """Name -> a function that makes a model."""
    layers, chain = keras.layers, keras.Sequential

    def iris() -> Any:
        spread = layers.Normalization()
        spread.adapt(FLOWERS[0])
        return chain(
            [keras.Input((4,)), spread, layers.Dense(5, "relu"), layers.Dropout(0.1), layers.Dense(3, "softmax")]
        )

    def digits() -> Any:
        return chain(
            [
                keras.Input((8, 8, 1)),
                layers.Rescaling(1 / 16),
                layers.Conv2D(4, 3, padding="same", activation="relu"),
                layers.BatchNormalization(),
                layers.MaxPooling2D(),
                layers.Conv2D(3, (2, 3), strides=(1, 2), use_bias=False),
                layers.Flatten(),
                layers.BatchNormalization(scale=False),
                layers.Dense(3),
                layers.Softmax(),
            ]
        )

    def colours() -> Any:
        """Padding that differs before and after, in an image of three channels."""
        return chain(
            [
                keras.Input((7, 6, 3)),
                layers.ZeroPadding2D(((1, 0), (2, 1))),
                layers.Conv2D(4, 3, strides=2, padding="same"),
                layers.LeakyReLU(),
                layers.DepthwiseConv2D(2, depth_multiplier=2),
                layers.ReLU(6.0),
                layers.SeparableConv2D(3, 2, padding="same", activation="elu"),
                layers.AveragePooling2D(2, strides=1, padding="same"),
                layers.PReLU(shared_axes=[1, 2]),
                layers.GlobalAveragePooling2D(),
            ]
        )

    def residual() -> Any:
        given = keras.Input((5, 5, 2))
        a = layers.Conv2D(3, 3, padding="same")(given)
        b = layers.Activation("relu")(a)
        c = layers.BatchNormalization()(layers.Conv2D(3, 1)(b))
        joined = layers.Concatenate()([layers.Add()([a, c]), layers.Multiply()([b, c]), given])
        gate = layers.Dense(8, "sigmoid")(layers.GlobalMaxPooling2D(keepdims=True)(joined))
        out = layers.Dense(2)(layers.Flatten()(layers.Multiply()([joined, gate])))
        return keras.Model(given, out)

    def nested() -> Any:
        inner = chain([keras.Input((4,)), layers.Dense(3, "tanh"), layers.BatchNormalization(), layers.Dense(4)])
        side = keras.Input((4,))
        block = keras.Model(side, layers.Add()([side, inner(side)]))
        given = keras.Input((4,))
        shared = layers.Dense(4, "silu" if FRAMEWORK == "keras" else "swish")
        x = block(shared(shared(given)))
        return keras.Model(given, layers.Subtract()([layers.Average()([x, given]), layers.Dense(4)(x)]))

    def series() -> Any:
        return chain(
            [
                keras.Input((9, 2)),
                layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="gelu"),
                layers.SpatialDropout1D(0.2),
                layers.MaxPooling1D(2, strides=1, padding="same"),
                layers.Dense(3, "hard_sigmoid"),
                layers.ZeroPadding1D(1),
                layers.AveragePooling1D(3),
                layers.Permute((2, 1)),
                layers.Flatten(),
                layers.PReLU(),
                layers.Dense(2),
            ]
        )

    def reshaped() -> Any:
        """Made of a row, back to a row in Keras's order, which is the output."""
        return chain(
            [
                keras.Input((6,)),
                layers.Dense(12, "selu"),
                layers.LayerNormalization(),
                layers.Reshape((2, 3, 2)),
                layers.Conv2D(2, 2, padding="same", activation="softplus"),
                layers.Reshape((-1, 4)),
                layers.Permute((2, 1)),
                layers.Flatten(),
                layers.ELU(0.5),
            ]
        )

    def volume() -> Any:
        return chain(
            [
                keras.Input((4, 4, 4, 2)),
                layers.ZeroPadding3D(1),
                layers.Conv3D(2, 3, activation="relu"),
                layers.ZeroPadding3D(1),
                layers.MaxPooling3D(2),
                layers.GlobalAveragePooling3D(),
                layers.Dense(1, "sigmoid"),
            ]
        )

    def grouped() -> Any:
        over = layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5)
        norm = layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[4.0, 1.0, 0.25, 9.0])
        return chain(
            [
                keras.Input((5, 4, 4)),
                norm,
                layers.Conv2D(6, 2, groups=2, activation="tanh") if FRAMEWORK == "keras" else layers.Conv2D(6, 2),
                over,
                layers.Flatten(),
                layers.LayerNormalization(),
                layers.Activation("softmax"),
            ]
        )

    def norms() -> Any:
        """Norms over the last axis, the first, and two of them."""
        return chain(
            [
                keras.Input((3, 4, 2)),
                layers.LayerNormalization(),
                layers.Conv2D(3, 2),
                layers.LayerNormalization(axis=1, scale=False, center=False),
                layers.LayerNormalization(axis=[2, 3], center=False),
                layers.Flatten(),
                layers.Dense(2),
            ]
        )

    def tower() -> Any:
        """Twelve layers of a class, whose groups sort as 1, 10, 11, 2."""
        return chain([keras.Input((3,)), *(layers.Dense(3, "sigmoid") for _ in range(11)), layers.Dense(1)])

    def operators() -> Any:
        """Python's operators among the layers, which Keras 3 has as layers."""
        given = keras.Input((3,))
        one, other = layers.Dense(3)(given), layers.Add()([given, layers.Dense(3)(given)])
        return keras.Model(given, layers.Dense(2)(keras.ops.relu(one + other) * one - given))

    return {
        each.__name__: each
        for each in (
            iris,
            digits,
            colours,
            residual,
            nested,
            series,
            reshaped,
            volume,
            grouped,
            tower,
            operators,
            norms,
        )
    }


def trained(model: Any, random: Any) -> Any:
    """The model with weights as training might leave them."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            trained(layer, random)
        elif type(layer).__name__ != "Normalization":
            arrays = [
                random.uniform(0.2, 1.5, each.shape)
                if "variance" in str(getattr(v, "path", v.name))
                else random.normal(0, 0.6, each.shape)
                for v, each in zip(layer.weights, layer.get_weights(), strict=True)
            ]
            layer.set_weights(arrays)
    return model


def pack(path: Path) -> None:
    """Keras packs nothing: the same members, packed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def main() -> None:
    keras = import_module(FRAMEWORK)
    kind = {"keras": "keras3", "tf_keras": "keras2"}[FRAMEWORK]
    found: dict[str, Any] = {}
    for place, (name, make) in enumerate(models(keras).items()):
        if name in ("operators", "norms") and FRAMEWORK == "tf_keras":
            continue
        random = np.random.default_rng(place)
        keras.utils.set_random_seed(place)
        model = make()
        if name == "iris":
            model.compile("adam", keras.losses.SparseCategoricalCrossentropy())
            model.fit(*FLOWERS, epochs=150, batch_size=8, verbose=0)
        else:
            trained(model, random)
        if name == "nested":
            model.compile(loss="mse")
        x = random.normal(0, 2, (4, *model.input_shape[1:])).astype("float32")
        model.save(HERE / f"{name}.{kind}.keras")
        pack(HERE / f"{name}.{kind}.keras")
        if name in ("digits", "nested"):
            model.save(HERE / f"{name}.{kind}.h5")
        found[f"{name}.x"], found[f"{name}.y"] = x, np.asarray(model.predict(x, verbose=0))
        if name == "iris":
            model.save_weights(HERE / f"{name}.{kind}.weights.h5")
            shutil.copy(HERE / f"{name}.{kind}.keras", HERE / "guide" / f"{name}.keras")
    np.savez_compressed(HERE / f"{kind}.npz", **found)


if __name__ == "__main__":
    main()
