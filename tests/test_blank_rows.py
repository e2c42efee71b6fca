"""`--on-bad blank`: a row that cannot be read stays in its place, without results: output lines up with input."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from nnlec.tables.engines import Progress, Source, engine
from nnlec.tables.plan import write_table
from nnlec.tables.writers import writer
from tests.conftest import examples
from tests.test_engines import NAMES, ONE_BY_ONE, Sums, run, tables
from tests.transcripts import run as typed
from tests.transcripts import workplace

quiet = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows_of(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode("utf-8", "surrogateescape"), newline="")))


@quiet
@given(tables(), st.integers(20, 200))
@example(b"a,t,b\n1,x,2\n,y,2\n\n3,z,4\n", 20)
@example(b'a,t,b\n1,x\n2,"y\nz",q\n3,z,4\n', 30)
def test_engines_leave_the_same_rows_blank(tmp_path: Path, data: bytes, block: int) -> None:
    blank = run(ONE_BY_ONE, data, tmp_path, on_bad="blank")
    for name in NAMES:
        assert run(engine(name), data, tmp_path, on_bad="blank") == blank
        assert run(engine(name), data, tmp_path, on_bad="blank", block=block) == blank
    skipped = run(ONE_BY_ONE, data, tmp_path, on_bad="skip")
    assert blank[1:] == skipped[1:]
    with_results = [row for row in rows_of(blank[0]) if row[-1] != ""]
    assert with_results == rows_of(skipped[0])
    assert len(rows_of(blank[0])) == len(with_results) + blank[2]


@quiet
@given(st.lists(st.sampled_from(["1,x,2", "1,y,", "n,z,2", "1", "1,x,2,3", "1e999,w,0", "0.5,v,-1"]), max_size=20))
def test_the_output_lines_up_with_the_input(tmp_path: Path, lines: list[str]) -> None:
    out, error, skipped = run(engine("stream"), "\n".join(["a,t,b", *lines]).encode(), tmp_path, on_bad="blank")
    assert error == ""
    written = rows_of(out)[1:]
    assert len(written) == len(lines)
    good = ["1,x,2", "0.5,v,-1"]
    for line, row in zip(lines, written, strict=True):
        cells = line.split(",")
        assert row[0] == (cells[1] if len(cells) == 3 else "")
        assert (row[1] != "") == (line in good)
    assert skipped == sum(line not in good for line in lines)


TABLE = b"a,t,b\n1,x,2\noops,y,2\n3,z,4\n"


def results(form: str, tmp_path: Path) -> bytes:
    path, written = tmp_path / "t.csv", list[bytes]()
    path.write_bytes(TABLE)
    made = engine("stream")
    rows = writer(form, written.append, made.number_lines)
    write_table(made, Source((str(path),), on_bad="blank"), Sums.of, rows, Progress())
    return b"".join(written)


def test_blank_results_are_null_where_there_is_a_null(tmp_path: Path) -> None:
    import polars as pl

    empty = {"t": "y", "sum": None, "difference": None}
    rows: list[Any] = json.loads(results("json", tmp_path))
    assert rows[1] == empty
    assert [json.loads(line) for line in results("jsonl", tmp_path).splitlines()] == rows
    frame = pl.read_parquet(results("parquet", tmp_path))
    assert frame.to_dicts() == rows
    assert frame["sum"].dtype == pl.Float64


@pytest.mark.parametrize("form", ["parquet", "npy"])
def test_typed_rows_stay_in_their_place(tmp_path: Path, form: str) -> None:
    import polars as pl

    numbers = np.array([[1.0, 2], [np.nan, 3], [4, 5]])
    source = tmp_path / f"t.{form}"
    if form == "npy":
        np.save(source, numbers)
    else:
        pl.from_numpy(numbers, schema=["a", "b"]).write_parquet(source)
    with workplace():
        ran = typed(f"nnlec softmax {source} --columns 1,2 --on-bad blank --bad-rows bad.csv")
        assert ran.code == 1
        assert ran.stderr == "Note: 1 of 3 rows have no results\n"
        lines = ran.stdout.splitlines()
        assert [line.split(",")[2:] == ["", ""] for line in lines] == [False, False, True, False]
        assert Path("bad.csv").read_text().count("\n") == 2


def test_a_row_of_one_blank_result_is_no_blank_line() -> None:
    with workplace():
        ran = typed("printf '1,2,3\\n4,5\\n6,7,8\\n' | nnlec forward configs/house-price.yaml --on-bad blank")
    assert ran.stdout.splitlines()[2] == '""'


@pytest.mark.parametrize("wanted", ["", " --predict", " --top-k 2", " --logits", " --layer all"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "identity"])
def test_a_block_may_have_no_good_row(wanted: str, activation: str) -> None:
    classes = {"softmax": 3, "sigmoid": 1, "identity": 1}[activation]
    layer = f"{{weights: {[[1] * classes] * 2}, bias: {[0] * classes}, activation: {activation}}}"
    with workplace():
        Path("net.yaml").write_text(f"layers: [{layer}]\n")
        Path("bad.csv").write_text("1,a\n1,b\n")
        for exact in ("", " --exact"):
            ran = typed(f"nnlec forward net.yaml bad.csv --no-header --on-bad blank{wanted}{exact}")
            if wanted == " --top-k 2" and activation == "identity":
                assert "the likeliest classes are those of a network with probabilities" in ran.stderr
                continue
            assert (ran.code, ran.stderr) == (1, "Note: 2 of 2 rows have no results\n")
            header, *rows = ran.stdout.splitlines()
            assert rows == ["," * header.count(",") or '""'] * 2
