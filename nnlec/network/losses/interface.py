"""What a loss is: a row of the registry, the row with its options settled, and one example of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nnlec.arithmetic.compensated import row_sum
from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.errors import NnlecError
from nnlec.network.activations import ActivationKind
from nnlec.network.activations.rows import BLOCK
from nnlec.network.parameters import Parameter, ParameterValue
from nnlec.notation import Formula, equals, over, sigma, subscripted, symbol, where
from nnlec.notation.formula import renamed

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

Terms = Callable[..., "Array"]
ExactTerms = Callable[..., list[Decimal]]
Reduction = Literal["mean", "sum"]

WEIGHTS = Parameter(
    "weights", (), "a weight for each class, which its term is multiplied by", lambda w: w >= 0, "0 or more", True
)
LOGARITHMS = {"e": "ln", "2": "log2", "10": "log10"}
"""The name of the logarithm to each base."""

SMOOTHING = Parameter(
    "label_smoothing",
    0.0,
    "this share of the target is spread evenly over all classes",
    lambda share: 0 <= share <= 1,
    "0 to 1",
)


class LossKind(NamedTuple):
    """A row of the registry.

    `terms(predicted, target, **options)` maps two arrays (rows, n) to the terms that sum to each row's loss (their
    mean, for a loss that `averages`). What `predicted` holds is said by `takes`: the scores before the last
    activation, plain outputs, or log-probabilities; `from_probabilities` takes given probabilities instead. `total`
    and `total_from_probabilities` give (rows,) at once where adding up the terms would cancel or cost time.
    `probabilities` is the activation that makes probabilities of what the loss takes, where it has any. `exact` and
    `exact_from_probabilities` do the same for one row of decimal numbers, to 60 digits. `term` is one class's term in
    the letters g, s, f, to put numbers into; its logarithm is "log". `meaning` says what a letter of it stands for.
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


@dataclass(frozen=True)
class Loss:
    """A loss with its options settled."""

    kind: LossKind
    options: Mapping[str, ParameterValue] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def weights(self) -> tuple[float, ...]:
        """A weight for each class, or () where none are given."""
        given = self.options.get(WEIGHTS.name, ())
        assert not isinstance(given, str)
        return given if isinstance(given, tuple) else (given,)

    @property
    def smoothing(self) -> float:
        given = self.options.get(SMOOTHING.name, 0.0)
        assert isinstance(given, float)
        return given

    @property
    def plain(self) -> Loss:
        """The same loss without class weights and label smoothing: what a term is before them."""
        return Loss(self.kind, self._own_options())

    @property
    def term(self) -> Formula:
        """One class's term in its letters g, s, f, the logarithm named by its base; a class weight w stands before."""
        term = renamed(self.kind.term, {"log": LOGARITHMS[self.base]})
        if not self.weights:
            return term
        return -(symbol("w") * term.operands[0]) if term.operation == "negative" else symbol("w") * term

    @property
    def formula(self) -> Formula:
        """L as the sum, or the mean, of its terms over the classes i."""
        return loss_formula(self.term, averages=self.kind.averages, meaning=self.kind.meaning)

    @property
    def base(self) -> str:
        """The base of the logarithm: "e", "2" or "10"."""
        return str(self.options.get("base", "e"))

    def terms(self, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
        """(rows, n): for cross-entropy -g_i log s_i."""
        function = self._checked(self.kind.from_probabilities if given_probabilities else self.kind.terms)
        terms: Array = function(predicted, self.smoothed(target), **self._own_options())
        return terms * self._class_weights(terms.shape[1]) if self.weights else terms

    def value(self, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
        """(rows,): the loss of each row."""
        height = max(1, BLOCK // max(1, predicted.shape[1]))
        values = np.empty(len(predicted))
        for start in range(0, len(values), height):
            rows = slice(start, start + height)
            values[rows] = self._block_values(predicted[rows], target[rows], given_probabilities)
        return values

    def _block_values(self, predicted: Array, target: Array, given_probabilities: bool) -> Array:
        total = self.kind.total_from_probabilities if given_probabilities else self.kind.total
        if total is not None and not self.weights:
            values: Array = total(predicted, self.smoothed(target), **self._own_options())
            return values
        terms = self.terms(predicted, target, given_probabilities=given_probabilities)
        return sum_of_rows(terms) / terms.shape[1] if self.kind.averages else sum_of_rows(terms)

    def smoothed(self, target: Array) -> Array:
        """The target with its label smoothing: (1 - share) g + share / n."""
        share = self.smoothing
        return (1.0 - share) * target + share / target.shape[1] if share else target

    def row_weights(self, target: Array) -> Array:
        """(rows,): what a row counts in the mean over rows: 1, or with class weights the weight of its target.

        As in ONNX and PyTorch the weight is the true class's, before smoothing.
        """
        if not self.weights or self.kind.averages:
            return np.ones(target.shape[0])
        weighted: Array = np.ascontiguousarray(target * self._class_weights(target.shape[1])).sum(axis=1)
        return weighted

    def reduced(self, values: Array, target: Array, reduction: Reduction = "mean") -> float:
        """One number for several rows, as ONNX defines it: a weighted mean divides by the sum of the weights.

        Summed exactly, so that the order and the grouping of rows do not show.
        """
        if reduction == "sum":
            return _sum(values)
        return _sum(values) / _sum(self.row_weights(target)) if values.size else math.nan

    def exact_terms(
        self, predicted: Sequence[Decimal], target: Sequence[Decimal], *, given_probabilities: bool = False
    ) -> list[Decimal]:
        """The terms of one row of decimal numbers, right to 60 digits."""
        function = self._checked(self.kind.exact_from_probabilities if given_probabilities else self.kind.exact)
        with localcontext(DIGITS):
            terms: list[Decimal] = function(predicted, self.exact_smoothed(target), **self._own_options())
            if not self.weights:
                return terms
            weights = self._class_weights(len(terms)).tolist()
            return [Decimal(repr(w)) * term if w else Decimal(0) for w, term in zip(weights, terms, strict=True)]

    def exact_smoothed(self, target: Sequence[Decimal]) -> Sequence[Decimal]:
        """The target with its label smoothing, in decimal numbers."""
        if not self.smoothing:
            return target
        share = Decimal(repr(self.smoothing))
        with localcontext(DIGITS):
            return [(1 - share) * g + share / len(target) for g in target]

    def exact_value(self, terms: Sequence[Decimal]) -> Decimal:
        """The loss that follows from its exact terms."""
        with localcontext(DIGITS):
            total = sum(terms, Decimal(0))
            return total / len(terms) if self.kind.averages else total

    def _own_options(self) -> dict[str, ParameterValue]:
        """The options that the row's functions take; weights and smoothing mean the same for every loss."""
        return {key: value for key, value in self.options.items() if key not in {WEIGHTS.name, SMOOTHING.name}}

    def _class_weights(self, n: int) -> Array:
        if len(self.weights) != n:
            raise NnlecError(f"{len(self.weights)} class weights for {n} classes, expected a weight for each")
        return np.array(self.weights)

    def _checked(self, function: Callable[..., Any] | None) -> Callable[..., Any]:
        if function is None:
            raise NnlecError(f"{self.name} takes {self.kind.takes}, not probabilities")
        return function


def loss_formula(term: Formula, *, averages: bool, meaning: Formula | None = None) -> Formula:
    """L = sum_i term_i, or 1/n of it; a minus in front of every term stands before the sum."""
    indexed = subscripted(term, "i", ("g", "s", "f", "w"))
    minus = indexed.operation == "negative"
    total = sigma("i", indexed.operands[0] if minus else indexed)
    total = over(1, symbol("n")) * total if averages else total
    formula = equals(symbol("L"), -total if minus else total)
    return formula if meaning is None else where(formula, subscripted(meaning, "i", ("f", "s")))


class LossExample(NamedTuple):
    """One example: what was predicted (logits, or probabilities as given), the target g, and the loss between them."""

    loss: Loss
    classes: tuple[str, ...]
    predicted: tuple[float, ...]
    target: tuple[float, ...]
    given_probabilities: bool = False

    @property
    def probabilities(self) -> tuple[float, ...] | None:
        """s for each class, as given or as they follow from the logits; None for a loss that has none."""
        if self.given_probabilities:
            return self.predicted
        squash = self.loss.kind.probabilities
        return tuple(squash.function(self._row(self.predicted))[0].tolist()) if squash else None

    @property
    def terms(self) -> tuple[float, ...]:
        row = self.loss.terms(
            self._row(self.predicted), self._row(self.target), given_probabilities=self.given_probabilities
        )
        return tuple(row[0].tolist())

    @property
    def value(self) -> float:
        row = self.loss.value(
            self._row(self.predicted), self._row(self.target), given_probabilities=self.given_probabilities
        )
        return float(row[0])

    @staticmethod
    def _row(values: tuple[float, ...]) -> Array:
        return np.array([values], dtype=np.float64)


def sum_of_rows(terms: Array, small: Array | float = 0.0) -> Array:
    """(rows,): the sum of terms + small along each row, rounded once, whatever the order."""
    terms = np.ascontiguousarray(terms)
    largest = np.max(np.abs(terms), axis=1, keepdims=True, initial=0.0)
    if not np.isfinite(largest).all():
        plain: Array = terms.sum(axis=1)
        return plain
    return row_sum(terms, np.frexp(largest)[1], small)[0][:, 0]


def _sum(values: Array) -> float:
    try:
        return math.fsum(values.tolist())
    except (OverflowError, ValueError):  # beyond the largest double on the way, or inf - inf
        return float(values.sum())
