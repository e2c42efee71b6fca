"""Lines of JSON that are alike are read at once; a line in which anything is doubtful is left to the record reader."""

from __future__ import annotations

import json

import pytest

from nnlec.tables.engines.dialects import JsonLines
from nnlec.tables.engines.json_grid import JsonGrid
from nnlec.tables.rows import Selection
from tests.test_blocks_at_once import JSON, cells_of


def json_grid(*values: str, layout: str = '{"a":%s,"t":%s,"b":%s}\n') -> JsonGrid | None:
    """Of lines with keys a, t, b, three values each."""
    lines = [layout % values[at : at + 3] for at in range(0, len(values), 3)]
    return JsonGrid.of("".join(lines).encode(), 3, JsonLines(JSON))


@pytest.mark.parametrize(
    ("layout", "values", "text"),
    [
        ('{"a":%s,"t":%s,"b":%s}\n', ("1", "2", "3", "4", "5", "6"), b"1,3\n4,6\n"),
        ('{"a": %s, "t": %s, "b": %s}\n', ("1", '"x"', "-0.5", "4e5", "null", "6"), b"1,-0.5\n4e5,6\n"),
        ('{"a": %s, "t": %s, "b": %s}\r\n', ("1", '"x, y: }"', "0"), b"1,0\n"),
        ('{"a":%s,"t": %s,"b":%s}\n', ("1", '"x"', "2"), b"1,2\n"),
        ('{"a":%s,"t":%s,"b": %s}\n', ("1", '"x"', "2"), None),
        ('{"a":%s ,"t":%s,"b":%s}\n', ("1", '"x"', "2"), b"1 ,2\n"),
    ],
)
def test_objects_with_the_same_keys_are_read_at_once(layout: str, values: tuple[str, ...], text: bytes | None) -> None:
    found = json_grid(*values, layout=layout)
    assert found is not None
    assert (found.rows, found.lines, found.delimiter) == (len(values) // 3, len(values) // 3, ",")
    assert found.number_text([0, 2]) == text


FIRST = b'{"a":1,"t":2,"b":3}\n'


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1,"t":2}\n',
        b'{"a":1,"b":2,"t":3}\n',
        b'{"a":1,"t":2,"b":3,"c":4}\n',
        b'{"a":1,"t":2,"b":3} {}\n',
        b'{"a":1,"t":2,"b":3}x\n',
        b'x{"a":1,"t":2,"b":3}\n',
        b'{"a":1:"t",2,"b":3}\n',
        b'{"a":1,"t":2,"b":3,\n',
        b'{"a":1,"t":2,"b","c"}\n',
        b'{"a":1,"t":{"b":2},"b":3}\n',
        b'{"a":1,"t":[1,2],"b":3}\n',
        b'{"a":1,"t":"\\"","b":3}\n',
        b'{"a":1,"t":"\\ud83d\\ude00","b":3}\n',
        b'{"a":1,"t":"\\uD83D","b":3}\n',
        b'{"a":1,"t":"x\ny","b":3}\n',
        b'{"A":1,"t":2,"b":3}\n',
        b"\n",
        b'{"a":1,"t":"\xff","b":3}\n',
    ],
)
def test_a_line_that_is_another_object_or_none_is_left_to_others(line: bytes) -> None:
    assert JsonGrid.of(FIRST * 2, 3, JsonLines(JSON)) is not None
    assert JsonGrid.of(FIRST + line, 3, JsonLines(JSON)) is None
    assert JsonGrid.of(line + FIRST, 3, JsonLines(JSON)) is None


@pytest.mark.parametrize("first", [b'{"a":tru,"t":2,"b":3}\n', b"{a:1,t:2,b:3}\n", b'{"a":1,"t":,"b":3}\n'])
def test_the_first_line_of_a_block_is_json(first: bytes) -> None:
    assert JsonGrid.of(first, 3, JsonLines(JSON)) is None


@pytest.mark.parametrize(
    "value",
    ["0", "-0", "0.5", "-0.5", "10", "-10", "100.25", "1e5", "1E5", "1e+5", "1E-05", "0e1", "0.0e0",
     "01", "-01", "00", "-00.5", ".5", "-.5", "1.", "1.e5", "-1.", "+1", "+.5", "-", "", '"1"', "x"],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 2, 3, 5])
def test_a_number_is_one_in_json(value: str, place: int) -> None:
    values = ["7", '"x"', "8", "9", '"y"', "0"]
    values[place] = value
    found = json_grid("1", "2", "3", *values)
    assert found is not None
    text = found.number_text([0, 2])
    try:
        is_number = isinstance(json.loads(value), int | float)
    except ValueError:
        is_number = False
    assert (text == f"1,3\n{values[0]},{values[2]}\n{values[3]},{values[5]}\n".encode()) == is_number
    assert (text is None) == (not is_number)


@pytest.mark.parametrize(
    ("selection", "texts", "passed"),
    [
        (Selection((0,), (1,), (2,)), [["x", "y"]], [["2.50"], ["null"]]),
        (Selection((0,), (1, 2), ()), [["x", "y"], ["2.50", "null"]], None),
        (Selection((), (), (0, 1, 2)), [], [["1", "x", "2.50"], ["3", "y", "null"]]),
        (Selection((), (2,), (1, 0)), [["2.50", "null"]], [["x", "1"], ["y", "3"]]),
        (Selection((0,), (), (2,)), [], [["2.50"], ["null"]]),
        (Selection((0,), (0,), ()), [["1", "3"]], None),
        (Selection((0, 1, 2)), [], None),
    ],
)
def test_text_and_what_passes_through_are_cells_of_json(
    selection: Selection, texts: list[list[str]], passed: list[list[str]] | None
) -> None:
    found = json_grid("1", '"x"', "2.50", "3", '"y"', "null")
    assert found is not None
    read = found.texts(selection)
    assert read is not None
    columns, through = read
    assert [[column.values[code] for code in column.codes] for column in columns] == texts
    if passed is None:
        assert through is None
    else:
        assert (cells_of(through), getattr(through, "typed", None)) == (passed, True)


@pytest.mark.parametrize("value", ["", "tru", "[1]", "[", "]", "1 2", "01", "nul"])
def test_a_value_that_may_be_no_json_is_left_to_others(value: str) -> None:
    found = json_grid("1", '"x"', "2", "3", value, "4")
    assert found is not None
    assert found.texts(Selection((0, 2))) is None
    assert found.texts(Selection((0, 1, 2), (), (1,))) is None
    last = json_grid("1", '"x"', value)
    assert last is None or last.texts(Selection((0,), (1,))) is None
