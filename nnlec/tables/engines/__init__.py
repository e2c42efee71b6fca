"""Engines: tables in, tables out, in constant memory. One file each, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from nnlec.errors import NnlecError, unknown
from nnlec.tables.engines.interface import BadLine, Engine, Source

ENGINES: dict[str, tuple[str, str, str]] = {
    "stream": ("nnlec.tables.engines.stream:StreamEngine", "", ""),
    "polars": ("nnlec.tables.engines.polars_engine:PolarsEngine", "polars", "fast"),
}
"""Name: where the class is, the package it needs beyond the run-time ones, and the extra that brings it."""


def engine(name: str) -> Engine:
    """The engine of that name; raises `NnlecError` naming the extra where its package is missing."""
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES)
    home, package, extra = ENGINES[name]
    if package and find_spec(package) is None:
        raise NnlecError(f"the {name} engine needs {package}", hint=f"pip install 'nnlec[{extra}]'")
    module, _, attribute = home.partition(":")
    made: Engine = getattr(import_module(module), attribute)()
    return made


def best_engine() -> Engine:
    """The default engine; where the fast one is installed, it takes over in long tables."""
    if find_spec("polars") is None:
        return engine("stream")
    from nnlec.tables.engines.auto import AutoEngine

    return AutoEngine()


__all__ = ["ENGINES", "BadLine", "Engine", "Source", "best_engine", "engine"]
