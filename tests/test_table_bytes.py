"""The bytes of a table on their way to its rows: unpacked, in whole lines, from any place of a file."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import Consumer, Progress, Source, engine, gzip_data, line_reader, parts, read_table
from nnlec.tables.engines.files import as_file, opened
from nnlec.tables.engines.gzip_data import Gzip
from nnlec.tables.engines.line_reader import open_lines, size_of
from nnlec.tables.engines.parts import Inseparable, line_start
from nnlec.tables.header import Header
from nnlec.tables.rows import Selection
from tests.test_reading_text import read

TEXT = b"".join(b"%d,%d\n" % (row, row * row % 97) for row in range(3000))


def unpacked(data: bytes, piece: int = 1 << 16, size: int = 1 << 16) -> bytes:
    """What comes out, `size` bytes at a time, of what is read a piece at a time."""
    left = bytearray(data)

    def read(_: int) -> bytes:
        taken = bytes(left[:piece])
        del left[:piece]
        return taken

    packed, found = Gzip(read, read(piece), "t.gz"), b""
    while data := packed.read(size):
        assert len(data) <= size
        found += data
    assert packed.read(size) == b""
    assert not packed.has_packed
    return found


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (gzip.compress(TEXT), TEXT),
        (gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), TEXT),
        (gzip.compress(TEXT) + b"\0" * 100, TEXT),
        (gzip.compress(TEXT[:9]) + b"\0" * 9 + gzip.compress(TEXT[9:]), TEXT),
        (gzip.compress(b"") + gzip.compress(TEXT), TEXT),
        (gzip.compress(b""), b""),
        (gzip.compress(b"0" * 10_000), b"0" * 10_000),
    ],
)
@pytest.mark.parametrize(("piece", "size"), [(1 << 16, 1 << 16), (1, 1000), (7, 1 << 16), (1 << 16, 13)])
def test_gzip_data_is_unpacked_a_piece_at_a_time(data: bytes, text: bytes, piece: int, size: int) -> None:
    assert unpacked(data, piece, size) == text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (gzip.compress(TEXT)[:-1], "t.gz: the gzip data ends early: the file was cut short"),
        (gzip.compress(TEXT)[:20], "t.gz: the gzip data ends early: the file was cut short"),
        (gzip.compress(TEXT) + b"x", "t.gz: the gzip data"),
        (gzip.compress(TEXT)[:-8] + b"x" * 8, "t.gz: the gzip data is damaged: Error -3 while decompressing data"),
    ],
)
def test_damaged_gzip_data_is_an_error(data: bytes, error: str) -> None:
    for piece in (1 << 16, 10):
        with pytest.raises(NnlecError) as raised:
            unpacked(data, piece)
        assert str(raised.value).startswith(error)


def test_what_grows_beyond_reason_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_data, "_SMALL", 100_000)
    small, large = gzip.compress(b"0" * 100_000), gzip.compress(b"0" * 100_001)
    assert len(small) * 200 < 100_000
    assert len(unpacked(small)) == 100_000
    assert len(unpacked(large + gzip.compress(os.urandom(600)))) == 100_601
    with pytest.raises(NnlecError) as error:
        unpacked(large, size=1000)
    assert str(error.value) == (
        "t.gz: the gzip data grows to more than 200 times its size: a gzip bomb (if it is meant so, unpack it first)"
    )
    monkeypatch.setattr(gzip_data, "_SMALL", 0)
    assert len(unpacked(gzip.compress(b"0" * 3000))) == 3000


@pytest.mark.parametrize(
    ("data", "end"),
    [(b"", 0), (b"a", 0), (b"a\n", 2), (b"a\nb", 2), (b"\n", 1), (b"\r", 0), (b"a\r", 0), (b"a\rb", 2), (b"a\rb\r", 2),
     (b"\r\r", 1), (b"a\rb\nc\rd", 4), (b"a\r\n", 3), (b"a\r\nb\r", 3)],
)  # fmt: skip
def test_where_the_last_whole_line_ends(data: bytes, end: int) -> None:
    """A CR at the very end may be half of a line end."""
    assert line_reader._last_line_end(bytearray(data)) == end


@pytest.mark.parametrize("piece", [1, 3, 5, 64])
def test_blocks_are_whole_lines(tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "_PIPE", piece)
    text = b"one\ntwo\r\n\nthree,four\nfive"
    (tmp_path / "t.csv").write_bytes(text)
    progress, blocks = Progress(), []
    with open_lines(str(tmp_path / "t.csv"), 1, progress, "csv") as lines:
        while block := lines.read():
            blocks.append(block)
            assert lines.ended == (sum(map(len, blocks)) == len(text))
    assert b"".join(blocks) == text
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    assert len(blocks) >= (4 if piece == 1 else 1)
    assert progress.bytes_read == len(text)


def test_what_is_given_back_comes_again_with_more_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "_PIPE", 4)
    (tmp_path / "t.csv").write_bytes(b"1,2\n3,4\n5,6\n" + b'7"\n' + b"8,9\n" * 20)
    with open_lines(str(tmp_path / "t.csv"), 1, Progress(), "csv") as lines:
        first = lines.read()
        assert first == b"1,2\n"
        lines.give_back(first)
        assert lines.read() == b"1,2\n3,4\n"
        lines.give_back(b"3,4\n", b'"')
        more = lines.read()
        assert more.startswith(b'3,4\n5,6\n7"\n')
        assert len(more) < 40
        following = lines.read()
        lines.unread(following)
        assert lines.read() == following
        assert following.startswith(b"8,9\n")


def test_the_size_of_files_is_known_and_that_of_pipes_is_not(tmp_path: Path) -> None:
    for name, size in (("a", 3), ("b", 5)):
        (tmp_path / name).write_bytes(b"x" * size)
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    assert (size_of((a,)), size_of((a, b)), size_of(())) == (3, 8, 0)
    assert size_of((a, str(tmp_path / "missing"))) is None
    assert size_of((a, str(tmp_path))) is None
    assert size_of((a, "a\0b")) is None
    saved, descriptor = os.dup(0), os.open(b, os.O_RDONLY)
    try:
        os.dup2(descriptor, 0)
        assert size_of(("-", a)) == 8
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(descriptor)


@pytest.mark.parametrize("at_a_time", [1 << 20, 1, 3])
@pytest.mark.parametrize("text", [b"ab\nc\n\ndefg\n", b"ab\nc\n\ndefg", b"\n", b"a", b""])
def test_a_part_begins_with_the_first_line_behind_its_byte(
    tmp_path: Path, text: bytes, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_AT_A_TIME", at_a_time)
    (tmp_path / "t").write_bytes(text)
    begins = [0, *(at + 1 for at in range(len(text)) if text[at : at + 1] == b"\n")]
    descriptor = os.open(tmp_path / "t", os.O_RDONLY)
    try:
        for at in range(len(text) + 3):
            expected = min((begin for begin in begins if begin >= at), default=max(len(text), at - 1))
            assert line_start(descriptor, at) == expected, at
    finally:
        os.close(descriptor)


def test_a_part_of_lines_without_end_is_not_sought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LONGEST_ROW", 10)
    monkeypatch.setattr(parts, "_AT_A_TIME", 4)
    (tmp_path / "t").write_bytes(b"x" * 10 + b"\n" + b"x" * 40 + b"\n")
    descriptor = os.open(tmp_path / "t", os.O_RDONLY)
    try:
        assert line_start(descriptor, 1) == 11
        with pytest.raises(Inseparable):
            line_start(descriptor, 12)
    finally:
        os.close(descriptor)


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    for path, error in (
        (str(tmp_path), f"{tmp_path}: this is a folder, expected a file"),
        (f"{tmp_path}/no", f"{tmp_path}/no: cannot be opened: No such file or directory"),
        ("a\0b", "a\\x00b: cannot be opened: embedded null byte"),
    ):
        with pytest.raises(NnlecError) as raised:
            opened(path)
        assert str(raised.value) == error


def test_a_pipe_is_copied_where_a_file_is_read_here_and_there(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"HEAD" + TEXT)
    with as_file(str(tmp_path / "t"), b"HEAD", "a table") as name:
        assert name == str(tmp_path / "t")
    reader, writer = os.pipe()
    try:
        os.write(writer, b"HEAD" + TEXT[:1000])
        os.close(writer)
        with as_file(f"/dev/fd/{reader}", b"HEAD", "a table") as name:
            assert Path(name).read_bytes() == b"HEAD" + TEXT[:1000]
        assert not Path(name).exists()
    finally:
        os.close(reader)
    with (
        pytest.raises(NnlecError, match="cannot be read as a table: it begins otherwise"),
        as_file(str(tmp_path / "t"), b"TAIL", "a table"),
    ):
        pass


def test_formats_are_not_mixed_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    np.save(tmp_path / "b.npy", np.ones((2, 1)))

    def start(_: Header) -> Consumer:
        raise AssertionError

    source = Source((str(tmp_path / "a.csv"), str(tmp_path / "b.npy")))
    with pytest.raises(NnlecError) as error:
        read_table(engine("stream"), source, start, Progress())
    assert str(error.value) == "tables of several formats in one run: csv, npy"
    with pytest.raises(NnlecError, match="Parquet needs the polars engine"):
        read_table(engine("stream"), Source((str(tmp_path / "a.csv"),), "parquet"), start, Progress())
    with pytest.raises(NnlecError) as error:
        engine("steam")
    assert "stream" in str(error.value)


@pytest.mark.filterwarnings("error")
def test_numbers_that_overflow_bring_no_warning(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"1e308,1\n2,3\n")
    sums: list[float] = []
    take = Consumer(Selection((0, 1)), lambda rows: sums.extend((rows.numbers * 10.0).sum(axis=1).tolist()))
    read_table(engine("stream"), Source((str(tmp_path / "t.csv"),)), lambda _: take, Progress())
    assert sums == [np.inf, 50.0]


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"x")
    return out.getvalue()


PANDAS = "in Python: pandas.{}(FILE).to_csv('table.csv', index=False))"
EXCEL = "Excel workbook, expected lines of text (save the sheet as CSV; " + PANDAS.format("read_excel")
ZIP = "a zip archive (.npz, .xlsx, a PyTorch or Keras file), expected lines of text"
ARFF = "an ARFF file, expected rows of cells (in Python: scipy.io.arff.loadarff reads it)"
LIBSVM = "a LIBSVM file, expected rows of cells (in Python: sklearn.datasets.load_svmlight_file reads it)"
UTF_16 = "UTF-16 text without its byte order mark (save it as UTF-8, or convert it: iconv -f utf-16 -t utf-8)"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PAR1", "a Parquet file, expected lines of text (name it .parquet, or say --from parquet)"),
        (b"\x93NUMPY\1\0", "a NumPy array, expected lines of text (name it .npy, or say --from npy)"),
        (zipped("a.npy"), f"{ZIP} (if it is a table of arrays, name it .npz, or say --from npz)"),
        (zipped("[Content_Types].xml"), f"an {EXCEL}"),
        (zipped("xl/a"), f"an {EXCEL}"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"an old {EXCEL}"),
        (b"\x80\x04\x95", "a Python pickle, expected lines of text (it may run programs and is never opened; "
         + PANDAS.format("read_pickle")),
        (b"ARROW1\0\0", "an Arrow file, expected lines of text (convert it to CSV or Parquet)"),
        (b"SQLite format 3\0", "an SQLite database, expected lines of text (export the table as CSV)"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file, expected lines of text (export the table as CSV)"),
        ("a,b\n1,2\n".encode("utf-16-le"), UTF_16),
        ("a,b\n1,2\n".encode("utf-16-be"), UTF_16),
        (b"abc\0\0", UTF_16),
        (b"a" * 134 + b"\0" * 266, UTF_16),
        (b"a" * 266 + b"\0" * 134 + b"\0" * 999, UTF_16),
        (b"@relation x\n", ARFF),
        (b"% c\n%d\n\n @RELATION x", ARFF),
        (b"1 1:0.5 2:1\n", LIBSVM),
        (b"+1 qid:3 1:0.5 # c\n", LIBSVM),
        (b"-1.5e3 3:1 \r\n", LIBSVM),
        (b"7 1:2", LIBSVM),
    ],
)  # fmt: skip
def test_what_is_no_text_of_rows_is_recognised(tmp_path: Path, data: bytes, what: str) -> None:
    assert read(tmp_path, data).error == f"t1.csv:1: this looks like {what}"


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"@relations x,y\n1,2\n", ("@relations x", "y")),
        (b"x @relation,y\n1,2\n", ("x @relation", "y")),
        (b"1:2\n", ("1:2",)),
        (b"a 1:2,b\n", ("a 1:2", "b")),
        (b"PAR,b\n", ("PAR", "b")),
        (b"abcd\0\0", None),
        (b"a" * 267 + b"\0" * 133 + b"\0" * 999, None),
    ],
)
def test_text_that_only_looks_like_another_file_is_read(
    tmp_path: Path, data: bytes, names: tuple[str, ...] | None
) -> None:
    found = read(tmp_path, data)
    assert found.names == names
    assert found.error == ("" if names else "t1.csv:1: a NUL byte in cell 1")
