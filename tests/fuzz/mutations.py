"""Good and bad files taken apart and put together wrongly, the same way for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "corpus"

# What parsers have stumbled over before: marks, traps of numbers and words, encodings' edges, controls.
TOKENS = [
    *(b"- ? : , [ ] { } & * ! | > ' \" % @ ` # << -- --- ... &a *a !!str !!float !!binary !x |- >+ |2".split()),
    *(b"1e400 .nan .inf -.5 +.5 0x1F 1_000 1:30 010 ~ null true no 1,5 1e-3 5e-324 - . e 1e".split()),
    *(b"layers weights bias activation classes inputs first-row none relu file array name loss dtype".split()),
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b"  ",
    b"\n    ",
    b": ",
    b"- ",
    b" #",
    b"\0",
    b"\x1b[31m",
    b"\x7f",
    b"\x85",
    b"\xc2\x85",
    b"\xc2\xa0",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\xf0\x9f\x90\xb1",
    b"\xe2\x88\x921",
    b"c?t",
    b"[a ?b, c?]",
    b'"\\ud800"',
    b'"\\U00110000"',
    b'"\\x9b"',
    b"[" * 40,
    b"9" * 400,
]

TABLE_TOKENS = [
    *(b'" "" , ,, ; sep=; x1 label cat 1 -1 1e5 1e400 nan inf 1_0 1;2 0x1 007 +.5 . - "1,5" "a""b"'.split()),
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\n\n",
    b"\xef\xbb\xbf",
    b"\xe2\x88\x92",
    b"\xff",
    b"\0",
    b"\x1f\x8b",
    b"x1,x2,x3\n",
    b"#",
    b"9" * 400,
    b'"\n',
]


Way = Callable[[bytes, random.Random, list[bytes]], bytes]


def _insert(data: bytes, dice: random.Random, tokens: list[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(tokens) + data[at:]


def _replace(data: bytes, dice: random.Random, tokens: list[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(tokens) + data[at + dice.randrange(1, 8) :]


def _delete(data: bytes, dice: random.Random, _tokens: list[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.choice((1, 1, 2, 5, 20)) :]


def _flip(data: bytes, dice: random.Random, _tokens: list[bytes]) -> bytes:
    if not data:
        return data
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _repeat(data: bytes, dice: random.Random, _tokens: list[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    piece = data[at : at + dice.choice((1, 4, 30))]
    return data[:at] + piece * dice.choice((2, 2, 50)) + data[at:]


def _swap_lines(data: bytes, dice: random.Random, _tokens: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    i, j = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


_WAYS: list[Way] = [
    _insert,
    _insert,
    _replace,
    _delete,
    _flip,
    _repeat,
    _swap_lines,
]


def hurt(data: bytes, dice: random.Random, tokens: list[bytes]) -> bytes:
    """`data` with a mistake or a few."""
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 6))):
        data = dice.choice(_WAYS)(data, dice, tokens)
    return data


def mutants(folder: str, suffix: str, seed: int) -> Iterator[bytes]:
    """Endlessly, files of the corpus, each hurt once or a few times, now and then spliced with another."""
    dice = random.Random(seed)
    tokens = TABLE_TOKENS if suffix == ".csv" else TOKENS
    found = {path.name: path.read_bytes() for path in sorted((CORPUS / folder).glob(f"*{suffix}"))}
    seeds = [data for data in found.values() if len(data) < 2000]
    plain = [data for name, data in found.items() if name.startswith("base")] or seeds
    while True:
        data = dice.choice(seeds if dice.random() < 0.5 else plain)
        if dice.random() < 0.1:
            other = dice.choice(seeds)
            data = data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]
        yield hurt(data, dice, tokens)
