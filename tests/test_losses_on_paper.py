"""The formula of a loss, as it is printed, gives the numbers of the loss."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from nnlec.network.losses import LOSSES, loss
from nnlec.notation import operand, put_in, text
from tests.relations import Exact, evaluated
from tests.test_losses_oracle import Options, cases, predictions, targets

CORNERS = {"each": [0.0, 1.0, 0.0, 1.0], "sign": [1.0, -1.0, 1.0, -1.0], "real": [0.5, 1.0, -1.0, 0.0]}
"""Targets beside the predictions 1, -1, 0 and 0.3."""


@pytest.mark.parametrize(("name", "options"), [case.values[:2] for case in cases() if not case.values[2]], ids=str)
def test_the_term_on_paper_gives_the_terms(name: str, options: Options) -> None:
    random = np.random.default_rng(13)
    chosen = loss(name, options)
    squash = chosen.kind.probabilities
    pairs = [(predictions(name, False, random).round(3), targets(name, random).round(3)) for _ in range(2)]
    if LOSSES[name].target in CORNERS:
        pairs.append((np.array([1.0, -1.0, 0.0, 0.3]), np.array(CORNERS[LOSSES[name].target])))
    for row, target in pairs:
        f, g = ([Decimal(repr(x)) for x in numbers.tolist()] for numbers in (row, target))
        s = squash.exact(f) if squash else f
        of_classes = zip(f, chosen.exact_smoothed(g), s, chosen.weights or (1.0,) * 4, strict=True)
        for term, letters in zip(chosen.exact_terms(f, g), of_classes, strict=True):
            if name == "kl-divergence" and not letters[1]:
                continue  # 0 ln 0
            values = {"delta": options.get("delta"), **dict(zip("fgsw", letters, strict=True))}
            numbers = {key: operand(str(value).lower()) for key, value in values.items()}
            found = evaluated(text(put_in(chosen.term, numbers)), Exact())
            value = mpmath.mpf(found.numerator) / found.denominator if isinstance(found, Fraction) else found
            assert mpmath.almosteq(value, mpmath.mpf(str(term)), 1e-40, 1e-40), letters


@pytest.mark.parametrize(
    ("name", "options", "formula"),
    [
        ("cross-entropy", {"weights": (1.0, 3.0), "base": "2"}, "L = -sum_i w_i g_i log2 s_i"),
        ("kl-divergence", {"base": "10"}, "L = sum_i g_i log10(g_i / s_i)"),
        ("nll", {"weights": (1.0, 3.0)}, "L = -sum_i w_i g_i f_i, where f_i = ln s_i"),
        ("bce", {"weights": (1.0, 3.0)}, "L = 1/n sum_i w_i (-g_i ln s_i - (1 - g_i) ln(1 - s_i))"),
        ("sse", {}, "L = sum_i (f_i - g_i)^2"),
        ("hinge", {}, "L = 1/n sum_i max(0, 1 - g_i f_i)"),
    ],
)
def test_the_formula_of_a_loss(name: str, options: Options, formula: str) -> None:
    assert text(loss(name, options).formula) == formula
