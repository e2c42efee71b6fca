"""Forward passes and losses of neural networks: every number exact, shown as on paper.

Arrays are float64 of shape (rows, features); a mistake raises `NnlecError`. `nnlec guide python` has examples.
"""

from typing import TYPE_CHECKING

from nnlec.errors import NnlecError, NnlecWarning
from nnlec.version import __version__

if TYPE_CHECKING:
    from nnlec.models import from_sklearn, load_network, save_network
    from nnlec.network.activations import ACTIVATIONS, Activation, activation, log_softmax, sigmoid, softmax
    from nnlec.network.layers import LAYERS, Dense, Scale
    from nnlec.network.losses import LOSSES, Loss, cross_entropy, loss
    from nnlec.network.network import Network, Trace

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "LOSSES",
    "Activation",
    "Dense",
    "Loss",
    "Network",
    "NnlecError",
    "NnlecWarning",
    "Scale",
    "Trace",
    "__version__",
    "activation",
    "cross_entropy",
    "from_sklearn",
    "load_network",
    "log_softmax",
    "loss",
    "save_network",
    "sigmoid",
    "softmax",
]

_HOMES = {
    "ACTIVATIONS": "nnlec.network.activations",
    "LAYERS": "nnlec.network.layers",
    "LOSSES": "nnlec.network.losses",
    "Activation": "nnlec.network.activations",
    "Dense": "nnlec.network.layers",
    "Loss": "nnlec.network.losses",
    "Network": "nnlec.network.network",
    "Scale": "nnlec.network.layers",
    "Trace": "nnlec.network.network",
    "activation": "nnlec.network.activations",
    "cross_entropy": "nnlec.network.losses",
    "from_sklearn": "nnlec.models",
    "load_network": "nnlec.models",
    "log_softmax": "nnlec.network.activations",
    "loss": "nnlec.network.losses",
    "save_network": "nnlec.models",
    "sigmoid": "nnlec.network.activations",
    "softmax": "nnlec.network.activations",
}


def __getattr__(name: str) -> object:
    """numpy and yaml are imported when the name that needs them is, so that `nnlec --help` starts quickly."""
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
