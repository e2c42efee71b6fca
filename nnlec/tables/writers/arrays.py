"""Tables as NumPy's files: .npy holds all columns in one array, .npz each that passes through and the new ones.

The number of rows stands before them, so they are kept in a file without a name until the table ends.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.arithmetic.numbers import NumeralError, parse_number
from nnlec.errors import NnlecError
from nnlec.tables.header import quoted
from nnlec.tables.rows import TypedRows, cells_by_column
from nnlec.tables.writers.rows import Stream, expect_distinct

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.tables.plan import Column
    from nnlec.tables.rows import Passthrough
    from nnlec.tables.writers.rows import WriteBytes

_PIECE = 1 << 20


class ArrayRows:
    """Rows as numbers; with `archive` as a .npz file, the new columns of a kind in one array."""

    def __init__(self, write: WriteBytes, *, archive: bool, dtype: str = "float64") -> None:
        self._write = write
        self._archive = archive
        self._dtype = dtype
        self._passed: Sequence[str] = ()
        self._added: Sequence[str] = ()
        self._arrays: dict[str, _Growing] = {}

    def open(self, passthrough: Sequence[str], added: Sequence[str]) -> None:
        """Remembers the names; raises `NnlecError` where a .npz file would hold two arrays of one."""
        self._passed, self._added = passthrough, added
        if self._archive:
            expect_distinct([*passthrough, *added], "a .npz file")

    def write(
        self,
        passthrough: Passthrough | None,
        added: tuple[Column, ...],
        rows: int,  # noqa: ARG002
        *,
        blank: bool = False,  # noqa: ARG002 (they are NaN already)
    ) -> None:
        """Takes a block of rows; raises `NnlecError` for a column that holds other than numbers."""
        passed = [] if passthrough is None else self._numbers(passthrough)
        new = [(name, self._new(name, column)) for name, column in self._named(added)]
        if self._archive:
            for name, array in [*zip(self._passed, passed, strict=False), *new]:
                self._append(name, array)
        else:
            wide = [column.reshape(-1, 1).astype(np.float64) for column in passed] + [array for _, array in new]
            self._append("", np.concatenate(wide, axis=1) if len(wide) > 1 else wide[0])

    def close(self) -> None:
        """Writes the file."""
        if not self._archive:
            for piece in self._arrays[""].pieces():
                self._write(piece)
            return
        with zipfile.ZipFile(Stream(self._write), "w") as archive:
            for name, array in self._arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    for piece in array.pieces():
                        member.write(piece)

    def _named(self, added: tuple[Column, ...]) -> Iterator[tuple[str, Column]]:
        """A name for each of the new arrays: that of its column, the layer of its columns, or `outputs`."""
        at = 0
        for column in added:
            width = column.shape[1] if isinstance(column, np.ndarray) else 1
            names = self._added[at : at + width]
            at += width
            layers = {name.rpartition(".")[0] for name in names}
            yield names[0] if width == 1 else (layers.pop() if len(layers) == 1 else "") or "outputs", column

    def _new(self, name: str, column: Column) -> Array:
        if not isinstance(column, np.ndarray):
            hint = "leave out --predict, or write csv"
            raise NnlecError(f"the new column {quoted(name)} is text, an array holds numbers", hint=hint)
        return column if self._passed and not self._archive else column.astype(self._dtype)

    def _numbers(self, passthrough: Passthrough) -> list[Any]:
        """The columns that pass through."""
        if isinstance(passthrough, TypedRows) and all(isinstance(c, np.ndarray) for c in passthrough.columns):
            return list(passthrough.columns)
        cells = cells_by_column(passthrough, len(self._passed))
        return [
            np.array([_number(name, cell) for cell in column]) for name, column in zip(self._passed, cells, strict=True)
        ]

    def _append(self, name: str, rows: Any) -> None:
        if name not in self._arrays:
            self._arrays[name] = _Growing(rows.shape[1] if rows.ndim > 1 else 0, rows.dtype)
        self._arrays[name].write(rows)


def _number(name: str, cell: str) -> float:
    try:
        return parse_number(cell)
    except NumeralError as error:
        hint = f"--drop {name}" if name.isidentifier() else "--drop leaves columns out"
        raise NnlecError(f"column {quoted(name)}: {error.what}, an array holds numbers", hint=hint) from None


class _Growing:
    """An array of which more and more rows come; without `columns` it has one axis."""

    def __init__(self, columns: int, dtype: np.dtype[Any]) -> None:
        self._columns = columns
        self._dtype = dtype
        self._rows = 0
        self._file = TemporaryFile()  # noqa: SIM115 (as long as the writer)

    def write(self, rows: Array) -> None:
        self._rows += len(rows)
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)

    def pieces(self) -> Iterator[bytes]:
        """The .npy file."""
        head = io.BytesIO()
        shape = (self._rows, self._columns) if self._columns else (self._rows,)
        descr = np.lib.format.dtype_to_descr(self._dtype)
        np.lib.format.write_array_header_1_0(head, {"descr": descr, "fortran_order": False, "shape": shape})
        yield head.getvalue()
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece
        self._file.close()
