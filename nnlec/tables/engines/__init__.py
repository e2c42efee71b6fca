"""Engines: tables in, in constant memory, and numbers out. One file each, imported when it is used."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from nnlec.errors import NnlecError, not_installed, unknown
from nnlec.filetypes import TABLES
from nnlec.tables.engines.interface import BadLine, Consumer, Engine, Enough, Progress, Source, Start

ENGINES: dict[str, tuple[str, str, str]] = {
    "stream": ("nnlec.tables.engines.stream", "", ""),
    "polars": ("nnlec.tables.engines.polars_engine", "polars", "fast"),
}
"""Name: the module with its `ENGINE`, the package it needs beyond the run-time ones, and the extra that brings it."""

LARGE = 32 << 20
"""Bytes from which importing the fast engine pays."""


def engine(name: str) -> Engine:
    """The engine of that name; raises `NnlecError` naming the extra where its package is missing."""
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES)
    module, package, extra = ENGINES[name]
    if package and find_spec(package) is None:
        raise not_installed(f"the {name} engine needs {package}", extra)
    made: Engine = import_module(module).ENGINE
    return made


def engine_for(source: Source) -> Engine:
    """The engine where none is asked for: polars, if installed, for Parquet and for large files; else stream."""
    from nnlec.tables.engines.line_reader import size_of
    from nnlec.tables.engines.text_driver import format_of

    large = (size_of(source.paths) or 0) >= LARGE or any(format_of(path, source) == "parquet" for path in source.paths)
    return engine("polars" if large and find_spec("polars") is not None else "stream")


def read_table(engine: Engine, source: Source, start: Start, progress: Progress) -> None:
    """Every row of the source, in order, to what `start` gives; raises `NnlecError` with file and line, or row."""
    from nnlec.tables.engines.line_reader import size_of
    from nnlec.tables.engines.text_driver import format_of, read_text

    progress.bytes_total = size_of(source.paths)
    forms = sorted({format_of(path, source) for path in source.paths})
    typed = [form for form in forms if TABLES[form] == "numbers"]
    if typed and len(forms) > 1:
        raise NnlecError(f"tables of several formats in one run: {', '.join(forms)}")
    with suppress(Enough), np.errstate(all="ignore"):  # what is not finite is an error of its row, or was allowed
        if source.part is not None:
            from nnlec.tables.engines.parts import read_part

            read_part(source, start, engine, progress)
        elif not typed:
            read_text(source, start, engine, progress)
        elif typed == ["parquet"]:
            if engine.read_parquet is None:
                raise not_installed("Parquet needs the polars engine", "fast")
            engine.read_parquet(source, start, progress)
        else:
            from nnlec.tables.engines.arrays import read_arrays

            read_arrays(source, start, progress, typed[0])


__all__ = ["ENGINES", "BadLine", "Consumer", "Engine", "Progress", "Source", "engine", "engine_for", "read_table"]
