"""The pictures of `nnlec evaluate`: what they say is what the figures say."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn import metrics

from tests.conftest import Nnlec

RAIN = ("configs/rain.yaml", "configs/rain.csv", "--target-column", "rain")
IRIS = ("configs/iris.yaml", "configs/iris.csv", "--target-column", "species")


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("name", "axes"),
    [
        ("confusion", ("predicted class", "true class")),
        ("reliability", ("mean probability", "share that came true")),
        ("roc", ("false positive rate", "true positive rate")),
    ],
)
def test_a_picture_names_its_axes(nnlec: Nnlec, tmp_path: Path, name: str, axes: tuple[str, str]) -> None:
    file = tmp_path / "picture.svg"
    ran = nnlec("evaluate", *RAIN, "--picture", name, "-o", str(file))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    said = texts(file.read_text(encoding="utf-8"))
    assert set(axes) <= set(said)
    assert file.read_text(encoding="utf-8") == nnlec("evaluate", *RAIN, "--picture", name).stdout


def test_a_confusion_has_every_count_and_class(nnlec: Nnlec) -> None:
    said = texts(nnlec("evaluate", *IRIS, "--picture", "confusion").stdout)
    assert said[1:10] == ["17", "0", "0", "0", "17", "0", "0", "1", "15"]
    assert {"setosa", "versicolor", "virginica"} <= set(said)


def test_names_of_classes_are_text(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("guess,truth\n<b>&,<b>&\n<b>&,a\n", encoding="utf-8")
    options = ("--predictions", str(tmp_path / "t.csv"), "--labels", "--columns", "guess", "--target-column", "truth")
    ran = nnlec("evaluate", *options, "--picture", "confusion")
    assert "<b>&" in texts(ran.stdout)


@pytest.mark.parametrize("rows", [50, 5_000])
def test_the_points_of_a_roc_curve_lie_on_it_and_enclose_its_area(nnlec: Nnlec, tmp_path: Path, rows: int) -> None:
    rng = np.random.default_rng(rows)
    p = rng.random(rows).round(5)
    true = (rng.random(rows) < p).astype(int)
    lines = "".join(f"{a},{b}\n" for a, b in zip(p.tolist(), true.tolist(), strict=True))
    (tmp_path / "t.csv").write_text("p,t\n" + lines, encoding="utf-8")
    options = ("--predictions", str(tmp_path / "t.csv"), "--columns", "p", "--target-column", "t")
    said = json.loads(nnlec("evaluate", *options, "-f", "json").stdout)
    x, y = np.array(said["roc"]).T
    assert len(x) <= 202
    assert np.trapezoid(y, x) == pytest.approx(said["roc_auc"], abs=1e-12 if rows == 50 else 2e-3)
    false, hits, _ = metrics.roc_curve(true, p, drop_intermediate=False)
    assert set(zip(x.round(9), y.round(9), strict=True)) <= set(zip(false.round(9), hits.round(9), strict=True))
    svg = nnlec("evaluate", *options, "--picture", "roc").stdout
    curve = re.search(r'class="curve" points="([^"]*)"', svg)
    assert curve is not None
    assert len(curve[1].split()) == len(x)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((*IRIS, "--picture", "roc"), "--picture: roc is a picture of two classes"),
        ((*RAIN, "--picture", "roc", "-f", "html"), "a picture is written as svg, not as html"),
        ((*RAIN, "--picture", "rocks"), "rocks"),
    ],
)
def test_what_cannot_be_drawn_is_said(nnlec: Nnlec, given: tuple[str, ...], said: str) -> None:
    ran = nnlec("evaluate", *given)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_a_page_has_a_heading(nnlec: Nnlec) -> None:
    page = nnlec("evaluate", *IRIS, "-f", "html").stdout
    assert "<title>Evaluation of configs/iris.yaml</title>" in page
    assert "Evaluation of" not in nnlec("evaluate", *IRIS).stdout


HOUSES = ("configs/house-price.yaml", "--columns", "area,bedrooms,distance", "--target-column", "price")


def circles(svg: str) -> list[tuple[float, float]]:
    root = ElementTree.fromstring(svg)
    found = root.iter("{http://www.w3.org/2000/svg}circle")
    return [(float(each.attrib["cx"]), float(each.attrib["cy"])) for each in found]


def houses(rows: int) -> list[str]:
    rng = np.random.default_rng(rows)
    numbers = zip(rng.integers(50, 200, rows), rng.integers(1, 6, rows), rng.normal(0, 4e4, rows).round(), strict=True)
    return [f"{a},{b},5,{50_000 + 4_000 * a + 50_000 * b - 50_000 + noise:.0f}" for a, b, noise in numbers]


def test_predicted_numbers_stand_above_the_true_ones(nnlec: Nnlec) -> None:
    table = "area,bedrooms,distance,price\n100,2,5,500000\n150,4,5,800000\n100,4,5,600000\n"
    svg = nnlec("evaluate", *HOUSES, "--picture", "predicted", stdin=table).stdout
    assert {"price, R² 1", "true value", "predicted value", "500000", "800000"} & set(texts(svg)) >= {
        "true value",
        "predicted value",
    }
    points = circles(svg)
    assert len(points) == 3
    slopes = {round((b[1] - a[1]) / (b[0] - a[0]), 3) for a, b in pairwise(sorted(points))}
    assert slopes == {-1.0}  # 500,000, 600,000 and 800,000 are what the network says: the diagonal


def test_of_many_pairs_a_choice_is_drawn_that_depends_on_no_order(nnlec: Nnlec) -> None:
    lines = houses(6_000)
    pictures = []
    for each in (lines, lines[::-1]):
        ran = nnlec(
            "evaluate", *HOUSES, "--picture", "predicted", stdin="area,bedrooms,distance,price\n" + "\n".join(each)
        )
        assert ran.returncode == 0
        pictures.append(ran.stdout)
    assert pictures[0] == pictures[1]
    assert len(circles(pictures[0])) == 2_000


@pytest.mark.parametrize("scale", [1e-300, 1e-5, 1.0, 1e300])
def test_any_numbers_have_an_axis(nnlec: Nnlec, scale: float) -> None:
    rows = "".join(f"{g * scale!r},{f * scale!r}\n" for g, f in ((-1.0, 1.2), (0.3, -0.7), (1.5, 1.5)))
    options = ("--predictions", "-", "--numbers", "--columns", "f", "--target-column", "g", "--picture", "predicted")
    ran = nnlec("evaluate", *options, stdin="g,f\n" + rows)
    assert (ran.returncode, ran.stderr) == (0, "")
    ticks = [float(text) for text in texts(ran.stdout) if re.fullmatch(r"-?[0-9.]+(e[-+][0-9]+)?", text)]
    assert min(ticks) <= -scale
    assert max(ticks) >= 1.5 * scale
    assert 4 <= len(ticks) <= 16
    side = [number for point in circles(ran.stdout) for number in point]
    assert all(0 <= number <= 600 for number in side)


@pytest.mark.parametrize(
    ("args", "stdin", "said"),
    [
        ((*IRIS, "--picture", "predicted"), "", "predicted is a picture of numbers"),
        ((*HOUSES, "--picture", "predicted"), "area,bedrooms,distance,price\n", "rows with finite numbers"),
        ((*HOUSES, "--picture", "roc"), "area,bedrooms,distance,price\n1,2,3,4\n", "roc is a picture of two classes"),
    ],
)
def test_a_picture_of_what_is_not_there_is_refused(nnlec: Nnlec, args: tuple[str, ...], stdin: str, said: str) -> None:
    ran = nnlec("evaluate", *args, stdin=stdin)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
