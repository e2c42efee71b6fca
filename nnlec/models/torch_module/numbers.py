"""Classes and functions of PyTorch that work number by number, as the operators that ../pointwise.py knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnlec.models.assembly import activation_of
from nnlec.models.pointwise import Expression
from nnlec.models.torch_module.calls import Call, CallRow


class Pointwise(NamedTuple):
    """A class of torch.nn and a function that compute the same."""

    module: str
    function: str
    row: CallRow


def expression(call: Call, operator: str, arguments: Sequence[Any], **given: float) -> Expression:
    """An operator of values and constants."""
    laid = [each if isinstance(each, Expression) else _constant(call, each) for each in arguments]
    return call.walk.combined(call, operator, laid, given)


def _constant(call: Call, value: Any) -> np.ndarray:
    if isinstance(value, bool | int | float):
        return np.asarray(float(value))
    return call.walk.array(value)


def _direct(operator: str, **names: str) -> Callable[[Call], Expression]:
    """One operator; `names` says which setting is which parameter of it."""
    return lambda call: expression(
        call, operator, [call.part], **{ours: call[theirs] for ours, theirs in names.items()}
    )


def _clipped(low: str, high: str, call: Call) -> Expression:
    bounds = [(-np.inf, low), (np.inf, high)]
    given = [open_end if call[key] is None else call[key] for open_end, key in bounds]
    return expression(call, "Clip", [call.part, *given])


def _gelu(call: Call) -> Expression:
    operator = {"none": "Gelu", "tanh": "GeluTanh"}.get(call["approximate"])
    if operator is None:
        raise call.error("its approximation is not known here")
    return expression(call, operator, [call.part])


def _softplus(call: Call) -> Expression:
    beta, threshold = call["beta"], call["threshold"]
    if threshold < 20:
        raise call.error(f"its threshold {threshold} cuts it off where it still bends")
    if beta == 1:
        return expression(call, "Softplus", [call.part])
    bent = expression(call, "Softplus", [_once(expression(call, "Mul", [call.part, beta]))])
    return expression(call, "Div", [_once(bent), beta])


def _once(part: Expression) -> Expression:
    """A part that the next one alone takes."""
    part.uses = 1
    return part


def _log_sigmoid(call: Call) -> Expression:
    return expression(call, "Log", [_once(expression(call, "Sigmoid", [call.part]))])


def _tanh_shrink(call: Call) -> Expression:
    call.part.uses += 1
    return expression(call, "Sub", [call.part, _once(expression(call, "Tanh", [call.part]))])


def _hard_shrink(call: Call) -> Expression:
    return expression(call, "Shrink", [call.part], lambd=call["lambd"], bias=0.0)


def _threshold(call: Call) -> Expression:
    if call["value"] != 0:
        raise call.error("below its threshold it gives something else than 0")
    return expression(call, "ThresholdedRelu", [call.part], alpha=call["threshold"])


def _prelu(call: Call) -> Expression:
    slopes = call.array("weight")
    assert slopes is not None
    return expression(call, "PRelu", [call.part, slopes.reshape(-1, *[1] * (len(call.shape) - 1))])


def _leaky_by_chance(call: Call) -> Expression:
    if call["training"]:
        raise call.error("its slope changes by chance, as while a network learns", "module.eval() first")
    return expression(call, "LeakyRelu", [call.part], alpha=(call["lower"] + call["upper"]) / 2)


_SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}
_DEFAULTS: Mapping[str, Any] = {"alpha": 1.0}
_BOUNDS = {"min_val": -1.0, "max_val": 1.0}

ACTIVATIONS: tuple[Pointwise, ...] = (
    Pointwise("ReLU", "relu", CallRow({}, _direct("Relu"))),
    Pointwise("ReLU6", "relu6", CallRow({}, lambda call: expression(call, "Clip", [call.part, 0.0, 6.0]))),
    Pointwise("Hardtanh", "hardtanh", CallRow(_BOUNDS, partial(_clipped, "min_val", "max_val"))),
    Pointwise("", "clamp", CallRow({"min": None, "max": None}, partial(_clipped, "min", "max"))),
    Pointwise("", "clip", CallRow({"min": None, "max": None}, partial(_clipped, "min", "max"))),
    Pointwise(
        "LeakyReLU", "leaky_relu", CallRow({"negative_slope": 0.01}, _direct("LeakyRelu", alpha="negative_slope"))
    ),
    Pointwise("RReLU", "rrelu", CallRow({"lower": 0.125, "upper": 1 / 3, "training": False}, _leaky_by_chance)),
    Pointwise("PReLU", "prelu", CallRow({"weight": None}, _prelu)),
    Pointwise("ELU", "elu", CallRow(_DEFAULTS, _direct("Elu", alpha="alpha"))),
    Pointwise("CELU", "celu", CallRow(_DEFAULTS, _direct("Celu", alpha="alpha"))),
    Pointwise("SELU", "selu", CallRow({}, lambda call: expression(call, "Selu", [call.part], **_SELU))),
    Pointwise("Sigmoid", "sigmoid", CallRow({}, _direct("Sigmoid"))),
    Pointwise("Tanh", "tanh", CallRow({}, _direct("Tanh"))),
    Pointwise("LogSigmoid", "logsigmoid", CallRow({}, _log_sigmoid)),
    Pointwise("Softplus", "softplus", CallRow({"beta": 1.0, "threshold": 20.0}, _softplus)),
    Pointwise("Softsign", "softsign", CallRow({}, _direct("Softsign"))),
    Pointwise("GELU", "gelu", CallRow({"approximate": "none"}, _gelu)),
    Pointwise("SiLU", "silu", CallRow({}, lambda call: expression(call, "Swish", [call.part], alpha=1.0))),
    Pointwise("Mish", "mish", CallRow({}, _direct("Mish"))),
    Pointwise("Hardswish", "hardswish", CallRow({}, _direct("HardSwish"))),
    Pointwise(
        "Hardsigmoid",
        "hardsigmoid",
        CallRow({}, lambda call: expression(call, "HardSigmoid", [call.part], alpha=1 / 6, beta=0.5)),
    ),
    Pointwise("Tanhshrink", "tanhshrink", CallRow({}, _tanh_shrink)),
    Pointwise("Softshrink", "softshrink", CallRow({"lambd": 0.5}, _direct("Shrink", lambd="lambd", bias="lambd"))),
    Pointwise("Hardshrink", "hardshrink", CallRow({"lambd": 0.5}, _hard_shrink)),
    Pointwise("Threshold", "threshold", CallRow({"threshold": 0.0, "value": 0.0}, _threshold)),
)


def _of_two(operator: str) -> CallRow:
    def build(call: Call) -> Expression:
        if call["alpha"] != 1:
            raise call.error("what is added is multiplied first")
        return expression(call, operator, [call.args[0], call["other"]])

    return CallRow({"other": None, "alpha": 1}, build)


_TWO = {
    "Add": ("add", "iadd"), "Sub": ("sub", "subtract", "isub"), "Mul": ("mul", "multiply", "imul"),
    "Div": ("div", "divide", "true_divide", "truediv", "itruediv"), "Max": ("maximum",), "Min": ("minimum",),
    "Pow": ("pow", "ipow"), "Greater": ("gt", "greater"), "GreaterOrEqual": ("ge", "greater_equal"),
    "Less": ("lt", "less"), "LessOrEqual": ("le", "less_equal"),
}  # fmt: skip
_ONE = {
    "Neg": ("neg", "negative"), "Abs": ("abs", "absolute"), "Sqrt": ("sqrt",), "Log": ("log",), "Exp": ("exp",),
    "Erf": ("erf",), "Reciprocal": ("reciprocal",), "Sign": ("sign",),
}  # fmt: skip

ARITHMETIC: Mapping[str, CallRow] = {
    **{name: _of_two(operator) for operator, names in _TWO.items() for name in names},
    **{name: CallRow({}, _direct(operator)) for operator, names in _ONE.items() for name in names},
    "where": CallRow(
        {"input": None, "other": None},
        lambda call: expression(call, "Where", [call.args[0], call["input"], call["other"]]),
    ),
    "square": CallRow({}, lambda call: expression(call, "Pow", [call.part, 2])),
}
"""Functions of Python's operators and torch's."""


def over_row(name: str, call: Call) -> Expression:
    """Softmax and its like, over the numbers of a row."""
    axis = 1 if call["dim"] is None and len(call.shape) == 1 else call.axis(call["dim"])
    if axis == 0 or call.shape[axis - 1] != np.prod(call.shape):
        raise call.error("rows meet each other" if not axis else "it runs over one axis of a map")
    part, walk = call.part, call.walk
    return walk.leaf(walk.assembly.activate(walk.layer(part), activation_of(name), alone=part.uses == 1))
