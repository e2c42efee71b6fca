"""What an activation is: a row of the registry, and the row with its parameter values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from nnlec.arithmetic.arrays import real_rows
from nnlec.arithmetic.decimal_functions import exactly
from nnlec.arithmetic.lazy_numpy import np
from nnlec.errors import NnlecError
from nnlec.named import NamedTuple
from nnlec.network.parameters import Configured, Parameter
from nnlec.notation import Formula, number
from nnlec.text import counted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnlec.arithmetic.types import Array

ExactFunction = Callable[..., list[Decimal]]

Carry = Callable[[Decimal], Decimal]
"""What is gone on with: the number itself, or a rounded one."""

Gives = Literal["score", "amount", "probability", "distribution", "decision"]
"""What a classifier's outputs are after it: scores of any sign, amounts from 0, a probability for each class by itself,
a distribution over the classes, or a decision without probabilities."""


class Derivative(NamedTuple):
    """How an activation changes with what goes into it, or a loss (`LossKind` says how its functions differ).

    Of one number: `function(x, **parameters)` maps (rows, units) to g'(x) of the same shape, and `exact` does so for
    one row of decimal numbers, to 60 digits; `formula` has the letters x, and y for g(x). Of a whole row:
    `function(x, upstream, **parameters)` is upstream times the Jacobian, (rows, units), without cancellation, and
    `exact(row, upstream, **parameters)` the same for one row of decimal numbers; `formula` is an entry of the Jacobian,
    of y_i by x_j. `corner` says what is taken where there is no derivative.
    """

    function: Callable[..., Array]
    exact: Callable[..., list[Decimal]]
    formula: Formula
    source: str
    corner: str = ""


class ActivationKind(NamedTuple):
    """A row of the registry; it pickles and copies by its name.

    `function(x, **parameters)` maps an array (rows, units) to one of the same shape; with `takes_out` it also takes
    `out`, and writes its result there. `exact` does the same for one row of decimal numbers, to 60 digits, whatever the
    caller's decimal context. Where paper writes numbers on the way, `carried(row, carry, **parameters)` goes on with
    what `carry` makes of each. `example` is worked by hand: inputs and outputs at the default parameters. `note` says
    where another library's default differs. Where the outputs are probabilities or their logarithms, their logits are
    the pre-activation divided by `logit_scale(**parameters)`.
    """

    name: str
    function: Callable[..., Array]
    exact: ExactFunction
    formula: Formula
    example: tuple[tuple[float, ...], tuple[float, ...]]
    source: str
    output_range: str
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    pointwise: bool = True
    note: str = ""
    logit_scale: Callable[..., float] | None = None
    takes_out: bool = False
    gives: Gives = "score"
    derivative: Derivative | None = None
    carried: Callable[..., Sequence[Decimal]] | None = None

    def in_steps(self, row: Sequence[Decimal], carry: Carry, **parameters: object) -> tuple[Decimal, ...]:
        """`exact`, with `carry` applied to each number that paper writes before it is used again."""
        if self.carried is None:
            return tuple(map(carry, self.exact(row, **parameters)))
        return tuple(self.carried(row, carry, **parameters))

    def __reduce__(self) -> tuple[Callable[[str], ActivationKind], tuple[str]]:
        return _row_named, (self.name,)


def _row_named(name: str) -> ActivationKind:
    from nnlec.network.activations import ACTIVATIONS

    return ACTIVATIONS[name]


class Activation(Configured):
    """An activation with a value for each of its parameters: what a layer carries. The parameters are read-only."""

    kind: ActivationKind

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return self.kind.formula.operation == "symbol"

    @property
    def logit_scale(self) -> float | None:
        """logits = pre-activation / logit_scale; None where the outputs are no probabilities."""
        return self.kind.logit_scale(**self.parameters) if self.kind.logit_scale else None

    def __call__(self, pre_activation: ArrayLike) -> Array:
        """g of an array (rows, units): at infinity its limit where there is one, NaN of NaN.

        Raises `NnlecError` for any other shape, and for what holds no real numbers.
        """
        x = real_rows(pre_activation, self.name, "units")
        self.check_units(x.shape[1])
        with np.errstate(all="ignore"):
            return self._function(np.ascontiguousarray(x))  # the sums of a row depend on how it lies in memory

    def apply(self, x: Array, out: Array | None = None) -> Array:
        """g of contiguous rows (rows, units) without a negative zero, unchecked: for products inside a forward pass.

        Given `out`, which may be `x` itself, the result may be written there: new memory takes longer to get than a
        relu takes. The caller silences floating-point warnings.
        """
        return self._function(x, out=out) if self.kind.takes_out else self._function(x)

    @cached_property
    def _function(self) -> Callable[..., Array]:
        return partial(self.kind.function, **self.parameters) if self.parameters else self.kind.function

    def exact(self, row: Sequence[Decimal]) -> list[Decimal]:
        """g of one row of decimal numbers, right to 60 digits (more with `working_precision`)."""
        self.check_units(len(row))
        return self.kind.exact(row, **self.parameters)

    def in_steps(self, row: Sequence[Decimal], carry: Carry) -> tuple[Decimal, ...]:
        """`exact`, with `carry` applied to each number that paper writes before it is used again."""
        self.check_units(len(row))
        return self.kind.in_steps(row, carry, **self.parameters)

    def backward(self, pre_activation: Array, upstream: Array) -> Array:
        """dL/dz of contiguous rows (rows, units), from z and dL/dy of the same shape."""
        with np.errstate(all="ignore"):
            if not self.kind.pointwise:
                changed: Array = self._derivative.function(pre_activation, upstream, **self.parameters)
                return changed
            return np.asarray(upstream * self._derivative.function(pre_activation, **self.parameters))

    def slopes(self, row: Sequence[Decimal]) -> list[Decimal]:
        """g' of one row of decimal numbers, right to 60 digits, for an activation of one number."""
        self.check_units(len(row))
        return self._derivative.exact(row, **self.parameters)

    @exactly
    def exact_backward(self, row: Sequence[Decimal], upstream: Sequence[Decimal]) -> list[Decimal]:
        """dL/dz of one row of decimal numbers, from z and dL/dy."""
        if self.kind.pointwise:
            return [slope * up for slope, up in zip(self.slopes(row), upstream, strict=True)]
        return self._derivative.exact(row, upstream, **self.parameters)

    def at_unit(self, unit: int) -> Activation:
        """The same for one unit alone: of parameters that differ from unit to unit, that unit's."""
        own = {name: value[unit] if isinstance(value, tuple) else value for name, value in self.parameters.items()}
        return Activation(self.kind, own)

    def check_units(self, units: int) -> None:
        """Raises `NnlecError` when a parameter's numbers, one for each unit, are not as many as the units."""
        for name, value in self.parameters.items():
            if isinstance(value, tuple) and len(value) != units:
                given = counted(len(value), "number")
                raise NnlecError(f"{self.name}: {name} has {given}, but the layer has {counted(units, 'unit')}")


NO_SLOPE = Derivative(
    lambda x, *_, **__: np.zeros_like(x),
    lambda row, *_, **__: [Decimal(0)] * len(row),
    number("0"),
    "by hand",
    "0 everywhere, also where it jumps: nothing is learned through it",
)
"""Of what is the same everywhere but where it jumps."""


def each(function: Callable[..., Decimal]) -> ExactFunction:
    """The exact function of a row from that of one number."""

    @exactly
    def exact(row: Sequence[Decimal], **parameters: float) -> list[Decimal]:
        written = {name: Decimal(repr(value)) for name, value in parameters.items()}
        return [function(x, **written) for x in row]

    return exact


def times_share(x: Decimal, share: Decimal) -> Decimal:
    """x times a share of 0 or more: a share of 0 wins over an infinite x, as in the limit."""
    return x * share if share else Decimal(0).copy_sign(x)
