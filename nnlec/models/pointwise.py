"""Runs of operators that work number by number: kept as expressions, and recognised by what they compute.

Exporters spell an activation in many ways, x * sigmoid(x) or 0.5 * x * (1 + erf(x / 1.414)). All are functions of one
number: they are worked out at many places and compared with the activations that there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import erf, prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlec.errors import NnlecError
from nnlec.models.assembly import activation_of
from nnlec.network.activations import ACTIVATIONS, Activation

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

MOST_SPREAD = 10_000_000
"""Numbers of a row on which a smaller constant is laid."""
MOST_PARTS = 64
"""Operators in one run."""
MOST_WAITING = 200
"""Operators, one behind the other, that may wait for a layer to be made of them."""
ARRANGED = ("transpose", "reshape", "average_pool", "max_pool")
"""The operators in which numbers of a row meet, or change their places: see arranged.py."""
_BOOLEAN = {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "Not", "And", "Or"}
"""The operators that give true and false."""


@dataclass(eq=False)
class Expression:
    """What one operator gives; a leaf without an operator is what a layer gives (`number`), of that shape.

    `arguments` are parts and constants. `uses` is how many operators and outputs take it.
    """

    shape: tuple[int, ...]
    operator: str = ""
    arguments: tuple[Expression | Array, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    uses: int = 0
    number: int | None = None
    node: Any = None
    waiting: int = field(default=0, init=False)
    """Operators, one behind the other, from the last layer to this one."""

    def __post_init__(self) -> None:
        """Raises `NnlecError` where too many operators wait: each of them is followed back to the last layer."""
        self.waiting = 1 + max((each.waiting for each in self.parts if each.number is None), default=0)
        if self.waiting > MOST_WAITING:
            raise self.node.error(f"more than {MOST_WAITING} operators without a layer between them")

    @property
    def parts(self) -> tuple[Expression, ...]:
        return tuple(each for each in self.arguments if isinstance(each, Expression))

    @cached_property
    def is_arranged(self) -> bool:
        """Whether numbers of a row meet, or change their places, in it."""
        return self.number is None and (self.operator in ARRANGED or any(each.is_arranged for each in self.parts))

    @property
    def is_boolean(self) -> bool:
        """Whether it gives true and false."""
        return self.number is None and self.operator in _BOOLEAN

    def as_numbers(self, node: Any) -> Expression:
        """The same, 1 for true and 0 for false."""
        return Expression(self.shape, "Cast", (self,), node=node) if self.is_boolean else self

    @cached_property
    def is_uniform(self) -> bool:
        """Whether its constants are single numbers, so that it is the same function at every place."""
        return all(isinstance(each, Expression) or each.size == 1 for each in self.arguments)

    def through(self, start: Expression) -> list[Expression] | None:
        """The parts from `start` (left out) to this one, each after those it takes; None if some other leaf counts."""
        found: dict[int, Expression] = {}
        waiting: list[tuple[Expression, bool]] = [(self, False)]
        while waiting:
            part, done = waiting.pop()
            if id(part) in found or part is start:
                continue
            if done:
                found[id(part)] = part
            elif part.number is not None or len(found) > MOST_PARTS:
                return None
            else:
                waiting.append((part, True))
                waiting += [(each, False) for each in part.parts]
        return list(found.values())

    def cuts(self) -> Iterator[tuple[Expression, list[Expression]]]:
        """Parts that everything passes through, the farthest first, each with the parts behind it."""
        before: dict[int, Expression] = {}
        waiting = list(self.parts)
        while waiting and len(before) <= MOST_PARTS:
            part = waiting.pop()
            if id(part) not in before:
                before[id(part)] = part
                waiting += part.parts if part.number is None else ()
        runs = [(part, run) for part in before.values() if (run := self.through(part)) is not None]
        return iter(sorted(runs, key=lambda each: -len(each[1])))


def is_closed(start: Expression, run: list[Expression]) -> bool:
    """Whether nothing outside the run takes what `start` and the parts within give."""
    taken = Counter(id(each) for part in run for each in part.parts)
    return all(taken[id(part)] == part.uses for part in (start, *run[:-1]))


class MadeLayer(NamedTuple):
    """A layer of that kind, with its values."""

    kind: str
    values: Mapping[str, object]


class Recognised(NamedTuple):
    """What a run is: steps that are scalings, (step, numbers), activations, and layers of their own."""

    steps: tuple[tuple[str, Array] | Activation | MadeLayer, ...]


def recognised(start: Expression, run: list[Expression]) -> Recognised | None:
    """What the run computes of `start`, as scalings and activations; None where nothing known does."""
    if any(each.shape != start.shape or each.operator in ARRANGED for each in run):
        return None
    if len(run) == 1 and (found := _single(start, run[0])) is not None:
        return found
    if not all(each.is_uniform for each in run):
        return None
    return _by_value(lambda x: _evaluated(start, run, x))


def _single(start: Expression, part: Expression) -> Recognised | None:
    """An operator by itself: a scaling, or an activation with its parameters."""
    if part.operator in DIRECT:
        name, names = DIRECT[part.operator]
        given = {ours: part.parameters[theirs] for theirs, ours in names.items()}
        return Recognised((activation_of(name, given),))
    if part.operator == "Neg":
        return Recognised((_MINUS,))
    if len(part.parts) != 1 or len(part.arguments) != 2:
        return None
    first = part.arguments[0] is start
    constant = part.arguments[1] if first else part.arguments[0]
    assert not isinstance(constant, Expression)
    if part.operator == "PRelu" and first:
        slopes: list[float] = spread(constant, part.shape).ravel().tolist()
        alpha = slopes[0] if len(set(slopes)) == 1 else tuple(slopes)
        return Recognised((Activation(ACTIVATIONS["prelu"], {"alpha": alpha}),))
    step = {"Add": "add", "Mul": "multiply", "Sub": "subtract", "Div": "divide"}.get(part.operator)
    if step is None or (step == "divide" and not (first and constant.all())):
        return None
    numbers = spread(constant, part.shape)
    return Recognised((_MINUS, ("add", numbers)) if step == "subtract" and not first else ((step, numbers),))


_MINUS: tuple[str, Array] = ("multiply", np.array(-1.0))


def spread(numbers: np.ndarray, shape: tuple[int, ...]) -> Array:
    """Constants that are laid on rows of a shape: one number, or one for each unit."""
    if numbers.size == 1:
        return np.asarray(numbers, dtype=np.float64).reshape(())
    if prod(shape) > MOST_SPREAD:
        raise NnlecError(f"a constant laid on {prod(shape):,} numbers, the limit is {MOST_SPREAD:,}")
    laid = numbers.reshape(numbers.shape[1:]) if numbers.ndim == len(shape) + 1 else numbers
    return np.broadcast_to(laid, shape).astype(np.float64).ravel()


def _evaluated(start: Expression, run: list[Expression], x: Array) -> Array:
    """What the run makes of numbers."""
    values: dict[int, Array] = {id(start): x}
    with np.errstate(all="ignore"):
        for part in run:
            given = [values[id(each)] if isinstance(each, Expression) else each.reshape(()) for each in part.arguments]
            values[id(part)] = np.asarray(POINTWISE[part.operator](*given, **part.parameters))
    return values[id(run[-1])].astype(np.float64)


_FAR = 10.0 ** np.arange(-6, 31)
_NEAR = (np.linspace(-12, 12, 385), np.linspace(-110, 110, 221))
PLACES = np.array(sorted({*np.concatenate([*_NEAR, _FAR, -_FAR, [0.0]]).tolist()}))  # np.unique imports numpy.ma
"""Where functions are compared: densely near 0, and so far that a bound is met."""


def _same(values: Array, known: Array) -> bool:
    """Whether two functions agree to single precision wherever the first has a value."""
    with np.errstate(all="ignore"):
        near = np.abs(values - known) <= 2e-6 * np.maximum(np.abs(known), np.minimum(np.abs(PLACES), 10.0)) + 1e-9
    meant = ~np.isnan(values) | (np.abs(PLACES) < 80)  # beyond, e^x may be too large for a quotient
    return bool((near | (values == known))[meant].all())


Function = Callable[["Array"], "Array"]
"""What a run of operators makes of numbers."""
_NOT_BY_DEFAULT = ("identity", "prelu", "leaky_relu", "shrink", "thresholded_relu")
"""Activations that are not tried with their default parameters: those are looked up in the values, if at all."""


def _by_value(function: Function) -> Recognised | None:
    values = function(PLACES)
    for chosen in _candidates(values, function):
        with np.errstate(all="ignore"):
            known = chosen.apply(PLACES[np.newaxis])[0]
        if _same(values, known):
            return Recognised((chosen,))
    return _bounded(values) or _reflected(values) or _stretched(values)


def _candidates(values: Array, function: Function) -> Iterator[Activation]:
    """Every activation of one number, with its usual parameters or with those that the values show."""
    for kind in ACTIVATIONS.values():
        if kind.pointwise and kind.name not in _NOT_BY_DEFAULT:
            yield activation_of(kind.name)
    at = cache(lambda x: float(values[np.searchsorted(PLACES, x)]))
    slope, below, rise = -at(-1.0), -at(-110.0), at(1e-3) - at(0.0)
    threshold = _threshold(values, function)
    guesses: list[tuple[str, dict[str, float]]] = [
        ("leaky_relu", {"alpha": slope}),
        ("elu", {"alpha": below}),
        ("celu", {"alpha": below}),
        ("hard_sigmoid", {"alpha": rise * 1e3, "beta": at(0.0)}),
        ("step", {"at_zero": at(0.0)}),
        ("thresholded_relu", {"alpha": threshold}),
        ("shrink", {"lambd": threshold, "bias": 0.0}),
        ("shrink", {"lambd": threshold, "bias": threshold}),
    ]
    for name, parameters in guesses:
        try:
            yield activation_of(name, {key: round(number, 7) for key, number in parameters.items()})
        except (NnlecError, ValueError, OverflowError):  # not that one
            continue


def _threshold(values: Array, function: Function) -> float:
    """Up to where a function that is 0 near 0 gives 0."""
    above = np.flatnonzero((PLACES > 0) & (values != 0.0))
    if not above.size:
        return 0.0
    low, high = PLACES[above[0] - 1], PLACES[above[0]]
    for _ in range(60 if low else 0):
        middle = (low + high) / 2
        low, high = (low, middle) if function(np.array([middle]))[0] else (middle, high)
    return float(low)


def _bounded(values: Array) -> Recognised | None:
    """x kept between two bounds, as ReLU6 does: a hard sigmoid, stretched."""
    low, high = float(values[0]), float(values[-1])
    if not (low < high and high - low < 1e6 and _same(values, np.clip(PLACES, low, high))):
        return None
    width = high - low
    bent = activation_of("hard_sigmoid", {"alpha": 1 / width, "beta": -low / width})
    steps = (bent, ("multiply", np.array(width)))
    return Recognised((*steps, ("add", np.array(low))) if low else steps)


def _reflected(values: Array) -> Recognised | None:
    """ln sigmoid(x), which is -softplus(-x)."""
    known = -np.logaddexp(0.0, -PLACES)
    seen = np.where(np.isneginf(values) & (PLACES < -700), known, values)  # the sigmoid is 0 there
    return Recognised((_MINUS, activation_of("softplus"), _MINUS)) if _same(seen, known) else None


def _stretched(values: Array) -> Recognised | None:
    """softplus(b x) / b, which PyTorch calls Softplus(beta=b)."""
    at_zero = float(values[np.searchsorted(PLACES, 0.0)])
    if not 1e-3 < at_zero < 1e3:
        return None
    steep = round(float(np.log(2)) / at_zero, 5)
    known = np.logaddexp(0.0, steep * PLACES) / steep
    steps = (("multiply", np.array(steep)), activation_of("softplus"), ("divide", np.array(steep)))
    return Recognised(steps) if _same(values, known) else None


DIRECT: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Identity": ("identity", {}),
    "Relu": ("relu", {}),
    "LeakyRelu": ("leaky_relu", {"alpha": "alpha"}),
    "Elu": ("elu", {"alpha": "alpha"}),
    "Selu": ("selu", {"alpha": "alpha", "gamma": "gamma"}),
    "Celu": ("celu", {"alpha": "alpha"}),
    "Sigmoid": ("sigmoid", {}),
    "Tanh": ("tanh", {}),
    "HardSigmoid": ("hard_sigmoid", {"alpha": "alpha", "beta": "beta"}),
    "HardSwish": ("hard_swish", {}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
    "ThresholdedRelu": ("thresholded_relu", {"alpha": "alpha"}),
    "Shrink": ("shrink", {"lambd": "lambd", "bias": "bias"}),
    "Gelu": ("gelu", {}),
    "GeluTanh": ("gelu_tanh", {}),
    "Mish": ("mish", {}),
    "Swish": ("silu", {"alpha": "beta"}),
    "Exp": ("exponential", {}),
    "Sign": ("sign", {}),
}
"""Operators that are an activation by themselves, and which of their attributes is which parameter."""


def _erf(x: Array) -> Array:
    return np.array([erf(value) for value in x.ravel().tolist()]).reshape(x.shape)


def _clip(x: Array, low: Any = -np.inf, high: Any = np.inf) -> Array:
    return np.asarray(np.minimum(np.maximum(x, low), high))


def _direct(name: str, names: Mapping[str, str]) -> Callable[..., Any]:
    def function(x: Array, **parameters: float) -> Any:
        chosen = activation_of(name, {ours: parameters[theirs] for theirs, ours in names.items()})
        result: Array = chosen.apply(np.atleast_2d(x) + 0.0)
        return np.reshape(result, np.shape(x))

    return function


POINTWISE: Mapping[str, Callable[..., Any]] = {
    **{operator: _direct(name, names) for operator, (name, names) in DIRECT.items()},
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Neg": np.negative,
    "Abs": np.abs,
    "Sqrt": np.sqrt,
    "Log": np.log,
    "Exp": np.exp,
    "Erf": _erf,
    "Pow": np.power,
    "Reciprocal": np.reciprocal,
    "Max": np.maximum,
    "Min": np.minimum,
    "Clip": _clip,
    "PRelu": lambda x, slope: np.where(x < 0, slope * x, x),
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Equal": np.equal,
    "Not": np.logical_not,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Where": np.where,
    "Cast": lambda x: np.asarray(x, dtype=np.float64),
}
"""What operators of single numbers compute."""
