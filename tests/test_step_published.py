"""Steps of learning that were published, through the command line: every figure that is right is hit.

A figure is (where it stands in the record, as published). Those that rest on a source's own slip are named by `check`.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Nnlec

RGU = """\
layers:
  - {name: hidden, weights: [[0.1, 0.4], [0.8, 0.6]], bias: none, activation: sigmoid}
  - {name: output, weights: [[0.3], [0.9]], bias: none, activation: sigmoid}
loss: half-sum-squared-error
"""
NEURON = """\
layers:
  - {name: neuron, weights: [[-3], [-1], [2]], bias: [1], activation: relu}
loss: half-sum-squared-error
"""
SCORES = """\
classes: [one, two, three]
layers:
  - {name: scores, weights: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], bias: none, activation: softmax}
"""


def at(record: Any, path: str) -> float:
    for key in path.split("."):
        record = record[int(key) if key.isdigit() else key]
    return float(record)


def hit(number: float, published: str) -> bool:
    places = Decimal(1).scaleb(-len(published.partition(".")[2]))
    return Decimal(repr(number)).quantize(places, ROUND_HALF_UP) == Decimal(published)


def step(nnlec: Nnlec, *args: str) -> Any:
    ran = nnlec("step", *args, "-f", "json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("path", "published"),
    [
        ("loss.value", "0.298371109"),
        ("layers.1.delta.0", "0.138498562"),
        ("layers.1.gradient.weights.0.0", "0.082167041"),
        ("layers.0.gradient.weights.0.0", "0.000438568"),
        ("layers.1.after.weights.0.0", "0.35891648"),
        ("layers.1.after.weights.1.0", "0.408666186"),
        ("layers.1.after.weights.0.1", "0.511301270"),
        ("layers.1.after.weights.1.1", "0.561370121"),
        ("layers.0.after.weights.0.0", "0.149780716"),
        ("layers.0.after.weights.1.0", "0.19956143"),
        ("layers.0.after.weights.0.1", "0.24975114"),
        ("layers.0.after.weights.1.1", "0.29950229"),
    ],
)
def test_the_most_read_example(nnlec: Nnlec, path: str, published: str) -> None:
    args = ("-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5", "--keep-biases")
    assert hit(at(step(nnlec, "configs/step-sigmoid.yaml", *args), path), published)


def test_the_figures_in_between_stand_on_its_paper(nnlec: Nnlec) -> None:
    args = ("-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5", "--keep-biases", "--decimals", "9", "--steps")
    shown = nnlec("step", "configs/step-sigmoid.yaml", *args).stdout
    for figure in (
        *("0.377500000", "0.593269992", "0.596884378", "1.105905967", "0.751365070", "0.772928465", "0.274811083"),
        *("0.023560026", "0.741365070", "0.036350306", "0.082167041", "0.000438568"),
    ):
        assert figure in shown, figure


@pytest.mark.parametrize(
    ("path", "published"),
    [
        ("loss.value", "0.327"),
        ("layers.1.delta.0", "-0.809"),
        ("layers.1.after.weights.0.0", "0.17"),
        ("layers.1.after.weights.1.0", "0.17"),
        ("layers.0.after.weights.0.0", "0.12"),
        ("layers.0.after.weights.0.1", "0.13"),
        ("layers.0.after.weights.1.0", "0.23"),
        ("layers.0.after.weights.1.1", "0.10"),
        ("after.output.0", "0.26"),
    ],
)
def test_the_step_in_which_every_decimal_ends(nnlec: Nnlec, path: str, published: str) -> None:
    args = ("-i", "2,3", "--target", "1", "--rate", "0.05")
    assert hit(at(step(nnlec, "configs/step-decimals.yaml", *args), path), published)


def test_a_chapter_s_example_and_its_slip(nnlec: Nnlec, tmp_path: Path) -> None:
    """It writes g - f for f - g, goes on with -0.0406, and takes the new output weights to the hidden layer."""
    network = tmp_path / "chapter.yaml"
    network.write_text(RGU, encoding="utf-8")
    args = (str(network), "-i", "0.35,0.9", "--target", "0.5", "--rate", "1")
    found = step(nnlec, *args)
    assert hit(-found["layers"][1]["delta"][0], "-0.0407")
    assert hit(found["after"]["output"][0], "0.682019")
    carried = step(nnlec, *args, "--carry", "rounded", "--significant", "3")
    assert carried["layers"][1]["delta"] == [0.0406]
    rows = {
        "--layer": ("hidden=0.68,0.6637",),
        "--output": ("0.69",),
        "--delta": ("output=-0.0406",),
        "--after": ("output=0.272392,0.87305", "hidden=0.09916,0.3972,0.7978,0.5928"),
    }
    given = [part for option, texts in rows.items() for text in texts for part in (option, text)]
    found = json.loads(nnlec("check", *args, *given, "-f", "json").stdout)["rows"]
    assert all(figure["right"] for row in found[:4] for figure in row["figures"])
    assert [slip["name"] for slip in found[4]["slips"]] == ["new weights upstream"]
    assert found[4]["slips"][0]["explains"] == ["w1+", "w3+", "w2+"]


def test_one_relu_neuron(nnlec: Nnlec, tmp_path: Path) -> None:
    network = tmp_path / "neuron.yaml"
    network.write_text(NEURON, encoding="utf-8")
    found = step(nnlec, str(network), "-i", "1,-2,3", "--target", "5", "--rate", "0.001")
    assert found["layers"][0]["gradient"] == {"weights": [[1.0], [-2.0], [3.0]], "bias": [1.0]}
    assert found["layers"][0]["after"] == {"weights": [[-3.001], [-0.998], [1.997]], "bias": [0.999]}
    assert found["after"]["output"] == [5.985]


def test_softmax_and_cross_entropy_of_given_probabilities(nnlec: Nnlec, tmp_path: Path) -> None:
    network = tmp_path / "scores.yaml"
    network.write_text(SCORES, encoding="utf-8")
    logarithms = "-2.302585092994046,-0.5108256237659907,-1.2039728043259361"
    found = step(nnlec, str(network), "-i", logarithms, "--label", "two", "--rate", "0")
    for delta, published in zip(found["layers"][0]["delta"], ("0.1", "-0.4", "0.3"), strict=True):
        assert hit(delta, published)


def test_a_sheet_with_three_slips_in_its_forward_pass(nnlec: Nnlec) -> None:
    """The bias of h1 taken as 0.30, h1 in the place of h2, and a target of the other output."""
    args = ("configs/step-sigmoid.yaml", "-i", "0.05,0.10")
    ran = nnlec("check", *args, "--layer", "hidden=0.5812,0.5969", "--output", "0.7491,0.7703", "-f", "json")
    rows = json.loads(ran.stdout)["rows"]
    assert [figure["right"] for figure in rows[0]["figures"]] == [False, True]
    assert [figure["right"] for figure in rows[1]["figures"]] == [False, False]
