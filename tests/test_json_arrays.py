"""A JSON array of objects is read like the same objects one to a line, wherever its bytes are cut; and UTF-16, -32."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from nnlec.tables.engines import engine
from tests.conftest import examples
from tests.test_engines import NAMES, run

quiet = examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text('a"\\{}[],:é\n ', max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text('k"}', max_size=2), inner, max_size=2),
    max_leaves=4,
)
NUMBER = st.integers(-9, 9) | st.floats(-1e9, 1e9)
OBJECT = st.fixed_dictionaries({"a": NUMBER, "t": VALUE, "b": NUMBER})
END = st.sampled_from(["", "\n", "\r\n", " \n\n"])
LAYOUT = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False, "indent": "\t"}])


def written(objects: list[Any], layout: dict[str, Any], end: str) -> bytes:
    return (json.dumps(objects, **layout) + end).replace("\n", "\r\n" if end == "\r\n" else "\n").encode()


@quiet
@given(st.lists(OBJECT, min_size=1, max_size=8), LAYOUT, END, st.integers(1, 40))
def test_an_array_is_read_like_lines(
    tmp_path: Path, objects: list[Any], layout: dict[str, Any], end: str, piece: int
) -> None:
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()
    expected = run(engine("stream"), lines, tmp_path, format="jsonl")
    assert expected[1] == ""
    for name in NAMES:
        for form in ("json", "jsonl"):
            assert run(engine(name), written(objects, layout, end), tmp_path, format=form) == expected
        with patch("nnlec.tables.engines.line_reader._PIPE", piece):
            assert run(engine(name), written(objects, layout, end), tmp_path, format="json", block=50) == expected


@quiet
@given(st.lists(OBJECT, min_size=1, max_size=3), st.integers(0, 400), st.sampled_from(["", *'[]{},":x1 ']))
@example([{"a": 1, "t": "]", "b": 2}], 0, "")
def test_damage_is_an_error_exactly_where_the_text_is_no_json(
    tmp_path: Path, objects: list[Any], at: int, instead: str
) -> None:
    text = json.dumps(objects)
    at %= len(text)
    damaged = text[:at] + instead + text[at + 1 :]
    try:
        value = json.loads(damaged, object_pairs_hook=list)
    except ValueError:
        value = None
    keys = [[key for key, _ in one] if isinstance(one, list) else None for one in value or []] if value else []
    _, error, _ = run(engine("stream"), damaged.encode(), tmp_path, format="json")
    if not isinstance(value, list) or not keys or None in keys:
        assert error.startswith("/t.csv")
    elif all(sorted(map(str, key or [])) == ["a", "b", "t"] for key in keys):
        numbers = [dict(one)[name] for one in value for name in "ab"]
        assert (error == "") == all(type(number) in (int, float) for number in numbers)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("text", "error"), [
    ("[]", "/t.csv: object 1: the table is empty: no header, no rows"),
    ("[1, 2]", "/t.csv:1: an array of objects is expected: '1', expected { or ]"),
    ('[{"a": 1, "b": 2}', "/t.csv: behind object 1: the array ends early"),
    ('[{"a": 1, "b": 2}, ]', "/t.csv: behind object 1: ']', expected {"),
    ('[{"a": 1, "b": 2}] []', "/t.csv: behind object 1: '[', expected nothing behind the array"),
    ('[{"a": 1, "b": 2},\n{"a": 1, "b": "2"}]', "/t.csv: object 2: column 'b': '2' is a string (write the number "
     "without quotes)"),
])  # fmt: skip
def test_an_array_that_is_none_is_refused(tmp_path: Path, name: str, text: str, error: str) -> None:
    out, what, _ = run(engine(name), text.encode(), tmp_path, format="json")
    assert what == error
    assert out.count(b"\n") == (2 if "behind" in error or "object 2" in error else 0)


def test_an_object_without_end_is_not_kept(tmp_path: Path) -> None:
    data = b'[{"a": 1, "b": 2}, {"a": "' + b"x" * (9 << 20)
    out, error, _ = run(engine("stream"), data, tmp_path, format="json")
    assert error == "/t.csv: behind object 1: an object is longer than 8 MiB"
    assert out == b"sum,difference\n3.0,-1.0\n"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("code", ["utf-16", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig"])
@pytest.mark.parametrize("piece", [1, 5, 1 << 16])
def test_a_byte_order_mark_says_how_the_text_is_read(tmp_path: Path, name: str, code: str, piece: int) -> None:
    mark = "\ufeff" if code.endswith("-be") else ""
    text = "a,t,b\r\n1,caf\u00e9 \U0001f408,2\r\n3,\u732b,4\r\n"
    with patch("nnlec.tables.engines.line_reader._PIPE", piece):
        out, error, _ = run(engine(name), (mark + text).encode(code), tmp_path)
    assert (out.decode(), error) == ("t,sum,difference\ncaf\u00e9 \U0001f408,3.0,-1.0\n\u732b,7.0,-1.0\n", "")


@pytest.mark.parametrize(
    ("code", "damage"),
    [("utf-16", b"\x00"), ("utf-16", b"\x00\xd8"), ("utf-32", b"\x00")],
)
def test_damaged_text_is_an_error(tmp_path: Path, code: str, damage: bytes) -> None:
    out, error, _ = run(engine("stream"), "a,t,b\n1,x,2\n".encode(code) + damage, tmp_path)
    assert error.startswith(f"/t.csv: the {code.upper()} text is damaged: ")
    assert out.startswith(b"t,sum,difference\n")
