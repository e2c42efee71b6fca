"""What a shell user expects of a filter over tables, line by line: input, output, process."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from nnlec.cli import group, progress
from nnlec.cli.gate import status_of
from nnlec.tables.engines import Progress
from tests.conftest import ROOT, Nnlec

NET = """\
inputs: [x1, x2]
layers:
  - weights: [[1, 0.5], [2, -1]]
    activation: identity
classes: [dog, cat]
"""
COMMAND = [sys.executable, "-m", "nnlec"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


class Answer(NamedTuple):
    status: int
    out: str
    err: str


Forward = Callable[..., Answer]


@pytest.fixture
def forward(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Forward:
    """`forward(table, *options)`: the table, written to t.csv, through the network in net.yaml."""
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET, encoding="utf-8")

    def run(table: str | bytes, *options: str, name: str = "t.csv", net: str = NET) -> Answer:
        Path(name).write_bytes(table if isinstance(table, bytes) else table.encode())
        Path("net.yaml").write_text(net, encoding="utf-8")
        status = status_of(group, ["forward", "net.yaml", name, *options])
        return Answer(status, *capfd.readouterr())

    return run


def unnamed(net: str = NET) -> str:
    return net.replace("inputs: [x1, x2]\n", "")


# Input


def test_01_several_files_are_one_table_and_their_headers_agree(forward: Forward) -> None:
    Path("more.csv").write_text("x1,x2\n3,4\n", encoding="utf-8")
    assert forward("x1,x2\n1,2\n", "more.csv").out == "dog,cat\n5.0,-1.5\n11.0,-2.5\n"
    Path("more.csv").write_text("x2,x1\n3,4\n", encoding="utf-8")
    refused = forward("x1,x2\n1,2\n", "more.csv")
    assert refused.status == 2
    assert "more.csv:1: another header than the first file's: 'x2', where t.csv:1 has 'x1'" in refused.err


def test_01_a_dash_or_nothing_is_standard_input(nnlec: Nnlec) -> None:
    for dash in (["-"], []):
        ran = nnlec("forward", "configs/house-price.yaml", *dash, stdin="150,4,5\n")
        assert (ran.returncode, ran.stdout) == (0, "price\n800000.0\n")


def test_01_on_a_terminal_with_nothing_to_read_it_does_not_wait() -> None:
    terminal, end = pty.openpty()
    ran = subprocess.run(
        [*COMMAND, "forward", "configs/iris.yaml"],
        stdin=end,
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        timeout=20,
    )
    os.close(terminal)
    assert ran.returncode == 2
    assert b"DATA" in ran.stderr


def test_02_columns_by_name_or_exactly_by_position(forward: Forward) -> None:
    assert forward("x2,id,x1\n2,a,1\n").out == "id,dog,cat\na,5.0,-1.5\n"
    assert forward("1.5,2\n").out == "dog,cat\n5.5,-1.25\n"
    wide = forward("a,b,c\n1,2,3\n", net=unnamed())
    assert wide.status == 2
    assert "the table has 3 columns, the network takes 2" in wide.err
    assert "--columns" in wide.err
    assert forward("a,b,c\n1,2,3\n", "--columns", "c,1", net=unnamed()).out == "b,dog,cat\n2,5.0,0.5\n"


@pytest.mark.parametrize("first", ["0,1", "x1,2", "1,2x", "1,"])
def test_02_a_first_line_that_may_be_either_is_asked_about(forward: Forward, first: str) -> None:
    asked = forward(f"{first}\n0.5,2.5\n")
    assert asked.status == 2
    assert asked.out == ""
    assert "t.csv:1: " in asked.err
    assert "--header" in asked.err
    assert "--no-header" in asked.err


def test_02_column_numbers_above_measurements_are_asked_about(forward: Forward) -> None:
    assert forward("1,2\n0.5,2.5\n").status == 2
    assert forward("1,2\n0.5,2.5\n", "--no-header").out.count("\n") == 3
    assert forward("0,1\n0.5,2.5\n", "--header", net=unnamed()).out.count("\n") == 2


def test_03_a_missing_column_names_the_nearest(forward: Forward) -> None:
    missing = forward("x1,X2,y\n1,2,3\n")
    assert missing.status == 2
    assert "the network's input 'x2' is no column of the table, which has x1, X2, y (did you mean" in missing.err
    unknown = forward("x1,x2,name\n1,2,3\n", "--columns", "x1,nam")
    assert "unknown column 'nam'" in unknown.err
    assert "did you mean 'name'?" in unknown.err


def test_03_a_needed_name_that_stands_twice_is_an_error(forward: Forward) -> None:
    assert "column 'x1' stands in the header twice" in forward("x1,x2,x1\n1,2,3\n").err


def test_04_other_columns_pass_through_unchanged(forward: Forward) -> None:
    table = 'id,x1,flag,x2,"a,b"\n007,1,1,2,"say ""hi"", é"\n1.50,1,TRUE,2,"two\nlines"\n'
    assert forward(table).out == (
        'id,flag,"a,b",dog,cat\n007,1,"say ""hi"", é",5.0,-1.5\n1.50,TRUE,"two\nlines",5.0,-1.5\n'
    )
    assert forward("x1,x2,t\n1,2,a\n", "--keep").out == "x1,x2,t,dog,cat\n1,2,a,5.0,-1.5\n"


def test_04_a_name_clash_names_both(forward: Forward) -> None:
    clash = forward("x1,x2,cat\n1,2,3\n")
    assert clash.status == 2
    assert "the new column 'cat' has the name of column 'cat', which passes through" in clash.err


def test_05_a_last_line_without_newline_scores_like_any_other(forward: Forward) -> None:
    assert forward("x1,x2\n1,2\n3,4").out == "dog,cat\n5.0,-1.5\n11.0,-2.5\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1", "t.csv:4: 1 cell, expected 2"),
        ("1,2,3", "t.csv:4: 3 cells, expected 2"),
        ("1,abc", "t.csv:4: column 'x2': 'abc' is not a number"),
        ("1,", "t.csv:4: column 'x2': '' is not a number (it is empty)"),
        ('"1', "t.csv:4: the quote opened in this row is never closed"),
    ],
)
def test_06_a_bad_row_stops_at_its_physical_line(forward: Forward, row: str, said: str) -> None:
    stopped = forward(f'"x1",x2\n1,2\n"1",2\n{row}\n5,6\n')
    assert stopped.status == 2
    assert stopped.err.startswith(f"Error: {said}")
    assert stopped.out == "dog,cat\n5.0,-1.5\n5.0,-1.5\n"


def test_06_quoted_newlines_count_as_lines(forward: Forward) -> None:
    assert "t.csv:5: column 'x2'" in forward('x1,x2,t\n1,2,"a\nb\nc"\n1,x,d\n').err


def test_06_bad_rows_are_skipped_counted_and_kept_on_request(forward: Forward) -> None:
    skipped = forward("x1,x2\n1,2\nx,2\n1\n3,4\n", "--on-bad", "skip", "--bad-rows", "bad.csv")
    assert skipped == (1, "dog,cat\n5.0,-1.5\n11.0,-2.5\n", "Note: 2 of 4 rows were skipped\n")
    assert list(csv.reader(io.StringIO(Path("bad.csv").read_text(encoding="utf-8")))) == [
        ["file", "line", "reason", "row"],
        ["t.csv", "3", "column 'x1': 'x' is not a number", "x,2"],
        ["t.csv", "4", "1 cell, expected 2", "1"],
    ]


@pytest.mark.parametrize(
    "table",
    [
        "\ufeffx1,x2\n1,2\n",
        "x1,x2\r\n1,2\r\n",
        "x1,x2\r1,2\r",
        '"x1","x2"\n"1","2"\n',
        "x1,x2\n1,2\n\n\n",
        "x1,x2\n 1e0 ,\t+2.\n",
        "x1,x2\n+.1e1,2\n",
    ],
)
def test_07_what_exports_look_like_is_read(forward: Forward, table: str) -> None:
    assert forward(table) == (0, "dog,cat\n5.0,-1.5\n", "")


def test_07_compressed_tab_separated_and_semicolons(forward: Forward) -> None:
    good = "dog,cat\n5.0,-1.5\n"
    assert forward(gzip.compress(b"x1,x2\n1,2\n"), name="t.csv.gz").out == good
    assert forward("x1;x2\n1;2\n", "-d", ";").out == good
    assert forward("x1\tx2\n1\t2\n", name="t.tsv").out == good
    assert forward("x1\tx2\n1\t2\n", "--tsv").out == good.replace(",", "\t")
    hint = forward("x1;x2\n1;2\n")
    assert hint.status == 2
    assert "-d ';'" in hint.err


@pytest.mark.parametrize("cell", ["0x1F", "1_000", "\u0661", "\u22121", "nan", "inf", "1e400", '""', "1,5"])
def test_07_what_is_no_number_here_is_refused(forward: Forward, cell: str) -> None:
    assert forward(f"x1,x2\n{cell},2\n").status == 2


def test_07_nan_and_inf_only_where_allowed(forward: Forward) -> None:
    assert forward("x1,x2\nnan,2\n-inf,2\n", "--allow-nonfinite").out == "dog,cat\nnan,nan\n-inf,-inf\n"
    assert forward("x1,x2\n1e400,2\n", "--allow-nonfinite").status == 2


# Output


def test_08_the_suffix_of_the_output_sets_its_format(forward: Forward) -> None:
    for name, text in (
        ("o.tsv", "t\tdog\tcat\na\t5.0\t-1.5\n"),
        ("o.jsonl", '{"t": "a", "dog": 5.0, "cat": -1.5}\n'),
        ("o.json", '[\n{"t": "a", "dog": 5.0, "cat": -1.5}\n]\n'),
    ):
        assert forward("x1,x2,t\n1,2,a\n", "-o", name) == (0, "", "")
        assert Path(name).read_text(encoding="utf-8") == text
    forward("x1,x2,t\n1,2,a\n", "-o", "o.json", "-f", "csv")
    assert Path("o.json").read_text(encoding="utf-8") == "t,dog,cat\na,5.0,-1.5\n"


def test_09_a_table_for_people_is_never_cut(forward: Forward) -> None:
    table = "x1,x2,name\n" + "".join(f"{i}.25,1e9,{'row' * 20}{i}\n" for i in range(30))
    shown = forward(table, "-f", "table").out
    assert "..." not in shown
    assert "\u2026" not in shown
    assert all(f"{'row' * 20}{i} " in shown and f"{2e9 + i + 0.25:.2f}" in shown for i in range(30))
    assert "| " in forward(table, "-f", "markdown").out


def test_10_numbers_read_back_and_json_is_valid(forward: Forward) -> None:
    table = "x1,x2\n0.1,1e-9\n1e308,1e308\n"
    out = forward(table).out.splitlines()
    assert [float(cell) for cell in out[1].split(",")] == [0.1 + 2e-9, 0.05 - 1e-9]
    written = forward(table, "-f", "json")
    assert json.loads(written.out)[1] == {"dog": None, "cat": pytest.approx(-5e307)}
    assert "null" in written.err


def test_11_the_header_is_written_for_zero_rows(forward: Forward) -> None:
    assert forward("x1,x2,t\n").out == "t,dog,cat\n"
    assert forward("x1,x2,t\n", "-f", "json").out == "[]\n"
    assert forward("").status == 2


def test_13_cells_are_text_whatever_they_look_like(forward: Forward) -> None:
    odd = "[red]a[/red]", "[/]", ":cat:", "=1+1"
    table = "x1,x2,t\n" + "".join(f"1,2,{cell}\n" for cell in odd)
    assert [line.split(",")[0] for line in forward(table).out.splitlines()[1:]] == list(odd)
    guarded = forward(table + "1,2,-5\n", "--escape-formulas").out.splitlines()
    assert guarded[-2:] == ["'=1+1,5.0,-1.5", "-5,5.0,-1.5"]


def test_13_a_terminal_is_shown_escapes_not_obeying_them(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    (tmp_path / "t.csv").write_text("x1,x2,t\n1,2,\x1b[31mred\n", encoding="utf-8")
    terminal, end = pty.openpty()
    subprocess.run([*COMMAND, "forward", "net.yaml", "t.csv"], stdout=end, cwd=tmp_path, env=ENVIRONMENT, check=True)
    shown = os.read(terminal, 10_000)
    os.close(end)
    os.close(terminal)
    assert b"\\x1b[31mred,5.0" in shown
    assert b"\x1b" not in shown


# Process


def test_14_progress_is_shown_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    tally = Progress(rows=1234, bytes_read=1, bytes_total=4)
    terminal, end = pty.openpty()
    with open(end, "w") as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        with progress.shown_progress(tally, progress.described):
            shown = os.read(terminal, 10_000)  # waits until something is shown
        shown += os.read(terminal, 10_000)
        assert shown.startswith(b"\r1,234 rows, ")
        assert b"25 % of the input" in shown
        assert shown.endswith(b"\r\x1b[K")
    os.close(terminal)
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress.shown_progress(tally, progress.described):
        time.sleep(0.2)
    monkeypatch.undo()
    assert pipe.getvalue() == ""


def test_15_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("150,4,5\n" * 200_000, encoding="utf-8")
    line = f"{sys.executable} -m nnlec forward configs/house-price.yaml {table} | head -n 1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", line], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("price\n141\n", "")


def test_16_ctrl_c_is_130() -> None:
    running = subprocess.Popen(
        [*COMMAND, "forward", "configs/house-price.yaml"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(b"150,4,5\n")
    running.stdin.flush()
    assert running.stdout.readline() == b"price\n"
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"Traceback" not in err


def test_17_slow_lines_are_answered_one_by_one() -> None:
    with subprocess.Popen(
        [*COMMAND, "forward", "configs/house-price.yaml", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=ENVIRONMENT,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(b"150,4,5\n")
        running.stdin.flush()
        assert [running.stdout.readline(), running.stdout.readline()] == [b"price\n", b"800000.0\n"]
        running.stdin.write(b"150,4,5\n")
        running.stdin.flush()
        assert running.stdout.readline() == b"800000.0\n"
        running.stdin.close()
        assert running.wait(20) == 0


def test_18_file_and_pipe_give_the_same_bytes(nnlec: Nnlec) -> None:
    file = nnlec("forward", "configs/digits.yaml", "configs/digits.csv")
    pipe = nnlec("forward", "configs/digits.yaml", stdin=(ROOT / "configs/digits.csv").read_text(encoding="utf-8"))
    assert file.stdout == pipe.stdout
    threads = nnlec("forward", "configs/digits.yaml", "configs/digits.csv", OPENBLAS_NUM_THREADS="2")
    assert file.stdout == threads.stdout


def test_19_a_failed_run_leaves_the_old_file(forward: Forward) -> None:
    Path("o.csv").write_text("old", encoding="utf-8")
    assert forward("x1,x2\n1,2\n1,x\n", "-o", "o.csv").status == 2
    assert Path("o.csv").read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir()) == ["net.yaml", "o.csv", "t.csv"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_19_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            [*COMMAND, "forward", "configs/iris.yaml", "configs/iris.csv"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=ENVIRONMENT,
            check=False,
        )
    assert ran.returncode == 2
    assert ran.stderr == b"Error: standard output: cannot write: No space left on device\n"
