"""A worked example as data: every number the shortest text that reads back to the same double, JSON always valid."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable

from nnlec.errors import AS_NULL, NnlecWarning
from nnlec.rendering import Record


def write(record: Record, name: str) -> str:
    """`record` as JSON: on one line for jsonl, else indented, a list of numbers or words on a line of its own."""
    return (_line(record) if name == "jsonl" else _indented(record, "\n")) + "\n"


def _line(value: object) -> str:
    return json.dumps(_sayable(value), ensure_ascii=False, allow_nan=False)


def _indented(value: object, newline: str) -> str:
    deeper = f"{newline}  "
    if isinstance(value, dict) and value:
        return _lines("{", (f"{_line(key)}: {_indented(item, deeper)}" for key, item in value.items()), "}", deeper)
    if isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        return _lines("[", (_indented(item, deeper) for item in value), "]", deeper)
    return _line(value)


def _lines(opening: str, items: Iterable[str], closing: str, newline: str) -> str:
    return f"{opening}{newline}{f',{newline}'.join(items)}{newline[:-2]}{closing}"


def _sayable(value: object) -> object:
    """NaN and infinities, which JSON cannot say, as null, with a warning."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        warnings.warn(NnlecWarning(AS_NULL), stacklevel=2)
        return None
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item) for item in value]
    return value
