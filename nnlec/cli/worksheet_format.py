"""The file that makes a folder one of worksheets."""

from __future__ import annotations

import os

MANIFEST, FORMAT = "manifest.json", "nnlec worksheet 1"


def is_worksheet(path: str | None) -> bool:
    """Whether that is a folder of worksheets."""
    return path is not None and os.path.isfile(os.path.join(path, MANIFEST))
