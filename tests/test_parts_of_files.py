"""The parts of a large file are together the file: each row in one part, errors at the same line."""

from __future__ import annotations

import gzip
import os
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import Consumer, Progress, Source, engine, read_table
from nnlec.tables.engines.parts import Inseparable, line_start
from nnlec.tables.header import Header
from nnlec.tables.rows import Selection


def read(path: Path, part: tuple[int, int] | None, **how: Any) -> tuple[list[list[float]], str, Progress, Header]:
    """The rows of a part, the error, and what was counted."""
    rows: list[list[float]] = []
    headers: list[Header] = []
    progress = Progress()

    def start(header: Header) -> Consumer:
        headers.append(header)
        return Consumer(Selection((0, 1)), lambda found: rows.extend(found.numbers.tolist()))

    error = ""
    try:
        read_table(engine("stream"), Source((str(path),), part=part, **how), start, progress)
    except NnlecError as found:
        error = str(found).replace(f"{path.parent}/", "")
    return rows, error, progress, headers[0]


ROWS = [[float(number), number / 8] for number in range(20)]
LINES = "".join(f"{a},{b}\n" for a, b in ROWS)
JSON = "".join(f'{{"a": {a}, "b": {b}}}\n' for a, b in ROWS)


@pytest.mark.parametrize(("text", "how"), [
    ("a,b\n" + LINES, {}),
    ("a,b\n" + LINES[:-1], {}),
    (LINES.replace("0.0,", "7.5,", 1), {}),
    ("\ufeffa,b\n" + LINES, {}),
    ("a,b\r\n" + LINES.replace("\n", "\r\n"), {}),
    ("\ufeff" + LINES, {"header": False}),
    ("a;b\n" + LINES.replace(",", ";").replace(".", ","), {"decimal_comma": True}),
    ("a  b\n" + LINES.replace(",", "  "), {"delimiter": "blank"}),
    (JSON, {"format": "jsonl"}),
    ("a,b\n" + LINES + "\n\n", {}),
])  # fmt: skip
def test_every_row_is_in_one_part(tmp_path: Path, text: str, how: dict[str, Any]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    size = path.stat().st_size
    whole, error, _, header = read(path, None, **how)
    assert (len(whole), whole[1:], error) == (20, ROWS[1:], "")
    for cuts in ([0, size], [0, 1, size], [0, 4, 5, size], [0, size // 2, size], [*range(0, size, 7), size]):
        parts = [read(path, part, **how, block=16) for part in pairwise(cuts)]
        assert [row for rows, *_ in parts for row in rows] == whole
        assert [error for _, error, _, _ in parts] == [""] * len(parts)
        assert all(found == header for *_, found in parts)
        assert sum(progress.rows for _, _, progress, _ in parts) == 20
        assert sum(progress.bytes_read for _, _, progress, _ in parts) <= size


@pytest.mark.parametrize("text", ["a,b\n" + LINES, LINES[8:]])
def test_the_lines_of_a_part_are_counted_from_the_beginning_of_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text.replace("12.0,1.5", "12.0,x"))
    line = 14 if text.startswith("a") else 12
    title = "column 'b'" if text.startswith("a") else "column 2"
    for at in (0, 9, 60, 80):
        with patch("nnlec.tables.engines.parts._AT_A_TIME", 16):
            rows, error, *_ = read(path, (at, len(text)))
        assert error == f"t.csv:{line}: {title}: 'x' is not a number"
        assert rows[-1] == ROWS[11]


def test_a_file_that_cannot_be_told_apart_is_read_as_a_whole(tmp_path: Path) -> None:
    whole = (0, 1 << 20)
    cases: list[tuple[bytes, tuple[int, int], dict[str, Any]]] = [
        (b'a,b\n1,2\n"3",4\n', whole, {}),
        (b"a,b\n1,2\n3,4\r5,6\n", whole, {}),
        (b"a,b\n1,2\n3,4\0\n", whole, {}),
        (gzip.compress(b"a,b\n1,2\n"), whole, {}),
        ("a,b\n1,2\n".encode("utf-16"), whole, {}),
        ("a,b\n1,2\n".encode("utf-32"), whole, {}),
        (b'[{"a": 1, "b": 2}]', whole, {"format": "jsonl"}),
        (b'{"a": 1, "b": 2}\n', whole, {"format": "json"}),
        (b"a,b\n1,2\n\n3,4\n", (0, 9), {}),
    ]
    for data, part, how in cases:
        path = tmp_path / "t.csv"
        path.write_bytes(data)
        with pytest.raises(Inseparable):
            read(path, part, **how)
    path.write_bytes(b'a,b\n1,2\n"3",4\n')
    assert read(path, (0, 8))[0] == [[1, 2]]
    path.write_bytes(b'{"a": 1, "b": 2, "t": "x"}\n')
    assert read(path, whole, format="jsonl")[0] == [[1, 2]]
    path.write_bytes(b"a,b\n1,2\n\n3,4\n")
    assert read(path, (9, 13))[0] == [[3, 4]]
    assert read(path, (8, 13))[1] == "t.csv:3: a blank line, and more rows below it"
    assert read(path, (0, 13))[1] == "t.csv:3: a blank line, and more rows below it"


def test_a_row_longer_than_rows_may_be_is_left_to_who_reads_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"3" * 300 + b",4\n")
    with ExitStack() as stack:
        for name in ("parts", "line_reader", "text_driver"):
            stack.enter_context(patch(f"nnlec.tables.engines.{name}.LONGEST_ROW", 100))
        stack.enter_context(patch("nnlec.tables.engines.line_reader._PIPE", 16))
        stack.enter_context(patch("nnlec.tables.engines.parts._AT_A_TIME", 16))
        with pytest.raises(Inseparable):
            read(path, (0, 1 << 20), block=16)
        with pytest.raises(Inseparable):
            read(path, (0, 20), block=16)


@pytest.mark.parametrize("piece", [1, 3, 1 << 20])
def test_where_the_next_line_begins(tmp_path: Path, piece: int) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n\n345")
    descriptor = os.open(path, os.O_RDONLY)
    with patch("nnlec.tables.engines.parts._AT_A_TIME", piece):
        found = [line_start(descriptor, at) for at in range(14)]
    assert found == [0, 4, 4, 4, 4, 8, 8, 8, 8, 9, 12, 12, 12, 12]
    with (
        patch("nnlec.tables.engines.parts._AT_A_TIME", 1),
        patch("nnlec.tables.engines.parts.LONGEST_ROW", 2),
    ):
        assert line_start(descriptor, 1) == 4
        assert line_start(descriptor, 9) == 9
        path.write_bytes(b"12345678\n")
        with pytest.raises(Inseparable):
            line_start(descriptor, 1)
        assert line_start(descriptor, 6) == 9
    os.close(descriptor)
