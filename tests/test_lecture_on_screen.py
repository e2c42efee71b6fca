"""The slides' figures, as the command prints them."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Nnlec

LECTURE = ("forward", "configs/lecture.yaml", "--input", "1,2.8,-3.1,4.2")


def test_the_worked_example_reads_like_the_slide(nnlec: Nnlec) -> None:
    done = nnlec(*LECTURE, "--decimals", "1", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert "xᵀ × W⁽¹⁾ = [ 1.0  2.8  -3.1  4.2 ] 1×4" in done.stdout
    assert "[ 5.2  14.5  -6.2  4.4 ] 1×4" in done.stdout
    assert "h × W⁽²⁾ ≈ [ 1.0  5.2  14.5  -6.2  4.4 ] 1×5" in done.stdout
    assert "[ 37.7  -23.3 ] 1×2" in done.stdout


def test_a_pencil_carries_the_printed_figures(nnlec: Nnlec) -> None:
    done = nnlec(*LECTURE, "--decimals", "1", "--carry", "rounded")
    assert "[ 37.8  -23.1 ] 1×2" in done.stdout


@pytest.mark.parametrize("columns", ["", "80", "40", "1"])
def test_no_digit_is_cut_at_any_width(nnlec: Nnlec, columns: str) -> None:
    screen = nnlec(*LECTURE, COLUMNS=columns).stdout
    for figure in ("5.17", "14.47", "-6.23", "4.38", "37.716", "-23.256", "2.5", "-1.3", "-0.2", "0.9", "-0.8"):
        assert figure in screen
    assert "…" not in screen


def test_json_has_every_number_in_full(nnlec: Nnlec) -> None:
    record = json.loads(nnlec(*LECTURE, "-f", "json").stdout)
    assert list(record) == [
        "network", "input", "layers", "output", "output_names", "classes", "probabilities", "prediction"
    ]  # fmt: skip
    assert record["input"] == [2.8, -3.1, 4.2]
    assert record["output"] == pytest.approx([37.716, -23.256], rel=1e-15)
    assert record["prediction"] == "y1"


def test_softmax_of_the_five_animals(nnlec: Nnlec) -> None:
    named = "dog=-0.2,tiger=0.3,ostrich=0.8,cat=-0.1,horse=0.4"
    record = json.loads(nnlec("softmax", "--logits", named, "-f", "json").stdout)
    expected = [0.120564829574741, 0.198777799018212, 0.327729185384281, 0.133244743388751, 0.219683442634014]
    assert record["probabilities"] == pytest.approx(expected, abs=1e-15)
    assert record["prediction"] == "ostrich"


def test_loss_of_the_cat(nnlec: Nnlec) -> None:
    named = "dog=-0.2,tiger=0.3,ostrich=0.8,cat=-0.1,horse=0.4"
    record = json.loads(nnlec("loss", "--logits", named, "--label", "Cat", "-f", "json").stdout)
    assert record["value"] == pytest.approx(2.0155676659544674, rel=1e-15)


def test_given_probabilities_that_do_not_sum_to_one_are_warned_of(nnlec: Nnlec) -> None:
    done = nnlec("loss", "--probabilities", "0.10,0.18,0.31,0.11,0.20", "--label", "3", "-f", "json")
    assert json.loads(done.stdout)["value"] == pytest.approx(2.2072749131897208, rel=1e-15)
    assert done.stderr == "Warning: the probabilities sum to 0.9, not to 1\n"


def test_a_large_matrix_of_weights_is_shown_when_it_is_asked_for(nnlec: Nnlec) -> None:
    pixels = ",".join(["0", "5", "13", "9"] * 16)
    short = nnlec("forward", "configs/digits.yaml", "-i", pixels, COLUMNS="80").stdout
    assert len(short.splitlines()) < 60
    assert "not shown: W(1), 65 x 32 (--weights shows it)" in short
    whole = nnlec("forward", "configs/digits.yaml", "-i", pixels, "--weights", COLUMNS="80").stdout
    assert "65×32, columns 1-4" in whole
    assert "not shown: W(" not in whole
    lecture = nnlec("forward", "configs/lecture.yaml", "-i", "1,2.8,-3.1,4.2", "--no-weights").stdout
    assert "xᵀ × W⁽¹⁾ = [ 5.17  14.47  -6.23  4.38 ] 1×4" in lecture
    assert "2.5" not in lecture
