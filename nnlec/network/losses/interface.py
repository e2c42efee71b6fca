"""What a loss is: a row of the registry."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from nnlec.named import NamedTuple
from nnlec.network.activations import ActivationKind, Derivative
from nnlec.network.parameters import FROM_0, Parameter
from nnlec.notation import Formula, equals, over, sigma, subscripted, symbol, where

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

Terms = Callable[..., "Array"]
ExactTerms = Callable[..., list[Decimal]]
Reduction = Literal["mean", "sum"]

WEIGHTS = Parameter("weights", (), "a weight for each class, which its term is multiplied by", *FROM_0, several=True)
SMOOTHING = Parameter(
    "label_smoothing",
    0.0,
    "this share of the target is spread evenly over all classes",
    lambda share: 0 <= share <= 1,
    "0 to 1",
)


BASES: dict[str, tuple[str, Decimal | None]] = {
    "e": ("ln", None),
    "2": ("log2", Decimal(2)),
    "10": ("log10", Decimal(10)),
}
"""The logarithms a cross-entropy can be measured in: natural (nats), base 2 (bits), base 10."""

CANCELLED = 60
"""Digits that may cancel in the exact sum of a loss's terms; doubles that differ lose half as many at most."""


class LossKind(NamedTuple):
    """A row of the registry; it pickles and copies by its name.

    `terms(predicted, target, **options)` maps two arrays (rows, n) to the terms that sum to each row's loss (their
    mean, for a loss that `averages`). What `predicted` holds is said by `takes`: the scores before the last
    activation, plain outputs, or log-probabilities; `from_probabilities` takes given probabilities instead.

    `total(predicted, target, rest, **options)` and `total_from_probabilities` compute the row sums (rows,) directly,
    for accuracy or speed. Only losses whose terms are multiples of the target have a `total` and class weights: their
    weights and smoothing are in the target, and `rest`, where it is not None, is what rounding took from that. A sum
    of NaN from finite numbers is computed again, exactly.

    `probabilities` is the activation that makes probabilities of what the loss takes, where it has any. `exact` and
    `exact_from_probabilities` give the terms of one row of decimal numbers, to 60 digits. `term` is one class's term
    in the letters g, s, f, to put numbers into; its logarithm is "log". `meaning` says what a letter of it stands for.

    `derivative` is how the sum of the terms changes with each number that was predicted, a function of both arrays
    too; the target of a loss that has a `total` has its class weights in it then.
    """

    name: str
    takes: Literal["logits", "outputs", "log-probabilities"]
    target: Literal["distribution", "each", "real", "sign"]
    terms: Terms
    exact: ExactTerms
    term: Formula
    example: tuple[tuple[float, ...], tuple[float, ...], float]
    source: str
    meaning: Formula | None = None
    total: Terms | None = None
    total_from_probabilities: Terms | None = None
    from_probabilities: Terms | None = None
    exact_from_probabilities: ExactTerms | None = None
    probabilities: ActivationKind | None = None
    averages: bool = False
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    derivative: Derivative | None = None

    def __reduce__(self) -> tuple[Callable[[str], LossKind], tuple[str]]:
        return _row_named, (self.name,)


def _row_named(name: str) -> LossKind:
    from nnlec.network.losses import LOSSES

    return LOSSES[name]


def loss_formula(term: Formula, *, averages: bool, meaning: Formula | None = None) -> Formula:
    """L = sum_i term_i, or 1/n of it; a minus in front of every term stands before the sum."""
    indexed = subscripted(term, "i", ("g", "s", "f", "w"))
    minus = indexed.operation == "negative"
    total = sigma("i", indexed.operands[0] if minus else indexed)
    total = over(1, symbol("n")) * total if averages else total
    formula = equals(symbol("L"), -total if minus else total)
    return formula if meaning is None else where(formula, subscripted(meaning, "i", ("f", "s")))
