"""`nnlec evaluate --predictions` measures the predictions of any program as scikit-learn does, at a shell."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from tests.conftest import Nnlec

RNG = np.random.default_rng(4)
ROWS = 400
NAMES = ("ant", "bee", "cat")
LOGITS = RNG.normal(size=(ROWS, 3)).round(3)
P = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
TRUE = RNG.integers(0, 3, ROWS)
WEIGHTS = RNG.choice([0.5, 1.0, 2.25], ROWS)
PLACE = RNG.choice(["north", "south"], ROWS)
NUMBERS = RNG.normal(size=(ROWS, 2)).round(4)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("predictions") / "t.csv"
    lines = [",".join([*(f"P({name})" for name in NAMES), *NAMES, "guess", "truth", "w", "place", "f", "g", "yes"])]
    for i in range(ROWS):
        cells = [*P[i], *LOGITS[i], NAMES[P[i].argmax()], NAMES[TRUE[i]], WEIGHTS[i], PLACE[i], *NUMBERS[i]]
        lines.append(",".join(map(str, [*cells, int(TRUE[i] == 1)])))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def measured(nnlec: Nnlec, table: str, *options: str) -> dict[str, Any]:
    ran = nnlec("evaluate", "--predictions", table, *options, "-f", "json")
    assert (ran.returncode, ran.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def close(said: object, expected: object) -> None:
    assert said == pytest.approx(expected, rel=1e-12, abs=1e-12)


PROBABILITIES = ("--columns", "P(ant),P(bee),P(cat)", "--target-column", "truth")


@pytest.mark.parametrize("engine", ["stream", "polars"])
def test_probabilities_by_group_and_weight(nnlec: Nnlec, table: str, engine: str) -> None:
    options = (*PROBABILITIES, "--by", "place", "--weights-column", "w", "--top-k", "2", "--engine", engine)
    said = measured(nnlec, table, *options)
    assert list(said["groups"]) == ["north", "south"]
    for group, own in (("", PLACE != ""), ("north", PLACE == "north"), ("south", PLACE == "south")):
        found = said["groups"][group] if group else said
        true, p, w = TRUE[own], P[own], WEIGHTS[own]
        assert found["rows"] == own.sum()
        close(found["accuracy"], metrics.accuracy_score(true, p.argmax(axis=1), sample_weight=w))
        close(found["macro"]["f1"], metrics.f1_score(true, p.argmax(axis=1), average="macro", sample_weight=w))
        close(found["mean"], metrics.log_loss(true, p, sample_weight=w))
        close(found["log_loss"], found["mean"])
        close(found["brier"], metrics.brier_score_loss(true, p, sample_weight=w))
        close(found["top_k_accuracy"], metrics.top_k_accuracy_score(true, p, k=2, sample_weight=w))
        each = [metrics.roc_auc_score(true == j, p[:, j], sample_weight=w) for j in range(3)]
        close(found["roc_auc_by_class"], each)
        close(found["roc_auc"], np.mean(each))


def test_logits_are_the_same_as_their_probabilities(nnlec: Nnlec, table: str) -> None:
    probable = measured(nnlec, table, *PROBABILITIES)
    scored = measured(nnlec, table, "--logits", "--columns", "ant,bee,cat", "--target-column", "truth")
    assert scored["confusion"] == probable["confusion"]
    for name in ("mean", "brier", "roc_auc", "average_precision", "calibration_error"):
        close(scored[name], probable[name])


def test_one_probability_is_about_the_second_class(nnlec: Nnlec, table: str) -> None:
    options = ("--columns", "P(bee)", "--target-column", "yes", "--classes", "no,yes", "--threshold", "0.4")
    said = measured(nnlec, table, *options)
    true, p = TRUE == 1, P[:, 1]
    close(said["accuracy"], metrics.accuracy_score(true, p > 0.4))
    close(said["brier"], metrics.brier_score_loss(true, p))
    close(said["average_precision"], metrics.average_precision_score(true, p))
    close(said["mean"], metrics.log_loss(true, p))


@pytest.mark.parametrize("classes", [(), ("--classes", "ant,bee,cat")])
def test_labels_of_another_program(nnlec: Nnlec, table: str, classes: tuple[str, ...]) -> None:
    options = ("--labels", "--columns", "guess", "--target-column", "truth", "--weights-column", "w", *classes)
    said = measured(nnlec, table, *options)
    guess = P.argmax(axis=1)
    assert said["classes"] == list(NAMES)
    close(np.ravel(said["confusion"]), metrics.confusion_matrix(TRUE, guess, sample_weight=WEIGHTS).ravel())
    close(said["balanced_accuracy"], metrics.balanced_accuracy_score(TRUE, guess, sample_weight=WEIGHTS))


def test_numbers_and_a_loss_with_its_parameter(nnlec: Nnlec, table: str) -> None:
    options = ("--numbers", "--columns", "f", "--target-column", "g", "--loss", "huber", "-p", "delta=0.5")
    said = measured(nnlec, table, *options)
    guess, true = NUMBERS.T
    close(said["mae"], metrics.mean_absolute_error(true, guess))
    close(said["median_error"], metrics.median_absolute_error(true, guess))
    close(said["r2"], metrics.r2_score(true, guess))
    distance = np.abs(guess - true)
    close(said["mean"], np.where(distance < 0.5, distance**2 / 2, 0.5 * (distance - 0.25)).mean())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--target-column", "truth", "--columns", "ant,bee,cat"), "no probability, expected 0 to 1"),
        (("--target-column", "truth", "--columns", "guess"), "'guess'"),
        (("--target-column", "truth", "--labels", "--columns", "guess,place"), "a column with a column"),
        (("--target-column", "truth", "--labels", "--logits"), "--logits and --labels do not go together"),
        (("--target-column", "truth", "--labels", "--columns", "guess", "--loss", "mse"), "labels alone have no loss"),
        ((*PROBABILITIES, "--threshold", "0.6"), "a threshold is for two classes"),
        (("--target-column", "f", "--numbers", "--columns", "g", "--top-k", "2"), "not of numbers"),
        (("--target-column", "f", "--numbers", "--columns", "g", "--classes", "a"), "numbers are of no classes"),
        ((*PROBABILITIES, "--loss", "mse"), "mean-squared-error takes outputs, not probabilities"),
        ((*PROBABILITIES, "--classes", "a,b"), "2 class names for 3 predictions in a row"),
        ((*PROBABILITIES, "--by", "where"), "where"),
        ((*PROBABILITIES, "--by", "f"), "more than 100 groups"),
        ((*PROBABILITIES, "--weights-column", "f"), "no weight, expected a number from 0"),
    ],
)
def test_what_does_not_go_together_is_said_in_one_line(
    nnlec: Nnlec, table: str, options: tuple[str, ...], said: str
) -> None:
    ran = nnlec("evaluate", "--predictions", table, *options)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_a_network_and_predictions_are_one_too_many(nnlec: Nnlec, table: str) -> None:
    both = nnlec("evaluate", "configs/iris.yaml", "--predictions", table, "--target-column", "truth")
    neither = nnlec("evaluate", "--target-column", "truth")
    assert (both.returncode, neither.returncode) == (2, 2)
    assert "give a NETWORK, or --predictions FILE" in both.stderr
    assert "give a NETWORK, or --predictions FILE" in neither.stderr
    alone = nnlec("evaluate", "configs/iris.yaml", "configs/iris.csv", "--target-column", "species", "--labels")
    assert "--labels is for predictions (--predictions), not for a network's own" in alone.stderr
