"""Makes the scikit-learn files of this folder: run by hand where scikit-learn, skl2onnx and skops are installed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import skops.io
from safetensors.numpy import save_file
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Perceptron, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

HERE = Path(__file__).parent


def estimators() -> dict[str, Any]:
    """Name -> an estimator, fitted to a table of three features."""
    random = np.random.default_rng(0)
    x = random.normal(2, 3, (60, 3))
    three = np.array(["cat", "dog", "owl"])[np.digitize(x[:, 0], [0, 4])]
    two, numbers = (x[:, 1] > 2).astype(int), x @ [1.0, -2.0, 0.5] + 1
    several = np.stack([x[:, 0] > 2, x[:, 1] > 2], axis=1).astype(int)
    small: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 30, "random_state": 0}
    columns = ColumnTransformer([("a", StandardScaler(), [2, 0]), ("b", MinMaxScaler(), [1])])
    return {
        "multi": make_pipeline(StandardScaler(), MLPClassifier(**small)).fit(x, three),
        "binary": make_pipeline(MinMaxScaler(), MLPClassifier(activation="tanh", **small)).fit(x, two),
        "labels": make_pipeline(RobustScaler(), MLPClassifier(activation="logistic", **small)).fit(x, several),
        "numbers": make_pipeline(MaxAbsScaler(), MLPRegressor(**small)).fit(x, numbers),
        "two_numbers": MLPRegressor(**small).fit(x, x[:, :2]),
        "columns": make_pipeline(columns, MLPRegressor(**small)).fit(x, numbers),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()).fit(x, three),
        "logistic_two": LogisticRegression().fit(x, two),
        "linear": make_pipeline(StandardScaler(), LinearRegression()).fit(x, numbers),
        "ridge": Ridge().fit(x, x[:, :2]),
        "lasso": Lasso(0.1).fit(x, numbers),
        "perceptron": Perceptron().fit(x, three),
        "normalizer": make_pipeline(Normalizer(), LinearRegression()).fit(x, numbers),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    x = np.random.default_rng(1).normal(2, 3, (5, 3))
    rows = {"x": x}
    for name, estimator in estimators().items():
        joblib.dump(estimator, HERE / f"{name}.joblib", compress=3 if name == "binary" else 0)
        has_probabilities = hasattr(estimator, "predict_proba")
        scores = (
            estimator.predict_proba if has_probabilities else getattr(estimator, "decision_function", estimator.predict)
        )
        rows[name] = scores(x)
        zipmaps: dict[str, Any] = {"": {}}
        if has_probabilities:
            zipmaps[".plain"] = {"options": {"zipmap": False}}
        for suffix, options in zipmaps.items():
            model = to_onnx(estimator, x[:1].astype(np.float32), target_opset=18, **options)
            (HERE / f"{name}.sklearn{suffix}.onnx").write_bytes(model.SerializeToString())
    skops.io.dump(estimators()["multi"], HERE / "multi.skops")
    joblib.dump(estimators()["multi"], HERE / "multi.pkl")
    np.savez_compressed(HERE / "sklearn.npz", **rows)
    dense = np.load(HERE / "dense_state.npz")
    save_file({key: dense[key] for key in dense.files}, HERE / "dense.safetensors")


if __name__ == "__main__":
    main()
