"""Parquet: types pass through as they are, text as it was written, and a table of any length in flat memory."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from nnlec.tables.engines import engine
from nnlec.tables.rows import JsonValue
from tests.conftest import examples
from tests.test_engines import NAMES, TEXT, run
from tests.test_reading_text import read
from tests.transcripts import run as typed

pl = pytest.importorskip("polars", reason="the fast engine is not installed")

from nnlec.tables.engines import parquet  # noqa: E402
from nnlec.tables.writers.parquet import ParquetRows  # noqa: E402

quiet = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
NETWORK = "layers: [{weights: [[1], [2]], bias: [0.5], activation: identity}]\ninputs: [a, b]\noutputs: [sum]\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NETWORK)
    return tmp_path


def test_types_survive() -> None:
    frame = pl.DataFrame(
        {
            "id": [7, None, 2**62 + 1],
            "small": pl.Series([1, 2, 3], dtype=pl.UInt8),
            "code": ["007", "1", None],
            "day": [datetime.date(2026, 1, 2), None, datetime.date(2026, 1, 3)],
            "exact": [0.1, 0.2, float("nan")],
            "right": [True, False, None],
            "a": [1.0, 2.0, 3.0],
            "b": [1, 2, 3],
        }
    )
    frame.write_parquet("t.parquet")
    ran = typed("nnlec forward net.yaml t.parquet -o out.parquet")
    assert (ran.code, ran.stderr) == (0, "")
    out = pl.read_parquet("out.parquet")
    kept = frame.drop("a", "b")
    assert out.drop("sum").schema == kept.schema
    assert out.drop("sum").equals(kept, null_equal=True)
    assert out["sum"].to_list() == [3.5, 6.5, 9.5]
    ran = typed("cat t.parquet | nnlec forward net.yaml --from parquet -f parquet | cat > piped.parquet")
    assert (ran.code, ran.stderr) == (0, "")
    assert pl.read_parquet("piped.parquet").equals(out, null_equal=True)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_number_that_is_not_finite_is_taken_only_when_asked(number: str) -> None:
    pl.DataFrame({"a": [1.0, float(number)], "b": [2.0, 3.0]}).write_parquet("t.parquet")
    ran = typed("nnlec forward net.yaml t.parquet")
    assert (ran.code, ran.stderr) == (2, f"Error: t.parquet: row 2: column 'a': {number} is not a finite number\n")
    ran = typed("nnlec forward net.yaml t.parquet --allow-nonfinite")
    assert (ran.code, ran.stdout) == (0, f"sum\n5.5\n{number}\n")


def test_ids_stay_what_they_were_in_json() -> None:
    pl.DataFrame({"id": [7], "code": ["007"], "mark": ["1"], "a": [1.0], "b": [2.0]}).write_parquet("t.parquet")
    written = json.loads(typed("nnlec forward net.yaml t.parquet -f jsonl").stdout)
    assert written == {"id": 7, "code": "007", "mark": "1", "sum": 5.5}
    Path("t.jsonl").write_text('{"id": 7, "code": "007", "mark": "1", "a": 1, "b": 2}\n')
    line = typed("nnlec forward net.yaml t.jsonl -f jsonl").stdout
    assert line == '{"id": 7, "code": "007", "mark": "1", "sum": 5.5}\n'


@pytest.mark.parametrize("at_once", [0, 1 << 26])
def test_json_has_types_too(at_once: int) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": 7,
            "code": "007",
            "x": 1,
            "right": True,
            "note": None,
            "mixed": 1,
            "big": 10**30,
            "list": [1],
            "none": None,
        },
        {
            "id": 8,
            "code": "null",
            "x": 1.5,
            "right": None,
            "note": "y",
            "mixed": "1",
            "big": 2,
            "list": [],
            "none": None,
        },
    ]
    Path("t.jsonl").write_text("".join(json.dumps(row | {"a": 1, "b": 2}) + "\n" for row in rows))
    with patch("nnlec.tables.writers.parquet._AT_ONCE", at_once):
        assert typed("nnlec forward net.yaml t.jsonl -o out.parquet").code == 0
    out = pl.read_parquet("out.parquet")
    assert out.to_dicts() == [
        row
        | {"x": float(row["x"]), "mixed": "1", "big": float(row["big"]), "list": json.dumps(row["list"]), "sum": 5.5}
        for row in rows
    ]
    assert out.schema["id"] == pl.Int64


def test_blank_rows_leave_the_types_of_json_alone() -> None:
    Path("t.jsonl").write_text('{"id": 7, "a": 1, "b": 2}\n{"id": 8, "a": "?", "b": 2}\n{"nothing": 1}\n')
    assert typed("nnlec forward net.yaml t.jsonl -o out.parquet --on-bad blank").code == 1
    assert pl.read_parquet("out.parquet")["id"].to_list() == [7, 8, None]


@quiet
@given(st.lists(st.tuples(TEXT, TEXT), max_size=8), st.sampled_from([0, 1 << 26]))
def test_text_passes_as_it_was_written(tmp_path: Path, texts: list[tuple[str, str]], at_once: int) -> None:
    """With quotes or without, in memory or set aside on disk: the cells are those that CSV shows."""
    data = "\n".join(["a,t,b,u", *(f"1,{t},2,{u}" for t, u in texts)]).encode()
    as_csv, error, _ = run(engine("stream"), data, tmp_path)
    assert error == ""
    expected = pl.read_csv(as_csv, infer_schema=False).fill_null("").rows() if texts else []
    for name in NAMES:
        with patch("nnlec.tables.writers.parquet._AT_ONCE", at_once):
            out, error, _ = run(
                engine(name), data, tmp_path, lambda write, _: ParquetRows(write), block=40 if at_once == 0 else 0
            )
        assert error == ""
        (tmp_path / "out.parquet").write_bytes(out)
        frame = pl.read_parquet(tmp_path / "out.parquet")
        assert frame.columns == ["t", "u", "sum", "difference"]
        assert [(t, u, repr(s), repr(d)) for t, u, s, d in frame.rows()] == expected


def test_a_table_without_rows_is_one() -> None:
    Path("t.csv").write_text("a,b,day\n")
    assert typed("nnlec forward net.yaml t.csv -o out.parquet").code == 0
    assert pl.read_parquet("out.parquet").schema == {"day": pl.String, "sum": pl.Float64}


def test_pandas_and_duckdb_read_what_is_written() -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    Path("t.csv").write_text("a,b,day\n" + "1,2,Mon\n" * 5000)
    assert typed("nnlec forward net.yaml t.csv -o out.parquet").code == 0
    assert duckdb.sql("select day, sum(sum), count(*) from 'out.parquet' group by day").fetchall() == [
        ("Mon", 27500.0, 5000)
    ]


def test_a_full_disk_is_an_error() -> None:
    Path("t.csv").write_text("a,b,day\n" + "1,2,Mon\n" * 5000)
    ran = typed("nnlec forward net.yaml t.csv -f parquet -o /dev/full")
    assert (ran.code, ran.stderr) == (2, "Error: /dev/full: cannot write: No space left on device\n")


def test_other_bytes_are_no_parquet() -> None:
    Path("t.parquet").write_text("a,b\n1,2\n")
    ran = typed("nnlec forward net.yaml t.parquet")
    assert (ran.code, ran.stderr) == (2, "Error: t.parquet: cannot be read as Parquet: it begins otherwise\n")
    Path("t.parquet").write_text("PAR1" + "x" * 100)
    ran = typed("cat t.parquet | nnlec forward net.yaml --from parquet")
    assert ran.code == 2
    assert ran.stderr.startswith("Error: <stdin>: cannot be read as Parquet: ")


def stored(frame: Any) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


FRAME = {"a": [1.5, None, 3.0, 4.0, 5.0], "b": [1, 2, 3, 4, None], "t": ["x", None, "z", "", "w"]}


@pytest.mark.parametrize("at_a_time", [1 << 16, 1, 2])
def test_cells_that_are_empty_or_not_finite_are_named_with_their_row(
    tmp_path: Path, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_BATCH", at_a_time)
    data = stored(pl.DataFrame({**FRAME, "a": [1.5, None, 3.0, float("nan"), 5.0]}))
    how: dict[str, Any] = {"suffix": ".parquet", "made": engine("polars")}
    skipped = read(tmp_path, data, numbers=(1, 0), on_bad="skip", **how)
    bad = [
        (2, "column 'a': the cell is empty"),
        (4, "column 'a': nan is not a finite number"),
        (5, "column 'b': the cell is empty"),
    ]
    assert [(line, reason) for line, reason, _ in skipped.bad] == bad
    assert skipped.numbers == [[1, 1.5], [3, 3.0]]
    assert skipped.rows == [["1.5", "1", "x"], ["3.0", "3", "z"]]
    assert skipped.names == ("a", "b", "t")
    assert skipped.header is not None
    assert skipped.header.first == ("1.5", "1", "x")
    blank = read(tmp_path, data, numbers=(1,), on_bad="blank", **how)
    assert [row is None for row in blank.rows] == [False] * 4 + [True]
    assert [row[2] for row in blank.rows if row] == ["x", "", "z", ""]
    stopped = read(tmp_path, data, numbers=(0, 1), **how)
    assert (stopped.error, len(stopped.rows)) == ("t1.parquet: row 2: column 'a': the cell is empty", 1)
    allowed = read(tmp_path, data, numbers=(0,), nonfinite=True, on_bad="skip", **how)
    assert [repr(value) for (value,) in allowed.numbers] == ["1.5", "3.0", "nan", "5.0"]
    text = read(tmp_path, data, numbers=(2,), **how)
    assert text.error == "t1.parquet: column 't' holds String, expected numbers"
    without = read(tmp_path, data, **how)
    assert (len(without.rows), without.error) == (5, "")


def test_further_parquet_files_have_the_same_columns(tmp_path: Path) -> None:
    how: dict[str, Any] = {"suffix": ".parquet", "made": engine("polars"), "numbers": (0,)}
    one, other = stored(pl.DataFrame({"a": [1.0, 2.0]})), stored(pl.DataFrame({"b": [1.0]}))
    assert read(tmp_path, one, one, **how).numbers == [[1], [2], [1], [2]]
    assert read(tmp_path, one, other, **how).error == "t2.parquet: other columns than in t1.parquet"
    damaged = read(tmp_path, one[:-9], **how).error
    assert damaged.startswith("t1.parquet: cannot be read as Parquet: ")
    assert "File out of specification" in damaged or len(damaged) > 60
    assert read(tmp_path, b"PAR2", **how).error == "t1.parquet: cannot be read as Parquet: it begins otherwise"
    empty = read(tmp_path, stored(pl.DataFrame({"a": [1.0]}).head(0)), **how)
    assert (empty.names, empty.rows, empty.error) == (("a",), [], "")
    assert empty.header is not None
    assert empty.header.first == ()


def test_cells_of_parquet_are_numbers_in_json_only_where_they_are() -> None:
    cells = parquet.cells_of(pl.Series([1.5, None, float("nan"), 1e22]))
    assert cells == ["1.5", "", "nan", "1e+22"]
    assert [type(cell) is JsonValue for cell in cells] == [True, False, False, True]
    assert parquet.cells_of(pl.Series(["7", None])) == ["7", ""]
    assert not any(type(cell) is JsonValue for cell in parquet.cells_of(pl.Series(["7", "x"])))
    assert parquet.cells_of(pl.Series([True, None])) == ["True", ""]
    assert parquet.cells_of(pl.Series([datetime.date(2026, 1, 2)])) == ["2026-01-02"]
