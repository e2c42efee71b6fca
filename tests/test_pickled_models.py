"""scikit-learn and PyTorch files, which are read without running anything in them."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError, load_network
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


def torch_zip(path: Path, data: bytes, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for name, content in members.items():
            archive.writestr(f"archive/data/{name}", content)
    return path


def tensor(size: int, shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    """The pickle of a dictionary with one tensor, as PyTorch writes it."""
    numbers = b"".join(b"K" + bytes([n]) for n in shape), b"".join(b"K" + bytes([n]) for n in stride)
    place = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK%ctQ" % size
    view = b"K%c(" % offset + numbers[0] + b"t(" + numbers[1] + b"t\x89Nt"
    return b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(" + place + view + b"Rs."


def test_strides_are_held_against_the_storage(tmp_path: Path) -> None:
    four = struct.pack("<4f", 1, 2, 3, 4)
    path = torch_zip(tmp_path / "w.pt", tensor(4, (2, 2), (1, 2)), **{"0": four})
    np.testing.assert_array_equal(read_state(path)["w"], [[1, 3], [2, 4]])
    for shape, stride, offset in (((2, 2), (2, 2), 0), ((5,), (1,), 0), ((4,), (1,), 1), ((2, 2), (200, 1), 0)):
        path = torch_zip(tmp_path / "w.pt", tensor(4, shape, stride, offset), **{"0": four})
        with pytest.raises(NnlecError, match=r"reaches beyond its 4 numbers"):
            read_state(path)


def test_a_pickled_module_says_what_to_save_instead(tmp_path: Path) -> None:
    data = b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81."
    with pytest.raises(NnlecError, match=r"a pickled module .*save model.state_dict\(\) instead"):
        read_state(torch_zip(tmp_path / "model.pt", data))


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


def test_a_packed_pickle_is_unpacked(tmp_path: Path) -> None:
    import bz2
    import gzip
    import lzma

    content = (TRAINED / "multi.pkl").read_bytes()
    for pack in (gzip.compress, bz2.compress, lzma.compress, zlib.compress):
        (tmp_path / "model.joblib").write_bytes(pack(content))
        assert load_network(tmp_path / "model.joblib").n_out == 3
