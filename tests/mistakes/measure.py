"""How often `check` finds the mistake that was made: `python -m tests.mistakes.measure 10000`."""

from __future__ import annotations

import math
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np

from nnlec.grading import Problem, Verdict, figures, loss_problem, mark, network_problem, scores_problem
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network
from tests.mistakes.arithmetic import Layer, Numbers, applied, cut_off, softmax, written
from tests.mistakes.exercises import (
    LAYER_MISTAKES,
    Spot,
    loss_mistakes,
    network_layers,
    numbers,
    probability_mistakes,
    times,
)

Sheet = dict[str, list[str]]
NAMED = 8
"""As many mistakes as the command names before it says how many more there are."""


@dataclass(frozen=True)
class Case:
    """A sheet with one mistake: its name, and words that the sentence about it must hold."""

    problem: Problem
    sheet: Sheet
    mistake: str
    words: tuple[str, ...]


@dataclass
class Tally:
    """Counts by kind of mistake."""

    made: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: int = 0
    called_wrong: int = 0

    def share(self, counts: Counter[str]) -> float:
        return counts.total() / self.made.total()


def network_case(rng: random.Random, *, output_only: bool = False) -> Case | None:
    """A forward pass with one mistake; later rows follow from it, in full or from the figures as written.

    With `output_only` the student shows no more than the last row.
    """
    layers, decimals = network_layers(rng), rng.choice((1, 2, 2, 3))
    inputs = numbers(rng, len(layers[0].weights))
    mistake = rng.choice([*LAYER_MISTAKES, "truncated for rounded", "rounded too early"])
    if mistake == "rounded too early":
        return _rounded_early(layers, inputs)
    at, pencil = rng.randrange(len(layers)), rng.random() < 0.5
    words: tuple[str, ...] = ()
    sheet, x = {}, inputs
    for k, layer in enumerate(layers):
        row, write = applied(x, layer), written
        if k == at and mistake == "truncated for rounded":
            write = cut_off
        elif k == at:
            made = LAYER_MISTAKES[mistake](_spot(rng, layers, k, x))
            if made is None:
                return None
            row, words = made
        sheet[f"layer {k + 1}"] = [write(number, decimals) for number in row]
        x = [Fraction(text) for text in sheet[f"layer {k + 1}"]] if pencil else row
    if output_only:
        sheet = {"output": sheet[f"layer {len(layers)}"]}
    return Case(_problem(layers, inputs), sheet, mistake, words)


def scores_case(rng: random.Random) -> Case:
    """Scores to probabilities, or probabilities to a loss, with one mistake."""
    size = rng.randint(3, 6)
    f, decimals, label = numbers(rng, size, 20), rng.choice((2, 3, 4)), rng.randrange(size)
    names = [f"class{i}" for i in range(size)]
    s = softmax(f)
    if rng.random() < 0.5:
        mistake, (row, words) = rng.choice(list(probability_mistakes(rng, f, names).items()))  # type: ignore[misc]
        sheet = {"probabilities": [written(share, decimals) for share in row]}
        return Case(scores_problem(_decimals(f), tuple(names)), sheet, mistake, words)
    shown = [Fraction(written(share, decimals)) for share in s]
    given = shown if all(shown) else s
    mistake, (value, words) = rng.choice(list(loss_mistakes(given, label).items()))
    target = tuple(Decimal(int(i == label)) for i in range(size))
    problem = loss_problem(_decimals(given), tuple(names), loss("cross-entropy"), target)
    return Case(problem, {"loss": [written(value, decimals)]}, mistake.strip(), words)


def right_sheets(rng: random.Random) -> list[tuple[Problem, Sheet]]:
    """One exercise worked without a mistake: in full, from the figures as written, and showing the last row alone."""
    layers, decimals = network_layers(rng), rng.choice((1, 2, 3))
    inputs = numbers(rng, len(layers[0].weights))
    sheets = []
    for pencil in (False, True):
        sheet, x = {}, inputs
        for k, layer in enumerate(layers):
            row = applied(x, layer)
            sheet[f"layer {k + 1}"] = [written(number, decimals) for number in row]
            x = [Fraction(text) for text in sheet[f"layer {k + 1}"]] if pencil else row
        sheets += [sheet, {"output": sheet[f"layer {len(layers)}"]}]
    return [(_problem(layers, inputs), sheet) for sheet in sheets] + _right_scores(rng)


def _right_scores(rng: random.Random) -> list[tuple[Problem, Sheet]]:
    """Exponentials, probabilities and loss without a mistake: in full, from the figures as written, some left out."""
    size, decimals = rng.randint(2, 6), rng.choice((2, 3, 4))
    f, label = numbers(rng, size, 30), rng.randrange(size)
    target = tuple(Decimal(int(i == label)) for i in range(size))
    problem = scores_problem(_decimals(f), tuple(f"class{i}" for i in range(size)), loss("cross-entropy"), target)
    sheets = []
    for pencil in (False, True):
        kept = [Fraction(math.exp(score)) for score in f]
        exponentials = [written(e, decimals) for e in kept]
        kept = [Fraction(e) for e in exponentials] if pencil else kept
        shares = [e / sum(kept) for e in kept]
        probabilities = [written(s, decimals) for s in shares]
        last = Fraction(probabilities[label]) if pencil else shares[label]
        if last:
            sheet = {"exponentials": exponentials, "probabilities": probabilities}
            value = {"loss": [written(Fraction(-math.log(last)), decimals)]}
            sheets += [sheet | value, {"probabilities": probabilities} | value, value]
    return [(problem, sheet) for sheet in sheets]


def marked(problem: Problem, sheet: Sheet) -> Verdict:
    return mark(problem, {name: figures(" ".join(row)) for name, row in sheet.items()})


def tally(count: int, seed: int) -> Tally:
    """`count` sheets with one mistake each, and as many right ones."""
    rng = random.Random(seed)
    counts = Tally()
    while counts.made.total() < count:
        case = scores_case(rng) if rng.random() < 0.3 else network_case(rng)
        if case is not None:
            _count(case, counts)
    while counts.right < count:
        for problem, sheet in right_sheets(rng):
            counts.right += 1
            counts.called_wrong += not marked(problem, sheet).right
    return counts


def tally_of_outputs(count: int, seed: int) -> Tally:
    """`count` sheets that show the output alone, with a mistake anywhere before it."""
    rng = random.Random(seed)
    counts = Tally()
    while counts.made.total() < count:
        case = network_case(rng, output_only=True)
        if case is not None:
            _count(case, counts)
    return counts


def _count(case: Case, counts: Tally) -> None:
    """A mistake that changes no figure of its own row, or one that another basis would give, was not made."""
    verdict = marked(case.problem, case.sheet)
    if verdict.first_wrong is None:
        return
    counts.made[case.mistake] += 1
    mistakes = verdict.first_wrong[1].mistakes
    hits = [s.name == case.mistake and all(f"{word} " in _worded(s.sentence) for word in case.words) for s in mistakes]
    counts.first[case.mistake] += any(hits[:1])
    counts.named[case.mistake] += any(hits[:NAMED])
    counts.found[case.mistake] += any(hits)


def _worded(sentence: str) -> str:
    """The sentence between blanks, and how many times too large a number was read."""
    numbers = re.search(r"was read as (\S+), it is (\S+)", sentence)
    return f" {sentence} {times(Fraction(numbers[1]) / Fraction(numbers[2])) if numbers else ''} "


def _rounded_early(layers: list[Layer], inputs: Numbers) -> Case:
    """Hidden figures rounded to one decimal, the output claimed to three."""
    x = inputs
    for layer in layers[:-1]:
        x = [Fraction(written(number, 1)) for number in applied(x, layer)]
    sheet = {"output": [written(number, 3) for number in applied(x, layers[-1])]}
    return Case(_problem(layers, inputs), sheet, "rounded too early", ())


def _spot(rng: random.Random, layers: Sequence[Layer], k: int, x: Numbers) -> Spot:
    unit, source = rng.randrange(layers[k].width), rng.randrange(len(x))
    return Spot(
        rng,
        layers[k],
        x,
        source,
        unit,
        f" {'x' if k == 0 else 'h'}{source + 1}",
        f" {'y' if k == len(layers) - 1 else 'h'}{unit + 1}",
    )


def _problem(layers: Sequence[Layer], inputs: Numbers) -> Problem:
    dense = tuple(
        Dense(
            np.array([[float(w) for w in row] for row in layer.weights]),
            None if layer.bias is None else np.array([float(b) for b in layer.bias]),
            activation(layer.activation),
            f"layer {number}",
        )
        for number, layer in enumerate(layers, start=1)
    )
    return network_problem(Network(dense), _decimals(inputs))


def _decimals(row: Numbers) -> tuple[Decimal, ...]:
    return tuple(Decimal(number.numerator) / Decimal(number.denominator) for number in row)


def report(counts: Tally) -> None:
    print(f"{'mistake':28}{'made':>7}{'first':>8}{'named':>8}{'found':>8}")
    for mistake, made in sorted(counts.made.items()):
        row = [counter[mistake] / made for counter in (counts.first, counts.named, counts.found)]
        print(f"{mistake:28}{made:7}" + "".join(f"{share:8.1%}" for share in row))
    total = [counts.share(counter) for counter in (counts.first, counts.named, counts.found)]
    print(f"{'all':28}{counts.made.total():7}" + "".join(f"{share:8.1%}" for share in total))


def main() -> None:
    """`first`: the true mistake is named first; `named`: among the eight shown; `found`: among all that were found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    counts = tally(count, seed=1)
    report(counts)
    print(f"right sheets called wrong: {counts.called_wrong} of {counts.right}")
    print("\nonly the output shown, the mistake anywhere before it:")
    report(tally_of_outputs(count // 10, seed=2))


if __name__ == "__main__":
    main()
