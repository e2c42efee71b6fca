"""What an activation is: a row of the registry, and the row with its parameters settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nnlec.arithmetic.decimal_functions import DIGITS
from nnlec.errors import NnlecError
from nnlec.network.parameters import Parameter, ParameterValue
from nnlec.notation import Formula

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

Exact = Callable[..., list[Decimal]]

Gives = Literal["score", "amount", "probability", "distribution", "decision"]
"""What a classifier's outputs are after it: scores of any sign, amounts from 0, a probability for each class by itself,
a distribution over the classes, or a decision without probabilities."""


class ActivationKind(NamedTuple):
    """A row of the registry.

    `function(x, **parameters)` maps an array (rows, units) to one of the same shape. `exact` does the same for
    one row of decimal numbers, to 60 digits. `example` is worked by hand: inputs and outputs at the default
    parameters. `note` says where another library's default differs. Where the outputs are probabilities, or their
    logarithms, `divisor(**parameters)` is what the pre-activation over it is the logits of. `takes_out`: the function
    writes its result where it is told to.
    """

    name: str
    function: Callable[..., Array]
    exact: Exact
    formula: Formula
    example: tuple[tuple[float, ...], tuple[float, ...]]
    source: str
    output_range: str
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    pointwise: bool = True
    note: str = ""
    divisor: Callable[..., float] | None = None
    takes_out: bool = False
    gives: Gives = "score"


@dataclass(frozen=True)
class Activation:
    """An activation with its parameters settled: what a layer carries."""

    kind: ActivationKind
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def is_identity(self) -> bool:
        """Whether it changes nothing."""
        return self.kind.formula.operation == "symbol"

    @property
    def divisor(self) -> float | None:
        """The pre-activation divided by this is the logits of the probabilities that come out; None for no such."""
        return self.kind.divisor(**self.parameters) if self.kind.divisor else None

    def __call__(self, pre_activation: Array) -> Array:
        """g applied to (rows, units): at infinity the limit where there is one, and nan only of nan.

        Sums along a row depend on how it lies in memory, so that it is always laid out the same.
        """
        self.check_units(pre_activation.shape[1])
        with np.errstate(all="ignore"):
            return self._function(np.ascontiguousarray(pre_activation, dtype=np.float64))

    def into(self, product: Array, out: Array) -> Array:
        """The same of (rows, units) as `multiply` gives them, with no negative zero; perhaps in `out`.

        `out` may be the product itself: new memory takes longer to get than a relu takes. It is for the caller to
        ignore floating-point warnings.
        """
        return self._function(product, out=out) if self.kind.takes_out else self._function(product)

    @cached_property
    def _function(self) -> Callable[..., Array]:
        return partial(self.kind.function, **self.parameters) if self.parameters else self.kind.function

    def exact(self, row: Sequence[Decimal]) -> list[Decimal]:
        """g applied to one row of decimal numbers, right to 60 digits, whatever the precision around it."""
        self.check_units(len(row))
        with localcontext(DIGITS):
            return self.kind.exact(row, **self.parameters)

    def at_unit(self, unit: int) -> Activation:
        """The same for one unit alone: of parameters that differ from unit to unit, that unit's."""
        own = {name: value[unit] if isinstance(value, tuple) else value for name, value in self.parameters.items()}
        return Activation(self.kind, own)

    def check_units(self, units: int) -> None:
        """Raises `NnlecError` when a parameter's numbers, one for each unit, are not as many as the units."""
        for name, value in self.parameters.items():
            if isinstance(value, tuple) and len(value) != units:
                raise NnlecError(f"{self.name}: {name} has {len(value)} numbers, but the layer has {units} units")


def each(function: Callable[..., Decimal]) -> Exact:
    """The exact function of a row from that of one number."""

    def exact(row: Sequence[Decimal], **parameters: float) -> list[Decimal]:
        written = {name: Decimal(repr(value)) for name, value in parameters.items()}
        return [function(x, **written) for x in row]

    return exact
