"""The one place that writes results: to standard output, or to a file that is replaced only when complete."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from nnlec.errors import NnlecError


def write_text(text: str, path: str | None) -> None:
    """`text` to the file at `path`, replaced only when complete; to standard output for None.

    Raises `NnlecError` when it cannot be written.
    """
    with opened(path) as stream:
        stream.write(text)


@contextmanager
def opened(path: str | None) -> Iterator[TextIO]:
    """A stream to write text to (its `buffer` takes bytes): the file at `path`, standard output for None.

    What is written becomes the file only when the block ends without an error; until then, and after an error, a
    signal or a full disk, a file that was there before stays as it was. Raises `NnlecError` when it cannot be written.
    """
    try:
        with _standard_output() if path is None else _replaced(path) as stream:
            yield stream
    except OSError as error:
        if error.filename not in (None, path):  # something that was read meanwhile
            raise
        raise NnlecError(f"cannot write: {error.strerror or error}", where=path or "standard output") from None


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError:
        abandon_standard_output()
        raise


def abandon_standard_output() -> None:
    """Sends what is still in its buffer nowhere: it would fail once more when Python ends, with another message."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _replaced(path: str) -> Iterator[TextIO]:
    """A file without a name where the system has such, else one beside; renamed to `path` at the end."""
    target = _target(path)
    beside = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}")
    descriptor, nameless = _new_file(beside, path)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as stream:
            if target.exists():
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            yield stream
            stream.flush()
            if nameless:
                # Python follows the link only when a folder's descriptor is given, though none is needed.
                os.link(f"/proc/self/fd/{descriptor}", beside, src_dir_fd=descriptor, follow_symlinks=True)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _target(path: str) -> Path:
    """The file to replace, symbolic links followed. Raises `NnlecError` for a folder, a device, a FIFO."""
    try:
        target = Path(os.path.realpath(path))
        mode = target.stat().st_mode if target.exists() else stat.S_IFREG
    except ValueError:
        raise NnlecError("no file can have such a name", where=path) from None
    if stat.S_ISDIR(mode):
        raise NnlecError("cannot write: it is a folder", where=path)
    if not stat.S_ISREG(mode):
        raise NnlecError("cannot write: not a regular file", where=path, hint="redirect to it, with '>'")
    if target.exists() and not os.access(target, os.W_OK):  # a rename would not ask
        raise NnlecError("cannot write: the file is read-only", where=path)
    return target


def _new_file(beside: Path, path: str) -> tuple[int, bool]:
    """A descriptor to write to, and whether its file is nameless: gone by itself, even after kill -9."""
    try:
        if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
            with suppress(OSError):  # not every file system knows such files
                return os.open(beside.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), True
        return os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), False
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror}", where=path) from None
