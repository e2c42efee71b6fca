"""Texts in attributes of HDF5 files, laid out byte by byte as the file format says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nnlec import NnlecError
from nnlec.models.keras_file.texts import check_header, texts_at

SIGNATURE = b"\x89HDF\r\n\x1a\n"
ATTRIBUTE, CONTINUATION, NOTHING = 12, 16, 0
HEADER, HEAP = 200, 24
FORM = "an HDF5 file whose attributes have a form that Keras does not write"
MISSING = "a damaged HDF5 file: a text that is not there"


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def padded(data: bytes, size: int = 8) -> bytes:
    return data + bytes(-len(data) % size)


def heap(*objects: tuple[int, bytes], more: int = 0) -> bytes:
    """A heap of objects with their numbers; `more`: bytes that it claims beside them."""
    known = b"\x01\0\xff\xff\xff\xff"
    body = b"".join(number(each, 2) + known + number(len(data), 8) + padded(data) for each, data in objects)
    return b"GCOL\x01\xff\xff\xff" + number(16 + len(body) + more, 8) + body


def place(length: int, which: int, address: int = HEAP) -> bytes:
    """Where a text is: its length, the heap, the object there."""
    return number(length, 4) + number(address, 8) + number(which, 4)


def attribute(
    name: bytes, data: bytes, version: int = 1, kind: bytes = b"\x11" * 21, space: bytes = b"\x22" * 12
) -> bytes:
    """The message of an attribute; version 1 pads its parts, and in version 3 a byte says how its name is encoded."""
    sizes = b"".join(number(len(part), 2) for part in (name, kind, space))
    parts = [padded(part) if version == 1 else part for part in (name, kind, space)]
    return bytes([version, 0xFF]) + sizes + (b"\x01" if version == 3 else b"") + b"".join(parts) + data


def message(kind: int, data: bytes, size: int | None = None) -> bytes:
    return number(kind, 2) + number(len(data) if size is None else size, 2) + b"\xff" * 4 + data


def header(*messages: bytes, more: int = 0) -> bytes:
    body = b"".join(messages)
    return b"\x01\xff" + b"\xff\xff" + b"\xff" * 4 + number(len(body) + more, 4) + b"\xff" * 4 + body


def file(texts: bytes, head: bytes, after: bytes = b"") -> bytes:
    """A file with a heap and the header of an object, at their places; it ends with the header, or with `after`."""
    start = b"\xee" * HEAP + texts
    assert len(start) <= HEADER
    return start + b"\xee" * (HEADER - len(start)) + head + after


TEXTS = heap((3, b"alpha"), (1, b"\xce\xb2eta!!!"), (7, b"gamma delta\0\0"))
ALL = place(5, 3) + place(8, 1) + place(13, 7) + place(0, 9, 1 << 40)
READ = ["alpha", "βeta!!!", "gamma delta", ""]
OTHER = message(NOTHING, attribute(b"names", place(5, 1)))


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("name", [b"n", b"names\0", b"eightlong", b"e" * 16])
def test_texts_of_an_attribute(version: int, name: bytes) -> None:
    other, wanted = (message(ATTRIBUTE, attribute(each, ALL, version)) for each in (b"other", name))
    head = header(OTHER, other, wanted)
    named = name.rstrip(b"\0").decode()
    assert texts_at(file(TEXTS, head), HEADER, named, 4) == READ
    assert texts_at(file(TEXTS, head, b"\xee" * 64), HEADER, named, 4) == READ
    assert texts_at(file(TEXTS, head), HEADER, named, 2) == READ[:2]


@pytest.mark.parametrize("kind", [b"", b"\x11" * 8, b"\x11" * 9, b"\x11" * 15])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_parts_before_the_places_of_texts_have_any_size(version: int, kind: bytes) -> None:
    head = header(message(ATTRIBUTE, attribute(b"names", ALL, version, kind, kind[:3])))
    assert texts_at(file(TEXTS, head), HEADER, "names", 4) == READ


def test_a_header_goes_on_elsewhere() -> None:
    """The other part ends with the file; what comes after the address and the length does not count."""
    other = message(ATTRIBUTE, attribute(b"names", ALL))
    head = header(message(CONTINUATION, number(HEADER + 16 + 8 + 24, 8) + number(len(other), 8) + b"\xff" * 8))
    assert len(head) == 48
    assert texts_at(file(TEXTS, head, other), HEADER, "names", 4) == READ
    found = (message(ATTRIBUTE, attribute(b"other", ALL)), message(ATTRIBUTE, attribute(b"names", ALL)))
    nearer = header(message(CONTINUATION, number(1 << 60, 8) + number(64, 8)), *found)
    assert texts_at(file(TEXTS, nearer), HEADER, "names", 4) == READ


@pytest.mark.parametrize(
    ("head", "after"),
    [
        (header(), message(ATTRIBUTE, attribute(b"names", ALL))),  # behind the header
        (header(OTHER), message(ATTRIBUTE, attribute(b"names", ALL))),
        (header(OTHER, bytes(5)), message(ATTRIBUTE, attribute(b"names", ALL))),
        (header(message(ATTRIBUTE, attribute(b"names", ALL)), more=1), b""),  # it claims more than the file holds
        (header(message(ATTRIBUTE, attribute(b"names", ALL[:-8]), 200)), ALL[-8:]),  # the attribute does so
        (header(message(ATTRIBUTE, attribute(b"names", ALL[:-1]))), ALL[-1:]),
        (header(message(ATTRIBUTE, attribute(b"names", ALL, 4))), b""),
        (header(message(ATTRIBUTE, attribute(b"names", ALL, 0))), b""),
        (b"\x02" + header(message(ATTRIBUTE, attribute(b"names", ALL)))[1:], b""),
        (header(message(ATTRIBUTE, attribute(b"name", ALL))), b""),
        (header(*[message(CONTINUATION, number(HEADER + 16, 8) + number(24, 8))]), b""),  # it goes on where it begins
        (header(*[message(NOTHING, b"")] * 10_000, message(ATTRIBUTE, attribute(b"names", ALL))), b""),
    ],
)  # fmt: skip
def test_an_attribute_that_is_not_there(head: bytes, after: bytes) -> None:
    with pytest.raises(NnlecError, match=f"^{FORM}$"):
        texts_at(file(TEXTS, head, after), HEADER, "names", 4)


def test_ten_thousand_messages_are_looked_at() -> None:
    head = header(*[message(NOTHING, b"")] * 9_999, message(ATTRIBUTE, attribute(b"names", ALL)))
    assert texts_at(file(TEXTS, head), HEADER, "names", 4) == READ


def test_a_message_that_claims_more_than_its_header_ends_with_it() -> None:
    head = header(message(ATTRIBUTE, attribute(b"names", ALL), 60_000))
    assert texts_at(file(TEXTS, head, b"\xee" * 64), HEADER, "names", 4) == READ


def one(texts: bytes, where: bytes, after: bytes = b"") -> Sequence[str]:
    """The text at one place of a file with that heap."""
    return texts_at(file(texts + after, header(message(ATTRIBUTE, attribute(b"names", where)))), HEADER, "names", 1)


@pytest.mark.parametrize(
    ("texts", "where", "read"),
    [
        (heap((1, b"exactly8")), place(8, 1), "exactly8"),
        (heap((1, b"longer than it")), place(6, 1), "longer"),
        (heap((1, b"ends\0\0\0\0")), place(8, 1), "ends"),
        (heap((1, b""), (2, b"x" * 9), (258, b"far")), place(3, 258), "far"),
        (heap((1, b"first"), (1, b"second")), place(5, 1), "first"),
        (heap((5, b"a"), more=1 << 40), place(1, 5), "a"),  # it claims more than the file holds
    ],
)
def test_a_text_in_a_heap(texts: bytes, where: bytes, read: str) -> None:
    assert one(texts, where) == [read]


@pytest.mark.parametrize(
    ("texts", "where", "after"),
    [
        (heap((1, b"text")), place(4, 2), b""),
        (heap((1, b"text")), place(5, 1), b""),  # longer than what is there
        (heap((1, b"text")), place(4, 1, HEAP + 8), b""),
        (heap((1, b"text")), place(4, 1, 1 << 60), b""),
        (b"GCOX" + heap((1, b"text"))[4:], place(4, 1), b""),
        (b"GCOL\x02" + heap((1, b"text"))[5:], place(4, 1), b""),
        (heap((1, b"text")), place(4, 2), heap((2, b"text"))[16:]),  # behind the heap
        (heap((1, b"eighteen"), more=-1), place(7, 1), b""),  # it ends within the text
        (heap((0, b""), (1, b"text")), place(4, 1), b""),  # free from there on
        (heap((0, b"text")), place(4, 0x100), b""),
    ],
)  # fmt: skip
def test_a_text_that_is_not_there(texts: bytes, where: bytes, after: bytes) -> None:
    with pytest.raises(NnlecError, match=f"^{MISSING}$"):
        one(texts, where, after)


def test_texts_of_an_attribute_have_64_mib_at_most() -> None:
    most = 64 * 1024 * 1024
    for length, reason in ((most, MISSING), (most + 1, "the attribute names is too large")):
        head = header(message(ATTRIBUTE, attribute(b"names", place(5, 3) + place(length - 5, 3))))
        with pytest.raises(NnlecError, match=f"^{reason}$"):
            texts_at(file(TEXTS, head), HEADER, "names", 2)


# The beginning of a file


OLD = SIGNATURE + b"\0\0\0\0\0\x08\x08\0" + b"\x04\0\x10\0" + bytes(4) + bytes(8) + b"\xff" * 8
NEW = SIGNATURE + b"\x02\x08\x08\0" + bytes(8) + b"\xff" * 24


@pytest.mark.parametrize(("start", "looked_at"), [(OLD, {13, 14, *range(24, 32)}), (NEW, {9, 10, *range(12, 20)})])
def test_addresses_have_eight_bytes_and_begin_with_the_file(start: bytes, looked_at: set[int]) -> None:
    check_header(start)
    for at in range(9, 40):
        changed = start[:at] + bytes([start[at] ^ 0x0C]) + start[at + 1 :]
        if at in looked_at:
            with pytest.raises(NnlecError, match=r"^an HDF5 file of a form that Keras does not write$"):
                check_header(changed)
        else:
            check_header(changed)


@pytest.mark.parametrize(
    "start", [b"", b"PK\3\4", SIGNATURE[:7], b"\0" + OLD[1:], OLD[:7] + b"\r" + OLD[8:], bytes(512) + OLD]
)
def test_what_is_no_hdf5(start: bytes) -> None:
    with pytest.raises(NnlecError, match=r"^not an HDF5 file, or a damaged one$"):
        check_header(start)
