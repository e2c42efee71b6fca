"""What a network's outputs mean is read in one place, and every command goes by it."""

from __future__ import annotations

import json
import math
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
        ("sigmoid", 1, {}, "binary"),
        ("sigmoid", 1, {"loss": "mse"}, "regression"),
        ("sigmoid", 1, {"loss": "bce"}, "binary"),
        ("sigmoid", 1, {"kind": "regression"}, "regression"),
        ("sigmoid", 3, {}, "regression"),
        ("sigmoid", 3, {"kind": "multi-class"}, "one-vs-rest"),
        ("sigmoid", 3, {"kind": "multi-label"}, "multi-label"),
        ("softmax", 1, {}, "regression"),
        ("softmax", 3, {"kind": "regression"}, "regression"),
        ("identity", 3, {"kind": "multi-class"}, "multi-class"),
        ("identity", 1, {"kind": "binary"}, "binary"),
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


@pytest.mark.parametrize(
    ("outputs", "activation", "names", "message"),
    [
        (2, "sigmoid", {"kind": "binary"}, "a binary network needs one output"),
        (2, "softmax", {"kind": "multi-label"}, "a multi-label network needs a sigmoid for each output"),
        (1, "sigmoid", {"kind": "multi-class"}, "a one-vs-rest network needs a sigmoid for each of two outputs"),
        (2, "sigmoid", {"kind": "regression", "classes": ("a", "b")}, "a regression network needs no classes"),
        (2, "relu", {"kind": "decision"}, "needs a last activation that decides: step, sign or hardmax"),
        (2, "relu", {"kind": "many-class"}, "unknown kind 'many-class'"),
        (1, "identity", {"classes": ("a",)}, "one output is no choice between classes"),
    ],
)
def test_a_kind_that_cannot_be_is_refused(
    outputs: int, activation: str, names: dict[str, object], message: str
) -> None:
    with pytest.raises(NnlecError, match=message):
        Network((Dense([[1.0] * outputs], None, activation),), **names)  # type: ignore[arg-type]


@pytest.fixture
def sigmoid(tmp_path: Path) -> str:
    """One sigmoid, no classes: the network of most exercises."""
    path = tmp_path / "sigmoid.yaml"
    path.write_text("layers: [{weights: [[1], [2]], activation: sigmoid}]", encoding="utf-8")
    return str(path)


BCE = "binary-cross-entropy"


def test_every_command_reads_one_sigmoid_in_one_way(nnlec: Nnlec, sigmoid: str) -> None:
    """s = 1 / (1 + e^-z) for z = 1 and -2; L = -ln s for 1 and -ln(1 - s) for 0."""
    losses = [math.log1p(math.exp(-1)), math.log1p(math.exp(-2))]
    table = "x1,x2,t\n1,0,1\n0,-1,0\n"
    evaluated = json.loads(nnlec("evaluate", sigmoid, "--target-column", "t", "-f", "json", stdin=table).stdout)
    assert (evaluated["loss"], evaluated["accuracy"], evaluated["confusion"]) == (BCE, 1.0, [[1, 0], [0, 1]])
    assert evaluated["mean"] == pytest.approx(sum(losses) / 2, rel=1e-15)
    for z, label, expected in (("1", "1", losses[0]), ("-2", "0", losses[1])):
        for answer in (("--label", label), ("--target", label)):
            record = json.loads(nnlec("loss", "--network", sigmoid, "--logits", z, *answer, "-f", "json").stdout)
            assert record["value"] == pytest.approx(expected, rel=1e-15)
    passed = nnlec("forward", sigmoid, "--logits", "--columns", "x1,x2", stdin=table).stdout
    row = nnlec(
        "loss", "--network", sigmoid, "--target-column", "t", "--given", "logits", "-f", "json", stdin=passed
    ).stdout
    assert json.loads(row)["mean"] == evaluated["mean"]
    assert nnlec("check", sigmoid, "-i", "1,0", "--output", "0.73", "--loss", "0.31", "--label", "1").returncode == 0


def test_a_number_as_the_target_of_one_sigmoid_is_a_question(nnlec: Nnlec, sigmoid: str) -> None:
    ran = nnlec("evaluate", sigmoid, "--target-column", "t", stdin="x1,x2,t\n1,0,0.3\n")
    assert ran.returncode == 2
    assert "unknown label '0.3', expected one of 0, 1" in ran.stderr
    assert "kind: regression" in ran.stderr


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("--probabilities", "0.8", "--label", "0"), -math.log(0.2)),
        (("--probabilities", "0.8", "--label", "1"), -math.log(0.8)),
        (
            ("--logits", "1.386", "--target", "0.3"),
            0.3 * math.log1p(math.exp(-1.386)) + 0.7 * math.log1p(math.exp(1.386)),
        ),
        (("--outputs", "3.1", "--target", "2.9", "--loss", "mse"), 0.04),
    ],
)
def test_one_number_is_no_distribution(nnlec: Nnlec, typed: tuple[str, ...], expected: float) -> None:
    assert json.loads(nnlec("loss", *typed, "-f", "json").stdout)["value"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("loss --outputs 3.1 --target 2.9", "which loss?"),
        ("loss --logits 2 --label 0 --loss cross-entropy", "cross-entropy compares classes"),
        ("softmax --logits 3", "softmax needs two scores or more"),
    ],
)
def test_one_number_is_refused_where_classes_are_needed(nnlec: Nnlec, line: str, message: str) -> None:
    ran = nnlec(*line.split())
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr


def test_softmax_of_a_column_is_refused(nnlec: Nnlec) -> None:
    ran = nnlec("softmax", stdin="f\n1\n2\n")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "softmax needs two scores or more" in ran.stderr


def test_the_largest_of_several_sigmoids_is_the_class(nnlec: Nnlec, tmp_path: Path) -> None:
    """Below 0.5 everywhere, and above it twice: the class is that of the largest output."""
    (tmp_path / "ovr.yaml").write_text(
        "kind: multi-class\ninputs: [a, b, c]\nclasses: [x, y, z]\n"
        "layers: [{weights: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], activation: sigmoid}]",
        encoding="utf-8",
    )
    table = "a,b,c,t\n-1,-2,-3,x\n1,2,-1,y\n-1,-1,3,z\n5,4,6,x\n"
    net = str(tmp_path / "ovr.yaml")
    record = json.loads(nnlec("evaluate", net, "--target-column", "t", "-f", "json", stdin=table).stdout)
    assert (record["loss"], record["accuracy"]) == (BCE, 0.75)
    truth = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    logits = [[-1, -2, -3], [1, 2, -1], [-1, -1, 3], [5, 4, 6]]
    mean = sum(
        math.log1p(math.exp(-z if g else z))
        for f, t in zip(logits, truth, strict=True)
        for z, g in zip(f, t, strict=True)
    )
    assert record["mean"] in (pytest.approx(mean / 4, rel=1e-14), pytest.approx(mean / 12, rel=1e-14))
    for exact in ((), ("--exact",)):
        rows = nnlec("forward", net, "--predict", *exact, stdin=table).stdout.splitlines()
        assert [row.split(",")[-1] for row in rows] == ["prediction", "x", "y", "z", "z"]


@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
def test_exactly_one_half_is_no_in_every_kind(nnlec: Nnlec, tmp_path: Path, activation: str) -> None:
    for name, classes in (("binary", "[no, yes]"), ("labels", "[a, b]")):
        weights = "[[1]]" if name == "binary" else "[[1, 1]]"
        last = activation if name == "binary" else "sigmoid"
        (tmp_path / f"{name}.yaml").write_text(
            f"inputs: [x]\nclasses: {classes}\nlayers: [{{weights: {weights}, activation: {last}}}]", encoding="utf-8"
        )
        for exact in ((), ("--exact",)):
            ran = nnlec("forward", str(tmp_path / f"{name}.yaml"), "--predict", *exact, stdin="x\n0\n5e-324\n")
            half, above = ran.stdout.splitlines()[1:]
            predicted = ("no", "yes") if name == "binary" else ("", "a;b")
            column = -2 if name == "binary" else -1
            assert (half.split(",")[column], above.split(",")[column]) == predicted


@pytest.mark.parametrize("label", ["1", "1.0", "1.000e+00", "True", "yes", "YES"])
def test_a_label_written_as_another_program_writes_it_is_that_label(nnlec: Nnlec, label: str) -> None:
    ran = nnlec("loss", "--logits", "no=0,yes=0", "--label", label, "-f", "json")
    assert json.loads(ran.stdout)["target"] == [0.0, 1.0]


@pytest.fixture
def flowers(tmp_path: Path) -> str:
    """Three classes with names, chosen by the largest of three inputs."""
    path = tmp_path / "flowers.yaml"
    path.write_text(
        "classes: [Kama, Rosa, Canadian]\nlayers: [{weights: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], bias: none, "
        "activation: softmax}]\n"
    )
    return str(path)


@pytest.mark.parametrize(
    ("labels", "warned"),
    [
        (["1", "2"], "the labels 1, 2 were taken as indexes from 0 (1 is 'Rosa')"),
        (["2", "2.0"], "the labels 2 were taken as indexes from 0 (2 is 'Canadian')"),
        (["0", "2"], ""),
        (["Kama", "2"], ""),
        (["rosa", "Canadian"], ""),
    ],
)
def test_labels_that_may_count_from_1_are_said(nnlec: Nnlec, flowers: str, labels: list[str], warned: str) -> None:
    table = "a,b,c,y\n" + "".join(f"1,2,3,{label}\n" for label in labels)
    options = ["-", "--columns", "a,b,c", "--target-column", "y"]
    per_row = ["--classes", "Kama,Rosa,Canadian", "--given", "logits", "--reduction", "none"]
    hint = "; if they count from 1, name the classes 1 to 3"
    for command in (["evaluate", flowers, *options], ["loss", *options, *per_row]):
        run = nnlec(*command, stdin=table)
        assert run.returncode == 0
        assert run.stderr == (f"Warning: {warned}{hint}\n" if warned else "")


def test_labels_beyond_the_classes_may_count_from_1_and_the_error_says_so(nnlec: Nnlec, flowers: str) -> None:
    run = nnlec("evaluate", flowers, "-", "--columns", "a,b,c", "--target-column", "y", stdin="a,b,c,y\n1,2,3,3\n")
    assert run.returncode == 2
    assert "labels counted from 1? name the classes 1, 2, ..." in run.stderr
