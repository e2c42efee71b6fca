"""`nnlec check` of a step of learning: what is right, and which slip is behind what is wrong."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import Dense, Network, load_network
from nnlec.grading.step_labels import step_labels
from nnlec.network.activations import activation
from tests.conftest import Nnlec
from tests.mistakes.steps import SLIPS, tally

MAZUR = ("configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5", "--keep-biases")
AFTER_OUTPUT = "output=0.35891648,0.511301270,0.408666186,0.561370121"


def checked(nnlec: Nnlec, *args: str) -> Any:
    ran = nnlec("check", *args, "-f", "json")
    assert ran.returncode in (0, 1), ran.stderr
    return json.loads(ran.stdout)


def slips(record: Any) -> list[str]:
    return [slip["name"] for row in record["rows"] for slip in row["slips"]]


def test_the_published_weights_are_right(nnlec: Nnlec) -> None:
    after_hidden = "hidden=0.149780716,0.24975114,0.19956143,0.29950229"
    record = checked(nnlec, *MAZUR, "--after", AFTER_OUTPUT, "--after", after_hidden)
    assert record["right"]
    assert record["figures"] == 8


@pytest.mark.parametrize(
    ("sizes", "hidden"), [((2, 3, 1), ["d(h1)", "d(h2)", "d(h3)"]), ((2, 2, 2, 1), ["d(h(1)1)", "d(h(1)2)"])]
)
def test_of_several_hidden_layers_each_has_its_number_in_the_names(sizes: tuple[int, ...], hidden: list[str]) -> None:
    shapes = enumerate(pairwise(sizes), start=1)
    network = Network(tuple(Dense(np.ones(shape), None, activation("identity"), f"l{i}") for i, shape in shapes))
    assert list(step_labels(network)["delta l1"]) == hidden


def test_new_weights_upstream_are_named(nnlec: Nnlec) -> None:
    variant = "hidden=0.149817638561,0.249788185198,0.199635277122,0.299576370396"
    record = checked(nnlec, *MAZUR, "--after", AFTER_OUTPUT, "--after", variant)
    assert slips(record) == ["new weights upstream"]
    assert record["right_figures"] == 4


@pytest.mark.parametrize(
    ("rows", "slip"),
    [
        (("--delta", "output=-0.13850,0.03810"), "sign of delta"),
        (("--delta", "output=0.27700,-0.07620"), "factor of the loss"),
        (("--delta", "output=0.74137,-0.21707"), "derivative left out"),
        (("--delta", "hidden=0.03635,0.04137"), "derivative left out"),
        (("--delta", "hidden=0.01337,0.01500"), "one output only"),
        (("--gradient", "output=0.13850,-0.03810,0.13850,-0.03810"), "input factor forgotten"),
        (("--after", "output=0.44108,0.48870,0.49133,0.53863"), "sign of the update"),
        (("--after", "output=0.31783,0.52260,0.36733,0.57274"), "rate forgotten"),
        (("--after", "output bias=0.53075,0.61905"), "biases"),
    ],
)
def test_each_slip_by_its_figures(nnlec: Nnlec, rows: tuple[str, ...], slip: str) -> None:
    record = checked(nnlec, *MAZUR, *rows)
    assert not record["right"]
    assert slip in slips(record)


def test_slips_that_cannot_be_told_apart_are_said_to_be(nnlec: Nnlec) -> None:
    doubled = "output=0.31783296,0.52260254,0.36733237,0.57274024"
    record = checked(nnlec, *MAZUR, "--after", doubled)
    assert {"rate forgotten", "factor of the loss"} <= set(slips(record))
    assert "these slips give the same figures here: this sheet cannot tell them apart" in record["rows"][0]["remarks"]


def test_figures_that_follow_from_a_wrong_one_are_right(nnlec: Nnlec) -> None:
    record = checked(
        nnlec, *MAZUR, "--delta", "output=0.1400,-0.0381", "--gradient", "output=0.0831,-0.0226,0.0836,-0.0227"
    )
    assert record["rows"][1]["figures"][0]["follows"] == "your own figures carried on"


def test_carried_rounding_is_right_and_said_so(nnlec: Nnlec) -> None:
    ran = nnlec("step", *MAZUR, "--carry", "rounded", "--decimals", "3", "-f", "json")
    hidden, output = (
        f"{layer['name']}={','.join(f'{w:.3f}' for row in layer['after']['weights'] for w in row)}"
        for layer in json.loads(ran.stdout)["layers"]
    )
    record = checked(nnlec, *MAZUR, "--after", output, "--after", hidden)
    assert record["right"]
    assert "rounded on the way" in {f["follows"] for row in record["rows"] for f in row["figures"]}


def test_softmax_of_rounded_exponentials_is_right(nnlec: Nnlec, tmp_path: Path) -> None:
    network = tmp_path / "scores.yaml"
    network.write_text(
        "layers: [{name: scores, weights: [[0.2, -0.9]], activation: softmax}]\noutputs: [cat, dog]\n", encoding="utf-8"
    )
    given = (str(network), "-i", "1", "--label", "cat", "--rate", "0.1")
    # e^0.2 = 1.2, e^-0.9 = 0.4: s = 1.2 / 1.6 = 0.8 and 0.4 / 1.6 = 0.3. In full the second is 0.2497.
    ran = nnlec("step", *given, "--carry", "rounded", "--decimals", "1", "-f", "json")
    assert json.loads(ran.stdout)["layers"][0]["delta"] == [-0.2, 0.3]
    record = checked(nnlec, *given, "--delta", "scores=-0.2,0.3")
    assert record["right"]
    assert record["rows"][0]["figures"][1]["follows"] == "rounded on the way"
    assert not checked(nnlec, *given, "--delta", "scores=-0.2,0.1")["right"]


def test_a_sheet_in_a_file_may_use_the_letters_of_paper(nnlec: Nnlec, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text("w5+: 0.3589\nd1: 0.13850\ndL/dw5: 0.0822\ndelta hidden: [0.00877, 0.00995]\n", encoding="utf-8")
    record = checked(nnlec, *MAZUR, "--answers", str(sheet))
    assert record["right_figures"] == 5
    assert [row["name"] for row in record["rows"]] == [
        "delta output",
        "gradient output",
        "after output",
        "delta hidden",
    ]


def test_a_class_in_a_table(nnlec: Nnlec, tmp_path: Path) -> None:
    sheets = tmp_path / "class.csv"
    sheets.write_text(
        "student,delta output,w5+\nAnn,0.1385 -0.0381,0.3589\nBen,0.277 -0.0762,0.3178\n", encoding="utf-8"
    )
    ran = nnlec("check", *MAZUR, "--answers", str(sheets))
    assert ran.returncode == 1
    assert "factor of the loss" in ran.stdout
    assert "1 of 2 sheets" in ran.stdout or "0 of 2 sheets" in ran.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--delta", "output=1"), "delta output: 1 figure, expected 2"),
        (("--delta", "middle=1"), "unknown row of figures 'delta middle'"),
        (("--delta", "0.1,0.2"), "--delta: '0.1,0.2' names no layer"),
    ],
)
def test_bad_rows_are_one_line(nnlec: Nnlec, args: tuple[str, ...], said: str) -> None:
    ran = nnlec("check", *MAZUR, *args)
    assert ran.returncode == 2
    assert said in ran.stderr


def test_new_weights_need_a_rate_and_a_step_its_target(nnlec: Nnlec) -> None:
    no_rate = nnlec("check", *MAZUR[:5], "--after", AFTER_OUTPUT)
    assert "--after needs the rate of the step: --rate R" in no_rate.stderr
    no_target = nnlec("check", *MAZUR[:3], "--delta", "output=1,2")
    assert "a step needs the feedback: --label NAME_OR_INDEX or --target VALUES" in no_target.stderr


# A graph of layers; maps, a pool and a layer without weights.

RESIDUAL = """\
inputs: [a, b]
layers:
  - {name: one, weights: [[1.5, -0.25], [0.2, 0.3]], bias: [0.35, 0.35], activation: tanh}
  - {name: two, weights: [[0.4, 0.5], [0.45, 0.55]], bias: none, activation: relu}
  - {name: both, type: add, from: [one, two], activation: identity}
  - {name: gate, type: multiply, from: [both, one], activation: identity}
  - {name: end, weights: [[1, 0.3], [-0.5, 0.8]], bias: [0.1, 0], activation: sigmoid}
loss: half-sse
"""
MAPS = """\
inputs: {shape: [1, 4, 4]}
layers:
  - {name: conv, type: conv, weights: [[[[0.1, -0.2], [0.3, 0.4]]]], bias: [0.1], activation: sigmoid}
  - {name: pool, type: max_pool, size: 2, stride: 1}
  - {name: flat, type: flatten}
  - {name: norm, type: layer_norm, scale: [1, 1, 0.5, 2], shift: 0.1, epsilon: 1e-5}
  - {name: end, weights: [[0.7], [-0.4], [0.2], [0.9]], bias: [0.1], activation: sigmoid}
loss: half-sse
"""
GRAPHS = {
    "residual": (RESIDUAL, ("-i", "0.3,-0.7", "--target", "0.25,0.9", "--rate", "0.3")),
    "maps": (MAPS, ("-i", "1,2,0,1,-1,3,1,0,2,1,-2,1,0.5,1,2,3", "--target", "0.25", "--rate", "0.3")),
}


def stepped(nnlec: Nnlec, folder: Path, graph: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The arguments of a step on a graph, and its layers by name."""
    text, args = GRAPHS[graph]
    path = folder / "network.yaml"
    path.write_text(text, encoding="utf-8")
    ran = nnlec("step", str(path), *args, "-f", "json")
    return (str(path), *args), {layer["name"]: layer for layer in json.loads(ran.stdout)["layers"]}


def row(numbers: Any) -> str:
    return ",".join(f"{number:.6f}" for number in np.ravel(numbers))


def arrays(layer: Any, kind: str) -> dict[str, Any]:
    """The options of a layer's gradients or new numbers: hidden=..., hidden bias=..."""
    return {
        layer["name"] if name == "weights" else f"{layer['name']} {name}": numbers
        for name, numbers in layer[kind].items()
        if numbers is not None
    }


@pytest.mark.parametrize("graph", GRAPHS)
def test_what_a_step_on_a_graph_prints_is_right(nnlec: Nnlec, tmp_path: Path, graph: str) -> None:
    args, layers = stepped(nnlec, tmp_path, graph)
    given = [
        part
        for layer in layers.values()
        for kind in ("gradient", "after")
        for name, numbers in arrays(layer, kind).items()
        for part in (f"--{kind}", f"{name}={row(numbers)}")
    ]
    deltas = [part for layer in layers.values() for part in ("--delta", f"{layer['name']}={row(layer['delta'])}")]
    record = checked(nnlec, *args, *deltas, *given)
    assert record["right"]
    assert record["figures"] > 30


def slope_of_tanh(output: np.ndarray) -> np.ndarray:
    return np.asarray(1 - output**2)


def slope_of_sigmoid(output: np.ndarray) -> np.ndarray:
    return np.asarray(output * (1 - output))


@pytest.mark.parametrize(
    ("graph", "name", "slope"), [("residual", "one", slope_of_tanh), ("maps", "conv", slope_of_sigmoid)]
)
def test_slips_in_a_graph_are_named(nnlec: Nnlec, tmp_path: Path, graph: str, name: str, slope: Any) -> None:
    args, layers = stepped(nnlec, tmp_path, graph)
    network = load_network(args[0])
    inputs = np.array([[float(x) for x in args[2].split(",")]])
    layer, of = network.layers[0], layers[name]
    old, new, gradient = layer.arrays["weights"], np.array(of["after"]["weights"]), np.array(of["gradient"]["weights"])
    bare = np.array(of["delta"]) / slope(layer.activation(layer.forward(inputs))[0])
    wrong = {
        "sign of the update": ("--after", old + 0.3 * gradient),
        "rate forgotten": ("--after", old - gradient),
        "derivative left out": ("--delta", bare),
    }
    for slip, (option, numbers) in wrong.items():
        record = checked(nnlec, *args, option, f"{name}={row(numbers)}")
        assert slip in slips(record), slip
    kept = checked(nnlec, *args, "--after", f"{name}={row(new)}", "--after", f"{name} bias={row(layer.arrays['bias'])}")
    assert "biases" in slips(kept)


def test_a_network_too_large_for_slips_says_so(nnlec: Nnlec) -> None:
    args = ("configs/digits.yaml", "--input", ",".join(["0.5"] * 64), "--label", "3", "--rate", "0.1")
    ran = nnlec("check", *args, "--delta", f"output={','.join(['0.5'] * 10)}")
    assert ran.returncode == 1
    assert "In a network of this size neither slips nor roundings on the way are looked for" in ran.stdout


def test_slips_are_found_and_right_sheets_are_called_right() -> None:
    found = tally(len(SLIPS), seed=7)
    assert found.share_named >= 0.95
    assert found.share_first >= 0.85
    assert found.called_wrong == 0
