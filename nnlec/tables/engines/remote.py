"""Files on other machines, named by an address such as s3://bucket/t.csv: fsspec fetches them, if it is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryFile
from typing import Any

from nnlec.errors import NnlecError
from nnlec.text import visible

_AT_A_TIME = 1 << 20


def fetched(path: str) -> int:
    """A descriptor of a copy on disk, which is gone when it is closed; raises `NnlecError` for what cannot be had."""
    with (
        _reached(path, "read") as (system, name),
        TemporaryFile(prefix="nnlec-") as copy,
        system.open(name, "rb") as stream,
    ):
        shutil.copyfileobj(stream, copy, _AT_A_TIME)
        copy.seek(0)
        return os.dup(copy.fileno())


def sent(file: str, path: str) -> None:
    """Copies a file of this machine to an address."""
    with _reached(path, "write") as (system, name):
        system.put_file(file, name)


def matching(pattern: str) -> Sequence[str]:
    """The addresses that a pattern fits, sorted."""
    with _reached(pattern, "read") as (system, name):
        return sorted(system.unstrip_protocol(found) for found in system.glob(name))


def state(path: str) -> list[object] | None:
    """What changes when the file does, as far as its system says; None where it says nothing."""
    system, name = _system(path)
    try:
        found = system.info(name)
    except Exception:
        return None
    times = [str(found[key]) for key in ("mtime", "LastModified", "ETag", "md5Hash", "updated") if key in found]
    return [path, found.get("size"), *times] if times else None


def _system(path: str) -> tuple[Any, str]:
    place = visible(path)
    if find_spec("fsspec") is None:
        raise NnlecError("an address needs fsspec", where=place, hint="pip install fsspec, and what it asks for then")
    import fsspec

    try:
        system, name = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise NnlecError(f"cannot be reached: {visible(str(error)[:200])}", where=place) from None
    return system, name


@contextmanager
def _reached(path: str, to: str) -> Iterator[tuple[Any, str]]:
    """The system of an address and the name there; raises `NnlecError` for what is done with it in vain."""
    system, name = _system(path)
    try:
        yield system, name
    except Exception as error:  # each kind of system raises its own
        reason = visible((str(error) or type(error).__name__).partition("\n")[0][:200])
        raise NnlecError(f"cannot {to}: {reason}", where=visible(path)) from None
