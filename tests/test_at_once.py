"""A block of usual rows is read at once, with every engine; one that is doubtful is left to be read row by row."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from nnlec.tables.engines import block_reader, engine
from nnlec.tables.engines.blanks import Blanks
from nnlec.tables.engines.dialects import Dialect, JsonLines, Separated
from nnlec.tables.engines.grid import CellGrid
from nnlec.tables.engines.interface import ParsedBlock
from nnlec.tables.header import Header
from nnlec.tables.rows import JsonValue, Selection
from tests.test_engines import NAMES

CSV, TSV, COMMA = Separated(), Separated("\t"), Separated(";", decimal_comma=True)
JSON = JsonLines(("a", "t", "b", "u"))
MIXED = Selection((2, 0), (1,), (1, 3))
NUMBERS = Selection((1, 0), (), ())

pytestmark = pytest.mark.parametrize("name", NAMES)


def read(name: str, data: bytes, dialect: Dialect, selection: Selection = MIXED, width: int = 4) -> ParsedBlock | None:
    return engine(name).read_block(data, selection, Header("t.csv:1", (), width), dialect)


def content(block: ParsedBlock | None) -> tuple[Any, ...]:
    """Numbers, columns of text, cells that pass through, and lines."""
    assert block is not None
    rows = block.rows
    texts = [[column.values[code] for code in column.codes] for column in rows.texts]
    passed = None if rows.passthrough is None else [tuple(row) for row in rows.passthrough.cells]
    return rows.numbers.tolist(), texts, passed, block.lines


def chosen(records: list[list[str]], lines: int, selection: Selection, comma: str = ".") -> tuple[Any, ...]:
    """The same of records that another program has read."""
    numbers, texts, passed = (
        [[record[column] for column in columns] for record in records]
        for columns in (selection.numbers, selection.texts, selection.passthrough)
    )
    return (
        [[float(cell.strip().replace(comma, ".")) for cell in row] for row in numbers],
        [list(column) for column in zip(*texts, strict=True)],
        [tuple(row) for row in passed] if selection.passthrough else None,
        lines,
    )


LONG = "".join(f"{i}.5,{'x' * (i % 5)},-{i}e-3,{i}\n" for i in range(200))


@pytest.mark.parametrize("text", [
    "1,x,2.5,y\n3,z,-4,w\n",
    "1,x,2.5,y\n3,z,-4,w",
    "1,x,2.5,y\r\n3,z,-4,w\r\n",
    "+1.,x,.5e3,y\n-0.0,,4E-2,\n",
    " 1,x, 2.5 ,y\n3 ,z,  -4, w \n",
    '"1","x","2.5","y"\n"3","z","-4",""\n',
    '1,"x,y",2.5,"y"\n3,z,-4,w\n',
    '1,"x,\ny",2.5,"\n"\n3,z,-4,w\n',
    '1,x,2.5,"y\n\n,"\n3,"z",-4,w\n',
    '1,x,2.5,y\n3,"say ""z""",-4,""""\n',
    '1,x,2.5,"y,"\r\n3,"z",-4,w\r\n',
    "1,\u00e9,2.5,\U0001f408\n3,\u732b,-4,w\n",
    "1,,2.5,\n3,,-4,\n",
    '"1","x,y","2.5","y"\n"3","z","-4","w"\n',
    '"1",x,"2.5","y\n"\n"3","z","-4","w"\n',
    LONG,
])  # fmt: skip
def test_separated_rows_are_read_as_the_csv_module_reads_them(name: str, text: str) -> None:
    records = list(csv.reader(io.StringIO(text, newline="")))
    lines = len(io.StringIO(text).readlines())
    for selection in (MIXED, Selection((0, 2)), Selection((2,), (3,)), Selection((), (), (1,)), Selection((0, 2, 0))):
        found = content(read(name, text.encode(), CSV, selection))
        assert found == chosen(records, lines, selection)
        with patch.object(block_reader, "_rows_of_records", lambda *_: None):
            if '\r\n3,"z"' not in text:  # quoted commas beside CR are rare
                assert content(read(name, text.encode(), CSV, selection)) == found
        tabs = text.replace(",", "\t")
        expected = chosen(list(csv.reader(io.StringIO(tabs, newline=""), delimiter="\t")), lines, selection)
        assert content(read(name, tabs.encode(), TSV, selection)) == expected


def test_quotes_within_a_cell_are_what_the_csv_module_says(name: str) -> None:
    block = read(name, b'1,"x",2,y"z"\n3,"z",-4,w\n', CSV)
    assert content(block) == ([[2, 1], [-4, 3]], [["x", "z"]], [("x", 'y"z"'), ("z", "w")], 2)
    assert block is not None
    assert block.rows.passthrough is not None
    assert not block.rows.passthrough.typed


@pytest.mark.parametrize("text", [
    "1,2\n3,4\n", "1,2\r\n3,4", "1e5,-2\n+3,.4\n", '"1","2"\n"3","4"\n', "1, 2\n3 ,4\n", "9007199254740993,0.1\n1,2\n",
    "".join(f"{i / 7},{i * 1e300}\n" for i in range(300)),
])  # fmt: skip
def test_rows_of_nothing_but_numbers_are_read_at_once(name: str, text: str) -> None:
    records = list(csv.reader(io.StringIO(text, newline="")))
    expected = chosen(records, len(records), NUMBERS)
    assert content(read(name, text.encode(), CSV, NUMBERS, 2)) == expected
    assert content(read(name, text.replace(",", "\t").encode(), TSV, NUMBERS, 2)) == expected
    swapped = text.replace(",", ";").replace(".", ",").encode()
    assert content(read(name, swapped, COMMA, NUMBERS, 2)) == expected


@pytest.mark.parametrize("text", [
    "1,x,2,y\n1,x,2\n", "1,x,2,y\n1,x,2,y,z\n", "1,x,2\n1,x,2,y,z\n", "1,x,,y\n", ",x,2,y\n", "1,x, ,y\n", " ,x,2,y\n",
    "1,x,2,y\n\n1,x,2,y\n", "1,x,nan,y\n", "1,x,-inf,y\n", "1,x,1e999,y\n", "1,x,1_0,y\n", "1,x,1 2,y\n", "1,x,0x1,y\n",
    "1,x\0,2,y\n", "1,x,2,y\r1,x,2,y\n", '"1\n2",x,2,y\n', '"",x,2,y\n', '"1""",x,2,y\n', '"1,5",x,2,y\n', '1,"x,2,y\n',
    '1,"x"z,2,y\n', "1,x,\u0662,y\n", "1,x,e5,y\n", "1,x,-,y\n", "1,x,1e,y\n", "1,x,2-1,y\n", '1,"x\n",2,y\n1,x,2\n',
    "1,3,2\n1,4,2,5,6\n", '1,x,2,y\n"1,x,2,y\n', '1,"x"z,2,"y"\n', "1,2\n", "1,x,2,y\n1\n2\n3\n4\n",
])  # fmt: skip
def test_rows_with_anything_wrong_are_left_to_be_read_one_by_one(name: str, text: str) -> None:
    assert read(name, text.encode(), CSV) is None
    assert read(name, text.replace(",", "\t").encode(), TSV) is None or '"1,5"' in text
    assert read(name, ("1,x,2,y\n" * 90 + text).encode(), CSV) is None


def test_text_that_is_not_utf_8_is_left_to_be_read_row_by_row(name: str) -> None:
    for data in (b"1,\xff,2,y\n", b"1,x,2,\xc3\n", b"1,\xed\xa0\x80,2,y\n"):
        assert read(name, data, CSV) is None


@pytest.mark.parametrize(("text", "numbers"), [
    ("1,5;x;-2,25;y\n3;a,b;4;c.d\n", [[-2.25, 1.5], [4, 3]]),
    ('"1,5";"x;y";2;y\n3;x;"4";z\n', [[2, 1.5], [4, 3]]),
    (' 1,5;"x""y";2 ;y\n', [[2, 1.5]]),
    ("1.5;x;2;y\n", None),
    ('"1.5";"x""";2;y\n', None),
    ("1,5,0;x;2;y\n", None),
])  # fmt: skip
def test_numbers_with_decimal_commas_are_read_at_once(name: str, text: str, numbers: Any) -> None:
    block = read(name, text.encode(), COMMA)
    assert (None if block is None else block.rows.numbers.tolist()) == numbers


@pytest.mark.parametrize("text", [
    '{"a":1,"t":"x","b":2.5,"u":"y"}\n{"a":3,"t":"z","b":-4,"u":"w"}\n',
    '{"a": 1, "t": "x", "b": 2.5, "u": "y"}\n{"a": 3, "t": "z", "b": -4, "u": "w"}',
    '{"a": 1, "t": "x", "b": 2.5, "u": "y"}\r\n{"a": 3, "t": "z", "b": -4, "u": "w"}\r\n',
    '{"a": 0, "t": "a,b:c}", "b": -0.0, "u": ""}\n{"a": 1.5e+3, "t": "", "b": -4E-2, "u": "w"}\n',
    '{"a": 0.5, "t": "{:,}", "b": 0e5, "u": null}\n{"a": -0, "t": "\u00e9", "b": 10, "u": 1.50}\n',
    '{"a": 1e5, "t": "x", "b": 2E+5, "u": true}\n{"a": 3, "t": "[]", "b": 9.25, "u": false}\n',
    "".join(f'{{"a": {i}, "t": "t{i}", "b": {i / 7}, "u": {i * 3}}}\n' for i in range(300)),
])  # fmt: skip
def test_json_lines_of_like_objects_are_read_at_once(name: str, text: str) -> None:
    records = [[str(value) for value in json.loads(line, parse_float=str, parse_int=str,
        object_pairs_hook=lambda pairs: [value for _, value in pairs])] for line in text.splitlines()]  # fmt: skip
    for record in records:
        record[3] = {"None": "null", "True": "true", "False": "false"}.get(record[3], record[3])
    for selection in (MIXED, Selection((0, 2)), Selection((2,), (), (3, 1)), Selection((0,), (), (0, 1, 2, 3))):
        expected = chosen(records, len(records), selection)
        assert content(read(name, text.encode(), JSON, selection)) == expected
        with patch.object(block_reader, "_rows_of_records", lambda *_: None):
            found = read(name, text.encode(), JSON, selection)
        assert found is None if "[]" in text else content(found) == expected


@pytest.mark.parametrize(("value", "kind"), [
    ('"7"', str), ("7", JsonValue), ("null", JsonValue), ("[1,2]", JsonValue), ('{"k":[1]}', JsonValue),
    ('"say \\"x\\""', str), ('"\\u00e9"', str), ('"\\ud83d\\ude00"', str),
])  # fmt: skip
def test_a_cell_of_json_keeps_its_type(name: str, value: str, kind: type) -> None:
    text = f'{{"a": 1, "t": {value}, "b": 2, "u": {value}}}\n' * 2
    block = read(name, text.encode(), JSON)
    if "\\ud" in value:
        assert block is None
        return
    assert block is not None
    assert block.rows.passthrough is not None
    assert block.rows.passthrough.typed
    cell = json.loads(value) if kind is str else value
    assert [[(type(found), found) for found in row] for row in block.rows.passthrough.cells] == [[(kind, cell)] * 2] * 2


@pytest.mark.parametrize("line", [
    '{"a": 1, "t": "x", "b": 2}', '{"a": 1, "t": "x", "b": 2, "u": 1, "v": 1}', '{"t": "x", "a": 1, "b": 2, "u": 1}',
    '{"a": "1", "t": "x", "b": 2, "u": 1}', '{"a": 01, "t": "x", "b": 2, "u": 1}',
    '{"a": 1, "t": "x", "b": +2, "u": 1}', '{"a": .5, "t": "x", "b": 2, "u": 1}', '{"a": 1, "t": "x", "b": 2., "u": 1}',
    '{"a": -01, "t": "x", "b": 2, "u": 1}', '{"a": -.5, "t": "x", "b": 2, "u": 1}',
    '{"a": 1, "t": "x", "b": 2.e5, "u": 1}', '{"a": , "t": "x", "b": 2, "u": 1}', '{"a": 1, "t": x, "b": 2, "u": 1}',
    '{"a": 1, "t": "x", "b": 2, "u": [1}', '{"a": 1, "t": "x", "b": 2, "u": 1]}', '{"a": 1, "t": "x", "b": 2, "u": 1}}',
    '{"a": 1, "t": "x", "b": 2, "u": 1} x', '{"a": 1, "t": "x", "b": 2, "u": }', '["a", 1, "t", "x", "b", 2, "u", 1]',
    "", '{"a": 1, "t": "x", "b": 2, "u": 1}, {', '{"a": 1; "t": "x"; "b": 2}', '{"a": NaN, "t": "x", "b": 2, "u": 1}',
    '{"a": null, "t": "x", "b": 2, "u": 1}', '{"a": 1 2, "t": "x", "b": 2, "u": 1}',
    '{"a": 1, "t": "x\ty", "b": 2, "u": 1}', '{"a": 1, "t": "x", "b": 2, "u": nul}',
    '{"a", 1: "t", "x": "b", 2: "u", 1}', 'x{"a": 1, "t": "x", "b": 2, "u": 1}', '"a": 1, "t": "x", "b": 2, "u": 1}',
    '{"a": 1e400, "t": "x", "b": 2, "u": 1}', '{"a": 1, "t": "x", "b": 2+1, "u": 1}',
    '{"a": 1, "t": "\\ud800", "b": 2, "u": 1}', '{"a": 1, "t": 01, "b": 2, "u": 1}',
    '{"b": 1, "t": "x", "a": 2, "u": 1}', '{"a": 1, "t": "x", "b": 2, "u": [[]}', "[]", "{}", "7",
    '{"a": 1: "t": "x", "b": 2, "u": 1}', '{"a": 1} "t": "x", "b": 2, "u": 1}', "7\n7\n7",
    '{"a": 1, "t": "x", "b": 02, "u": 1}', '{"a": 1, "t": "x", "b": .5, "u": 1}',
    '{"a": 1, "t": "x\n", "b": 2, "u": 1}',
])  # fmt: skip
def test_lines_that_are_other_json_or_none_are_left_to_be_read_one_by_one(name: str, line: str) -> None:
    usual = '{"a": 1, "t": "x", "b": 2, "u": 1}\n'
    for text in (usual + line + "\n" + usual, usual + line + "\n", line + "\n" + usual):
        for selection in (MIXED, Selection((0, 2)), Selection((0,))):
            assert read(name, text.encode(), JSON, selection) is None


@pytest.mark.parametrize("text", [
    '{"a":1,"t":"x","b":2.5,"u":"y"}\n{"a": 3, "t": "z", "b": -4, "u": "w"}\n',
    '{"a":1, "t":"x", "b":2.5, "u":"y"}\n{"a": 3, "t":"z", "b":-4, "u":"w"}\n',
    '{"a":1,"t":"x","b":2.5,"u":"y"}\n{"a" :3,"t" :"z","b" :-4 ,"u":"w" }\n',
    '{"a":1, "t": "x", "b": 2.5, "u": "y"}\n{"a":3, "t": "z", "b": -4, "u": "w"}\n',
])  # fmt: skip
def test_blanks_may_stand_elsewhere_in_each_line_of_json(name: str, text: str) -> None:
    text = text.replace("1", "51").replace("3", "53")
    expected = ([[2.5, 51], [-4, 53]], [["x", "z"]], [("x", "y"), ("z", "w")], 2)
    assert content(read(name, text.encode(), JSON)) == expected
    first = text.splitlines()[0].encode()
    assert content(read(name, first, JSON)) == ([[2.5, 51]], [["x"]], [("x", "y")], 1)


@pytest.mark.parametrize(("text", "lines"), [
    ("1 x 2.5 y\n3 z -4 w\n", 2),
    ("  1  x\t2.5   y \r\n3 z\t \t-4 w\t\r\n", 2),
    ("\t1 x 2.5 y\n 3 z -4 w", 2),
])  # fmt: skip
def test_rows_with_runs_of_blanks_between_cells_are_read_at_once(name: str, text: str, lines: int) -> None:
    plain, dialect = Blanks().plain(text.encode())
    expected = chosen([line.split() for line in text.splitlines()], lines, MIXED)
    assert content(read(name, plain, dialect)) == expected
    assert content(read(name, text.encode(), Blanks())) == expected
    assert content(read(name, text.replace(".", ",").encode(), Blanks(decimal_comma=True))) == expected


def test_quoted_cells_between_blanks_are_read_at_once(name: str) -> None:
    data = b'1 "x  y" 2.5 "say ""hi"""\n3\t""  -4 w\n'
    assert Blanks().plain(data) == (data, Blanks())
    expected = ([[2.5, 1], [-4, 3]], [["x  y", ""]], [("x  y", 'say "hi"'), ("", "w")], 2)
    assert content(read(name, data, Blanks())) == expected
    for wrong in (
        b'1 "x" 2 "y\n',
        b'1 "x"y 2 y\n',
        b'1 x" 2 "y"\n3 z 4\n',
        b"1 x 2 y\n\n1 x 2 y\n",
        b"1 x 2 y\r3 z 4 w\n",
    ):
        assert read(name, wrong, Blanks()) is None


def test_numbers_are_numbers_whatever_else_their_column_is(name: str) -> None:
    both = Selection((0, 1), (0,), (1,))
    assert content(read(name, b"1,2\n3,4\n", CSV, both, 2)) == ([[1, 2], [3, 4]], [["1", "3"]], [("2",), ("4",)], 2)
    labels = Selection((0, 1), (1,))
    assert content(read(name, b"1,2\n3,4\n", CSV, labels, 2)) == ([[1, 2], [3, 4]], [["2", "4"]], None, 2)
    assert read(name, b"1.5;2\n3;4\n", COMMA, NUMBERS, 2) is None


@pytest.mark.parametrize("text", ["1,2\n3,4", "1,2\r\n3,4\r\n", "5e-1,-2\n"])
def test_polars_finds_the_cells_of_plain_numbers_itself(name: str, text: str) -> None:
    with patch("nnlec.tables.engines.polars_engine.read_block", lambda *_: None):
        block = read(name, text.encode(), CSV, NUMBERS, 2)
    assert block is not None
    assert block.lines == text.count(",")


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "0.5,-2\n+3,.4\n", '"1","2"\n"3","4"\n', '{"a": 1, "b": 2}\n' * 2])
def test_numbers_of_a_few_digits_need_no_other_parser(name: str, text: str) -> None:
    dialect = JsonLines(("a", "b")) if "{" in text else CSV
    with patch.object(np, "fromstring", None):
        block = read(name, text.encode(), dialect, NUMBERS, 2)
    assert block is not None
    assert block.rows.numbers.shape == (2, 2)


@pytest.mark.parametrize(("cells", "columns", "empty"), [
    ("1,2\n3,4\n", [0, 1], False), (",2\n3,4\n", [0, 1], True), (",2\n3,4\n", [1], False),
    ("1,\n3,4\n", [0, 1], True), ("1,2\n,4\n", [0], True), ("1,2\n3,\n", [0], False), ("1,2\n3,\n", [1], True),
])  # fmt: skip
def test_a_cell_is_empty_where_it_ends_at_once(name: str, cells: str, columns: list[int], empty: bool) -> None:
    grid = CellGrid.of(cells.encode(), 2, CSV)
    assert grid is not None
    assert grid.cells.has_empty(columns) is empty
    assert (read(name, cells.encode(), CSV, Selection(tuple(columns)), 2) is None) is empty


def test_rows_of_a_thousand_columns_and_more_are_read_at_once(name: str) -> None:
    for width in (999, 1000, 1001, 1002):
        numbers = np.arange(2.0 * width).reshape(2, width) / 8
        data = "".join(",".join(map(str, row)) + "\n" for row in numbers.tolist()).encode()
        every = Selection(tuple(range(width)))
        block = read(name, data, CSV, every, width)
        assert block is not None
        assert np.array_equal(block.rows.numbers, numbers)
        assert block.lines == 2
        few = read(name, data, CSV, Selection((width - 1, 3)), width)
        assert few is not None
        assert np.array_equal(few.rows.numbers, numbers[:, [width - 1, 3]])
        for wrong in (data.replace(b"0.125", b""), data.replace(b"0.125", b"x"), data.replace(b"0.125", b"1e999")):
            assert read(name, wrong, CSV, every, width) is None
