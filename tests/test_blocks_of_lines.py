"""A file or a pipe comes in blocks of whole lines; other files than tables are named, packed ones unpacked."""

from __future__ import annotations

import gzip
import io
import os
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import Progress
from nnlec.tables.engines.gzip_data import Gzip
from nnlec.tables.engines.line_reader import LineReader, open_lines, size_of


@contextmanager
def opened(folder: Path, data: bytes, block: int = 8, piece: int = 4, form: str = "csv") -> Iterator[LineReader]:
    """The lines of a file that is read a few bytes at a time."""
    path = folder / "t.csv"
    path.write_bytes(data)
    with (
        patch("nnlec.tables.engines.line_reader._PIPE", piece),
        open_lines(str(path), block, Progress(), form) as lines,
    ):
        yield lines


def blocks(lines: LineReader) -> list[bytes]:
    """All blocks up to the end."""
    found = []
    while data := lines.read():
        found.append(data)
    assert lines.ended
    return found


@pytest.mark.parametrize(("data", "block", "expected"), [
    (b"", 8, []),
    (b"12", 8, [b"12"]),
    (b"1234\n", 8, [b"1234\n"]),
    (b"1234\n5678\n9\n", 1, [b"1234\n", b"5678\n9\n"]),
    (b"1234\n5678\n9\n", 8, [b"1234\n", b"5678\n9\n"]),
    (b"1234\n5678\n9012\n345", 12, [b"1234\n5678\n", b"9012\n345"]),
    (b"1\n2\n3\n4\n5\n", 4, [b"1\n2\n", b"3\n4\n", b"5\n"]),
    (b"123456789012345\n1\n", 1, [b"123456789012345\n", b"1\n"]),
    (b"1\r2\r3\r", 3, [b"1\r", b"2\r", b"3\r"]),
    (b"12\r34\r56", 4, [b"12\r", b"34\r", b"56"]),
    (b"123\r\n45\r\n", 4, [b"123\r\n", b"45\r\n"]),
])  # fmt: skip
def test_blocks_end_where_lines_end(tmp_path: Path, data: bytes, block: int, expected: list[bytes]) -> None:
    with opened(tmp_path, data, block) as lines:
        assert blocks(lines) == expected


def test_what_is_given_back_comes_again_with_the_lines_behind_it(tmp_path: Path) -> None:
    with opened(tmp_path, b'1,"a\nb\nc\nd\ne\nf\ng\nh"\n5\n67890\n', 1) as lines:
        first = lines.read()
        assert first == b'1,"a\nb\n'
        lines.give_back(first)
        second = lines.read()
        assert second == b'1,"a\nb\nc\nd\ne\n'
        lines.give_back(second, b'"')
        assert lines.read() == second + b'f\ng\nh"\n5\n'
        lines.unread(b"5\n")
        assert lines.read() == b"5\n"
        assert not lines.ended
        lines.give_back(b"x")
        assert lines.read() == b"x67890\n"
        assert lines.read() == b""
        assert lines.ended
        lines.give_back(b"7\n", b'"')
        assert lines.read() == b"7\n"


def test_a_row_that_is_given_back_may_be_long_but_not_the_rest_of_the_file(tmp_path: Path) -> None:
    with patch("nnlec.tables.engines.line_reader.LONGEST_ROW", 10):
        with opened(tmp_path, b"1234567890123456789\n" * 3, 1) as lines:
            assert lines.read() == b"123456789012"
        with opened(tmp_path, b"12345\n" + b"1234567890123456789\n" * 2, 1) as lines:
            assert lines.read() == b"12345\n"
            lines.give_back(b"12345\n", b'"')
            assert lines.read() == b"12345\n12345678901234"
            assert not lines.ended


def test_a_pipe_is_not_waited_for() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"12\n3")
    lines = LineReader(reader, "<stdin>", 100, Progress())
    assert lines.read(wait=False) == b"12\n"
    assert lines.read(wait=False) == b""
    assert not lines.ended
    os.write(writer, b"4\n5\n6")
    assert lines.read() == b"34\n5\n"
    assert lines.read(wait=False) == b""
    threading.Timer(0.05, os.write, (writer, b"\n7")).start()
    assert lines.read() == b"6\n"
    os.close(writer)
    assert lines.read() == b"7"
    assert lines.ended
    os.close(reader)


@pytest.mark.parametrize(("data", "begins", "text"), [
    (b"a,b\n", 0, b"a,b\n"),
    (b"\xef\xbb\xbfa,b\n", 3, b"a,b\n"),
    (gzip.compress(b"a,b\n", mtime=0), None, b"a,b\n"),
    (gzip.compress(b"\xef\xbb\xbfa,b\n", mtime=0), None, b"a,b\n"),
    ("\ufeffa,b\n".encode("utf-16-le"), None, b"a,b\n"),
    ("\ufeffa,b\n".encode("utf-16-be"), None, b"a,b\n"),
    (gzip.compress("\ufeffa,b\n".encode("utf-16-be"), mtime=0), None, b"a,b\n"),
    ("\ufeffa,b\n".encode("utf-32-le"), None, b"a,b\n"),
    ("\ufeffa,b\n".encode("utf-32-be"), None, b"a,b\n"),
    (b'[{"a": 1}]', 0, b'[{"a": 1}]'),
])  # fmt: skip
def test_where_the_text_begins_in_its_file(tmp_path: Path, data: bytes, begins: int | None, text: bytes) -> None:
    for piece in (1, 2, 1 << 16):
        with opened(tmp_path, data, 100, piece) as lines:
            assert lines.read() == text
            assert lines.text_begins == begins
            assert lines.place(7) == f"{tmp_path}/t.csv:7"


@pytest.mark.parametrize(("form", "lines_of", "begins", "place"), [
    ("json", b'{"a": 1}\n{"a": [2]}\n', None, ": object 3"), ("jsonl", b'{"a": 1}\n{"a": [2]}\n', None, ": object 3"),
    ("csv", b' \t\r\n[{"a": 1}, {"a": [2]}]', 0, ":3"),
])  # fmt: skip
def test_an_array_of_json_is_lines_where_json_is_expected(
    tmp_path: Path, form: str, lines_of: bytes, begins: int | None, place: str
) -> None:
    with opened(tmp_path, b' \t\r\n[{"a": 1}, {"a": [2]}]', 100, form=form) as lines:
        assert b"".join(blocks(lines)) == lines_of
        assert lines.text_begins == begins
        assert lines.place(3) == f"{tmp_path}/t.csv{place}"


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return out.getvalue()


def array() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


@pytest.mark.parametrize(("data", "what", "hint"), [
    (b"PAR1xxxx", "a Parquet file", "name it .parquet, or say --from parquet"),
    (array(), "a NumPy array", "name it .npy, or say --from npy"),
    (archive("x.npy"), "a zip archive (.npz, .xlsx, a PyTorch or Keras file)",
     "if it is a table of arrays, name it .npz, or say --from npz"),
    (archive("[Content_Types].xml"), "an Excel workbook", "save the sheet as CSV; in Python: pandas.read_excel(FILE)"),
    (archive("xl/workbook.xml"), "an Excel workbook", "save the sheet as CSV; in Python: pandas.read_excel(FILE)"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"\x80\x04\x95", "a Python pickle", "it may run programs and is never opened"),
    (b"1\0,\x002\0\n\0", "UTF-16 text without its byte order mark", "save it as UTF-8, or convert it"),
    ("1,2\n".encode("utf-32-le"), "UTF-32 text without its byte order mark", "save it as UTF-8, or convert it"),
    ("1,2\n".encode("utf-32-be"), "UTF-32 text without its byte order mark", "save it as UTF-8, or convert it"),
    (b"\0" * 134 + b"a" * 266, "UTF-16 text without its byte order mark", "save it as UTF-8"),
    (b"% made\n% by hand\n  @RELATION iris\n", "an ARFF file", "in Python: scipy.io.arff.loadarff reads it"),
    (b"@relation", "an ARFF file", "in Python: scipy.io.arff.loadarff reads it"),
    (b"1 1:0.5 3:-2\n-1 2:1\n", "a LIBSVM file", "in Python: sklearn.datasets.load_svmlight_file reads it"),
    (b"+1 qid:3 1:0.5 # x", "a LIBSVM file", "in Python: sklearn.datasets.load_svmlight_file reads it"),
])  # fmt: skip
def test_a_file_that_is_no_text_of_rows_is_named(tmp_path: Path, data: bytes, what: str, hint: str) -> None:
    with pytest.raises(NnlecError) as raised, opened(tmp_path, data, piece=1 << 16):
        pass
    assert raised.value.where == f"{tmp_path}/t.csv:1"
    assert raised.value.what.startswith(f"this looks like {what}, expected ") or what.startswith("UTF-")
    assert raised.value.what.startswith(f"this looks like {what}")
    assert raised.value.hint.startswith(hint)


@pytest.mark.parametrize("data", [
    b"\0" * 133 + b"a" * 267, b"@relations,x\n", b"a @relation\n", b"1:2,3\n", b"1 1:0.5,2\n", b"12:30 13:30\n",
])  # fmt: skip
def test_text_that_only_resembles_another_format_is_read(tmp_path: Path, data: bytes) -> None:
    with opened(tmp_path, data, 1000, piece=1 << 16) as lines:
        assert lines.read() == data


def test_what_is_read_is_counted(tmp_path: Path) -> None:
    progress = Progress()
    data = gzip.compress(b"a,b\n" * 100)
    (tmp_path / "t").write_bytes(data)
    with open_lines(str(tmp_path / "t"), 1 << 20, progress, "csv") as lines:
        assert lines.read() == b"a,b\n" * 100
    assert (progress.rows, progress.skipped, progress.bytes_read) == (0, 0, len(data))


def test_the_size_of_tables_is_that_of_all_files(tmp_path: Path) -> None:
    for name, size in (("t", 3), ("u", 5)):
        (tmp_path / name).write_bytes(b"x" * size)
    paths = (str(tmp_path / "t"), str(tmp_path / "u"))
    assert size_of(paths) == 8
    assert size_of(()) == 0
    assert size_of((*paths, str(tmp_path / "none"))) is None
    assert size_of((*paths, "a\0b")) is None
    assert size_of((str(tmp_path),)) is None


class Pieces:
    """Hands out data a few bytes at a time."""

    def __init__(self, data: bytes, piece: int) -> None:
        self.left, self.piece = data, piece

    def read(self, size: int) -> bytes:
        data, self.left = self.left[: min(size, self.piece)], self.left[min(size, self.piece) :]
        return data


def unpacked(data: bytes, piece: int = 3, size: int = 5) -> bytes:
    made = Gzip(Pieces(data[2:], piece).read, data[:2], "t.gz")
    found = b""
    while part := made.read(size):
        assert len(part) <= size
        found += part
    return found


TEXT = b"".join(b"%d,%d\n" % (n, n * n) for n in range(300))


@pytest.mark.parametrize("end", [b"", b"\0", b"\0" * 700])
def test_gzip_data_is_unpacked_wherever_it_is_cut(end: bytes) -> None:
    one, empty = gzip.compress(TEXT, mtime=0), gzip.compress(b"", mtime=0)
    for piece, size in ((1, 7), (3, 5), (1 << 20, 1 << 20)):
        assert unpacked(one + end, piece, size) == TEXT
        assert unpacked(one + empty + end + one, piece, size) == TEXT * 2
    assert unpacked(empty) == b""


def test_gzip_data_that_is_damaged_or_cut_short_is_an_error() -> None:
    packed = gzip.compress(TEXT, mtime=0)
    for data in (packed[:-1], packed[:-9], packed[:40], packed + packed[:5], packed + b"\0\0\x1f"):
        with pytest.raises(NnlecError, match="the gzip data ends early: the file was cut short"):
            unpacked(data)
    for data in (packed[:-8] + b"\0" * 8, packed + b"x,y\n" * 9, packed[:20] + b"\xff" * 20 + packed[40:],
                 zlib.compress(TEXT), packed + zlib.compress(TEXT)):  # fmt: skip
        with pytest.raises(NnlecError, match="the gzip data is damaged: "):
            unpacked(data)


def test_gzip_data_may_always_grow_to_32_mib() -> None:
    for size, error in ((1 << 25, ""), ((1 << 25) + 1, "a gzip bomb")):
        made = Gzip(Pieces(gzip.compress(bytes(size), 9), 1 << 16).read, b"", "t.gz")
        said = ""
        try:
            while made.read(1 << 20):
                pass
        except NnlecError as found:
            said = found.what
        assert said.endswith(error)
        assert bool(said) is bool(error)


def test_gzip_data_may_be_small_and_grow_or_large_but_no_bomb() -> None:
    with patch("nnlec.tables.engines.gzip_data._SMALL", 1000):
        assert len(unpacked(gzip.compress(b"0" * 1000), 9, 400)) == 1000
        with pytest.raises(NnlecError, match="grows to more than 200 times its size: a gzip bomb"):
            unpacked(gzip.compress(b"0" * 100_000), 1 << 16, 1 << 16)
    made = zlib.compressobj(wbits=31)
    twentyfold = made.compress(TEXT * 20) + made.flush()
    assert 2 < len(TEXT) * 20 / len(twentyfold) < 200
    with patch("nnlec.tables.engines.gzip_data._SMALL", 0):
        assert unpacked(twentyfold, 1 << 16, 1 << 16) == TEXT * 20
