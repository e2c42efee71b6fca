"""Classes and functions of PyTorch that become layers: one row each.

Source: the documentation of torch.nn and torch.nn.functional at https://docs.pytorch.org.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod

import numpy as np

from nnlec.models.arranged import pooled, reshaped
from nnlec.models.expressions import ROWS, with_rows
from nnlec.models.padding import placed, rounded_up, same_padding
from nnlec.models.pointwise import Expression
from nnlec.models.torch_module.calls import Call, CallRow
from nnlec.models.torch_module.numbers import ACTIVATIONS, ARITHMETIC, over_row
from nnlec.text import counted

_EVAL = "module.eval() first"


def _linear(call: Call) -> Expression:
    weights, bias = call.array("weight"), call.array("bias")
    return _dense(call, None if weights is None else weights.T, bias)


def _dense(call: Call, weights: np.ndarray | None, bias: np.ndarray | None) -> Expression:
    maps = len(call.shape) > 1
    if weights is None or weights.ndim != 2 or (maps and call.shape[-1] != weights.shape[0]):
        sizes = [] if weights is None else list(weights.shape)
        raise call.error(f"rows of {list(call.shape)} meet weights of {sizes}")
    if maps:
        given = {"weights": weights} | ({} if bias is None else {"bias": bias})
        return call.walk.dense_of_maps(call, call.part, given)
    return call.layer("dense", {"weights": weights, "bias": bias})


def _matmul(call: Call) -> Expression:
    other = call["other"]
    if isinstance(other, Expression) or not isinstance(call.args[0], Expression):
        raise call.error("two values are multiplied as matrices: attention is not read")
    return _dense(call, call.walk.array(other), None)


def _conv(call: Call) -> Expression:
    weights = call.array("weight")
    if weights is None or weights.ndim != len(call.shape) + 1 or call["padding_mode"] != "zeros":
        raise call.error("padding by something else than zeros, or maps of other axes than its kernels have")
    kernel = weights.shape[2:]
    stride, dilation = (_each(call, key, len(kernel)) for key in ("stride", "dilation"))
    if call["padding"] == "same":
        around = same_padding(call.shape[1:], kernel, [1] * len(kernel), dilation, upper=True)
    else:
        around = [0] * len(kernel) if call["padding"] == "valid" else [*_each(call, "padding", len(kernel))]
        around *= 2
    windows = placed(stride, dilation, np.reshape(around, (2, len(kernel))).T)
    groups = None if call["groups"] == 1 else call["groups"]
    return call.layer("conv", {"weights": weights, "bias": call.array("bias"), "groups": groups, **windows})


def _each(call: Call, setting: str, axes: int) -> tuple[int, ...]:
    """A setting for each axis of the maps."""
    numbers = call.whole(setting)
    if len(numbers) == 1:
        return numbers * axes
    if len(numbers) != axes:
        raise call.error(f"{setting} is {numbers} for {counted(axes, 'axis')}")
    return numbers


def _pool(kind: str, call: Call) -> Expression:
    axes = len(call.shape) - 1
    size, around = _each(call, "kernel_size", axes), _each(call, "padding", axes)
    stride = _each(call, "stride", axes) if call["stride"] not in (None, (), []) else size
    dilation = _each(call, "dilation", axes) if kind == "max_pool" else (1,) * axes
    given = {"size": np.array(size, float), **placed(stride, dilation, np.array([around, around]).T)}
    if kind == "max_pool":
        _expect_no_places(call)
    elif call["divisor_override"] is not None:
        raise call.error("a mean with another divisor is no layer")
    else:
        given["count_padding"] = "true" if call["count_include_pad"] else "false"
    if call["ceil_mode"]:
        given = rounded_up(call.shape[1:], size, given)
    if "padding" not in given:
        given.pop("count_padding", None)
    return call.layer(kind, given)


def _expect_no_places(call: Call) -> None:
    if call["return_indices"]:
        raise call.error("it gives the places of the largest numbers too")


def _adaptive(kind: str, call: Call) -> Expression:
    """A pool whose windows follow from how many there shall be, where they are all alike."""
    maps = call.shape[1:]
    given = call["output_size"]
    wanted = [*given] if isinstance(given, tuple | list) else [given]
    wanted *= len(maps) if len(wanted) == 1 else 1
    sizes = [size if want is None else want for want, size in zip(wanted, maps, strict=True)]
    if kind == "max_pool":
        _expect_no_places(call)
    if all(want == 1 for want in sizes):
        return call.layer(kind, {"size": "all"})
    if any(size % want for want, size in zip(sizes, maps, strict=True)):
        raise call.error(f"{list(sizes)} windows over maps of {list(maps)} are not all of one size")
    window = np.array([size // want for want, size in zip(sizes, maps, strict=True)], float)
    return call.layer(kind, {"size": window, "stride": window})


def _batch_norm(call: Call) -> Expression:
    if call["training"] or call["running_mean"] is None or call["running_var"] is None:
        raise call.error("it normalises by the rows of the batch, as while a network learns", _EVAL)
    arrays = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
    return call.layer("batch_norm", {key: call.array(name) for key, name in arrays.items()} | {"epsilon": call["eps"]})


def _layer_norm(call: Call) -> Expression:
    over, scale = call.whole("normalized_shape"), call.array("weight")
    if call.shape[-len(over) :] != over:
        raise call.error(f"it normalises {list(over)} of rows of {list(call.shape)}")
    scale = np.ones(over) if scale is None else scale
    return call.layer("layer_norm", {"scale": scale, "shift": call.array("bias"), "epsilon": call["eps"]})


def _dropout(call: Call) -> Expression:
    if call["training"]:
        raise call.error("it drops numbers by chance, as while a network learns", _EVAL)
    return call.layer("dropout", {"rate": call["p"]})


def _skipped(call: Call) -> Expression:
    """torchvision's stochastic depth, which leaves out whole rows by chance while a network learns."""
    if call["training"]:
        raise call.error("it drops rows by chance, as while a network learns", _EVAL)
    return call.part


def shaped(call: Call, sizes: tuple[int, ...]) -> Expression:
    """The same numbers read as another shape, the rows counted; one size may be -1."""
    total, known = ROWS * prod(call.shape), prod(size for size in sizes if size != -1)
    wanted = tuple(total // known if size == -1 and known else size for size in sizes)
    if prod(wanted) != total or not wanted or wanted[0] != ROWS or min(wanted) < 1:
        raise call.error(f"rows of {list(call.shape)} do not become {with_rows(sizes)}")
    if wanted[1:] == call.shape:
        return call.part
    if len(wanted) == 1:
        raise call.error("its rows lose their only axis")
    return call.layer("flatten", {}) if len(wanted) == 2 else call.layer("reshape", {"shape": wanted[1:]})


def _flatten(call: Call) -> Expression:
    start, end = call.axis(call["start_dim"]), call.axis(call["end_dim"])
    full = (ROWS, *call.shape)
    if not 0 < start <= end:
        raise call.error("rows meet each other")
    return shaped(call, (*full[:start], prod(full[start : end + 1]), *full[end + 1 :]))


def _unflatten(call: Call) -> Expression:
    axis, full = call.axis(call["dim"]), (ROWS, *call.shape)
    return shaped(call, (*full[:axis], *call.whole("unflattened_size"), *full[axis + 1 :]))


def _squeezed(call: Call) -> Expression:
    chosen = {call.axis(each) for each in call.whole("dim")} if call["dim"] is not None else set(range(1, 9))
    full = (ROWS, *call.shape)
    return shaped(call, tuple(size for axis, size in enumerate(full) if axis not in chosen or size != 1))


def _unsqueezed(call: Call) -> Expression:
    axis, full = call["dim"], (ROWS, *call.shape)
    axis = axis + len(full) + 1 if axis < 0 else axis
    return shaped(call, (*full[:axis], 1, *full[axis:]))


def _permuted(call: Call) -> Expression:
    return _moved(call, [call.axis(each) for each in call.listed("dims")])


def _exchanged(call: Call) -> Expression:
    order = list(range(len(call.shape) + 1))
    one, other = call.axis(call["dim0"]), call.axis(call["dim1"])
    order[one], order[other] = other, one
    return _moved(call, order)


def _moved(call: Call, order: list[int]) -> Expression:
    if sorted(order) != list(range(len(call.shape) + 1)) or order[0] != 0:
        raise call.error(f"the order {order} moves the rows")
    return call.part if order == sorted(order) else call.layer("transpose", {"axes": order[1:]})


def _reduced(kind: str, call: Call) -> Expression:
    """The mean, or the largest, over axes of a row."""
    axes = sorted(call.axis(each) for each in call.whole("dim")) if call["dim"] is not None else [0]
    if not axes or axes[0] == 0:
        raise call.error("rows meet each other")
    own = [axis - 1 for axis in axes]
    made = pooled(call.part, kind, own, call)
    if call["keepdim"]:
        return made
    kept = tuple(size for axis, size in enumerate(made.shape) if axis not in own)
    if not kept:
        raise call.error("its rows lose their only axis")
    return reshaped(made, kept, call)


def _joined(call: Call) -> Expression:
    parts = call.args[0]
    if not isinstance(parts, tuple) or not all(isinstance(each, Expression) for each in parts):
        raise call.error("a value is joined with one that does not depend on the input")
    rank = len(parts[0].shape) + 1
    if call["dim"] not in (1, 1 - rank):
        raise call.error("rows meet each other" if call["dim"] in (0, -rank) else "it joins along another axis")
    made: Expression = parts[0]
    if len(parts) == 1:
        return made
    walk = call.walk
    return walk.leaf(walk.assembly.add("concat", {}, tuple(map(walk.layer, parts)), call.label()))


def _same(call: Call) -> Expression:
    return call.part.as_numbers(call)


def _converted(call: Call) -> Expression:
    if any("float32" not in str(each) and "float64" not in str(each) for each in call.args[1:]):
        raise call.error("it rounds to another type of numbers, or is moved elsewhere")
    return _same(call)


_CONV = {"weight": None, "bias": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": "zeros"}
_MAX = {"kernel_size": 1, "stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False}
_MEAN = {
    "kernel_size": 1, "stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True,
    "divisor_override": None,
}  # fmt: skip
_NORM = {
    "running_mean": None, "running_var": None, "weight": None, "bias": None, "training": False, "momentum": 0.1,
    "eps": 1e-5,
}  # fmt: skip
_AXES = ("1d", "2d", "3d")
_LINEAR = CallRow({"weight": None, "bias": None}, _linear)
_LAYER_NORM = CallRow({"normalized_shape": (), "weight": None, "bias": None, "eps": 1e-5}, _layer_norm)
_ADAPTIVE = {"output_size": 1, "return_indices": False}
_DROPOUT = {"p": 0.5, "training": True}
_FLATTEN = {"start_dim": 0, "end_dim": -1}
_MEANS = {"dim": None, "keepdim": False}

MODULES: Mapping[str, CallRow] = {
    "Linear": _LINEAR,
    **{f"Conv{axes}": CallRow(_CONV, _conv) for axes in _AXES},
    **{f"MaxPool{axes}": CallRow(_MAX, partial(_pool, "max_pool")) for axes in _AXES},
    **{f"AvgPool{axes}": CallRow(_MEAN, partial(_pool, "average_pool")) for axes in _AXES},
    **{f"AdaptiveMaxPool{axes}": CallRow(_ADAPTIVE, partial(_adaptive, "max_pool")) for axes in _AXES},
    **{f"AdaptiveAvgPool{axes}": CallRow(_ADAPTIVE, partial(_adaptive, "average_pool")) for axes in _AXES},
    **{f"BatchNorm{axes}": CallRow(_NORM, _batch_norm) for axes in _AXES},
    "LayerNorm": _LAYER_NORM,
    **{f"Dropout{axes}": CallRow(_DROPOUT, _dropout) for axes in ("", *_AXES)},
    **dict.fromkeys(("AlphaDropout", "FeatureAlphaDropout"), CallRow(_DROPOUT, _dropout)),
    "Flatten": CallRow(_FLATTEN, _flatten),
    "Unflatten": CallRow({"dim": 1, "unflattened_size": ()}, _unflatten),
    "Identity": CallRow({}, _same),
    **{each.module: each.row for each in ACTIVATIONS if each.module},
    "Softmax": CallRow({"dim": None}, partial(over_row, "softmax")),
    "LogSoftmax": CallRow({"dim": None}, partial(over_row, "log_softmax")),
}
"""Class of torch.nn -> what is made of it."""

FUNCTIONS: Mapping[str, CallRow] = {
    "linear": _LINEAR,
    "matmul": CallRow({"other": None}, _matmul),
    "mm": CallRow({"other": None}, _matmul),
    **{f"conv{axes}": CallRow(_CONV, _conv) for axes in _AXES},
    **{f"max_pool{axes}": CallRow(_MAX, partial(_pool, "max_pool")) for axes in _AXES},
    **{f"avg_pool{axes}": CallRow(_MEAN, partial(_pool, "average_pool")) for axes in _AXES},
    **{f"adaptive_max_pool{axes}": CallRow(_ADAPTIVE, partial(_adaptive, "max_pool")) for axes in _AXES},
    **{f"adaptive_avg_pool{axes}": CallRow(_ADAPTIVE, partial(_adaptive, "average_pool")) for axes in _AXES},
    "batch_norm": CallRow(_NORM, _batch_norm),
    "layer_norm": _LAYER_NORM,
    **{
        name: CallRow(_DROPOUT, _dropout)
        for name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout")
    },
    "stochastic_depth": CallRow({"p": 0.0, "mode": "row", "training": True}, _skipped),
    "flatten": CallRow(_FLATTEN, _flatten),
    "unflatten": CallRow({"dim": 1, "unflattened_size": ()}, _unflatten),
    **{
        name: CallRow({"shape": ()}, lambda call: shaped(call, call.listed("shape")), True)
        for name in ("view", "reshape")
    },
    "squeeze": CallRow({"dim": None}, _squeezed),
    "unsqueeze": CallRow({"dim": 0}, _unsqueezed),
    "permute": CallRow({"dims": ()}, _permuted, True),
    **{name: CallRow({"dim0": 0, "dim1": 1}, _exchanged) for name in ("transpose", "swapaxes", "swapdims")},
    "mean": CallRow(_MEANS, partial(_reduced, "average_pool")),
    "amax": CallRow(_MEANS, partial(_reduced, "max_pool")),
    **{name: CallRow({"dim": 0}, _joined) for name in ("cat", "concat", "concatenate")},
    **{name: CallRow({}, _same) for name in ("contiguous", "clone", "detach", "float", "double", "cpu")},
    "to": CallRow({"dtype": None}, _converted),
    **{each.function: each.row for each in ACTIVATIONS if each.function},
    **ARITHMETIC,
    **{name: CallRow({"dim": None}, partial(over_row, name)) for name in ("softmax", "log_softmax")},
}
"""Function, or method of a tensor, by its name -> what is made of it."""

REASONS: Mapping[str, str] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"), "recurrent layers are not read"),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), "a look-up by what the rows hold is not read"),
    **dict.fromkeys(("MultiheadAttention", "TransformerEncoderLayer"), "attention is not read"),
}
"""Class -> why it is refused, where that is known."""
