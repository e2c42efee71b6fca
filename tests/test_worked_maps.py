"""Published examples of convolution, pooling and batch normalisation, worked by hand, through the command line.

Sources: Dive into Deep Learning (d2l.ai, chapter on convolutional networks), ONNX's node tests, a sheet of exercises
(scribd.com, document 878017061), 1cademy.com (a vertical-edge filter), a thread of discuss.pytorch.org (170134), and a
notebook on batch normalisation (github.com/bh-pravin/deep-learning-core-concept).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import Nnlec

NINE = [list(range(start, start + 3)) for start in (0, 3, 6)]
CORNER = [[0, 1], [2, 3]]
ONES = [[1] * 3] * 3
GRID = [list(range(start, start + 5)) for start in range(0, 25, 5)]
TALL = [list(range(start, start + 5)) for start in range(0, 35, 5)]
COUNTED = [[number + 1 for number in row] for row in GRID]
SHEET = [[0] * 6, [0, 5, 5, 5, 5, 0], [0, 5, 9, 9, 5, 0], [0, 5, 9, 9, 5, 0], [0, 5, 5, 5, 5, 0], [0] * 6]
FORUM = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 1], [2, 3, 4, 5, 6], [7, 8, 9, 1, 2], [3, 4, 5, 6, 7]]
ASKED = [[1, 0, -1], [0, 0, 0], [-2, 0, 1]]


class Worked(NamedTuple):
    """Maps, the layers, and the maps that come out, as published."""

    name: str
    maps: list[Any]
    layers: list[dict[str, Any]]
    outputs: list[Any]


def conv(kernels: list[Any], **keys: Any) -> dict[str, Any]:
    return {"type": "conv", "weights": kernels, "activation": "identity", **keys}


def pool(kind: str, size: Any, **keys: Any) -> dict[str, Any]:
    return {"type": f"{kind}_pool", "size": size, **keys}


SECOND = [[number + 1 for number in row] for row in NINE]
STEPPED = [[[n + step for n in row] for row in kernel] for step in range(3) for kernel in (CORNER, [[1, 2], [3, 4]])]

EXAMPLES = [
    Worked("d2l: cross-correlation", [NINE], [conv([[CORNER]])], [[[19, 25], [37, 43]]]),
    Worked("d2l: padding", [NINE], [conv([[CORNER]], padding=1)],
           [[[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]]]),
    Worked("d2l: two channels", [NINE, SECOND], [conv([[CORNER, [[1, 2], [3, 4]]]])], [[[56, 72], [104, 120]]]),
    Worked("d2l: three kernels", [NINE, SECOND], [conv([STEPPED[:2], STEPPED[2:4], STEPPED[4:]])],
           [[[56, 72], [104, 120]], [[76, 100], [148, 172]], [[96, 128], [192, 224]]]),
    Worked("d2l: max pooling", [NINE], [pool("max", 2, stride=1)], [[[4, 5], [7, 8]]]),
    Worked("d2l: average pooling", [NINE], [pool("average", [2, 2], stride=[1, 1])], [[[2, 3], [5, 6]]]),
    Worked("sheet: the map", [SHEET], [conv([[[[-1, 0, 1]] * 3]])],
           [[[14, 4, -4, -14], [23, 8, -8, -23], [23, 8, -8, -23], [14, 4, -4, -14]]]),
    Worked("sheet: relu and max pooling", [SHEET],
           [conv([[[[-1, 0, 1]] * 3]], activation="relu"), pool("max", 2, stride=2)], [[[23, 0], [23, 0]]]),
    Worked("edges: the first window", [[[3, 0, 1], [1, 5, 8], [2, 7, 2]]], [conv([[[[1, 0, -1]] * 3]])], [[[-5]]]),
    Worked("onnx: padding", [GRID], [conv([[ONES]], padding=[[1, 1], [1, 1]])],
           [[[12, 21, 27, 33, 24], [33, 54, 63, 72, 51], [63, 99, 108, 117, 81], [93, 144, 153, 162, 111],
             [72, 111, 117, 123, 84]]]),
    Worked("onnx: no padding", [GRID], [conv([[ONES]], padding=0)], [[[54, 63, 72], [99, 108, 117], [144, 153, 162]]]),
    Worked("onnx: strides", [TALL], [conv([[ONES]], padding=1, stride=2)],
           [[[12, 27, 24], [63, 108, 81], [123, 198, 141], [112, 177, 124]]]),
    Worked("onnx: max pooling", [COUNTED], [pool("max", 2, stride=2)], [[[7, 9], [17, 19]]]),
    Worked("onnx: average pooling", [COUNTED], [pool("average", 2, stride=2)], [[[4, 6], [14, 16]]]),
    Worked("onnx: average pooling with padding", [COUNTED], [pool("average", 5, padding=2, stride=1)],
           [[[7 + 2.5 * row + column / 2 for column in range(5)] for row in range(5)]]),
    Worked("forum: as libraries do it", [FORUM], [conv([[ASKED]])], [[[-2, -3, -4], [-7, -17, -9], [-3, -4, -5]]]),
    Worked("forum: the kernel turned round", [FORUM], [conv([[ASKED]], flip=True)],
           [[[-3, -4, -5], [-8, -18, -1], [-4, -5, -6]]]),
]  # fmt: skip


def flat(maps: Any) -> list[float]:
    return [number for each in maps for number in flat(each)] if isinstance(maps, list) else [maps]


def written(tmp_path: Path, shape: list[int], layers: list[dict[str, Any]]) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(json.dumps({"inputs": {"shape": shape}, "layers": layers}), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_published_example_comes_out_as_published(nnlec: Nnlec, tmp_path: Path, example: Worked) -> None:
    shape = [len(example.maps), len(example.maps[0]), len(example.maps[0][0])]
    network = written(tmp_path, shape, example.layers)
    row = ",".join(map(str, flat(example.maps)))
    record = json.loads(nnlec("forward", network, "-i", row, "-f", "json").stdout)
    assert flat(record["output"]) == flat(example.outputs)
    table = nnlec("forward", network, "-", "--no-header", stdin=row + "\n").stdout.splitlines()
    assert list(map(float, table[-1].split(","))) == flat(example.outputs)


def test_the_wrong_figures_of_the_sheet_are_found(nnlec: Nnlec, tmp_path: Path) -> None:
    """It prints 14 -4 -14 0, ... for the map; of its 16 entries 14 are wrong."""
    printed = "14,-4,-14,0,10,0,-20,0,10,0,-20,0,14,-4,-14,0"
    network = written(tmp_path, [1, 6, 6], [conv([[[[-1, 0, 1]] * 3]])])
    shown = nnlec("check", network, "-i", ",".join(map(str, flat(SHEET))), "--output", printed)
    assert shown.returncode == 1
    assert "2 of 16" in shown.stdout


SLIPS = [
    (FORUM, [conv([[ASKED]])], "-3,-4,-5,-8,-18,-1,-4,-5,-6", "the kernel was turned round"),
    (NINE, [pool("max", 2, stride=1)], "2,3,5,6", "the mean was taken for the largest"),
    (NINE, [pool("average", 2, stride=1)], "4,5,7,8", "the largest was taken for the mean"),
    (COUNTED, [pool("average", 3, stride=2, padding=1)],
     "1.78,3.67,3.11,7.67,13,9.67,8.44,13.67,9.78", "the padding was counted"),
]  # fmt: skip


@pytest.mark.parametrize(("image", "layers", "given", "sentence"), SLIPS, ids=lambda value: str(value)[:20])
def test_a_usual_slip_is_named(
    nnlec: Nnlec, tmp_path: Path, image: list[Any], layers: list[dict[str, Any]], given: str, sentence: str
) -> None:
    network = written(tmp_path, [1, len(image), len(image[0])], layers)
    shown = nnlec("check", network, "-i", ",".join(map(str, flat(image))), "--output", given)
    assert shown.returncode == 1
    assert sentence in shown.stdout


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("2.5", "it was divided by the variance, not by its root"),
        ("5.48", "epsilon was added to the root, not under it"),
        ("7", "the mean was not subtracted"),
    ],
)
def test_a_usual_slip_of_batch_normalisation_is_named(nnlec: Nnlec, tmp_path: Path, given: str, sentence: str) -> None:
    keys = {"mean": 1, "variance": 0.75, "epsilon": 0.25, "scale": 1, "shift": 1}
    keys |= {"variance": 2.25, "epsilon": 1.75} if given == "2.5" else {}
    network = written(tmp_path, [1], [{"type": "batch_norm", **keys}])
    x = {"2.5": "7", "5.48": "6", "7": "6"}[given]
    shown = nnlec("check", network, "-i", x, "--output", given)
    assert (shown.returncode, sentence in shown.stdout) == (1, True)


NORMALISED = ["0.756", "2.254", "-1.493", "-0.130", "1.709", "-0.880", "0.483", "1.301"]


def test_a_batch_is_normalised_as_published(nnlec: Nnlec, tmp_path: Path) -> None:
    """Eight examples of one feature; the mean is 1.725 and the variance 3.101875."""
    keys = {"mean": 1.725, "variance": 3.101875, "epsilon": 1e-8, "scale": 1.2, "shift": 0.5}
    network = written(tmp_path, [1], [{"type": "batch_norm", **keys}])
    examples = ["2.1", "4.3", "-1.2", "0.8", "3.5", "-0.3", "1.7", "2.9"]
    table = nnlec("forward", network, "-", "--no-header", stdin="\n".join(examples) + "\n").stdout.split()
    assert [f"{float(number):.3f}" for number in table[1:]] == NORMALISED
    steps = nnlec("forward", network, "-i", "2.1", "--steps").stdout
    assert "f = (2.1 - 1.725) / sqrt(3.101875 + 0.00000001) × 1.2 + 0.5 ≈ 0.375 / " in steps
    assert "0.2129 × 1.2 + 0.5 ≈ 0.7555" in steps
