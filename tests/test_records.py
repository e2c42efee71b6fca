"""Records of separated text and of JSON, one by one: their lines, their bytes, their cells or what is wrong."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from unittest.mock import patch

import pytest

from nnlec.arithmetic.numbers import NumeralError
from nnlec.errors import NnlecError
from nnlec.tables.engines.blanks import Blanks
from nnlec.tables.engines.dialects import Dialect, JsonLines, Separated, TextRecord
from nnlec.tables.engines.json_array import JsonArray
from nnlec.tables.rows import JsonValue

UTF8 = "has bytes that are not UTF-8 (save the file as UTF-8, or convert it: iconv -f latin1 -t utf-8)"
UNCLOSED = "the quote opened in this row is never closed"


def found(dialect: Dialect, data: bytes, line: int = 1) -> list[TextRecord]:
    """All records, each with the bytes it lies in."""
    records = list(dialect.records(data, line))
    assert b"".join(data[record.begin : record.end] for record in records) == data
    assert [record.line for record in records[1:]] == [record.next_line for record in records[:-1]]
    return records


@pytest.mark.parametrize(("data", "records"), [
    (b"", []),
    (b"a,b\n", [(5, 6, ["a", "b"], "")]),
    (b"a,b\n1,2", [(5, 6, ["a", "b"], ""), (6, 7, ["1", "2"], "")]),
    (b"a\r\nb\rc\n", [(5, 6, ["a"], ""), (6, 7, ["b"], ""), (7, 8, ["c"], "")]),
    (b"\n,\n", [(5, 6, [], ""), (6, 7, ["", ""], "")]),
    (b'1,"x\ny\n",2\n3\n', [(5, 8, ["1", "x\ny\n", "2"], ""), (8, 9, ["3"], "")]),
    (b'"say ""x""",2\n', [(5, 6, ['say "x"', "2"], "")]),
    ("\u00e9,\U0001f408\n\u732b\n".encode(), [(5, 6, ["\u00e9", "\U0001f408"], ""), (6, 7, ["\u732b"], "")]),
    (b'1,"x\n2,3\n', [(5, 7, [], UNCLOSED)]),
    (b'1,"x"y\n2\n', [(5, 6, [], "text follows a closing quote, expected ',' or the end of the line"),
                      (6, 7, ["2"], "")]),
    (b"1,\0\n2,3\n", [(5, 6, ["1", "\0"], "a NUL byte in cell 2"), (6, 7, ["2", "3"], "")]),
    (b"1\n\xff,3\n\xc3\xa9\n", [(5, 6, ["1"], ""), (6, 7, ["\udcff", "3"], f"cell 1 {UTF8}"), (7, 8, ["\u00e9"], "")]),
])  # fmt: skip
def test_records_of_separated_text(data: bytes, records: list[tuple[int, int, list[str], str]]) -> None:
    ours = found(Separated(), data, 5)
    assert [(r.line, r.next_line, list(r.cells), r.problem) for r in ours] == records
    assert [record.unfinished for record in ours] == [record.problem == UNCLOSED for record in ours]
    tabs = found(Separated("\t"), data.replace(b",", b"\t"), 5)
    assert [r.problem for r in tabs] == [problem.replace("','", "'\\t'") for *_, problem in records]


def test_a_cell_longer_than_rows_may_be_is_a_problem() -> None:
    limit = csv.field_size_limit(10)
    try:
        (record,) = Separated().records(b"12345678901,2\n", 1)
    finally:
        csv.field_size_limit(limit)
    assert (record.problem, list(record.cells)) == ("a cell is longer than 8 MiB", [])


@pytest.mark.parametrize(("data", "records"), [
    (b"1  2\t3\n", [(1, ["1", "2", "3"], "")]),
    (b" 1 2 \r\n\n \t\n3 4", [(1, ["1", "2"], ""), (2, [], ""), (3, [], ""), (4, ["3", "4"], "")]),
    (b'"x  y" ""\t"say ""hi"""\n', [(1, ["x  y", "", 'say "hi"'], "")]),
    (b'1 "2\n3" 4\n', [(1, [], "a quote that is not closed in its line, or text right behind a closing one"),
                       (2, ['3"', "4"], "")]),
    (b'"1"2\n', [(1, [], "a quote that is not closed in its line, or text right behind a closing one")]),
    (b'5"  6\n', [(1, ['5"', "6"], "")]),
    (b"1 \0\n", [(1, [], "a NUL byte in cell 2")]),
    (b"1 2\n\xff 3\n", [(1, ["1", "2"], ""), (2, [], f"cell 1 {UTF8}")]),
])  # fmt: skip
def test_records_of_columns_between_blanks(data: bytes, records: list[tuple[int, list[str], str]]) -> None:
    ours = found(Blanks(), data)
    assert not any(record.unfinished for record in ours)
    assert [(r.line, list(r.cells), r.problem) for r in ours if r.next_line == r.line + 1] == records


def test_columns_between_blanks_are_all_read_at_once_or_not_at_all() -> None:
    assert Blanks().whole(b"1  2\n3 4\n") == ([["1", "2"], ["3", "4"]], 2)
    for data in (b"1 2\n\n3 4\n", b'1 2\n"3"x 4\n', b"1 2\n \n", b""):
        assert Blanks().whole(data) is None


@pytest.mark.parametrize(("data", "plain"), [
    (b" 1  2\t3 \n4\t\t5 6", b"1\t2\t3\n4\t5\t6"), (b"1 2\r\n\t3 4\r\n", b"1\t2\n3\t4\n"), (b"1 2\n \n", b"1\t2\n\n"),
])  # fmt: skip
def test_columns_between_blanks_become_columns_between_tabs(data: bytes, plain: bytes) -> None:
    assert Blanks(decimal_comma=True).plain(data) == (plain, Separated("\t", True))


@pytest.mark.parametrize(("line", "cells", "problem"), [
    ('{"a": 1, "b": "x"}', ["1", "x"], ""),
    ('{"b": "x", "a": 1}', ["1", "x"], ""),
    (' {"a":1.50,"b":null}\r', ["1.50", "null"], ""),
    ('{"a": true, "b": {"k": [1.0, "\u00e9"]}}', ["true", '{"k":[1.0,"\u00e9"]}'], ""),
    ('{"a": NaN, "b": "\\u00e9\\ud83d\\ude00"}', ["NaN", "\u00e9\U0001f600"], ""),
    ("", [], ""),
    (" \t", [], ""),
    ('{"a": 1}', [], "the key 'b' of the first object is missing"),
    ('{"a": 1, "b": 2, "c": 3}', [], "the key 'c' is not in the first object"),
    ('{"a": 1, "c": 3}', [], "the key 'b' of the first object is missing"),
    ('{"a": 1, "b": 2, "a": 3}', [], "a key stands twice in the object"),
    ("{}", [], "the key 'a' of the first object is missing"),
    ("[1]", [], 'expected a JSON object, {"name": value, ...}'),
    ("7", [], 'expected a JSON object, {"name": value, ...}'),
    ('{"a": 1', [], "this is not JSON: Expecting ',' delimiter at character 8"),
    ('{"a": 1} x', [], "this is not JSON: Extra data at character 10"),
    ('{"a": 1, "b": "\\udc80"}', [], "\\udc80 is half a character, its other half is missing"),
    ('{"a": 1, "b": {"\\ud800": 1}}', [], "\\ud800 is half a character, its other half is missing"),
    ('{"a": 1, "b": ' + "[" * 100_000 + "}", [], "this JSON is nested too deeply"),
])  # fmt: skip
def test_records_of_json_lines(line: str, cells: list[str], problem: str) -> None:
    first = '{"a": 1, "b": 2}\n'
    records = found(JsonLines(), (first + line + "\n" + first).encode(), 3)
    assert not any(record.unfinished for record in records)
    if line.endswith("\r"):
        assert [record.line for record in records] == [3, 4, 5]
    assert (list(records[1].cells), records[1].problem) == (cells, problem)
    assert [(record.line, list(record.cells)) for record in (records[0], records[-1])] == [
        (3, ["1", "2"]), (5, ["1", "2"]),
    ]  # fmt: skip


def test_a_json_line_that_is_not_utf_8_is_a_problem() -> None:
    (record,) = JsonLines().records(b'{"a": "\xff"}\n', 1)
    assert record.problem == UTF8.removeprefix("has ")


def test_an_empty_key_is_a_key() -> None:
    assert [list(r.cells) for r in JsonLines().records(b'{"": 1, "b": 2}\n{"b": 3, "": 4}\n', 1)] == [
        ["1", "2"], ["4", "3"],
    ]  # fmt: skip
    (_, missing) = JsonLines().records(b'{"": 1, "b": 2}\n{"b": 3}\n', 1)
    assert missing.problem == "the key '' of the first object is missing"
    (_, strange) = JsonLines().records(b'{"b": 2}\n{"b": 3, "": 1}\n', 1)
    assert strange.problem == "the key '' is not in the first object"


@pytest.mark.parametrize(("cell", "hint"), [
    ("7", "write the number without quotes"),
    (JsonValue('{"0":1}'), "one object is one row; pandas: to_json(orient='records')"),
])  # fmt: skip
def test_what_is_no_number_in_json_says_why(cell: str, hint: str) -> None:
    with pytest.raises(NumeralError) as raised:
        JsonLines.numeral(cell)
    assert raised.value.hint == hint
    assert JsonLines.numeral(JsonValue("1.50")) == "1.50"


def test_decimal_commas_are_the_only_points() -> None:
    assert Separated().numeral("1,5") == "1,5"
    assert Separated(";", decimal_comma=True).numeral("-1,5") == "-1.5"
    with pytest.raises(NumeralError, match=r"'1\.5' is not a number with a decimal comma"):
        Separated(";", decimal_comma=True).numeral("1.5")


@pytest.mark.parametrize(("first", "second", "names"), [
    ("1,2", "3,4", [False, False]),
    ('"1","2"', "3,4", [True, True]),
    ('"1","2"', '"3",4', [False, True]),
    ('"1",2', "3,4", [True, False]),
    ('"1","2"', None, [True, True]),
    ('"a,b","c""d",2', "3,4,5", [True, True, False]),
    ('"1","2"', "3", [True, True]),
    ('"1",2', '3,4,"5"', [True, False]),
    ('"a\nb",2', "3,4", [True, False]),
])  # fmt: skip
def test_a_quoted_cell_above_an_unquoted_one_is_a_name(first: str, second: str | None, names: list[bool]) -> None:
    for mark in ",\t|":
        data = (first + "\n" + (f"{second}\n" if second is not None else "")).replace(",", mark).encode()
        dialect = Separated(mark)
        records = list(dialect.records(data, 1))
        below = records[1] if second is not None else None
        assert dialect.quoted_names(data, records[0], below) == names


OBJECTS = [
    '{"a": 1}', '{"a":"x, ]}{","b":2}', '{"a": "say \\"x\\\\\\"", "b": "\\\\"}', '{"a": [1, {"b": [2]}], "c": {}}',
    "{}", '{"a": "two\\nlines"}',
]  # fmt: skip


@pytest.mark.parametrize("comma", [",", ", ", "\n,\r\n", " ,\t"])
@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 16])
def test_the_objects_of_an_array_become_lines(comma: str, piece: int) -> None:
    data = (" \r\n[ " + comma.join(OBJECTS) + "\t] \n").encode()
    array = JsonArray("t.json")
    out = b"".join(array.feed(data[at : at + piece]) for at in range(0, len(data), piece)) + array.feed(b"")
    assert out == "".join(one + "\n" for one in OBJECTS).encode()


def test_line_ends_within_an_object_become_blanks() -> None:
    assert JsonArray("t").feed(b'[{"a":\r\n1},\n{"a": [\n2]}]') == b'{"a":  1}\n{"a": [ 2]}\n'


@pytest.mark.parametrize(("text", "lines", "error"), [
    ("x", 0, "t:1: an array of objects is expected: 'x', expected ["),
    ("[1]", 0, "t:1: an array of objects is expected: '1', expected { or ]"),
    ("[,", 0, "t:1: an array of objects is expected: ',', expected { or ]"),
    ("[[", 0, "t:1: an array of objects is expected: '[', expected { or ]"),
    ("[{}", 1, "t: behind object 1: the array ends early"),
    ("[{},", 1, "t: behind object 1: the array ends early"),
    ("[{},{", 1, "t: behind object 1: the array ends early"),
    ('[{"a', 0, "t:1: an array of objects is expected: the array ends early"),
    ("[{},]", 1, "t: behind object 1: ']', expected {"),
    ("[{}{}]", 1, "t: behind object 1: '{', expected , or ]"),
    ("[{} {}]", 1, "t: behind object 1: '{', expected , or ]"),
    ("[{},,{}]", 1, "t: behind object 1: ',', expected {"),
    ("[{}]{", 1, "t: behind object 1: '{', expected nothing behind the array"),
    ("[{},{}] x", 2, "t: behind object 2: 'x', expected nothing behind the array"),
    ("[]]", 0, "t:1: an array of objects is expected: ']', expected nothing behind the array"),
    ("[{}or", 1, "t: behind object 1: 'o', expected , or ]"),
    ("[ \xe9", 0, "t:1: an array of objects is expected: '\xe9', expected { or ]"),
    ('[{"a": [}', 0, "t:1: an array of objects is expected: the array ends early"),
    ("[{},r]", 1, "t: behind object 1: 'r', expected {"),
])  # fmt: skip
@pytest.mark.parametrize("piece", [1, 1 << 16])
def test_an_array_with_something_else_in_it_is_an_error(text: str, lines: int, error: str, piece: int) -> None:
    array, data = JsonArray("t"), text.encode("latin-1")
    out, said = b"", ""
    try:
        for part in [*(data[at : at + piece] for at in range(0, len(data), piece)), b"", b""]:
            out += array.feed(part)
    except NnlecError as raised:
        said = str(raised)
    assert (said, out) == (error, b"{}\n" * lines)


def test_an_object_may_be_long_but_not_longer_than_a_row() -> None:
    with ExitStack() as stack:
        stack.enter_context(patch("nnlec.tables.engines.json_array.LONGEST_ROW", 12))
        assert JsonArray("t").feed(b'[{"a": 1},{"b": 2345') == b'{"a": 1}\n'
        assert JsonArray("t").feed(b'[{"a": 1234567}]') == b'{"a": 1234567}\n'
        array = JsonArray("t")
        assert array.feed(b'[{"a": 12345') == b""
        with pytest.raises(NnlecError, match="an object is longer than 0 MiB"):
            array.feed(b"67")
