"""forward | softmax | loss over tables is evaluate, to the last digit; oracles: scikit-learn and fractions."""

from __future__ import annotations

import csv
import io
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from nnlec import load_network
from nnlec.arithmetic.exact_sum import ExactSum
from tests.conftest import Nnlec

CONFIGS = Path(__file__).parent.parent / "configs"


def piped(nnlec: Nnlec, *stages: list[str], stdin: str = "") -> str:
    for stage in stages:
        ran = nnlec(*stage, stdin=stdin)
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr == ""
        stdin = ran.stdout
    return stdin


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("name", "target", "columns"),
    [("animals", "label", []), ("iris", "species", []), ("digits", "digit", ["--columns", "0,1,2,3,4,5,6,7,8,9"])],
)
def test_the_pipe_of_the_lecture_equals_evaluate(nnlec: Nnlec, name: str, target: str, columns: list[str]) -> None:
    network, table = f"configs/{name}.yaml", (CONFIGS / f"{name}.csv").read_text(encoding="utf-8")
    header = ["--header"] if columns else []
    loss = ["loss", "--target-column", target, "-f", "json", *header, *columns]
    long = piped(nnlec, ["forward", network], ["softmax", *columns, *header], loss, stdin=table)
    short = piped(nnlec, ["forward", network, "--logits"], loss, stdin=table)
    evaluated = json.loads(
        nnlec("evaluate", network, f"configs/{name}.csv", "--target-column", target, "-f", "json").stdout
    )
    said = json.loads(long)
    assert said == json.loads(short)
    assert said == {key: evaluated[key] for key in ("loss", "rows", "mean")}


def test_a_label_that_is_a_number_is_never_taken_for_a_score(nnlec: Nnlec) -> None:
    scored = piped(nnlec, ["forward", "configs/digits.yaml", "configs/digits.csv"])
    ran = nnlec("softmax", "--header", stdin=scored)
    assert ran.returncode == 2
    assert "column 'digit' holds whole numbers and column '0' fractions" in ran.stderr
    assert "--columns" in ran.stderr


def test_evaluate_agrees_with_scikit_learn(nnlec: Nnlec) -> None:
    said = json.loads(
        nnlec("evaluate", "configs/digits.yaml", "configs/digits.csv", "--target-column", "digit", "-f", "json").stdout
    )
    table = rows_of((CONFIGS / "digits.csv").read_text(encoding="utf-8"))
    inputs = np.array([[float(v) for k, v in row.items() if k != "digit"] for row in table])
    trace = load_network(CONFIGS / "digits.yaml").trace(inputs)
    true = [row["digit"] for row in table]
    assert trace.prediction is not None
    predicted = list(trace.prediction)
    assert said["accuracy"] == metrics.accuracy_score(true, predicted)
    assert said["confusion"] == metrics.confusion_matrix(true, predicted).tolist()
    precision, recall, _, _ = metrics.precision_recall_fscore_support(true, predicted)
    assert said["precision"] == pytest.approx(list(precision), abs=1e-15)
    assert said["recall"] == pytest.approx(list(recall), abs=1e-15)
    assert said["mean"] == pytest.approx(metrics.log_loss(true, trace.probabilities), rel=1e-12)


def test_evaluate_of_a_regression_agrees_with_scikit_learn(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: [a, b]\nlayers:\n  - weights: [[2, 1], [0.5, -1]]\n    bias: [1, 0]\n    activation: identity\n"
        "outputs: [p, q]\n",
        encoding="utf-8",
    )
    rng = np.random.default_rng(7)
    inputs, true = rng.normal(size=(50, 2)).round(3), rng.normal(size=(50, 2)).round(3) + 1e6
    lines = [",".join(map(str, [*x, *y])) for x, y in zip(inputs.tolist(), true.tolist(), strict=True)]
    (tmp_path / "t.csv").write_text("a,b,p,q\n" + "\n".join(lines), encoding="utf-8")
    ran = nnlec("evaluate", str(tmp_path / "net.yaml"), str(tmp_path / "t.csv"), "--target-column", "p,q", "-f", "json")
    said = json.loads(ran.stdout)
    predicted = load_network(tmp_path / "net.yaml").trace(inputs).output
    assert said["loss"] == "mean-squared-error"
    assert said["mse"] == pytest.approx(metrics.mean_squared_error(true, predicted), rel=1e-14)
    assert said["mae"] == pytest.approx(metrics.mean_absolute_error(true, predicted), rel=1e-14)
    assert said["rmse"] == pytest.approx(metrics.root_mean_squared_error(true, predicted), rel=1e-14)
    r2 = metrics.r2_score(true, predicted, multioutput="raw_values")
    assert [each["r2"] for each in said["outputs"]] == pytest.approx(list(r2), rel=1e-9)
    assert [each["name"] for each in said["outputs"]] == ["p", "q"]


def test_one_sigmoid_output_is_a_binary_classifier(nnlec: Nnlec) -> None:
    asked = ("evaluate", "configs/rain.yaml", "configs/rain.csv", "--target-column", "rain", "-f", "json")
    said = json.loads(nnlec(*asked).stdout)
    assert said["classes"] == ["no", "yes"]
    assert said["confusion"] == [[2, 1], [0, 4]]
    assert said["loss"] == "binary-cross-entropy"


def test_several_labels_in_one_cell(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: [a, b]\nlayers:\n  - weights: [[1, 0], [0, 1]]\n    activation: sigmoid\nclasses: [fur, stripes]\n",
        encoding="utf-8",
    )
    (tmp_path / "t.csv").write_text("a,b,is\n1,1,fur;stripes\n1,-1,fur\n-1,-1,\n1,-1,stripes\n", encoding="utf-8")
    ran = nnlec("evaluate", str(tmp_path / "net.yaml"), str(tmp_path / "t.csv"), "--target-column", "is", "-f", "json")
    said = json.loads(ran.stdout)
    assert said["accuracy"] == 0.75
    assert (
        said["confusion"]
        == metrics.multilabel_confusion_matrix(
            [[1, 1], [1, 0], [0, 0], [0, 1]], [[1, 1], [1, 0], [0, 0], [1, 0]]
        ).tolist()
    )
    predicted = nnlec("forward", str(tmp_path / "net.yaml"), str(tmp_path / "t.csv"), "--predict").stdout
    assert [row["prediction"] for row in rows_of(predicted)] == ["fur;stripes", "fur", "", "fur"]


def test_a_label_that_is_no_class_names_its_line(nnlec: Nnlec) -> None:
    table = 'legs,fur,feathers,stripes,height,label\n4,1,0,0,0.25,cat\n"4",1,0,0,0.25,cow\n'
    ran = nnlec("evaluate", "configs/animals.yaml", "--target-column", "label", stdin=table)
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: <stdin>:3: column 'label': unknown label 'cow', expected one of dog, tiger")


def test_probabilities_are_never_taken_for_logits(nnlec: Nnlec, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "inputs: [a]\nlayers:\n  - weights: [[1, -1]]\n    activation: softmax\nclasses: [yes, no]\n", encoding="utf-8"
    )
    scored = nnlec("forward", str(tmp_path / "net.yaml"), stdin="a,t\n1,yes\n2,no\n").stdout
    for asked in ([], ["--network", str(tmp_path / "net.yaml")]):
        ran = nnlec("loss", "--target-column", "t", "-f", "json", *asked, stdin=scored)
        assert ran.returncode == 2
        assert "--given logits or --given probabilities says which" in ran.stderr
    ran = nnlec("loss", "--target-column", "t", "-f", "json", "--given", "probabilities", stdin=scored)
    expected = (math.log1p(math.exp(-2)) + math.log1p(math.exp(4))) / 2
    assert json.loads(ran.stdout)["mean"] == pytest.approx(expected, rel=1e-14)
    twice = nnlec("softmax", stdin=scored)
    assert twice.stderr.count("Warning: these look like probabilities already") == 1
    mixed = nnlec("loss", "--target-column", "t", "--given", "probabilities", stdin="yes,no,t\n0.5,0.5,yes\n3,-1,no\n")
    assert mixed.returncode == 2
    assert "<stdin>:3: column 'yes': no probability" in mixed.stderr


@pytest.mark.parametrize(
    ("table", "warned"),
    [
        ("a,b\n3,-1\n0.25,0.75\n", True),
        ("a,b\n1,0\n", True),
        ("a,b\n1.25,-0.25\n", False),
        ("a,b\n0.5,0.4\n", False),
        ("a,b\n0.5,0.6\n", False),
    ],
)
def test_softmax_doubts_rows_from_0_to_1_with_the_sum_1(nnlec: Nnlec, table: str, warned: bool) -> None:
    ran = nnlec("softmax", stdin=table)
    assert ran.returncode == 0
    assert ("these look like probabilities already" in ran.stderr) is warned


def test_the_loss_of_each_row_is_a_column(nnlec: Nnlec) -> None:
    scored = piped(nnlec, ["forward", "configs/animals.yaml", "configs/animals.csv"])
    rows = rows_of(piped(nnlec, ["loss", "--target-column", "label", "--per-row"], stdin=scored))
    assert list(rows[0]) == ["picture", "label", "dog", "tiger", "ostrich", "cat", "horse", "loss"]
    assert float(rows[0]["loss"]) == pytest.approx(2.0155676659544674, rel=1e-15)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.integers(0, 20))
def test_a_sum_does_not_depend_on_blocks_or_order(values: list[float], cut: int) -> None:
    total, other = ExactSum(), ExactSum()
    total.add(np.array(values))
    for part in (values[cut:][::-1], values[:cut]):
        other.add(np.array(part))
    exact = sum(map(Fraction, values), Fraction(0))
    assert total.exact == other.exact == exact
    if values and abs(exact / len(values)) < Fraction(1.7e308):
        assert total.mean() == other.mean() == float(exact / len(values))


@pytest.fixture
def digits_3_and_8(tmp_path: Path) -> str:
    """A network whose classes are called by numbers."""
    path = tmp_path / "digits.yaml"
    path.write_text(
        "inputs: [a]\nclasses: ['3', '8']\nlayers: [{weights: [[0.5, -0.5]], bias: none, activation: identity}]\n"
    )
    return str(path)


@pytest.mark.parametrize("rows", ["", "1\n", "1\n2\n"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_class_names_that_are_numbers_stay_names_in_a_pipe(
    nnlec: Nnlec, digits_3_and_8: str, rows: str, delimiter: str
) -> None:
    separated = ["--tsv"] if delimiter == "\t" else []
    outputs = nnlec("forward", digits_3_and_8, *separated, stdin="a\n" + rows).stdout
    assert outputs.splitlines()[0] == delimiter.join(('"3"', '"8"'))
    run = nnlec("softmax", *separated, stdin=outputs)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0] == delimiter.join(("3", "8", "P(3)", "P(8)"))
    assert len(run.stdout.splitlines()) == 1 + rows.count("\n")


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ('"1","2"\n3,4\n', ["1", "2"]),
        ('"1","2"\n"3",4\n', None),
        ('"1","2"\n"3","4"\n', ["y1", "y2"]),
        ("1,2\n3,4\n", ["y1", "y2"]),
        ('"7,5","a""b",8\n"x",1,2\n', None),
    ],
)
def test_a_quoted_number_above_an_unquoted_one_is_a_name(nnlec: Nnlec, table: str, names: list[str] | None) -> None:
    run = nnlec("softmax", stdin=table)
    if names is None:
        assert run.returncode == 2
        assert "--header if this line names the columns" in run.stderr
    else:
        assert run.stdout.splitlines()[0].split(",")[-2:] == [f"P({name})" for name in names]
