"""`forward --layer` on a table: the numbers of a layer, or of all, as columns beside what passes through."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from nnlec.models import load_network
from tests.conftest import examples
from tests.transcripts import run

NETWORK = """
inputs: [a, b, c]
outputs: [up, down]
layers:
  - {name: first, weights: [[0.3, -1.2, 2], [1, 0.1, -0.7], [-0.4, 0.25, 1]], bias: [0.1, 0, -1], activation: tanh}
  - {type: scale, multiply: [2, 1, 0.5], add: [0, 0.25, 0], activation: identity}
  - {name: last, weights: [[1, -1], [0.5, 2], [3, 0.2]], bias: [0, 1], activation: softmax}
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NETWORK)
    return tmp_path


def table(words: str) -> tuple[list[str], np.ndarray]:
    ran = run(f"nnlec forward net.yaml {words}")
    assert (ran.code, ran.stderr) == (0, "")
    header, *rows = csv.reader(io.StringIO(ran.stdout))
    return header, np.array([list(map(float, row)) for row in rows])


@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 300))
def test_every_layer_is_what_numpy_computes(seed: int, rows: int) -> None:
    x = np.random.default_rng(seed).normal(size=(rows, 3))
    np.savez("x.npz", a=x[:, 0], b=x[:, 1], c=x[:, 2])
    first, scale, last = load_network(Path("net.yaml")).layers
    z1 = x @ first.arrays["weights"] + first.arrays["bias"]
    h1 = np.tanh(z1)
    h2 = h1 * [2, 1, 0.5] + [0, 0.25, 0]
    z3 = h2 @ last.arrays["weights"] + last.arrays["bias"]
    names, values = table("x.npz --layer all")
    assert names == [
        "first.h1",
        "first.h2",
        "first.h3",
        *(f"{scale.name}.h{j}" for j in (1, 2, 3)),
        "last.up",
        "last.down",
    ]
    assert np.allclose(values[:, :3], h1, rtol=1e-12, atol=1e-14)
    assert np.allclose(values[:, 3:6], h2, rtol=1e-12, atol=1e-14)
    assert np.allclose(values[:, 6:], np.exp(z3) / np.exp(z3).sum(axis=1, keepdims=True), rtol=1e-12)
    assert np.array_equal(values[:, 6:], table("x.npz")[1])  # the same bits
    assert np.allclose(table("x.npz --layer first --logits")[1], z1, rtol=1e-12, atol=1e-14)
    assert np.array_equal(table("x.npz --layer 3 --logits")[1], table("x.npz --logits")[1])
    alone = table("x.npz --layer 1")
    assert alone[0] == ["h1", "h2", "h3"]
    assert np.array_equal(alone[1], values[:, :3])


def test_an_archive_has_an_array_for_each_layer() -> None:
    Path("x.csv").write_text("id,a,b,c\n7,1,2,3\n8,0,-1,0.5\n")
    assert run("nnlec forward net.yaml x.csv --layer all -o layers.npz").code == 0
    written = np.load("layers.npz")
    assert {name: array.shape for name, array in written.items()} == {
        "id": (2,),
        "first": (2, 3),
        load_network(Path("net.yaml")).layers[1].name: (2, 3),
        "last": (2, 2),
    }
    exact = table("x.csv --layer all --exact")[1][:, 1:]
    assert np.allclose(np.concatenate([written[name] for name in list(written)[1:]], axis=1), exact, rtol=1e-13)


@pytest.mark.parametrize(("words", "problem"), [
    ("--layer middle", "--layer: unknown layer 'middle', expected one of first, "),
    ("--layer 4", "--layer: unknown layer '4', expected one of first, "),
    ("--layer first --predict", "--layer writes numbers of layers: give it without --predict"),
    ("--layer first --unit 1", "--unit is for one example (--input, --row or --where), not for a table"),
])  # fmt: skip
def test_what_no_layer_has_is_refused(words: str, problem: str) -> None:
    Path("x.csv").write_text("a,b,c\n1,2,3\n")
    ran = run(f"nnlec forward net.yaml x.csv {words}")
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert problem in ran.stderr


def test_a_column_that_is_called_like_a_unit_is_not_replaced() -> None:
    Path("x.csv").write_text("h1,a,b,c\n7,1,2,3\n")
    ran = run("nnlec forward net.yaml x.csv --layer first")
    assert "the new column 'h1' has the name of column 'h1', which passes through" in ran.stderr
    assert table("x.csv --layer first --prefix first_")[0] == ["h1", "first_h1", "first_h2", "first_h3"]
