"""Which results of a folder are whole, and of which inputs: a line of JSON for each, added when the result is there."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from nnlec.cli.many.files import PARTS
from nnlec.errors import NnlecError


class Done(NamedTuple):
    """A result that was whole: its name, its size, and the rows taken and left out."""

    name: str
    size: int
    rows: int
    skipped: int


class Manifest:
    """The list in the folder; what an input was and what was done with it, `of`, decides whether a result still holds.

    A line that was not written to its end counts for nothing: its file is worked out again.
    """

    def __init__(self, folder: str, *, resume: bool) -> None:
        self._folder = Path(folder)
        self._path = self._folder / PARTS / "manifest.jsonl"
        self._known: dict[str, Any] = {}
        self._cut_off = False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not resume:
                self._path.unlink(missing_ok=True)
            self._read()
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise NnlecError(f"cannot write: {error.strerror}", where=str(error.filename or folder)) from None

    def whole(self, name: str, of: object) -> Done | None:
        """The result of that name if it is there, whole, of the same input and job."""
        with suppress(KeyError, TypeError, ValueError, OSError):
            record = self._known[name]
            done = Done(name, *(int(record[key]) for key in Done._fields[1:]))
            if of is not None and record["of"] == of and os.stat(self._folder / name).st_size == done.size:
                return done
        return None

    def add(self, name: str, of: object, rows: int, skipped: int) -> None:
        """Notes a result that is whole."""
        done = Done(name, os.stat(self._folder / name).st_size, rows, skipped)
        before, self._cut_off = "\n" if self._cut_off else "", False
        self._file.write(f"{before}{json.dumps({**done._asdict(), 'of': of})}\n".encode())

    def close(self) -> None:
        """Removes what no result needs any longer."""
        self._file.close()
        for path in self._path.parent.iterdir():
            if path != self._path:
                with suppress(OSError):
                    path.unlink()

    def _read(self) -> None:
        with suppress(FileNotFoundError), self._path.open("rb") as lines:
            for line in lines:
                self._cut_off = not line.endswith(b"\n")
                with suppress(ValueError, KeyError, TypeError):
                    record = json.loads(line)
                    self._known[record["name"]] = record
