"""A worked example as data: every number the shortest text that reads back to the same double, JSON always valid."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from nnlec.errors import AS_NULL, NnlecWarning
from nnlec.rendering import Record


def write(record: Record, name: str) -> Iterator[str]:
    """`record` as JSON, in pieces: on one line for jsonl, else indented, a list of numbers or words on its own line."""
    if name == "jsonl":
        yield _line(record)
    else:
        yield from _indented(record, "\n")
    yield "\n"


def _line(value: object) -> str:
    return json.dumps(_sayable(value), ensure_ascii=False, allow_nan=False)


def _indented(value: Any, newline: str) -> Iterator[str]:
    deeper = f"{newline}  "
    if isinstance(value, dict) and value:
        yield from _lines("{", ((f"{_line(key)}: ", item) for key, item in value.items()), "}", deeper)
    elif isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        yield from _lines("[", (("", item) for item in value), "]", deeper)
    elif getattr(value, "ndim", 0) > 1:  # a layer's numbers, a row at a time: all as a list would take much memory
        yield from _lines("[", (("", value[row]) for row in range(len(value))), "]", deeper)
    else:
        yield _line(value)


def _lines(opening: str, items: Iterable[tuple[str, object]], closing: str, newline: str) -> Iterator[str]:
    yield opening
    for number, (name, item) in enumerate(items):
        yield f"{',' if number else ''}{newline}{name}"
        yield from _indented(item, newline)
    yield f"{newline[:-2]}{closing}"


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
    if hasattr(value, "tolist"):  # a layer's numbers are finite
        return value.tolist()
    return value
