"""Loss functions, one row each: what they take, their terms, formula, hand-computed example, source.

To add one, add a row to `_ROWS`. A loss of several rows is the mean of the losses of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnlec.activations import DIGITS, ParameterValue, exact_softmax, softmax
from nnlec.errors import unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Terms = Callable[..., "Array"]
ExactTerms = Callable[..., list[Decimal]]


@dataclass(frozen=True)
class LossKind:
    """A row of the registry.

    `terms(predicted, target, **options)` maps two arrays (rows, n) to the terms that sum to each row's loss (their
    mean, for a loss that `averages`). `predicted` holds logits where `takes` is "logits", plain outputs otherwise;
    `from_probabilities` takes given probabilities instead. `exact` and `exact_from_probabilities` do the same for one
    row of decimal numbers, to 60 digits. `term` is one class's term in the letters g, s, f, to put numbers into.
    """

    name: str
    takes: Literal["logits", "outputs"]
    target: Literal["distribution", "each", "real"]
    terms: Terms
    exact: ExactTerms
    formula: str
    latex: str
    example: tuple[tuple[float, ...], tuple[float, ...], float]
    source: str
    term: str = ""
    term_latex: str = ""
    from_probabilities: Terms | None = None
    exact_from_probabilities: ExactTerms | None = None
    averages: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loss:
    """A loss with its options settled."""

    kind: LossKind
    options: Mapping[str, ParameterValue] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.kind.name

    def terms(self, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
        """(rows, n): for cross-entropy -g_i log s_i."""
        function = self.kind.from_probabilities if given_probabilities else self.kind.terms
        assert function is not None
        return function(predicted, target, **self.options)

    def value(self, predicted: Array, target: Array, *, given_probabilities: bool = False) -> Array:
        """(rows,): the loss of each row."""
        terms = self.terms(predicted, target, given_probabilities=given_probabilities)
        total: Array = terms.sum(axis=1)
        return total / terms.shape[1] if self.kind.averages else total

    def exact_terms(
        self, predicted: Sequence[Decimal], target: Sequence[Decimal], *, given_probabilities: bool = False
    ) -> list[Decimal]:
        """The terms of one row of decimal numbers, right to 60 digits."""
        function = self.kind.exact_from_probabilities if given_probabilities else self.kind.exact
        assert function is not None
        return function(predicted, target, **self.options)

    def exact_value(self, terms: Sequence[Decimal]) -> Decimal:
        """The loss that follows from its exact terms."""
        total = sum(terms, Decimal(0))
        return DIGITS.divide(total, Decimal(len(terms))) if self.kind.averages else total


@dataclass(frozen=True)
class LossExample:
    """One example: what was predicted (logits, or probabilities as given), the target g, and the loss between them."""

    loss: Loss
    classes: tuple[str, ...]
    predicted: tuple[float, ...]
    target: tuple[float, ...]
    given_probabilities: bool = False

    @property
    def probabilities(self) -> tuple[float, ...] | None:
        """s for each class: as given, or the softmax of the logits; None for a loss that has none."""
        if self.given_probabilities:
            return self.predicted
        return tuple(softmax(self._row(self.predicted))[0].tolist()) if self.loss.kind.takes == "logits" else None

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


def loss(name: str, options: Mapping[str, ParameterValue] | None = None) -> Loss:
    """The loss of that name or alias. Raises `NnlecError` for an unknown one."""
    kind = _BY_NAME.get(name)
    if kind is None:
        raise unknown("loss", name, LOSSES)
    return Loss(kind, dict(options or {}))


BASES: dict[str, tuple[str, Decimal | None]] = {
    "e": ("ln", None),
    "2": ("log2", Decimal(2)),
    "10": ("log10", Decimal(10)),
}
"""The logarithms a cross-entropy can be measured in: natural (nats), base 2 (bits), base 10."""


def log_softmax(x: Array) -> Array:
    """log of softmax along each row, without going through the probabilities."""
    d = x - np.max(x, axis=1, keepdims=True)
    return np.asarray(d - np.log(np.sum(np.exp(d), axis=1, keepdims=True)))


def cross_entropy_terms(logits: Array, target: Array, base: float = 0.0) -> Array:
    """-g_i log s_i from logits; a class with g_i = 0 adds nothing, whatever its s_i."""
    return _weighted(target, -log_softmax(logits), base)


def cross_entropy(logits: Array, target: Array) -> Array:
    """(rows,): L = -sum_i g_i log s_i of each row, in nats, from logits (rows, classes) and target of the same shape.

    >>> import numpy as np
    >>> cross_entropy(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]))
    array([2000.])
    """
    return np.asarray(cross_entropy_terms(logits, target).sum(axis=1))


def _weighted(target: Array, surprise: Array, base: float) -> Array:
    with np.errstate(invalid="ignore"):
        terms = np.where(target == 0.0, 0.0, target * surprise)
    return terms / np.log(base) if base else terms


def _cross_entropy_given(probabilities: Array, target: Array, base: float = 0.0) -> Array:
    with np.errstate(divide="ignore"):
        return _weighted(target, -np.log(probabilities), base)


def _exact_cross_entropy_given(s: Sequence[Decimal], g: Sequence[Decimal], base: float = 0.0) -> list[Decimal]:
    def term(gi: Decimal, si: Decimal) -> Decimal:
        if gi == 0:
            return Decimal(0)
        if si == 0:
            return Decimal("Infinity")
        t = DIGITS.multiply(gi, -DIGITS.ln(si))
        return DIGITS.divide(t, DIGITS.ln(Decimal(repr(base)))) if base else t

    return [term(gi, si) for gi, si in zip(g, s, strict=True)]


def _exact_cross_entropy(f: Sequence[Decimal], g: Sequence[Decimal], base: float = 0.0) -> list[Decimal]:
    return _exact_cross_entropy_given(exact_softmax(f), g, base)


def _squared(predicted: Array, target: Array) -> Array:
    return np.square(predicted - target)


_ROWS: tuple[LossKind, ...] = (
    LossKind(
        "cross-entropy",
        "logits",
        "distribution",
        cross_entropy_terms,
        _exact_cross_entropy,
        "L = -sum_i g_i log s_i",
        r"L = -\sum_i g_i \log s_i",
        ((0.0, 0.0), (1.0, 0.0), 0.6931471805599453),
        "the lecture; ONNX SoftmaxCrossEntropyLoss",
        term="-g ln s",
        term_latex=r"-g \ln s",
        from_probabilities=_cross_entropy_given,
        exact_from_probabilities=_exact_cross_entropy_given,
        aliases=("ce", "categorical-cross-entropy"),
    ),
    LossKind(
        "mean-squared-error",
        "outputs",
        "real",
        _squared,
        lambda f, g: [(a - b) * (a - b) for a, b in zip(f, g, strict=True)],
        "L = 1/n sum_i (f_i - g_i)^2",
        r"L = \frac{1}{n} \sum_i (f_i - g_i)^2",
        ((1.0, 3.0), (0.0, 0.0), 5.0),
        "scikit-learn mean_squared_error",
        term="(f - g)^2",
        term_latex="(f - g)^2",
        averages=True,
        aliases=("mse",),
    ),
)

LOSSES: dict[str, LossKind] = {row.name: row for row in _ROWS}
_BY_NAME: dict[str, LossKind] = {name: row for row in _ROWS for name in (row.name, *row.aliases)}
