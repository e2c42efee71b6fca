"""Networks with shapes and with layers that take others than the one before: read, worked out, refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.models import load_network
from nnlec.network.layers import Dense
from nnlec.network.layers.add import Add
from nnlec.network.layers.concat import Concat
from nnlec.network.network import Network
from nnlec.network.trace import exact_trace
from tests.conftest import Nnlec

RESIDUAL = """\
name: residual block
inputs: {shape: [1, 2, 2]}
layers:
  - {name: flat, type: flatten}
  - {name: hidden, weights: [[1, -2, 0.5, 1], [0.5, 3, 1, 0], [1, 1, 1, 1], [0, 2, 0, -1]],
     bias: [0.5, -0.5, 0, 0], activation: relu}
  - {name: skip, type: add, from: [hidden, flat], activation: relu}
  - {name: both, type: concat, from: [skip, flat]}
  - {name: output, weights: [[1], [1], [1], [1], [1], [1], [1], [-1]], bias: none, activation: identity}
"""


@pytest.fixture
def residual(tmp_path: Path) -> str:
    path = tmp_path / "residual.yaml"
    path.write_text(RESIDUAL, encoding="utf-8")
    return str(path)


def by_hand(rows: np.ndarray) -> np.ndarray:
    weights = np.array([[1, -2, 0.5, 1], [0.5, 3, 1, 0], [1, 1, 1, 1], [0, 2, 0, -1]])
    hidden = np.maximum(rows @ weights + [0.5, -0.5, 0, 0], 0)
    both = np.concatenate([np.maximum(hidden + rows, 0), rows], axis=1)
    return np.asarray(both @ np.array([[1, 1, 1, 1, 1, 1, 1, -1]]).T)


def test_a_residual_block_is_what_numpy_makes_of_it(residual: str) -> None:
    network = load_network(residual)
    rows = np.random.default_rng(3).normal(size=(3000, 4)).round(2)
    np.testing.assert_allclose(network.forward(rows), by_hand(rows), rtol=1e-12, atol=1e-12)
    whole = network.forward(rows)
    assert network.forward(rows[77:78]).tobytes() == whole[77:78].tobytes()
    assert network.trace(rows[77]).output.tobytes() == whole[77:78].tobytes()
    assert [each.shape[1] for each in network.every_layer(rows, 4)] == [4, 4, 4, 8, 1]
    exact = [float(number) for number in exact_trace(network, rows[5].tolist()).output]
    np.testing.assert_allclose(exact, by_hand(rows[5:6])[0], rtol=1e-12)


def test_what_several_layers_give_is_added_on_paper(nnlec: Nnlec, residual: str) -> None:
    shown = nnlec("forward", residual, "-i", "1,2,3,4", "--layer", "skip", "--steps").stdout
    assert "z⁽³⁾ = add(h⁽²⁾, h⁽¹⁾) = [ 6.5  16.5  8.5  4.0 ]" in shown
    assert "z₂⁽³⁾ = 14.5 + 2.0 = 16.5" in shown


def test_a_table_and_json_give_the_same_number(nnlec: Nnlec, residual: str) -> None:
    table = nnlec("forward", residual, "-", stdin="a,b,c,d\n1,2,3,4\n").stdout
    record = json.loads(nnlec("forward", residual, "-i", "1,2,3,4", "-f", "json").stdout)
    assert table == "y1\n37.5\n"
    assert record["output"] == [37.5]
    assert by_hand(np.array([[1.0, 2, 3, 4]])).tolist() == [[37.5]]


def test_show_says_where_layers_take_their_numbers(nnlec: Nnlec, residual: str) -> None:
    shown = nnlec("show", residual).stdout
    assert "1x2x2 -> 4" in shown
    assert "hidden 4 and flat 4 -> 4" in shown
    layers = json.loads(nnlec("show", residual, "-f", "json").stdout)["layers"]
    assert [layer["from"] for layer in layers] == [["input"], ["flat"], ["hidden", "flat"], ["skip", "flat"], ["both"]]
    assert layers[0]["in_shape"] == [1, 2, 2]


DENSE = "{name: hidden, weights: [[1, 2], [3, 4]], bias: none, activation: relu}"


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("[a, b]", f"{DENSE} | {{type: add, from: [hidden, later]}}", "from[1]: unknown layer before this one"),
        ("[a, b]", f"{DENSE} | {{type: add, from: hidden}}", "layers[1].from: it takes two layers or more"),
        ("[a, b]", f"{DENSE} | {{type: flatten, from: [hidden, input]}}", "takes one layer"),
        ("[a, b]", f"{DENSE} | {{type: add, from: [hidden, hidden], activation: relu}}", ""),
        ("[a, b]", f"{DENSE} | {{type: flatten, from: input}}", "no layer takes what layer 1 (hidden) gives"),
        ("{shape: [1, 2, 1]}", DENSE, "in one row (its weights are 2 x 2), but the input gives 1 x 2 x 1"),
        ("{shape: [0, 2]}", DENSE, "inputs.shape: 0 is no whole number from 1 on"),
        ("{shape: [1.5]}", DENSE, "inputs.shape: 1.5 is no whole number from 1 on"),
        ("{shape: [100000, 100000]}", DENSE, "inputs.shape: 100000 x 100000 is 10,000,000,000 numbers, the limit is"),
        ("{shape: [2], names: [a]}", DENSE, "inputs.names: 1 name for 2 numbers"),
        ("{shape: [2, 2]}", "{type: reshape, shape: [3, -1]}", ".shape: 2 x 2 = 4 numbers cannot be divided by 3"),
        ("{shape: [2, 2]}", "{type: reshape, shape: [-1, -1]}", "one of which may be -1"),
        ("{shape: [2, 2]}", "{type: reshape, shape: [3]}", "the shape holds 3 numbers, but 2 x 2 = 4 numbers come in"),
        ("{shape: [2, 2]}", "{type: transpose, axes: [1, 1]}", "axes: the axes are 1, 1, expected each of 1, 2"),
        ("[a, b]", "{type: dropout, rate: 1}", "layers[0].rate: the rate is 1, expected a share from 0 to below 1"),
        ("[a, b]", "{type: dropout}", "the key `rate` is missing"),
        ("[a, b]", "{type: LSTM}", "type: a layer of type 'LSTM': recurrent and attention layers are not known yet"),
    ],
)  # fmt: skip
def test_what_does_not_follow_is_one_line(nnlec: Nnlec, tmp_path: Path, inputs: str, layers: str, message: str) -> None:
    path = tmp_path / "net.yaml"
    listed = "".join(f"  - {layer}\n" for layer in layers.split(" | "))
    path.write_text(f"inputs: {inputs}\nlayers:\n{listed}", encoding="utf-8")
    shown = nnlec("show", str(path))
    if not message:
        assert shown.returncode == 0, shown.stderr
        return
    assert (shown.returncode, shown.stdout) == (2, "")
    assert message in shown.stderr
    assert shown.stderr.count("\n") <= 2


def test_a_missing_flatten_is_named(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"inputs: {{shape: [1, 2, 1]}}\nlayers:\n  - {DENSE}\n", encoding="utf-8")
    assert "type: flatten" in nnlec("show", str(path)).stderr


def test_without_a_shape_layers_of_maps_ask_for_it(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"layers:\n  - {{type: flatten}}\n  - {DENSE}\n", encoding="utf-8")
    shown = nnlec("show", str(path)).stderr
    assert "the shape of what comes in is not known" in shown
    assert "inputs: {shape:" in shown


def test_a_network_made_in_python_says_what_it_takes() -> None:
    first, second = Dense(np.eye(2), name="a"), Dense(2 * np.eye(2), name="b")
    network = Network((first, second, Add(((2,), (2,)), name="sum")), sources=((0,), (0,), (1, 2)))
    assert network.forward(np.array([[1.0, 10.0]])).tolist() == [[3.0, 30.0]]
    with pytest.raises(NnlecError, match="no layer takes what layer 1"):
        Network((first, second), sources=((0,), (0,)))
    with pytest.raises(NnlecError, match="expected 0 for the input or numbers of layers before it"):
        Network((first, second), sources=((0,), (2,)))
    with pytest.raises(NnlecError, match=r"takes 4 inputs, but layer 1 \(a\) and the input has 5 outputs"):
        Network(
            (Dense(np.ones((3, 2)), name="a"), Add(((2,), (2,)), name="sum")),
            sources=((0,), (1, 0)),
        )
    both = Network((first, Concat(((2,), (2,)))), sources=((0,), (1, 0)))
    assert both.forward(np.array([[1.0, 10.0]])).tolist() == [[1.0, 10.0, 1.0, 10.0]]


def test_figures_of_a_residual_block_are_marked(nnlec: Nnlec, residual: str) -> None:
    asked = ("check", residual, "-i", "1,2,3,4")
    right = nnlec(*asked, "--layer", "hidden=5.5,14.5,5.5,0", "--layer", "skip=6.5,16.5,8.5,4", "--output", "37.5")
    assert "All 9 figures are right." in right.stdout
    carried = nnlec(*asked, "--layer", "hidden=5.5,14.5,6.5,0", "--layer", "skip=6.5,16.5,9.5,4", "--output", "38.5")
    assert len(re.findall("right, (carried on|follows from the mistake)", carried.stdout)) == 2
    assert "First wrong: hidden, h3" in carried.stdout
    wrong = nnlec(*asked, "--layer", "skip=6.5,12.5,8.5,4").stdout
    assert "one sign - h2 of flat was read as -2, it is 2" in wrong


def test_a_wrong_order_of_flattening_is_named(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("inputs: {shape: [2, 2, 2]}\nlayers:\n  - {type: flatten}\n", encoding="utf-8")
    asked = ("check", str(path), "-i", "1,2,3,4,5,6,7,8", "--output")
    assert "column by column" in nnlec(*asked, "1,3,2,4,5,7,6,8").stdout
    assert "the channels of a place were taken together" in nnlec(*asked, "1,5,2,6,3,7,4,8").stdout
    assert "All 8 figures are right." in nnlec(*asked, "1,2,3,4,5,6,7,8").stdout


def test_inputs_are_scaled_and_outputs_scaled_back(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "inputs: {names: [mass, height], scale: {subtract: [70, 1.7], divide: [10, 0.1]}}\n"
        "outputs: {names: [price], unscale: {subtract: 5, divide: 1000}}\n"
        "layers:\n  - {name: mix, weights: [[0.5], [-0.25]], activation: identity}\n",
        encoding="utf-8",
    )
    asked = ("forward", str(path), "-i", "mass=80,height=1.8")
    record = json.loads(nnlec(*asked, "-f", "json").stdout)
    assert [layer["name"] for layer in record["layers"]] == ["scale", "mix", "unscale"]
    assert record["output"] == [0.25 * 1000 + 5]
    assert "z = (0.25 - 0) / 1 × 1000 + 5" in nnlec(*asked, "--steps").stdout.replace("f =", "z =")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("inputs: {names: [a, b], scale: {divide: [1, 2, 3]}}", "inputs.scale.divide: 3 numbers for 2 inputs"),
        ("inputs: {names: [a, b], scale: {by: 3}}", "inputs.scale: unknown key 'by'"),
        ("inputs: {names: [a, b], unscale: {divide: 3}}", "inputs: unknown key 'unscale'"),
        ("outputs: {names: [a, b], unscale: {multiply: 0}}", "outputs.unscale: what is multiplied by 0"),
        ("outputs: {names: [a, b, c], unscale: {multiply: 2}}", "outputs: 3 names, but the network has 2 outputs"),
        ("inputs: {names: [a, b, c], scale: {divide: 2}}", "takes 2 inputs (its weights are 2 x 2), but"),
    ],
)
def test_a_wrong_scaling_is_one_line(nnlec: Nnlec, tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{line}\nlayers:\n  - {DENSE}\n", encoding="utf-8")
    shown = nnlec("show", str(path))
    assert (shown.returncode, shown.stdout, shown.stderr.count("\n")) == (2, "", 1)
    assert message in shown.stderr


def test_the_axes_of_a_weight_file_may_be_turned(nnlec: Nnlec, tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    path = tmp_path / "net.yaml"
    for order, message in [
        ("[2, 1]", ""),
        ("true", ""),
        ("[1, 1]", "expected each of 1 to 2 once"),
        ("7", "true, false or"),
    ]:
        weights = f"{{file: w.npy, transpose: {order}}}"
        path.write_text(f"layers:\n  - {{weights: {weights}, activation: identity}}\n", encoding="utf-8")
        shown = nnlec("forward", str(path), "-i", "1,0,0", "-f", "json")
        assert message in shown.stderr
        if not message:
            assert json.loads(shown.stdout)["output"] == [1, 4]


PADDED = """\
inputs: {shape: [1, 3, 3]}
layers:
  - {name: edges, type: conv, weights: [[[[0, 1], [2, 3]]]], bias: [1], padding: 1, activation: identity}
  - {name: pool, type: max_pool, size: 2}
"""


def test_slips_in_maps_are_named(nnlec: Nnlec, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(PADDED, encoding="utf-8")
    asked = ("check", str(path), "-i", "0,1,2,3,4,5,6,7,8")
    right = "1,4,9,5,10,20,26,11,22,38,44,17,7,8,9,1"
    assert "All 16 figures are right." in nnlec(*asked, "--layer", f"edges={right}").stdout
    turned = "1,1,2,3,1,6,12,12,7,24,30,24,13,33,38,25"
    assert "the kernel was turned round" in nnlec(*asked, "--layer", f"edges={turned}").stdout
    mean = nnlec(*asked, "--output", "8.75,12.75,18.75,17.75").stdout
    assert "the mean was taken for the largest" in mean
    few = nnlec(*asked, "--layer", "edges=20,26,38,44")
    assert (few.returncode, few.stderr.count("\n")) == (2, 1)
    assert "without the padding it would be 1 x 2 x 2" in few.stderr
