"""One example's loss, for every kind of target, as typed."""

from __future__ import annotations

import json
import math

import pytest

from tests.conftest import Nnlec


def value(done: object) -> float:
    return float(json.loads(getattr(done, "stdout"))["value"])  # noqa: B009


def test_one_sigmoid_output_names_two_classes(nnlec: Nnlec) -> None:
    yes = nnlec("loss", "--logits", "0.3", "--label", "Yes", "--network", "configs/rain.yaml", "-f", "json")
    no = nnlec("loss", "--logits", "0.3", "--label", "no", "--classes", "no,yes", "-f", "json")
    assert value(yes) == pytest.approx(math.log1p(math.exp(-0.3)), rel=1e-15)
    assert value(no) == pytest.approx(math.log1p(math.exp(0.3)), rel=1e-15)


def test_the_outputs_of_a_regressor_are_compared_with_true_values(nnlec: Nnlec) -> None:
    done = nnlec(
        "loss", "--outputs", "700000", "--target", "800000", "--network", "configs/house-price.yaml", "-f", "json"
    )
    assert (value(done), done.stderr) == (100000.0, "")


def test_several_labels_of_a_multi_label_target(nnlec: Nnlec) -> None:
    done = nnlec("loss", "--logits", "a=1,b=-1,c=2", "--label", "a,c", "--loss", "binary-cross-entropy", "-f", "json")
    terms = [math.log1p(math.exp(-1)), math.log1p(math.exp(-1)), math.log1p(math.exp(-2))]
    assert value(done) == pytest.approx(sum(terms) / 3, rel=1e-15)


@pytest.mark.parametrize(("base", "log"), [("e", math.log), ("2", math.log2), ("10", math.log10)])
def test_any_base(nnlec: Nnlec, base: str, log: object) -> None:
    done = nnlec("loss", "--logits", "0,0,0", "--label", "0", "--base", base, "-f", "json")
    assert callable(log)
    assert value(done) == pytest.approx(log(3), rel=1e-15)


def test_class_weights_and_smoothing(nnlec: Nnlec) -> None:
    done = nnlec(
        "loss", "--probabilities", "0.5,0.5", "--label", "1", "-p", "weights=1,3", "-p", "label_smoothing=0.2",
        "-f", "json",
    )  # fmt: skip
    assert value(done) == pytest.approx((1 * 0.1 + 3 * 0.9) * math.log(2), rel=1e-15)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--logits", "1,-1,2", "--label", "1", "-p", "wights=1,2,3"], "did you mean 'weights'?"),
        (["--logits", "1,-1,2", "--label", "1", "-p", "weights=1,2"], "2 class weights for 3 classes"),
        (["--logits", "1,-1,2", "--label", "1", "-p", "weights"], "expected NAME=VALUE"),
        (["--logits", "1,-1,2", "--target", "0,0,0"], "--target: the target is all zeros"),
        (["--logits", "1,-1,2", "--target", "0.5,-0.5,1"], "--target: target value -0.5 cannot be"),
        (["--logits", "1,-1,2", "--target", "0.25,0.75"], "--target: 2 target values, expected 3"),
        (["--logits", "1,3", "--label", "1", "--loss", "mse"], "give --target VALUES"),
        (["--logits", "1,3", "--label", "0,1"], "--label: "),
        (["--logits", "1,3", "--probabilities", "0.5,0.5", "--label", "0"], "give either --logits"),
        (["--logits", "1,3"], "give either --label"),
        (["--probabilities", "0.5,1.5", "--label", "0"], "--probabilities: value 2 is 1.5"),
    ],
)
def test_what_does_not_fit_is_one_line(nnlec: Nnlec, args: list[str], said: str) -> None:
    done = nnlec("loss", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
