"""`nnlec.check`, `compare`, `evaluate` and `Network.exact_step` say what the commands say of the same numbers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import Dense, Network, NnlecError
from tests.conftest import ROOT, Nnlec

CONFIGS = ROOT / "configs"
LECTURE, IRIS = nnlec.load_network(CONFIGS / "lecture.yaml"), nnlec.load_network(CONFIGS / "iris.yaml")
EXAMPLE = [1, 2.8, -3.1, 4.2]
check: Any = nnlec.check
evaluate: Any = nnlec.evaluate


def flowers() -> tuple[np.ndarray, list[str]]:
    with (CONFIGS / "iris.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[name]) for name in IRIS.inputs] for row in rows]), [row["species"] for row in rows]


def test_figures_are_marked_as_by_the_command(nnlec: Nnlec) -> None:
    sheet = {"hidden": "9.3,14.5,-6.2,4.4", "output": "37.8,-23.1"}
    verdict = check(LECTURE, EXAMPLE, sheet)
    options = ("--layer", f"hidden={sheet['hidden']}", "--output", sheet["output"], "-f", "json")
    asked = json.loads(nnlec("check", "configs/lecture.yaml", "-i", "1,2.8,-3.1,4.2", *options).stdout)
    marks = [figure["right"] for row in asked["rows"] for figure in row["figures"]]
    assert [mark.right for mark in verdict.marks] == marks
    assert verdict.rows[0].mistakes[0].sentence in json.dumps(asked)
    assert repr(verdict) == "<Verdict: 5 of 6 figures right>"
    listed = {"hidden": ["9.3", 14.5, -6.2, "4.4"], "output": "y2 = -23.1, y1 = 37.8"}
    assert check(LECTURE, EXAMPLE[1:], listed) == verdict


def test_a_loss_is_marked_where_there_is_a_target() -> None:
    scores = [4, 1, 0, 0, 0.25]
    animals = nnlec.load_network(CONFIGS / "animals.yaml")
    assert check(animals, scores, {"loss": "2.016"}, target=[0, 0, 0, 1, 0]).right
    assert not check(animals, scores, {"loss": "0.9"}, target=[0, 0, 0, 1, 0]).right


def test_a_step_is_that_of_the_command(nnlec: Nnlec) -> None:
    network = nnlec_network("step-sigmoid")
    step = network.exact_step([0.05, 0.10], [0.01, 0.99], 0.5)
    said = json.loads(
        nnlec("step", "configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5",
              "-f", "json").stdout
    )  # fmt: skip
    assert [float(x) for x in step.after.output] == said["after"]["output"]
    assert float(step.loss.value) == said["loss"]["value"]
    kept = network.exact_step([0.05, 0.10], [0.01, 0.99], Decimal("0.5"), "mse", keep_biases=True)
    assert np.array_equal(kept.network.layers[1].arrays["bias"], network.layers[1].arrays["bias"])
    assert not np.array_equal(kept.network.layers[1].arrays["weights"], network.layers[1].arrays["weights"])


def nnlec_network(name: str) -> Network:
    return nnlec.load_network(CONFIGS / f"{name}.yaml")


def test_predictions_are_measured_as_on_a_table(nnlec: Nnlec) -> None:
    inputs, species = flowers()
    found = evaluate(IRIS, inputs, species)
    said = json.loads(
        nnlec("evaluate", "configs/iris.yaml", "configs/iris.csv", "--target-column", "species", "-f", "json").stdout
    )
    assert (found.rows, found.loss.value) == (said["rows"], said["mean"])
    assert found.measured.result()["accuracy"] == said["accuracy"] == 0.98
    indices = [IRIS.class_names.index(name) for name in species]
    one_hot = np.eye(3)[indices]
    assert evaluate(IRIS, inputs, indices).loss.value == evaluate(IRIS, inputs, one_hot).loss.value == said["mean"]
    price = nnlec_network("house-price")
    assert evaluate(price, [[150, 4, 5], [100, 2, 1]], [800_000, 500_000], "mae").loss.value == 20_000


def test_networks_are_compared() -> None:
    turned = Network((Dense(LECTURE.layers[0].arrays["weights"].T[:3, :3]), Dense(np.eye(3))))
    same = nnlec.compare(LECTURE, LECTURE, np.eye(3))
    assert repr(same) == "<Comparison: the same>"
    found = nnlec.compare(LECTURE, LECTURE.step(EXAMPLE, [1, 0], 0.1, "mse"), np.eye(3))
    assert repr(found) == "<Comparison: layer 1 differs>"
    for each in (same, found, nnlec.compare(LECTURE, turned, np.eye(3))):
        assert "Tried with 3 rows." in each._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: check(LECTURE, EXAMPLE, {"hiden": "1,2,3,4"}), "unknown row of figures 'hiden'"),
        (lambda: check(LECTURE, EXAMPLE, {"hidden": "1,2"}), "hidden: 2 figures, expected 4"),
        (lambda: check(LECTURE, EXAMPLE, {"output": "a,b"}), "output: 'a' is not a number"),
        (lambda: check(LECTURE, EXAMPLE, {}), "no figures to check"),
        (lambda: check(LECTURE, [EXAMPLE, EXAMPLE], {"hidden": "1,2,3,4"}), "2 rows, expected one example"),
        (lambda: check(LECTURE, EXAMPLE, {"loss": "1"}, target=[1]), "target: 1 number, expected 2"),
        (lambda: check(LECTURE, EXAMPLE, {"loss": "1"}, target=[1, 0], measured="hingle"), "unknown loss 'hingle'"),
        (lambda: LECTURE.exact_step(EXAMPLE, [1], 0.1), "target: 1 number, expected 2"),
        (lambda: LECTURE.exact_step([EXAMPLE, EXAMPLE], [1, 0], 0.1), "2 rows, expected one example"),
        (lambda: evaluate(IRIS, np.ones((2, 4)), ["setosa"]), "shape (1,), expected one for each of 2 rows"),
        (lambda: evaluate(IRIS, np.ones((2, 4)), ["setosa", "rose"]), "target: row 2: unknown label 'rose'"),
        (lambda: evaluate(IRIS, np.ones((2, 4)), np.ones((2, 2))), "2 target columns for 3 predictions"),
        (lambda: evaluate(IRIS, [], []), "0 values, expected 4"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(NnlecError) as caught:
        mistake()
    assert message in str(caught.value)


def test_every_result_shows_itself() -> None:
    inputs, species = flowers()
    results: list[Any] = [
        check(LECTURE, EXAMPLE, {"hidden": "5.2,14.5,-6.2,4.4"}),
        nnlec_network("step-sigmoid").exact_step([0.05, 0.10], [0.01, 0.99], 0.5),
        evaluate(IRIS, inputs, species),
        nnlec.compare(IRIS, IRIS, inputs),
    ]
    for result, figure in zip(results, ("14.47", "0.1385", "0.9792", "0.0"), strict=True):
        bundle = result._repr_mimebundle_()
        assert len(bundle) == 4
        assert all(figure in text for text in bundle.values())
        assert "\n" not in repr(result)


def test_a_step_of_one_output_of_two_classes_shows_itself() -> None:
    rain = nnlec_network("rain")
    shown = rain.exact_step([85, 1002, 90], [1], 0.1)._repr_mimebundle_(include={"text/plain"})["text/plain"]
    assert "yes" in shown
