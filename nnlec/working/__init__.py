"""From exact numbers to blocks on paper, in the lecture's notation. Knows every symbol, and no format."""

from nnlec.working.evaluation import describe_evaluation
from nnlec.working.figures import Notation, Style
from nnlec.working.forward import describe_cell, describe_forward
from nnlec.working.listing import describe_activations, describe_losses, describe_names
from nnlec.working.loss import describe_loss
from nnlec.working.network import describe_network
from nnlec.working.softmax import describe_softmax

__all__ = [
    "Notation",
    "Style",
    "describe_activations",
    "describe_cell",
    "describe_evaluation",
    "describe_forward",
    "describe_loss",
    "describe_losses",
    "describe_names",
    "describe_network",
    "describe_softmax",
]
