"""Arrays and Parquet as tables: names, first cells, types, many blocks, and each file that is none."""

from __future__ import annotations

import io
import os
import threading
import warnings
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from nnlec.errors import NnlecError
from nnlec.tables.engines import Consumer, Progress, Source, engine, read_table
from nnlec.tables.header import Header
from nnlec.tables.rows import JsonValue, Rows, Selection

REAL = np.array([[1.0, 2.0, 3.0], [4.0, 5.5, -6.0], [7.0, 8.0, 9.0]])
COUNT = np.array([10, 20, 30])


def read(*paths: Path, selection: Selection | None = None, **how: Any) -> tuple[list[Header], list[Rows], str]:
    """Headers, blocks of rows and the error."""
    headers: list[Header] = []
    blocks: list[Rows] = []

    def start(header: Header) -> Consumer:
        headers.append(header)
        return Consumer(selection or Selection(tuple(range(header.width))), blocks.append)

    made = engine("polars" if paths[0].suffix == ".parquet" else "stream")
    try:
        read_table(made, Source(tuple(map(str, paths)), **how), start, Progress())
    except NnlecError as found:
        return headers, blocks, str(found).replace(f"{paths[0].parent}/", "")
    return headers, blocks, ""


def numbers(blocks: list[Rows]) -> list[list[float]]:
    assert all(block.numbers.dtype == np.float64 and block.numbers.flags.c_contiguous for block in blocks)
    return [row for block in blocks for row in block.numbers.tolist()]


def saved(path: Path, *arrays: Any, **named: Any) -> Path:
    np.save(path, *arrays) if path.suffix == ".npy" else np.savez(path, *arrays, **named)
    return path


@pytest.mark.parametrize("block", [1, 24, 40, 1 << 21])
@pytest.mark.parametrize("array", [
    REAL, REAL[:, :1], REAL[:1], np.asfortranarray(REAL), REAL[:, 0], COUNT, REAL.astype("<f4"), REAL.astype(">f8"),
    REAL.astype("i2"), REAL > 4, np.arange(24.0).reshape(3, 2, 4), np.asfortranarray(np.arange(24.0).reshape(3, 2, 4)),
    np.empty((0, 3)), np.asfortranarray(np.empty((0, 3))),
])  # fmt: skip
def test_the_rows_of_an_array_are_its_first_axis(tmp_path: Path, array: Any, block: int) -> None:
    expected = array.reshape(len(array), -1).astype(float).tolist() if len(array) else []
    with patch("nnlec.tables.engines.arrays._BLOCK", block):
        (header,), blocks, error = read(saved(tmp_path / "t.npy", array))
        assert (numbers(blocks), error) == (expected, "")
        assert (header.names, header.width, header.first) == ((), array.size // max(1, len(array)) or 3, ())
        width = header.width
        at_once = max(1, block // (array.itemsize * width))
        assert len(blocks) == max(1, -(-len(array) // at_once))
        few = Selection((width - 1, 0), (0,), (width - 1,))
        _, blocks, error = read(tmp_path / "t.npy", selection=few)
    assert (numbers(blocks), error) == ([[row[-1], row[0]] for row in expected], "")
    flat = array.reshape(len(array), width)
    texts = [column.values[code] for block in blocks for column in block.texts for code in column.codes]
    assert texts == [str(value) for value in flat[:, 0].tolist()]
    passed = [cells for block in blocks if block.passthrough is not None for cells in block.passthrough.cells]
    assert passed == [(str(value),) for value in flat[:, -1].tolist()]


@pytest.mark.parametrize("block", [1, 40, 1 << 21])
def test_arrays_side_by_side_are_one_table(tmp_path: Path, block: int) -> None:
    path = saved(tmp_path / "t.npz", x=REAL, n=COUNT, y=REAL[:, :1] > 4)
    with patch("nnlec.tables.engines.arrays._BLOCK", block):
        (header,), blocks, error = read(path)
        assert error == ""
        assert header == Header(str(path), ("x1", "x2", "x3", "n", "y"), 5, ("1.0", "2.0", "3.0", "10", "False"))
        assert numbers(blocks) == np.column_stack([REAL, COUNT, REAL[:, 0] > 4]).tolist()
        _, blocks, _ = read(path, selection=Selection((3, 1), (4,), (2, 3)))
        assert numbers(blocks) == [[10, 2], [20, 5.5], [30, 8]]
        _, nothing, _ = read(path, selection=Selection((), (4,)))
    assert [block.numbers.shape[1] for block in nothing] == [0] * len(nothing)
    passed = [cells for block in blocks if block.passthrough is not None for cells in block.passthrough.cells]
    assert passed == [("3.0", "10"), ("-6.0", "20"), ("9.0", "30")]
    texts = [column.values[code] for block in blocks for column in block.texts for code in column.codes]
    assert texts == ["False", "False", "True"]


def test_an_archive_of_one_array_has_no_names_and_its_order_may_be_any_for_one_column(tmp_path: Path) -> None:
    (header,), blocks, _ = read(saved(tmp_path / "t.npz", x=REAL))
    assert (header.names, header.first, numbers(blocks)) == ((), (), REAL.tolist())
    for name in ("empty", "column"):
        array = np.asfortranarray(np.empty((0, 1)) if name == "empty" else REAL[:, :1])
        (header,), blocks, error = read(saved(tmp_path / "t.npz", x=array, y=array))
        assert (header.names, error) == (("x", "y"), "")
        assert header.first == (() if name == "empty" else ("1.0", "1.0"))
        assert numbers(blocks) == np.hstack([array, array]).tolist()


def test_numbers_of_arrays_are_numbers_in_json_too_where_they_are_finite(tmp_path: Path) -> None:
    path = saved(tmp_path / "t.npy", np.array([[1.5, np.nan], [-2e300, np.inf]]))
    _, blocks, error = read(path, selection=Selection((0,), (), (0, 1)))
    assert error == ""
    assert blocks[0].passthrough is not None
    assert [[(cell, type(cell)) for cell in row] for row in blocks[0].passthrough.cells] == [
        [("1.5", JsonValue), ("nan", str)], [("-2e+300", JsonValue), ("inf", str)],
    ]  # fmt: skip
    for column, said in ((0, "t.npy: row 1: column 2: nan is not a finite number"), (1, "")):
        assert read(path, selection=Selection((1 - column,)))[2] == said
    assert numbers(read(path, nonfinite=True)[1])[1] == [-2e300, float("inf")]
    bad: list[Any] = []
    rows = read(path, on_bad="skip", bad_line=bad.append)
    assert (numbers(rows[1]), len(bad)) == ([], 2)
    assert [(line.line, line.reason) for line in bad] == [
        (1, "column 2: nan is not a finite number"), (2, "column 2: inf is not a finite number"),
    ]  # fmt: skip
    long = saved(tmp_path / "long.npy", np.array([np.longdouble("1e4000")]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(long)[2] == "long.npy: row 1: column 1: inf is not a finite number"
    both = saved(tmp_path / "u.npy", np.array([[np.inf, np.nan]]))
    assert read(both)[2] == "u.npy: row 1: column 1: inf is not a finite number"


def head(shape: str, descr: str = "'<f8'", version: bytes = b"\1\0", order: str = "False") -> bytes:
    """The header of an array that claims something."""
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + len(text).to_bytes(2 if version == b"\1\0" else 4, "little") + text


@pytest.mark.parametrize(("data", "error"), [
    (head("(2, 3)"), "cannot be read as a NumPy array: mmap length is greater than file size"),
    (head("(2, 3)") + bytes(47), "cannot be read as a NumPy array: mmap length is greater than file size"),
    (head("(2, 3)") + bytes(48), ""),
    (head("(2, 3)", version=b"\2\0") + bytes(48), ""),
    (head("(2, 3)", version=b"\3\0") + bytes(48), ""),
    (head("(2, 3)" + " " * 9800) + bytes(48), ""),
    (head("(2, 3)" + " " * 10_100) + bytes(48), "not a NumPy array, or its header is damaged"),
    (head("(2, 3)")[:30], "not a NumPy array, or its header is damaged"),
    (b"\x93NUMPY", "not a NumPy array, or its header is damaged"),
    (b"\x93NUMPX" + bytes(99), "cannot be read as a NumPy array: it begins otherwise"),
    (b"", "cannot be read as a NumPy array: it begins otherwise"),
    (head("(-1, 3)"), "the header claims an impossible shape"),
    (head(f"({2**62}, 3)"), "the header claims an impossible shape"),
    (head("(True, 3)"), "the header claims an impossible shape"),
    (head("()") + bytes(8), "the array is a single number, expected rows"),
    (head("(2, 0)"), "a row has 0 numbers, expected 1 to 1,000,000"),
    (head("(2, 1000, 1001)"), "a row has 1,001,000 numbers, expected 1 to 1,000,000"),
    (head("(0, 3)"), ""),
    (head("(2,)", "'<c16'") + bytes(32), "the array holds complex128, expected real numbers"),
    (head("(2,)", "'|O'") + bytes(16), "the array holds Python objects (a pickle), which are never read, expected real "
     "numbers"),
    (head("(2,)", "'<M8[s]'") + bytes(16), "the array holds datetime64[s], expected real numbers"),
    (head("(2,)", "'<U3'") + bytes(24), "the array holds <U3, expected real numbers"),
    (head("(2,)", str([(f"f{i}", "<f8") for i in range(20)])) + bytes(320),
     f"the array holds {str(np.dtype([(f'f{i}', '<f8') for i in range(20)]))[:80]}, expected real numbers"),
])  # fmt: skip
def test_claims_of_an_array_are_checked(tmp_path: Path, data: bytes, error: str) -> None:
    path = tmp_path / "t.npy"
    path.write_bytes(data)
    assert read(path, selection=Selection((0,)))[2] == (f"t.npy: {error}" if error else "")


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("_", "."), data)
    return path


def test_archives_that_are_no_table_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    array = head("(2, 1)") + bytes(16)
    cases: list[tuple[dict[str, bytes], str]] = [
        ({"x_npy": array}, ""),
        ({"x_npy": array, "note_txt": b"x"}, ""),
        ({"note_txt": b"x"}, "0 arrays in it, expected 1 to 1,000"),
        ({f"x{i}_npy": array for i in range(1000)}, ""),
        ({f"x{i}_npy": array for i in range(1001)}, "1,001 arrays in it, expected 1 to 1,000"),
        ({"x_npy": array[:-1]}, "cannot be read as an .npz archive: it ends early"),
        ({"x_npy": array, "y_npy": head("(3, 1)") + bytes(24)}, "'y' has 3 rows and 'x' 2: no one table (save them "
         "apart, as .npy)"),
        ({"x_npy": head("(2, 2)", order="True") + bytes(32)}, "'x' is stored by columns (Fortran order) (save it with "
         "numpy.ascontiguousarray)"),
        ({"x_npy": head("(2, 1)", order="True") + bytes(16)}, ""),
    ]  # fmt: skip
    for members, error in cases:
        found = read(archive(path, **members), selection=Selection((0,)))
        assert found[2] == (f"t.npz: {error}" if error else "")
    with patch("nnlec.tables.engines.arrays._MOST_COLUMNS", 10):
        for columns, error in ((4, ""), (5, "t.npz: 11 columns, expected 10 at most")):
            archive(path, x_npy=head("(0, 6)"), y_npy=head(f"(0, {columns})"))
            assert read(path)[2] == error
        for columns, error in ((10, ""), (11, "t.npz: a row has 11 numbers, expected 1 to 10")):
            assert read(archive(path, x_npy=head(f"(0, {columns})")))[2] == error
    path.write_bytes(b"PK" + bytes(99))
    assert read(path)[2] == "t.npz: cannot be read as an .npz archive: File is not a zip file"
    path.write_bytes(b"a,b\n")
    assert read(path)[2] == "t.npz: cannot be read as an .npz archive: it begins otherwise"


@pytest.mark.parametrize("form", ["npy", "npz", "parquet"])
def test_further_files_have_the_same_columns(tmp_path: Path, form: str) -> None:
    pl = pytest.importorskip("polars", reason="the fast engine is not installed")

    def made(name: str, **columns: list[float]) -> Path:
        path = tmp_path / f"{name}.{form}"
        if form == "parquet":
            pl.DataFrame(columns).write_parquet(path)
        elif form == "npz":
            saved(path, **{column: np.array(values) for column, values in columns.items()})
        else:
            np.save(path, np.array(list(columns.values())).T)
        return path

    one, two = made("one", a=[1.0], b=[2.0]), made("two", a=[3.0, 5.0], b=[4.0, float("nan")])
    _, blocks, error = read(one, two)
    title = "column 2" if form == "npy" else "column 'b'"
    assert (numbers(blocks), error) == ([[1, 2], [3, 4]], f"two.{form}: row 2: {title}: nan is not a finite number")
    wide = made("wide", a=[1.0], b=[2.0], c=[3.0])
    assert read(one, wide)[2] == f"wide.{form}: other columns than in {one}".replace(f"{tmp_path}/", "")
    other = made("other", a=[1.0], c=[2.0])
    assert read(one, other)[2] == ("" if form == "npy" else f"other.{form}: other columns than in one.{form}")
    assert numbers(read(two, like=Header("x", () if form == "npy" else ("a", "b"), 2), on_bad="skip")[1]) == [[3, 4]]
    csv = tmp_path / "t.csv"
    csv.write_text("a,b\n1,2\n")
    assert read(one, csv)[2] == f"tables of several formats in one run: {', '.join(sorted(['csv', form]))}"


def test_columns_of_parquet_have_types(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars", reason="the fast engine is not installed")
    path = tmp_path / "t.parquet"
    frame = pl.DataFrame({
        "i": [1, 2, None], "f": [0.5, float("nan"), float("inf")], "s": ["x", None, "7"], "b": [True, None, False],
        "d": [1.5, 2.5, 1e30],
    })  # fmt: skip
    frame.write_parquet(path)
    (header,), blocks, error = read(path, selection=Selection((4,), (2, 0), (0, 1, 2, 3)))
    assert error == ""
    assert header == Header(str(path), ("i", "f", "s", "b", "d"), 5, ("1", "0.5", "x", "True", "1.5"))
    assert numbers(blocks) == [[1.5], [2.5], [1e30]]
    texts = [[column.values[code] for code in column.codes] for column in blocks[0].texts]
    assert texts == [["x", "", "7"], ["1", "2", ""]]
    assert blocks[0].passthrough is not None
    assert [[(cell, type(cell) is JsonValue) for cell in row] for row in blocks[0].passthrough.cells] == [
        [("1", True), ("0.5", True), ("x", False), ("True", False)],
        [("2", True), ("nan", False), ("", False), ("", False)],
        [("", False), ("inf", False), ("7", False), ("False", False)],
    ]
    for column, said in (
        (0, "row 3: column 'i': the cell is empty"), (1, "row 2: column 'f': nan is not a finite number"),
        (2, "column 's' holds String, expected numbers"), (3, "column 'b' holds Boolean, expected numbers"),
    ):  # fmt: skip
        assert read(path, selection=Selection((4, column)))[2] == f"t.parquet: {said}"
    bad: list[Any] = []
    read(path, selection=Selection((1, 0)), on_bad="skip", bad_line=bad.append)
    assert [(line.line, line.reason) for line in bad] == [
        (2, "column 'f': nan is not a finite number"), (3, "column 'f': inf is not a finite number"),
    ]  # fmt: skip
    frame.head(0).write_parquet(path)
    (header,), blocks, error = read(path, selection=Selection((0,)))
    assert (header.names, header.first, numbers(blocks), error) == (("i", "f", "s", "b", "d"), (), [], "")
    path.write_bytes(b"PAR1" + bytes(99))
    assert read(path)[2].startswith("t.parquet: cannot be read as Parquet: ")


def test_parquet_of_many_rows_comes_in_batches(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars", reason="the fast engine is not installed")
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": np.arange(150_000.0), "b": [f"t{i}" for i in range(150_000)]}).write_parquet(path)
    with patch("nnlec.tables.engines.parquet._BATCH", 1000):
        _, blocks, _ = read(path, selection=Selection((0,), (), (1,)))
    assert np.array_equal(np.concatenate([block.numbers for block in blocks])[:, 0], np.arange(150_000.0))
    assert sum(len(block.passthrough.cells) for block in blocks if block.passthrough is not None) == 150_000


def test_an_array_through_a_pipe_is_copied_first(tmp_path: Path) -> None:
    out = io.BytesIO()
    np.save(out, REAL)
    pipe = tmp_path / "t.npy"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(out.getvalue(),))
    feeder.start()
    _, blocks, error = read(pipe)
    feeder.join()
    assert (numbers(blocks), error) == (REAL.tolist(), "")
