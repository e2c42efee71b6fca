"""Large matrices stay in their file until they are used; then they are what a small one is, to the last bit."""

from __future__ import annotations

import os
import pickle
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Network, NnlecError, load_network, save_network
from nnlec.arithmetic.written import Stored, Written
from nnlec.models.folding import folded
from nnlec.models.onnx_file import nodes
from nnlec.models.weights import stored
from nnlec.models.writers.arrays import safetensors
from tests.graphs import onnx_bytes

W = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
B = np.random.default_rng(1).normal(size=5).astype(np.float32)
X = np.random.default_rng(2).normal(size=(4, 3))


@pytest.fixture(autouse=True)
def _every_matrix_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGE", 1)
    monkeypatch.setattr(nodes, "LARGE", 1)
    monkeypatch.setattr(stored, "_PIECE", 4)  # one or two rows at a time


def network_file(folder: Path, *, weights: Any = W, dtype: str = "float32", transpose: str = "true") -> Path:
    (folder / "w.safetensors").write_bytes(safetensors({"w": weights, "b": B[: weights.shape[0]]}))
    (folder / "net.yaml").write_text(
        f"dtype: {dtype}\nlayers:\n  - weights: {{file: w.safetensors, array: w, transpose: {transpose}}}\n"
        "    bias: {file: w.safetensors, array: b}\n    activation: relu\n"
    )
    return folder / "net.yaml"


def onnx_file(folder: Path, weights: Any = W) -> Path:
    helper = pytest.importorskip("onnx", reason="onnx is in the test extra").helper
    steps = [helper.make_node("Gemm", ["x", "w", "b"], ["a"], transB=1), helper.make_node("Relu", ["a"], ["y"])]
    (folder / "net.onnx").write_bytes(onnx_bytes(steps, {"w": weights, "b": B}, ("n", 3)))
    return folder / "net.onnx"


def is_unread(network: Network) -> bool:
    return isinstance(vars(network.layers[0])["weights"], Stored)


@pytest.mark.parametrize("make", [network_file, onnx_file])
def test_a_matrix_is_read_when_it_is_used(make: Any, tmp_path: Path) -> None:
    network = load_network(make(tmp_path))
    assert is_unread(network)
    assert (network.n_in, network.n_out, network.parameters, network.dtype) == (3, 5, 20, "float32")
    assert is_unread(network)
    expected = np.maximum(X @ W.T.astype(float) + B, 0).astype(np.float32)
    np.testing.assert_allclose(network.forward(X), expected, rtol=2e-7)
    assert not is_unread(network)
    weights = network.layers[0].arrays["weights"]
    assert (str(weights.dtype), weights.flags.writeable, weights.flags.c_contiguous) == ("float64", False, True)
    np.testing.assert_array_equal(weights, W.T)


@pytest.mark.parametrize("transpose", ["true", "false"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_it_is_the_same_as_one_that_is_read_at_once(
    kind: Any, dtype: str, transpose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = np.random.default_rng(3).normal(size=(5, 5)).astype(kind)
    path = network_file(tmp_path, weights=square, dtype=dtype, transpose=transpose)
    network = load_network(path)
    monkeypatch.setattr(stored, "LARGE", 1000)
    at_once = load_network(path)
    assert not is_unread(at_once)
    np.testing.assert_array_equal(network.layers[0].arrays["weights"], at_once.layers[0].arrays["weights"])


@pytest.mark.parametrize("piece", [1, 5, 12, 15, 25, 1000])
def test_it_is_read_in_pieces_of_any_size(piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_PIECE", piece)
    for transpose in ("true", "false"):
        weights = np.arange(25.0).reshape(5, 5)
        network = load_network(network_file(tmp_path, weights=weights, transpose=transpose))
        expected = weights.T if transpose == "true" else weights
        assert vars(network.layers[0])["weights"].single is False
        assert network.layers[0].arrays["weights"].tolist() == expected.tolist()
    wrong = np.arange(25.0).reshape(5, 5)
    wrong[4, 2] = np.inf
    with pytest.raises(NnlecError, match=r"the number at 5, 3 of the array is not finite"):
        _ = load_network(network_file(tmp_path, weights=wrong)).layers[0].arrays["weights"]


def test_a_matrix_is_large_from_so_many_numbers_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = network_file(tmp_path)
    monkeypatch.setattr(stored, "LARGE", 15)
    assert is_unread(load_network(path))
    monkeypatch.setattr(stored, "LARGE", 16)
    assert not is_unread(load_network(path))


@pytest.mark.parametrize("change", ["another file", "other numbers", "another size"])
def test_each_change_of_the_file_in_between_is_noticed(change: str, tmp_path: Path) -> None:
    network = load_network(network_file(tmp_path))
    path = tmp_path / "w.safetensors"
    status = path.stat()
    if change == "another file":
        path.rename(tmp_path / "before.safetensors")
        path.write_bytes((tmp_path / "before.safetensors").read_bytes())
    elif change == "another size":
        with path.open("ab") as file:
            file.write(b" ")
    os.utime(path, ns=(1, status.st_mtime_ns + (change == "other numbers")))
    with pytest.raises(NnlecError, match=r"the file was changed after it was opened"):
        network.forward(X)


def test_what_is_done_with_a_network_can_be_done_with_this_one(tmp_path: Path) -> None:
    for make in (network_file, onnx_file):
        path = make(tmp_path)
        again: Network = pickle.loads(pickle.dumps(load_network(path)))
        np.testing.assert_array_equal(again.forward(X), load_network(path).forward(X))
        assert folded(load_network(path)).n_out == 5
        save_network(load_network(path), tmp_path / "again.yaml")
        np.testing.assert_array_equal(load_network(tmp_path / "again.yaml").forward(X), again.forward(X))
        assert load_network(path).layers[0].exact_unit([1, 2, 3], 1) is not None  # type: ignore[list-item]


def test_a_number_that_is_not_finite_is_refused_when_it_is_met(tmp_path: Path) -> None:
    wrong = W.copy()
    wrong[3, 1] = np.nan
    network = load_network(network_file(tmp_path, weights=wrong))
    with pytest.raises(NnlecError, match=r"net.yaml:3:14: .*: the number at 4, 2 of the array is not finite"):
        network.forward(X)
    network = load_network(onnx_file(tmp_path, wrong))
    with pytest.raises(NnlecError, match=r"node 1 Gemm \('a'\): its input 2 holds a number that is not finite"):
        network.forward(X)


def test_a_file_that_is_changed_in_between_is_refused(tmp_path: Path) -> None:
    network = load_network(network_file(tmp_path))
    network_file(tmp_path, weights=W * 2)
    os.utime(tmp_path / "w.safetensors", ns=(1, 1))
    with pytest.raises(NnlecError, match=r"the file was changed after it was opened"):
        network.forward(X)


def test_bytes_that_are_not_there_are_missed_at_once(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is in the test extra")
    model = onnx.load(onnx_file(tmp_path))
    model.graph.initializer[0].raw_data = b"1234"
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(NnlecError, match=r"net.onnx: .*4 bytes for 15 numbers"):
        load_network(tmp_path / "net.onnx")
    path = network_file(tmp_path)
    (tmp_path / "w.safetensors").write_bytes((tmp_path / "w.safetensors").read_bytes()[:-4])
    with pytest.raises(NnlecError, match=r"the header claims 80 bytes of numbers, but 76 are there"):
        load_network(path)


@pytest.mark.parametrize("shape", [(6,), (3, 2), (1, 4), (4, 1), (2, 3)])
@pytest.mark.parametrize("kind", [Written, Stored])
def test_numbers_of_a_file_are_taken_as_from_an_array(shape: tuple[int, ...], kind: type[Written]) -> None:
    array = np.arange(1.0, prod(shape) + 1).reshape(shape)
    made = Stored(shape, lambda: array) if kind is Stored else Written(array.ravel().tolist(), shape)
    assert (made.shape, made.ndim, made.size, len(made)) == (shape, len(shape), array.size, shape[0])
    assert made.tolist() == array.tolist()
    assert made.ravel().tolist() == array.ravel().tolist()
    for row in range(shape[0]):
        assert np.asarray(made[row]).tolist() == array[row].tolist()
        assert made[row:].tolist() == array[row:].tolist()
        for column in range(shape[1]) if len(shape) == 2 else ():
            assert made[row, column] == array[row, column]
    for column in range(shape[1]) if len(shape) == 2 else ():
        assert made[:, column].tolist() == array[:, column].tolist()
    assert made.array().flags.writeable is False
    assert np.asarray(made).tolist() == array.tolist()
    assert np.array(made, dtype=np.float32).dtype == np.float32
    again = pickle.loads(pickle.dumps(made))
    assert np.asarray(again).tolist() == array.tolist()


def test_other_places_in_the_numbers_of_a_file_are_refused() -> None:
    for index in ("a", slice(0, 2), (0, slice(None)), None):
        with pytest.raises(TypeError):
            Written([1.0, 2.0, 3.0, 4.0], (2, 2))[index]
