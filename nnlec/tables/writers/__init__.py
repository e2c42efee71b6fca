"""Tables out: one file for each family of formats, imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.tables.writers.rows import JsonRows, SeparatedRows, WriteBytes, rounded, with_commas

if TYPE_CHECKING:
    from nnlec.arithmetic.rounding import Rounding
    from nnlec.tables.engines.interface import NumberLines
    from nnlec.tables.plan import Writer


def writer(
    format: str,
    write: WriteBytes,
    number_lines: NumberLines,
    *,
    escape_formulas: bool = False,
    decimal_comma: bool = False,
    dtype: str = "float64",
    rounding: Rounding | None = None,
) -> Writer:
    """What writes rows in one of the formats of tables: bytes go to `write`, `number_lines` spells numbers.

    With `rounding`, which csv and tsv take, new numbers are shown figures.
    """
    if format == "parquet":
        from nnlec.tables.writers.parquet import ParquetRows

        return ParquetRows(write)
    if format in ("npy", "npz"):
        from nnlec.tables.writers.arrays import ArrayRows

        return ArrayRows(write, archive=format == "npz", dtype=dtype)
    if format in ("json", "jsonl"):
        return JsonRows(write, number_lines, array=format == "json", decimal_comma=decimal_comma)
    delimiter = "\t" if format == "tsv" else ";" if decimal_comma else ","
    spelled = rounded(rounding) if rounding is not None else number_lines
    spelled = with_commas(spelled) if decimal_comma else spelled
    return SeparatedRows(write, spelled, delimiter, escape_formulas=escape_formulas)
