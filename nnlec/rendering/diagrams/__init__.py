"""The formats of a diagram. Modules are named, not imported. One line here adds one."""

from __future__ import annotations

import os

DIAGRAMS: dict[str, str] = {
    "text": "nnlec.rendering.diagrams.text",
    "plain": "nnlec.rendering.diagrams.plain",
    "svg": "nnlec.rendering.diagrams.svg",
    "tikz": "nnlec.rendering.diagrams.tikz",
}
"""Format name -> module with `write(diagram, ...) -> str`."""

SUFFIXES: dict[str, str] = {".txt": "text", ".svg": "svg", ".tex": "tikz"}
"""Suffix of an output file -> format."""

MOST_UNITS = 10
"""A layer with more is drawn by its first and last ones."""

MOST_WEIGHTS = 64
"""Weights between two layers beyond which none are written, unless they are asked for."""


def format_of(path: str) -> str | None:
    """The format that an output file's suffix asks for, or None."""
    return SUFFIXES.get(os.path.splitext(path)[1].lower())
