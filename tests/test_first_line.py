"""The first line of a table names its columns or is data; one that may be either is a question, with a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from nnlec.tables.engines import Progress, Source, line_reader
from nnlec.tables.engines.dialects import Separated
from nnlec.tables.engines.first_line import is_missing, other_delimiter, other_quoted_delimiter
from nnlec.tables.engines.text_driver import Head
from tests.test_reading_text import read


@pytest.mark.parametrize(
    ("text", "read_for_the_header"),
    [("a,b\n", 8), ("1,2\n", 8), ("5,7\n", 4), ('"1","2"\n', 16), ('"a\nb",c\n', 16)],
)
def test_no_more_is_read_than_the_first_line_asks_for(tmp_path: Path, text: str, read_for_the_header: int) -> None:
    """A pipe may be slow: the first results come with the first rows."""
    (tmp_path / "t.csv").write_text(text + "3,4\n" * 100)
    progress, source = Progress(), Source((str(tmp_path / "t.csv"),))
    with patch.object(line_reader, "_PIPE", 4), line_reader.open_lines(source.paths[0], 1, progress, "csv") as lines:
        assert Head(source, Separated(), lines, None).header.width == 2
    assert progress.bytes_read == read_for_the_header


@pytest.mark.parametrize(
    ("text", "names", "how"),
    [
        ("a,b\n1,2\n", ("a", "b"), {}),
        ("a,b", ("a", "b"), {}),
        (" a ,\tb\n1,2\n", ("a", "b"), {}),
        ("a\n1\n", ("a",), {}),
        ("1,2\n3,5\n", (), {}),
        ("1,2", (), {}),
        ("1, -2.5e3 \n3,5\n", (), {}),
        ("1\n2\n", (), {}),
        ("1\n2.5\n", (), {}),
        ("0\n1\n", (), {}),
        ("1,2,3\n4,5,6\n", (), {}),
        ("1,2,3\n-4, +5 ,\t6\n", (), {}),
        ("1,2,4\n0.5,5,6\n", (), {}),
        ("0,2\n0.5,5\n", (), {}),
        ("2,3\n0.5,1\n", (), {}),
        ("1,02\n0.5,1\n", (), {}),
        ("1,2.0\n0.5,1\n", (), {}),
        ('"1","2"\n3,5\n', ("1", "2"), {}),
        ('"1","2"\n"3","5"\n', (), {}),
        ('"1","2"', ("1", "2"), {}),
        ('"a","2"\n3,5\n', ("a", "2"), {}),
        ('"a,b","2"\n3,5\n', ("a,b", "2"), {}),
        ('"a""b","2"\n"3",5\n', ('a"b', "2"), {}),
        ("3,4,P(3),P(4)\n1,2,0.5,0.5\n", ("3", "4", "P(3)", "P(4)"), {}),
        ("1,2\n0.5,5\n", (), {"header": False}),
        ("0,1\n0.5,5\n", (), {"header": False}),
        ("a,b\n0.5,5\n", (), {"header": False}),
        ("1,2\n0.5,5\n", ("1", "2"), {"header": True}),
        ("a,2\n0.5,5\n", ("a", "2"), {"header": True}),
        ("nan,inf\n1,2\n", ("nan", "inf"), {}),
        ("nan, -Inf \n1,2\n", (), {"nonfinite": True}),
        ("+infinity,NaN\n1,2\n", (), {"nonfinite": True}),
        ("nano,b\n1,2\n", ("nano", "b"), {"nonfinite": True}),
        ("a;b\n1;2\n", ("a", "b"), {"delimiter": ";"}),
        ("1,5;2\n1,5;2\n", (), {"decimal_comma": True}),
        ("1,5|2\n1,5|2\n", (), {"decimal_comma": True, "delimiter": "|"}),
        ("a b\n1,5 2\n", ("a", "b"), {"decimal_comma": True, "delimiter": "blank"}),
        ("1,5 2\n1,5 2\n", (), {"decimal_comma": True, "delimiter": "blank"}),
        ('"1"  "2"\n3 5\n', ("1", "2"), {"delimiter": "blank"}),
        ('"1"  x\n3 5\n', ("1", "x"), {"delimiter": "blank"}),
        ("a\tb\n1\t2\n", ("a", "b"), {"format": "tsv"}),
        ("a\tb\n1,5\t2\n", ("a", "b"), {"format": "tsv", "decimal_comma": True}),
    ],
)
def test_the_first_line_names_the_columns_or_is_data(
    tmp_path: Path, text: str, names: tuple[str, ...], how: dict[str, Any]
) -> None:
    for piece in (1 << 16, 3):
        found = read(tmp_path, text, block=1, piece=piece, **how)
        assert (found.names, found.error) == (names, "")
        assert len(found.rows) == len(text.splitlines()) - bool(names)


@pytest.mark.parametrize(
    ("text", "first", "how"),
    [
        ("a,b\n1, 2 \n", ("1", " 2 "), {}),
        ('a,b\n"1,5",2\n', ("1,5", "2"), {}),
        ("3,4\n1,2\n", ("3", "4"), {}),
        ("3,P(3)\n1,0.5\n", ("1", "0.5"), {}),
        ("a,b\n", (), {}),
        ("a;b\n1,5;x\n", ("1.5", "x"), {"decimal_comma": True}),
        ("1,5;2\n", ("1.5", "2"), {"decimal_comma": True}),
        ('{"a":1.50,"b":"x,y"}\n', ("1.50", "x,y"), {"format": "jsonl"}),
        ("a,b\n\n1,2\n", (), {}),
    ],
)
def test_the_first_row_is_known_with_the_header(
    tmp_path: Path, text: str, first: tuple[str, ...], how: dict[str, Any]
) -> None:
    for piece in (1 << 16, 3):
        found = read(tmp_path, text, block=1, piece=piece, **how).header
        assert found is not None
        assert (found.first, found.place.endswith(("t1.csv:1", "t1.jsonl:1"))) == (first, True)


ASK = "(say --header if this line names the columns, --no-header if it is data)"


@pytest.mark.parametrize(
    ("text", "error", "how"),
    [
        ("a,2\n3,4\n", f"t1.csv:1: the first line has names and numbers ('a' and '2') {ASK}", {}),
        ("1,b\n3,4\n", f"t1.csv:1: the first line has names and numbers ('b' and '1') {ASK}", {}),
        ('"1",2\n3,4\n', f"t1.csv:1: the first line has names and numbers ('1' and '2') {ASK}", {}),
        ('"1",2\n"3",4\n', "", {}),
        ('"1","2"\n3\n', "t1.csv:2: 1 cell, expected 2", {}),
        ('"1","2"\n3,4,5\n', "t1.csv:2: 3 cells, expected 2", {}),
        ("5,4,P(5)\n", f"t1.csv:1: the first line has names and numbers ('5' and '4') {ASK}", {}),
        ("abcdefghij" * 4 + ",2\n", f"('abcdefghij...fghijabcdefghij' and '2') {ASK}", {}),
        ('"1,5",2\n3,4\n', f"t1.csv:1: the first line has names and numbers ('1,5' and '2') {ASK}", {}),
        ("0,1,2\n5,6,7\n", f"t1.csv:1: the first line counts up from 0: column numbers, or data? {ASK}", {}),
        ("0,1", f"t1.csv:1: the first line counts up from 0: column numbers, or data? {ASK}", {}),
        (" 0 , 1\n5,6\n", f"t1.csv:1: the first line counts up from 0: column numbers, or data? {ASK}", {}),
        ("1,2\n4.5,5\n", f"t1.csv:1: the first line counts up from 1: column numbers, or data? {ASK}", {}),
        ("1,2\n4,x\n", f"t1.csv:1: the first line counts up from 1: column numbers, or data? {ASK}", {}),
        ("1 ;2\n4,5;5\n", f"t1.csv:1: the first line counts up from 1: column numbers, or data? {ASK}",
         {"decimal_comma": True}),
        ("1,2\n4.5,5\n", "", {"header": True}),
        ("nan,x\n", f"t1.csv:1: the first line has names and numbers ('x' and 'nan') {ASK}", {"nonfinite": True}),
        ("", "t1.csv:1: the table is empty: no header, no rows", {}),
        ("\n\r\n", "t1.csv:1: the table is empty: no header, no rows", {}),
        ("\na,b\n1,2\n", "t1.csv:1: the first line is blank, expected a header or numbers", {}),
        ('a,"b\n1,2\n', "t1.csv:1: the quote opened in this row is never closed", {}),
        ('"a"x;b\n1,2\n', "t1.csv:1: text follows a closing quote, expected ',' or the end of the line", {}),
        ('"a";b\n1,2\n', "t1.csv:1: text follows a closing quote, expected ',' or the end of the line"
         " (the cells look separated by ';': -d ';')", {}),
        ("a,\0\n", "t1.csv:1: a NUL byte in cell 2", {}),
        ("x 2 3,4\n", "t1.csv:1: the first line has names and numbers ('x 2 3' and '4') " + ASK, {}),
        ("x 2 3;4\n5\n", f"('x 2 3' and '4') {ASK}", {"delimiter": ";"}),
        ("x  2\n", "(-d blank takes several blanks or tabs as one separator)", {"delimiter": " "}),
        ('{"a": 1, 2\n', "(this looks like JSON: --from json)", {}),
    ],
)  # fmt: skip
def test_a_first_line_that_may_be_either_is_a_question(
    tmp_path: Path, text: str, error: str, how: dict[str, Any]
) -> None:
    for piece in (1 << 16, 3):
        found = read(tmp_path, text, block=1, piece=piece, **how)
        assert found.error.endswith(error)
        assert (found.error == "") == (error == "")


@pytest.mark.parametrize(
    ("cell", "missing"),
    [("NA", True), ("n/a", True), (" null\t", True), ("None", True), ("?", True), ("", True), (" \t", True),
     ("NaN", True), ("0", False), ("cat", False), ("nana", False)],
)  # fmt: skip
def test_words_that_say_that_a_number_is_missing(cell: str, missing: bool) -> None:
    assert is_missing(cell) == missing


BLANK = "the cells look separated by blanks: -d blank"


@pytest.mark.parametrize(
    ("cells", "delimiter", "hint"),
    [
        (['{"a": 1}'], ",", "this looks like JSON: --from json"),
        ([" [1", " 2]"], ",", "this looks like JSON: --from json"),
        (['{"a": 1}'], "", ""),
        ([], ",", ""),
        (["1", "", "2"], " ", "-d blank takes several blanks or tabs as one separator"),
        (["1", "", "2"], "\t", "-d blank takes several blanks or tabs as one separator"),
        (["a", "", "b"], " ", ""),
        (["1", "2"], " ", ""),
        (["1", "", "2"], ",", ""),
        (["a;b"], ",", "the cells look separated by ';': -d ';'"),
        (["a|b"], ",", "the cells look separated by '|': -d '|'"),
        (["a\tb"], ",", "the cells look separated by '\\t': --tsv"),
        (["a,b"], ";", "the cells look separated by ',': -d ','"),
        (["a\t;b"], ",", "the cells look separated by '\\t': --tsv"),
        (["a;b"], ";", ""),
        (["a;b", "c"], ",", ""),
        (["\ta\t"], ",", ""),
        (["a b c"], ",", BLANK),
        (["1 b"], ",", BLANK),
        (["b 1"], ",", BLANK),
        (["a b"], ",", ""),
        (["1"], ",", ""),
        ([" 1 "], ",", ""),
        (["a b c"], "blank", ""),
        (["a b c", "d"], ",", ""),
    ],
)
def test_a_line_that_looks_separated_otherwise_brings_a_hint(cells: list[str], delimiter: str, hint: str) -> None:
    assert other_delimiter(cells, delimiter) == hint


@pytest.mark.parametrize(
    ("line", "delimiter", "hint"),
    [
        ('"a";"b"', ",", "the cells look separated by ';': -d ';'"),
        ('"a"\t1', ",", "the cells look separated by '\\t': --tsv"),
        ('"a" "b"', ",", "-d blank"),
        ('"a";"b"', ";", ""),
        ('"a"x', ",", ""),
        ("a;b", ",", ""),
        (' {"a" 1}', ",", "this looks like JSON: --from json"),
        ('["a" 1]', ",", "this looks like JSON: --from json"),
    ],
)
def test_so_does_a_delimiter_behind_a_quoted_cell(line: str, delimiter: str, hint: str) -> None:
    assert other_quoted_delimiter(line, delimiter) == hint
