"""Good rows and bad ones in any order: which are taken, left out or left blank, where a run stops, and what is said."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple
from unittest.mock import patch

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import BadLine, Consumer, Progress, Source, engine, read_table
from nnlec.tables.header import Header
from nnlec.tables.rows import Passthrough, RowError, RowErrors, Rows, Selection

FORMS = ("csv", "jsonl", "npy", "npz", "parquet")
OnBad = Literal["stop", "skip", "blank"]
PATTERNS = ["".join(kinds) for length in (1, 2, 3) for kinds in product("gbr", repeat=length)][::2]
PATTERNS += ["ggbbrrgg", "rgbgrgbg", "bbbb", "rrrr", "gggggggg", "brgbrgbrg"]


class Read(NamedTuple):
    """Numbers of the rows that were taken, None for a blank one; the rows left out, and the error."""

    rows: list[float | None]
    passed: list[int]
    bad: list[tuple[int, str]]
    error: str


def stored(folder: Path, form: str, pattern: str) -> Path:
    """A table of two columns: g is a good row, b has a bad number, r is refused by those who compute."""
    path = folder / f"t.{form}"
    numbers = [(number, {"g": 0.5, "b": float("nan"), "r": -1.0}[kind]) for number, kind in enumerate(pattern)]
    if form == "csv":
        path.write_text("a,b\n" + "".join(f"{a},{'x' if np.isnan(b) else b}\n" for a, b in numbers))
    elif form == "jsonl":
        path.write_text("".join(json.dumps({"a": a, "b": None if np.isnan(b) else b}) + "\n" for a, b in numbers))
    elif form == "npy":
        np.save(path, np.array(numbers))
    elif form == "npz":
        np.savez(path, a=np.arange(len(pattern)), b=np.array(numbers)[:, 1])
    else:
        pl = pytest.importorskip("polars", reason="the fast engine is not installed")
        pl.DataFrame({"a": [a for a, _ in numbers], "b": [b for _, b in numbers]}).write_parquet(path)
    return path


def read(path: Path, on_bad: OnBad, skippable: bool, column: int | None = 1) -> Read:
    rows: list[float | None] = []
    passed: list[int] = []
    bad: list[BadLine] = []

    def take(found: Rows) -> None:
        errors = {row: RowError(column, "refused", "ask") for row, (b, _) in enumerate(found.numbers) if b < 0}
        if errors:
            raise RowErrors(errors, skippable=skippable)
        rows.extend(found.numbers[:, 1].tolist())
        keep(found.passthrough, len(found.numbers))

    def keep(found: Passthrough | None, height: int) -> None:
        assert found is not None
        passed.extend(int(float(cells[0])) for cells in found.cells)
        assert len(found.cells) == height

    def blank(found: Passthrough | None, height: int) -> None:
        rows.extend([None] * height)
        keep(found, height)

    progress = Progress()
    source = Source((str(path),), on_bad=on_bad, bad_line=bad.append, block=12)
    error = ""
    try:
        made = engine("polars" if path.suffix == ".parquet" else "stream")
        read_table(made, source, lambda _: Consumer(Selection((1, 0), (), (0,)), take, blank), progress)
    except NnlecError as found:
        error = str(found).replace(f"{path}", "t")
    assert progress.rows == sum(row is not None for row in rows)
    assert progress.skipped == len(bad)
    assert all(line.file == str(path) for line in bad)
    return Read(rows, passed, [(line.line, line.reason) for line in bad], error)


def place_of(form: str, row: int) -> str:
    return f"t:{row + 2}" if form == "csv" else f"t:{row + 1}" if form == "jsonl" else f"t: row {row + 1}"


def title(form: str, column: int | None) -> str:
    return "" if column is None else f"column {column + 1}: " if form == "npy" else f"column '{'ab'[column]}': "


WRONG = {"csv": "'x' is not a number", "jsonl": "'null' is not a number"}


def expected(form: str, pattern: str, on_bad: OnBad, skippable: bool, column: int | None) -> Read:
    """What one would do by hand, row by row."""
    rows: list[float | None] = []
    bad: list[tuple[int, str]] = []
    for row, kind in enumerate(pattern):
        if kind == "g":
            rows.append(float(row))
            continue
        said = f"{title(form, 1)}{WRONG.get(form, 'nan is not a finite number')}"
        said = f"{title(form, column)}refused (ask)" if kind == "r" else said
        if on_bad == "stop" or (kind == "r" and not skippable):
            return Read(rows, passing(rows), bad, f"{place_of(form, row)}: {said}")
        bad.append((int(place_of(form, row).split(":")[1].split()[-1]), said))
        if on_bad == "blank":
            rows.append(None)
    return Read(rows, passing(rows), bad, "")


def passing(rows: list[float | None]) -> list[int]:
    """The first cells of rows: blank ones keep theirs."""
    return [number if row is None else int(row) for number, row in enumerate(rows)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("on_bad", ["stop", "skip", "blank"])
@pytest.mark.parametrize(("skippable", "column"), [(True, 1), (True, None), (False, 0)])
def test_every_order_of_good_and_bad_rows(
    tmp_path: Path, form: str, on_bad: OnBad, skippable: bool, column: int | None
) -> None:
    patterns = PATTERNS[::3] if form == "parquet" else PATTERNS
    for pattern in patterns:
        path = stored(tmp_path, form, pattern)
        with (
            patch("nnlec.tables.engines.record_reader._AT_A_TIME", 2),
            patch("nnlec.tables.engines.arrays._BLOCK", 48),
        ):
            found = read(path, on_bad, skippable, column)
        assert found == expected(form, pattern, on_bad, skippable, column), (pattern, found)


SAID: list[tuple[str, dict[str, Any], str]] = [
    ("a,b\n1\n", {}, "t:2: 1 cell, expected 2"),
    ("a,b\n1,2,3\n", {}, "t:2: 3 cells, expected 2"),
    ("a,b\n1;2\n", {}, "t:2: 1 cell, expected 2 (the cells look separated by ';': -d ';')"),
    ("a,b\n" + "1," * 1200 + "\n", {}, "t:2: 1,201 cells, expected 2"),
    ("a,b\n1,a\n", {}, "t:2: column 'b': 'a' is not a number"),
    ("a,b\na,b\n", {}, "t:2: column 'a': 'a' is not a number (the header again)"),
    ("1.5,2\n1.5,x\n", {}, "t:2: column 2: 'x' is not a number"),
    ('a,b\n1,"2,5"\n', {}, "t:2: column 'b': '2,5' is not a number (--decimal-comma reads 1,5 as 1.5)"),
    ('a,b\n1,"-2,5"\n', {}, "t:2: column 'b': '-2,5' is not a number (--decimal-comma reads 1,5 as 1.5)"),
    (
        "a;b\n1;2.5\n",
        {"decimal_comma": True},
        "t:2: column 'b': '2.5' is not a number with a decimal comma (write it as 1234,5)",
    ),
    ("a;b\n1;2,5,1\n", {"decimal_comma": True}, "t:2: column 'b': '2,5,1' is not a number with a decimal comma"),
    ("a,b\n1,2\n\n3,4\n", {}, "t:3: a blank line, and more rows below it"),
    ("a,b\n1,2\n,\n,\n3,4\n", {}, "t:3: an empty row, and more rows below it"),
    ("a,b\n1,2\n\n,\n3,4\n", {}, "t:3: a blank line, and more rows below it"),
    ("a,b\n1,2\n\n,\n\n", {}, ""),
    ("a,b\n1,inf\n", {}, "t:2: column 'b': 'inf' is not a number"),
    ("a,b\n1,inf\n2, nan\n", {"nonfinite": True}, ""),
    ('a,b\n1,"2\n3"\n4,x\n', {}, "t:2: column 'b': '2\\n3' is not a number"),
    ('a,b\n1,2\n"3\n', {}, "t:3: the quote opened in this row is never closed"),
    ("a,b\n1,2\0\n", {}, "t:2: a NUL byte in cell 2"),
]


@pytest.mark.parametrize(("text", "how", "error"), SAID)
def test_what_is_wrong_with_a_row(tmp_path: Path, text: str, how: dict[str, Any], error: str) -> None:
    path = tmp_path / "t"
    path.write_text(text)
    for block in (0, 1, 9):

        def start(header: Header) -> Consumer:
            return Consumer(Selection(tuple(range(header.width))), lambda _: None)

        said = ""
        try:
            read_table(engine("stream"), Source((str(path),), block=block, **how), start, Progress())
        except NnlecError as found:
            said = str(found).replace(str(path), "t")
        assert said.startswith(error) if error else said == ""
        assert said == error or "2,5,1" in text or "inf" in text


@pytest.mark.parametrize(("on_bad", "rows", "lines"), [
    ("skip", [[1, 2], [3, 4], [5, 6]], [3, 5, 6]), ("blank", [[1, 2], [3, 4], [5, 6]], [3, 5, 6]),
])  # fmt: skip
def test_bad_rows_are_kept_with_their_bytes(tmp_path: Path, on_bad: OnBad, rows: list[Any], lines: list[int]) -> None:
    path = tmp_path / "t"
    path.write_bytes(b'a,b\n1,2\n1,"x\ny"\n\n\xff,3\n3,4\n5,6\n')
    found: list[list[float]] = []
    blank: list[int] = []
    bad: list[BadLine] = []
    consumer = Consumer(
        Selection((0, 1)), lambda block: found.extend(block.numbers.tolist()), lambda _, height: blank.append(height)
    )
    source = Source((str(path),), on_bad=on_bad, bad_line=bad.append)
    read_table(engine("stream"), source, lambda _: consumer, Progress())
    assert found == rows
    assert [line.line for line in bad] == lines
    assert [line.data for line in bad] == [b'1,"x\ny"\n', b"\n", b"\xff,3\n"]
    assert sum(blank) == (3 if on_bad == "blank" else 0)
