"""Every engine gives the same bytes and the same errors, whatever the table and wherever the blocks end."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnlec.arithmetic.numbers import NumeralError, parse_number
from nnlec.arithmetic.parse_floats import decimals
from nnlec.errors import NnlecError
from nnlec.tables import engines
from nnlec.tables.engines import Engine, Progress, Source, engine, engine_for
from nnlec.tables.header import Header
from nnlec.tables.plan import write_table
from nnlec.tables.rows import Rows, Selection
from nnlec.tables.writers.rows import JsonRows, SeparatedRows
from tests.conftest import examples

pytest.importorskip("polars", reason="the fast engine is not installed")

NAMES = ("stream", "polars")


@dataclass(frozen=True)
class Sums:
    """Adds the sum of columns a and b, and their difference; everything else passes through."""

    selection: Selection
    passthrough_names: tuple[str, ...]
    added: tuple[str, ...] = ("sum", "difference")

    @classmethod
    def of(cls, header: Header) -> Sums:
        a, b = header.find("a"), header.find("b")
        passed = header.without((a, b))
        return cls(Selection((b, a), (), passed), header.names_of(passed, {}))

    def compute(self, rows: Rows) -> tuple[Any, ...]:
        return (rows.numbers @ [[1.0, -1.0], [1.0, 1.0]],)

    def end(self) -> None:
        """Nothing is said of all rows."""


def run(made: Engine, data: bytes, folder: Path, writer: Any = SeparatedRows, **how: Any) -> tuple[bytes, str, int]:
    """What is written, the error or "", and the number of rows skipped."""
    path = folder / "t.csv"
    path.write_bytes(data)
    written: list[bytes] = []
    progress = Progress()
    try:
        write_table(made, Source((str(path),), **how), Sums.of, writer(written.append, made.number_lines), progress)
    except NnlecError as error:
        return b"".join(written), str(error).replace(str(folder), ""), progress.skipped
    return b"".join(written), "", progress.skipped


GOOD = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.from_regex(
    r"\A[+-]?([0-9]{1,25}\.?[0-9]{0,25}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?\Z"
)
ODD = st.sampled_from(
    ["", " ", "nan", "inf", "0x1F", "1_0", "1e", "e5", "--1", "1 2", "1,5", "1e400", "\u22121", "\uff11", "+", ".", "-",
     '"1"', ' "1"', '"1"x', '"1\n"', "1;2", "NULL", "1.#INF", "\x00", "1\r", "true", "0b1", "1e5e5", "=1", "\x0b1"]
)  # fmt: skip
TEXT = st.sampled_from(
    ["cat", "007", "1", '"a,b"', '"two\nlines"', '"say ""x"""', "\u00e9", "a b", "-", "=1+1", "", "x;y"]
)


def cells(odd: bool) -> st.SearchStrategy[str]:
    padded = st.tuples(st.sampled_from(["", " ", "\t"]), GOOD, st.sampled_from(["", "  "])).map("".join)
    return st.one_of(GOOD, padded, ODD) if odd else st.one_of(GOOD, padded)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    number = cells(draw(st.booleans()))
    if draw(st.booleans()):
        number |= number.filter(lambda cell: '"' not in cell).map('"{}"'.format)
    rows = draw(st.lists(st.tuples(number, TEXT, number), max_size=12))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = ["a,t,b", *(",".join(row) for row in rows)]
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["", "1,2", "1,2,3,4", "a,t,b", "#"])))
    return (end.join(lines) + draw(st.sampled_from(["", end, end * 3]))).encode()


ONE_BY_ONE = engine("stream")._replace(read_block=lambda *_: None)
"""Reads no block at once: every row is read as a record of its own."""


@examples(120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.integers(20, 200), st.sampled_from(["stop", "skip"]))
@example(b'a,t,b\n"1.5","x, ""y""\nz","2"\n"1,5",x,""\n3,"x"y,4\n', 200, "skip")
@example(b'a,t,b\r\n"1","x\ry",2\r\n\r\n1,"x\r\ny",2\r\n', 200, "skip")
@example(b'"a","t","b"\n"1","x","2"\n"1""5","x","2"\n"","x","2"\n"1,5","","2"\n1,5,"2\n', 200, "skip")
@example(b'a,t,b\n"1","two\nlines","2"\n"3\n4",x,5\n6,"a,""b""",7\n', 200, "skip")
@example(b"a,t,b\n0.0,,0.0\n0.0,cat,\t0.0", 20, "stop")
@example(b"a,t,b\n1,x,2\n0.00003,x,-0.00004\n1e22,x,10.00001\n1e-7,x,100000\n", 20, "stop")
def test_engines_agree_on_every_table(tmp_path: Path, data: bytes, block: int, on_bad: str) -> None:
    whole = run(ONE_BY_ONE, data, tmp_path, on_bad=on_bad)
    for name in NAMES:
        assert run(engine(name), data, tmp_path, on_bad=on_bad, block=block) == whole
        assert run(engine(name), data, tmp_path, on_bad=on_bad) == whole
    with patch("nnlec.tables.engines.polars_engine._WIDE", 1):  # these tables count as wide
        assert run(engine("polars"), data, tmp_path, on_bad=on_bad) == whole


def test_a_blank_line_above_rows_is_an_error_wherever_blocks_end(tmp_path: Path) -> None:
    data = b"a,t,b\n1,x,2\n3,y,4\n\n5,z,6\n"
    expected = run(ONE_BY_ONE, data, tmp_path)
    assert "t.csv:4: a blank line, and more rows below it" in expected[1]
    for block in range(1, len(data) + 1):
        assert run(engine("stream"), data, tmp_path, block=block) == expected, block


VALUES = st.sampled_from(
    ["01", "-01", ".5", "-.5", "+1", "1.", "1.e5", "1e+05", "-", "", "1", "2.5", "-0.0", "1.50",
     "1e400", "0.1E1", '"1.5"', '"x"', '"nan"', "NaN", "Infinity", "null", "true", "[1, 2]"]
) | st.floats().map(json.dumps)  # fmt: skip
MARKS = st.sampled_from([(", ", ": "), (",", ":"), (" ,", ": "), (",", " : ")])
ORDERS = st.sampled_from(["atb", "atb", "atb", "bta", "at", "atbb", "atbc", ""])


@st.composite
def json_lines(draw: st.DrawFn) -> bytes:
    marks = comma, colon = draw(MARKS)
    lines = [f'{{"a"{colon}1{comma}"t"{colon}"x"{comma}"b"{colon}2}}']
    usual = st.floats(allow_nan=False, allow_infinity=False).map(json.dumps)
    odd_ones = draw(st.booleans())
    for keys in draw(st.lists(ORDERS if odd_ones else st.just("atb"), max_size=6)):
        values = [draw(VALUES if odd_ones or key == "t" else usual) for key in keys]
        comma, colon = marks if not odd_ones else draw(MARKS)
        members = [f'"{key}"{colon}{value}' for key, value in zip(keys, values, strict=True)]
        lines.append("{" + comma.join(members) + "}")
    if odd_ones and draw(st.booleans()):
        odd = st.sampled_from(["", "{", "[]", "7", '{"a": 1} {}', "\v{}", '"abt"', '{"a":1,"t":[],"b":2}x', "\u00e9"])
        lines.insert(draw(st.integers(1, len(lines))), draw(odd))
    return draw(st.sampled_from(["\n", "\r\n", "\n\r", "\n\n"])).join(lines).encode()


@examples(120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(b'{"a":1,"t":"x","b":2}\n{"b":3,"t":"y","a":4}', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":"y","b":"1.5"}', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n[["a",3],["t","y"],["b",4]]', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":"y","b":4} {}', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":"y","t":"z","b":4}', 200, "skip", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":1.50,"b":4}\r\n{"a":3,"t":[1.50,{}],"b":4}\r\n', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":"\\"}","b":4}\n{"a":3,"t":"a,b:c}","b":4}\n', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":1],"b":4}\n{"a":3,"t":[1,"b":4}\n', 200, "skip", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":,"b":4}\n{"a":3,"t": ,"b":4}\n', 200, "skip", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":"a\tb","b":4}\n{"a":3,"t":tru,"b":4}\n', 200, "skip", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":' + b"[" * 900 + b"]" * 900 + b',"b":4}', 200, "stop", False)
@example(b'{"a":1,"t":"x","b":2}\n{"a":3,"t":"\\ud83d\\ude00","b":4}\n{"a":3,"t":"\\udc80","b":4}', 200, "stop", False)
@given(json_lines(), st.integers(20, 200), st.sampled_from(["stop", "skip"]), st.booleans())
def test_json_lines_are_read_alike_at_once_and_one_by_one(
    tmp_path: Path, data: bytes, block: int, on_bad: str, nonfinite: bool
) -> None:
    how = {"format": "jsonl", "on_bad": on_bad, "nonfinite": nonfinite}
    whole = run(ONE_BY_ONE, data, tmp_path, **how)
    for name in NAMES:
        assert run(engine(name), data, tmp_path, **how, block=block) == whole
        assert run(engine(name), data, tmp_path, **how) == whole


@pytest.mark.parametrize(
    "value", ["tru", "", " ", '"a\tb"', '"a\nb"', "01", "1],[2", "1 2", '"x', '"\\x"', "[1", "\\u0031"]
)
def test_a_value_that_nobody_reads_is_json_nevertheless(tmp_path: Path, value: str) -> None:
    data = f'{{"a":1,"t":"x","b":2}}\n{{"a":1,"t":{value},"b":2}}\n'.encode()
    with patch.object(Sums, "of", lambda _: Sums(Selection((2, 0)), ())):
        first = run(ONE_BY_ONE, data, tmp_path, format="jsonl")
        assert first[1].startswith("/t.csv:2: this is not JSON")
        assert [run(engine(name), data, tmp_path, format="jsonl") for name in NAMES] == [first, first]


@pytest.mark.parametrize("value", ["01", "-01", ".5", "-.5", "+1", "1.", "1.e5", "1e", "-"])
def test_a_number_that_is_none_in_json_is_found_beside_right_ones(tmp_path: Path, value: str) -> None:
    data = f'{{"a":0.5,"t":"x","b":-0.25}}\n{{"a":0,"t":"x","b":{value}}}\n{{"a":1e+2,"t":"x","b":0}}\n'.encode()
    with pytest.raises(json.JSONDecodeError):
        json.loads(value)
    for name in NAMES:
        assert run(engine(name), data, tmp_path, format="jsonl")[1].startswith("/t.csv:2: this is not JSON")


@pytest.mark.parametrize(("text", "problem"), [
    ('"\\ud800"', "\\ud800 is half a character, its other half is missing"),
    ("[" * 900 + "]" * 900, "this JSON is nested too deeply"),
])  # fmt: skip
def test_json_that_no_writer_could_write_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    data = f'{{"a": 1, "b": 2, "t": {text}}}\n'.encode()
    for name in NAMES:
        assert run(engine(name), data, tmp_path, format="jsonl") == (b"", f"/t.csv:1: {problem}", 0)


def refusal(cell: str) -> str:
    """What is wrong with a cell, or nothing."""
    try:
        parse_number(cell)
    except NumeralError as error:
        return error.what
    return ""


@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(GOOD | ODD, min_size=1, max_size=6))
@example([" "])
@example(["1", " ", "2"])
@example(["", "2"])
def test_no_engine_takes_what_the_grammar_refuses(tmp_path: Path, column: list[str]) -> None:
    """Engines read a column of cells exactly as `parse_number` reads each; one bad cell is one error."""
    column = [cell for cell in column if not set(cell) & set('"\n\r,')]
    data = "".join(f"{cell},0\n" for cell in ["a,b\n1", *column]).replace("a,b\n1,0", "a,b").encode()
    for name in NAMES:
        out, error, _ = run(engine(name), data, tmp_path)
        refused = next(filter(None, map(refusal, column)), "")
        assert (refused in error or "NUL" in error) if refused else error == ""
        if refused:
            continue
        values = [parse_number(cell) for cell in column]
        assert [float(line.split(",")[0]) for line in out.decode().split("\n")[1:-1]] == values


@settings(max_examples=100)
@given(st.lists(st.floats() | st.floats(1e-6, 1e-3), min_size=1, max_size=50))
def test_engines_spell_every_double_alike_and_it_reads_back(values: list[float]) -> None:
    column = np.array(values).reshape(-1, 1)
    spelt = engine("stream").number_lines(column, ",")
    assert engine("polars").number_lines(column, ",") == spelt
    assert all(
        float(text) == value or (math.isnan(value) and text == "nan")
        for text, value in zip(spelt.decode().split("\n"), values, strict=False)
    )


@examples(300)
@given(st.lists(st.text("0123456789.+-e19", max_size=9) | GOOD, min_size=1, max_size=4))
def test_decimals_are_correctly_rounded_or_left_to_others(cells: list[str]) -> None:
    text = (",".join([*cells, *["1"] * 80]) + "\n").encode()
    array = np.frombuffer(text, np.uint8)
    values = decimals(text, np.flatnonzero((array == ord(",")) | (array == ord("\n"))))
    if any(refusal(cell) for cell in cells):
        assert values is None or not np.isfinite(values).all()
    elif values is not None:
        assert [math.copysign(1, v) for v in values] == [
            math.copysign(1, float(cell)) for cell in [*cells, *["1"] * 80]
        ]
        assert values.tolist() == [float(cell) for cell in [*cells, *["1"] * 80]]
    else:
        assert any(len(cell) > 14 for cell in cells) or sum("e" in cell.lower() for cell in cells) > 3


def test_the_engine_follows_the_size_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LARGE", 100)
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_bytes(b"a,b\n1,2\n")
    large.write_bytes(b"a,b\n" + b"1,2\n" * 24)
    stream, polars = engine("stream"), engine("polars")
    assert engine_for(Source((str(small),))) == stream
    assert engine_for(Source((str(small), str(large)))) == polars
    assert engine_for(Source((str(tmp_path / "t.parquet"),))) == polars
    large.write_bytes(b"a,b\n" + b"1,2\n" * 23)
    assert engine_for(Source((str(large),))) == stream
    assert engine_for(Source((str(small),), "parquet")) == polars
    reader, writer = os.pipe()
    try:
        assert engine_for(Source((f"/dev/fd/{reader}",))) == stream
    finally:
        os.close(reader)
        os.close(writer)


def test_without_polars_there_is_one_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    monkeypatch.setattr(engines, "LARGE", 0)
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,2\n")
    assert engine_for(Source((str(tmp_path / "t.csv"),))) == engine("stream")
    with pytest.raises(NnlecError) as error:
        engine("polars")
    assert str(error.value) == 'the polars engine needs polars (pip install "nnlec[fast]")'


@pytest.mark.parametrize("name", NAMES)
def test_one_bad_cell_among_half_a_million_rows_is_found(tmp_path: Path, name: str) -> None:
    lines = [b"1.5,2"] * 500_000
    lines[399_999] = b"1.5,2O"
    data = b"a,b\n" + b"\n".join(lines)
    out, error, _ = run(engine(name), data, tmp_path)
    assert error == "/t.csv:400001: column 'b': '2O' is not a number"
    assert out.count(b"\n") == 400_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("block", "rows"), [(1 << 16, 10_000), (1 << 17, 10_000), (0, 40_000)])
def test_rows_that_straddle_blocks_are_neither_lost_nor_doubled(
    tmp_path: Path, name: str, block: int, rows: int
) -> None:
    long = '"one\nline, and ""another""' + "\n" * 8000 + '"'  # a block ends in some of these
    texts = [long if row % 397 == 0 else f"t{row}" for row in range(rows)]
    data = ("a,t,b\n" + "".join(f"{row},{text},0.5\n" for row, text in enumerate(texts))).encode()
    out, error, _ = run(engine(name), data, tmp_path, block=block)
    expected = [
        [text, repr(float(a) + 0.5), repr(float(a) - 0.5)]
        for a, text, _ in list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    ]
    assert error == ""
    assert list(csv.reader(io.StringIO(out.decode(), newline="")))[1:] == expected


@pytest.mark.parametrize("name", NAMES)
def test_what_came_before_the_damage_is_written(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(5)
    data = b"a,t,b\n" + b"".join(b"%.6g,x,%.6g\n" % (a, b) for a, b in rng.normal(size=(150_000, 2)).tolist())
    whole, _, _ = run(engine(name), data, tmp_path)
    out, error, _ = run(engine(name), gzip.compress(data, 1)[:-100_000], tmp_path)
    assert error == "/t.csv: the gzip data ends early: the file was cut short"
    assert whole.startswith(out)
    assert out.count(b"\n") > 100_000


def test_an_unclosed_quote_is_named_and_not_read_to_the_end(tmp_path: Path) -> None:
    out, error, _ = run(engine("stream"), b'a,t,b\n1,"2,3\n' + b"1,2,3\n" * 1_000_000, tmp_path)
    assert error == "/t.csv:2: the quote opened in this row is never closed"
    assert out == b"t,sum,difference\n"


def read_slowly(pieces: Sequence[bytes], name: str) -> list[bytes]:
    """What was written after each piece of input came through a pipe."""
    reader, writer = os.pipe()
    saved = os.dup(0)
    os.dup2(reader, 0)
    seen: list[bytes] = []

    class Feeding:
        """Hands out the next piece each time the engine has said all it can."""

        def __init__(self) -> None:
            self.left = list(pieces)
            self.feed()

        def feed(self) -> None:
            if self.left:
                os.write(writer, self.left.pop(0))
                if not self.left:
                    os.close(writer)

        def __call__(self, data: bytes) -> None:
            seen.append(data)
            if len(seen) > 1:
                self.feed()

    made = engine(name)
    try:
        write_table(made, Source(("-",)), Sums.of, SeparatedRows(Feeding(), made.number_lines), Progress())
    finally:
        os.dup2(saved, 0)
        os.close(reader)
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_slow_input_is_answered_line_by_line(name: str) -> None:
    assert read_slowly([b"a,t,b\n1,x,2\n", b"3,y,4\n", b"5,z,6"], name)[:3] == [
        b"t,sum,difference\n",
        b"x,3.0,-1.0\n",
        b"y,7.0,-1.0\n",
    ]


def test_json_is_valid_and_null_where_it_has_no_number(tmp_path: Path) -> None:
    def json_rows(write: Any, lines: Any) -> JsonRows:
        return JsonRows(write, lines, array=True)

    for name in NAMES:
        with pytest.warns(match="null"):
            out, error, _ = run(
                engine(name), b"a,b,id,n\n1e308,1e308,007,1.50\n1,nan,1,x\n", tmp_path, json_rows, nonfinite=True
            )
        assert error == ""
        assert json.loads(out) == [
            {"id": "007", "n": 1.5, "sum": None, "difference": 0.0},
            {"id": 1, "n": "x", "sum": None, "difference": None},
        ]


def test_parquet_in_and_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import polars as pl

    from nnlec.cli import group
    from nnlec.cli.gate import status_of
    from tests.conftest import ROOT

    iris = pl.read_csv(ROOT / "configs" / "iris.csv")
    iris.write_parquet(tmp_path / "iris.parquet")
    network, source, target = (
        str(ROOT / "configs" / "iris.yaml"),
        str(tmp_path / "iris.parquet"),
        tmp_path / "o.parquet",
    )
    assert status_of(group, ["forward", network, source, "-o", str(target), "--predict"]) == 0
    assert status_of(group, ["forward", network, str(ROOT / "configs" / "iris.csv"), "--predict"]) == 0
    expected = pl.read_csv(capfd.readouterr().out.encode())
    assert pl.read_parquet(target).equals(expected)
    iris.with_columns(petal_width=pl.when(pl.arange(0, iris.height) != 7).then("petal_width")).write_parquet(source)
    assert status_of(group, ["forward", network, source]) == 2
    assert f"{source}: row 8: column 'petal_width': the cell is empty" in capfd.readouterr().err
    assert status_of(group, ["forward", network, source, "--on-bad", "skip"]) == 1
    assert capfd.readouterr().out.count("\n") == iris.height
    assert status_of(group, ["forward", network, source, "--engine", "stream"]) == 2
