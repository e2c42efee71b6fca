"""The text of a network file: its size is limited, other types of files are refused, characters have places."""

from __future__ import annotations

import os
import re
import warnings
from typing import TYPE_CHECKING

from nnlec import system
from nnlec.errors import NnlecError, NnlecWarning
from nnlec.filetypes import by_content, encoding_of
from nnlec.named import NamedTuple
from nnlec.text import visible

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
"""The largest network file; larger weights belong in a .npz beside it."""

# Control characters except tab and line ends; NEL, LS and PS, which are line ends in YAML 1.1 and text in YAML 1.2;
# a byte order mark that is not at the beginning; surrogates and noncharacters. YAML parsers differ in some of these.
# The pattern is a text: most files are ASCII, and it takes long to compile.
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]"
_PLAIN_ASCII = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_LINE_END = re.compile(r"\r\n|\r|\n")


class SourceText(NamedTuple):
    """The text of a file. Errors at one of its characters have the place `FILE:LINE:COL`."""

    path: str
    text: str

    @property
    def folder(self) -> Path:
        """Where the files lie that it names."""
        from pathlib import Path

        return Path(self.path).parent

    def error(self, at: int, what: str, *, where: str = "", hint: str = "") -> NnlecError:
        line, column = self.line_and_column(at)
        place = f"{visible(self.path)}:{line}:{column}"
        return NnlecError(what, where=f"{place}: {where}" if where else place, hint=hint)

    def line_and_column(self, at: int) -> tuple[int, int]:
        """The line and column of the character with that index, both counted from 1."""
        line, start = 1, 0
        for end in _LINE_END.finditer(self.text):
            if end.end() > at:
                break
            line, start = line + 1, end.end()
        return line, at - start + 1

    def line_start(self, at: int, further: int) -> int:
        """The index at which the line that is `further` lines below the character with index `at` begins."""
        for _ in range(further):
            end = _LINE_END.search(self.text, at)
            at = end.end() if end else len(self.text)
        return at

    def line_at(self, at: int) -> str:
        """The line of the character with that index, without its line end."""
        start = at - self.line_and_column(at)[1] + 1
        end = _LINE_END.search(self.text, start)
        return self.text[start : end.start() if end else len(self.text)]

    def line_before(self, at: int) -> str:
        """The line above the line of the character with that index; empty for the first line."""
        start = at - self.line_and_column(at)[1] + 1
        return _LINE_END.split(self.text[:start])[-2] if start else ""


def read_source(path: str, expected: str = "text", *, pasted: bool = False) -> SourceText:
    """The file's text. Raises `NnlecError` for a file that cannot be read, is too large, or is not plain text.

    In text that people `pasted` control characters are blanks; the letters of Windows are read, with a warning.
    """
    content = _read(path)
    shown = visible(path)
    if found := by_content(content[:256]):
        raise NnlecError(f"this is {found.what}, expected {expected}", where=f"{shown}:1:1", hint=found.hint)
    text = _decode(content, shown, pasted=pasted)
    source = SourceText(path, re.sub(_FORBIDDEN, " ", text) if pasted else text)
    if source.text.isascii() and not source.text.encode().translate(None, delete=_PLAIN_ASCII):
        return source
    if forbidden := re.search(_FORBIDDEN, source.text):
        code = f"U+{ord(forbidden[0]):04X}"
        hint = _CONTROL_HINTS.get(forbidden[0], "a binary file?" if forbidden.start() < 100 else "delete it")
        raise source.error(forbidden.start(), f"control character {code}", hint=hint)
    return source


_CONTROL_HINTS = {
    "\x00": "a binary file, or UTF-16 or UTF-32 without its byte order mark?",
    "\x1a": "Ctrl-Z marks the end of DOS files: delete it",
    "\ufeff": "a byte order mark in the middle: two files put together?",
    "\x85": "a line end that only some programs know: use a plain line feed",
    "\u2028": "a line separator that only some programs know: use a plain line feed",
    "\u2029": "a paragraph separator that only some programs know: use a plain line feed",
}


def _read(path: str) -> bytes:
    try:
        content = system.read_all(path, MAX_BYTES + 1)
    except OSError as error:
        raise NnlecError(_reason(path, error), where=visible(path)) from None
    except ValueError:
        raise NnlecError("no file can have such a name", where=visible(path)) from None
    if len(content) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024**2} MiB"
        raise NnlecError(f"more than {limit}, the limit of a network file", where=visible(path))
    return content


def _reason(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if os.path.isdir(path):
        return "this is a folder, expected a network file"
    return visible(error.strerror or str(error))


def _decode(content: bytes, shown: str, *, pasted: bool) -> str:
    mark, encoding = encoding_of(content)
    content = content.removeprefix(mark)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if pasted and encoding == "utf-8":
            warnings.warn(NnlecWarning(f"{shown}: not UTF-8, read as Windows-1252"), stacklevel=3)
            return content.decode("cp1252", "replace")
        before = content[: error.start].decode(encoding, "replace")
        line, column = SourceText("", before).line_and_column(len(before))
        found = f"the byte 0x{content[error.start]:02X} is not {encoding.upper()}"
        raise NnlecError(found, where=f"{shown}:{line}:{column}", hint="save the file as UTF-8") from None
