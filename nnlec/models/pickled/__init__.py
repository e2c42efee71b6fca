"""Pickles of scikit-learn and PyTorch, which are read without being unpickled: nothing they name is ever called."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError
from nnlec.models.weights.npz import MAX_RATIO, SMALL

if TYPE_CHECKING:
    from nnlec.network.network import Network

MOST_BYTES = 1 << 30
"""Bytes of a file, and of what it unpacks to."""

_PACKED: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lzma.LZMADecompressor,
    b"\x5d\x00": lzma.LZMADecompressor,
    **{bytes([0x78, second]): zlib.decompressobj for second in (0x01, 0x5E, 0x9C, 0xDA)},
}


def load(path: Path, *, allow_outside: bool = False) -> Network:  # noqa: ARG001
    """The network that a scikit-learn pickle describes. Raises `NnlecError` for anything else in a pickle."""
    content = read_unpacked(path)
    if content[2:4] == b"\x8a\x0a":  # PyTorch's number, in its old format
        from nnlec.models.state import refuse_weights

        raise refuse_weights(path)
    from nnlec.models.scikit_learn import network_of, read_estimator

    return network_of(read_estimator(content))


def read_unpacked(path: Path) -> bytes:
    """The bytes of a file, unpacked where they are packed. Raises `NnlecError` where they would be too many."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NnlecError("more than 1 GiB, the limit of a pickle")
    begin = next((start for start in _PACKED if content.startswith(start)), None)
    if begin is None:
        return content
    most = min(MOST_BYTES, max(SMALL, MAX_RATIO * len(content)))
    unpacker = _PACKED[begin]()
    try:
        unpacked: bytes = unpacker.decompress(content, most + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        raise NnlecError("packed data that is damaged") from None
    if len(unpacked) > most:
        raise NnlecError(f"it would grow from {len(content):,} to more than {most:,} bytes")
    return unpacked
