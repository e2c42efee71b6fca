"""What a network and its inputs have to be, checked where they are made or come in."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.network.layers.interface import Layer
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network


def check_network(network: Network) -> None:
    """Raises `NnlecError`, whose `where` is the field at fault, for a network that means nothing."""
    if not network.layers:
        raise NnlecError("no layers, expected one at the least", where="layers")
    for layer in network.layers:
        if not isinstance(layer, Layer):
            raise NnlecError(f"{shortened(repr(layer))} is no layer", where="layers")
    for number, (before, after) in enumerate(pairwise(network.layers), start=2):
        if before.n_out != after.n_in:
            raise NnlecError(
                f"layer {number} ({after.name}) takes {counted(after.n_in, 'input')}, "
                f"but layer {number - 1} ({before.name}) has {counted(before.n_out, 'output')}"
            )
    for field in ("name", "unit", "loss"):
        if not isinstance(getattr(network, field), str):
            raise NnlecError(f"{getattr(network, field)!r} is no text", where=field)
    if network.dtype not in ("float64", "float32"):
        raise NnlecError(f"{network.dtype!r} is not taken, expected float64 or float32", where="dtype")
    for field, allowed in (
        ("inputs", {network.n_in}),
        ("outputs", {network.n_out}),
        ("classes", {network.n_out, 2} if network.n_out == 1 else {network.n_out}),
    ):
        _check_names(field, getattr(network, field), allowed)


def _check_names(field: str, names: tuple[str, ...], allowed: set[int]) -> None:
    for name in names:
        if not isinstance(name, str):
            raise NnlecError(f"{name!r} is no name", where=field)
        if names.count(name) > 1:
            raise NnlecError(f"{shortened(name)!r} is given twice", where=field)
    if names and len(names) not in allowed:
        expected = " or ".join(map(str, sorted(allowed)))
        raise NnlecError(f"{counted(len(names), 'name')}, expected {expected}", where=field)


def rows_of(inputs: object) -> Array:
    """Rows of real numbers, (rows, n), of what was given; a sequence of numbers is one row.

    Raises `NnlecError` for anything else.
    """
    try:
        values = np.asarray(inputs)
    except ValueError:
        raise NnlecError("the rows differ in length") from None
    if values.dtype.kind not in "fiub":
        raise NnlecError(f"the inputs hold {values.dtype}, expected real numbers")
    if values.ndim not in (1, 2):
        raise NnlecError(f"the inputs are {values.ndim}-D, expected rows of numbers, (rows, n)")
    return np.atleast_2d(values.astype(np.float64, copy=False))
