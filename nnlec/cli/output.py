"""The one place where results leave: standard output, or a file written beside its place and renamed."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from nnlec.errors import NnlecError


def write_text(text: str, path: str | None) -> None:
    """`text` to the file at `path`, whole or not at all; to standard output for None.

    Raises `NnlecError` when it cannot be written.
    """
    if path is None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            raise NnlecError(f"cannot write: {error.strerror}", where="standard output") from None
        return
    target = Path(path)
    try:
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False, encoding="utf-8", newline="") as beside:
            beside.write(text)
        os.replace(beside.name, target)
    except OSError as error:
        raise NnlecError(f"cannot write: {error.strerror}", where=path) from None
