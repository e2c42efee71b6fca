"""Operators that look at windows of maps: convolution and pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlec.models.arranged import pooled
from nnlec.models.onnx_file.shapes import as_shape
from nnlec.models.padding import placed, rounded_up, same_padding

if TYPE_CHECKING:
    from nnlec.models.onnx_file.graph import OnnxWalk
    from nnlec.models.onnx_file.nodes import OnnxNode
    from nnlec.models.pointwise import Expression


def conv(walk: OnnxWalk, node: OnnxNode) -> Expression:
    part, weights, bias = node.part(0), node.weights(1), node.constant(2)
    kernel = node.whole_numbers("kernel_shape")
    if kernel is not None and tuple(kernel) != weights.shape[2:]:
        raise node.error(f"kernel_shape is {kernel}, but its weights are {list(weights.shape)}")
    given = _placed(node, part, list(weights.shape[2:]))
    groups = node.whole_number("group", 1)
    given |= {"weights": weights} | ({"groups": groups} if groups != 1 else {})
    if bias is not None:
        given["bias"] = bias
    return walk.add(node, "conv", given, walk.layer(part), weights=1)


def max_pool(walk: OnnxWalk, node: OnnxNode) -> Expression:
    if node.whole_number("storage_order", 0):
        raise node.error("column-major indices are not given")
    return _pool(walk, node, "max_pool", {})


def average_pool(walk: OnnxWalk, node: OnnxNode) -> Expression:
    counted = "true" if node.whole_number("count_include_pad", 0) else "false"
    return _pool(walk, node, "average_pool", {"count_padding": counted})


def _pool(walk: OnnxWalk, node: OnnxNode, kind: str, more: dict[str, object]) -> Expression:
    part, size = node.part(0), node.whole_numbers("kernel_shape")
    if not size:
        raise node.error("its kernel_shape is missing")
    given = {"size": np.array(size, float)} | _placed(node, part, size) | more
    if node.whole_number("ceil_mode", 0):
        given = rounded_up(part.shape[1:], size, given)
    if "padding" not in given:
        given.pop("count_padding", None)
    return walk.add(node, kind, given, walk.layer(part))


def _placed(node: OnnxNode, part: Expression, kernel: list[int]) -> dict[str, object]:
    """stride, padding and dilation, those that are not as usual."""
    axes = len(kernel)
    if len(part.shape) != axes + 1:
        raise node.error(f"windows of {kernel} over rows of {list(part.shape)}")
    stride = node.whole_numbers("strides") or [1] * axes
    dilation = node.whole_numbers("dilations") or [1] * axes
    pads = node.whole_numbers("pads") or [0] * (2 * axes)
    if len(stride) != axes or len(dilation) != axes or len(pads) != 2 * axes:
        raise node.error("strides, dilations or pads are not one for each axis")
    if min(pads) < 0 or min(stride) < 1 or min(dilation) < 1:
        raise node.error("a stride below 1, or padding below 0")
    word = node.attribute("auto_pad", "NOTSET")
    if word in ("SAME_UPPER", "SAME_LOWER"):
        pads = same_padding(part.shape[1:], kernel, stride, dilation, upper=word == "SAME_UPPER")
    elif word == "VALID":
        pads = [0] * (2 * axes)
    elif word not in ("NOTSET", ""):
        raise node.error(f"auto_pad {word} is not known here")
    return placed(stride, dilation, np.reshape(pads, (2, axes)).T)


def whole_map(kind: str, walk: OnnxWalk, node: OnnxNode) -> Expression:
    """One window, the whole map."""
    part = node.part(0)
    return walk.add(node, kind, {"size": "all"}, walk.layer(part))


def reduced(kind: str, _walk: OnnxWalk, node: OnnxNode) -> Expression:
    """The mean, or the largest, over axes of a row; `keepdims` keeps them with size 1."""
    part = node.part(0)
    rank = len(part.shape) + 1
    axes, keep = node.axes(rank), node.whole_number("keepdims", 1)
    node.whole_number("noop_with_empty_axes", 0)
    if axes is None or 0 in axes:
        raise node.error("rows meet each other")
    own = sorted({axis - 1 for axis in axes})
    alone = all(part.shape[axis] == 1 for axis in own)
    made = part if alone else pooled(part, kind, own, node)
    return made if keep else as_shape(node, made, [size for axis, size in enumerate(made.shape) if axis not in own])
