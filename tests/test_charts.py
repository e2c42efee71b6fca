"""The pictures of `nnlec evaluate`: what they say is what the figures say."""

from __future__ import annotations

import json
import re
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
