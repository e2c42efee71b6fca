"""The former home of `activation`, kept for code that imports it from here: it is `nnlec.activation` now."""

from nnlec.network.activations import ACTIVATIONS, Activation, activation, sigmoid, softmax

__all__ = ["ACTIVATIONS", "Activation", "activation", "sigmoid", "softmax"]
