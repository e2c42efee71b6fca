"""Tables as their users meet them: names, labels, probabilities, losses that fit, and what is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from nnlec.cli import group
from nnlec.cli.gate import status_of
from tests.conftest import ROOT


class Ran(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`run("forward net.yaml t.csv", table="a,b\\n1,2\\n", net="layers: ...")`: the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(line: str, table: str = "", **networks: str) -> Ran:
        Path("t.csv").write_text(table, encoding="utf-8")
        for name, text in networks.items():
            Path(f"{name}.yaml").write_text(text, encoding="utf-8")
        status = status_of(group, line.split())
        return Ran(status, *capfd.readouterr())

    return command


LECTURE = str(ROOT / "configs" / "lecture.yaml")


def classifier(activation: str, *, outputs: int = 2, loss: str = "", classes: str = "[no, yes]") -> str:
    weights = "[[1]]" if outputs == 1 else "[[1, 0], [0, 1]]"
    named = f"loss: {loss}\n" if loss else ""
    inputs = "[x]" if outputs == 1 else "[a, b]"
    return (
        f"inputs: {inputs}\nclasses: {classes}\n{named}layers:\n  - weights: {weights}\n    activation: {activation}\n"
    )


def test_names_follow_the_column_and_not_the_order_of_reading(run: Run) -> None:
    ran = run("softmax t.csv --no-header --columns 2,1 --classes cat,dog", "0.5,2.5\n")
    assert ran.out == "dog,cat,P(cat),P(dog)\n0.5,2.5,0.8807970779778824,0.11920292202211756\n"
    labelled = ran.out.replace("P(dog)\n", "P(dog),label\n").replace("56\n", "56,cat\n")
    ran = run("loss t.csv --columns cat,dog --target-column label -f json", labelled)
    assert json.loads(ran.out)["mean"] == pytest.approx(0.1269280110429725, rel=1e-15)


def test_a_column_that_is_no_input_does_not_get_an_inputs_name(run: Run) -> None:
    ran = run(f"forward {LECTURE} t.csv --no-header --columns 2,3,4", "9.5,1,2,3\n")
    assert ran.out == "column 1,y1,y2\n9.5,5.039999999999997,53.699999999999996\n"
    ran = run(f"forward {LECTURE} t.csv --no-header --columns 3,2,1 --keep", "1,2,3\n")
    assert ran.out.startswith("x3,x2,x1,y1,y2\n1,2,3,")
    ran = run("softmax t.csv --no-header --columns 2,3", "7,0.5,2.5\n")
    assert ran.out.startswith("column 1,y1,y2,P(y1),P(y2)\n7,0.5,2.5,0.119")


def test_a_column_that_stands_twice_is_refused_with_the_file_and_the_line(run: Run) -> None:
    ran = run("softmax t.csv --columns a", "a,a,t\n1,2,0\n")
    assert (ran.status, ran.err) == (2, "Error: t.csv:1: column 'a' stands in the header twice\n")


@pytest.mark.parametrize("rows", [["0.333,0.333,0.333,a", "0.1,0.8,0.1,b"], ["0.1,0.8,0.1,b", "0.333,0.333,0.333,a"]])
def test_values_never_decide_whether_they_are_probabilities(run: Run, rows: list[str]) -> None:
    table = "\n".join(["a,b,c,label", "3,-1,2,a", *rows])
    for options in ("", " --on-bad skip"):
        ran = run(f"loss t.csv --target-column label{options}", table)
        assert ran.status == 2
        assert ran.err == (
            "Error: t.csv:3: column 'a': may be logits or probabilities"
            " (--given logits or --given probabilities says which)\n"
        )
    table = "\n".join(["a,b,c,label", *rows])
    ran = run("loss t.csv --target-column label --given probabilities -f json", table)
    assert json.loads(ran.out)["mean"] == pytest.approx(0.66137817, rel=1e-8)
    assert ran.err == "Warning: some probabilities sum to 0.999, not to 1\n"
    named = table.replace("a,b,c,", "P(a),P(b),P(c),")
    assert run("loss t.csv --target-column label -f json", named).out == ran.out


def test_columns_beside_their_probabilities_are_logits(run: Run) -> None:
    table = "a,b,P(a),P(b),label\n0.5,0.5,0.5,0.5,a\n"
    assert json.loads(run("loss t.csv --target-column label -f json", table).out)["mean"] == pytest.approx(0.693147180)
    ran = run("loss t.csv --target-column label --loss nll", table)
    assert "negative-log-likelihood takes log-probabilities, not logits" in ran.err


def test_a_network_that_writes_probabilities_leaves_the_question_open(run: Run) -> None:
    table = "no,yes,label\n3,-1,no\n"
    ran = run("loss t.csv --target-column label --network net.yaml", table, net=classifier("softmax"))
    assert (ran.status, "--given logits or --given probabilities" in ran.err) == (2, True)
    ran = run("loss t.csv --target-column label --network net.yaml", table, net=classifier("identity"))
    assert ran.status == 0


@pytest.mark.parametrize("activation", ["hard_sigmoid", "relu", "softplus", "exponential"])
def test_an_output_that_can_only_choose_the_second_class_is_refused(run: Run, activation: str) -> None:
    table, net = "x,label\n-1.5,no\n", classifier(activation, outputs=1)
    for line in (
        "evaluate net.yaml t.csv --target-column label",
        "forward net.yaml t.csv --predict",
        "loss t.csv --columns x --target-column label --network net.yaml --loss bce",
    ):
        ran = run(line, table, net=net)
        assert ran.status == 2
        assert f"the output of {activation} is never negative and cannot choose between two classes" in ran.err


@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh"])
def test_an_output_that_can_choose_both_classes_is_taken(run: Run, activation: str) -> None:
    table = "x,label\n-1.5,no\n2,yes\n2,no\n"
    net = classifier(activation, outputs=1)
    ran = run("evaluate net.yaml t.csv --target-column label -f json", table, net=net)
    assert json.loads(ran.out)["confusion"] == [[1, 1], [0, 1]]


def test_a_true_probability_lies_from_0_to_1(run: Run) -> None:
    net = "inputs: [a, b]\nlayers:\n  - {weights: [[1, 0], [0, 1]], activation: sigmoid}\n"
    for wrong, column in (("0.5,3", "t"), ("0.5,-0.5", "t"), ("1.1,1", "s"), ("-1,2", "s")):
        ran = run("evaluate net.yaml t.csv --target-column s,t --loss bce", f"a,b,s,t\n1,2,0,1\n1,1,{wrong}\n", net=net)
        assert ran.err == f"Error: t.csv:3: column '{column}': the target is no probability: expected 0 to 1\n"


def test_hinge_of_two_classes_counts_the_classes(run: Run) -> None:
    net = classifier("identity", outputs=1, loss="hinge")
    ran = run("evaluate net.yaml t.csv --target-column label -f json", "x,label\n5,no\n5,yes\n-5,no\n", net=net)
    said = json.loads(ran.out)
    assert (said["mean"], said["confusion"], said["accuracy"]) == (2.0, [[1, 1], [0, 1]], 2 / 3)


def test_a_loss_that_does_not_fit_is_refused_as_loss_refuses_it(run: Run) -> None:
    one = "inputs: [a]\nlayers:\n  - weights: [[1]]\n    activation: identity\n"
    evaluated = run("evaluate one.yaml t.csv --target-column t --loss ce", "a,t\n3,1\n", one=one)
    assert evaluated.status == 2
    assert evaluated.err == run("loss t.csv --columns a --target-column t --loss ce", "a,t\n3,1\n").err
    table = "a,b,t\n0,3,yes\n0,3,\n"
    ran = run("evaluate net.yaml t.csv --target-column t --loss bce", table, net=classifier("softmax"))
    assert "binary-cross-entropy does not fit a network that ends in softmax (--loss cross-entropy)" in ran.err
    ran = run("evaluate net.yaml t.csv --target-column t --loss ce", table, net=classifier("sigmoid"))
    assert "cross-entropy does not fit a network that ends in sigmoid (--loss binary-cross-entropy)" in ran.err


@pytest.mark.parametrize("activation", ["softmax", "log_softmax", "identity"])
def test_negative_log_likelihood_is_taken_from_log_probabilities(run: Run, activation: str) -> None:
    ran = run(
        "evaluate net.yaml t.csv --target-column t --loss nll -f json", "a,b,t\n0,3,yes\n", net=classifier(activation)
    )
    assert json.loads(ran.out)["mean"] == pytest.approx(0.04858735157374206, rel=1e-14)
    ran = run("loss t.csv --columns a,b --target-column t --loss nll", "a,b,t\n-3,0.5,b\n")
    assert "no log-probabilities, expected 0 or less" in ran.err


@pytest.mark.parametrize("cell", ["", "no;yes"])
def test_a_row_without_one_class_is_not_counted_as_any(run: Run, cell: str) -> None:
    table = f"a,b,t\n0,3,yes\n0,3,{cell}\n"
    net = classifier("identity")
    ran = run("evaluate net.yaml t.csv --target-column t --loss bce", table, net=net)
    assert ran.err.startswith("Error: t.csv:3: the target has no largest class")
    ran = run("evaluate net.yaml t.csv --target-column t --loss bce --on-bad skip -f json", table, net=net)
    assert (ran.status, json.loads(ran.out)["confusion"]) == (1, [[0, 0], [0, 1]])


def test_a_label_is_no_index_where_classes_are_named_by_numbers(run: Run) -> None:
    table = "a,b,t\n0,3,1\n0,3,2\n0,3,0\n"
    net = classifier("softmax", classes='["1", "2"]')
    ran = run("evaluate net.yaml t.csv --target-column t", table, net=net)
    assert ran.err == "Error: t.csv:4: column 't': unknown label '0', expected one of 1, 2\n"
    ran = run("evaluate net.yaml t.csv --target-column t -f json", table, net=classifier("softmax"))
    assert ran.err.startswith("Error: t.csv:3: column 't': label index 2 is out of range")
    ran = run("evaluate net.yaml t.csv --target-column t -f json", "a,b,t\n0,3,1\n0,3,no\n", net=classifier("softmax"))
    assert json.loads(ran.out)["confusion"] == [[0, 1], [0, 1]]


def test_a_class_name_with_the_separator_of_labels_is_refused(run: Run) -> None:
    net = classifier("sigmoid", classes='["a;b", c]')
    for line in ("evaluate net.yaml t.csv --target-column t", "forward net.yaml t.csv --predict"):
        ran = run(line, "a,b,t\n0,3,c\n", net=net)
        assert "the class 'a;b' has a ';' in its name, which separates labels" in ran.err


@pytest.mark.parametrize(("line", "problem"), [
    ("softmax t.csv --columns a,a", "two new columns are named 'P(a)'"),
    ("forward one.yaml t.csv --predict", "two new columns are named 'prediction'"),
    ("loss t.csv --columns a,b --target-column a --given logits", "a column is both prediction and target"),
    ("loss t.csv --columns a,b --target-column c --classes x,y,z", "3 class names for 2 predictions"),
    ("loss t.csv --columns, --target-column c", "--columns: a name is empty"),
    ("softmax t.csv --columns a --columns b", "given twice, expected once"),
    ("softmax t.csv --engine stream --engine stream", "given twice, expected once"),
    ("softmax t.csv --on-bad skip --bad-rows ./t.csv", "./t.csv: cannot write: it is read in the same run"),
    ("softmax t.csv --on-bad skip -o x.csv --bad-rows x.csv", "--bad-rows: this file is written already"),
    ("forward one.yaml t.csv --on-bad skip --bad-rows one.yaml", "one.yaml: cannot write: it is read in the same run"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(run: Run, line: str, problem: str) -> None:
    line = line.replace("--columns,", "--columns ,")
    net = "inputs: [a]\noutputs: [prediction]\nlayers:\n  - weights: [[1]]\n    activation: identity\n"
    ran = run(line, "a,b,c\n3,4,1\n", one=net)
    assert ran.status == 2
    assert problem in ran.err
    assert Path("t.csv").read_text(encoding="utf-8") == "a,b,c\n3,4,1\n"


@pytest.mark.parametrize("option", ["--target-column", "--columns", "--classes"])
def test_an_empty_list_of_names_is_refused(
    tmp_path: Path, option: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b,c\n3,4,1\n", encoding="utf-8")
    target = [] if option == "--target-column" else ["--target-column", "c"]
    assert status_of(group, ["loss", "t.csv", option, "", *target]) == 2
    assert capfd.readouterr().err == f"Error: {option}: a name is empty\n"


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_two_columns_of_one_name_are_not_written_where_one_would_be_lost(run: Run, suffix: str) -> None:
    if suffix == "parquet":
        pytest.importorskip("polars")
    ran = run(f"softmax t.csv --columns a,b -o x.{suffix}", "a,b,c,c\n3,4,1,2\n")
    assert (ran.status, "two columns are named 'c'" in ran.err) == (2, True)
    assert run("softmax t.csv --columns a,b", "a,b,c,c\n3,4,1,2\n").out.startswith("a,b,c,c,P(a),P(b)\n3,4,1,2,")


def test_types_of_json_lines_follow_the_content_and_not_the_path(run: Run) -> None:
    folder = Path("jsonl_export")
    folder.mkdir()
    (folder / "t.csv").write_text("id,a,b\n7,1,2\n", encoding="utf-8")
    assert json.loads(run("softmax jsonl_export/t.csv --columns a,b -f jsonl").out)["id"] == 7
    for name in ("t.ndjson", "t.jsonl"):
        Path(name).write_text('{"id": "7", "a": 1, "b": 2}\n', encoding="utf-8")
        assert json.loads(run(f"softmax {name} --columns a,b -f jsonl").out)["id"] == "7"
    Path("t.data").write_text('{"id": "7", "a": 1, "b": 2}\n', encoding="utf-8")
    assert json.loads(run("softmax t.data --from jsonl --columns a,b -f json").out)[0]["id"] == "7"
    assert run("softmax t.ndjson --columns a,b -o o.ndjson").status == 0
    assert json.loads(Path("o.ndjson").read_text(encoding="utf-8"))["id"] == "7"


def test_numbers_that_overflow_bring_no_warnings_of_numpy(run: Run) -> None:
    net = "inputs: [a]\nlayers:\n  - weights: [[1e200]]\n    activation: identity\n"
    ran = run("evaluate net.yaml t.csv --target-column t -f json", "a,t\n1e200,-1e200\n1,2\n", net=net)
    assert ran.status == 0
    assert ran.err == "Warning: NaN and infinities are written as null: JSON has no numbers for them\n"
    ran = run("softmax t.csv --allow-nonfinite --header", "a,b\ninf,nan\n-inf,1\n")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "a,b,P(a),P(b)\ninf,nan,nan,nan\n-inf,1,0.0,1.0\n"


def test_a_warning_is_said_once_wherever_the_blocks_of_a_table_end(run: Run) -> None:
    rows = "".join(f"1,2,0.5,{0.3 + 0.1 * (row % 2)}\n" for row in range(200_000))
    ran = run("loss t.csv --target-column t,u --columns a,b --given logits -f json", "a,b,t,u\n" + rows)
    assert ran.err == "Warning: some targets sum to 0.8, not to 1\n"


@pytest.mark.parametrize(("activation", "named"), [("softmax", True), ("sigmoid", True), ("identity", False)])
def test_a_table_without_rows_has_no_figures(run: Run, activation: str, named: bool) -> None:
    net = classifier(activation)
    net = net if named else net.replace("classes: [no, yes]\n", "")
    target = "t" if named else "t,u"
    ran = run(f"evaluate net.yaml t.csv --target-column {target} -f json", "a,b,t,u\n", net=net)
    said = json.loads(ran.out)
    assert (ran.status, said["rows"], said["mean"]) == (0, 0, None)
    assert said["accuracy" if named else "mse"] is None


@pytest.mark.slow
@pytest.mark.parametrize("command", ["softmax", "loss"])
def test_the_time_of_a_cell_does_not_grow_with_the_width(run: Run, command: str) -> None:
    options = "-o out.csv" if command == "softmax" else "--target-column label --given logits -f json"
    seconds = {}
    for width in (200, 20_000, 200):  # the first run imports libraries
        names = ",".join(f"c{i}" for i in range(width))
        row = ",".join(f"{0.01 * i + 0.005:.6g}" for i in range(-width // 2, width // 2))
        table = f"{names},label\n" + f"{row},c0\n" * (2_000_000 // width)
        start = time.process_time()
        assert run(f"{command} t.csv {options}", table).status == 0
        seconds[width] = time.process_time() - start
    assert seconds[20_000] <= 1.5 * seconds[200]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("a,b,c\nNA,2,3\n1,2,3\n", "t.csv:2: column 'a'"),
        ("a,b,c\n1,2,-inf\n1,2,3\n", "t.csv:2: column 'c'"),
        ("a,b,c\n,2,3\n1,2,3\n", "t.csv:1: column 'a' is empty in the first row: does it hold scores?"),
    ],
)
def test_the_first_row_leaves_no_column_out_in_silence(run: Run, table: str, line: str) -> None:
    ran = run("softmax t.csv", table)
    assert (ran.status, len(ran.out.splitlines()) < 2) == (2, True)
    assert line in ran.err


def test_an_infinite_score_in_the_first_row_is_a_score_where_it_is_allowed(run: Run) -> None:
    ran = run("softmax t.csv --allow-nonfinite", "a,b\n-inf,2.5\n")
    assert ran.out == "a,b,P(a),P(b)\n-inf,2.5,0.0,1.0\n"


def test_names_are_read_without_the_blanks_around_them(run: Run) -> None:
    net = "inputs: [a, b]\nlayers: [{weights: [[1], [2]], activation: identity}]"
    ran = run("forward net.yaml t.csv", "id, a, b\nx, 1, 2\n", net=net)
    assert (ran.status, ran.out.splitlines()[1].split(",")[-1]) == (0, "5.0")
    assert run("evaluate net.yaml t.csv --target-column t -f json", "a , b, t\n1,2,5\n", net=net).status == 0


def test_a_number_that_is_a_name_and_a_position_is_a_question(run: Run) -> None:
    net = "layers: [{weights: [[1], [2]], activation: identity}]"
    ran = run("forward net.yaml t.csv --header --columns 1,4", "9,4,c,d\n1,2,3,4\n", net=net)
    assert (ran.status, ran.out) == (2, "")
    assert "'4' is the name of column 2 and the position of another column" in ran.err
    ran = run("forward net.yaml t.csv --header --columns 9,4", "9,4,c,d\n1,2,3,4\n", net=net)
    assert (ran.status, ran.out) == (0, "c,d,y1\n3,4,5.0\n")


def test_a_column_taken_twice_is_said(run: Run) -> None:
    net = "layers: [{weights: [[1], [2]], activation: identity}]"
    ran = run("forward net.yaml t.csv --columns a,a", "a,b\n1,2\n", net=net)
    assert (ran.status, ran.out) == (0, "b,y1\n2,3.0\n")
    assert "column 'a' is taken twice" in ran.err
