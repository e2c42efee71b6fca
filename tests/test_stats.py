"""`nnlec stats`: the layers of a network over a table, beside numpy, whatever the order and the blocks of the rows."""

from __future__ import annotations

import csv
import io
import json
import random
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec.models import load_network
from nnlec.network.activations import ACTIVATIONS
from nnlec.tables.columns import InputColumns
from nnlec.tables.rows import Rows
from nnlec.tables.stats import Stats, StatsPlan
from tests.conftest import Nnlec

NETWORK = """
inputs: [a, b]
kind: regression
layers:
  - {name: hidden, weights: [[1, -1, 0], [0.5, 2, 0]], bias: [0, 0.1, -1], activation: relu}
  - {name: gate, weights: [[9, 0.1], [9, 0.2], [1, 1]], bias: [-90, 0], activation: sigmoid}
  - {name: out, weights: [[1], [2]], bias: none, activation: identity}
"""


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(NETWORK)
    return str(path)


def table(rows: int, seed: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=(rows, 2)).round(6)


def as_csv(numbers: np.ndarray[Any, Any]) -> str:
    return "a,b\n" + "".join(f"{a!r},{b!r}\n" for a, b in numbers.tolist())


def outputs(network: str, numbers: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    return [step.output for step in load_network(network).trace(numbers).layers]


def test_every_layer_beside_numpy(nnlec: Nnlec, network: str) -> None:
    numbers = table(500)
    run = nnlec("stats", network, "-f", "json", stdin=as_csv(numbers))
    shown = json.loads(run.stdout)
    assert shown["rows"] == 500
    assert [line["name"] for line in shown["layers"]] == ["hidden", "gate", "out"]
    for line, values in zip(shown["layers"], outputs(network, numbers), strict=True):
        assert (line["min"], line["max"]) == (values.min(), values.max())
        assert line["mean"] == pytest.approx(values.mean(), rel=1e-13)
        assert line["deviation"] == pytest.approx(values.std(), rel=1e-12)
        assert line["zeros"] == np.mean(values == 0)
    hidden, gate, out = shown["layers"]
    assert (hidden["units"], hidden["dead"], hidden["saturated"]) == (3, 1, None)
    assert (gate["dead"], gate["saturated"]) == (0, 1)
    assert out["saturated"] is None


def test_every_unit_of_a_layer_beside_numpy(nnlec: Nnlec, network: str) -> None:
    numbers = table(300)
    for layer, name in ((1, "hidden"), (2, "gate")):
        shown = json.loads(nnlec("stats", network, "--layer", name, "-f", "json", stdin=as_csv(numbers)).stdout)
        values = outputs(network, numbers)[layer - 1]
        assert (shown["layer"], len(shown["units"])) == (name, values.shape[1])
        for unit, column in zip(shown["units"], values.T, strict=True):
            assert (unit["min"], unit["max"]) == (column.min(), column.max())
            assert unit["mean"] == pytest.approx(column.mean(), rel=1e-13, abs=1e-300)
            assert unit["deviation"] == pytest.approx(column.std(), rel=1e-12, abs=1e-300)
            assert unit["dead"] is bool((column == 0).all())
        assert [unit["saturated"] for unit in shown["units"]] == ([None] * 3 if layer == 1 else [True, False])


def test_no_digit_depends_on_the_order_of_the_rows_or_on_blocks(network: str) -> None:
    numbers = np.concatenate([table(400), [[1e300, -1e300], [5e-324, 0.0], [0.0, -0.0]]])
    loaded = load_network(network)
    plan = StatsPlan(loaded, InputColumns((0, 1), ("a", "b")))
    with np.errstate(all="ignore"):
        whole = plan.compute(Rows(numbers))
    shuffled = numbers[random.Random(3).sample(range(len(numbers)), len(numbers))]
    with np.errstate(all="ignore"):
        parts = [plan.compute(Rows(shuffled[start : start + 7])) for start in range(0, len(shuffled), 7)]
    merged = reduce(Stats.merge, parts, plan.compute(Rows(np.empty((0, 2)))))
    assert merged.rows == whole.rows
    for one, other in zip(whole.layers, merged.layers, strict=True):
        assert one.moments[0].mean == other.moments[0].mean
        assert one.moments[0].deviation == other.moments[0].deviation
        np.testing.assert_array_equal(one.least, other.least)
        np.testing.assert_array_equal(one.largest, other.largest)
        np.testing.assert_array_equal(one.zeros, other.zeros)


def test_a_mean_is_rounded_once(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("layers: [{weights: [[1]], bias: none, activation: identity}]\n")
    shown = json.loads(nnlec("stats", str(path), "-f", "json", stdin="x\n1e16\n1\n-1e16\n").stdout)
    (line,) = shown["layers"]
    assert line["mean"] == 1 / 3
    assert line["deviation"] == pytest.approx((2e32 / 3) ** 0.5, rel=1e-15)


def test_rows_that_are_not_finite_leave_no_mean(nnlec: Nnlec, network: str) -> None:
    run = nnlec("stats", network, "--allow-nonfinite", "-f", "csv", stdin="a,b\n1,2\nnan,1\n")
    rows = list(csv.DictReader(io.StringIO(run.stdout)))
    assert [row["mean"] for row in rows] == ["", "", ""]
    assert float(rows[0]["max"]) == 3.1
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "1 row"),
        (["--layer", "hidden"], "dead"),
        (["--layer", "gate"], "saturated"),
        (["-f", "markdown"], "| layer"),
        (["-f", "html"], "<table"),
        (["-f", "latex"], "tabular"),
        (["-f", "csv"], "name,activation,units,min,mean,max,deviation,zeros,dead,saturated"),
    ],
)
def test_the_formats(nnlec: Nnlec, network: str, options: list[str], said: str) -> None:
    run = nnlec("stats", network, *options, stdin="a,b\n1,2\n")
    assert run.returncode == 0, run.stderr
    assert said in run.stdout


@pytest.mark.parametrize(
    ("args", "stdin", "said"),
    [
        (["--layer", "hiden"], "a,b\n1,2\n", "unknown layer 'hiden', expected one of hidden, gate, out"),
        (["--columns", "a"], "a,b\n1,2\n", "the network takes 2"),
        ([], "a,b\n1,x\n", "<stdin>:2: column 'b': 'x' is not a number"),
        (["-f", "parquet"], "a,b\n1,2\n", "this is not written as parquet (json holds every number of it)"),
    ],
)
def test_what_cannot_be_is_refused(nnlec: Nnlec, network: str, args: list[str], stdin: str, said: str) -> None:
    run = nnlec("stats", network, *args, stdin=stdin)
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr


def test_a_table_without_rows_has_no_numbers(nnlec: Nnlec, network: str) -> None:
    shown = json.loads(nnlec("stats", network, "-f", "json", stdin="a,b\n").stdout)
    assert shown["rows"] == 0
    assert {shown["layers"][0][key] for key in ("min", "mean", "max", "deviation", "zeros")} == {None}
    assert shown["layers"][0]["dead"] == 0


@pytest.mark.parametrize("name", [name for name, kind in ACTIVATIONS.items()])
def test_every_activation_has_bounds_on_both_sides_or_none(nnlec: Nnlec, tmp_path: Path, name: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"kind: regression\nlayers: [{{weights: [[1, 1]], bias: [0, 1], activation: {name}, name: it}}]\n")
    run = nnlec("stats", str(path), "-f", "json", stdin="x\n50\n-50\n")
    (line,) = json.loads(run.stdout)["layers"]
    bounded = name in {"sigmoid", "tanh", "hard_sigmoid", "hard_tanh", "softsign"}
    if name != "softsign":  # it nears its bounds too slowly to have them
        assert line["saturated"] == (2 if bounded else None)
