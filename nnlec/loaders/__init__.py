"""Network files, by suffix."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlec.network import Network


def load_network(path: str | os.PathLike[str]) -> Network:
    """The network described by the file at `path`. Raises `NnlecError` that says where the file is wrong."""
    from nnlec.loaders.yaml_file import load

    return load(os.fspath(path))
