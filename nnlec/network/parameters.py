"""Parameters of an activation or a loss: declared on its registry row, validated and completed by defaults here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError, unknown
from nnlec.named import NamedTuple

if TYPE_CHECKING:
    from nnlec.network.activations.interface import Derivative

ParameterValue = float | str | tuple[float, ...]

ANY_NUMBER = "any number"

Range = tuple[Callable[[float], bool], str]
"""Which numbers pass, and that in words."""

FROM_0: Range = (lambda number: number >= 0, "0 or more")
ABOVE_0: Range = (lambda number: number > 0, "more than 0")


class Parameter(NamedTuple):
    """A parameter: leaky_relu's alpha, step's value at 0, the base of a cross-entropy's logarithm.

    Every number must pass `allowed`; `range` says in words what passes. With `several` a number for each unit or class
    may be given in place of one for all; with `choices` the value is one of these words.
    """

    name: str
    default: ParameterValue
    meaning: str
    allowed: Callable[[float], bool] = math.isfinite
    range: str = ANY_NUMBER
    several: bool = False
    choices: tuple[str, ...] = ()

    def validate(self, owner: str, value: ParameterValue) -> ParameterValue:
        """`value` in the form that the row's functions take: a word, or one or several floats.

        Raises `NnlecError` where it is out of range or of the wrong kind.
        """
        if self.choices:
            word = f"{value:g}" if isinstance(value, int | float) else value
            if word not in self.choices:
                raise NnlecError(f"{owner}: {self.name} is {_shown(value)}, expected {' or '.join(self.choices)}")
            return word
        many = isinstance(value, tuple)
        if isinstance(value, str) or (many and not self.several):
            raise NnlecError(f"{owner}: {self.name} is {_shown(value)}, expected one number")
        numbers = tuple(float(number) for number in (value if isinstance(value, tuple) else (value,)))
        for number in numbers:
            if not self.allowed(number):
                raise NnlecError(f"{owner}: {self.name} is {number:g}, expected {self.range}")
        return numbers if many else numbers[0]


class Configured:
    """A row of a registry with a value for each of its parameters; it cannot be changed."""

    __match_args__ = ("kind", "parameters")
    kind: Any
    parameters: Mapping[str, ParameterValue]

    def __init__(self, kind: Any, parameters: Mapping[str, ParameterValue] = MappingProxyType({})) -> None:
        vars(self).update(kind=kind, parameters=MappingProxyType(dict(parameters)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of {self!r} cannot be set")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((self.name, *self.parameters.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.kind, dict(self.parameters))

    def __repr__(self) -> str:
        parameters = f", {dict(self.parameters)}" if self.parameters else ""
        return f"{type(self).__name__}({self.name!r}{parameters})"

    @property
    def name(self) -> str:
        return str(self.kind.name)

    @property
    def _derivative(self) -> Derivative:
        found: Derivative | None = self.kind.derivative
        if found is None:
            raise NnlecError(f"{self.name} has no derivative")
        return found


def resolve_parameters(
    owner: str, parameters: Sequence[Parameter], given: Mapping[str, ParameterValue] | None
) -> dict[str, ParameterValue]:
    """Every parameter's value, as given or by default.

    Raises `NnlecError` for a parameter that `owner` has not, and for a value out of its range.

    >>> alpha = Parameter("alpha", 0.01, "slope below 0", lambda a: a >= 0, "0 or more")
    >>> resolve_parameters("leaky_relu", [alpha], {"alpha": 0.3}), resolve_parameters("leaky_relu", [alpha], None)
    ({'alpha': 0.3}, {'alpha': 0.01})
    """
    rest = dict(given or {})
    values = {p.name: p.validate(owner, rest.pop(p.name, p.default)) for p in parameters}
    if rest:
        if not parameters:
            raise NnlecError(f"{owner} takes no parameters, but {', '.join(rest)} is given")
        raise unknown(f"parameter of {owner}", next(iter(rest)), [p.name for p in parameters])
    return values


def _shown(value: ParameterValue) -> str:
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    return repr(value[:40]) if isinstance(value, str) else f"{value:g}"
