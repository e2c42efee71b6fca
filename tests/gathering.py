"""What pytest gathers: examples only of the files that have one, and what it gathers is nothing to be tidied up."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.doctest import DoctestModule

gc.disable()  # ten thousand tests are gathered and none is thrown away


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Looks for examples (`>>>`) only where there are some: for each such file pytest imports a module."""
    found = yield
    if file_path.suffix == ".py" and ">>>" not in file_path.read_text(encoding="utf-8"):
        return [each for each in found if not isinstance(each, DoctestModule)]
    return found


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
