"""Figures on paper with decimal commas: the same digits, and nothing but figures is changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Nnlec

LECTURE = ("configs/lecture.yaml", "--input", "2.8,-3.1,4.2")
PAPER = {
    "forward": ("forward", *LECTURE, "--steps"),
    "softmax": ("softmax", "--logits", "-0.2,0.3", "--steps"),
    "loss": ("loss", "--logits", "-0.2,0.3", "--label", "1", "--steps"),
    "step": ("step", *LECTURE, "--label", "y2", "--rate", "0.01", "--steps"),
    "check": ("check", *LECTURE, "--output", "37.8,-23.2"),
    "show": ("show", "configs/lecture.yaml"),
    "maps": ("forward", "configs/digits.yaml", "--row", "1", "configs/digits.csv"),
}
POINT = re.compile(r"\d\.\d")
COMMA = re.compile(r"(?<=\d)(?:\{,\}|,)(?=\d)")


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html", "svg"])
@pytest.mark.parametrize("name", sorted(PAPER.keys() - {"maps"}))
def test_figures_are_the_same_but_for_their_point(nnlec: Nnlec, name: str, format: str) -> None:
    points = nnlec(*PAPER[name], "--format", format).stdout
    commas = nnlec(*PAPER[name], "--format", format, "--decimal-comma").stdout
    if format in ("table", "markdown", "latex"):
        assert not POINT.search(commas)
        assert COMMA.sub(".", commas).replace("; ", ", ") == points.replace("; ", ", ")
    else:
        shown = re.sub(r"(?s:<style>.*?</style>)|(?s:<script>.*?</script>)|<[^>]*>", " ", commas)
        assert not POINT.search(shown)


def test_latex_takes_no_comma_for_one_of_a_list(nnlec: Nnlec) -> None:
    out = nnlec(*PAPER["forward"], "--format", "latex", "--decimal-comma").stdout
    assert "37{,}716" in out
    assert not re.search(r"\$[^$]*\d,\d", out)


def test_mathml_has_one_number(nnlec: Nnlec) -> None:
    out = nnlec(*PAPER["softmax"], "--format", "html", "--decimal-comma").stdout
    assert "<mn>0,3</mn>" in out


def test_a_list_of_figures_is_separated_by_semicolons(nnlec: Nnlec, tmp_path: Path) -> None:
    network = tmp_path / "relu.yaml"
    network.write_text("layers:\n  - weights: [[0.5], [1.75]]\n    activation: relu\n", encoding="utf-8")
    out = nnlec("forward", str(network), "-i", "1,1", "--steps", "--decimal-comma").stdout
    assert re.search(r"max\(0; \d,\d", out), out


def test_names_stay_as_they_are(nnlec: Nnlec) -> None:
    out = nnlec("softmax", "--logits", "1.5=0.25,2.5=0.75", "--decimal-comma").stdout
    assert "\n  1.5  " in out
    assert "0,25" in out


def test_a_drawing_has_commas_too(nnlec: Nnlec) -> None:
    for format in ("text", "svg", "tikz"):
        out = nnlec("draw", *LECTURE, "--format", format, "--decimal-comma").stdout
        assert "37{,}716" in out if format == "tikz" else "37,716" in out


def test_data_has_points(nnlec: Nnlec) -> None:
    wrong = nnlec("softmax", "--logits", "-0.2,0.3", "--format", "json", "--decimal-comma")
    assert wrong.returncode == 2
    assert "paper formats, not for json" in wrong.stderr.replace(" (table, plain, markdown, latex, html, svg)", "")


def test_a_table_read_with_commas_is_worked_out_with_commas(nnlec: Nnlec, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("x1;x2;x3\n2,8;-3,1;4,2\n", encoding="utf-8")
    read = ("forward", "configs/lecture.yaml", str(table), "--decimal-comma")
    assert "37,716" in nnlec(*read, "--row", "1").stdout
    record = json.loads(nnlec(*read, "--row", "1", "--format", "json").stdout)
    assert record["input"] == [2.8, -3.1, 4.2]


def test_sheets_and_platforms_have_commas_and_answers_have_points(nnlec: Nnlec, tmp_path: Path) -> None:
    made = nnlec("worksheet", "configs/lecture.yaml", "--seed", "7", "--decimal-comma", "-o", str(tmp_path / "w"))
    assert made.returncode == 0, made.stderr
    for name in ("sheet-v0001", "key-v0001"):
        assert not POINT.search((tmp_path / "w" / f"{name}.md").read_text("utf-8"))
    moodle = (tmp_path / "w" / "moodle.xml").read_text("utf-8")
    assert "2,5" in moodle
    assert re.search(r"NUMERICAL:=-?\d+\.\d", moodle)
    assert POINT.search((tmp_path / "w" / "answers.csv").read_text("utf-8"))
