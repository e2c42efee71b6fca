"""What tells two jobs apart: a digest of all that they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np


def digest(*made_of: object) -> str:
    """The same for the same values, in any process; functions count by name and by what they enclose.

    >>> digest([1.0, "a"]) == digest([1.0, "a"]), digest(partial(max, 1)) == digest(partial(max, 2))
    (True, False)
    """
    found = sha256()
    _add(found, made_of)
    return found.hexdigest()


def _add(found: Any, value: object) -> None:
    found.update(f"({type(value).__qualname__} ".encode())
    if isinstance(value, np.ndarray):
        found.update(f"{value.dtype.str}{value.shape}".encode())
        found.update(np.ascontiguousarray(value).data)
    elif isinstance(value, partial):
        _add(found, (value.func, value.args, value.keywords))
    elif isinstance(value, type | FunctionType | BuiltinFunctionType):
        found.update(f"{value.__module__}.{value.__qualname__}".encode())
        _add(found, [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()])
    elif fields := getattr(type(value), "__match_args__", ()):  # of a dataclass, a named tuple, an activation
        _add(found, {name: getattr(value, name) for name in fields})
    elif isinstance(value, Mapping):
        _add(found, list(value.items()))
    elif isinstance(value, tuple | list):
        for each in value:
            _add(found, each)
    elif isinstance(value, frozenset | set):
        _add(found, sorted(value, key=repr))
    elif value is None or isinstance(value, str | int | float):
        found.update(repr(value).encode())
    else:
        _add(found, vars(value) if hasattr(value, "__dict__") else repr(value))
    found.update(b")")
