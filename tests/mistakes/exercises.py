"""Random exercises, and one mistake in each."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tests.mistakes.arithmetic import Layer, Numbers, activated, affine, applied, softmax, written


@dataclass(frozen=True)
class Spot:
    """Where a mistake is made: a layer, what goes into it, one input and one unit of it."""

    rng: random.Random
    layer: Layer
    x: Numbers
    source: int
    unit: int
    source_name: str
    unit_name: str

    @property
    def weight(self) -> Fraction:
        return self.layer.weights[self.source][self.unit]

    @property
    def several(self) -> bool:
        return self.layer.width > 1

    def only_here(self, wrong: Numbers) -> Numbers:
        """The right row, but for this unit."""
        return [
            w if j == self.unit else r for j, (r, w) in enumerate(zip(applied(self.x, self.layer), wrong, strict=True))
        ]

    def with_weight(self, weight: Fraction) -> Numbers:
        rows = [list(row) for row in self.layer.weights]
        rows[self.source][self.unit] = weight
        return applied(self.x, replace(self.layer, weights=rows))

    def with_input(self, value: Fraction) -> Numbers:
        return applied([value if i == self.source else x for i, x in enumerate(self.x)], self.layer)

    def with_bias(self, times: int) -> Numbers:
        return applied(self.x, replace(self.layer, bias=[b * times for b in self.layer.bias or []]))


Mistaken = tuple[Numbers, tuple[str, ...]] | None
"""The row that a mistake leaves, and the words that the sentence about it must hold; None where it cannot be made."""


def network_layers(rng: random.Random) -> list[Layer]:
    """Two or three layers of 1 to 5 units with weights of one decimal, as on the slides."""
    sizes = [rng.randint(2, 5) for _ in range(rng.randint(2, 3))] + [rng.randint(1, 4)]
    if rng.random() < 0.3:
        sizes[1] = sizes[0]
    hidden = rng.choice(("identity", "relu", "sigmoid", "tanh"))
    activations = [hidden] * (len(sizes) - 2) + ["identity"]
    return [
        Layer([numbers(rng, n_out) for _ in range(n_in)], numbers(rng, n_out) if rng.random() < 0.9 else None, name)
        for n_in, n_out, name in zip(sizes, sizes[1:], activations, strict=False)
    ]


def numbers(rng: random.Random, count: int, most: int = 50) -> Numbers:
    """Numbers of one decimal, none of them 0."""
    return [Fraction(rng.randint(1, most) * rng.choice((-1, 1)), 10) for _ in range(count)]


def plain(value: Fraction) -> str:
    """As a sentence writes it, between blanks so that 2 is not found in 2.5."""
    return f" {float(value):.6f}".rstrip("0").rstrip(".")


def times(ratio: Fraction) -> str:
    """A word for what a misreading made of a number, whatever digits it is spelled with."""
    return f" x{float(ratio):.3g}"


def _bias_times(times: int) -> Callable[[Spot], Mistaken]:
    def mistake(spot: Spot) -> Mistaken:
        if spot.layer.bias is None:
            return None
        wrong = spot.with_bias(times)
        if spot.several and spot.rng.random() < 0.5:
            return wrong, ("no bias" if times == 0 else "every bias",)
        return spot.only_here(wrong), (spot.unit_name,)

    return mistake


def _turned(spot: Spot) -> Numbers | None:
    """With W^T; a W that holds the bias as its first row is turned whole."""
    layer = spot.layer
    if spot.several and len(spot.x) == layer.width:
        return applied(spot.x, replace(layer, weights=[list(row) for row in zip(*layer.weights, strict=True)]))
    if layer.bias is not None and len(spot.x) + 1 == layer.width:
        whole = [list(row) for row in zip(layer.bias, *layer.weights, strict=True)]
        return applied([Fraction(1), *spot.x], Layer(whole, None, layer.activation))
    return None


def _transposed(spot: Spot) -> Mistaken:
    turned = _turned(spot)
    return (turned, ()) if turned else None


def _row_for_column(spot: Spot) -> Mistaken:
    turned = _turned(spot)
    return (spot.only_here(turned), (spot.unit_name,)) if turned else None


def _one_sign(spot: Spot) -> Mistaken:
    if spot.several and spot.rng.random() < 0.3:
        return spot.with_input(-spot.x[spot.source]), (spot.source_name, "was read", times(Fraction(-1)))
    return spot.with_weight(-spot.weight), (spot.source_name, plain(spot.weight), spot.unit_name)


def _left_out(spot: Spot) -> Mistaken:
    return spot.with_weight(Fraction(0)), (spot.source_name, plain(spot.weight), spot.unit_name)


def _weight_misread(spot: Spot) -> Mistaken:
    read = spot.weight * Fraction(10) ** spot.rng.choice((-2, -1, 1, 2))
    return spot.with_weight(read), (spot.source_name, plain(spot.weight), spot.unit_name, plain(read))


def _input_misread(spot: Spot) -> Mistaken:
    if not spot.several:
        return None  # one figure cannot tell it from a misread weight
    ratio = Fraction(10) ** spot.rng.choice((-2, -1, 1, 2))
    return spot.with_input(ratio * spot.x[spot.source]), (spot.source_name, "was read", times(ratio))


def _input_for_another(spot: Spot) -> Mistaken:
    other = spot.source + spot.rng.choice((-1, 1))
    if not 0 <= other < len(spot.x) or spot.x[other] == spot.x[spot.source]:
        return None
    wrong = spot.with_input(spot.x[other])
    if spot.several and spot.rng.random() < 0.5:
        return wrong, (spot.source_name,)
    return spot.only_here(wrong), (spot.source_name, spot.unit_name)


def _skipped(spot: Spot) -> Mistaken:
    if spot.layer.activation == "identity":
        return None
    bare = affine(spot.x, spot.layer)
    if spot.several and spot.rng.random() < 0.6:
        return bare, ("was not applied",)
    return spot.only_here(bare), (spot.unit_name,)


def _applied_early(spot: Spot) -> Mistaken:
    if spot.layer.activation == "identity":
        return None
    if spot.layer.bias is not None and spot.rng.random() < 0.5:
        before = activated(affine(spot.x, replace(spot.layer, bias=None)), spot.layer.activation)
        return [h + b for h, b in zip(before, spot.layer.bias, strict=True)], ("before the bias",)
    return affine(activated(spot.x, spot.layer.activation), spot.layer), ("what went in",)


def _counted_twice(spot: Spot) -> Mistaken:
    return spot.with_weight(2 * spot.weight), (spot.source_name, plain(spot.weight), spot.unit_name, "added twice")


def _applied_twice(spot: Spot) -> Mistaken:
    if spot.layer.activation == "identity":
        return None
    return activated(applied(spot.x, spot.layer), spot.layer.activation), ()


def _sign_of_the_exponent(spot: Spot) -> Mistaken:
    if spot.layer.activation != "sigmoid":
        return None
    return activated([-z for z in affine(spot.x, spot.layer)], "sigmoid"), ("e^x was",)


def _swapped(spot: Spot) -> Mistaken:
    if not spot.several:
        return None
    row = applied(spot.x, spot.layer)
    other = spot.rng.choice([j for j in range(len(row)) if j != spot.unit])
    row[spot.unit], row[other] = row[other], row[spot.unit]
    return row, (spot.unit_name,)


LAYER_MISTAKES: dict[str, Callable[[Spot], Mistaken]] = {
    "bias forgotten": _bias_times(0),
    "bias counted twice": _bias_times(2),
    "matrix transposed": _transposed,
    "row for column": _row_for_column,
    "one sign": _one_sign,
    "one term left out": _left_out,
    "one weight misread": _weight_misread,
    "one input misread": _input_misread,
    "one term counted twice": _counted_twice,
    "one input for another": _input_for_another,
    "activation skipped": _skipped,
    "activation applied twice": _applied_twice,
    "minus forgotten": _sign_of_the_exponent,
    "activation applied early": _applied_early,
    "two outputs swapped": _swapped,
}


def probability_mistakes(rng: random.Random, f: Numbers, names: list[str]) -> dict[str, Mistaken]:
    """Mistakes on the way from scores to probabilities, with the row each leaves."""
    exponentials = [Fraction(math.exp(score)) for score in f]
    s = softmax(f)
    i = rng.randrange(len(f))
    signed = [-score if j == i else score for j, score in enumerate(f)]
    a, b = rng.sample(range(len(f)), 2)
    swapped = [s[b] if j == a else s[a] if j == b else value for j, value in enumerate(s)]
    total = sum(exponentials)
    base = rng.choice((2, 10))
    powers = [Fraction(base ** float(score)) for score in f]
    tenfold = [10 * score if j == i else score for j, score in enumerate(f)]
    return {
        "softmax of softmax": (softmax(s), ()),
        "one sign": (softmax(signed), (names[i],)),
        "one input misread": (softmax(tenfold), (names[i],)),
        "one term left out": ([e / (total - exponentials[i]) for e in exponentials], (names[i],)),
        "one term counted twice": ([e / (total + exponentials[i]) for e in exponentials], (names[i],)),
        "two outputs swapped": (swapped, (names[a], names[b])),
        "not divided by the sum": (exponentials, ()),
        "exponential skipped": ([score / sum(f) for score in f] if sum(f) else s, ()),
        "another base": ([power / sum(powers) for power in powers], (f"{base}^f",)),
        "rounded too early": (_shares_of_rounded(exponentials), ()),
    }


def _shares_of_rounded(exponentials: Numbers) -> Numbers:
    whole = [Fraction(written(e, 0)) for e in exponentials]
    return [e / sum(whole) for e in whole] if sum(whole) else exponentials


def loss_mistakes(s: Numbers, label: int) -> dict[str, list[tuple[Fraction, tuple[str, ...]]]]:
    """Mistakes in -log s, with the numbers that each may leave."""
    again = softmax(s)
    right = Fraction(-math.log(s[label]))
    return {
        "another logarithm": [(right / Fraction(math.log(b)), (f"log{b}",)) for b in (2, 10)],
        "minus forgotten": [(-right, ())],
        "softmax of softmax": [(Fraction(-math.log(again[label])), ())],
        "another class": [(Fraction(-math.log(p)), (f"class{i}",)) for i, p in enumerate(s) if i != label and p],
        "logarithm forgotten": [(s[label], ())],
        "averaged for summed": [(right / len(s), ())],
    }


def error_mistakes(outputs: Numbers, target: Numbers) -> dict[str, Fraction]:
    """Mistakes in a mean squared error, with the number each leaves."""
    total = sum(((y - g) ** 2 for y, g in zip(outputs, target, strict=True)), Fraction(0))
    mean = total / len(outputs)
    return {
        "summed for averaged": total,
        "halved": mean / 2,
        "root taken": Fraction(math.sqrt(mean)),
        "minus forgotten": -mean,
        "another target": sum(((y - target[0]) ** 2 for y in outputs), Fraction(0)) / len(outputs),
    }


def writing_mistake(rng: random.Random, name: str, row: list[str]) -> list[str] | None:
    """The row with one figure miswritten; None where that leaves it the same."""
    unit = rng.randrange(len(row))
    text = row[unit]
    if name == "decimal point misplaced":
        wrong = str(Decimal(text).scaleb(rng.choice((-2, -1, 1, 2))))
    else:
        digits = [at for at, char in enumerate(text) if char.isdigit()]
        pairs = [(a, b) for a, b in itertools.pairwise(digits) if text[a] != text[b]]
        if not pairs:
            return None
        a, b = rng.choice(pairs)
        wrong = text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]
    return [wrong if at == unit else figure for at, figure in enumerate(row)] if Decimal(text) else None
