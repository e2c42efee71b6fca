"""Files of tables that are read here and there, not from the first byte to the last: a pipe is copied first."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.tables.engines.interface import STANDARD_INPUT
from nnlec.text import visible


def name_of(path: str) -> str:
    """What a message calls a file.

    >>> name_of("-"), name_of("t.npy")
    ('<stdin>', 't.npy')
    """
    return "<stdin>" if path == STANDARD_INPUT else visible(path)


def opened(path: str) -> int:
    """A descriptor of what is at `path`, or of a copy where that is the address of another machine.

    Raises `NnlecError` for what cannot be opened.
    """
    if os.path.isdir(path):
        raise NnlecError("this is a folder, expected a file", where=name_of(path))
    if is_remote(path):
        from nnlec.tables.engines.remote import fetched

        return fetched(path)
    try:
        return os.dup(0) if path == STANDARD_INPUT else system.open_to_read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NnlecError(f"cannot be opened: {reason}", where=name_of(path)) from None


def is_remote(path: str) -> bool:
    """Whether a name is the address of a file on another machine.

    >>> is_remote("s3://bucket/t.csv"), is_remote("data/t.csv"), is_remote("-")
    (True, False, False)
    """
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.isalnum() and not os.path.exists(path)


@contextmanager
def as_file(path: str, start: bytes, what: str) -> Iterator[str]:
    """The name of a file that holds what is at `path`: of itself, or of a copy on disk where it is a pipe.

    Raises `NnlecError` for what cannot be opened, and for what does not begin with `start` and so is not `what`.
    """
    descriptor = opened(path)
    try:
        status = os.fstat(descriptor)
        with open(descriptor, "rb", closefd=False) as stream:
            head = stream.read(len(start))
            if head != start:
                raise NnlecError(f"cannot be read as {what}: it begins otherwise", where=name_of(path))
            if stat.S_ISREG(status.st_mode) and path != STANDARD_INPUT and not is_remote(path):
                yield path
                return
            import shutil
            from tempfile import TemporaryDirectory

            with TemporaryDirectory(prefix="nnlec-", ignore_cleanup_errors=True) as folder:
                name = os.path.join(folder, "table")
                with open(name, "wb") as copy:
                    copy.write(head)
                    shutil.copyfileobj(stream, copy, 1 << 20)
                yield name
    except OSError as error:
        raise NnlecError(f"cannot be read: {error.strerror}", where=name_of(path)) from None
    finally:
        os.close(descriptor)
