"""A worked example as data: every number the shortest text that reads back to the same double, JSON always valid."""

from __future__ import annotations

import json
import math

from nnlec.writers import Record


def write(record: Record, name: str) -> str:
    """`record` as JSON: indented, or on one line for jsonl. NaN and infinities, which JSON cannot say, become null."""
    return (
        json.dumps(_sayable(record), ensure_ascii=False, indent=2 if name == "json" else None, allow_nan=False) + "\n"
    )


def _sayable(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sayable(item) for item in value]
    return value
