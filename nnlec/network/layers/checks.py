"""Shapes, arrays and names of a layer, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from nnlec.arithmetic.lazy_numpy import np
from nnlec.arithmetic.written import Shape as Shape
from nnlec.arithmetic.written import Written
from nnlec.errors import NnlecError
from nnlec.network.activations import Activation, activation
from nnlec.text import by, counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

"""The sizes of one row's numbers, without the batch: (units,) or (channels, rows, columns), last axis fastest."""


MOST_AXES = 6

MOST_NUMBERS = 100_000_000
"""Numbers of a row that a layer may take or give: 800 MB."""


def shape_before(shapes: tuple[Shape, ...]) -> Shape:
    """The shape of what comes in. Raises `NnlecError` where it is not known."""
    if not shapes:
        raise NnlecError(
            "the shape of what comes in is not known", hint="write it: `inputs: {shape: [channels, rows, columns]}`"
        )
    return shapes[0]


def whole_numbers(key: str, array: Array, least: int) -> tuple[int, ...]:
    """A key's numbers as whole ones. Raises `NnlecError` for others, and for one below `least`."""
    numbers: list[float] = np.atleast_1d(array).ravel().tolist()
    for number in numbers:
        if not number.is_integer() or number < least:
            raise NnlecError(f"{number:g} is no whole number from {least} on", where=key)
    return tuple(map(int, numbers))


def checked_shape(what: str, given: int | Sequence[int]) -> Shape:
    """A shape as whole numbers from 1 on; a single number is one axis. Raises `NnlecError` for anything else."""
    try:
        numbers = np.atleast_1d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        raise NnlecError(f"{given!r} is no shape", where=what) from None
    shape = whole_numbers(what, numbers, 1)
    if not 1 <= len(shape) <= MOST_AXES:
        raise NnlecError(f"{len(shape)} axes, expected 1 to {MOST_AXES}", where=what)
    if prod(shape) > MOST_NUMBERS:
        raise NnlecError(f"{by(shape)} is {prod(shape):,} numbers, the limit is {MOST_NUMBERS:,}", where=what)
    return shape


def numbered(shape: Shape) -> Iterator[tuple[int, ...]]:
    """The places of a row's numbers in their order, counted from 1: (channel, row, column).

    >>> list(numbered((2, 2)))
    [(1, 1), (1, 2), (2, 1), (2, 2)]
    """
    return product(*(range(1, size + 1) for size in shape))


def sized(shape: Shape) -> str:
    """How many numbers a shape holds.

    >>> sized((2, 3)), sized((4,))
    ('2 x 3 = 6 numbers', '4 numbers')
    """
    numbers = counted(prod(shape), "number")
    return f"{by(shape)} = {numbers}" if len(shape) > 1 else numbers


def true_or_false(values: Mapping[str, object], key: str) -> bool:
    """What a network file says at a key, false where it says nothing. Raises `NnlecError` for another word."""
    word = values.get(key, "false")
    if not isinstance(word, str) or word not in ("true", "false"):
        raise NnlecError("expected true or false", where=key)
    return word == "true"


def checked_array(what: str, values: object, dimensions: tuple[int, ...]) -> Array:
    """`values` as a read-only array of doubles that nobody else can change.

    Raises `NnlecError` for another number of dimensions, no numbers at all, and what is no finite real number.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise NnlecError(f"{what} is no array: its rows differ in length", where=what) from None
    if array.dtype.kind not in "fiu":
        raise NnlecError(f"{what} holds {array.dtype}, expected real numbers", where=what)
    if array.ndim not in dimensions:
        expected = " or ".join(f"{n}-D" for n in dimensions)
        raise NnlecError(f"{what} is {array.ndim}-D, expected {expected}", where=what)
    if not array.size:
        raise NnlecError(f"{what} is empty", where=what)
    if not np.isfinite(array).all():
        raise NnlecError(f"{what} holds a number that is not finite", where=what)
    if array.dtype != np.float64 or array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, dtype=np.float64, order="C")
        array.flags.writeable = False
    return array


def checked_numbers(what: str, values: object, dimensions: tuple[int, ...]) -> Array | Written:
    """As `checked_array`, but numbers of a file stay as they were written: they are known to be finite."""
    if isinstance(values, Written) and values.ndim in dimensions and values.size:
        return values
    return checked_array(what, values, dimensions)


def checked_activation(given: Activation | str, units: int) -> Activation:
    """The activation itself, or that of the name given, for so many units. Raises `NnlecError` for anything else."""
    if isinstance(given, str):
        given = activation(given)
    if not isinstance(given, Activation):
        raise NnlecError(f"the activation is {given!r}, expected its name or activation(name)", where="activation")
    given.check_units(units)
    return given


def checked_name(name: object) -> str:
    """The name of a layer, a text. Raises `NnlecError` for anything else."""
    if not isinstance(name, str):
        raise NnlecError(f"the name is {name!r}, expected a text", where="name")
    return name
