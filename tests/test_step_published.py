"""Steps of learning that were published, through the command line: every figure that is right is hit.

A figure is (where it stands in the record, as published). Those that rest on a source's own slip are named by `check`.
"""

from __future__ import annotations

import json
import re
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


MAZUR = ("configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5", "--keep-biases")
ENDING = ("configs/step-decimals.yaml", "-i", "2,3", "--target", "1", "--rate", "0.05")
CHAPTER = ("-i", "0.35,0.9", "--target", "0.5", "--rate", "1")


def on_paper(nnlec: Nnlec, figures: str, *args: str) -> list[str]:
    """The published figures that do not stand on the paper, printed with as many decimals as each has."""
    shown: dict[int, set[Decimal]] = {}
    missing = []
    for figure in figures.split():
        places = len(figure.partition(".")[2])
        if places not in shown:
            ran = nnlec("step", *args, "--steps", "--decimals", str(places))
            assert ran.returncode == 0, ran.stderr
            numbers = re.findall(r"\d+(?:\.\d+)?", ran.stdout)
            shown[places] = {Decimal(number) for number in numbers if len(number.partition(".")[2]) <= places}
        if Decimal(figure).copy_abs() not in shown[places]:
            missing.append(figure)
    return missing


def test_every_figure_of_the_most_read_example_stands_on_its_paper(nnlec: Nnlec) -> None:
    forward = "0.3775 0.593269992 0.596884378 1.105905967 0.75136507 0.772928465 0.274811083 0.023560026 0.298371109"
    output = "0.74136507 0.186815602 0.082167041 0.138498562 0.35891648 0.408666186 0.511301270 0.561370121"
    hidden = "0.055399425 0.036350306 0.241300709 0.000438568 0.149780716 0.19956143 0.24975114 0.29950229"
    assert on_paper(nnlec, f"{forward} {output} {hidden}", *MAZUR) == []


def test_the_order_of_an_older_program_gives_what_it_printed(nnlec: Nnlec) -> None:
    """Its weights on the way back were the new ones, until a commit whose message says "use original weights"."""
    assert on_paper(nnlec, "0.291027924", *MAZUR, "--upstream", "new") == []


@pytest.mark.slow
def test_the_order_of_an_older_program_for_ten_thousand_rounds(nnlec: Nnlec) -> None:
    rounds = step(nnlec, *MAZUR, "--upstream", "new", "--then", "9999")["then"]
    for number, published in zip(rounds["output"], ("0.015912196", "0.984065734"), strict=True):
        assert hit(number, published)
    assert rounds["losses"][-1] == pytest.approx(3.50847862963e-5, rel=1e-11)


@pytest.mark.slow
def test_its_last_error_is_that_of_one_round_fewer(nnlec: Nnlec) -> None:
    assert hit(step(nnlec, *MAZUR, "--then", "9998")["then"]["losses"][-1], "0.0000351085")


def test_the_step_in_which_every_decimal_ends(nnlec: Nnlec) -> None:
    forward, changes = "0.85 0.48 0.191 0.327 -0.809", "-0.034 -0.019 -0.011 -0.012 -0.017 -0.018"
    after = "0.17 0.17 0.12 0.13 0.23 0.10 0.92 0.56 0.26"
    assert on_paper(nnlec, f"{forward} {changes} {after}", *ENDING) == []


def test_a_sigmoid_s_derivatives_by_its_weights_and_by_its_inputs(nnlec: Nnlec, tmp_path: Path) -> None:
    """The course differentiates the output itself: a target 1 below it leaves f - g = 1 in half a square."""
    network = tmp_path / "neuron.yaml"
    text = "layers:\n  - {name: neuron, weights: [[2], [-3]], bias: [-3], activation: sigmoid}\nloss: half-sse\n"
    network.write_text(text, encoding="utf-8")
    args = (str(network), "--input=-1,-2", "--target=-0.26894142136999512075", "--rate", "1")
    assert on_paper(nnlec, "-2.00 6.00 1.00 0.73 0.20 -0.20 0.39 -0.39 -0.59", *args) == []


def test_a_chapter_s_example_and_its_slip(nnlec: Nnlec, tmp_path: Path) -> None:
    """It writes g - f for f - g, goes on with -0.0406, and takes the new output weights to the hidden layer."""
    network = tmp_path / "chapter.yaml"
    network.write_text(RGU, encoding="utf-8")
    args = (str(network), *CHAPTER)
    assert on_paper(nnlec, "0.68 0.6637 0.69", *args) == []
    assert on_paper(nnlec, "0.09916 0.7978 0.3972", *args, "--upstream", "new") == []
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
    """The bias of h1 taken as 0.30, h1 in the place of h2, and the target of the other output: each is named."""
    rows = {
        "hidden before activation": ("0.3275,?", "the bias 0.35 of h1 was read as 0.3"),
        "hidden": ("0.5812,0.5969", ""),
        "output before activation": ("1.094,?", "h1 was taken in the place of h2"),
        "output": ("0.7491,0.7703", ""),
        "loss": ("0.5622", "the target of o1 was taken for every output"),
    }
    given = [part for name, (figures, _) in rows.items() if name != "loss" for part in ("--layer", f"{name}={figures}")]
    ran = nnlec("check", *MAZUR[:5], "--loss", rows["loss"][0], *given, "-f", "json")
    marked = {row["name"]: row for row in json.loads(ran.stdout)["rows"]}
    for name, (_, sentence) in rows.items():
        said = [mistake["explanation"] for mistake in marked[name]["slips"]]
        assert (said[0] if said else "") == sentence, marked[name]
