"""The example networks and tables that are installed with the package."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from nnlec.errors import unknown

if TYPE_CHECKING:
    from pathlib import Path
from nnlec.named import NamedTuple

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
FOLDER = next(path for path in (f"{_PACKAGE}/examples", f"{_PACKAGE}/../configs") if os.path.isdir(path))
"""Installed, the examples are inside the package; in a checkout they are in configs/."""

COPY = "nnlec example --all -o configs"
"""The command that puts every example where the help and the guide look for it."""


class ExampleNetwork(NamedTuple):
    """A network of the examples: its name, the first line of its comment, and the first command in that comment."""

    name: str
    summary: str
    command: str


def files() -> list[Path]:
    """Every file of the examples, by name."""
    from pathlib import Path

    return sorted(path for path in Path(FOLDER).iterdir() if path.is_file())


def examples() -> list[ExampleNetwork]:
    """Every network of the examples, by name."""
    return [_example(path) for path in files() if path.suffix == ".yaml"]


def _example(path: Path) -> ExampleNetwork:
    comment = path.read_text(encoding="utf-8")
    command = re.search(r"^#   (nnlec .*)$", comment, re.M)
    return ExampleNetwork(path.stem, comment.partition("\n")[0].lstrip("# "), command[1] if command else "")


def example_file(name: str) -> Path:
    """The example of that name, `lecture` or `lecture.yaml`. Raises `NnlecError` for an unknown name."""
    by_name = {path.name: path for path in files()}
    found = by_name.get(name) or by_name.get(f"{name}.yaml")
    if found is None:
        raise unknown("example", name, [path.stem if path.suffix == ".yaml" else path.name for path in files()])
    return found


def hint_for(path: str) -> str:
    """How to get the example that `path` seems to name; empty where no such example, or where a file is there.

    >>> hint_for("lecture")
    'an example: nnlec example lecture > lecture.yaml'
    """
    folder, name = os.path.split(path)
    stem = name.removesuffix(".yaml")
    if os.path.exists(path) or not stem or not os.path.isfile(f"{FOLDER}/{stem}.yaml"):
        return ""
    needs_weights = os.path.isfile(f"{FOLDER}/{stem}.npz")
    return f"an example: {COPY if folder == 'configs' or needs_weights else f'nnlec example {stem} > {stem}.yaml'}"
