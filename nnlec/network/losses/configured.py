"""A loss with its option values, at work on rows of doubles and on one row of decimal numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nnlec.arithmetic.arrays import real_rows
from nnlec.arithmetic.compensated import finite, two_product, two_sum
from nnlec.arithmetic.decimal_functions import exactly, extra_digits
from nnlec.arithmetic.exact_sum import ExactSum
from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.rounding import in_full
from nnlec.errors import NnlecError
from nnlec.network.activations.rows import BLOCK
from nnlec.network.losses.interface import BASES, CANCELLED, SMOOTHING, WEIGHTS, LossKind, Reduction, loss_formula
from nnlec.network.losses.sums import sum_of_rows, times
from nnlec.network.parameters import Configured, ParameterValue
from nnlec.notation import Formula, call, number, symbol, symbols
from nnlec.notation.formula import renamed
from nnlec.text import counted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnlec.arithmetic.types import Array


class Loss(Configured):
    """A loss with a value for each of its options, which are read-only."""

    kind: LossKind

    @property
    def options(self) -> Mapping[str, ParameterValue]:
        return self.parameters

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
    def term(self) -> Formula:
        """One class's term in its letters g, s, f, the logarithm named by its base; a class weight w stands before."""
        term = renamed(self.kind.term, {"log": BASES[self.base][0]})
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

    def terms(self, predicted: ArrayLike, target: ArrayLike, *, given_probabilities: bool = False) -> Array:
        """(rows, n) of predictions and target, both (rows, n): for cross-entropy -g_i log s_i.

        Raises `NnlecError` where they are no real numbers, or of other shapes.
        """
        f, g = self._rows(predicted, target, given_probabilities)
        with np.errstate(all="ignore"):
            return self._terms(f, g, given_probabilities)

    def value(self, predicted: ArrayLike, target: ArrayLike, *, given_probabilities: bool = False) -> Array:
        """(rows,): the loss of each row, of predictions and target that are both (rows, n).

        The bits of a row's loss are the same beside any other rows. Raises `NnlecError` where the arrays hold no real
        numbers, or are of other shapes.
        """
        f, g = self._rows(predicted, target, given_probabilities)
        height = max(1, BLOCK // max(1, f.shape[1]))
        values = np.empty(len(f))
        with np.errstate(all="ignore"):
            for start in range(0, len(values), height):
                rows = slice(start, start + height)
                values[rows] = self._block_values(f[rows], g[rows], given_probabilities)
        self._compute_again(values, f, g, given_probabilities)
        return values

    def _rows(self, predicted: ArrayLike, target: ArrayLike, given_probabilities: bool) -> tuple[Array, Array]:
        name = "probabilities" if given_probabilities else self.kind.takes
        columns = "classes" if self.kind.target == "distribution" else "outputs"
        f, g = real_rows(predicted, name, columns), real_rows(target, "target", columns)
        if f.shape != g.shape:
            raise NnlecError(f"shape {g.shape}, expected {f.shape}, that of the {name}", where="target")
        return f, g

    def _terms(self, predicted: Array, target: Array, given_probabilities: bool) -> Array:
        function = self._checked(self.kind.from_probabilities if given_probabilities else self.kind.terms)
        terms: Array = function(predicted, self.smoothed(target), **self._own_options())
        return times(self._class_weights(terms.shape[1]), terms) if self.weights else terms

    def _block_values(self, predicted: Array, target: Array, given_probabilities: bool) -> Array:
        total = self.kind.total_from_probabilities if given_probabilities else self.kind.total
        if total is not None:
            values: Array = total(predicted, *self._weighted_target(target), **self._own_options())
            return values
        terms = self._terms(predicted, target, given_probabilities)
        return sum_of_rows(terms) / terms.shape[1] if self.kind.averages else sum_of_rows(terms)

    def _compute_again(self, values: Array, predicted: Array, target: Array, given_probabilities: bool) -> None:
        """Exactly, rounded once: rows of finite numbers where doubles cancel or overflow on the way."""
        unsure = np.isnan(values) if given_probabilities else ~np.isfinite(values)  # a probability may be 0
        for row in np.flatnonzero(unsure).tolist():
            f, g = predicted[row], target[row]
            if np.isfinite(f).all() and np.isfinite(g).all():
                exact = ([Decimal(x) for x in numbers.tolist()] for numbers in (f, g))
                values[row] = float(self.exact_value(self.exact_terms(*exact, given_probabilities=given_probabilities)))

    def smoothed(self, target: Array) -> Array:
        """The target with its label smoothing: (1 - share) g + share / n."""
        return self._smoothed_and_rest(target)[0] if self.smoothing else target

    def _smoothed_and_rest(self, target: Array) -> tuple[Array, Array]:
        """The smoothed target in two doubles."""
        n, share = target.shape[1], np.array([self.smoothing])
        kept, kept_rest = two_sum(np.ones(1), -share)
        even = share / n
        spread, spread_rest = two_product(even, float(n))
        product, lost = two_product(target, kept)
        total, rest = two_sum(product, even)
        return total, rest + (lost + target * kept_rest + ((share - spread) - spread_rest) / n)

    def _weighted_target(self, target: Array) -> tuple[Array, Array | None]:
        """The smoothed target times the class weights and what rounding took from it; None without either."""
        rest: Array | None = None
        if self.smoothing:
            target, rest = self._smoothed_and_rest(target)
        if self.weights:
            weights = self._class_weights(target.shape[1])
            product, lost = two_product(target, weights)
            target, rest = product, lost if rest is None else lost + rest * weights
        return target, None if rest is None else finite(rest)

    def row_weights(self, target: Array) -> Array:
        """(rows,): what a row counts in the mean over rows: 1, or with class weights the weight of its target.

        As in ONNX and PyTorch the weight is the true class's, before smoothing.
        """
        if not self.weights or self.kind.averages:
            return np.ones(target.shape[0])
        with np.errstate(all="ignore"):
            weighted: Array = np.ascontiguousarray(times(self._class_weights(target.shape[1]), target)).sum(axis=1)
        return weighted

    def reduced(self, values: Array, target: Array, reduction: Reduction = "mean") -> float:
        """One number for several rows, as ONNX defines it: a weighted mean divides by the sum of the weights.

        Summed exactly, so that the order and the grouping of rows do not show.
        """
        total, weight = ExactSum(), ExactSum()
        total.add(values)
        if reduction == "sum":
            return total.total()
        weight.add(self.row_weights(target))
        return total.over(weight)

    @exactly
    def exact_terms(
        self, predicted: Sequence[Decimal], target: Sequence[Decimal], *, given_probabilities: bool = False
    ) -> list[Decimal]:
        """The terms of one row of decimal numbers, right to 60 digits (more with `working_precision`)."""
        function = self._checked(self.kind.exact_from_probabilities if given_probabilities else self.kind.exact)
        terms: list[Decimal] = function(predicted, self.exact_smoothed(target), **self._own_options())
        if not self.weights:
            return terms
        weights = self._class_weights(len(terms)).tolist()
        return [Decimal(repr(w)) * term if w else Decimal(0) for w, term in zip(weights, terms, strict=True)]

    @exactly
    def exact_smoothed(self, target: Sequence[Decimal]) -> Sequence[Decimal]:
        """The target with its label smoothing, in decimal numbers."""
        if not self.smoothing:
            return target
        share = Decimal(repr(self.smoothing))
        return [(1 - share) * g + share / len(target) for g in target]

    @exactly
    def exact_value(self, terms: Sequence[Decimal]) -> Decimal:
        """The loss that follows from its exact terms; 0 where all their digits cancel."""
        with extra_digits(CANCELLED) as wide:
            total, size = sum(terms, Decimal(0)), sum(map(abs, terms), Decimal(0))
            if abs(total) < size.scaleb(CANCELLED // 2 - wide.prec):
                total = Decimal(0)
        return total / len(terms) if self.kind.averages else +total

    def derivative(self, predicted: Array, target: Array) -> Array:
        """(rows, n): dL/df of each row's loss, f the logits, outputs or log-probabilities that the loss takes."""
        of, weighted = self._derivative, self.kind.total is not None
        with np.errstate(all="ignore"):
            g = self._weighted_target(target)[0] if weighted else self.smoothed(target)
            slopes: Array = of.function(predicted, g, **self._own_options())
            if self.weights and not weighted:
                slopes = self._class_weights(slopes.shape[1]) * slopes
            return slopes / slopes.shape[1] if self.kind.averages else slopes

    @exactly
    def exact_derivative(self, predicted: Sequence[Decimal], target: Sequence[Decimal]) -> list[Decimal]:
        """dL/df of one row of decimal numbers, right to 60 digits."""
        g, weighted = self.exact_smoothed(target), self.kind.total is not None
        weights = [Decimal(repr(w)) for w in self._class_weights(len(g)).tolist()] if self.weights else None
        if weighted and weights:
            g = [w * gi for w, gi in zip(weights, g, strict=True)]
        slopes: list[Decimal] = self._derivative.exact(predicted, g, **self._own_options())
        if weights and not weighted:
            slopes = [w * slope for w, slope in zip(weights, slopes, strict=True)]
        return [slope / len(slopes) for slope in slopes] if self.kind.averages else slopes

    def derivative_rule(self, target: Sequence[Decimal]) -> Formula:
        """dL/df of an output in the letters g, s, f and the class weight w; `target` is the one with its smoothing."""
        rule, mass = self._derivative.formula, sum(target, Decimal(0))
        if self.weights and self.kind.total is None:
            rule = symbol("w") * rule
        elif self.kind.total is not None:
            w, g, s = symbols("w", "g", "s")
            if self.weights:
                mass = sum((decimal_of(c) * t for c, t in zip(self.weights, target, strict=True)), Decimal(0))
            own = w * g if self.weights else g
            shares = s if mass == 1 else number(in_full(mass)) * s
            rule = -own if self.kind.takes == "log-probabilities" else shares - own
        if self.base != "e":
            rule = rule / call("ln", int(self.base))
        return rule / len(target) if self.kind.averages and len(target) > 1 else rule

    def _own_options(self) -> dict[str, ParameterValue]:
        """The options that the row's functions take; weights and smoothing mean the same for every loss."""
        return {key: value for key, value in self.options.items() if key not in {WEIGHTS.name, SMOOTHING.name}}

    def _class_weights(self, n: int) -> Array:
        if len(self.weights) != n:
            raise NnlecError(
                f"{counted(len(self.weights), 'class weight')} for {counted(n, 'class')}, expected a weight for each"
            )
        return np.array(self.weights)

    def _checked(self, function: Callable[..., Any] | None) -> Callable[..., Any]:
        if function is None:
            raise NnlecError(f"{self.name} takes {self.kind.takes}, not probabilities")
        return function
