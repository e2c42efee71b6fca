"""scikit-learn and PyTorch files, which are read without running anything in them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError, load_network
from nnlec.models import pickled
from nnlec.models.state import read_state
from tests.graphs import chained

TRAINED = Path(__file__).parent / "trained"
ESTIMATORS = sorted(path.name for end in ("joblib", "pkl", "skops") for path in TRAINED.glob(f"*.{end}"))
WEIGHTS = ["dense.pt", "dense_old.pth", "checkpoint.ckpt", "dense.safetensors", "dense_state.npz"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_gives_what_scikit_learn_gives(name: str) -> None:
    expected, which = np.load(TRAINED / "sklearn.npz"), name.split(".")[0]
    if which == "normalizer":
        with pytest.raises(NnlecError, match=r"Normalizer is no network \(these are read: Pipeline, "):
            load_network(TRAINED / name)
        return
    network = load_network(TRAINED / name)
    rows, y = expected["x"], expected[which].reshape(5, -1)
    y = y[:, 1:] if network.kind == "binary" else y
    found = network.trace(rows).layers[-1].pre_activation if network.kind == "decision" else network.forward(rows)
    np.testing.assert_allclose(found, y, rtol=1e-13, atol=1e-15)


def test_classes_and_kinds_are_those_of_the_estimator() -> None:
    kinds = {
        which: load_network(TRAINED / f"{which}.joblib").kind for which in ("multi", "binary", "labels", "numbers")
    }
    assert kinds == {"multi": "multi-class", "binary": "binary", "labels": "multi-label", "numbers": "regression"}
    assert load_network(TRAINED / "multi.skops").classes == ("cat", "dog", "owl")
    assert load_network(TRAINED / "perceptron.joblib").kind == "decision"


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_an_estimator_in_memory_and_its_names() -> None:
    from sklearn.linear_model import LogisticRegression

    table = np.array([[1.0, 0], [2, 1], [3, 0], [4, 1]])
    fitted = LogisticRegression().fit(table, ["no", "no", "yes", "yes"])
    fitted.feature_names_in_ = np.array(["length", "width"], dtype=object)  # as a data frame gives them
    network = nnlec.from_sklearn(fitted)
    assert (network.inputs, network.classes) == (("length", "width"), ("no", "yes"))
    np.testing.assert_allclose(network.forward(table), fitted.predict_proba(table)[:, 1:], rtol=1e-12)


def test_a_perceptron_on_the_border_takes_the_first_class() -> None:
    from sklearn.linear_model import Perceptron

    fitted = Perceptron().fit([[0.0, 1], [1, 0]], ["a", "b"])
    fitted.coef_, fitted.intercept_ = np.array([[1.0, -1]]), np.array([0.0])
    rows = np.array([[2.0, 2], [2, 3], [3, 2]])
    network = nnlec.from_sklearn(fitted)
    assert fitted.predict(rows).tolist() == ["a", "a", "b"]
    assert network.forward(rows).tolist() == [[0.0], [0.0], [1.0]]


PACKERS: dict[str, Any] = {
    **{f"zlib, level {level}": lambda content, level=level: zlib.compress(content, level) for level in (1, 3, 6, 9)},
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_pickle_is_read_up_to_a_limit(packer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (TRAINED / "multi.pkl").read_bytes()
    path = tmp_path / "packed.pkl"
    path.write_bytes(PACKERS[packer](content))
    monkeypatch.setattr(pickled, "MOST_BYTES", len(content))
    assert load_network(path).classes == ("cat", "dog", "owl")
    monkeypatch.setattr(pickled, "MOST_BYTES", len(content) - 1)
    with pytest.raises(NnlecError, match=rf"it would grow from [\d,]+ to more than {len(content) - 1:,} bytes"):
        load_network(path)
    monkeypatch.setattr(pickled, "MOST_BYTES", path.stat().st_size - 1)
    with pytest.raises(NnlecError, match="more than 1 GiB, the limit of a pickle"):
        load_network(path)
    monkeypatch.setattr(pickled, "MOST_BYTES", len(content))
    assert load_network(TRAINED / "multi.pkl").classes == ("cat", "dog", "owl")


@pytest.mark.parametrize("packer", PACKERS)
def test_zeros_that_are_packed_too_well_are_refused(
    packer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packed.pkl").write_bytes(PACKERS[packer](bytes(100_001)))
    monkeypatch.setattr(pickled, "SMALL", 100_000)
    with pytest.raises(NnlecError, match=r"it would grow from [\d,]+ to more than 100,000 bytes"):
        load_network(tmp_path / "packed.pkl")
    monkeypatch.setattr(pickled, "SMALL", 100_001)
    with pytest.raises(NnlecError, match="a damaged pickle"):
        load_network(tmp_path / "packed.pkl")


@pytest.mark.parametrize("packer", PACKERS)
def test_packed_data_may_grow_to_twenty_times_its_size(
    packer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickled, "SMALL", 1)
    path = tmp_path / "packed.pkl"
    path.write_bytes(PACKERS[packer](np.random.default_rng(1).bytes(1000) + bytes(19_000)))
    assert len(pickled.read_unpacked(path)) == 20_000
    path.write_bytes(PACKERS[packer](np.random.default_rng(1).bytes(1000) + bytes(29_000)))
    size = path.stat().st_size
    with pytest.raises(NnlecError, match=f"it would grow from {size:,} to more than {20 * size:,} bytes"):
        pickled.read_unpacked(path)
    path.write_bytes(PACKERS[packer](bytes(100))[:8] + b"damaged")
    with pytest.raises(NnlecError, match=r"packed data that is damaged|a damaged pickle"):
        load_network(path)


def test_what_is_no_network_is_refused_by_its_name() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.tree import DecisionTreeClassifier

    rows, labels = [[0.0], [1.0], [2.0]], ["a", "b", "c"]
    for estimator, reason in (
        (DecisionTreeClassifier().fit(rows, labels), "DecisionTreeClassifier is no network"),
        (MinMaxScaler(clip=True).fit(rows), "MinMaxScaler: clip=True keeps numbers within bounds"),
        (LogisticRegression(), "LogisticRegression is not fitted"),
    ):
        with pytest.raises(NnlecError, match=reason):
            nnlec.from_sklearn(estimator)


ROWS = np.array([[1.0, -2, 30, 4], [2, 5, -7, 4.5], [4, 0, 1, 9], [-8, 3, 2, 1], [0.5, 1, 1, 2]])
TARGETS = np.array([[0.5, 1], [2, -1], [3, 0], [-4, 8], [1, 1]])
TWO: Any = ["a", "b", "a", "b", "b"]
THREE: Any = ["a", "b", "c", "b", "c"]
SEVERAL: Any = [[0, 1], [1, 1], [0, 0], [1, 0], [0, 1]]


def estimators() -> dict[str, Any]:
    """Estimators, fitted to a few rows."""
    from sklearn import compose, linear_model, neural_network, pipeline, preprocessing

    scalers: dict[str, list[dict[str, Any]]] = {
        "StandardScaler": [{}, {"with_mean": False}, {"with_std": False}, {"with_mean": False, "with_std": False}],
        "RobustScaler": [{}, {"with_centering": False}, {"with_scaling": False}],
        "MinMaxScaler": [{}, {"feature_range": (-1, 3)}],
        "MaxAbsScaler": [{}],
    }
    columns: dict[str, list[tuple[Any, ...]]] = {
        "numbers": [("s", preprocessing.StandardScaler(), [2, 0])],
        "a slice": [("s", preprocessing.MinMaxScaler(), slice(1, 3)), ("p", "passthrough", [0])],
        "a mask": [("s", preprocessing.RobustScaler(), [True, False, False, True]), ("d", "drop", [1])],
        "from the end": [
            ("s", preprocessing.MaxAbsScaler(), [-1, -3]),
            ("f", preprocessing.FunctionTransformer(), [0]),
        ],
        "all": [("s", preprocessing.MinMaxScaler(), [0, 1]), ("t", preprocessing.StandardScaler(), [2, 3])],
    }
    found = {f"{name} {o}": getattr(preprocessing, name)(**o).fit(ROWS) for name, each in scalers.items() for o in each}
    for name, listed in columns.items():
        for rest in ("drop", "passthrough"):
            found[f"columns by {name}, the rest {rest}"] = compose.ColumnTransformer(listed, remainder=rest).fit(ROWS)
    for name in ("LinearRegression", "Ridge", "Lasso", "ElasticNet"):
        for target in (TARGETS, TARGETS[:, :1], TARGETS[:, 0]):
            for free in (True, False):
                made = getattr(linear_model, name)(fit_intercept=free).fit(ROWS, target)
                found[f"{name} of {target.shape}{'' if free else ' through 0'}"] = made
    for labels in (TWO, THREE):
        for model in (linear_model.LogisticRegression(), linear_model.Perceptron()):
            found[f"{type(model).__name__} of {max(labels)}"] = model.fit(ROWS, labels)
    for curve in ("identity", "logistic", "tanh", "relu"):
        net = {"activation": curve, "hidden_layer_sizes": (3, 2), "max_iter": 1, "random_state": 1}
        for labels in (TWO, THREE, SEVERAL):
            found[f"MLPClassifier {curve} of {labels[0]} {max(labels)}"] = neural_network.MLPClassifier(**net).fit(
                ROWS, labels
            )
        for target in (TARGETS, TARGETS[:, 0]):
            found[f"MLPRegressor {curve} of {target.shape}"] = neural_network.MLPRegressor(**net).fit(ROWS, target)
    inner = pipeline.make_pipeline(preprocessing.MaxAbsScaler(), preprocessing.StandardScaler())
    found["pipelines"] = pipeline.Pipeline([("a", inner), ("b", "passthrough"), ("c", linear_model.Ridge())]).fit(
        ROWS, TARGETS
    )
    return found


@pytest.mark.filterwarnings("ignore")
def test_estimators_of_every_kind_give_what_scikit_learn_gives() -> None:
    for name, estimator in estimators().items():
        network = nnlec.from_sklearn(estimator)
        way = next(way for way in ("transform", "predict_proba", "predict") if hasattr(estimator, way))
        expected = getattr(estimator, way)(ROWS)
        found = network.forward(ROWS)
        if way == "predict" and network.classes:
            assert [
                network.classes[each] for each in network.predict_classes(network.logits(ROWS))
            ] == expected.tolist(), name
            continue
        expected = expected.reshape(len(ROWS), -1)
        expected = expected[:, 1:] if network.kind == "binary" else expected
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_alone_are_read_number_for_number(name: str) -> None:
    state, expected = read_state(TRAINED / name), np.load(TRAINED / "dense_state.npz")
    assert list(state) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"] or "safetensors" in name
    for key in expected.files:
        np.testing.assert_array_equal(state[key], expected[key])
    network = chained(state)
    assert [layer.name for layer in network.layers] == ["hidden", "out"]
    row = np.array([[1.0, 2.0, 3.0]])
    hidden = row @ expected["hidden.weight"].T + expected["hidden.bias"]
    wanted = hidden @ expected["out.weight"].T + expected["out.bias"]
    np.testing.assert_allclose(network.forward(row), wanted, rtol=1e-6)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_alone_are_no_network(name: str) -> None:
    with pytest.raises(NnlecError, match=r"this is weights alone, expected a network"):
        load_network(TRAINED / name)


class Runs:
    """What a hostile pickle does when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch /tmp/nnlec-was-run",)


class Unknown:
    pass


@pytest.mark.parametrize("protocol", range(2, 6))
def test_nothing_in_a_pickle_is_run(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"model": Runs()}, protocol))
    with pytest.raises(
        NnlecError, match=r"model.pkl: it names (posix|nt).system, which no estimator that is read holds"
    ):
        load_network(path)
    assert not Path("/tmp/nnlec-was-run").exists()


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_class_of_ones_own_is_refused_by_its_name(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Unknown(), protocol))
    with pytest.raises(NnlecError, match=r"it names tests.test_pickled_models.Unknown"):
        load_network(path)


def test_pickles_that_grow_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    doubled = b"\x80\x04]" + b"\x94h\x000" * 0 + b"".join(b"22\x86" for _ in range(40)) + b"."
    path.write_bytes(doubled)
    with pytest.raises(NnlecError, match=r"no estimator of scikit-learn"):
        load_network(path)
    path.write_bytes(zlib.compress(bytes(70_000_000), 1))
    with pytest.raises(NnlecError, match=r"it would grow from [\d,]+ to more than [\d,]+ bytes"):
        load_network(path)
    with zipfile.ZipFile(tmp_path / "bomb.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 70_000_000)
    with pytest.raises(NnlecError, match=r"would grow from .* a zip bomb"):
        load_network(tmp_path / "bomb.skops")


def doubled(levels: int) -> Any:
    """Lists of two, each of which holds the next one twice."""
    held: Any = [1.0]
    for _ in range(levels):
        held = [held, held]
    return held


@pytest.mark.parametrize("name", ["coef_", "classes_", "feature_names_in_"])
def test_lists_that_hold_a_list_twice_are_counted_twice(name: str, tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    estimator = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    setattr(estimator, name, doubled(60))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator))
    with pytest.raises(NnlecError, match=r"an estimator that would grow to more than 5,000,000 items"):
        load_network(tmp_path / "model.pkl")


def test_the_type_of_an_array_is_a_text(tmp_path: Path) -> None:
    named = b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n("
    lists = b"]" + b"".join(b"q\x00]h\x00ah\x00a" for _ in range(60))
    (tmp_path / "model.pkl").write_bytes(b"\x80\x02" + named + lists + b"tRU\x01xtR.")
    with pytest.raises(NnlecError, match=r"a damaged pickle: an array without a type"):
        load_network(tmp_path / "model.pkl")


def test_a_pipeline_that_holds_itself_ends(tmp_path: Path) -> None:
    from sklearn.pipeline import Pipeline

    one, other = Pipeline([("a", None)]), Pipeline([("b", None)])
    one.steps, other.steps = [("a", other)], [("b", one)]
    one.n_features_in = None
    stream = io.BytesIO()
    pickle.dump(one, stream)
    (tmp_path / "model.pkl").write_bytes(stream.getvalue())
    with pytest.raises(NnlecError, match=r"model.pkl: "):
        load_network(tmp_path / "model.pkl")
