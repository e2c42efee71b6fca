"""Exact numbers -> blocks of a document, in the lecture's notation: every symbol is chosen here, no format is."""

from nnlec.rendering.explain.figures import Notation, Style
from nnlec.rendering.explain.forward import describe_cell, describe_forward
from nnlec.rendering.explain.listing import describe_activations, describe_layers, describe_losses, describe_names
from nnlec.rendering.explain.loss import describe_loss
from nnlec.rendering.explain.network import describe_network
from nnlec.rendering.explain.softmax import describe_softmax

__all__ = [
    "Notation",
    "Style",
    "describe_activations",
    "describe_cell",
    "describe_forward",
    "describe_layers",
    "describe_loss",
    "describe_losses",
    "describe_names",
    "describe_network",
    "describe_softmax",
]
