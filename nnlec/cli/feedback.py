"""A page of feedback for each student, in a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from nnlec.cli.options import OutputOptions
from nnlec.cli.output import write_text
from nnlec.errors import NnlecError

_MOST_CHARACTERS = 60
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that are no files on Windows."""


def page_format(output: OutputOptions) -> str:
    """The format of the pages, HTML where none is asked for. Raises `NnlecError` for one that is not for people."""
    from nnlec.rendering import RENDERERS

    chosen = output.format or ("latex" if output.latex != "fragment" else "html")
    if chosen not in RENDERERS:
        what = f"pages in a folder are not written as {chosen}"
        raise NnlecError(what, where="--format", hint=f"choose one of {', '.join(RENDERERS)}, or -o FILE.{chosen}")
    return chosen


def write_pages(pages: Mapping[str, str], folder: str) -> None:
    """Texts by the names of their files. A new folder appears when all are in it; in one that is there each is whole.

    Raises `NnlecError` for what cannot be written.
    """
    from nnlec.tables.engines.files import is_remote

    if is_remote(folder):
        raise NnlecError("pages are written into a folder of this machine", where=folder)
    try:
        with _appearing(folder) as place:
            for name, text in pages.items():
                write_text(text, os.path.join(place, name))
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror or error}", where=folder) from None


@contextmanager
def _appearing(folder: str) -> Iterator[str]:
    """Where to write: the folder, or one beside it that becomes it at the end."""
    if os.path.isdir(folder):
        yield folder
        return
    target = folder.rstrip("/" + os.sep)
    beside = f"{target}.{os.urandom(4).hex()}"
    os.makedirs(beside)
    try:
        yield beside
        os.rename(beside, target)
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(beside)
        raise


def file_names(students: Iterable[str], suffix: str) -> list[str]:
    """A safe name for the file of each student; those that would share one, in any case of letters, are numbered.

    >>> file_names(["Ann Lee", "ann lee", "../Ben", "", "Zoë"], ".html")
    ['Ann-Lee.html', 'ann-lee-2.html', 'Ben.html', 'student.html', 'Zoë.html']
    """
    names: list[str] = []
    taken: set[str] = set()
    for student in students:
        stem, number = _stem(student), 1
        name = stem
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name + suffix)
    return names


def _stem(student: str) -> str:
    """Letters and digits of any script; everything else is a dash."""
    words = "".join(letter if letter.isalnum() else " " for letter in student).split()
    stem = "-".join(words)[:_MOST_CHARACTERS].rstrip("-")
    return f"{stem or 'student'}{'-page' if stem.casefold() in _DEVICES else ''}"


def student_names(notes: Sequence[Mapping[str, str]], who: Sequence[str]) -> list[str]:
    """How each student is called, by the notes that say who it is; by their number where nothing does."""
    called = (" ".join(filter(None, (noted.get(name, "").strip() for name in who))) for noted in notes)
    return [name or f"student {number}" for number, name in enumerate(called, start=1)]
