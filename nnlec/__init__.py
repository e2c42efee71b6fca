"""Forward passes and losses of neural networks: every number exact, shown as on paper.

Arrays are float64 of shape (rows, features); a mistake raises `NnlecError`. `nnlec guide python` has examples.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.shown import Bundle, Types, show_by
from nnlec.version import __version__

if TYPE_CHECKING:
    from nnlec.grading.checking import check
    from nnlec.grading.differences import compare
    from nnlec.models import from_keras, from_sklearn, from_torch, load_network, save_network
    from nnlec.network.activations import ACTIVATIONS, Activation, activation, log_softmax, sigmoid, softmax
    from nnlec.network.layers import LAYERS, Dense, Scale
    from nnlec.network.layers.add import Add
    from nnlec.network.layers.average_pool import AveragePool
    from nnlec.network.layers.batch_norm import BatchNorm
    from nnlec.network.layers.concat import Concat
    from nnlec.network.layers.conv import Conv
    from nnlec.network.layers.dropout import Dropout
    from nnlec.network.layers.flatten import Flatten
    from nnlec.network.layers.layer_norm import LayerNorm
    from nnlec.network.layers.max_pool import MaxPool
    from nnlec.network.layers.multiply import Multiply
    from nnlec.network.layers.reshape import Reshape
    from nnlec.network.layers.transpose import Transpose
    from nnlec.network.losses import LOSSES, Loss, cross_entropy, loss
    from nnlec.network.network import Network
    from nnlec.network.passes import Trace
    from nnlec.tables.arrays import evaluate
    from nnlec.tables.measures import METRICS

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "LOSSES",
    "METRICS",
    "Activation",
    "Add",
    "AveragePool",
    "BatchNorm",
    "Concat",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "LayerNorm",
    "Loss",
    "MaxPool",
    "Multiply",
    "Network",
    "NnlecError",
    "NnlecWarning",
    "Reshape",
    "Scale",
    "Trace",
    "Transpose",
    "__version__",
    "activation",
    "check",
    "compare",
    "cross_entropy",
    "evaluate",
    "from_keras",
    "from_sklearn",
    "from_torch",
    "load_network",
    "log_softmax",
    "loss",
    "save_network",
    "sigmoid",
    "softmax",
]

_HOMES = {
    "nnlec.grading.checking": ("check",),
    "nnlec.grading.differences": ("compare",),
    "nnlec.models": ("from_keras", "from_sklearn", "from_torch", "load_network", "save_network"),
    "nnlec.network.activations": ("ACTIVATIONS", "Activation", "activation", "log_softmax", "sigmoid", "softmax"),
    "nnlec.network.losses": ("LOSSES", "Loss", "cross_entropy", "loss"),
    "nnlec.network.network": ("Network",),
    "nnlec.network.passes": ("Trace",),
    "nnlec.tables.arrays": ("evaluate",),
    "nnlec.tables.measures": ("METRICS",),
}
"""Modules and the names that are found there; all others are layers, in `nnlec.network.layers`."""


def _view(result: object, include: Types, exclude: Types) -> Bundle:
    from nnlec.rendering.notebook import bundle

    return bundle(result, include, exclude)


show_by(_view)


def __getattr__(name: str) -> object:
    """numpy and yaml are imported when the name that needs them is, so that `nnlec --help` starts quickly."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((home for home, names in _HOMES.items() if name in names), "nnlec.network.layers")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
