"""The formats in which a whole network is read: one row each, recognised by a file's first bytes."""

from __future__ import annotations

import os
import stat
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlec import system
from nnlec.errors import NnlecError
from nnlec.filetypes import by_content, by_suffix
from nnlec.text import visible

if TYPE_CHECKING:
    from nnlec.network.network import Network


class ModelFormat(NamedTuple):
    """`load(path, allow_outside=)` of a module makes a Network of a file; `types` are what `filetypes` calls it."""

    module: str
    types: tuple[str, ...]


FORMATS: tuple[ModelFormat, ...] = (ModelFormat("nnlec.models.onnx_file", ("onnx",)),)
"""To add one, write its module and add its row."""

_HEAD = 256


def format_of(path: Path) -> ModelFormat | None:
    """The format of a file by its first bytes, or by its suffix where those say nothing; None for a network as text.

    A pipe is not looked into: it could not be read again.
    """
    try:
        with open(path, "rb", opener=system.open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            found = by_content(file.read(_HEAD)) or by_suffix(str(path))
    except (OSError, ValueError):  # the reader of text says what is wrong
        return None
    return next((each for each in FORMATS if found is not None and found.name in each.types), None)


def load_as(form: ModelFormat, path: Path, *, allow_outside: bool) -> Network:
    """The network in a file of that format. Raises `NnlecError`, which begins with the file's name."""
    try:
        network: Network = import_module(form.module).load(path, allow_outside=allow_outside)
    except NnlecError as error:
        raise error.at(visible(str(path))) from None
    except OSError as error:
        raise NnlecError(error.strerror or str(error), where=visible(str(path))) from None
    return network
