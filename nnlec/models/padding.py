"""What is laid around maps: the padding that keeps a size, and that of windows which reach beyond the edge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnlec.errors import NnlecError


def same_padding(
    shape: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], *, upper: bool
) -> list[int]:
    """Before and after each axis, so that there are ceil(size / stride) windows; what is odd comes after (upper).

    >>> same_padding([4], [3], [2], [1], upper=True)
    [0, 1]
    """
    small, large = [], []
    for size, window, step, apart in zip(shape, kernel, stride, dilation, strict=True):
        total = max(0, (-(-size // step) - 1) * step + (window - 1) * apart + 1 - size)
        small.append(total // 2)
        large.append(total - total // 2)
    return [*small, *large] if upper else [*large, *small]


def placed(stride: Sequence[int], dilation: Sequence[int], padding: np.ndarray) -> dict[str, object]:
    """A layer's keys for its windows, those that are not as usual; `padding` is before and after each axis."""
    given: dict[str, object] = {"stride": np.array(stride, float)}
    if any(each != 1 for each in dilation):
        given["dilation"] = np.array(dilation, float)
    if padding.any():
        given["padding"] = padding.astype(float)
    return given


def rounded_up(shape: Sequence[int], kernel: Sequence[int], given: dict[str, object]) -> dict[str, object]:
    """A pool's keys where its last windows may reach beyond the edge (ceil_mode): as padding after the map.

    `shape` is that of a map. Raises `NnlecError` for means that count the padding, but nothing beyond it.
    """
    stride = np.asarray(given["stride"]).astype(int)
    dilation = np.asarray(given.get("dilation", np.ones(len(kernel)))).astype(int)
    padding = np.asarray(given.get("padding", np.zeros((len(kernel), 2)))).astype(int)
    missing = []
    for axis, size in enumerate(shape):
        free = size + padding[axis].sum() - dilation[axis] * (kernel[axis] - 1) - 1
        last = -(-free // stride[axis]) * stride[axis]
        beyond = last >= size + padding[axis, 0]  # a window that would begin in the padding is left out
        missing.append(0 if beyond else int(last - free))
    if not any(missing):
        return given
    if given.get("count_padding") == "true" and padding.any():
        raise NnlecError("means that count the padding, but nothing beyond it (ceil_mode with count_include_pad)")
    padding[:, 1] += missing
    return given | {"padding": padding.astype(float)} | ({"count_padding": "false"} if "count_padding" in given else {})
