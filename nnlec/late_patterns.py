"""Patterns of a library that are compiled when they are used, not when it is imported.

PyYAML has one of all characters that can be printed. To compile it takes as long as all the work on a small network,
and libyaml's parser never uses it. Python's `platform`, which click's imports bring, has eight.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_compile = re.compile


class _Later:
    """What looks like a pattern, and is compiled when it is first asked for something."""

    def __init__(self, *given: Any) -> None:
        self._given = given

    def __getattr__(self, name: str) -> object:
        value = self.__dict__[name] = getattr(_compile(*self._given), name)
        return value


@contextmanager
def patterns_later(*packages: str) -> Iterator[None]:
    """Modules of `packages` that are imported meanwhile compile their patterns late, all others as ever."""

    def compile_later(*given: Any, **named: Any) -> Any:
        asks = str(sys._getframe(1).f_globals.get("__name__"))
        return _Later(*given) if asks.partition(".")[0] in packages and not named else _compile(*given, **named)

    re.compile = compile_later
    try:
        yield
    finally:
        re.compile = _compile
