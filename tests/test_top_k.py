"""The likeliest classes of each row of a table, beside numpy: equal ones in the order of the classes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Nnlec

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    identity = [[float(i == j) for j in range(4)] for i in range(4)]
    path.write_text(f"classes: [a, b, c, d]\nlayers: [{{weights: {identity}, bias: none, activation: softmax}}]\n")
    return str(path)


@pytest.mark.parametrize("exact", [[], ["--exact"]])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_likeliest_classes_beside_numpy(nnlec: Nnlec, network: str, k: int, exact: list[str]) -> None:
    scores = np.random.default_rng(k).integers(-2, 3, size=(60, 4)).astype(float)
    table = "".join(",".join(map(str, row)) + "\n" for row in scores.tolist())
    run = nnlec("forward", network, "--top-k", str(k), *exact, stdin=table)
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    order = np.argsort(-scores, axis=1, kind="stable")
    for row, chosen, shares in zip(rows, order, probabilities, strict=True):
        for rank in range(k):
            mark = "" if rank == 0 else f"_{rank + 1}"
            assert row[f"prediction{mark}"] == NAMES[chosen[rank]]
            assert float(row[f"probability{mark}"]) == pytest.approx(shares[chosen[rank]], rel=1e-15)
        assert f"prediction_{k + 1}" not in row


def test_one_is_the_prediction(nnlec: Nnlec) -> None:
    predicted = nnlec("forward", "configs/animals.yaml", "configs/animals.csv", "--predict").stdout
    assert nnlec("forward", "configs/animals.yaml", "configs/animals.csv", "--top-k", "1").stdout == predicted


@pytest.mark.parametrize("exact", [[], ["--exact"]])
def test_both_classes_of_a_binary_network(nnlec: Nnlec, tmp_path: Path, exact: list[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("classes: [no, yes]\nlayers: [{weights: [[1]], bias: none, activation: sigmoid}]\n")
    run = nnlec("forward", str(path), "--top-k", "2", *exact, stdin="2\n-2\n0\n")
    found = [(row["prediction"], row["prediction_2"]) for row in csv.DictReader(io.StringIO(run.stdout))]
    assert found == [("yes", "no"), ("no", "yes"), ("no", "yes")]


@pytest.mark.parametrize(
    ("file", "k", "said"),
    [
        ("configs/animals.yaml", "6", "--top-k: 6 classes, the network has 5"),
        ("configs/animals.yaml", "0", "0 is not in the range"),
        ("configs/house-price.yaml", "2", "--top-k: the likeliest classes are those of a network with probabilities"),
    ],
)
def test_more_classes_than_there_are_are_refused(nnlec: Nnlec, file: str, k: str, said: str) -> None:
    run = nnlec("forward", file, "--top-k", k, stdin="1,2,3,4,5\n")
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr
