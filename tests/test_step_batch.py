"""`nnlec step --rows`: a batch of a table, the same bits however its rows are read; and several steps."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction as F
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec import load_network
from nnlec.network.gradient import BLOCK, gradients_of
from nnlec.network.losses import loss
from nnlec.tables.step import BatchRows, GradientSum
from tests.conftest import Nnlec
from tests.transcripts import TOP

IRIS = ("configs/iris.yaml", "--rows", "configs/iris.csv", "--target-column", "species", "--rate", "0.01")


def record(nnlec: Nnlec, *args: str) -> Any:
    ran = nnlec("step", *args, "-f", "json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def iris() -> tuple[np.ndarray, np.ndarray]:
    lines = (TOP / "configs" / "iris.csv").read_text(encoding="utf-8").splitlines()
    header, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    network = load_network(TOP / "configs" / "iris.yaml")
    inputs = np.array([[float(row[header.index(name)]) for name in network.inputs] for row in rows])
    classes = [network.classes.index(row[header.index("species")]) for row in rows]
    return inputs, np.eye(3)[classes]


def test_a_batch_is_the_step_of_the_python_module(nnlec: Nnlec) -> None:
    network = load_network(TOP / "configs" / "iris.yaml")
    inputs, target = iris()
    found = record(nnlec, *IRIS)
    assert found["rows"] == len(inputs)
    for layer, gradients in zip(found["layers"], network.gradients(inputs, target), strict=True):
        np.testing.assert_allclose(layer["gradient"]["weights"], gradients["weights"], rtol=1e-14)
    for layer, after in zip(found["layers"], network.step(inputs, target, 0.01).layers, strict=True):
        np.testing.assert_allclose(layer["after"]["bias"], after.arrays["bias"], rtol=1e-14)


def test_the_sum_is_so_many_times_the_mean_and_it_is_said_which(nnlec: Nnlec) -> None:
    mean, total = record(nnlec, *IRIS), record(nnlec, *IRIS, "--per", "sum")
    np.testing.assert_allclose(
        np.array(mean["layers"][0]["gradient"]["weights"]) * mean["rows"],
        total["layers"][0]["gradient"]["weights"],
        rtol=1e-14,
    )
    assert "the gradient is the mean of the rows' gradients" in nnlec("step", *IRIS).stdout
    assert "the gradient is the sum of the rows' gradients" in nnlec("step", *IRIS, "--per", "sum").stdout


ROWS = 2 * BLOCK + 100
CUTS: dict[str, Sequence[int]] = {
    **{f"parts of {size}": range(size, ROWS, size) for size in (1, 7, 100, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK)},
    "single rows where blocks end": [*range(7), *range(BLOCK - 7, BLOCK + 7), *range(2 * BLOCK - 7, 2 * BLOCK + 7)],
}


@pytest.mark.parametrize(
    "cuts", [pytest.param(name, marks=[pytest.mark.slow] if len(CUTS[name]) == ROWS - 1 else []) for name in CUTS]
)
def test_the_bits_do_not_depend_on_how_the_rows_are_read(cuts: str) -> None:
    network = load_network(TOP / "configs" / "iris.yaml")
    random = np.random.default_rng(0)
    rows = ROWS
    inputs, target = random.normal(size=(rows, 4)), np.eye(3)[random.integers(0, 3, rows)]
    whole, losses = gradients_of(network, loss("ce"), inputs, target)
    total = GradientSum(network, loss("ce"))
    batch = BatchRows(total.take, inputs[:0], target[:0])
    for start, stop in pairwise([0, *CUTS[cuts], rows]):
        part = slice(start, stop)
        batch = batch.merge(BatchRows(total.take, inputs[part], target[part]))
    batch.end()
    sums = total.sums
    assert sums.rows == rows
    assert sums.loss == pytest.approx(losses.sum(), rel=1e-14)
    for ours, theirs in zip(sums.gradients, whole, strict=True):
        for name, array in ours.items():
            assert array.tobytes() == theirs[name].tobytes()


def test_several_steps_are_those_of_plain_numpy(nnlec: Nnlec) -> None:
    inputs, target = iris()
    network = load_network(TOP / "configs" / "iris.yaml")
    (w1, w2), (b1, b2) = ([np.array(layer.arrays[name]) for layer in network.layers] for name in ("weights", "bias"))
    losses = []
    for _ in range(51):
        z = inputs @ w1 + b1
        f = np.maximum(z, 0) @ w2 + b2
        s = np.exp(f - f.max(axis=1, keepdims=True))
        s /= s.sum(axis=1, keepdims=True)
        losses.append(-np.log((s * target).sum(axis=1)).mean())
        delta = (s - target) / len(inputs)
        below = (delta @ w2.T) * (z > 0)
        w2, b2 = w2 - 0.01 * np.maximum(z, 0).T @ delta, b2 - 0.01 * delta.sum(axis=0)
        w1, b1 = w1 - 0.01 * inputs.T @ below, b1 - 0.01 * below.sum(axis=0)
    found = record(nnlec, *IRIS, "--then", "49")
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-9)
    np.testing.assert_allclose(found["layers"][0]["after"]["weights"], w1, rtol=1e-2)


def test_csv_has_a_row_for_each_learned_number_and_of_several_steps_one_for_each(nnlec: Nnlec) -> None:
    found = record(nnlec, *IRIS)
    rows = list(csv.DictReader(nnlec("step", *IRIS, "-f", "csv").stdout.splitlines()))
    for layer in found["layers"]:
        for name, gradient in layer["gradient"].items():
            some = [row for row in rows if (row["layer"], row["array"]) == (layer["name"], name)]
            assert [float(row["gradient"]) for row in some] == np.array(gradient).ravel().tolist()
            assert [float(row["after"]) for row in some] == np.array(layer["after"][name]).ravel().tolist()
    assert [row["index"] for row in rows if row["array"] == "weights"][:3] == ["1,1", "1,2", "2,1"]
    losses = list(csv.DictReader(nnlec("step", *IRIS, "--then", "2", "-f", "csv").stdout.splitlines()))
    several = record(nnlec, *IRIS, "--then", "2")["losses"]
    assert [(row["step"], float(row["loss"])) for row in losses] == [(str(i), loss) for i, loss in enumerate(several)]
    one = ("configs/step-decimals.yaml", "-i", "2,3", "--target", "1", "--rate", "0.05", "--then", "2")
    rows = list(csv.DictReader(nnlec("step", *one, "-f", "csv").stdout.splitlines()))
    assert [float(row["loss"]) for row in rows] == record(nnlec, *one)["then"]["losses"]


def test_the_table_of_l_goes_from_0_to_the_last_step(nnlec: Nnlec) -> None:
    shown = nnlec("step", *IRIS, "--then", "99").stdout
    assert [line.split()[0] for line in shown.splitlines() if line.endswith("#")] == [
        "0", "1", "2", "5", "10", "20", "50", "100",
    ]  # fmt: skip


def test_true_numbers_are_a_batch_too(nnlec: Nnlec, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("i1,i2,t1,t2\n0.05,0.10,0.01,0.99\n0.5,-0.1,0.2,0.8\n", encoding="utf-8")
    args = ("configs/step-sigmoid.yaml", "--rows", str(table), "--target-column", "t1,t2", "--rate", "0.5")
    found = record(nnlec, *args, "--per", "sum")
    network = load_network(TOP / "configs" / "step-sigmoid.yaml")
    each = [
        network.gradients(inputs, target)[1]["weights"]
        for inputs, target in (([0.05, 0.10], [0.01, 0.99]), ([0.5, -0.1], [0.2, 0.8]))
    ]
    np.testing.assert_allclose(found["layers"][1]["gradient"]["weights"], each[0] + each[1], rtol=1e-14)


def test_further_steps_of_a_table_that_is_piped_in_are_kept(nnlec: Nnlec) -> None:
    text = (TOP / "configs" / "iris.csv").read_text(encoding="utf-8")
    piped = nnlec("step", *(part if part != "configs/iris.csv" else "-" for part in IRIS), "--then", "3", stdin=text)
    assert piped.stdout == nnlec("step", *IRIS, "--then", "3").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((*IRIS[:3], "--rate", "1"), "give --target-column NAMES"),
        ((*IRIS, "--label", "setosa"), "--label is for one example"),
        ((*IRIS, "--columns", "species"), "is both input and target"),
        ((*IRIS, "--rows", "none.csv"), "given twice"),
    ],
)
def test_bad_input_is_one_line(nnlec: Nnlec, args: tuple[str, ...], said: str) -> None:
    ran = nnlec("step", *args)
    assert ran.returncode == 2
    assert said in ran.stderr or "columns" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_no_rows_are_an_error(nnlec: Nnlec, tmp_path: Path) -> None:
    table = tmp_path / "empty.csv"
    table.write_text("i1,i2,t1,t2\n", encoding="utf-8")
    args = ("configs/step-sigmoid.yaml", "--rows", str(table), "--target-column", "t1,t2", "--rate", "0.5")
    ran = nnlec("step", *args)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no rows to learn from" in ran.stderr


# The curve of L, and slides.


def test_a_page_and_a_picture_draw_the_curve_that_a_terminal_shows_as_bars(nnlec: Nnlec) -> None:
    losses = record(nnlec, *IRIS, "--then", "99")["losses"]
    assert "###" in nnlec("step", *IRIS, "--then", "99").stdout
    for name in ("html", "svg"):
        drawn = nnlec("step", *IRIS, "--then", "99", "-f", name).stdout
        points = re.search(r'class="course" points="([^"]*)"', drawn)
        assert points is not None
        assert "###" not in drawn
        places = [tuple(map(float, point.split(","))) for point in points[1].split()]
        assert len(places) == len(losses) == 101
        heights = np.array([y for _, y in places])
        slope, offset = np.polyfit(losses, heights, 1)
        assert slope < 0  # up is down
        np.testing.assert_allclose(heights, slope * np.array(losses) + offset, atol=0.1)
    assert r"\rule{5.00cm}{1ex}" in nnlec("step", *IRIS, "--then", "99", "-f", "latex").stdout


def test_a_long_curve_has_no_more_points_than_can_be_seen(nnlec: Nnlec) -> None:
    args = ("configs/step-decimals.yaml", "-i", "2,3", "--target", "1", "--rate", "0.001")
    drawn = nnlec("step", *args, "--then", "1499", "-f", "svg").stdout
    points = re.search(r'class="course" points="([^"]*)"', drawn)
    assert points is not None
    assert 500 < len(points[1].split()) <= 1002


def test_slides_are_titled_by_the_layer(nnlec: Nnlec) -> None:
    args = ("configs/step-sigmoid.yaml", "-i", "0.05,0.10", "--target", "0.01,0.99", "--rate", "0.5")
    slides = nnlec("step", *args, "-f", "latex", "--beamer").stdout
    frames = re.findall(r"\\begin\{frame\}\[t\]\{(layer[^}]*)\}(.*?)\\end\{frame\}", slides, re.S)
    layers = ("layer 2 of 2: output (sigmoid)", "layer 1 of 2: hidden (sigmoid)")
    assert {title.rpartition(" (")[0] for title, _ in frames} == {*layers}
    for layer in layers:
        of_layer = "".join(frame for title, frame in frames if title.startswith(layer))
        assert all(part in of_layer for part in (r"\delta", r"\alert<", r"\begin{tabular}"))


# Every digit of a batch.


def test_an_exact_batch_has_every_digit_of_its_fractions(nnlec: Nnlec, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,b,y\n2,3,1\n1,0,0.5\n0.5,2,0\n", encoding="utf-8")
    args = ("configs/step-decimals.yaml", "--rows", str(table), "--columns", "a,b", "--target-column", "y")
    w, v = [[F("0.11"), F("0.12")], [F("0.21"), F("0.08")]], [F("0.14"), F("0.15")]
    upper, lower = [F(0), F(0)], [[F(0), F(0)], [F(0), F(0)]]
    for x, g in (((F(2), F(3)), F(1)), ((F(1), F(0)), F("0.5")), ((F("0.5"), F(2)), F(0))):
        h = [x[0] * w[0][j] + x[1] * w[1][j] for j in range(2)]
        delta = h[0] * v[0] + h[1] * v[1] - g
        for j in range(2):
            upper[j] += delta * h[j]
            for i in range(2):
                lower[i][j] += delta * v[j] * x[i]
    shown = nnlec("step", *args, "--rate", "0.05", "--exact", "--per", "sum").stdout.split()
    for gradient in (*upper, *lower[0], *lower[1]):
        assert decimal_text(gradient) in shown
    for old, gradient in zip((*v, *w[0], *w[1]), (*upper, *lower[0], *lower[1]), strict=True):
        assert decimal_text(old - gradient / 20) in shown


def decimal_text(number: F) -> str:
    return format(Decimal(number.numerator) / Decimal(number.denominator), "f")


def test_the_network_after_an_exact_batch_is_written_with_every_digit(nnlec: Nnlec, tmp_path: Path) -> None:
    table, new = tmp_path / "rows.csv", tmp_path / "new.yaml"
    table.write_text("a,b,y\n2,3,1\n1,0,0.5\n", encoding="utf-8")
    args = ("configs/step-decimals.yaml", "--rows", str(table), "--columns", "a,b", "--target-column", "y")
    done = nnlec("step", *args, "--rate", "0.05", "--exact", "--per", "sum", "--save", str(new))
    assert done.returncode == 0, done.stderr
    numbers = re.findall(r"\d\.\d{6,}", new.read_text(encoding="utf-8"))
    assert numbers
    assert all(number in done.stdout.split() for number in numbers)


def test_exact_is_for_one_step(nnlec: Nnlec) -> None:
    ran = nnlec("step", *IRIS, "--then", "3", "--exact")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "--exact is for one step (no --then)" in ran.stderr
