"""nnlec as on another system: `python -m tests.elsewhere windows forward configs/lecture.yaml -i 1,2,3,4`.

What the other system lacks is taken away, what it does otherwise is done so, and then the command runs. On Windows
files are opened as text, end at Ctrl-Z, and cannot be replaced while somebody has them open; calls that Python 3.11
does not have there are gone; only sockets can be waited for; a pipe without a reader is a wrong argument; text is in
cp1252 with CR LF. macOS has no /proc, no file without a name, and its /dev/fd is a folder. Paths keep their shape.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import runpy
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_POSIX_ONLY = (
    "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC O_TMPFILE chown fchdir fchmod fchown fork forkpty "
    "get_blocking getegid geteuid getgid getpgid getuid lchown mkfifo mknod nice openpty posix_fadvise pread pwrite "
    "readv sched_getaffinity sched_yield set_blocking setsid statvfs sysconf writev"
)
_LINUX_ONLY = "O_TMPFILE memfd_create posix_fadvise sched_getaffinity"
_POSIX_MODULES = "fcntl grp posix_openpt pty pwd resource syslog termios tty"
_WINDOWS_SIGNALS = {"SIG_DFL", "SIG_IGN", "SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM"}

_BINARY = 1 << 40
"""`os.O_BINARY`, a bit that Linux does not know."""

_BUSY = "The process cannot access the file because it is being used by another process"


def _taken_away(module: Any, names: str) -> None:
    for name in names.split():
        vars(module).pop(name, None)


def _hidden(folder: str, *names: str) -> None:
    """The functions `names` of `os` find nothing beneath `folder`."""

    def blind(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **options: Any) -> Any:
            if isinstance(path, str | os.PathLike) and (os.fspath(path) + "/").startswith(folder):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
            return real(path, *args, **options)

        return call

    for name in names:
        setattr(os, name, blind(getattr(os, name)))


def macos() -> None:
    """As macOS: /dev/fd is a folder whose files are the open streams."""
    _taken_away(os, _LINUX_ONLY)
    lstat, stat, readlink = os.lstat, os.stat, os.readlink

    def is_stream(path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith("/dev/fd")

    def link_of(path: Any, **options: Any) -> Any:
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            if path == f"/dev/{name}":
                return f"fd/{number}"
        return readlink(path, **options)

    os.lstat = lambda path, **o: stat(path) if is_stream(path) else lstat(path, **o)
    os.readlink = link_of
    _hidden("/proc/", "stat", "lstat", "readlink", "open", "access")


def windows() -> None:
    """As Windows, with Python 3.11."""
    open_by = _who_has_open()
    _taken_away(os, _POSIX_ONLY)
    _taken_away(signal, " ".join({n for n in dir(signal) if n.startswith(("SIG", "pthread"))} - _WINDOWS_SIGNALS))
    for name in _POSIX_MODULES.split():
        sys.modules[name] = None  # type: ignore[assignment]
    os.devnull, os.linesep = "nul", "\r\n"
    _files()
    _streams()
    _hidden("/proc/", "stat", "lstat", "readlink", "access")
    _hidden("/dev/", "stat", "lstat", "readlink", "access")
    os.replace = os.rename = _guarded(os.replace, open_by, 2)
    os.unlink = os.remove = _guarded(os.unlink, open_by, 1)
    select.select = _only_sockets(select.select)


def _who_has_open() -> Callable[[str], bool]:
    listdir, readlink = os.listdir, os.readlink

    def is_open(path: str) -> bool:
        for process in filter(str.isdigit, listdir("/proc")):
            with suppress(OSError):
                for number in listdir(f"/proc/{process}/fd"):
                    with suppress(OSError):
                        if readlink(f"/proc/{process}/fd/{number}") == path:
                            return True
        return False

    return is_open


def _guarded(real: Callable[..., None], is_open: Callable[[str], bool], paths: int) -> Callable[..., None]:
    def call(*args: Any, **options: Any) -> None:
        for path in map(os.fspath, args[:paths]):
            if is_open(os.path.realpath(path)):
                error = PermissionError(errno.EACCES, _BUSY, path)
                error.winerror = 32  # type: ignore[attr-defined]
                raise error
        real(*args, **options)

    return call


def _only_sockets(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        for watched in args[:3]:
            for descriptor in watched:
                try:
                    socket.socket(fileno=os.dup(descriptor)).close()
                except OSError:
                    raise OSError(10038, "An operation was attempted on something that is not a socket") from None
        return real(*args)

    return call


class _Raw(io.FileIO):
    """A pipe whose reader is gone is a wrong argument."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None


class _Text(io.TextIOWrapper):
    """Text is cp1252, and its lines are written with CR LF."""

    def __init__(
        self, buffer: Any, encoding: Any = None, errors: Any = None, newline: Any = None, *rest: Any, **options: Any
    ) -> None:
        if newline is None and buffer.writable():
            newline = "\r\n"
        super().__init__(buffer, encoding or "cp1252", errors, newline, *rest, **options)


def _files() -> None:
    real_open, os_open, os_read = builtins.open, os.open, os.read
    as_text: set[int] = set()
    ended: set[int] = set()

    def checked(path: Any) -> Any:
        if isinstance(path, str | os.PathLike):
            name = os.fspath(path)
            if name == "nul":
                return "/dev/null"
            if name.startswith(("/dev/", "/proc/")):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            if os.path.isdir(name):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)
        return path

    def open_descriptor(path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        descriptor = os_open(checked(path), flags & ~_BINARY, mode, **options)
        as_text.discard(descriptor)
        ended.discard(descriptor)
        if not flags & _BINARY:
            as_text.add(descriptor)
        return descriptor

    def read(descriptor: int, size: int) -> bytes:
        if descriptor in ended:
            return b""
        data = os_read(descriptor, size)
        if descriptor not in as_text:
            return data
        data, end, _ = data.partition(b"\x1a")
        if end:
            ended.add(descriptor)
        return data.replace(b"\r\n", b"\n")

    def opened(
        file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None, newline: Any = None,
        closefd: bool = True, opener: Any = None,
    ) -> Any:  # fmt: skip
        file = checked(file)
        flagged = opener and (lambda path, flags: opener(path, flags | _BINARY))
        if "b" in mode and buffering == 0:
            return _Raw(file, mode.replace("b", ""), closefd, flagged)
        if "b" in mode:
            return real_open(file, mode, buffering, closefd=closefd, opener=flagged)
        return _Text(real_open(file, f"{mode}b", closefd=closefd, opener=flagged), encoding, errors, newline)

    os.O_BINARY = _BINARY  # type: ignore[attr-defined]
    os.open, os.read = open_descriptor, read
    builtins.open = io.open = opened


def _streams() -> None:
    """Standard streams are no UTF-8 unless they are a terminal, or the environment says so."""
    io.TextIOWrapper = _Text  # type: ignore[assignment,misc]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOBase) and not stream.isatty():
            encoding = None if "PYTHONIOENCODING" in os.environ else "cp1252"
            stream.reconfigure(encoding=encoding, newline="\r\n")  # type: ignore[attr-defined]


def pretend(system: str) -> None:
    """To be on "windows" or on "macos"; "" is this system as it is."""
    if system:
        {"windows": windows, "macos": macos}[system]()


if __name__ == "__main__":
    system, sys.argv[:] = sys.argv[1], ["nnlec", *sys.argv[2:]]
    pretend(system)
    runpy.run_module("nnlec", run_name="__main__")
