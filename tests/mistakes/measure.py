"""How often `check` finds the mistake that was made: `python -m tests.mistakes.measure 10000`."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
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
    error_mistakes,
    loss_mistakes,
    network_layers,
    numbers,
    probability_mistakes,
    times,
    writing_mistake,
)
from tests.mistakes.ways import (
    WAYS,
    Sheet,
    Way,
    doubles_sheet,
    network_sheet,
    scores_sheet,
    shows_work,
    some_rows,
)

CUT_OFF = "truncated for rounded"
WRITING = ("decimal point misplaced", "digits swapped")
NETWORK_MISTAKES = [*LAYER_MISTAKES, CUT_OFF, *WRITING, "rounded too early"]
PROBABILITY_MISTAKES = list(probability_mistakes(random.Random(0), [Fraction(1), Fraction(2)], ["", ""]))
LOSS_MISTAKES = list(loss_mistakes([Fraction(1, 2), Fraction(1, 2)], 0))
ERROR_MISTAKES = list(error_mistakes([Fraction(1)], [Fraction(0)]))
ALL_MISTAKES = sorted({*NETWORK_MISTAKES, *PROBABILITY_MISTAKES, *LOSS_MISTAKES, *ERROR_MISTAKES})

NAMED = 5
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

    def share(self, counts: Counter[str]) -> float:
        return counts.total() / self.made.total()


def network_case(rng: random.Random, mistake: str, *, output_only: bool = False) -> Case | None:
    """A forward pass with one mistake; later rows follow from it, in full or from the figures as written.

    With `output_only` the student shows no more than the last row.
    """
    layers, decimals = network_layers(rng), rng.choice((1, 2, 2, 3))
    inputs = numbers(rng, len(layers[0].weights))
    if mistake == "rounded too early":
        return _rounded_early(layers, inputs)
    at, own = rng.randrange(len(layers)), rng.random() < 0.5
    words: tuple[str, ...] = ()
    sheet, x = {}, inputs
    for k, layer in enumerate(layers):
        row = applied(x, layer)
        figures = [(cut_off if k == at and mistake == CUT_OFF else written)(number, decimals) for number in row]
        if k == at and mistake in WRITING:
            miswritten = writing_mistake(rng, mistake, figures)
            if miswritten is None:
                return None
            figures = miswritten
        elif k == at and mistake in LAYER_MISTAKES:
            made = LAYER_MISTAKES[mistake](_spot(rng, layers, k, x))
            if made is None:
                return None
            row, words = made
            figures = [written(number, decimals) for number in row]
        sheet[f"layer {k + 1}"] = figures
        x = [Fraction(text) for text in figures] if own else row
    if output_only:
        sheet = {"output": sheet[f"layer {len(layers)}"]}
    return Case(_problem(layers, inputs), sheet, mistake, words)


def probabilities_case(rng: random.Random, mistake: str) -> Case:
    """Scores to probabilities with one mistake."""
    size = rng.randint(3, 6)
    f, decimals = numbers(rng, size, 20), rng.choice((2, 3, 4))
    names = [f"class{i}" for i in range(size)]
    row, words = probability_mistakes(rng, f, names)[mistake]  # type: ignore[misc]
    sheet = {"probabilities": [written(share, decimals) for share in row]}
    return Case(scores_problem(_decimals(f), tuple(names)), sheet, mistake, words)


def loss_case(rng: random.Random, mistake: str) -> Case | None:
    """Probabilities to a loss with one mistake."""
    size = rng.randint(3, 6)
    f, decimals, label = numbers(rng, size, 20), rng.choice((2, 3, 4)), rng.randrange(size)
    s = softmax(f)
    shown = [Fraction(written(share, decimals)) for share in s]
    given = shown if all(shown) else s
    value, words = rng.choice(loss_mistakes(given, label)[mistake])
    target = tuple(Decimal(int(i == label)) for i in range(size))
    problem = loss_problem(_decimals(given), tuple(f"class{i}" for i in range(size)), loss("cross-entropy"), target)
    return Case(problem, {"loss": [written(value, decimals)]}, mistake, words)


def error_case(rng: random.Random, mistake: str) -> Case:
    """Outputs to a mean squared error with one mistake."""
    size, decimals = rng.randint(2, 5), rng.choice((1, 2, 3))
    outputs, target = numbers(rng, size), numbers(rng, size)
    value = error_mistakes(outputs, target)[mistake]
    names = tuple(f"y{i}" for i in range(size))
    problem = scores_problem(_decimals(outputs), names, loss("mean-squared-error"), _decimals(target))
    return Case(problem, {"loss": [written(value, decimals)]}, mistake, ())


def random_case(rng: random.Random, mistake: str) -> Case | None:
    """A sheet with that mistake, made in one of the places where it can be made."""
    places: list[Callable[[random.Random, str], Case | None]] = []
    if mistake in NETWORK_MISTAKES:
        places.append(network_case)
    if mistake in PROBABILITY_MISTAKES:
        places.append(probabilities_case)
    if mistake in LOSS_MISTAKES:
        places.append(loss_case)
    if mistake in ERROR_MISTAKES:
        places.append(error_case)
    return rng.choice(places)(rng, mistake)


def right_sheets(rng: random.Random, way: Way | None) -> list[tuple[Problem, Sheet]]:
    """A network and some scores worked without a mistake, some of their rows shown; None: in floating point."""
    layers, decimals = network_layers(rng), rng.choice((1, 2, 3))
    inputs = numbers(rng, len(layers[0].weights))
    if way is None:
        return _showing_work([(_problem(layers, inputs), some_rows(rng, doubles_sheet(layers, inputs, decimals)))])
    size = rng.randint(2, 6)
    f, label = numbers(rng, size, 30), rng.randrange(size)
    target = tuple(Decimal(int(i == label)) for i in range(size))
    scores = scores_problem(_decimals(f), tuple(f"class{i}" for i in range(size)), loss("cross-entropy"), target)
    return _showing_work(
        [
            (_problem(layers, inputs), some_rows(rng, network_sheet(rng, layers, inputs, decimals, way))),
            (scores, some_rows(rng, scores_sheet(rng, f, label, rng.choice((2, 3, 4)), way))),
        ]
    )


def _showing_work(sheets: list[tuple[Problem, Sheet]]) -> list[tuple[Problem, Sheet]]:
    return [(problem, sheet) for problem, sheet in sheets if shows_work(sheet)]


def marked(problem: Problem, sheet: Sheet) -> Verdict:
    return mark(problem, {name: figures(" ".join(row)) for name, row in sheet.items()})


def tally(count: int, seed: int) -> Tally:
    """`count` sheets with one mistake each, as many of every kind."""
    rng = random.Random(seed)
    counts = Tally()
    for number, mistake in enumerate(ALL_MISTAKES):
        wanted = count * (number + 1) // len(ALL_MISTAKES)
        while counts.made.total() < wanted:
            case = random_case(rng, mistake)
            if case is not None:
                _count(case, counts)
    return counts


def refused(count: int, seed: int) -> dict[str, list[tuple[Problem, Sheet]]]:
    """The right sheets called wrong, of `count` for each way of working."""
    found: dict[str, list[tuple[Problem, Sheet]]] = {}
    ways: dict[str, Way | None] = {**WAYS, "floating point": None}
    for name, way in ways.items():
        rng, made = random.Random(f"{name} {seed}"), 0
        found[name] = []
        while made < count:
            for problem, sheet in right_sheets(rng, way):
                made += 1
                if not marked(problem, sheet).right:
                    found[name].append((problem, sheet))
    return found


def tally_of_outputs(count: int, seed: int) -> Tally:
    """`count` sheets that show the output alone, with a mistake anywhere before it."""
    rng = random.Random(seed)
    counts = Tally()
    while counts.made.total() < count:
        case = network_case(rng, rng.choice(NETWORK_MISTAKES), output_only=True)
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
    print("\nright sheets called wrong:")
    for way, sheets in refused(count, seed=3).items():
        print(f"{way:28}{len(sheets)} of {count}")
    print("\nonly the output shown, the mistake anywhere before it:")
    report(tally_of_outputs(count // 10, seed=2))


if __name__ == "__main__":
    main()
