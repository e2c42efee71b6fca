"""Blocks of usual rows are read at once; one in which anything is doubtful is left to the record reader."""

from __future__ import annotations

import csv
import io
from importlib.util import find_spec

import pytest

from nnlec.tables.engines import ENGINES, engine
from nnlec.tables.engines.blanks import Blanks
from nnlec.tables.engines.dialects import Dialect, JsonLines, Separated
from nnlec.tables.engines.grid import CellGrid, plain_lines
from nnlec.tables.header import Header
from nnlec.tables.rows import CellRows, PlainLines, Rows, Selection

COMMA, DECIMAL_COMMA = Separated(","), Separated(";", decimal_comma=True)
JSON = ("a", "t", "b")


def grid(data: bytes, width: int, dialect: Separated = COMMA) -> CellGrid:
    found = CellGrid.of(data, width, dialect)
    assert found is not None
    return found


def cells_of(passed: object) -> list[list[str]]:
    assert isinstance(passed, CellRows | PlainLines)
    return [list(row) for row in passed.cells]


def texts_of(rows: Rows) -> list[list[str]]:
    return [[column.values[code] for code in column.codes.tolist()] for column in rows.texts]


# Lines


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"1,2\n3,4\n", b"1,2\n3,4\n"),
        (b"1,2\n3,4", b"1,2\n3,4\n"),
        (b"1,2\r\n3,4\r\n", b"1,2\n3,4\n"),
        (b"1,2\r\n3,4", b"1,2\n3,4\n"),
        (b"1,2\n\n", b"1,2\n\n"),
        ("é\n".encode(), "é\n".encode()),
        (b"1,2\r3,4\n", None),
        (b"1,\0\n", None),
        (b"1,\xe9\n", None),
    ],
)
def test_lines_are_plain_or_left_to_others(data: bytes, lines: bytes | None) -> None:
    assert plain_lines(data) == lines


# Separated cells


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"1,2\n3\n", 2),
        (b"1,2,3\n4\n", 2),
        (b"1,2\n3,4,5\n", 2),
        (b"1,2\n\n", 2),
        (b'1,"2\n', 2),
        (b'1,2"\n', 2),
        (b'1,"2"3\n', 2),
        (b'1,x"2"\n', 2),
        (b'"1"x,2\n', 2),
        (b'x"1",2\n', 2),
        (b' "1",2\n', 2),
        (b'"1","2"3\n', 2),
        (b'"1",x"2"\n', 2),
        (b'"1""2\n', 1),
        (b'"1,2",3\r\n', 2),
        (b"1,\xff\n", 2),
    ],
)
def test_rows_that_are_not_usual_are_left_to_others(data: bytes, width: int) -> None:
    assert CellGrid.of(data, width, COMMA) is None


@pytest.mark.parametrize(
    ("data", "width", "rows", "lines"),
    [
        (b"1,2\n3,4\n5,6", 2, 3, 3),
        (b"1\n2\n", 1, 2, 2),
        (b'"1","2"\n"3",4\n', 2, 2, 2),
        (b'"1","2"\r\n"3",4\r\n', 2, 2, 2),
        (b'"a\nb",2\n"c,d",4\n', 2, 2, 3),
        (b'"say ""x""",2\n', 2, 1, 1),
        (b",\n", 2, 1, 1),
    ],
)
def test_rows_and_lines_are_counted(data: bytes, width: int, rows: int, lines: int) -> None:
    found = grid(data, width)
    assert (found.rows, found.lines) == (rows, lines)


WIDE = [[f"{'abcdefghijkl'[column]}{row * 97}" * (1 + (row + column) % 3) for column in range(12)] for row in range(9)]


@pytest.mark.parametrize(
    "columns",
    [[0], [11], [5], [0, 1], [3, 4, 8], [0, 11], [0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11], [*range(1, 12)],
     [*range(11)], [*range(12)]],
)  # fmt: skip
def test_any_columns_are_picked_in_the_order_of_the_table(columns: list[int]) -> None:
    data = "".join(",".join(row) + "\n" for row in WIDE).encode()
    expected = "".join(",".join(row[column] for column in columns) + "\n" for row in WIDE)
    assert grid(data, 12).cells.pick(columns).decode() == expected


@pytest.mark.parametrize(
    ("data", "columns", "empty"),
    [
        (b"1,2,3\n4,5,6\n", [0, 1, 2], False),
        (b"1,2,3\n4,5,6\n", [1], False),
        (b",2,3\n", [0], True),
        (b"1,2,3\n,5,6\n", [0, 1, 2], True),
        (b"1,,3\n4,5,6\n", [1], True),
        (b"1,,3\n4,5,6\n", [0, 2], False),
        (b"1,2,3\n4,5,\n", [2], True),
        (b"1,2,3\n4,5,\n", [0, 1], False),
    ],
)
def test_an_empty_cell_is_no_number(data: bytes, columns: list[int], empty: bool) -> None:
    found = grid(data, 3)
    assert found.cells.has_empty(columns) == empty
    assert (found.number_text(columns) is None) == empty


@pytest.mark.parametrize(
    ("data", "columns", "text"),
    [
        (b'"1","2"\n"3",4\n', [0, 1], b"1,2\n3,4\n"),
        (b'"1","2"\n"3",4\n', [1], b"2\n4\n"),
        (b'"1""5",2\n', [0], None),
        (b'"1,5",2\n', [0, 1], None),
        (b'"1,5",2\n3,"4"\n', [1], b"2\n4\n"),
        (b'"1\n5",2\n', [0, 1], None),
        (b'"a,b","2"\n"c\nd","4"\n', [1], b"2\n4\n"),
    ],
)
def test_quoted_numbers_are_numbers(data: bytes, columns: list[int], text: bytes | None) -> None:
    assert grid(data, 2).number_text(columns) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"1,5;2\n-3,25;4\n", b"1.5;2\n-3.25;4\n"), (b"1.5;2\n", None), (b'"1,5";2\n', b"1.5;2\n"), (b"1,5;\n", None)],
)
def test_decimal_commas_become_points(data: bytes, text: bytes | None) -> None:
    assert grid(data, 2, DECIMAL_COMMA).number_text([0, 1]) == text


@pytest.mark.parametrize(
    ("data", "texts", "passed"),
    [
        (b"1,cat,x,2\n3,dog,y,4\n", [["cat", "dog"]], [["x", "2"], ["y", "4"]]),
        (b'1,"cat","x",2\n', [["cat"]], [["x", "2"]]),
        (b'1,"a,b",x,2\n3,"c\nd","say ""y""",4\n', [["a,b", "c\nd"]], [["x", "2"], ['say "y"', "4"]]),
        (b'1,cat,"x,y",2\n', [["cat"]], [["x,y", "2"]]),
        (b"1,,,\n", [[""]], [["", ""]]),
        (b'1,"","",2\n', [[""]], [["", "2"]]),
    ],
)
def test_text_is_what_the_quotes_say(data: bytes, texts: list[list[str]], passed: list[list[str]]) -> None:
    columns, through = grid(data, 4).texts(Selection((0,), (1,), (2, 3)))
    assert [[column.values[code] for code in column.codes] for column in columns] == texts
    assert cells_of(through) == passed


def test_one_empty_column_of_text_has_a_cell_for_each_row() -> None:
    _, passed = grid(b'"a,b"\n""\n\n', 1).texts(Selection((), (), (0,)))
    assert cells_of(passed) == [["a,b"], [""], [""]]


def test_no_column_passes_through_where_none_is_asked_for() -> None:
    assert grid(b"1,cat\n", 2).texts(Selection((0,), (1,)))[1] is None


def test_rows_without_quotes_pass_through_as_they_are() -> None:
    assert grid(b"1;x\n", 2, Separated(";")).texts(Selection((0,), (), (1, 0)))[1] == PlainLines(["1;x"], ";")


# Blocks


HEADER = Header("t.csv:1", ("a", "t", "b"), 3)
INSTALLED = [name for name, (_, package, _) in ENGINES.items() if not package or find_spec(package)]
SELECTION = Selection((2, 0), (1,), (1,))


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize(
    ("data", "dialect", "numbers", "texts", "lines"),
    [
        (b"1,x,2\n3,y,4\n", COMMA, [[2, 1], [4, 3]], ["x", "y"], 2),
        (b'1,"x,y",2\n', COMMA, [[2, 1]], ["x,y"], 1),
        (b'"1","x\ny",2\n', COMMA, [[2, 1]], ["x\ny"], 2),
        (b'1, "x" ,2\n', COMMA, [[2, 1]], [' "x" '], 1),
        (b'1,x"y",2\n', COMMA, [[2, 1]], ['x"y"'], 1),
        (b'1,x"y\n', COMMA, None, None, 0),
        (b'1,x"y",z\n', COMMA, None, None, 0),
        (b'1,x"y",\n', COMMA, None, None, 0),
        (b'1,x"y","2\n3"\n', COMMA, None, None, 0),
        (b'1,x"y"\n', COMMA, None, None, 0),
        (b'1,x"y",2\n1,x"y"\n', COMMA, None, None, 0),
        (b"1,x,\n", COMMA, None, None, 0),
        (b"1,x\n", COMMA, None, None, 0),
        (b"1 x  2\n 3\ty 4\n", Blanks(), [[2, 1], [4, 3]], ["x", "y"], 2),
        (b'1 "x y" 2\n3 z 4\n', Blanks(), [[2, 1], [4, 3]], ["x y", "z"], 2),
        (b'1 "x y" 2\n\n', Blanks(), None, None, 0),
        (b'1 "x y" 2\n3 "z 4\n', Blanks(), None, None, 0),
        (b'1 "x y" 2\n3 z\n', Blanks(), None, None, 0),
        (b'1 "x\0y" 2\n', Blanks(), None, None, 0),
        (b'1,5 "x y" 2\n', Blanks(decimal_comma=True), [[2, 1.5]], ["x y"], 1),
        (b'1,5;x"y";2\n', DECIMAL_COMMA, [[2, 1.5]], ['x"y"'], 1),
        (b'1.5;x"y";2\n', DECIMAL_COMMA, None, None, 0),
        (b'{"a":1,"t":"x","b":2}\n', JsonLines(JSON), [[2, 1]], ["x"], 1),
        (b'{"a":1,"t":"\\"","b":2}\n{"a":3,"t":[4],"b":5}\n', JsonLines(JSON), [[2, 1], [5, 3]], ['"', "[4]"], 2),
        (b'{"a":1,"t":"x","b":"2"}\n', JsonLines(JSON), None, None, 0),
        (b'{"a":1,"t":"\\"","b":"2"}\n', JsonLines(JSON), None, None, 0),
    ],
)
def test_a_block_is_read_at_once_or_left_to_others(
    name: str,
    data: bytes,
    dialect: Dialect,
    numbers: list[list[float]] | None,
    texts: list[str] | None,
    lines: int,
) -> None:
    plain, simpler = dialect.plain(data)
    found = engine(name).read_block(plain, SELECTION, HEADER, simpler)
    if numbers is None:
        assert found is None
        return
    assert found is not None
    assert (found.rows.numbers.tolist(), texts_of(found.rows), found.lines) == (numbers, [texts], lines)
    assert cells_of(found.rows.passthrough) == [[text] for text in texts or []]
    assert isinstance(found.rows.passthrough, PlainLines) == (data in (b"1,x,2\n3,y,4\n", b"1 x  2\n 3\ty 4\n"))


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (b"1,2,3\n4,5,6\n", [[1, 2, 3], [4, 5, 6]]),
        (b"1,2,3\n4,5,6", [[1, 2, 3], [4, 5, 6]]),
        (b"1,2,3\r\n4,5,6\r\n", [[1, 2, 3], [4, 5, 6]]),
        (b"+1,-.5,3.\n1e5,2E-3,007\n", [[1, -0.5, 3], [1e5, 2e-3, 7]]),
        (b"0.1,123456789012345678,5e-324\n", [[0.1, 123456789012345680, 5e-324]]),
        (b" 1,2 ,  3\n", [[1, 2, 3]]),
        (b'"1",2,"3"\n', [[1, 2, 3]]),
        (b"1,,3\n", None),
        (b"1,2,\n", None),
        (b"1, ,3\n", None),
        (b'1,"",3\n', None),
        (b"1,x,3\n", None),
        (b"1,-,3\n", None),
        (b"1,e5,3\n", None),
        (b"1,1e400,3\n", None),
        (b"1,nan,3\n", None),
        (b"1,inf,3\n", None),
        (b"1,\t2,3\n", None),
        (b"1,2\n3,4,5\n", None),
        (b"1,2,3,4\n", None),
        (b"1,2,3\n\n4,5,6\n", None),
        (b"\n1,2,3\n", None),
        (b"1;2;3\n", None),
        (b'1,"2\n",3\n', None),
    ],
)
@pytest.mark.parametrize("columns", [(0, 1, 2), (2, 0, 1), (1,), (2, 2, 1), (0, 2)])
def test_numbers_alone_are_read_at_once_or_left_to_others(
    name: str, data: bytes, numbers: list[list[float]] | None, columns: tuple[int, ...]
) -> None:
    found = engine(name).read_block(data, Selection(columns), HEADER, COMMA)
    if numbers is None:
        assert found is None or set(columns) != {0, 1, 2}
    else:
        assert found is not None
        assert found.rows.numbers.tolist() == [[row[column] for column in columns] for row in numbers]
        assert (found.rows.texts, found.rows.passthrough, found.lines) == ((), None, len(numbers))


@pytest.mark.parametrize("name", INSTALLED)
def test_numbers_with_decimal_commas_and_other_delimiters(name: str) -> None:
    for data, dialect in (
        (b"1,5;2;3\n", DECIMAL_COMMA),
        (b"1.5\t2\t3\n", Separated("\t")),
        (b"1.5|2|3\n", Separated("|")),
    ):
        found = engine(name).read_block(data, Selection((0, 1, 2)), HEADER, dialect)
        assert found is not None
        assert found.rows.numbers.tolist() == [[1.5, 2, 3]]
    assert engine(name).read_block(b"1.5;2;3\n", Selection((0, 1, 2)), HEADER, DECIMAL_COMMA) is None


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("width", [1, 999, 1000, 1001, 2500])
def test_wide_tables_of_numbers(name: str, width: int) -> None:
    row = [f"{column}.25" for column in range(width)]
    data = (",".join(row) + "\n" + ",".join(row[::-1]) + "\n").encode()
    header = Header("t.csv:1", tuple(row), width)
    found = engine(name).read_block(data, Selection(tuple(range(width))), header, COMMA)
    assert found is not None
    assert found.rows.numbers.tolist() == [list(map(float, row)), list(map(float, row[::-1]))]
    assert found.lines == 2
    assert engine(name).read_block(data + b"x" + data, Selection(tuple(range(width))), header, COMMA) is None


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (b"a b\n1 2\n", b"a\tb\n1\t2\n"),
        (b"  a \t b  \r\n\t1\t\t2 \n", b"a\tb\n1\t2\n"),
        (b"a     b       c", b"a\tb\tc"),
        (b"1,5 2\n", b"1,5\t2\n"),
    ],
)
def test_blanks_become_one_tab(data: bytes, plain: bytes) -> None:
    for comma in (False, True):
        assert Blanks(decimal_comma=comma).plain(data) == (plain, Separated("\t", comma))


@pytest.mark.parametrize("data", [b"1,x,2\n3,y,4\n", b'1,x"y",2\n3,y,4\n'])
@pytest.mark.parametrize("name", INSTALLED)
def test_text_alone_has_no_numbers(name: str, data: bytes) -> None:
    found = engine(name).read_block(data, Selection((), (1,), ()), HEADER, COMMA)
    assert found is not None
    assert found.rows.numbers.shape == (2, 0)
    assert texts_of(found.rows) == [[row[1] for row in csv.reader(io.StringIO(data.decode()))]]
    assert found.rows.passthrough is None
