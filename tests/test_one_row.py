"""One row of a table as an example: the same as the row typed, whatever format, engine and rows around it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.conftest import examples
from tests.transcripts import run

NETWORK = "inputs: [a, b]\nlayers: [{weights: [[1.5], [-2]], bias: [0.1], activation: sigmoid}]\n"
quiet = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELL = st.floats(-1e6, 1e6).map(repr) | st.sampled_from(["1.50", "007", ".5", "1e-3"])


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NETWORK)
    return tmp_path


@quiet
@given(st.lists(st.tuples(CELL, CELL) | st.just(("oops", "1")), min_size=1, max_size=30), st.data())
def test_a_row_is_worked_out_as_if_it_were_typed(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    Path("t.csv").write_text("id,a,b\n" + "".join(f"r{i},{a},{b}\n" for i, (a, b) in enumerate(rows, start=1)))
    number = data.draw(st.integers(1, len(rows)))
    a, b = rows[number - 1]
    form = data.draw(st.sampled_from(["table", "markdown", "latex", "json", "csv"]))
    typed = run(f"nnlec forward net.yaml --input a={a},b={b} -f {form}")
    for engine in ("stream", "polars"):
        by_number = run(f"nnlec forward net.yaml t.csv --row {number} -f {form} --engine {engine}")
        by_name = run(f"nnlec forward net.yaml t.csv --where id=r{number} -f {form} --engine {engine}")
        assert by_number == by_name
        if a == "oops":
            assert (by_name.code, by_name.stdout) == (2, "")
            assert by_name.stderr == f"Error: t.csv:{number + 1}: column 'a': 'oops' is not a number\n"
        else:
            assert by_name == typed


def test_every_format_of_tables_has_rows() -> None:
    rows = np.array([[1.0, 2], [3, 4], [0.5, -1]])
    np.save("t.npy", rows)
    np.savez("t.npz", a=rows[:, 0], b=rows[:, 1])
    Path("t.json").write_text(json.dumps([{"a": a, "b": b} for a, b in rows.tolist()], indent=1))
    Path("t.txt").write_text("a  b\n" + "\n".join(f" {a} \t{b} " for a, b in rows.tolist()))
    typed = run("nnlec forward net.yaml --input 3,4 --steps")
    assert typed.code == 0
    for words in ("t.npy", "t.npz", "t.json", "t.txt -d blank"):
        assert run(f"nnlec forward net.yaml {words} --row 2 --steps") == typed
    assert run("cat t.txt | nnlec forward net.yaml -d blank --where a=3 --steps") == typed


def test_rows_are_counted_over_all_files_and_blank_lines_do_not_count() -> None:
    Path("s.csv").write_text("a,b\n1,2\n\n\n")
    Path("t.csv").write_text("a,b\n3,4\n5,6\n")
    typed = run("nnlec forward net.yaml --input 5,6")
    assert run("nnlec forward net.yaml s.csv t.csv --row 3") == typed
    assert run("nnlec forward net.yaml s.csv t.csv --row 4").stderr == "Error: --row: there are 3 rows, no row 4\n"


def test_a_row_far_down_is_found_without_reading_on() -> None:
    Path("t.csv").write_text("a,b\n" + "1,2\n" * 200_000 + "3,4\n" + "x,y\n" * 1000)
    assert run("nnlec forward net.yaml t.csv --row 200001") == run("nnlec forward net.yaml --input 3,4")


def test_a_value_may_hold_an_equals_sign() -> None:
    Path("t.csv").write_text("x=y,a,b\n1=2,1,2\n2=3,3,4\n")
    typed = run("nnlec forward net.yaml --input 3,4")
    assert run("nnlec forward net.yaml t.csv --where x=y=2=3") == typed
