"""Where a table begins: whether the first line is a header, what the columns are called, and what is said in doubt."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import Consumer, Progress, Source, engine, read_table
from nnlec.tables.engines.first_line import is_missing, is_nonfinite, is_written_as_number
from nnlec.tables.engines.text_driver import format_of
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection


class Table(NamedTuple):
    """What was read: names, the first row as the header says it, and the numbers of all rows or the error."""

    names: tuple[str, ...]
    first: tuple[str, ...]
    rows: list[list[float]]
    error: str


def table(folder: Path, *texts: str | bytes, columns: tuple[int, ...] | None = None, **how: Any) -> Table:
    """The table of these files, of which every column (or those of `columns`) is read as numbers."""
    paths = [folder / f"{name}.csv" for name in "tuvw"[: len(texts)]]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    headers: list[Header] = []
    rows: list[list[float]] = []

    def start(header: Header) -> Consumer:
        headers.append(header)
        chosen = tuple(range(header.width)) if columns is None else columns

        def take(found: Rows) -> None:
            rows.extend(found.numbers.tolist())

        return Consumer(Selection(chosen), take)

    error = ""
    try:
        read_table(engine("stream"), Source(tuple(map(str, paths)), **how), start, Progress())
    except NnlecError as found:
        error = str(found).replace(f"{folder}/", "")
    return Table(headers[0].names if headers else (), headers[0].first if headers else (), rows, error)


@pytest.mark.parametrize(("text", "names", "first"), [
    ("a,b\n1,2\n", ("a", "b"), ("1", "2")),
    ("a,b\n", ("a", "b"), ()),
    ("a,b", ("a", "b"), ()),
    (" a ,\tb\n1,2\n", ("a", "b"), ("1", "2")),
    ("1.5,2\n3,4\n", (), ("1.5", "2")),
    (" 1.5 ,2\n3,4\n", (), (" 1.5 ", "2")),
    ("1.5,2", (), ("1.5", "2")),
    ('"1","2"\n3,4\n', ("1", "2"), ("3", "4")),
    ('"1","2"\n"3","4"\n', (), ("1", "2")),
    ('"1","2"\n', ("1", "2"), ()),
    ('"1.5",b\n3,4\n', ("1.5", "b"), ("3", "4")),
    ("3,4,P(3),P(4)\n1,2,0.5,0.5\n", ("3", "4", "P(3)", "P(4)"), ("1", "2", "0.5", "0.5")),
    ("1,2,3\n4,5,6\n", (), ("1", "2", "3")),
    ("1,2,3\n+4,-5, 6 \n", (), ("1", "2", "3")),
    ("1,2,4\n4.5,5,6\n", (), ("1", "2", "4")),
    ("1,3\n4.5,5\n", (), ("1", "3")),
    ("2,3\n4.5,5\n", (), ("2", "3")),
    ("1,2", (), ("1", "2")),
    ("0\n0.5\n", (), ("0",)),
    ("1\n0.5\n", (), ("1",)),
    ('"a\nb",c\n1,2\n', ("a\nb", "c"), ("1", "2")),
    ('"a,b",c\n1,2\n', ("a,b", "c"), ("1", "2")),
    ("nan,inf\n1,2\n", ("nan", "inf"), ("1", "2")),
])  # fmt: skip
def test_a_line_of_words_is_a_header_and_one_of_numbers_is_data(
    tmp_path: Path, text: str, names: tuple[str, ...], first: tuple[str, ...]
) -> None:
    for block in (0, 1, 3):
        found = table(tmp_path, text, block=block)
        assert (found.error, found.names, found.first) == ("", names, first)
        line = [float(cell) for cell in first]
        assert found.rows[:1] == ([line] if line else [])


ASK = "(say --header if this line names the columns, --no-header if it is data)"


@pytest.mark.parametrize(("text", "error"), [
    ("a,2\n1,2\n", f"t.csv:1: the first line has names and numbers ('a' and '2') {ASK}"),
    ("1,b\n1,2\n", f"t.csv:1: the first line has names and numbers ('b' and '1') {ASK}"),
    (f"a,{'b' * 40},2\n1,2,3\n", f"t.csv:1: the first line has names and numbers ('a' and '2') {ASK}"),
    (f"{'x' * 31},2\n", f"t.csv:1: the first line has names and numbers ('{'x' * 10}...{'x' * 15}' and '2') {ASK}"),
    (f"{'x' * 30},2\n", f"t.csv:1: the first line has names and numbers ('{'x' * 30}' and '2') {ASK}"),
    ("0,1\n2,3\n", f"t.csv:1: the first line counts up from 0: column numbers, or data? {ASK}"),
    ("0,1", f"t.csv:1: the first line counts up from 0: column numbers, or data? {ASK}"),
    (" 0,1 \n2,3\n", f"t.csv:1: the first line counts up from 0: column numbers, or data? {ASK}"),
    ("1,2\n2.5,3\n", f"t.csv:1: the first line counts up from 1: column numbers, or data? {ASK}"),
    (" 1 , 2\n2,x\n", f"t.csv:1: the first line counts up from 1: column numbers, or data? {ASK}"),
    ("1,2,3\n4,,6\n", f"t.csv:1: the first line counts up from 1: column numbers, or data? {ASK}"),
    ('"1","2"\n3,"x"\n', f"t.csv:1: the first line has names and numbers ('1' and '2') {ASK}"),
    ("\n1,2\n", "t.csv:1: the first line is blank, expected a header or numbers"),
    ("", "t.csv:1: the table is empty: no header, no rows"),
    ("\r\n\n", "t.csv:1: the table is empty: no header, no rows"),
    ('"a,b\n1,2\n', "t.csv:1: the quote opened in this row is never closed"),
    ('"a"x,b\n1,2\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line"),
    ('"a";b\n1;2\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line "
     "(the cells look separated by ';': -d ';')"),
    ('"a"\tb\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line "
     "(the cells look separated by '\\t': --tsv)"),
    ('"a"|b\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line "
     "(the cells look separated by '|': -d '|')"),
    ('"a" b\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line (-d blank)"),
    (' {"a":1,"b":2}\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line "
     "(this looks like JSON: --from json)"),
    ('["a","b":2]\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line "
     "(this looks like JSON: --from json)"),
    ('"a","b"c\n', "t.csv:1: text follows a closing quote, expected ',' or the end of the line"),
    (b"a\0,b\n1,2\n", "t.csv:1: a NUL byte in cell 1"),
    (b"a,\xff\n1,2\n", "t.csv:1: cell 2 has bytes that are not UTF-8 (save the file as UTF-8, or convert it: "
     "iconv -f latin1 -t utf-8)"),
])  # fmt: skip
def test_a_first_line_that_cannot_be_read_is_an_error(tmp_path: Path, text: str | bytes, error: str) -> None:
    for block in (0, 1, 4):
        assert table(tmp_path, text, block=block).error == error


@pytest.mark.parametrize(("text", "how", "names", "first"), [
    ("1,2\n3,4\n", {"header": True}, ("1", "2"), ("3", "4")),
    ("1,2\n", {"header": True}, ("1", "2"), ()),
    ("0,1\n2.5,3\n", {"header": True}, ("0", "1"), ("2.5", "3")),
    ("0,1\n2.5,3\n", {"header": False}, (), ("0", "1")),
    ("nan,inf\n1,2\n", {"nonfinite": True}, (), ("nan", "inf")),
    ("a,b\nnan,-inf\n", {"nonfinite": True}, ("a", "b"), ("nan", "-inf")),
    ("a;b\n1,5;2\n", {"decimal_comma": True}, ("a", "b"), ("1.5", "2")),
    ("1,5;2\n3;4\n", {"decimal_comma": True}, (), ("1.5", "2")),
    ("a,b\tc\n1,5\t2\n", {"decimal_comma": True, "format": "tsv"}, ("a,b", "c"), ("1.5", "2")),
    ("a\tb\n1\t2\n", {"format": "tsv"}, ("a", "b"), ("1", "2")),
    ("1,5\tb\n1\t2\n", {"format": "tsv"}, ("1,5", "b"), ("1", "2")),
    ("a|b\n1|2\n", {"delimiter": "|"}, ("a", "b"), ("1", "2")),
    ("  a  b\n 1\t\t2 \n", {"delimiter": "blank"}, ("a", "b"), ("1", "2")),
    ("a b\n1,5 -2\n", {"delimiter": "blank", "decimal_comma": True}, ("a", "b"), ("1.5", "-2")),
    ('"1" "2"\n 3 4\n', {"delimiter": "blank"}, ("1", "2"), ("3", "4")),
    ('"1" "2"\n"3" "4"\n', {"delimiter": "blank"}, (), ("1", "2")),
    ('{"a": 1, "b": 2}\n', {"format": "jsonl"}, ("a", "b"), ("1", "2")),
    ('{"a": 1, "b": 2}\n', {"format": "jsonl", "header": True}, ("a", "b"), ("1", "2")),
    ('{"0": 1, "1": 2.5}\n', {"format": "json"}, ("0", "1"), ("1", "2.5")),
    ('[{"a": 1, "b": 2}]', {"format": "json"}, ("a", "b"), ("1", "2")),
])  # fmt: skip
def test_options_say_how_the_first_line_is_read(
    tmp_path: Path, text: str, how: dict[str, Any], names: tuple[str, ...], first: tuple[str, ...]
) -> None:
    for block in (0, 1, 5):
        found = table(tmp_path, text, block=block, **how)
        assert (found.error, found.names, found.first) == ("", names, first)
        assert [list(map(str, row)) for row in found.rows[:1]] == [[str(float(cell)) for cell in first]][: len(first)]


@pytest.mark.parametrize(("path", "form"), [
    ("t.csv", "csv"), ("t.tsv", "tsv"), ("t.json", "json"), ("t.jsonl", "jsonl"), ("t.ndjson", "jsonl"), ("-", "csv"),
    ("t.csv.gz", "csv"), ("t.JSONL.GZ", "jsonl"), ("t.yaml", "csv"), ("t.onnx", "csv"), ("t", "csv"), ("t.data", "csv"),
    ("t.parquet", "parquet"), ("t.npy", "npy"), ("t.npz", "npz"),
])  # fmt: skip
def test_the_suffix_says_the_format_unless_an_option_does(path: str, form: str) -> None:
    assert format_of(path, Source()) == form
    assert format_of(path, Source(format="tsv")) == "tsv"


@pytest.mark.parametrize(("text", "how", "hint"), [
    ("1;2\n3;4\n", {}, "the cells look separated by ';': -d ';'"),
    ("1\t2\n", {}, "the cells look separated by '\\t': --tsv"),
    ("1|2\n", {}, "the cells look separated by '|': -d '|'"),
    ("a,b\n", {"delimiter": ";"}, "the cells look separated by ',': -d ','"),
    ("a;b\n", {"delimiter": "\t"}, "the cells look separated by ';': -d ';'"),
    ("x y z\n", {}, "the cells look separated by blanks: -d blank"),
    ("x 1\n", {}, "the cells look separated by blanks: -d blank"),
    ("x y\n", {}, ""),
    ("x\n", {}, ""),
    ("a b c,d\n", {}, ""),
    ("x y\n", {"delimiter": "blank"}, ""),
    ("a;b\n", {"delimiter": "blank"}, "the cells look separated by ';': -d ';'"),
    ("1  2\n", {"delimiter": " ", "header": False}, "-d blank takes several blanks or tabs as one separator"),
    ("1\t\t2\n", {"format": "tsv", "header": False}, "-d blank takes several blanks or tabs as one separator"),
    ("a  b\n", {"delimiter": " ", "header": True}, ""),
    ("1 2 3\n", {"delimiter": " ", "header": False}, ""),
    ("1,,2\n", {"header": False}, ""),
    (' {"a": 1}\n', {}, "this looks like JSON: --from json"),
    ("[1, 2]\n", {"header": False}, "this looks like JSON: --from json"),
    ('{"a": 1}\n', {"format": "jsonl"}, ""),
    ("[1 2]\n", {"delimiter": "blank", "header": False}, "this looks like JSON: --from json"),
])  # fmt: skip
def test_columns_that_are_missing_may_be_separated_otherwise(
    tmp_path: Path, text: str, how: dict[str, Any], hint: str
) -> None:
    """As where a network wants other columns than the table has."""
    path = tmp_path / "t.csv"
    path.write_text(text)

    def start(_: Header) -> Consumer:
        raise NnlecError("no column 'z'", hint="nearest: a")

    with pytest.raises(NnlecError) as raised:
        read_table(engine("stream"), Source((str(path),), **how), start, Progress())
    assert (raised.value.what, raised.value.where) == ("no column 'z'", f"{path}:1")
    assert raised.value.hint == (hint or "nearest: a")


def test_a_mixed_first_line_separated_otherwise_gets_the_hint(tmp_path: Path) -> None:
    error = "t.csv:1: the first line has names and numbers ('{\"a\": 1' and '2') (this looks like JSON: --from json)"
    assert table(tmp_path, '{"a": 1,2\n').error == error


@pytest.mark.parametrize(("first", "second", "rows", "error"), [
    ("a,b\n1,2\n", "a,b\n3,4\n", [[1, 2], [3, 4]], ""),
    ("a,b\n1,2\n", " a , b \n3,4", [[1, 2], [3, 4]], ""),
    ("a,b\n", "a,b\n3,4\n", [[3, 4]], ""),
    ("a,b\n1,2\n", "a,b\n", [[1, 2]], ""),
    ("1.5,2\n", "3,4\n5,6\n", [[1.5, 2], [3, 4], [5, 6]], ""),
    ("1.5,2\n", "0,1\n", [[1.5, 2], [0, 1]], ""),
    ("a,b\n1,2\n", "b,a\n3,4\n", [[1, 2]],
     "u.csv:1: another header than the first file's: 'b', where t.csv:1 has 'a'"),
    ("a,b\n1,2\n", "a,c\n3,4\n", [[1, 2]],
     "u.csv:1: another header than the first file's: 'c', where t.csv:1 has 'b'"),
    ("a,b\n1,2\n", "a,b,c\n3,4,5\n", [[1, 2]],
     "u.csv:1: another header than the first file's: 3 columns, where t.csv:1 has 2"),
    ("a,b\n1,2\n", "3,4\n", [[1, 2]], "u.csv:1: another header than the first file's: '3', where t.csv:1 has 'a'"),
    ("1.5,2\n", "a,b\n3,4\n", [[1.5, 2]], "u.csv:1: column 1: 'a' is not a number"),
    ("1.5,2\n", "3,4,5\n", [[1.5, 2]], "u.csv:1: 3 cells, expected 2"),
    ("a,b\n1,2\n", "a,b\n3,x\n", [[1, 2]], "u.csv:2: column 'b': 'x' is not a number"),
])  # fmt: skip
def test_further_files_go_on_where_the_first_ended(
    tmp_path: Path, first: str, second: str, rows: list[list[float]], error: str
) -> None:
    found = table(tmp_path, first, second)
    assert (found.rows, found.error) == (rows, error)


@pytest.mark.parametrize(("second", "rows", "error"), [
    ('{"a": 3, "b": 4}\n', [[1, 2], [3, 4]], ""),
    ('{"b": 4, "a": 3}\n', [[1, 2], [3, 4]], ""),
    ('[{"b": 4, "a": 3}, {"a": 5, "b": 6}]', [[1, 2], [3, 4], [5, 6]], ""),
    ('{"a": 3, "c": 4}\n', [[1, 2]], "u.csv:1: other keys than in t.csv:1"),
    ('{"a": 3}\n', [[1, 2]], "u.csv:1: other keys than in t.csv:1"),
    ('[{"a": 3}]', [[1, 2]], "u.csv: object 1: other keys than in t.csv:1"),
])  # fmt: skip
def test_further_files_of_json_have_the_same_keys(
    tmp_path: Path, second: str, rows: list[list[float]], error: str
) -> None:
    found = table(tmp_path, '{"a": 1, "b": 2}\n', second, format="json")
    assert (found.rows, found.error) == (rows, error)


def test_the_header_of_another_file_may_be_given(tmp_path: Path) -> None:
    known = Header("t.csv:1", ("a", "b"), 2)
    assert table(tmp_path, "a,b\n3,4\n", like=known)[::2] == (("a", "b"), [[3, 4]])
    assert table(tmp_path, "b,a\n3,4\n", like=known).error.startswith("t.csv:1: another header")
    bare = Header("t.csv:1", (), 2)
    assert table(tmp_path, "0,1\n", like=bare).rows == [[0, 1]]


@pytest.mark.parametrize(("cell", "number", "nonfinite", "missing"), [
    ("1.5", True, False, False), (" 1\t", True, False, False), ("1e400", True, False, False), ("", False, False, True),
    (" \t", False, False, True), ("nan", False, True, True), ("NaN", False, True, True), (" -inf ", False, True, False),
    ("+Infinity", False, True, False), ("infinit", False, False, False), ("NA", False, False, True),
    (" n/a ", False, False, True), ("null", False, False, True), ("None", False, False, True),
    ("?", False, False, True), ("cat", False, False, False), ("\u0131nf", False, False, False),
])  # fmt: skip
def test_a_cell_is_a_number_or_none_or_missing(cell: str, number: bool, nonfinite: bool, missing: bool) -> None:
    assert is_written_as_number(cell) is number
    assert is_written_as_number(cell, nonfinite=True) is (number or nonfinite)
    assert is_nonfinite(cell) is nonfinite
    assert is_missing(cell) is missing


def test_a_wide_line_of_column_numbers_is_seen_in_its_first_thousand_cells(tmp_path: Path) -> None:
    counting = [str(number) for number in range(1200)]
    wide = ",".join([*counting[:1000], "7", *counting[1001:]])
    assert "counts up from 0" in table(tmp_path, wide).error
    wide = ",".join([*counting[:999], "7", *counting[1000:]])
    assert len(table(tmp_path, wide).rows) == 1


@pytest.mark.parametrize(("text", "error"), [
    ("a," * 150 + "\n1,2\n", "t.csv:1: no line end within 8 MiB"),
    ("1," * 150, "t.csv:1: no line end within 8 MiB"),
    ('"a' + "x" * 150 + "\n1,2\n" * 99, "t.csv:1: no line end within 8 MiB"),
    ('"a' + "\n1,2" * 99, "t.csv:1: the quote opened in this row is never closed"),
    ("a,b\n1,2\n" + "1," * 150, "t.csv:3: no line end within 8 MiB"),
    ("a,b\n" + "1," * 40 + "\n", "t.csv:2: 41 cells, expected 2"),
    ('a,b\n1,"2' + "\n1,2" * 99, "t.csv:2: the quote opened in this row is never closed"),
    ("a,b\n1,2\n" * 30, "t.csv:3: column 'a': 'a' is not a number (the header again)"),
])  # fmt: skip
def test_a_row_without_an_end_is_not_read_to_the_end_of_the_file(tmp_path: Path, text: str, error: str) -> None:
    """A row ends within 8 MiB, here within 100 bytes."""
    with ExitStack() as stack:
        for name in ("line_reader", "text_driver", "record_reader"):
            stack.enter_context(patch(f"nnlec.tables.engines.{name}.LONGEST_ROW", 100))
        stack.enter_context(patch("nnlec.tables.engines.line_reader._PIPE", 16))
        said = table(tmp_path, text, block=16).error
    assert said == error.replace("8 MiB", "0 MiB")
