"""Right sheets: the ways in which a student may carry numbers from row to row."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from tests.mistakes.arithmetic import Layer, Numbers, activated, affine, written

Sheet = dict[str, list[str]]


@dataclass(frozen=True)
class Way:
    """How many decimals more than are written a row is carried with: x^T W, and a layer's output; None: all of them."""

    before: Callable[[random.Random], int | None]
    after: Callable[[random.Random], int | None]

    def carried(self, rng: random.Random, row: Numbers, decimals: int, *, inner: bool) -> Numbers:
        more = (self.before if inner else self.after)(rng)
        return row if more is None else [Fraction(written(number, decimals + more)) for number in row]


def _all(_: random.Random) -> None:
    return None


def _none(_: random.Random) -> int:
    return 0


def _some(rng: random.Random) -> int:
    return rng.randint(1, 7)


def _any(rng: random.Random) -> int | None:
    return rng.choice((None, 0, rng.randint(1, 7)))


WAYS = {
    "in full": Way(_all, _all),
    "as written": Way(_none, _none),
    "z kept on the calculator": Way(_all, _none),
    "h kept on the calculator": Way(_none, _all),
    "guard digits": Way(_some, _some),
    "guard digits, z kept": Way(_all, _some),
    "each row otherwise": Way(_any, _any),
}


def network_sheet(rng: random.Random, layers: list[Layer], inputs: Numbers, decimals: int, way: Way) -> Sheet:
    """Every row of a forward pass, x^T W included, worked in one way."""
    sheet, x = {}, inputs
    for number, layer in enumerate(layers, start=1):
        z = affine(x, layer)
        if layer.activation != "identity":
            sheet[f"layer {number} before activation"] = [written(value, decimals) for value in z]
            z = way.carried(rng, z, decimals, inner=True)
        h = activated(z, layer.activation)
        sheet[f"layer {number}"] = [written(value, decimals) for value in h]
        x = way.carried(rng, h, decimals, inner=False)
    return sheet


def doubles_sheet(layers: list[Layer], inputs: Numbers, decimals: int) -> Sheet:
    """The same in floating point, as Python prints it: 2.67 for 2.675."""
    sheet: Sheet = {}
    x = [float(value) for value in inputs]
    for number, layer in enumerate(layers, start=1):
        bias = [float(b) for b in layer.bias or [Fraction(0)] * layer.width]
        z = [sum((a * float(row[j]) for a, row in zip(x, layer.weights, strict=True)), b) for j, b in enumerate(bias)]
        x = [float(value) for value in activated([Fraction(value) for value in z], layer.activation)]
        sheet[f"layer {number}"] = [f"{value:.{decimals}f}" for value in x]
    return sheet


def scores_sheet(rng: random.Random, f: Numbers, label: int, decimals: int, way: Way) -> Sheet:
    """Exponentials, probabilities and loss of scores, worked in one way; no loss where the probability is 0."""
    e = [Fraction(math.exp(score)) for score in f]
    sheet = {"exponentials": [written(number, decimals) for number in e]}
    e = way.carried(rng, e, decimals, inner=True)
    if not sum(e):
        return sheet
    s = [number / sum(e) for number in e]
    sheet["probabilities"] = [written(number, decimals) for number in s]
    s = way.carried(rng, s, decimals, inner=False)
    if s[label]:
        sheet["loss"] = [written(Fraction(-math.log(s[label])), decimals)]
    return sheet


def some_rows(rng: random.Random, sheet: Sheet) -> Sheet:
    """All rows, the last alone, or any of them."""
    names = list(sheet)
    kept = rng.choice((names, names[-1:], [name for name in names if rng.random() < 0.5] or names[:1]))
    return {name: sheet[name] for name in kept}


def shows_work(sheet: Sheet) -> bool:
    """Rows of zeros alone claim nothing: they are not right sheets."""
    return all(any(float(figure) for figure in row) for row in sheet.values())
