"""Operators that move the numbers of a row, or pool them, and wait for what is made of them: a layer norm, else layers.

Exporters write a layer norm in many ways, as on paper or x * (scale / root) + (shift - mean * scale / root), with the
axes in another order here and there. The run is worked out on a few rows and compared with the norms it could be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations, product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.models.assembly import written
from nnlec.models.pointwise import POINTWISE, Expression, MadeLayer, Recognised

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array

    Shape = tuple[int, ...]


def transposed(part: Expression, order: Sequence[int], node: Any) -> Expression:
    """The axes of a row in another order; two orders that follow each other are one."""
    if part.operator == "transpose" and part.number is None:
        part, order = _before(part), [part.parameters["order"][axis] for axis in order]
        if order == sorted(order):
            part.uses -= 1
            return part
    return Expression(
        tuple(part.shape[axis] for axis in order), "transpose", (part,), {"order": tuple(order)}, node=node
    )


def reshaped(part: Expression, shape: Shape, node: Any) -> Expression:
    """The same numbers as rows of another shape; of two shapes that follow each other the last."""
    if part.operator == "reshape" and part.number is None:
        part = _before(part)
        if part.shape == shape:
            part.uses -= 1
            return part
    return Expression(shape, "reshape", (part,), node=node)


def _before(part: Expression) -> Expression:
    """What an operator takes, for one that stands in its place; both take it where somebody else takes the first."""
    (before,) = part.parts
    before.uses += part.uses != 1
    return before


def pooled(part: Expression, kind: str, axes: Sequence[int], node: Any) -> Expression:
    """The mean or the largest (`kind`: average_pool, max_pool) over axes, which keep the size 1."""
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(part.shape))
    return Expression(shape, kind, (part,), {"axes": tuple(axes)}, node=node)


def _pooling(part: Expression) -> Iterator[MadeLayer]:
    (before,), axes = part.parts, part.parameters["axes"]
    shape = before.shape
    behind = [axis for axis, size in enumerate(shape) if axis and size > 1]
    if len(shape) > 1 and 0 not in axes and set(behind) <= set(axes):
        yield MadeLayer(part.operator, {"size": "all"})
        return
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    yield from _turned([*kept, *axes])
    yield MadeLayer("reshape", {"shape": (prod(shape[axis] for axis in kept), prod(shape[axis] for axis in axes))})
    yield MadeLayer(part.operator, {"size": "all"})
    yield _shaped(part)


def _turned(order: list[int]) -> list[MadeLayer]:
    """The axes in that order; no layer where they are."""
    return [MadeLayer("transpose", {"axes": np.add(order, 1)})] if order != sorted(order) else []


def _shaped(part: Expression) -> MadeLayer:
    return MadeLayer("reshape", {"shape": part.shape}) if len(part.shape) > 1 else MadeLayer("flatten", {})


LAYERS: Mapping[str, Callable[[Expression], Iterable[MadeLayer]]] = {
    "transpose": lambda part: [MadeLayer("transpose", {"axes": np.add(part.parameters["order"], 1)})],
    "reshape": lambda part: [_shaped(part)],
    "average_pool": _pooling,
    "max_pool": _pooling,
}
"""Operator -> the layers that it is by itself."""

_ARRAYS: Mapping[str, Callable[[Array, Expression], Array]] = {
    "transpose": lambda x, part: x.transpose(0, *np.add(part.parameters["order"], 1)),
    "reshape": lambda x, part: x.reshape(len(x), *part.shape),
    "average_pool": lambda x, part: _mean(x, part.parameters["axes"]),
    "max_pool": lambda x, part: x.max(axis=tuple(np.add(part.parameters["axes"], 1)), keepdims=True),
}
"""Operator -> what it makes of some rows."""


_MOST_CONSTANTS = 8
_MOST_PLACES = 1_000_000
_MOST_AXES = 4
_ROWS = 6


def norm_of(start: Expression, run: Sequence[Expression]) -> Recognised | None:
    """The layer norm that the run computes of `start`; None where it is none."""
    shape = run[-1].shape
    constants = [each for part in run for each in part.arguments if not isinstance(each, Expression)]
    small = {written(float(each.item())) for each in constants if each.size == 1 and 0 < float(each.item()) < 1}
    means = any(part.operator == "average_pool" for part in run)
    known = len(shape) <= _MOST_AXES and len(constants) <= _MOST_CONSTANTS and prod(shape) <= _MOST_PLACES
    if not (means and known and sorted(shape) == sorted(start.shape)):
        return None
    rows = _rows(start.shape)
    with np.errstate(all="ignore"):
        values = _worked_out(start, run, rows)
        for order in permutations(range(len(shape))):
            laid = rows.transpose(0, *np.add(order, 1))
            if laid.shape != values.shape:
                continue
            for over, epsilon in product(_choices(len(shape)), small):
                given = _learned(laid, values, over, epsilon, constants)
                if given is not None:
                    return Recognised(_norm(order, over, {**given, "epsilon": epsilon}))
    return None


def _choices(count: int) -> Iterator[tuple[int, ...]]:
    """The axes that may have one mean together: the last ones first."""
    choices = [each for size in range(1, count + 1) for each in combinations(range(count), size)]
    return iter(sorted(choices, key=lambda each: each != tuple(range(count))[-len(each) :]))


def _norm(order: Sequence[int], over: Sequence[int], values: Mapping[str, object]) -> tuple[MadeLayer, ...]:
    """A norm of what has its axes in that order, over some of them, which are brought to the end for it."""
    inner = [*(axis for axis in range(len(order)) if axis not in over), *over]
    before, after = [order[axis] for axis in inner], [inner.index(axis) for axis in range(len(order))]
    return (*_turned(before), MadeLayer("layer_norm", values), *_turned(after))


def _rows(shape: Shape) -> Array:
    """A row of zeros, and rows of every size from 1e-3 to 100, with different numbers at every place."""
    places = np.arange(prod(shape), dtype=np.float64).reshape(shape)
    ones = tuple(1 for _ in shape)
    sizes = np.array([0.0, *np.logspace(-3, 2, _ROWS - 1)]).reshape(-1, *ones)
    turns = np.arange(_ROWS, dtype=np.float64).reshape(-1, *ones)
    return np.asarray(sizes * np.sin(1.0 + 1.7 * places + 0.6 * places * turns))


def _worked_out(start: Expression, run: Sequence[Expression], rows: Array) -> Array:
    values: dict[int, Array] = {id(start): rows}
    for part in run:
        given = [values[id(each)] if isinstance(each, Expression) else each for each in part.arguments]
        if part.operator in _ARRAYS:
            values[id(part)] = _ARRAYS[part.operator](given[0], part)
        else:
            values[id(part)] = np.asarray(POINTWISE[part.operator](*given, **part.parameters), dtype=np.float64)
    return values[id(run[-1])]


def _mean(values: Array, axes: Sequence[int]) -> Array:
    return np.asarray(values.mean(axis=tuple(np.add(axes, 1)), keepdims=True))


def _learned(
    rows: Array, values: Array, over: Sequence[int], epsilon: float, constants: Sequence[np.ndarray]
) -> dict[str, np.ndarray] | None:
    """Scale and shift out of the constants, with which the norm over those axes gives the values; else None."""
    centred = rows - _mean(rows, over)
    plain = centred / np.sqrt(_mean(centred * centred, over) + epsilon)
    sizes = [rows.shape[axis + 1] for axis in over]
    laid = [size if axis in over else 1 for axis, size in enumerate(rows.shape[1:])]
    learned = [each.reshape(laid).astype(np.float64) for each in constants if each.size == prod(sizes)]
    spread = values[-1] - values[0]  # the first row is of zeros: it gives shift
    scale = next((each for each in learned if np.allclose(plain[-1] * each, spread, rtol=1e-5, atol=1e-6)), None)
    shift = next((each for each in learned if np.allclose(values[0], each, rtol=1e-5, atol=1e-6)), None)
    known = plain * (1.0 if scale is None else scale) + (0.0 if shift is None else shift)
    if not np.allclose(values, known, rtol=1e-6, atol=1e-6):
        return None
    given = {key: each.reshape(sizes) for key, each in (("scale", scale), ("shift", shift)) if each is not None}
    return given or {"scale": np.ones(sizes)}  # its shape says over which axes the norm is
