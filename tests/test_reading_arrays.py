"""What is read of NumPy's files: columns, names, rows some at a time, and what is wrong with a file or a row."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlec.tables.engines import arrays
from nnlec.tables.rows import JsonValue
from tests.test_reading_text import read

TABLE = np.array([[1.5, -2.0, 3.0], [4.0, 5.25, 6.0], [7.0, 8.0, -9.5], [10.0, 11.0, 12.0], [13.0, 14.0, 15.0]])


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz(**parts: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **parts)
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def header(text: str, version: int = 1) -> bytes:
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode()


CLAIM = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }\n"

PARTS = npz(x=TABLE[:, :2], y=TABLE[:, 2].astype(np.int64), z=TABLE[:, ::-1])
WHOLE = np.concatenate([TABLE, TABLE[:, ::-1]], axis=1)
"""The columns of PARTS, where y has lost its fractions."""
WHOLE[:, 2] = TABLE[:, 2].astype(np.int64)


@pytest.mark.parametrize("block", [1 << 21, 1, 70, 120])
@pytest.mark.parametrize("columns", [(0, 1, 2), (2, 0), (1,), (), (2, 2, 1)])
@pytest.mark.parametrize("layout", ["rows", "columns", "single precision", "three axes"])
def test_any_columns_of_an_array_are_read(
    tmp_path: Path, block: int, columns: tuple[int, ...], layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "_BLOCK", block)
    stored = {
        "rows": TABLE,
        "columns": np.asfortranarray(TABLE),
        "single precision": TABLE.astype(">f4"),
        "three axes": TABLE.reshape(5, 1, 3),
    }[layout]
    found = read(tmp_path, npy(stored), numbers=columns, suffix=".npy")
    assert (found.names, found.error) == ((), "")
    assert np.array_equal(np.array(found.numbers).reshape(5, len(columns)), TABLE[:, list(columns)])
    assert [list(map(float, row or [])) for row in found.rows] == TABLE.tolist()
    assert found.progress.rows == 5


@pytest.mark.parametrize("block", [1 << 21, 1, 100])
@pytest.mark.parametrize("columns", [(0, 3, 5, 2), (2,), (4, 1), (), (0, 1, 2, 3, 4, 5)])
def test_arrays_of_an_archive_stand_side_by_side(
    tmp_path: Path, block: int, columns: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "_BLOCK", block)
    found = read(tmp_path, PARTS, numbers=columns, suffix=".npz")
    assert (found.names, found.error) == (("x1", "x2", "y", "z1", "z2", "z3"), "")
    assert np.array_equal(np.array(found.numbers).reshape(5, len(columns)), WHOLE[:, list(columns)])
    assert [list(map(float, row or [])) for row in found.rows] == WHOLE.tolist()
    assert [row[2] for row in found.rows if row] == ["3", "6", "-9", "12", "15"]
    assert found.header is not None
    assert found.header.first == ("1.5", "-2.0", "3", "3.0", "-2.0", "1.5")


def test_two_lists_in_an_archive_are_two_columns(tmp_path: Path) -> None:
    found = read(tmp_path, npz(a=TABLE[:, 0], b=TABLE[:, 1]), numbers=(1,), suffix=".npz")
    assert (found.names, found.numbers) == (("a", "b"), TABLE[:, 1:2].tolist())
    assert found.header is not None
    assert found.header.first == ("1.5", "-2.0")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_numbers_begin_behind_the_header_of_any_version(tmp_path: Path, version: int) -> None:
    data = header(CLAIM % "(5, 3)", version) + TABLE.tobytes()
    assert read(tmp_path, data, numbers=(0, 1, 2), suffix=".npy").numbers == TABLE.tolist()
    archive = zipped({"x.npy": data})
    assert read(tmp_path, archive, numbers=(0, 1, 2), suffix=".npz").numbers == TABLE.tolist()


def test_an_archive_of_one_array_has_no_names(tmp_path: Path) -> None:
    found = read(tmp_path, npz(x=TABLE), numbers=(2,), suffix=".npz")
    assert (found.names, found.numbers) == ((), TABLE[:, 2:].tolist())
    assert found.header is not None
    assert (found.header.first, found.header.width) == ((), 3)


def test_a_list_of_numbers_is_one_column(tmp_path: Path) -> None:
    for data, suffix in ((npy(TABLE[:, 0]), ".npy"), (npz(x=TABLE[:, 0]), ".npz")):
        assert read(tmp_path, data, numbers=(0,), suffix=suffix).numbers == TABLE[:, :1].tolist()


def test_an_array_without_rows_has_columns(tmp_path: Path) -> None:
    for data, suffix in ((npy(np.empty((0, 3))), ".npy"), (npz(x=np.empty((0, 3)), y=np.empty(0)), ".npz")):
        found = read(tmp_path, data, numbers=(0, 1), suffix=suffix)
        assert found.header is not None
        assert (found.header.width, found.rows, found.error) == (3 + (suffix == ".npz"), [], "")


def test_other_files_of_an_archive_are_left_alone(tmp_path: Path) -> None:
    data = zipped({"readme.txt": b"x", "a.npy": npy(TABLE), "b.npy.bak": b""})
    assert read(tmp_path, data, numbers=(0,), suffix=".npz").numbers == TABLE[:, :1].tolist()


@pytest.mark.parametrize("block", [1 << 21, 1, 50])
def test_rows_with_what_is_not_finite_are_named(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_BLOCK", block)
    table = TABLE.copy()
    table[1, 0], table[3, 1], table[3, 2], table[4, 2] = np.nan, -np.inf, np.nan, np.inf
    for data, suffix, third in (
        (npy(table), ".npy", "column 3"),
        (npz(a=table[:, :2], b=table[:, 2]), ".npz", "column 'b'"),
    ):
        name = f"t1{suffix}"
        first = "column 1" if suffix == ".npy" else "column 'a1'"
        second = first.replace("1", "2")
        skipped = read(tmp_path, data, numbers=(2, 1, 0), suffix=suffix, on_bad="skip")
        assert [(line, reason) for line, reason, _ in skipped.bad] == [
            (2, f"{first}: nan is not a finite number"),
            (4, f"{third}: nan is not a finite number"),
            (5, f"{third}: inf is not a finite number"),
        ]
        assert skipped.numbers == table[[0, 2], ::-1].tolist()
        stopped = read(tmp_path, data, numbers=(2, 1, 0), suffix=suffix)
        assert stopped.error == f"{name}: row 2: {first}: nan is not a finite number"
        chosen = read(tmp_path, data, numbers=(1,), suffix=suffix)
        assert chosen.error == f"{name}: row 4: {second}: -inf is not a finite number"
        assert (len(chosen.rows), chosen.progress.rows) == (3, 3)
        blank = read(tmp_path, data, numbers=(2,), suffix=suffix, on_bad="blank")
        assert [row is None for row in blank.rows] == [False, False, False, True, True]
        allowed = read(tmp_path, data, numbers=(0, 1, 2), suffix=suffix, nonfinite=True)
        assert np.array_equal(np.array(allowed.numbers), table, equal_nan=True)


def test_further_files_have_the_same_columns(tmp_path: Path) -> None:
    found = read(tmp_path, npy(TABLE), npy(TABLE[:2] * 2), numbers=(0,), suffix=".npy")
    assert found.numbers == [*TABLE[:, :1].tolist(), *(TABLE[:2, :1] * 2).tolist()]
    other = read(tmp_path, npy(TABLE), npy(TABLE[:, :2]), numbers=(0,), suffix=".npy")
    assert (other.error, len(other.rows)) == ("t2.npy: other columns than in t1.npy", 5)
    other = read(tmp_path, npz(a=TABLE, b=TABLE), npz(a=TABLE, c=TABLE), numbers=(0,), suffix=".npz")
    assert (other.error, len(other.rows)) == ("t2.npz: other columns than in t1.npz", 5)
    bad = np.where(TABLE == 7.0, np.nan, TABLE)
    assert "t2.npy: row 3: column 1" in read(tmp_path, npy(TABLE), npy(bad), numbers=(0,), suffix=".npy").error


@pytest.mark.parametrize(
    ("data", "suffix", "error"),
    [
        (b"", ".npy", "t1.npy: cannot be read as a NumPy array: it begins otherwise"),
        (b"\x93NUMPX", ".npy", "t1.npy: cannot be read as a NumPy array: it begins otherwise"),
        (b"\x93NUMPY", ".npy", "t1.npy: not a NumPy array, or its header is damaged"),
        (npy(TABLE), ".npz", "t1.npz: cannot be read as an .npz archive: it begins otherwise"),
        (npy(TABLE)[:-1], ".npy", "t1.npy: cannot be read as a NumPy array: mmap length is greater than file size"),
        (header(CLAIM % "(-1, 3)"), ".npy", "t1.npy: the header claims an impossible shape"),
        (header(CLAIM % f"({2**62}, 3)"), ".npy", "t1.npy: the header claims an impossible shape"),
        (header(CLAIM % "(True, 3)"), ".npy", "t1.npy: the header claims an impossible shape"),
        (header(CLAIM % "()"), ".npy", "t1.npy: the array is a single number, expected rows"),
        (header(CLAIM % "(2, 0)"), ".npy", "t1.npy: a row has 0 numbers, expected 1 to 1,000,000"),
        (header(CLAIM % "(2, 1000001)"), ".npy", "t1.npy: a row has 1,000,001 numbers, expected 1 to 1,000,000"),
        (header(CLAIM % "(0, 3)"), ".npy", ""),
        (header((CLAIM % "(0, 3)").rstrip().ljust(10_000)), ".npy", ""),
        (header((CLAIM % "(0, 3)").rstrip().ljust(10_001)), ".npy",
         "t1.npy: not a NumPy array, or its header is damaged"),
        (header(CLAIM % "(0, 3)", 2), ".npy", ""),
        (npy(np.zeros(2, [("x" * 90, "f8")])), ".npy",
         "t1.npy: the array holds [('" + "x" * 77 + ", expected real numbers"),
        (npy(np.array(["a"])), ".npy", "t1.npy: the array holds <U1, expected real numbers"),
        (zipped({"a.txt": b""}), ".npz", "t1.npz: 0 arrays in it, expected 1 to 1,000"),
        (zipped({f"{n}.npy": npy(TABLE[:1, 0]) for n in range(1001)}), ".npz",
         "t1.npz: 1,001 arrays in it, expected 1 to 1,000"),
        (zipped({f"{n}.npy": npy(TABLE[:1, 0]) for n in range(1000)}), ".npz", ""),
        (npz(a=TABLE, b=TABLE[:4]), ".npz",
         "t1.npz: 'b' has 4 rows and 'a' 5: no one table (save them apart, as .npy)"),
        (npz(a=TABLE, b=np.asfortranarray(TABLE)), ".npz",
         "t1.npz: 'b' is stored by columns (Fortran order) (save it with numpy.ascontiguousarray)"),
        (npz(a=TABLE, b=np.asfortranarray(TABLE[:, :2])), ".npz",
         "t1.npz: 'b' is stored by columns (Fortran order) (save it with numpy.ascontiguousarray)"),
        (npz(a=TABLE, b=np.asfortranarray(TABLE[:, :1])), ".npz", ""),
        (zipped({"a.npy": npy(TABLE)[:-1]}), ".npz", "t1.npz: cannot be read as an .npz archive: it ends early"),
        (npz(a=TABLE)[:-30], ".npz", "t1.npz: cannot be read as an .npz archive: File is not a zip file"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_of_numbers_is_refused(tmp_path: Path, data: bytes, suffix: str, error: str) -> None:
    assert read(tmp_path, data, suffix=suffix).error == error


def test_arrays_side_by_side_have_so_many_columns_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_MOST_COLUMNS", 4)
    assert read(tmp_path, npz(a=TABLE, b=TABLE[:, 0]), suffix=".npz").error == ""
    assert read(tmp_path, npz(a=TABLE, b=TABLE), suffix=".npz").error == "t1.npz: 6 columns, expected 4 at most"


def test_numbers_are_spelt_as_short_as_they_read_back() -> None:
    cells = arrays.cells_of(np.array([0.1, 1e22, -0.0, np.nan, np.inf, 5e-324]))
    assert cells == ["0.1", "1e+22", "-0.0", "nan", "inf", "5e-324"]
    assert [type(cell) is JsonValue for cell in cells] == [True, True, True, False, False, True]
    assert arrays.cells_of(np.array([True, False])) == ["True", "False"]
    assert arrays.cells_of(np.array([-7, 2**62])) == ["-7", str(2**62)]
