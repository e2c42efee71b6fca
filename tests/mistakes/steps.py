"""How often `check` finds a slip in a step of learning: `python -m tests.mistakes.steps 10000`.

Each slip is made here in floating point, by hand and without nnlec. The networks are those of worksheets: two inputs,
two sigmoids, two sigmoids, weights with one decimal, rate 0.3, every new weight written with four decimals.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from nnlec.grading import Figure, figures
from nnlec.grading.step_marking import mark_step
from nnlec.grading.step_sheet import StepProblem
from nnlec.grading.verdict import MarkedRow
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.losses import loss
from nnlec.network.network import Network

RATE, DECIMALS = 0.3, 4


@dataclass(frozen=True)
class Exercise:
    """Inputs (2,), weights (2, 2) and biases (2,) of both layers, and the target (2,)."""

    x: np.ndarray
    w: tuple[np.ndarray, np.ndarray]
    b: tuple[np.ndarray, np.ndarray]
    g: np.ndarray

    @classmethod
    def drawn(cls, rng: random.Random) -> Exercise:
        def numbers(*shape: int) -> np.ndarray:
            return np.array([rng.randint(-20, 20) / 10 for _ in range(int(np.prod(shape)))]).reshape(shape)

        target = np.array([rng.choice((0.01, 0.1, 0.5)), rng.choice((0.9, 0.99, 0.6))])
        return cls(numbers(2), (numbers(2, 2), numbers(2, 2)), (numbers(2), numbers(2)), target)

    @property
    def problem(self) -> StepProblem:
        layers = tuple(
            Dense(w, b, activation("sigmoid"), name)
            for w, b, name in zip(self.w, self.b, ("hidden", "output"), strict=True)
        )
        network = Network(layers, loss="half-sse")
        inputs, target = (tuple(Decimal(repr(float(v))) for v in row) for row in (self.x, self.g))
        return StepProblem(network, inputs, loss("half-sse"), target, Decimal(repr(RATE)))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def worked(of: Exercise, slip: str, carry: int | None = None) -> dict[str, np.ndarray]:
    """The new weights of a student who makes the slip ("" for none) and goes on with `carry` decimals (None: all)."""

    def kept(numbers: Any) -> Any:
        return numbers if carry is None else np.round(numbers + 1e-12 * np.sign(numbers), carry)

    (w1, w2), (b1, b2), rate = of.w, of.b, 1.0 if slip == "rate forgotten" else RATE
    h = kept(sigmoid(of.x @ w1 + b1))
    f = kept(sigmoid(h @ w2 + b2))
    g = of.g[::-1] if slip == "another target" else of.g
    d = f - g
    d = {"sign of delta": -d, "twice": 2 * d, "mean": d / 2}.get(slip, d)
    slope = 1 if slip == "no derivative at the output" else f * (1 - f)
    delta = kept(d * slope)
    bias_rate = 0.0 if slip == "biases kept" else rate
    sign = -1 if slip == "sign of the update" else 1
    ones = slip == "input forgotten"
    new2 = w2 - sign * rate * kept(np.outer(np.ones(2) if ones else h, delta))
    up = {
        "new weights upstream": new2 @ delta,
        "not transposed": w2.T @ delta,
        "weight forgotten": np.full(2, delta.sum()),
        "one output only": w2[:, 0] * delta[0],
    }.get(slip, w2 @ delta)
    slope = {"no derivative in the hidden layer": 1, "derivative at h again": sigmoid(h) * (1 - sigmoid(h))}.get(
        slip, h * (1 - h)
    )
    below = kept(kept(up) * slope)
    new1 = w1 - sign * rate * kept(np.outer(np.ones(2) if ones else of.x, below))
    return {
        "after output": new2.ravel(),
        "after output bias": b2 - sign * bias_rate * delta,
        "after hidden": new1.ravel(),
        "after hidden bias": b1 - sign * bias_rate * below,
    }


SLIPS = {
    "new weights upstream": "new weights upstream",
    "sign of delta": "sign of delta",
    "sign of the update": "sign of the update",
    "no derivative in the hidden layer": "derivative left out",
    "derivative at h again": "derivative at the wrong argument",
    "twice": "factor of the loss",
    "mean": "factor of the loss",
    "one output only": "one output only",
    "not transposed": "W not transposed",
    "rate forgotten": "rate forgotten",
    "biases kept": "biases",
    "input forgotten": "input factor forgotten",
    "another target": "another target",
    "no derivative at the output": "derivative left out",
    "weight forgotten": "weight forgotten",
}
"""A slip that is made here, and what `check` calls it."""


def written(rows: dict[str, np.ndarray]) -> dict[str, tuple[Figure, ...]]:
    """The figures with four decimals."""
    places = Decimal(1).scaleb(-DECIMALS)
    texts = {
        name: ", ".join(str(Decimal(repr(float(n))).quantize(places, ROUND_HALF_UP)) for n in row)
        for name, row in rows.items()
    }
    return {name: figures(text) for name, text in texts.items()}


@dataclass
class Tally:
    """How often each slip was made where it shows, named, and named first; and right sheets called wrong."""

    made: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    right: int = 0
    called_wrong: int = 0

    @property
    def share_named(self) -> float:
        return self.named.total() / self.made.total()

    @property
    def share_first(self) -> float:
        return self.first.total() / self.made.total()


def tally(sheets: int, seed: int = 1) -> Tally:
    """So many sheets with a slip, and as many right ones: in full, and rounded on the way."""
    rng, result, slips = random.Random(seed), Tally(), list(SLIPS)
    for number in range(sheets):
        of = Exercise.drawn(rng)
        carry = (None, DECIMALS, DECIMALS + 1)[number % 3]
        result.right += 1
        result.called_wrong += any(
            not m.right for row in mark_step(of.problem, written(worked(of, "", carry))) for m in row.marks
        )
        slip = slips[number % len(slips)]
        sheet, right = written(worked(of, slip)), written(worked(of, ""))
        if all(a.text == b.text for name in sheet for a, b in zip(sheet[name], right[name], strict=True)):
            result.hidden += 1
            continue
        result.made[slip] += 1
        names = named(mark_step(of.problem, sheet))
        result.named[slip] += SLIPS[slip] in names
        result.first[slip] += names[:1] == [SLIPS[slip]]
    return result


def named(rows: tuple[MarkedRow, ...]) -> list[str]:
    """The slips named at the first wrong figure, the likeliest first."""
    wrong = next((row for row in rows if row.mistakes), None)
    return [mistake.name for mistake in wrong.mistakes] if wrong is not None else []


def main(sheets: int) -> None:
    found = tally(sheets)
    for slip in SLIPS:
        made = max(1, found.made[slip])
        print(f"{slip:36} {found.made[slip]:6,} {found.named[slip] / made:7.1%} {found.first[slip] / made:7.1%}")
    print(f"named {found.share_named:.1%}, first {found.share_first:.1%}; {found.hidden:,} slips do not show")
    print(f"right sheets called wrong: {found.called_wrong} of {found.right:,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
