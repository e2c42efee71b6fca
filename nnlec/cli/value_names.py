"""What the numbers of a value that is typed are called: its classes, or the inputs of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.errors import NnlecError, unknown
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.models.values import TypedValues
    from nnlec.network.network import Network


def class_names(values: TypedValues, classes: str | None, network: Network | None = None) -> tuple[str, ...]:
    """The class of each value: named in the values, by --classes, by the network, or y1, y2, ...

    Raises `NnlecError` when the number of names is not the number of values, or a name stands twice.
    """
    size = len(values.numbers)
    names = values.names
    if classes is not None:
        if names:
            raise NnlecError("the values name their classes already", where="--classes")
        names = tuple(name.strip() for name in classes.split(","))
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise NnlecError(f"{twice!r} is named twice", where="--classes")
    elif not names and network is not None:
        names = network.class_names or network.output_names
    names = names or tuple(f"y{i}" for i in range(1, size + 1))
    if len(names) != size:
        raise NnlecError(f"{counted(len(names), 'class name')} for {counted(size, 'value')}, expected a name for each")
    return names


def in_order_of(values: TypedValues, names: tuple[str, ...]) -> tuple[float, ...]:
    """The numbers in the order of `names`; values given without names stand as they are.

    Raises `NnlecError` for a name that is not there, or one left out.
    """
    if not values.names:
        return values.numbers
    given = dict(zip(values.names, values.numbers, strict=True))
    for name in given:
        if name not in names:
            raise unknown("name", name, names)
    missing = [name for name in names if name not in given]
    if missing:
        raise NnlecError(f"no value for {', '.join(map(repr, missing[:8]))}")
    return tuple(given[name] for name in names)
