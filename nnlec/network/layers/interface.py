"""What a layer is: a kind's row of the registry, and a layer of that kind with its learned numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, reduce
from math import prod
from operator import mul
from typing import TYPE_CHECKING, ClassVar, Literal

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.numbers import decimal_of
from nnlec.arithmetic.written import Written
from nnlec.named import NamedTuple
from nnlec.network.activations import Activation
from nnlec.network.layers.checks import Shape, checked_activation, checked_name, checked_shape
from nnlec.notation import Formula
from nnlec.text import by

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers.backward import ExactGradient

Row = tuple[Decimal, ...]


class Term(NamedTuple):
    """One input that meets one output unit.

    `source` is its place among the layer's inputs, `factor` what it is multiplied by (None: it is taken as it is), and
    `parameter` which learned number the factor is, by the array's name and its index there (None: it is derived).
    """

    source: int
    factor: Decimal | None
    parameter: tuple[str, tuple[int, ...]] | None = None


class UnitTerms(NamedTuple):
    """Everything that meets one output unit, and the bias that is added."""

    terms: Sequence[Term]
    bias: Decimal | None = None


class ArrayKey(NamedTuple):
    """A key of a layer in a network file: an array, or one of a few words.

    `dimensions` are those the array may have; 0 is a single number.
    """

    name: str
    dimensions: tuple[int, ...]
    meaning: str
    required: bool = False
    words: tuple[str, ...] = ()


Values = Mapping[str, "Array | str"]
"""What a network file says of a layer: arrays and words by their keys."""


class Example(NamedTuple):
    """A layer worked by hand: the values of its keys, an input row and the outputs.

    `shapes` are those of what comes in; left out, the row has one axis.
    """

    values: Mapping[str, object]
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]
    shapes: tuple[Shape, ...] = ()


class LayerKind(NamedTuple):
    """A row of the registry.

    `build(values, shapes, activation, name)` makes a layer from what a network file says; `shapes` are those of what
    comes in, () where they are not known. It raises `NnlecError`, whose `where` is the key at fault. `joins`: it takes
    several layers' numbers, their rows one behind the other. `formula` is what one unit computes of x and the kind's
    keys, where that is no sum of products. `as_written`: it takes a file's numbers as `Written` too.
    """

    name: str
    keys: tuple[ArrayKey, ...]
    build: Callable[[Values, tuple[Shape, ...], Activation, str], Layer]
    meaning: str
    source: str
    example: Example
    formula: Formula | None = None
    joins: bool = False
    as_written: bool = False


class Layer(ABC):
    """A layer: what it has learned, its activation, and its name.

    Subclasses are frozen dataclasses whose first fields are their arrays. All arrays are read-only.
    """

    kind: ClassVar[str]
    """The name of the kind's row in `LAYERS`."""

    combine: ClassVar[Literal["sum", "product", "max", "copy", "function"]] = "sum"
    """How the terms of an output unit become its value; "function": as only `exact_unit` knows."""

    activation: Activation
    name: str

    def __post_init__(self) -> None:
        self._check()
        self._set(activation=checked_activation(self.activation, self.n_out), name=checked_name(self.name))

    def _check(self) -> None:  # noqa: B027 - a kind may have no fields of its own
        """Checks the kind's own fields and sets them as they are kept. `NnlecError.where` is the key at fault."""

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    @abstractmethod
    def in_shape(self) -> Shape:
        """The shape of one row of inputs."""

    @property
    def out_shape(self) -> Shape:
        """The shape of one row of outputs: that of the inputs, unless the kind has another."""
        return self.in_shape

    @property
    def arrays(self) -> Mapping[str, Array]:
        """What the layer has learned, by name."""
        return {}

    @property
    def numbers(self) -> Mapping[str, Array | Written]:
        """What `arrays` has, to look at: as it was written where no array was made of it yet."""
        return self.arrays

    @abstractmethod
    def forward(self, inputs: Array, out: Array | None = None) -> Array:
        """The pre-activation, (rows, n_out), of (rows, n_in), written to `out` where it is given.

        A row gives the same bits alone and in any batch, and no zero in the result is negative.
        """

    def forward_together(self, inputs: Array) -> Array:
        """As `forward`, of rows that always come together: a row's last bits may depend on the others."""
        return self.forward(inputs)

    @abstractmethod
    def terms(self, unit: int) -> UnitTerms:
        """What meets one output unit, in decimal numbers as they were written."""

    @property
    def learned(self) -> tuple[str, ...]:
        """The names of the arrays that a step of learning changes."""
        from nnlec.network.layers.backward import learned

        return learned(self)

    @property
    def has_maps(self) -> bool:
        """Whether what comes in or goes out has more than one axis."""
        shapes: tuple[Shape, ...] = getattr(self, "shapes", (self.in_shape,))
        return any(len(shape) > 1 for shape in (*shapes, self.out_shape))

    @property
    def n_in(self) -> int:
        return prod(self.in_shape)

    @property
    def n_out(self) -> int:
        return prod(self.out_shape)

    @property
    def parameters(self) -> int:
        """How many numbers the layer has learned."""
        return sum(int(each.size) for each in self.numbers.values())

    @property
    def multiplications(self) -> int:
        """About how many multiplications a row takes."""
        return self.n_out

    @property
    def block_height(self) -> int:
        """How many rows it likes to take at a time."""
        return 1

    @property
    def row_step(self) -> int:
        """Of how many rows a thread should get a multiple: it computes as many as that, whatever it is given."""
        return self.block_height

    @property
    def leading_one(self) -> bool:
        """Whether an input may be given with the leading 1 that meets the bias."""
        return False

    @property
    def matrix(self) -> Array | Written | None:
        """The weights as a matrix (n_in, n_out), for a layer that is drawn as x^T W; None for another."""
        return None

    @property
    def size(self) -> str:
        """What decides how many inputs it takes, for a message: "its weights are 3 x 4"."""
        return f"it takes {self.n_in}"

    def exact(self, inputs: Sequence[Decimal]) -> Row:
        """The pre-activation of one row of decimal numbers, in the precision of the context."""
        return tuple(self.exact_unit(inputs, unit) for unit in range(self.n_out))

    def exact_unit(self, inputs: Sequence[Decimal], unit: int) -> Decimal:
        """One number of it."""
        terms, bias = self.terms(unit)
        products = [inputs[term.source] if term.factor is None else inputs[term.source] * term.factor for term in terms]
        combined = _COMBINED[self.combine](products)
        return combined if bias is None else combined + bias

    def exact_backward(self, inputs: Sequence[Decimal], delta: Sequence[Decimal]) -> ExactGradient:
        """dL/dx and the gradient of each learned array, flat, of one row of decimal numbers, from dL/dz."""
        from nnlec.network.layers.backward import exact_backward

        return exact_backward(self, inputs, delta)

    def backward(self, inputs: Array, delta: Array) -> Array:
        """dL/dx, (rows, n_in), of `inputs` (rows, n_in) and dL/dz, (rows, n_out)."""
        from nnlec.network.layers.backward import backward

        return backward(self, inputs, delta)

    def gradients(self, inputs: Array, delta: Array) -> dict[str, Array]:
        """The gradient of each array that a step changes, summed over the rows, from what came in and dL/dz."""
        from nnlec.network.layers.backward import gradients

        return gradients(self, inputs, delta)

    def stands_for(self, inputs: Sequence[Decimal], unit: int) -> Mapping[str, Decimal]:
        """What the symbols of the kind's formula stand for in one unit: x, and the kind's keys."""
        arrays = {key: value for key, value in vars(self).items() if isinstance(value, np.ndarray)}
        keys = {key: decimal_of(float(array[unit] if array.ndim else array)) for key, array in arrays.items()}
        return {"x": inputs[self.terms(unit).terms[0].source], **keys}

    def __getstate__(self) -> dict[str, object]:
        """All but what is worked out from the rest when it is asked for."""
        kind, state = type(self), vars(self)
        return {key: state[key] for key in state if not isinstance(getattr(kind, key, None), cached_property)}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        self.__dict__.update(state)
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def mistaken_for(self) -> Sequence[tuple[str, Layer]]:
        """What people compute by mistake in its place: a sentence, and a layer of as many units that computes it."""
        return ()

    def inputs_hint(self, given: int) -> str:  # noqa: ARG002
        """What its author most likely meant, when `given` inputs do not fit."""
        return ""

    def outputs_hint(self, wanted: int) -> str:  # noqa: ARG002
        """What its author most likely meant, when `wanted` outputs are named and it has another number."""
        return ""


class Shaped(Layer):
    """A layer of inputs of one `shape`, a field of it."""

    shape: Shape

    def _check(self) -> None:
        self._set(shape=checked_shape("shape", self.shape))

    @property
    def in_shape(self) -> Shape:
        return self.shape

    @property
    def size(self) -> str:
        return f"its input is {by(self.shape)}"

    @property
    def channels_last(self) -> str:
        """A hint, where the last axis may be that of the channels."""
        axes = ", ".join(map(str, (len(self.shape), *range(1, len(self.shape)))))
        return f"channels last? A layer `type: transpose`, `axes: [{axes}]`, puts them first"


_COMBINED: Mapping[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "sum": lambda terms: sum(terms, Decimal(0)),
    "product": lambda factors: reduce(mul, factors),
    "max": max,
    "copy": lambda taken: taken[0],
}


def decimals(array: Array | Written) -> list[Decimal]:
    """The numbers of an array as they were written."""
    return [decimal_of(number) for number in array.ravel().tolist()]
