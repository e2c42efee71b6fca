"""Several networks side by side: the figures of each, who is right where, and the rows in which they differ."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnlec.tables.compare import mcnemar
from tests.conftest import ROOT, Nnlec


@pytest.fixture
def other(tmp_path: Path) -> str:
    """A worse network for iris: one of its biases is another one."""
    text = (ROOT / "configs" / "iris.yaml").read_text(encoding="utf-8")
    assert "8.51  -3.91" in text
    path = tmp_path / "other.yaml"
    path.write_text(text.replace("8.51  -3.91", "8.51  2.50"), encoding="utf-8")
    return str(path)


FIRST = "configs/iris.yaml"
DATA = ("--data", "configs/iris.csv", "--target-column", "species")


def test_each_network_has_the_figures_it_has_alone(nnlec: Nnlec, other: str, tmp_path: Path) -> None:
    file = tmp_path / "differ.csv"
    ran = nnlec("evaluate", FIRST, other, *DATA, "-f", "json", "--disagreements", str(file))
    assert (ran.returncode, ran.stderr) == (0, "")
    said = json.loads(ran.stdout)
    predicted = {}
    for name, record in zip((FIRST, other), said["networks"], strict=True):
        alone = nnlec("evaluate", name, "configs/iris.csv", "--target-column", "species", "-f", "json")
        assert record == {"network": name, **json.loads(alone.stdout)}
        rows = nnlec("forward", name, "configs/iris.csv", "--predict", "--drop", "species").stdout.splitlines()
        predicted[name] = np.array([row["prediction"] for row in csv.DictReader(rows)])
    with (ROOT / "configs" / "iris.csv").open(encoding="utf-8") as lines:
        truth = np.array([row["species"] for row in csv.DictReader(lines)])
    one, two = (predicted[name] == truth for name in (FIRST, other))
    (pair,) = said["disagreements"]
    counts = [int((a & b).sum()) for a, b in ((one, two), (one, ~two), (~one, two), (~one, ~two))]
    assert [pair[key] for key in ("both", "first", "second", "neither")] == counts
    assert pair["first"] + pair["second"] > 0
    differ = np.flatnonzero(predicted[FIRST] != predicted[other])
    with file.open(encoding="utf-8") as written:
        found = list(csv.reader(written))
    assert found[0] == ["row", "truth", FIRST, other]
    expected = [[str(i + 1), truth[i], predicted[FIRST][i], predicted[other][i]] for i in differ]
    assert found[1:] == expected


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_a_binomial_test(first: int, second: int) -> None:
    if first + second:
        assert mcnemar(first, second) == pytest.approx(stats.binomtest(first, first + second).pvalue, rel=1e-9)


def test_mcnemar_of_very_many_rows_is_near_the_exact_one() -> None:
    assert mcnemar(5_100, 5_000) == pytest.approx(stats.binomtest(5_100, 10_100).pvalue, rel=1e-3)


def test_a_log_has_a_line_for_each_network(nnlec: Nnlec, other: str) -> None:
    lines = list(csv.DictReader(nnlec("evaluate", FIRST, other, *DATA, "-f", "csv").stdout.splitlines()))
    assert [line["network"] for line in lines] == [FIRST, other]
    assert float(lines[0]["accuracy"]) == 0.98


def test_what_is_no_comparison_is_said(nnlec: Nnlec, other: str, tmp_path: Path) -> None:
    twice = nnlec("evaluate", FIRST, FIRST, *DATA)
    assert "a network is given twice" in twice.stderr
    alone = nnlec("evaluate", FIRST, *DATA, "--disagreements", str(tmp_path / "d.csv"))
    assert "--disagreements is for several networks" in alone.stderr
    assert not (tmp_path / "d.csv").exists()
    unknown = nnlec("evaluate", FIRST, "none.yaml", *DATA, "--disagreements", str(tmp_path / "d.csv"))
    assert "none.yaml" in unknown.stderr
    wrong = nnlec("evaluate", FIRST, other, "--data", "configs/iris.csv", "--target-column", "colour")
    assert "colour" in wrong.stderr
    assert {ran.returncode for ran in (twice, alone, unknown, wrong)} == {2}


def test_regressions_are_compared_by_their_errors(nnlec: Nnlec, tmp_path: Path) -> None:
    for name, weight in (("one", 1), ("two", 2)):
        text = f"inputs: [a]\nlayers:\n  - weights: [[{weight}]]\n    activation: identity\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "t.csv").write_text("a,y\n1,2\n2,4\n3,5\n", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("one.yaml", "two.yaml", "t.csv")]
    ran = nnlec("evaluate", *files[:2], "--data", files[2], "--target-column", "y", "-f", "json")
    said = json.loads(ran.stdout)
    assert [each["mae"] for each in said["networks"]] == [5 / 3, 1 / 3]
    assert said["disagreements"] == []
