"""Operators that only move numbers, or read them as another shape."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from nnlec.models.arranged import reshaped, transposed
from nnlec.models.expressions import ROWS, with_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlec.models.onnx_file.graph import OnnxWalk
    from nnlec.models.onnx_file.nodes import OnnxNode
    from nnlec.models.pointwise import Expression


def as_shape(node: OnnxNode, part: Expression, shape: Sequence[int]) -> Expression:
    """The same numbers read as another shape; nothing where it is the same."""
    wanted = tuple(shape)
    if wanted == part.shape:
        return part
    if not wanted:  # (rows,): one number a row
        raise node.error("its rows lose their only axis")
    return reshaped(part, wanted, node)


def flatten(_walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    axis = node.whole_number("axis", 1)
    if axis not in (1, -len(part.shape)):
        raise node.error(f"axis {axis} is not the one after the rows")
    return as_shape(node, part, (prod(part.shape),))


def reshape(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part, listed = node.part(0), node.whole(1)
    if listed is None:
        raise node.error("its shape is missing")
    sizes, counted = listed
    if node.whole_number("allowzero", 0) == 0:
        before = [ROWS, *part.shape]
        if any(size == 0 and index >= len(before) for index, size in enumerate(sizes)):
            raise node.error(f"the shape {sizes} keeps an axis that is not there")
        sizes = [before[index] if size == 0 else size for index, size in enumerate(sizes)]
    if not counted and sizes and walk.fixed_rows and sizes[0] == walk.fixed_rows and -1 not in sizes[:1]:
        sizes = [ROWS, *sizes[1:]]  # the file says how many rows there are: rows are ours
    total, known = ROWS * prod(part.shape), prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or not known or total % known or any(size < -1 for size in sizes):
        raise node.error(f"rows of {list(part.shape)} do not become {with_rows(sizes)}")
    sizes = [total // known if size == -1 else size for size in sizes]
    if not sizes or sizes[0] != ROWS or prod(sizes) != total:
        raise node.error(f"rows of {list(part.shape)} become {with_rows(sizes)}: rows meet each other")
    return as_shape(node, part, sizes[1:])


def squeeze(_walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    axes = node.axes(len(part.shape) + 1)
    if axes is None:
        axes = [index + 1 for index, size in enumerate(part.shape) if size == 1]
    if 0 in axes or any(part.shape[axis - 1] != 1 for axis in axes):
        raise node.error(f"axes {axes} of rows of {list(part.shape)} are not all of size 1")
    shape = [size for index, size in enumerate(part.shape, start=1) if index not in axes]
    return as_shape(node, part, shape)


def unsqueeze(_walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    listed = node.whole_numbers("axes") or (node.whole(1) or ([], False))[0]
    rank = len(part.shape) + 1 + len(listed)
    axes = sorted(node.axis(axis, rank) for axis in listed)
    if 0 in axes or len(set(axes)) != len(axes):
        raise node.error("an axis before the rows")
    shape = list(part.shape)
    for axis in axes:
        shape.insert(axis - 1, 1)
    return as_shape(node, part, shape)


def transpose(_walk: OnnxWalk, node: OnnxNode) -> Expression:
    part = node.part(0)
    rank = len(part.shape) + 1
    order = node.whole_numbers("perm") or list(reversed(range(rank)))
    if sorted(order) != list(range(rank)) or order[0] != 0:
        raise node.error(f"the order {order} moves the rows")
    if order == sorted(order):
        return part
    return transposed(part, [axis - 1 for axis in order[1:]], node)
