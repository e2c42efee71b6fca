"""The computation again, in fractions and doubles, apart from the program that is measured with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

Numbers = list[Fraction]


@dataclass(frozen=True)
class Layer:
    weights: list[Numbers]
    bias: Numbers | None
    activation: str

    @property
    def width(self) -> int:
        return len(self.weights[0])


def affine(x: Numbers, layer: Layer) -> Numbers:
    bias = layer.bias or [Fraction(0)] * layer.width
    return [b + sum(xi * row[j] for xi, row in zip(x, layer.weights, strict=True)) for j, b in enumerate(bias)]


def activated(row: Numbers, name: str) -> Numbers:
    match name:
        case "relu":
            return [max(z, Fraction(0)) for z in row]
        case "sigmoid":
            return [_sigmoid(z) for z in row]
        case "tanh":
            return [Fraction(math.tanh(z)) for z in row]
        case _:
            return row


def _sigmoid(z: Fraction) -> Fraction:
    e = math.exp(-abs(z))
    return Fraction(1 / (1 + e) if z >= 0 else e / (1 + e))


def applied(x: Numbers, layer: Layer) -> Numbers:
    return activated(affine(x, layer), layer.activation)


def softmax(row: Numbers) -> Numbers:
    exponentials = [Fraction(math.exp(f)) for f in row]
    return [e / sum(exponentials) for e in exponentials]


def written(number: Fraction, decimals: int) -> str:
    """Rounded half away from zero."""
    return _spelled(number, math.floor(abs(number) * 10**decimals + Fraction(1, 2)), decimals)


def cut_off(number: Fraction, decimals: int) -> str:
    return _spelled(number, math.floor(abs(number) * 10**decimals), decimals)


def _spelled(number: Fraction, steps: int, decimals: int) -> str:
    digits = str(steps).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if number < 0 and steps else text
