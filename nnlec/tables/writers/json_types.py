"""The types of columns that came from JSON, for a format that has types: known only when every cell was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nnlec.tables.rows import JsonValue

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?(?:[0-9][0-9.eE+-]*|Infinity)|NaN")


def kinds_of(cells: Iterable[str]) -> set[str]:
    """What the cells are: whole, number, bool, null, text; objects and lists are text too."""
    return {_kind(cell) for cell in cells}


def _kind(cell: str) -> str:
    if type(cell) is not JsonValue:
        return "text"
    if _WHOLE.fullmatch(cell):
        return "whole"
    if _NUMBER.fullmatch(cell):
        return "number"
    return {"true": "bool", "false": "bool", "null": "null"}.get(cell, "text")


def is_null(cell: str) -> bool:
    """Whether a cell was null, not the text of it."""
    return cell == "null" and type(cell) is JsonValue


def type_of(kinds: set[str]) -> str:
    """bool, whole or number, where all cells that are not null are so; else text."""
    present = kinds - {"null"}
    if present in ({"bool"}, {"whole"}):
        return min(present)
    return "number" if present and present <= {"whole", "number"} else "text"
