"""NumPy's files as a table: rows along the first axis, the rest flattened, the last axis fastest. Nothing is unpickled.

A .npy file has no names. In a .npz file with several arrays these are groups of columns: `x` of one column, or x1, x2.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from math import prod
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.errors import NnlecError
from nnlec.tables.engines.batches import read_batches
from nnlec.tables.engines.files import as_file, name_of
from nnlec.tables.engines.interface import Progress, Source, Start
from nnlec.tables.header import Header
from nnlec.tables.rows import JsonValue, Passthrough, RowError, TypedRows
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array, Indices

_BLOCK = 1 << 21
_LONGEST_HEADER = 10_000
_MOST_COLUMNS = 1_000_000
_DAMAGE = (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class StoredArray(NamedTuple):
    """An array in a file: its shape, (rows, columns), and what reads its next rows."""

    name: str
    rows: int
    columns: int
    row_bytes: int
    read: Callable[[int], Any]


class ArrayBatch(NamedTuple):
    """Some rows: arrays of numbers, (rows, columns), side by side."""

    parts: tuple[Any, ...]

    @property
    def height(self) -> int:
        return len(self.parts[0])

    def numbers(self, columns: tuple[int, ...], header: Header) -> tuple[Array, dict[int, RowError]]:
        if len(self.parts) == 1:
            whole = columns == tuple(range(self.parts[0].shape[1]))
            numbers = self.parts[0] if whole else self.parts[0][:, list(columns)]
        else:
            numbers = np.stack([np.asarray(self.column(c), float) for c in columns], axis=1) if columns else None
        numbers = np.empty((self.height, 0)) if numbers is None else np.ascontiguousarray(numbers, np.float64)
        errors: dict[int, RowError] = {}
        if not header.nonfinite and not np.isfinite(numbers).all():
            for row, place in np.argwhere(~np.isfinite(numbers)):
                what = f"{numbers[row, place]} is not a finite number"
                errors.setdefault(int(row), RowError(columns[place], what))
        return numbers, errors

    def column(self, column: int) -> Any:
        """(rows,): a column of the table."""
        for part in self.parts:
            if column < part.shape[1]:
                return part[:, column]
            column -= part.shape[1]
        raise IndexError(column)

    def texts(self, column: int) -> list[str]:
        return cells_of(self.column(column))

    def passed(self, columns: tuple[int, ...], rows: Indices) -> Passthrough | None:
        return TypedRows(tuple(self.column(column)[rows] for column in columns), cells_of) if columns else None


def cells_of(column: Any) -> list[str]:
    """Numbers as text, the shortest that reads back; a finite one is a number in JSON too."""
    return [JsonValue(text) if text[-1].isdigit() else text for text in map(str, column.tolist())]


def read_arrays(source: Source, start: Start, progress: Progress, form: str) -> None:
    """Every .npy or .npz file of the source, as one table; raises `NnlecError` with file and row."""
    read_batches(partial(_opened, form, source.nonfinite), source, start, progress)


def _opened(form: str, nonfinite: bool, path: str) -> Iterator[tuple[Header, ArrayBatch]]:
    place = name_of(path)
    start, what = (b"PK", "an .npz archive") if form == "npz" else (b"\x93NUMPY", "a NumPy array")
    with ExitStack() as stack:
        file = stack.enter_context(as_file(path, start, what))
        try:
            stored = stack.enter_context(_archive(file, place)) if form == "npz" else [_mapped(file, place)]
            rows = _common_rows(stored, place)
            step = max(1, _BLOCK // max(1, sum(array.row_bytes for array in stored)))
            header: Header | None = None
            for begin in range(0, max(rows, 1), step):
                batch = ArrayBatch(tuple(array.read(min(step, rows - begin)) for array in stored))
                header = header or _header(stored, batch, place, nonfinite)
                yield header, batch
        except _DAMAGE as error:
            raise NnlecError(f"cannot be read as {what}: {visible(str(error)[:200])}", where=place) from None


def _header(stored: Sequence[StoredArray], batch: ArrayBatch, place: str, nonfinite: bool) -> Header:
    width = sum(array.columns for array in stored)
    if width > _MOST_COLUMNS:
        raise NnlecError(f"{width:,} columns, expected {_MOST_COLUMNS:,} at most", where=place)
    first = tuple(batch.texts(column)[0] for column in range(width)) if batch.height and len(stored) > 1 else ()
    return Header(place, _names(stored), width, first, nonfinite)


def _names(stored: Sequence[StoredArray]) -> tuple[str, ...]:
    if len(stored) == 1:
        return ()
    return tuple(
        array.name if array.columns == 1 else f"{array.name}{number}"
        for array in stored
        for number in range(1, array.columns + 1)
    )


def _common_rows(stored: Sequence[StoredArray], place: str) -> int:
    first = stored[0]
    for array in stored:
        if array.rows != first.rows:
            what = f"{array.name!r} has {array.rows:,} rows and {first.name!r} {first.rows:,}"
            raise NnlecError(f"{what}: no one table", where=place, hint="save them apart, as .npy")
    return first.rows


def _mapped(file: str, place: str) -> StoredArray:
    """An array in a file of its own, of which parts are read as they are needed."""
    with open(file, "rb") as stream:
        shape, by_columns, dtype = _header_of(stream, place)
        begin = stream.tell()
    rows, columns = _shape(shape, dtype, place)
    array: np.ndarray[Any, Any]
    if by_columns and len(shape) > 1 and rows:
        array = np.memmap(file, dtype, "r", begin, shape, "F")
    else:
        array = np.memmap(file, dtype, "r", begin, (rows, columns)) if rows else np.empty((0, columns), dtype)
    position = 0

    def read(count: int) -> Any:
        nonlocal position
        part = array[position : position + count]
        position += count
        return np.asarray(part).reshape(count, columns)

    return StoredArray("", rows, columns, columns * dtype.itemsize, read)


def _header_of(stream: IO[bytes], place: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns follow each other, and type; raises `NnlecError` for a damaged header."""
    start = stream.read(8)
    start += stream.read(2 if start.endswith(b"\1\0") else 4)  # the length of the header
    length = min(int.from_bytes(start[8:], "little"), _LONGEST_HEADER)  # NumPy would allocate whatever is claimed
    head = BytesIO(start + stream.read(length))
    try:
        version = np.lib.format.read_magic(head)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return read(head, max_header_size=_LONGEST_HEADER)
    except Exception:  # of a damaged header NumPy raises errors of many types
        raise NnlecError("not a NumPy array, or its header is damaged", where=place) from None


@contextmanager
def _archive(file: str, place: str) -> Iterator[list[StoredArray]]:
    """The arrays of an archive, which are unpacked side by side."""
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(file))
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        if not names or len(names) > 1000:
            raise NnlecError(f"{len(names):,} arrays in it, expected 1 to 1,000", where=place)
        yield [_unpacked(stack.enter_context(archive.open(name)), name[: -len(".npy")], place) for name in names]


def _unpacked(stream: IO[bytes], name: str, place: str) -> StoredArray:
    shape, by_columns, dtype = _header_of(stream, place)
    rows, columns = _shape(shape, dtype, place)
    if by_columns and columns > 1:
        hint = "save it with numpy.ascontiguousarray"
        raise NnlecError(f"{visible(name)!r} is stored by columns (Fortran order)", where=place, hint=hint)

    def read(count: int) -> Any:
        size = count * columns * dtype.itemsize
        data = stream.read(size)
        if len(data) != size:
            raise EOFError("it ends early")
        return np.frombuffer(data, dtype).reshape(count, columns)

    return StoredArray(name, rows, columns, columns * dtype.itemsize, read)


def _shape(shape: tuple[int, ...], dtype: np.dtype[Any], place: str) -> tuple[int, int]:
    """(rows, columns); raises `NnlecError` for what is no table of numbers."""
    if dtype.kind not in "biuf":
        what = "Python objects (a pickle), which are never read" if dtype.hasobject else visible(str(dtype)[:80])
        raise NnlecError(f"the array holds {what}, expected real numbers", where=place)
    if not all(type(n) is int and 0 <= n < 2**62 for n in shape):
        raise NnlecError("the header claims an impossible shape", where=place)
    if not shape:
        raise NnlecError("the array is a single number, expected rows", where=place)
    columns = prod(shape[1:])
    if not 0 < columns <= _MOST_COLUMNS:
        raise NnlecError(f"a row has {columns:,} numbers, expected 1 to {_MOST_COLUMNS:,}", where=place)
    return shape[0], columns
