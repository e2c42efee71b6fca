"""Damaged copies of files."""

from __future__ import annotations

import random


def mutated(content: bytes, choose: random.Random) -> bytes:
    """A file cut, or with some bytes changed, taken out or put in."""
    changed = bytearray(content)
    place = choose.randrange(len(changed))
    match choose.randrange(4):
        case 0:
            del changed[place:]
        case 1:
            del changed[place : place + choose.randint(1, 40)]
        case 2:
            changed[place:place] = choose.randbytes(choose.randint(1, 8))
        case _:
            for _ in range(choose.choice([1, 2, 8])):
                changed[choose.randrange(len(changed))] = choose.choice([0, 1, 127, 128, 255, choose.randrange(256)])
    return bytes(changed)
