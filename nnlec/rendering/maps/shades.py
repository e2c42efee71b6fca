"""A large map as a grey picture: a PNG that a page or an SVG carries in itself."""

from __future__ import annotations

import struct
import zlib
from binascii import b2a_base64

from nnlec.rendering.document.maps import Shades

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY_OF_8_BITS = bytes((8, 0, 0, 0, 0))


def data_uri(shades: Shades, shape: tuple[int, int]) -> str:
    """The picture as a `data:` address, one pixel for each cell."""
    height, width = shape
    rows = b"".join(b"\0" + shades.levels[i * width : (i + 1) * width] for i in range(height))
    head = struct.pack(">II", width, height) + _GREY_OF_8_BITS
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return f"data:image/png;base64,{b2a_base64(_SIGNATURE + b''.join(chunks), newline=False).decode()}"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
