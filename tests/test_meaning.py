"""What a network's outputs mean is read in one place, and every command goes by it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from nnlec.errors import NnlecError
from nnlec.models import load_network
from nnlec.network.layers import Dense
from nnlec.network.network import Network
from tests.conftest import Nnlec


@pytest.mark.parametrize(
    ("activation", "outputs", "names", "kind"),
    [
        ("identity", 1, {}, "regression"),
        ("sigmoid", 1, {}, "regression"),
        ("sigmoid", 1, {"classes": ("no", "yes")}, "binary"),
        ("identity", 1, {"classes": ("no", "yes")}, "binary"),
        ("sigmoid", 1, {"loss": "binary-cross-entropy"}, "binary"),
        ("sigmoid", 3, {"classes": ("a", "b", "c")}, "multi-label"),
        ("identity", 3, {"classes": ("a", "b", "c")}, "multi-class"),
        ("softmax", 3, {}, "multi-class"),
        ("log_softmax", 3, {}, "multi-class"),
        ("step", 1, {"classes": ("no", "yes")}, "decision"),
        ("sign", 1, {"classes": ("no", "yes")}, "decision"),
        ("hardmax", 3, {"classes": ("a", "b", "c")}, "decision"),
        ("relu", 2, {}, "regression"),
    ],
)
def test_kinds(activation: str, outputs: int, names: dict[str, object], kind: str) -> None:
    network = Network((Dense([[1.0] * outputs], None, activation),), **names)  # type: ignore[arg-type]
    assert network.kind == kind


@pytest.mark.parametrize("activation", ["relu", "softplus", "exponential", "hard_sigmoid", "thresholded_relu"])
def test_two_classes_need_a_score_of_either_sign(activation: str) -> None:
    with pytest.raises(NnlecError, match="is never negative and cannot choose between two classes"):
        Network((Dense([[1.0]], None, activation),), classes=("no", "yes"))  # type: ignore[arg-type]


@pytest.fixture
def xor(tmp_path: Path) -> str:
    """The perceptron of two layers that decides whether exactly one of two inputs is 1."""
    path = tmp_path / "xor.yaml"
    path.write_text(
        "inputs: [a, b]\nclasses: [same, different]\nlayers:\n"
        "  - {name: hidden, weights: [[1, 1], [1, 1]], bias: [-0.5, -1.5], activation: step}\n"
        "  - {name: output, weights: [[1], [-1]], bias: [-0.5], activation: step}\n",
        encoding="utf-8",
    )
    return str(path)


def test_a_decision_has_a_class_and_no_probabilities(nnlec: Nnlec, xor: str) -> None:
    record = json.loads(nnlec("forward", xor, "-i", "1,0", "-f", "json").stdout)
    assert (record["prediction"], record["probabilities"], record["output"]) == ("different", None, [1.0])
    assert "prediction: different (more than 0)" in nnlec("forward", xor, "-i", "0,1").stdout
    assert nnlec("forward", xor, "--predict", stdin="a,b\n1,1\n0,1\n").stdout == (
        "different,prediction\n0.0,same\n1.0,different\n"
    )


def test_a_decision_is_measured_by_its_accuracy(nnlec: Nnlec, xor: str) -> None:
    table = "a,b,truth\n0,0,same\n0,1,different\n1,0,different\n1,1,same\n"
    found = json.loads(nnlec("evaluate", xor, "--target-column", "truth", "-f", "json", stdin=table).stdout)
    assert (found["accuracy"], found["loss"], found["confusion"]) == (1.0, None, [[2, 0], [0, 2]])
    refused = nnlec("evaluate", xor, "--target-column", "truth", "--loss", "ce", stdin=table)
    assert refused.returncode == 2
    assert "compares classes" in refused.stderr or "only decides" in refused.stderr


def test_the_exact_scores_decide(nnlec: Nnlec, tmp_path: Path) -> None:
    """-0.1 - 0.2 + 0.3 is 0 on paper and 5.6e-17 in doubles; a worked example has one answer in every format."""
    path = tmp_path / "net.yaml"
    path.write_text("layers: [{weights: [[-0.1], [-0.2], [0.3]], activation: step}]\n", encoding="utf-8")
    assert load_network(path).exact_trace([1, 1, 1]).output == (Decimal(1),)
    for form in ("table", "markdown", "csv", "json"):
        assert nnlec("forward", str(path), "-i", "1,1,1", "-f", form).stdout.rstrip().splitlines()
    assert json.loads(nnlec("forward", str(path), "-i", "1,1,1", "-f", "json").stdout)["output"] == [1.0]
    assert nnlec("forward", str(path), "-i", "1,1,1", "-f", "csv").stdout == "y1\n1.0\n"
    assert '"prediction": "b"' in nnlec("softmax", "--logits", "a=0,b=1e-17", "-f", "json").stdout
