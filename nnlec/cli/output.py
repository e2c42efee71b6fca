"""The one place that writes results: to standard output, or to a file that is replaced only when complete."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import click

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from nnlec.rendering import LatexVariant, RenderOptions

STANDARD_OUTPUT = "-"

_REDIRECT = "redirect to it, with '>'"
_CLOSE = "close it in other programs"


class OutputFile(click.Path):
    """The type of an option that names a file to write: None for `-`, which is standard output."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str | None:  # type: ignore[override]
        return None if value == STANDARD_OUTPUT else str(super().convert(value, param, ctx))


def write_text(text: str | Iterable[str], path: str | None) -> None:
    """`text`, or its pieces, to the file at `path`, replaced only when complete; to standard output for None.

    Raises `NnlecError` when it cannot be written.
    """
    with opened(path) as stream:
        stream.writelines([text] if isinstance(text, str) else text)


def say(line: str) -> None:
    """`line` to standard error; where nothing can be printed, the exit status has to say it."""
    with suppress(OSError):
        click.echo(visible(line.replace("\n", " ")), err=True)


@contextmanager
def opened(path: str | None) -> Iterator[TextIO]:
    """A stream to write text to (its `buffer` takes bytes): the file at `path`, standard output for None or `-`.

    What is written becomes the file only when the block ends without an error; until then, and after an error, a
    signal or a full disk, a file that was there before stays as it was. A FIFO, a device, an open stream such as
    /dev/stdout is written through. Raises `NnlecError` when it cannot be written.
    """
    where = "standard output" if path in (None, STANDARD_OUTPUT) else path
    try:
        with _stream(path) as stream:
            if path is not None and path.lower().endswith(".gz"):
                with _packed(stream) as packed:
                    yield packed
            else:
                yield stream
    except OSError as error:
        if error.filename not in (None, path):  # something that was read meanwhile
            raise
        raise NnlecError(f"cannot write: {error.strerror or error}", where=where or "") from None


@contextmanager
def _packed(stream: TextIO) -> Iterator[TextIO]:
    """A stream whose text is compressed into that one."""
    from nnlec.cli.gzip_stream import Packed

    raw = Packed(stream.buffer)
    with io.TextIOWrapper(raw, "utf-8", newline="") as text:
        yield text
        text.flush()
        raw.finish()


def _stream(path: str | None) -> AbstractContextManager[TextIO]:
    if path is None or path == STANDARD_OUTPUT:
        return _standard_output()
    try:
        through = system.open_stream(path)
    except ValueError:
        raise NnlecError("no file can have such a name", where=path) from None
    return _replaced(path) if through is None else _written_through(path, *through)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):  # closed, which writing says; or no stream of the system
        pass
    else:
        _expect_no_input(status, "standard output")
    yield sys.stdout
    sys.stdout.flush()


@contextmanager
def _written_through(path: str, descriptor: int, ours: bool) -> Iterator[TextIO]:
    with open(descriptor, "wb", buffering=0, closefd=ours) as raw:
        _expect_no_input(os.fstat(descriptor), path)
        with io.TextIOWrapper(system.WholeWriter(raw), "utf-8", newline="", write_through=True) as stream:
            yield stream


@contextmanager
def _replaced(path: str) -> Iterator[TextIO]:
    """A file without a name where the system has such, else one beside; renamed to `path` at the end."""
    target, before = _target(path)
    beside = target.with_name(f".{target.name[:50]}.{os.urandom(4).hex()}")
    descriptor = system.new_file_without_name(str(beside.parent))
    nameless = descriptor is not None
    if descriptor is None:
        with _located(path, "its folder takes no new file" if before else ""):
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb", buffering=0) as raw:
            if before is not None:
                system.give_mode(descriptor, before.st_mode)
            with io.TextIOWrapper(system.WholeWriter(raw), "utf-8", newline="") as stream:
                yield stream
                stream.flush()
                if nameless:
                    with _located(path, "its folder takes no new file"):
                        system.give_name(descriptor, str(beside))
        with _located(path, "it cannot be replaced"):
            system.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


@contextmanager
def _located(path: str, what: str) -> Iterator[None]:
    """Makes an error about a temporary name one about `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if not what:
            raise NnlecError(f"cannot write: {reason}", where=path) from None
        hint = _CLOSE if system.is_held(error) else _REDIRECT
        raise NnlecError(f"cannot write: {what}: {reason}", where=path, hint=hint) from None


def expect_writable(path: str) -> None:
    """Raises `NnlecError` for a file that cannot be written, before there is anything to write."""
    target, _ = _target(path)
    if not target.parent.is_dir():
        raise NnlecError("cannot write: no such folder", where=path)


def _target(path: str) -> tuple[Path, os.stat_result | None]:
    """The file to replace, symbolic links followed, and what it is now.

    Raises `NnlecError` for what is no file, read-only, or read in this run.
    """
    from pathlib import Path

    target = Path(os.path.realpath(path))
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return target, None
    if stat.S_ISDIR(status.st_mode):
        raise NnlecError("cannot write: it is a folder", where=path)
    if not stat.S_ISREG(status.st_mode):
        raise NnlecError("cannot write: neither a file nor a stream", where=path)
    if not os.access(target, os.W_OK):  # a rename would not ask
        raise NnlecError("cannot write: the file is read-only", where=path)
    _expect_no_input(status, path)
    return target, status


def _expect_no_input(status: os.stat_result, where: str) -> None:
    if system.is_input(status):
        raise NnlecError("cannot write: it is read in the same run", where=where, hint="write to another file")


def render_options(*, to_file: bool, latex: LatexVariant = "fragment", width: int | None = None) -> RenderOptions:
    """What the output can show: the terminal's width and colour, or as wide as needed in a pipe or a file.

    A `width` asked for holds for both.
    """
    from nnlec.rendering import RenderOptions

    unicode = to_file or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    if to_file:
        return RenderOptions(width, unicode=unicode, latex=latex)
    return RenderOptions(width or _width(), unicode=unicode, color=_color(), latex=latex)


def _width() -> int | None:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and 0 < len(columns) < 6 and int(columns) > 0:
        return int(columns)
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def _color() -> bool:
    """Colour on a terminal that can show it; NO_COLOR and FORCE_COLOR as their conventions say."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return system.obeys_escapes(sys.stdout)
