"""Constants folded: nodes whose inputs are all known, most of them arithmetic of shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.onnx_file.nodes import Constant
from nnlec.models.onnx_file.tensors import Files, array_of
from nnlec.models.pointwise import POINTWISE

if TYPE_CHECKING:
    from nnlec.models.onnx_file.nodes import OnnxNode

MOST = 100_000_000
"""Numbers that a folded constant may have."""

Fold = Callable[["OnnxNode", Sequence[np.ndarray]], np.ndarray]


def folded(node: OnnxNode, given: Sequence[Constant | None]) -> Constant:
    """What a node of constants gives. Raises `NnlecError` for an operator that is not folded."""
    present = [each for each in given if each is not None]
    fold = FOLDS.get(node.operator)
    for index in range(node.size):
        node.value(index)
    if fold is None and node.operator not in POINTWISE:
        raise node.error("it makes a constant in a way that is not known here")
    try:
        with np.errstate(all="ignore"):
            arrays = [each.array for each in present]
            array = fold(node, arrays) if fold else _pointwise(node, arrays)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError) as error:
        raise node.error(f"its constants do not fit: {str(error)[:80]}") from None
    return Constant(np.asarray(array), counted=any(each.counted for each in present))


def _pointwise(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    _expect_few(node, prod(np.broadcast_shapes(*(array.shape for array in given))))
    if node.operator == "Div" and given[0].dtype.kind in "iu":
        return np.asarray((given[0] - np.fmod(*given)) // given[1])  # rounded towards 0
    result = np.asarray(POINTWISE[node.operator](*given))
    chosen = node.operator == "Where" or result.dtype == np.bool_
    return result if chosen else result.astype(given[0].dtype, copy=False)


def _expect_few(node: OnnxNode, count: int) -> None:
    if count > MOST:
        raise node.error("it would make a constant of too many numbers")


def _gather(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    data, indices = given
    axis = node.axis(node.whole_number("axis", 0), data.ndim)
    _expect_few(node, data.size * max(1, indices.size))
    return np.take(data, indices, axis)


def _expand(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    shape = tuple(int(size) for size in given[1].ravel())
    whole = np.broadcast_shapes(given[0].shape, shape)
    _expect_few(node, prod(whole))
    return np.broadcast_to(given[0], whole)


def _filled(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    shape = tuple(int(size) for size in given[0].ravel())
    value = node.attribute("value")
    _expect_few(node, prod(shape))
    if value is None:
        return np.zeros(shape, np.float32)
    if value.data_location:
        raise node.error("its value stands in a second file")
    return np.full(shape, array_of(value, Files(Path(), False)).reshape(())[()])


def _slice(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    data = given[0]
    if len(given) > 1:
        starts, ends, *rest = [array.ravel().tolist() for array in given[1:]]
        axes = rest[0] if rest else list(range(len(starts)))
        steps = rest[1] if len(rest) > 1 else [1] * len(starts)
    else:
        starts, ends = node.whole_numbers("starts") or [], node.whole_numbers("ends") or []
        axes, steps = node.whole_numbers("axes") or list(range(len(starts))), [1] * len(starts)
    cut = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        cut[node.axis(axis, data.ndim)] = slice(start, None if end < -data.size else end, step)
    return data[tuple(cut)]


def _unsqueeze(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    axes = given[1].ravel().tolist() if len(given) > 1 else node.whole_numbers("axes") or []
    return np.expand_dims(given[0], tuple(axes))


def _squeeze(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    axes = node.axes(given[0].ndim)
    return np.squeeze(given[0], None if axes is None else tuple(axes))


def _reshape(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    wanted = [int(size) for size in given[1].ravel()]
    if not node.whole_number("allowzero", 0):
        wanted = [size or given[0].shape[axis] for axis, size in enumerate(wanted)]
    return given[0].reshape(wanted)


def _cast(node: OnnxNode, given: Sequence[np.ndarray]) -> np.ndarray:
    kinds = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64}
    kind = kinds.get(node.whole_number("to", 1))
    if kind is None:
        raise node.error("it casts to a type that is not read")
    return given[0].astype(kind)


FOLDS: Mapping[str, Fold] = {
    "Gather": _gather,
    "Expand": _expand,
    "ConstantOfShape": _filled,
    "Slice": _slice,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Cast": _cast,
    "Concat": lambda node, given: np.concatenate(given, node.whole_number("axis", 0)),
    "Transpose": lambda node, given: np.transpose(given[0], node.whole_numbers("perm")),
    "Shape": lambda _, given: np.array(given[0].shape, dtype=np.int64),
    "Identity": lambda _, given: given[0],
    "Mod": lambda node, given: (np.fmod if node.whole_number("fmod", 0) else np.mod)(*given),
    "ReduceProd": lambda node, given: np.prod(given[0], keepdims=bool(node.whole_number("keepdims", 1))),
}
