"""Keras's activations, by the names of its functions and the classes of its layers, as those of a network.

Source: https://keras.io/api/layers/activations and https://keras.io/api/layers/activation_layers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnlec.errors import shortened
from nnlec.models.assembly import activation_of
from nnlec.models.keras_file.layer import KerasLayer, called
from nnlec.models.keras_file.stores import Checkpoint
from nnlec.models.keras_file.values import PointwiseStep
from nnlec.text import visible

PointwiseSteps = tuple[PointwiseStep, ...]


def _bounded(high: float) -> PointwiseSteps:
    """x kept between 0 and a bound: a hard sigmoid, stretched."""
    return (activation_of("hard_sigmoid", {"alpha": 1 / high, "beta": 0.0}), ("multiply", high))


def _same(name: str, **given: float) -> Callable[[], PointwiseSteps]:
    return lambda: (activation_of(name, given),)


_PLAIN = ("relu", "sigmoid", "softmax", "softplus", "softsign", "tanh", "selu", "elu", "exponential", "silu", "mish")
_OTHERS = ("gelu", "hard_tanh", "celu", "log_softmax")

FUNCTIONS: Mapping[str, Callable[[], PointwiseSteps]] = {
    "linear": tuple,
    **{name: _same(name) for name in (*_PLAIN, *_OTHERS)},
    "swish": _same("silu"),
    "leaky_relu": _same("leaky_relu", alpha=0.2),
    "hard_silu": _same("hard_swish"),
    "hard_swish": _same("hard_swish"),
    "hard_shrink": _same("shrink", lambd=0.5, bias=0.0),
    "soft_shrink": _same("shrink", lambd=0.5, bias=0.5),
    "relu6": lambda: _bounded(6.0),
    "log_sigmoid": lambda: (("multiply", -1.0), activation_of("softplus"), ("multiply", -1.0)),
}
"""Name of a function -> what it does; hard_sigmoid differs between Keras 2 and 3."""


def activation(layer: KerasLayer) -> PointwiseSteps:
    """What the option `activation` of a layer says."""
    return _steps(layer, layer.option("activation"))


def _steps(layer: KerasLayer, given: Any, *, inner: bool = False) -> PointwiseSteps:
    if given is None:
        return ()
    if isinstance(given, Mapping) and not inner:
        if given.get("class_name") == "function":
            return _steps(layer, given.get("config"), inner=True)
        if given.get("class_name") in ACTIVATION_LAYERS:
            class_name, _, config = called(given)
            entry = {"class_name": class_name, "name": layer.name, "config": config}
            bending = KerasLayer(entry, Checkpoint(None), layer.keras)
            steps = ACTIVATION_LAYERS[class_name](bending)
            bending.precision()
            bending.finish()
            return steps
    if given == "hard_sigmoid":
        return (activation_of("hard_sigmoid", {"alpha": 0.2 if layer.keras < 3 else 1 / 6, "beta": 0.5}),)
    if not isinstance(given, str) or given not in FUNCTIONS:
        named = given.get("class_name") if isinstance(given, Mapping) else given
        shown = visible(shortened(str(named)))
        raise layer.error(f"the activation {shown} is not known here", "`nnlec list activations` lists what is known")
    return FUNCTIONS[given]()


def _relu(layer: KerasLayer) -> PointwiseSteps:
    slope = layer.number("negative_slope", 0.0)
    layer.off("threshold")
    if layer.option("max_value") is None:
        return (activation_of("leaky_relu", {"alpha": slope}),) if slope else (activation_of("relu"),)
    if slope or layer.number("max_value") <= 0:
        raise layer.error("a bound beside a slope, which no activation has")
    return _bounded(layer.number("max_value"))


def _leaky(layer: KerasLayer) -> PointwiseSteps:
    old = layer.number("alpha", 0.3)  # Keras 2
    return (activation_of("leaky_relu", {"alpha": layer.number("negative_slope", old)}),)


def _softmax(layer: KerasLayer) -> PointwiseSteps:
    if layer.option("axis", -1) != -1:
        raise layer.error("it runs over another axis than the last")
    return (activation_of("softmax"),)


OPERATIONS = ("Relu", "Relu6", "Sigmoid", "Silu", "Softplus", "Tanh")
"""Classes of functions of `keras.ops`, which stand among the layers of a model."""

ACTIVATION_LAYERS: Mapping[str, Callable[[KerasLayer], PointwiseSteps]] = {
    "Activation": activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": lambda layer: (activation_of("elu", {"alpha": layer.number("alpha", 1.0)}),),
    "ThresholdedReLU": lambda layer: (activation_of("thresholded_relu", {"alpha": layer.number("theta", 1.0)}),),
    "Softmax": _softmax,
    **{name: lambda layer: FUNCTIONS[layer.class_name.lower()]() for name in OPERATIONS},
}
"""Class of a layer without weights -> what it does to each number, or each row."""
