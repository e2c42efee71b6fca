"""Layers of maps written out as on paper: every figure one that was computed, every relation true as printed."""

from __future__ import annotations

import json
import random
import re
import resource
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from nnlec.network.activations import activation
from nnlec.network.layers import Layer
from nnlec.network.layers.add import Add
from nnlec.network.layers.average_pool import AveragePool
from nnlec.network.layers.batch_norm import BatchNorm
from nnlec.network.layers.conv import Conv
from nnlec.network.layers.flatten import Flatten
from nnlec.network.layers.layer_norm import LayerNorm
from nnlec.network.layers.max_pool import MaxPool
from nnlec.network.layers.scale import Scale
from nnlec.network.layers.transpose import Transpose
from nnlec.network.network import Network
from nnlec.network.trace import exact_trace
from nnlec.rendering.document import Document
from nnlec.rendering.document.maps import Maps
from nnlec.rendering.explain.figures import Style
from nnlec.rendering.explain.forward import describe_cell, describe_forward
from nnlec.rendering.explain.shades import shades_of
from tests.conftest import Nnlec
from tests.relations import relations
from tests.test_steps import ROUNDINGS, false_relations, printed_steps

NINE = "0,1,2,3,4,5,6,7,8"
EDGES = """inputs: {shape: [1, 3, 3]}
layers:
  - {name: edges, type: conv, weights: [[[[0, 1], [2, 3]]], [[[1, 0], [0, -1]]]], bias: [0, 0.5], activation: relu}
  - {name: pool, type: max_pool, size: 2}
  - {name: flat, type: flatten}
"""


@pytest.fixture
def edges(tmp_path: Path) -> str:
    path = tmp_path / "edges.yaml"
    path.write_text(EDGES, encoding="utf-8")
    return str(path)


def test_a_cell_of_a_convolution_is_written_out(nnlec: Nnlec, edges: str) -> None:
    printed = nnlec("forward", edges, "-i", NINE).stdout
    assert "z⁽¹⁾[1,1,1] = 1 × 0.0 + 0 × 0 + 1 × 1 + 3 × 2 + 4 × 3 = 0 + 0 + 1 + 6 + 12 = 19\n" in printed.replace(
        "1 × 0 +", "1 × 0.0 +", 1
    )
    assert "h⁽¹⁾[1,1,1] = relu(19) = max(0, 19) = 19\n" in printed
    assert "rows = columns = (3 - 2) / 1 + 1 = 2\n" in printed
    assert "h⁽²⁾[1,1,1] = max(19, 25, 37, 43) = 43\n" in printed
    assert "cross-correlation" in printed


def test_a_unit_is_picked_by_channel_row_and_column(nnlec: Nnlec, edges: str) -> None:
    printed = nnlec("forward", edges, "-i", NINE, "--layer", "edges", "--unit", "2,1,2").stdout
    assert "z⁽¹⁾[2,1,2] = 1 × 0.5 + 1 × 1 + 2 × 0 + 4 × 0 + 5 × (-1) = 0.5 + 1 + 0 + 0 - 5 = -3.5\n" in printed
    assert "w⁽¹⁾[2,1] =" in printed
    assert "w⁽¹⁾[1,1]" not in printed
    assert "│ 1  2 │" in printed


@pytest.mark.parametrize(
    ("unit", "says"),
    [
        ("3,1,1", "'3,1,1' is not in 2 x 2 x 2 (channel, row, column), counted from 1"),
        ("0,1,1", "'0,1,1' is not in 2 x 2 x 2 (channel, row, column), counted from 1"),
        ("5", "'5', expected channel, row, column of 2 x 2 x 2, counted from 1 (as 1,1,1)"),
        ("1,1,x", "'1,1,x', expected channel, row, column of 2 x 2 x 2, counted from 1 (as 1,1,1)"),
    ],
)
def test_a_unit_that_is_not_there_is_one_line(nnlec: Nnlec, edges: str, unit: str, says: str) -> None:
    done = nnlec("forward", edges, "-i", NINE, "--layer", "edges", "--unit", unit)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"Error: --unit: {says}\n")


def test_a_named_output_that_is_a_cell_is_picked_by_its_name_too(nnlec: Nnlec) -> None:
    cell = ("forward", "configs/edges.yaml", "--input", "9,9,0,0,9,9,0,0,9,9,0,0,0,0,0,0", "--layer", "strongest")
    assert nnlec(*cell, "--unit", "horizontal").stdout == nnlec(*cell, "--unit", "2,1,1").stdout
    assert "f[2,1,1] = max(0, 0, 18, 9) = 18" in nnlec(*cell, "--unit", "horizontal").stdout


def test_flattened_cells_say_where_they_come_from(nnlec: Nnlec, edges: str) -> None:
    printed = nnlec("forward", edges, "-i", NINE, "--layer", "flat", "--unit", "y2").stdout
    assert "f₂ = h⁽²⁾[2,1,1] = 0\n" in printed
    assert "channel by channel, row by row" in printed


def test_json_says_the_shapes(nnlec: Nnlec, edges: str) -> None:
    record = json.loads(nnlec("forward", edges, "-i", NINE, "-f", "json").stdout)
    first = record["layers"][0]
    assert (first["in_shape"], first["shape"]) == ([1, 3, 3], [2, 2, 2])
    assert first["output"] == [[[19, 25], [37, 43]], [[0, 0], [0, 0]]]
    assert record["layers"][2]["inputs"] == [[[43]], [[0]]]
    assert record["output"] == record["layers"][2]["output"] == [43, 0]


def maps_of(document: Document) -> list[Maps]:
    return [block for block in document if isinstance(block, Maps)]


def random_layers(source: random.Random, shape: tuple[int, ...]) -> list[Layer]:
    """One or two layers that take maps of that shape."""
    rng = np.random.default_rng(source.randrange(10**6))
    channels, spatial = shape[0], shape[1:]
    window = tuple(source.randint(1, size) for size in spatial)
    paddings: list[int | str] = [0, 1, "same"]
    padding = source.choice(paddings)
    kernels = rng.normal(size=(source.randint(1, 3), channels, *window)).round(source.randint(0, 2))
    bias = source.choice([None, rng.normal(size=len(kernels)).round(1)])
    each = rng.uniform(0.5, 3, size=channels).round(1)
    pad = 0 if min(window) < 2 else padding
    made: list[Layer] = [
        Conv(kernels, shape, bias, stride=source.randint(1, 2), padding=padding, activation=activation("relu")),
        Conv(kernels[:, :1], (1, *spatial), None, flip=True) if channels == 1 else Conv(kernels, shape, flip=True),
        MaxPool(shape, window, source.randint(1, 2), pad),
        AveragePool(shape, window, source.randint(1, 2), pad, count_padding=source.random() < 0.5),
        BatchNorm(shape, each, each, np.array(0.001), each, each, activation("sigmoid")),
        LayerNorm(shape, np.array(0.1)),
        Scale(shape, divide=each),
        Transpose(shape, tuple(range(len(shape), 0, -1))),
        Flatten(shape),
    ]
    return [source.choice(made)]


SHAPES = ((1, 4), (3, 5), (1, 3, 3), (2, 4, 3), (5, 2, 2), (1, 2, 3, 3), (2, 3, 2, 2), (1, 12, 13))


@pytest.mark.parametrize("count", [40, pytest.param(600, marks=pytest.mark.slow)])
def test_every_line_of_random_maps_is_true(count: int) -> None:
    source = random.Random(count)
    for _ in range(count):
        shape = source.choice(SHAPES)
        network = Network(tuple(random_layers(source, shape)))
        row = [source.randint(-20, 20) / source.choice([1, 4, 10]) for _ in range(network.n_in)]
        rounding = source.choice(ROUNDINGS)
        trace = exact_trace(network, row, source.choice([None, rounding.value]))
        document = describe_forward(trace, Style(rounding, steps=True, most_terms=source.choice([4, 10, 1000])))
        wrong = [each for each in false_relations(worked_out(printed_steps(document))) if "floor" not in each.left]
        assert wrong == [], (network.layers[0], row)


def worked_out(lines: list[str]) -> list[str]:
    """Those that hold more than names."""
    return [line for line in lines if any(relation.holds is not None for relation in relations(line))]


def test_cells_and_their_windows_are_what_the_layer_computes() -> None:
    """Every number of a result grid is the forward pass's, and every window holds the numbers that the line has."""
    source = random.Random(5)
    for _ in range(60):
        shape = source.choice(SHAPES)
        network = Network(tuple(random_layers(source, shape)))
        row = [float(source.randint(-9, 9)) for _ in range(network.n_in)]
        trace = exact_trace(network, row)
        (maps,) = maps_of(describe_forward(trace, Style().showing_all()))
        shown = [text for grid in maps.results for _, _, text in grid.cells()]
        assert len(shown) == network.n_out
        computed = network.forward([row])[0]
        assert np.allclose([float(text) for text in shown], computed, atol=6e-5, rtol=1e-3)
        for entry in maps.entries:
            assert all(0 <= window.grid < len(maps.inputs) for window in entry.windows)
            for grid, window in maps.pairs(entry):
                met = [text for i, j, text in grid.cells() if window.meets(i, j)]
                assert len(met) == len(range(0, window.height, window.steps[0])) * len(
                    range(0, window.width, window.steps[1])
                )


def test_the_winner_of_a_window_is_the_first_of_equals() -> None:
    network = Network((MaxPool((1, 2, 4), 2),))
    (maps,) = maps_of(describe_forward(exact_trace(network, [5, 7, 7, 0, 7, 1, 7, 2]), Style()))
    assert [entry.windows[0].chosen for entry in maps.entries] == [(0, 1), (0, 2)]


def test_a_kernel_is_shown_as_it_is_laid_on_the_window() -> None:
    kernel = [[[[1.0, 2.0], [3.0, 4.0]]]]
    network = Network((Conv(np.array(kernel), (1, 2, 2), flip=True),))
    (maps,) = maps_of(describe_forward(exact_trace(network, [1, 1, 1, 10]), Style()))
    assert maps.kernels[0].rows == (("4", "3"), ("2", "1"))
    assert maps.results[0].rows == (("19",),)


def test_a_large_map_is_shown_around_the_unit_and_in_grey() -> None:
    rng = np.random.default_rng(1)
    network = Network((Conv(rng.normal(size=(6, 1, 5, 5)).round(2), (1, 28, 28)),))
    trace = exact_trace(network, rng.random(784).round(2).tolist())
    (maps,) = maps_of(describe_cell(trace, 0, 3 * 576 + 10 * 24 + 20, Style()))
    assert maps.results[0].parts == ("rows 9-12 of 24", "columns 19-22 of 24")
    assert (maps.entries[0].row, maps.entries[0].column) == (10, 20)
    shades = maps.inputs[0].shades
    assert shades is not None
    assert len(shades.levels) == 784


def test_skips_show_the_maps_that_meet() -> None:
    layers = (Conv(np.full((1, 1, 1, 1), 2.0), (1, 2, 2), name="twice"), Add(((1, 2, 2), (1, 2, 2)), name="sum"))
    network = Network(layers, sources=((0,), (1, 0)))
    document = describe_forward(exact_trace(network, [1, 2, 3, 4]), Style())
    assert [grid.rows for grid in maps_of(document)[1].inputs] == [(("2", "4"), ("6", "8")), (("1", "2"), ("3", "4"))]
    assert maps_of(document)[1].results[0].rows == (("3", "6"), ("9", "12"))


LENET = """name: LeNet-5
inputs: {shape: [1, 28, 28]}
layers:
  - {type: conv, weights: {file: w.npz, array: a}, bias: {file: w.npz, array: b}, activation: relu}
  - {type: max_pool, size: 2}
  - {type: conv, weights: {file: w.npz, array: c}, bias: {file: w.npz, array: d}, activation: relu}
  - {type: max_pool, size: 2}
  - {type: flatten}
  - {weights: {file: w.npz, array: e}, bias: {file: w.npz, array: f}, activation: relu}
  - {weights: {file: w.npz, array: g}, bias: {file: w.npz, array: h}, activation: softmax}
"""


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", ["table", "html", "svg", "latex"])
def test_a_lenet_is_written_out_in_little_time_and_room(nnlec: Nnlec, tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(2)
    shapes = {"a": (6, 1, 5, 5), "b": (6,), "c": (16, 6, 5, 5), "d": (16,), "e": (256, 84), "f": (84,), "g": (84, 10)}
    arrays: dict[str, Any] = {key: rng.normal(size=shape) for key, shape in {**shapes, "h": (10,)}.items()}
    np.savez(tmp_path / "w.npz", **arrays)
    np.save(tmp_path / "digit.npy", rng.random((1, 28, 28)))
    (tmp_path / "net.yaml").write_text(LENET, encoding="utf-8")
    start = seconds_of_children()
    done = nnlec("forward", str(tmp_path / "net.yaml"), "-i", str(tmp_path / "digit.npy"), "-f", name)
    assert seconds_of_children() - start < 2
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.encode()) < 2_000_000
    assert re.search(r"rows 1-\d+ of 28", done.stdout)


def test_norms_are_worked_out_step_by_step() -> None:
    network = Network((BatchNorm((1, 1, 2), np.array(1.0), np.array(3.0), np.array(1.0), np.array(2.0)),))
    document = describe_forward(exact_trace(network, [5, 1]), Style(steps=True))
    assert printed_steps(document)[0] == (
        "f[1,1,1] = (5 - 1) / sqrt(3 + 1) × 2 + 0 = 4 / sqrt(4) × 2 + 0 = 4 / 2 × 2 + 0 = 2 × 2 + 0 = 4"
    )


def test_layer_norm_works_out_its_mean_and_its_variance() -> None:
    network = Network((LayerNorm((1, 1, 2), np.array(3.0)),))
    lines = printed_steps(describe_forward(exact_trace(network, [1, 3]), Style(steps=True)))
    assert lines[:3] == [
        "mean = (1 + 3) / 2 = 4 / 2 = 2",
        "variance = ((1 - 2)² + (3 - 2)²) / 2 = 2 / 2 = 1",
        "f[1,1,1] = (1 - 2) / sqrt(1 + 3) × 1 + 0 = (-1) / sqrt(4) × 1 + 0 = (-1) / 2 × 1 + 0 = (-0.5) × 1 + 0 = -0.5",
    ]


def test_a_map_in_grey_goes_from_the_lowest_to_the_highest_number() -> None:
    assert shades_of([Decimal(-1), Decimal(0), Decimal(1)], Style()) == (bytes((0, 128, 255)), "-1", "1")
    assert shades_of([Decimal(2)] * 2, Style()).levels == bytes(2)
    assert len(shades_of([Decimal("1e400"), Decimal("-1e308"), Decimal("1e308")], Style()).levels) == 3


def test_an_example_stands_in_grey_in_a_drawing(nnlec: Nnlec, edges: str) -> None:
    bare, drawn = (nnlec("draw", edges, "-f", "svg", *given).stdout for given in ((), ("-i", NINE)))
    assert bare.count("<image") == 0
    assert drawn.count("<image") == 3  # the input, the edges, the pooled edges
    ElementTree.fromstring(drawn)
