"""From an input to its loss in one command, and one target for every row of a table."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import mpmath
import numpy as np
import pytest

from nnlec.models import load_network
from tests.relations import relations
from tests.transcripts import run

ANIMAL = "configs/animals.yaml -i 4,1,0,0,0.25"
LECTURE = "configs/lecture.yaml"
RAIN = "configs/rain.yaml -i 85,1002,90"
CLASSES = ("dog", "tiger", "ostrich", "cat", "horse")


def logits(file: str, row: list[float]) -> list[mpmath.mpf]:
    """x^T W of the last layer in 60 digits, from the numbers as they were written."""
    with mpmath.workdps(60):
        values = [mpmath.mpf(str(number)) for number in row]
        for layer in load_network(file).layers:
            weights, bias = layer.arrays["weights"].tolist(), layer.arrays["bias"].tolist()
            columns = zip(*weights, strict=True)
            values = [
                mpmath.fsum(x * mpmath.mpf(repr(w)) for x, w in zip(values, column, strict=True)) + mpmath.mpf(repr(b))
                for column, b in zip(columns, bias, strict=True)
            ]
        return values


def cross_entropy(scores: list[mpmath.mpf], right: int) -> float:
    with mpmath.workdps(60):
        return float(mpmath.log(mpmath.fsum(mpmath.exp(f) for f in scores)) - scores[right])


@pytest.mark.parametrize("label", CLASSES)
def test_the_loss_of_a_label_is_that_of_the_exact_scores(label: str) -> None:
    scores = logits("configs/animals.yaml", [4, 1, 0, 0, 0.25])
    expected = cross_entropy(scores, CLASSES.index(label))
    shown = json.loads(run(f"nnlec forward {ANIMAL} --label {label} -f json").stdout)
    assert shown["loss"]["value"] == expected
    assert shown["loss"]["logits"] == [float(f) for f in scores]
    (row,) = csv.DictReader(io.StringIO(run(f"nnlec forward {ANIMAL} --label {label} -f csv").stdout))
    assert float(row["loss"]) == expected


@pytest.mark.parametrize(
    ("forward", "same"),
    [
        (f"{ANIMAL} --label cat", f"{ANIMAL} --label cat"),
        (f"{ANIMAL} --label cat --loss cross-entropy -p base=2", f"{ANIMAL} --label cat --base 2"),
        (f"{RAIN} --target 0.3", f"{RAIN} --target 0.3"),
        (f"{RAIN} --label yes --loss hinge", f"{RAIN} --label yes --loss hinge"),
        (f"{LECTURE} -i 1,2,3,4 --target 1,2", f"--network {LECTURE} -i 1,2,3,4 --target 1,2"),
    ],
)
def test_loss_of_a_network_and_an_input_is_the_same(forward: str, same: str) -> None:
    for form in ("table", "json", "csv"):
        one, other = run(f"nnlec forward {forward} -f {form}"), run(f"nnlec loss {same} -f {form}")
        assert (one.code, one.stdout) == (other.code, other.stdout)
        assert one.code == 0
        assert one.stdout


@pytest.mark.parametrize("form", ["table", "markdown", "latex", "html", "svg"])
def test_the_loss_ends_every_paper_format(form: str) -> None:
    shown = run(f"nnlec forward {ANIMAL} --label cat -f {form}").stdout
    alone = run(f"nnlec forward {ANIMAL} -f {form}").stdout
    assert re.search(r"cross(-|\{-\})entropy", shown)
    assert not re.search(r"cross(-|\{-\})entropy", alone)


def test_every_step_down_to_the_loss_is_true() -> None:
    shown = run(f"nnlec forward {ANIMAL} --label cat --steps").stdout
    lines = [line.strip() for line in shown.splitlines() if re.search("[=≈]", line)]
    holds = [relation.holds for line in lines for relation in relations(line)]
    assert False not in holds
    assert holds.count(True) > 20
    assert re.search(r"L = [0-9. +]+ ?", shown) or "L ≈ " in shown


def test_rounded_figures_are_carried_into_the_loss() -> None:
    shown = json.loads(run(f"nnlec forward {RAIN} --target 0.3 --carry rounded --decimals 1 -f json").stdout)
    f = shown["loss"]["logits"][0]
    assert f == round(f, 1)
    s = round(float(1 / (1 + mpmath.exp(-f))), 1)
    assert shown["loss"]["probabilities"] == [s]
    assert shown["loss"]["value"] == round(-0.3 * math.log(s) - 0.7 * math.log(1 - s), 1)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"forward {ANIMAL} --label lion", "--label: unknown label 'lion', expected one of dog, tiger"),
        (f"forward {ANIMAL} --label cat --target 0,0,0,1,0", "give --label NAME_OR_INDEX or --target VALUES, not both"),
        (f"forward {ANIMAL} --target 1,0", "--target: 2 target values, expected 5"),
        (f"forward {ANIMAL} --loss mse", "--loss is for a loss (--label or --target), not for a forward pass alone"),
        (f"forward {ANIMAL} --label cat --layer 1", "--label is for the whole pass"),
        ("forward configs/animals.yaml configs/animals.csv --label cat", "--label is for one example"),
        (f"loss {ANIMAL}", "give either --label NAME_OR_INDEX or --target VALUES"),
        (f"loss {ANIMAL} --label cat --logits 1,2", "gives its scores and classes itself"),
        ("loss -i 1,2 --label cat", "--input is the input of one NETWORK"),
        (f"loss {ANIMAL} --label cat --reduction sum", "--reduction is for a table"),
    ],
)
def test_what_does_not_fit_is_refused(command: str, said: str) -> None:
    ran = run(f"nnlec {command}")
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr


TABLE = "dog,cat,id\n1,2,a\n-1,0.5,b\n3,3,c\n"


@pytest.mark.parametrize(
    ("truth", "target"),
    [("--label cat", [0, 1]), ("--label 0", [1, 0]), ("--target 0.25,0.75", [0.25, 0.75])],
)
@pytest.mark.parametrize("exact", ["", "--exact"])
def test_one_target_is_that_of_every_row(truth: str, target: list[float], exact: str) -> None:
    given = f"nnlec loss - --columns dog,cat --given logits {exact}"
    scores = np.array([[1, 2], [-1, 0.5], [3, 3]])
    log_sum = np.log(np.exp(scores).sum(axis=1))
    expected = (log_sum[:, None] - scores) @ np.array(target)
    per_row = run(f"printf '{TABLE}' | {given} {truth} --per-row").stdout
    losses = [float(row["loss"]) for row in csv.DictReader(io.StringIO(per_row))]
    assert losses == pytest.approx(expected.tolist(), rel=1e-14)
    mean = json.loads(run(f"printf '{TABLE}' | {given} {truth} -f json").stdout)
    assert mean["rows"] == 3
    assert mean["mean"] == pytest.approx(expected.mean(), rel=1e-14)


def test_one_target_of_a_regression_and_of_one_probability() -> None:
    shown = run("printf 'y\\n1\\n3\\n' | nnlec loss - --columns y --target 2 --loss mse -f json")
    assert json.loads(shown.stdout)["mean"] == 1.0
    shown = run("printf 'P(rain)\\n0.8\\n' | nnlec loss - --loss bce --label 1 -f json")
    assert json.loads(shown.stdout)["mean"] == pytest.approx(-np.log(0.8), rel=1e-15)


@pytest.mark.parametrize("options", ["--label cat --target-column id", "--label cat --target 1,0", "", "--label lion"])
def test_a_table_has_one_truth(options: str) -> None:
    ran = run(f"printf '{TABLE}' | nnlec loss - --columns dog,cat --given logits {options}")
    assert ran.code == 2
    assert ran.stderr.count("\n") == 1
