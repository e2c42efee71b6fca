"""Texts in attributes of an HDF5 file, whose lengths and places are checked.

HDF5 itself takes them as they are: with a length that lies it takes gigabytes, with a damaged heap it never ends.

Source: the HDF5 File Format Specification, version 3.0, IV.A.1.a (object headers, version 1), IV.A.2.m (attributes),
III.E (the global heap).
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

from nnlec.errors import NnlecError

Content = mmap | bytes

MOST_BYTES = 64 * 1024 * 1024
"""Of all texts of one attribute."""
_MOST_MESSAGES = 10_000
_ATTRIBUTE, _CONTINUATION = 12, 16


def check_header(content: Content) -> None:
    """Raises `NnlecError` for what is no HDF5 file, or one whose addresses have another form."""
    old = content[8:9] == b"\0"
    sizes, base = (content[13:15], content[24:32]) if old else (content[9:11], content[12:20])
    if content[:8] != b"\x89HDF\r\n\x1a\n":
        raise NnlecError("not an HDF5 file, or a damaged one")
    if sizes != b"\x08\x08" or base != bytes(8):
        raise NnlecError("an HDF5 file of a form that Keras does not write")


def texts_at(content: Content, header: int, name: str, count: int) -> list[str]:
    """The texts of an attribute of the object whose header is at that place."""
    data = next((data for key, data in _attributes(content, header) if key == name.encode()), b"")
    if len(data) < 16 * count:
        raise NnlecError("an HDF5 file whose attributes have a form that Keras does not write")
    places = [data[start : start + 16] for start in range(0, 16 * count, 16)]
    if sum(_number(place[:4]) for place in places) > MOST_BYTES:
        raise NnlecError(f"the attribute {name} is too large")
    return [_text(content, place).decode("utf-8") for place in places]


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _attributes(content: Content, header: int) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each attribute that stands in an object's header."""
    if content[header] != 1:
        return
    blocks = [(header + 16, _number(content[header + 8 : header + 12]))]
    for _ in range(_MOST_MESSAGES):
        if not blocks:
            return
        place, left = blocks.pop()
        if left < 8 or place + left > len(content):
            continue
        kind, size = _number(content[place : place + 2]), _number(content[place + 2 : place + 4])
        data = content[place + 8 : place + 8 + min(size, left - 8)]
        blocks.append((place + 8 + size, left - 8 - size))
        if kind == _CONTINUATION:
            blocks.append((_number(data[:8]), _number(data[8:16])))
        elif kind == _ATTRIBUTE:
            yield _attribute(data)


def _attribute(data: bytes) -> tuple[bytes, bytes]:
    """The name and the data of an attribute's message."""
    start, unit = {1: (8, 8), 2: (8, 1), 3: (9, 1)}.get(data[0], (len(data), 1))
    sizes = [_number(data[place : place + 2]) for place in (2, 4, 6)]
    name = data[start : start + sizes[0]].rstrip(b"\0")
    return name, data[start + sum(-(-size // unit) * unit for size in sizes) :]


def _text(content: Content, place: bytes) -> bytes:
    """What a place names: a length, the address of a heap, and the number of an object there."""
    length, heap, wanted = _number(place[:4]), _number(place[4:12]), _number(place[12:])
    if not length:
        return b""
    if content[heap : heap + 5] != b"GCOL\x01":
        raise NnlecError("a damaged HDF5 file: a text that is not there")
    end = min(heap + _number(content[heap + 8 : heap + 16]), len(content))
    at = heap + 16
    while at < end:
        number, size = _number(content[at : at + 2]), _number(content[at + 8 : at + 16])
        if number == wanted and length <= size <= end - at - 16:
            return content[at + 16 : at + 16 + length].rstrip(b"\0")
        if not number:  # what is left is free
            break
        at += 16 + -(-size // 8) * 8
    raise NnlecError("a damaged HDF5 file: a text that is not there")
