"""A folder of worksheets as the key that figures are held against: what stands on each sheet, by names of options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlec.cli.worksheet_format import FORMAT, MANIFEST
from nnlec.errors import NnlecError, unknown
from nnlec.rendering import NOTATIONS

if TYPE_CHECKING:
    from nnlec.grading.steps import Wording

_LARGEST = 64 << 20
_OPTIONS = {"input": "values", "loss": "loss_function"}
"""What the manifest calls otherwise than the parameters of `nnlec check`."""


def given_on(folder: str, variant: str) -> dict[str, str | None]:
    """What stands on the sheet of that name, as parameters of `nnlec check`; its network is a file of the folder.

    Raises `NnlecError` for a sheet that is not there, and for a network file that is no longer the sheet's.
    """
    manifest = _manifest(folder)
    sheets = manifest["variants"]
    if variant not in sheets:
        raise unknown("sheet", variant, sheets)
    given: dict[str, str | None] = {_OPTIONS.get(name, name): text for name, text in sheets[variant].items()}
    network = given.get("network")
    return {**given, "network": None if network is None else _checked(folder, network, manifest["files"])}


def wording_on(folder: str) -> Wording:
    """How figures and slips are named on the sheets. Raises `NnlecError` for a notation that there is none."""
    from nnlec.rendering.notations import notation_of, wording_of

    manifest = _manifest(folder)
    name, letters = manifest.get("notation", NOTATIONS[0]), manifest.get("letters", "")
    if name not in NOTATIONS or not isinstance(letters, str):
        raise NnlecError("this is no notation of worksheets", where=str(Path(folder) / MANIFEST))
    return wording_of(notation_of(name, letters))


def first_sheet(folder: str) -> str:
    """The name of the first sheet: they all ask for the same rows."""
    return str(next(iter(_manifest(folder)["variants"])))


def _checked(folder: str, name: str, digests: Mapping[str, str]) -> str:
    path = Path(folder) / name
    try:
        found = sha256(path.read_bytes()).hexdigest() if name in digests and path.name == name else ""
    except OSError as error:
        raise NnlecError(f"cannot read: {error.strerror}", where=str(path)) from None
    if not found or found != digests.get(name):
        raise NnlecError("this is not the network of the sheets: it was changed after them", where=str(path))
    return str(path)


def _manifest(folder: str) -> dict[str, Any]:
    """The manifest of a folder. Raises `NnlecError` for one that nnlec did not write."""
    path = Path(folder) / MANIFEST
    try:
        return _read(path, path.resolve(), path.stat().st_mtime_ns)
    except OSError as error:
        raise NnlecError(f"cannot read: {error.strerror}", where=str(path)) from None


@lru_cache(maxsize=1)
def _read(path: Path, _resolved: Path, _changed: int) -> dict[str, Any]:
    """Read once for a class, and again where the file is another one or was changed."""
    try:
        with path.open("rb") as file:
            read = json.loads(file.read(_LARGEST))
    except (ValueError, RecursionError):
        read = None
    if not _is_manifest(read):
        raise NnlecError("this is no manifest of worksheets", where=str(path), hint="nnlec worksheet writes it")
    assert isinstance(read, dict)
    return read


def _is_manifest(read: object) -> bool:
    if not isinstance(read, dict) or read.get("format") != FORMAT or not isinstance(read.get("files"), dict):
        return False
    sheets = read.get("variants")
    return isinstance(sheets, dict) and bool(sheets) and all(map(_is_given, sheets.values()))


def _is_given(sheet: object) -> bool:
    known = {"network", "input", "logits", "classes", "loss", "target", "rate"}
    return isinstance(sheet, dict) and set(sheet) <= known and all(isinstance(text, str) for text in sheet.values())
