"""What is asked of the system about streams and files, with an answer on systems that lack the call."""

from __future__ import annotations

import errno
import io
import os
import re
import select
import signal
import stat
import sys
import time
from contextlib import suppress
from typing import Any, TextIO

AnyPath = str | os.PathLike[str]

_MOMENT = 0.01
_PATIENCE = 50
_ENABLE_VIRTUAL_TERMINAL_PROCESSING = 4
_MOST_LINKS = 40
_OPEN_STREAMS = r"/dev/fd|/proc/(self|[0-9]+)(/task/[0-9]+)?/fd"

READER_GONE = 141
"""The status of a filter whose reader went away, as a shell gives it for SIGPIPE."""


STANDARD_INPUT = "<stdin>"
"""Stands for descriptor 0, for which there is no file on every system."""

_DEVICES_OF_INPUT = (STANDARD_INPUT, "/dev/stdin")  # which cannot be opened where it is a socket


class ReaderGone(Exception):
    """Nobody reads any longer what is written. No `OSError`: click makes statuses of its own out of those."""


class WholeWriter(io.RawIOBase):
    """A raw file of which `write` takes all: it goes on after a part, and waits where there is no room."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def write(self, data: Any, /) -> int:
        """Raises `OSError` where the rest cannot be written, `ReaderGone` where nobody would read it."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left:
                taken = self._raw.write(left)
                if taken is None:
                    wait(self.fileno(), to_write=True)
                else:
                    left = left[taken:]
        except OSError as error:
            if error.errno == errno.EPIPE or (error.errno == errno.EINVAL and not hasattr(signal, "SIGPIPE")):
                raise ReaderGone from None
            raise
        return size

    @property
    def name(self) -> object:
        return getattr(self._raw, "name", None)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()


def whole(stream: TextIO) -> TextIO:
    """`stream`, an open one of the process, so that what is written to it is written at once and as a whole.

    What goes to a terminal is in its encoding; everything else is UTF-8 with LF, the same bytes on every system.
    """
    try:
        raw = open(stream.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115 - as long as the process
    except OSError:  # it is none of the system
        return stream
    stream.flush()
    encoding, newline = (stream.encoding, None) if raw.isatty() else ("utf-8", "\n")
    return io.TextIOWrapper(WholeWriter(raw), encoding, errors="backslashreplace", newline=newline, write_through=True)


def obeys_escapes(stream: TextIO) -> bool:
    """Whether a stream is a terminal that obeys escape sequences; a console of Windows has to be asked to."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return False
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    console, handle = ctypes.windll.kernel32, ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
    mode = ctypes.c_uint32()
    asked = console.GetConsoleMode(handle, ctypes.byref(mode))
    return bool(asked and console.SetConsoleMode(handle, mode.value | _ENABLE_VIRTUAL_TERMINAL_PROCESSING))


def end_for_lack_of_a_reader() -> int:
    """Ends the process as other filters end; the status to exit with where no signal does it."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    return READER_GONE


def open_to_read(path: str) -> int:
    """A descriptor that gives the bytes of the file as they are."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def open_at_once(path: str, flags: int) -> int:
    """An opener that does not wait for the writer of a FIFO."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read(descriptor: int, size: int) -> bytes:
    """Up to `size` bytes, waited for on a stream that does not wait by itself; none at the end."""
    while True:
        try:
            return os.read(descriptor, size)
        except BlockingIOError:
            wait(descriptor)


def read_all(path: str, most: int) -> bytes:
    """All that a file or standard input holds, but no more than `most` bytes."""
    if path not in _DEVICES_OF_INPUT:
        with open(path, "rb") as file:
            return file.read(most)
    found = bytearray()
    while len(found) < most and (more := read(0, min(most - len(found), 1 << 20))):
        found += more
    return bytes(found)


def wait(descriptor: int, *, to_write: bool = False) -> None:
    """Until a stream can be read, or written; a moment where that cannot be asked."""
    watched = [descriptor]
    try:
        select.select([] if to_write else watched, watched if to_write else [], [])
    except (OSError, ValueError):  # Windows asks sockets only, others only the first 1024 descriptors
        time.sleep(_MOMENT)


def is_ready(descriptor: int) -> bool:
    """Whether a stream can be read without waiting, as far as that can be asked."""
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):
        return False


def open_stream(path: str) -> tuple[int, bool] | None:
    """A descriptor for a path that is written through, and whether it is to be closed afterwards; None for a file.

    Written through are devices for characters, FIFOs, and open streams (/dev/stdout, /dev/fd/N, links to them): a
    stream of this process is the descriptor it got, since opening it anew would begin at the start of a file.
    """
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOCTTY", 0)
    link = path
    for _ in range(_MOST_LINKS):
        folder, name = os.path.split(link)
        folder = os.path.realpath(folder or os.curdir)
        if re.fullmatch(_OPEN_STREAMS, folder) and re.fullmatch("[0-9]{1,9}", name):
            if folder not in {os.path.realpath(own) for own in ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")}:
                return os.open(path, flags), True
            if not os.get_inheritable(int(name)):  # one of our own, which nobody can mean
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            return int(name), False
        if not os.path.islink(link):
            break
        link = os.path.join(folder, os.readlink(link))
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    return (os.open(path, flags), True) if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) else None


def new_file_without_name(folder: str) -> int | None:
    """A descriptor of a file that is gone by itself, even after kill -9; None where there is no such thing."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        with suppress(OSError):  # not every file system knows such files
            return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666)
    return None


def give_name(descriptor: int, path: str) -> None:
    """Makes a file without a name that of `path`."""
    # Python follows the link only when a folder's descriptor is given, though none is needed.
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor, follow_symlinks=True)


_HELD = (5, 32)
"""What Windows calls it when another program has a file open: access denied, a sharing violation."""


def is_held(error: OSError) -> bool:
    """Whether something could not be done because another program may have the file open; so on Windows alone."""
    return getattr(error, "winerror", None) in _HELD


def replace(new: AnyPath, old: AnyPath) -> None:
    """Gives `new` the name of `old`. Who has `old` open, to look at it or to replace it too, is waited for a moment."""
    for _ in range(_PATIENCE):
        try:
            os.replace(new, old)
        except OSError as error:
            if not is_held(error):
                raise
            time.sleep(_MOMENT)
        else:
            return
    os.replace(new, old)


def give_mode(descriptor: int, mode: int) -> None:
    """Lets an open file be read, written and executed by whom `mode` says, on systems that can do so."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(mode))


_inputs: set[tuple[int, int]] = set()


def remember_input(file: str | int) -> None:
    """Notes that a file is read in this run, and must not be written."""
    with suppress(OSError, ValueError):
        status = os.stat(file)
        if stat.S_ISREG(status.st_mode):
            _inputs.add((status.st_dev, status.st_ino))


def forget_input(file: str) -> None:
    """Lets a file that was read in this run be written after all."""
    with suppress(OSError, ValueError):
        status = os.stat(file)
        _inputs.discard((status.st_dev, status.st_ino))


def is_input(status: os.stat_result) -> bool:
    """Whether a file was noted by `remember_input`."""
    return stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) in _inputs


def forget_inputs() -> None:
    """Begins a new run."""
    _inputs.clear()
