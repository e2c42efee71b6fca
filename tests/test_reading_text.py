"""What is read of a table in text: the names of its columns, its rows, and what is wrong with each line."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import BadLine, Consumer, Engine, Progress, Source, engine, read_table
from nnlec.tables.header import Header
from nnlec.tables.rows import Passthrough, RowError, RowErrors, Rows, Selection

STREAM = engine("stream")
REFUSED = -99.0
ONE_BY_ONE = STREAM._replace(read_block=lambda *_: None)


class Table(NamedTuple):
    """What was read: names, cells of every row (None: a row without results), numbers, the error, and bad lines."""

    names: tuple[str, ...] | None
    rows: list[list[str] | None]
    numbers: list[list[float]]
    error: str
    bad: list[tuple[int, str, bytes]]
    progress: Progress
    header: Header | None


def read(
    folder: Path,
    *files: bytes | str,
    numbers: Sequence[int] = (),
    suffix: str = ".csv",
    one: bool = False,
    piece: int = 1 << 16,
    skippable: bool = True,
    made: Engine = STREAM,
    **how: Any,
) -> Table:
    """The rows of files t1, t2, ... with these columns as numbers; `one`: every row by itself, `piece` bytes at a time.

    A row whose first number is `REFUSED` can be read and not used; unless it is `skippable`, no row after it either.
    """
    paths = []
    for number, data in enumerate(files, start=1):
        path = folder / f"t{number}{suffix}"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        paths.append(str(path))
    headers: list[Header] = []
    rows: list[list[str] | None] = []
    values: list[list[float]] = []
    bad: list[BadLine] = []

    def start(header: Header) -> Consumer:
        headers.append(header)
        return Consumer(Selection(tuple(numbers), (), tuple(range(header.width))), take, blank)

    def take(block: Rows) -> None:
        first = block.numbers[:, 0] if block.numbers.shape[1] else block.numbers.ravel()
        refused = {row: RowError(numbers[0], "refused") for row in np.flatnonzero(first == REFUSED).tolist()}
        if refused:
            raise RowErrors(refused, skippable=skippable)
        values.extend(block.numbers.tolist())
        assert block.passthrough is not None
        rows.extend(list(map(str, cells)) for cells in block.passthrough.cells)

    def blank(passed: Passthrough | None, count: int) -> None:
        assert passed is not None
        assert len(passed.cells) == count
        rows.extend([None] * count)

    progress, error = Progress(), ""
    source = Source(tuple(paths), bad_line=bad.append, **how)
    try:
        with patch("nnlec.tables.engines.line_reader._PIPE", piece):
            read_table(ONE_BY_ONE if one else made, source, start, progress)
    except NnlecError as failure:
        error = str(failure).replace(f"{folder}/", "")
    left_out = [(line.line, line.reason, line.data) for line in bad]
    header = headers[0] if headers else None
    return Table(header.names if header else None, rows, values, error, left_out, progress, header)


# Rows


@pytest.mark.parametrize(
    ("text", "bad", "how"),
    [
        ("1,2,3\n", [(2, "3 cells, expected 2")], {}),
        ("1\n", [(2, "1 cell, expected 2")], {}),
        ("1;2\n", [(2, "1 cell, expected 2 (the cells look separated by ';': -d ';')")], {}),
        ('{"a":1}\n', [(2, "1 cell, expected 2 (this looks like JSON: --from json)")], {}),
        ("1," * 1200 + "1\n", [(2, "1,201 cells, expected 2")], {}),
        ("a,b\n", [(2, "column 'a': 'a' is not a number (the header again)")], {}),
        ("1,b\n", [(2, "column 'b': 'b' is not a number (the header again)")], {}),
        ("b,1\n", [(2, "column 'a': 'b' is not a number")], {}),
        ("1,\n", [(2, "column 'b': '' is not a number (it is empty)")], {}),
        ('1,""\n', [(2, "column 'b': '' is not a number (it is empty)")], {}),
        ("1,1e400\n", [(2, "column 'b': '1e400' is beyond the largest double, 1.797e308")], {}),
        ("1,nan\n", [(2, "column 'b': 'nan' is not a number (only finite numbers are taken)")], {}),
        ('1,"2,5"\n', [(2, "column 'b': '2,5' is not a number (--decimal-comma reads 1,5 as 1.5)")], {}),
        ('1," -2,5 "\n', [(2, "column 'b': ' -2,5 ' is not a number (--decimal-comma reads 1,5 as 1.5)")], {}),
        ('1,"2,500,000"\n',
         [(2, "column 'b': '2,500,000' is not a number (write it without thousands separators)")], {}),
        ('1,"2,5,x"\n', [(2, "column 'b': '2,5,x' is not a number")], {}),
        ("1;2,5,6\n", [(2, "column 'b': '2,5,6' is not a number with a decimal comma")], {"decimal_comma": True}),
        ("1;2.5\n", [(2, "column 'b': '2.5' is not a number with a decimal comma (write it as 1234,5)")],
         {"decimal_comma": True}),
        ("1;x\n", [(2, "column 'b': 'x' is not a number")], {"decimal_comma": True}),
        ("\n1,2\n", [(2, "a blank line, and more rows below it")], {}),
        (",\n1,2\n", [(2, "an empty row, and more rows below it")], {}),
        ("\n,\n\n1,2\n", [(2, "a blank line, and more rows below it")], {}),
        ("1,2\n\n3\n", [(3, "a blank line, and more rows below it"), (4, "1 cell, expected 2")], {}),
        ("1,2\n\n,\n", [], {}),
        ('1,"2\n', [(2, "the quote opened in this row is never closed")], {}),
        ('1,"2"x\n3,4\n', [(2, "text follows a closing quote, expected ',' or the end of the line")], {}),
        ('1,"2"x\n\n3,4\n', [(2, "text follows a closing quote, expected ',' or the end of the line"),
                             (3, "a blank line, and more rows below it")], {}),
        ("1,\0\n", [(2, "a NUL byte in cell 2")], {}),
        ("\0,1\n2,3\n", [(2, "a NUL byte in cell 1")], {}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row(tmp_path: Path, text: str, bad: list[tuple[int, str]], how: dict[str, Any]) -> None:
    names = "a;b\n" if how else "a,b\n"
    for one, piece in ((False, 1 << 16), (True, 1 << 16), (False, 5)):
        skipped = read(tmp_path, names + text, numbers=(0, 1), one=one, piece=piece, block=1, on_bad="skip", **how)
        assert ([row[:2] for row in skipped.bad], skipped.error) == (bad, "")
        assert skipped.progress.skipped == len(bad)
        assert skipped.progress.rows == len(skipped.rows) == len(skipped.numbers)
        stopped = read(tmp_path, names + text, numbers=(0, 1), one=one, piece=piece, block=1, **how)
        assert stopped.error == (f"t1.csv:{bad[0][0]}: {bad[0][1]}" if bad else "")
        assert stopped.bad == []
        assert stopped.rows == skipped.rows[: len(stopped.rows)]
    blank = read(tmp_path, names + text, numbers=(0, 1), on_bad="blank", **how)
    assert blank.bad == skipped.bad
    assert [row for row in blank.rows if row] == skipped.rows
    assert blank.rows.count(None) == len(bad)


def test_bytes_that_are_no_utf_8_are_named_with_their_cell(tmp_path: Path) -> None:
    found = read(tmp_path, b"a,b\n1,2\n3,\xe9\n", numbers=(0,), on_bad="skip")
    reason = "cell 2 has bytes that are not UTF-8 (save the file as UTF-8, or convert it: iconv -f latin1 -t utf-8)"
    assert found.bad == [(3, reason, b"3,\xe9\n")]
    assert found.rows == [["1", "2"]]


def test_bad_rows_keep_their_bytes_and_good_ones_their_order(tmp_path: Path) -> None:
    text = 'a,b\r\n1,"é\r\ny"\r\nz,\U0001f600\r\n"3,4\r\n",5\r\n6,7\r\n'
    for one, piece in ((False, 1 << 16), (True, 1 << 16), (False, 6)):
        found = read(tmp_path, text, numbers=(0,), on_bad="skip", one=one, piece=piece, block=1)
        assert found.rows == [["1", "é\r\ny"], ["6", "7"]]
        assert found.numbers == [[1], [6]]
        assert [(line, data.decode()) for line, _, data in found.bad] == [
            (4, "z,\U0001f600\r\n"),
            (5, '"3,4\r\n",5\r\n'),
        ]
        assert (found.progress.rows, found.progress.skipped) == (2, 2)
        assert found.progress.bytes_read == found.progress.bytes_total == len(text.encode())
    blank = read(tmp_path, text, numbers=(0,), on_bad="blank")
    assert blank.rows == [["1", "é\r\ny"], None, None, ["6", "7"]]


@pytest.mark.parametrize(
    ("lines", "how"),
    [
        (['{"a":1}\n', '{"a":"é"}\n', '{"a":2}\r\n', '{"b":"ü"}\n', '{"a":3}\n', "x"], {"suffix": ".jsonl"}),
        (["1\n", "é\n", " 2 \r\n", "ü x\n", "3\n", '"x'], {"delimiter": "blank"}),
        (["1\n", "é\n", "2\r\n", "ü,x\n", "3\n", "x"], {}),
    ],
)
def test_every_bad_line_is_kept_as_it_was(tmp_path: Path, lines: list[str], how: dict[str, Any]) -> None:
    for one, piece in ((False, 1 << 16), (True, 1 << 16), (False, 5)):
        found = read(tmp_path, "".join(lines), numbers=(0,), on_bad="skip", one=one, piece=piece, block=1, **how)
        assert (found.numbers, found.error) == ([[1], [2], [3]], "")
        assert [(line, data.decode()) for line, _, data in found.bad] == [(at, lines[at - 1]) for at in (2, 4, 6)]


@pytest.mark.parametrize("count", [4095, 4096, 4097, 9000])
def test_thousands_of_rows_read_one_by_one_are_all_there(tmp_path: Path, count: int) -> None:
    lines = [f"{row},x" if row % 1000 != 7 else "?,x" for row in range(count)]
    found = read(tmp_path, "a,b\n" + "\n".join(lines), numbers=(0,), on_bad="skip", one=True)
    expected = np.array([row for row in range(count) if row % 1000 != 7], float)
    assert np.array_equal(np.array(found.numbers)[:, 0], expected)
    assert [line for line, _, _ in found.bad] == [row + 2 for row in range(7, count, 1000)]


@pytest.mark.parametrize(("text", "value"), [("nan", np.nan), ("-inf", -np.inf), (" Infinity\t", np.inf)])
def test_numbers_that_are_not_finite_are_read_where_they_are_allowed(tmp_path: Path, text: str, value: float) -> None:
    for one in (False, True):
        found = read(tmp_path, f"a,b\n{text},1\n2,3\n", numbers=(0, 1), nonfinite=True, one=one)
        assert np.array_equal(np.array(found.numbers), np.array([[value, 1.0], [2.0, 3.0]]), equal_nan=True)


@pytest.mark.parametrize(("before", "line"), [("", 1), ("a,b\n", 2), ("a,b\n1,2\n3,4\n", 4)])
def test_a_line_without_end_is_named(tmp_path: Path, before: str, line: int) -> None:
    found = read(tmp_path, before + "1," * (9 << 19))
    assert found.error == f"t1.csv:{line}: no line end within 8 MiB"
    assert len(found.rows) == max(0, line - 2)


@pytest.mark.parametrize("text", ["1,2\n3,4\n5,6\n", "a,b\n1,2\n3,4\r\n5,6", "1,2", "a,b\n", "\ufeffa,b\n1,2\n3,4\n"])
def test_two_parts_of_a_file_have_all_its_rows(tmp_path: Path, text: str) -> None:
    whole, size = read(tmp_path, text, numbers=(0, 1)), len(text.encode())
    for cut in range(size + 1):
        left, right = (read(tmp_path, text, numbers=(0, 1), part=part) for part in ((0, cut), (cut, size)))
        assert left.rows + right.rows == whole.rows, cut
        assert left.names == right.names == whole.names


def test_a_part_names_the_lines_of_the_whole_file(tmp_path: Path) -> None:
    text = "a,b\n1,2\n3,4\n5,x\n"
    for begin in (0, 4, 5, 8, 9, 12):
        assert read(tmp_path, text, numbers=(1,), part=(begin, 99)).error == "t1.csv:4: column 'b': 'x' is not a number"
    assert read(tmp_path, text, numbers=(1,), part=(13, 99)).error == ""
    blank = read(tmp_path, "a,b\n\n1,2\n", part=(4, 9))
    assert blank.error == "t1.csv:2: a blank line, and more rows below it"
    assert read(tmp_path, text, numbers=(1,), part=(0, 12)).rows == [["1", "2"], ["3", "4"]]


# Several files


@pytest.mark.parametrize(
    ("files", "rows", "error"),
    [
        (["a,b\n1,2\n", "a,b\n3,4\n"], 2, ""),
        (["a,b\n1,2\n", " a , b\n3,4"], 2, ""),
        (["1,2\n", "3,4\n5,6\n"], 3, ""),
        (["1,2\n", "a,b\n5,6\n"], 1, "t2.csv:1: column 1: 'a' is not a number"),
        (["a,b\n1,2\n", "3,4\n"], 1, "t2.csv:1: another header than the first file's: '3', where t1.csv:1 has 'a'"),
        (["a,b\n1,2\n", "a,c\n3,4\n"], 1,
         "t2.csv:1: another header than the first file's: 'c', where t1.csv:1 has 'b'"),
        (["a,b\n1,2\n", "a\n3\n"], 1,
         "t2.csv:1: another header than the first file's: 1 column, where t1.csv:1 has 2"),
        (["a,b\n1,2\n", "a,b\n3\n"], 1, "t2.csv:2: 1 cell, expected 2"),
        (["a,b\n1,2\n", ""], 1, "t2.csv:1: the table is empty: no header, no rows"),
    ],
)  # fmt: skip
def test_further_files_go_on_with_the_table(tmp_path: Path, files: list[str], rows: int, error: str) -> None:
    for one in (False, True):
        found = read(tmp_path, *files, numbers=(0, 1), one=one)
        assert (found.error, len(found.rows)) == (error, rows)
        assert found.numbers == [[2 * row + 1, 2 * row + 2] for row in range(rows)]


@pytest.mark.parametrize(
    ("files", "rows", "error"),
    [
        (['{"a":1,"b":2}\n', '{"b":4,"a":3}\n'], [["1", "2"], ["3", "4"]], ""),
        (['{"a":1,"b":2}\n', '{"a":3,"c":4}\n'], [["1", "2"]], "t2.jsonl:1: other keys than in t1.jsonl:1"),
        (['{"a":1,"b":2}\n{"a":1}\n'], [["1", "2"]], "t1.jsonl:2: the key 'b' of the first object is missing"),
        (['{"a":1,"b":2}\n{"a":1,"b":2,"c":3}\n'], [["1", "2"]], "t1.jsonl:2: the key 'c' is not in the first object"),
        (['{"a":1,"b":2}\n{"a":1,"c":2}\n'], [["1", "2"]], "t1.jsonl:2: the key 'b' of the first object is missing"),
        (['{"a":1,"b":2}\n{"a":1,"b":2,"a":3}\n'], [["1", "2"]], "t1.jsonl:2: a key stands twice in the object"),
        (['{"a":1,"b":2}\n[1,2]\n'], [["1", "2"]], 't1.jsonl:2: expected a JSON object, {"name": value, ...}'),
        (['{"a":1,"b":2}\n{"a":"1","b":2}\n'], [["1", "2"]],
         "t1.jsonl:2: column 'a': '1' is a string (write the number without quotes)"),
        (['{"a":1,"b":2}\n{"a":{},"b":2}\n'], [["1", "2"]],
         "t1.jsonl:2: column 'a': '{}' is an object (one object is one row; pandas: to_json(orient='records'))"),
        (['{"a":1,"b":2}\n{"a":1,"b":"x\ny"}\n'], [["1", "2"]],
         "t1.jsonl:2: this is not JSON: Unterminated string starting at character 12"),
        (['{"a":1,"b":2}\n{"a":1,"b":"\\ud800"}\n'], [["1", "2"]],
         "t1.jsonl:2: \\ud800 is half a character, its other half is missing"),
        (['{"a":1,"b":2}\n\n{"a":1,"b":3}\n'], [["1", "2"]], "t1.jsonl:2: a blank line, and more rows below it"),
        (['{"a":1,"b":[1.50, "x", {"c": null}]}\n'], [["1", '[1.50,"x",{"c":null}]']], ""),
        (['{"a":1,"b":"\\ud83d\\ude00"}\n{"a":2,"b":"é"}\n'], [["1", "\U0001f600"], ["2", "é"]], ""),
        (['{}\n'], [], "t1.jsonl:1: the first line is blank, expected a header or numbers"),
    ],
)  # fmt: skip
def test_lines_of_json(tmp_path: Path, files: list[str], rows: list[list[str]], error: str) -> None:
    for one, piece in ((False, 1 << 16), (True, 1 << 16), (False, 7)):
        found = read(tmp_path, *files, numbers=(0,), suffix=".jsonl", one=one, piece=piece, block=1)
        assert (found.rows, found.error) == (rows, error)


def test_a_line_of_json_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"a":1}\n{"a":"\xe9"}\n', suffix=".jsonl")
    assert found.error.startswith("t1.jsonl:2: bytes that are not UTF-8 (save the file as UTF-8")


# Blanks between cells


@pytest.mark.parametrize(
    ("text", "rows", "error"),
    [
        ("a b\n1 2\n", [["1", "2"]], ""),
        ("  a \t b  \n 1\t\t2 \n\t3  4\r\n", [["1", "2"], ["3", "4"]], ""),
        ('a b\n1 "x  y"\n"3" ""\n', [["1", "x  y"], ["3", ""]], ""),
        ('a b\n1 "say ""x"""\n', [["1", 'say "x"']], ""),
        ('a b\n1 x"y"\n', [["1", 'x"y"']], ""),
        ("a b\n1 2 3\n", [], "t1.csv:2: 3 cells, expected 2"),
        ("a b\n1\n", [], "t1.csv:2: 1 cell, expected 2"),
        ("a b\n\n1 2\n", [], "t1.csv:2: a blank line, and more rows below it"),
        ("a b\n1 2\n \n\n", [["1", "2"]], ""),
        ('a b\n1 "x\n', [],
         "t1.csv:2: a quote that is not closed in its line, or text right behind a closing one"),
        ('a b\n1 "x"y\n', [],
         "t1.csv:2: a quote that is not closed in its line, or text right behind a closing one"),
        ("a b\n1 \0\n", [], "t1.csv:2: a NUL byte in cell 2"),
        ("a b\nx 2\n", [], "t1.csv:2: column 'a': 'x' is not a number"),
    ],
)  # fmt: skip
def test_cells_between_blanks(tmp_path: Path, text: str, rows: list[list[str]], error: str) -> None:
    for one, piece in ((False, 1 << 16), (True, 1 << 16), (False, 3)):
        found = read(tmp_path, text, numbers=(0,), delimiter="blank", one=one, piece=piece, block=1)
        assert (found.rows, found.error) == (rows, error)
        assert found.numbers == [[float(row[0])] for row in rows]


def test_numbers_between_blanks_may_have_commas(tmp_path: Path) -> None:
    for one in (False, True):
        found = read(tmp_path, "1,5   2\n-3,25 4\n", numbers=(0, 1), delimiter="blank", decimal_comma=True, one=one)
        assert (found.numbers, found.error) == ([[1.5, 2], [-3.25, 4]], "")
        assert found.header is not None
        assert found.header.first == ("1.5", "2")


# Rows that can be read and not used


def written(values: Sequence[float | None], form: str) -> tuple[bytes, int]:
    """A table of a column a, in which None is no number, and another one; and the number of its first row."""
    if form == "csv":
        return "".join(["a,b\n", *(f"{'?' if v is None else v},7\n" for v in values)]).encode(), 2
    if form == "jsonl":
        return "".join(f'{{"a":{json.dumps(v)},"b":7}}\n' for v in values).encode(), 1
    out = io.BytesIO()
    np.save(out, np.array([[np.nan if v is None else v, 7.0] for v in values]))
    return out.getvalue(), 1


X = REFUSED


@pytest.mark.parametrize("form", ["csv", "jsonl", "npy"])
@pytest.mark.parametrize(
    ("values", "on_bad", "skippable", "rows", "bad", "stopped"),
    [
        ([1, X, 2, None, 3, X, 4], "skip", True, [1, 2, 3, 4], [1, 3, 5], None),
        ([1, X, 2, None, 3, X, 4], "stop", True, [1], [], 1),
        ([1, None, 2, X, 4], "stop", True, [1], [], 1),
        ([1, 2, None, 4, None], "stop", True, [1, 2], [], 2),
        ([1, X, 2, X], "stop", False, [1], [], 1),
        ([X, 1, None], "stop", True, [], [], 0),
        ([1, 2, None, X, 3], "skip", False, [1, 2], [2], 3),
        ([1, 2, X, None, X, 3], "skip", False, [1, 2], [], 2),
        ([X, 1, None], "skip", False, [], [], 0),
        ([1, X, 2, None, 3, X, 4], "blank", True, [1, None, 2, None, 3, None, 4], [1, 3, 5], None),
        ([X, X, 1, None, None, X, 2], "blank", True, [None, None, 1, None, None, None, 2], [0, 1, 3, 4, 5], None),
        ([1, X, None], "blank", True, [1, None, None], [1, 2], None),
        ([1, 2, None, 4, X, 3, None], "blank", False, [1, 2, None, 4], [2], 4),
        ([1, 2, None, X, 3], "blank", False, [1, 2, None], [2], 3),
        ([X, 1, None], "blank", False, [], [], 0),
        ([1, 2, 3], "blank", True, [1, 2, 3], [], None),
        ([None, None], "blank", True, [None, None], [0, 1], None),
    ],
)
def test_rows_that_cannot_be_used(
    tmp_path: Path,
    form: str,
    values: list[float | None],
    on_bad: str,
    skippable: bool,
    rows: list[float | None],
    bad: list[int],
    stopped: int | None,
) -> None:
    if values[0] is None and form == "jsonl":
        values, rows, bad = [5, *values], [5, *rows], [row + 1 for row in bad]
    data, first = written(values, form)
    found = read(tmp_path, data, numbers=(0,), suffix=f".{form}", on_bad=on_bad, skippable=skippable)
    assert [None if row is None else float(row[0]) for row in found.rows] == rows
    assert [number for (number,) in found.numbers] == [row for row in rows if row is not None]
    assert [line for line, _, _ in found.bad] == [row + first for row in bad]
    assert (found.progress.rows, found.progress.skipped) == (len(found.numbers), len(bad))
    titles = {"csv": "column 'a'", "jsonl": "column 'a'", "npy": "column 1"}
    for _, reason, line in found.bad:
        assert reason.startswith(f"{titles[form]}: ")
        assert line == b"" or line in data
    place = (
        "" if stopped is None else f"t1.npy: row {stopped + 1}: " if form == "npy" else f"t1.{form}:{stopped + first}: "
    )
    assert found.error.startswith(place)
    assert (found.error == "") == (stopped is None)
    if stopped is not None and values[stopped] == X:
        assert found.error == f"{place}{titles[form]}: refused"
