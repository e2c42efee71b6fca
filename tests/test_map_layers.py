"""Layers over maps in a network file: what is taken, what is refused and what is said then, and through tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.models import load_network
from nnlec.network.layers import Scale
from nnlec.network.layers.conv import Conv
from nnlec.network.network import Network
from tests.conftest import Nnlec

SMALL = "[[[[1, 2], [3, 4]]]]"


def file_of(tmp_path: Path, layers: str, shape: str = "[1, 3, 3]") -> str:
    path = tmp_path / "net.yaml"
    listed = "".join(f"  - {{{layer}}}\n" for layer in layers.splitlines())
    path.write_text(f"inputs: {{shape: {shape}}}\nlayers:\n{listed}", encoding="utf-8")
    return str(path)


MISTAKES = [
    (f"type: conv, weights: {SMALL}, stride: 0", ".stride: 0, expected 1 or more"),
    (f"type: conv, weights: {SMALL}, stride: 1.5", ".stride: 1.5, expected a whole number"),
    (f"type: conv, weights: {SMALL}, padding: full", ".padding: 'full', expected numbers, same or valid"),
    (f"type: conv, weights: {SMALL}, padding: [1, 1, 1, 1]", ".padding: 4 numbers, expected 1, 2 (one an axis), or 2"),
    (f"type: conv, weights: {SMALL}, padding: 1000000",
     ".padding: an input of 3 x 3 becomes a map of 2000002 x 2000002: more than 100,000,000 numbers"),
    (f"type: conv, weights: {SMALL}, dilation: 9", ".weights: a window of 2 x 2, 10 x 10 with its dilation, is larger"),
    (f"type: conv, weights: {SMALL}, dilation: [[1, 1], [1, 1]]", ".dilation[0]: a list of 2, expected a number"),
    (f"type: conv, weights: {SMALL}, groups: 2", ".groups: 1 channel cannot be divided into 2 groups"),
    (f"type: conv, weights: {SMALL}, bias: [1, 2]", ".bias: 2 numbers for 1 kernel"),
    (f"type: conv, weights: {SMALL}, flip: maybe", ".flip: the text 'maybe', expected true or false"),
    ("type: conv, weights: [[1, 2], [3, 4]]", ".weights: lists nested 2 deep, expected 3 or 4 or 5"),
    ("type: conv, weights: [[[1, 2], [3, 4]]]", "(kernels over it have 4 axes: maps, channels,"),
    ("type: conv, weights: [[[[1, 2, 3, 4]]]]", ".weights: a window of 1 x 4 is larger than the input, 3 x 3"),
    ("type: conv, weights: [[[[1]], [[2]]]]",
     ".weights: the kernels are 1 x 2 x 1 x 1, for 2 channels; the input is 1 x 3 x 3, 1 channel"),
    ("type: max_pool, size: 5", ".size: a window of 5 x 5 is larger than the input, 3 x 3"),
    ("type: max_pool, size: some", ".size: the text 'some', expected all, one number, or one an axis"),
    ("type: max_pool, size: 0", ".size: 0 is no whole number from 1 on"),
    ("type: max_pool, size: 2, padding: 2", ".padding: a window of 2 would hold nothing but padding"),
    ("type: max_pool, size: [2, 2, 2]", ".size: 3 numbers for an input of 1 x 3 x 3, channels first; expected 1 or 2"),
    ("type: max_pool", "the key `size` is missing"),
    ("type: average_pool, size: 2, count_padding: 2", ".count_padding"),
    ("type: batch_norm, mean: 0, variance: -1, epsilon: 2", ".variance: a negative variance, -1"),
    ("type: batch_norm, mean: 0, variance: 0, epsilon: 0", ".epsilon: variance + epsilon is 0"),
    ("type: batch_norm, mean: 0, variance: 1", "the key `epsilon` is missing"),
    ("type: batch_norm, mean: [0, 1, 2], variance: 1, epsilon: 1", ".mean: 3 numbers for 1 channel: the input is"),
    ("type: layer_norm, epsilon: -1", ".epsilon: a negative epsilon, -1"),
    ("type: layer_norm, epsilon: 1, scale: [1, 2]", ".scale: scale is 2, expected the last axes of the input"),
    ("type: scale, subtract: [1, 2]", ".subtract: 2 numbers for 9 inputs, 1 x 3 x 3"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "message"), MISTAKES, ids=lambda value: value[:60])
def test_what_cannot_be_is_one_line_that_names_the_key(nnlec: Nnlec, tmp_path: Path, layer: str, message: str) -> None:
    activation = ", activation: relu" if "conv" in layer else ""
    shown = nnlec("show", file_of(tmp_path, layer + activation))
    assert (shown.returncode, shown.stdout, shown.stderr.count("\n")) == (2, "", 1)
    assert message in shown.stderr
    assert "net.yaml:3:" in shown.stderr


@pytest.mark.parametrize(
    ("shape", "weights", "hint"),
    [
        ("[3, 3]", SMALL, "one channel is `inputs: {shape: [1, 3, 3]}`"),
        ("[9]", SMALL, "a layer `type: reshape` to [channels, rows, columns] stands before it"),
        ("[4, 4, 3]", "[[[[1]], [[2]], [[3]]]]", "A layer `type: transpose`, `axes: [3, 1, 2]`, puts them first"),
        ("[3, 4, 4]", "[[[[1]]], [[[1]]], [[[1]]]]", "transposed? Kernels are (maps, channels, rows, columns)"),
        ("[3, 4, 4]", "[[[[1], [1], [1]]]]", "kernels of Keras, (rows, columns, channels, maps)?"),
        ("[4, 4, 4]", "[[[[1]], [[1]]], [[[1]], [[1]]]]", "with `groups: 2` they would fit"),
    ],
)
def test_the_nearest_fix_of_shapes_that_do_not_fit_is_named(
    nnlec: Nnlec, tmp_path: Path, shape: str, weights: str, hint: str
) -> None:
    shown = nnlec("show", file_of(tmp_path, f"type: conv, weights: {weights}, activation: relu", shape))
    assert shown.returncode == 2
    assert hint in shown.stderr


def test_a_missing_flatten_is_named(nnlec: Nnlec, tmp_path: Path) -> None:
    layers = "type: max_pool, size: 2\nweights: [[1]], activation: relu"
    shown = nnlec("show", file_of(tmp_path, layers))
    assert "a layer `type: flatten` stands between them" in shown.stderr


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ((1, 2, 2), (1, 4, 1), "takes 1 x 4 x 1, but layer 1 () gives 1 x 2 x 2 (a layer `type: reshape` stands"),
        ((1, 2, 2), (4,), "takes 4 numbers in one row, but layer 1 () gives 1 x 2 x 2 (a layer `type: flatten` stands"),
        ((4,), (1, 2, 2), "takes 1 x 2 x 2, but layer 1 () gives 4 (a layer `type: reshape` stands"),
    ],
)
def test_as_many_numbers_in_another_shape_need_a_layer_between(
    first: tuple[int, ...], second: tuple[int, ...], message: str
) -> None:
    with pytest.raises(NnlecError) as caught:
        Network(tuple(Scale(shape, subtract=np.array(1.0)) for shape in (first, second)))
    assert message in str(caught.value)


def test_a_channel_that_varies_not_at_all_is_refused_beside_one_that_does(nnlec: Nnlec, tmp_path: Path) -> None:
    layer = "type: batch_norm, mean: 0, variance: [1, 0], epsilon: 0"
    shown = nnlec("show", file_of(tmp_path, layer, "[2, 1, 2]"))
    assert shown.returncode == 2
    assert ".epsilon: variance + epsilon is 0" in shown.stderr
    assert nnlec("show", file_of(tmp_path, layer.replace("[1, 0]", "[1, 2]"), "[2, 1, 2]")).returncode == 0


def test_a_blow_up_takes_no_memory(tmp_path: Path) -> None:
    """In a process that may have no more than 600 MB."""
    path = file_of(tmp_path, "type: conv, weights: [[[[1]]]], padding: 1000000, activation: relu")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (600 << 20,) * 2)"
    limited = f"{limit}; from nnlec.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", limited, "show", path], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "more than 100,000,000 numbers" in ran.stderr


def test_scale_has_a_number_for_each_channel(nnlec: Nnlec, tmp_path: Path) -> None:
    path = file_of(tmp_path, "type: scale, subtract: [1, 2], divide: 2", "[2, 1, 2]")
    assert json.loads(nnlec("forward", path, "-i", "1,2,3,4", "-f", "json").stdout)["output"] == [0, 0.5, 0.5, 1]
    assert "(3 - 2) / 2" in nnlec("forward", path, "-i", "1,2,3,4", "--steps").stdout
    rows = np.random.default_rng(1).normal(size=(5, 12))
    subtract = np.arange(3.0)
    found = Scale((3, 2, 2), subtract=subtract).forward(rows)
    assert (found == (rows.reshape(5, 3, 4) - subtract[:, np.newaxis]).reshape(5, 12)).all()


CHANNELS = """\
type: conv, weights: [[[[1, -1], [0.5, 2]]], [[[1, 2], [-1, 3]]]], bias: [0.5, -0.5], padding: same, activation: relu
type: max_pool, size: 2, stride: 1
type: batch_norm, mean: [0.1, 0.2], variance: [1, 2], epsilon: 0.001, shift: 0.25
type: average_pool, size: [1, 3], padding: [0, 1], stride: 2
type: layer_norm, epsilon: 0.001, scale: [1, 2]
type: flatten
weights: [[1], [2], [-1], [0.5], [1], [3], [1], [-2]], activation: identity"""


def test_a_table_a_typed_row_and_exact_numbers_agree(nnlec: Nnlec, tmp_path: Path) -> None:
    path = file_of(tmp_path, CHANNELS, "[1, 4, 4]")
    network = load_network(path)
    rows = np.random.default_rng(4).normal(size=(700, 16)).round(2)
    whole = network.forward(rows)
    text = "\n".join(",".join(map(repr, row)) for row in rows.tolist())
    for options in ((), ("--exact",)):
        printed = nnlec("forward", path, "-", "--no-header", *options, stdin=text[: text.index("\n", 3000)]).stdout
        numbers = np.array([float(line) for line in printed.split()[1:]])
        np.testing.assert_allclose(numbers, whole[: len(numbers), 0], rtol=1e-12, atol=1e-13)
    typed = json.loads(nnlec("forward", path, "-i", ",".join(map(repr, rows[0].tolist())), "-f", "json").stdout)
    assert typed["output"][0] == pytest.approx(whole[0, 0], rel=1e-13)
    assert network.forward(rows[7:9]).tobytes() == whole[7:9].tobytes()


def test_a_network_of_dense_layers_does_not_load_windows() -> None:
    code = (
        "import sys; from nnlec.models import load_network; load_network('configs/lecture.yaml')\n"
        "print([name for name in sys.modules if 'windows' in name or 'conv' in name or 'norm' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = [name for name in json.loads(ran.stdout.replace("'", '"')) if name.startswith("nnlec")]
    assert loaded == []


@pytest.mark.parametrize("groups", [0, -1, 1.5])
def test_groups_are_a_whole_number(groups: float) -> None:
    with pytest.raises(NnlecError, match=r"groups: .* is no whole number from 1 on"):
        Conv(np.ones((1, 1, 2, 2)), (1, 3, 3), groups=groups)  # type: ignore[arg-type]
