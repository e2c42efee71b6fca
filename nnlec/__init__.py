"""Forward passes and losses of feed-forward networks: every number, exact, in the lecture's notation."""

from typing import TYPE_CHECKING

from nnlec.errors import NnlecError
from nnlec.version import __version__

if TYPE_CHECKING:
    from nnlec.models import load_network
    from nnlec.network.activations import sigmoid, softmax
    from nnlec.network.layers import Dense
    from nnlec.network.losses import cross_entropy
    from nnlec.network.network import Network, Trace

__all__ = [
    "Dense",
    "Network",
    "NnlecError",
    "Trace",
    "__version__",
    "cross_entropy",
    "load_network",
    "sigmoid",
    "softmax",
]


def __getattr__(name: str) -> object:
    """numpy and yaml are imported when the name that needs them is, so that `nnlec --help` answers at once."""
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


_HOMES = {
    "Dense": "nnlec.network.layers",
    "Network": "nnlec.network.network",
    "Trace": "nnlec.network.network",
    "cross_entropy": "nnlec.network.losses",
    "load_network": "nnlec.models",
    "sigmoid": "nnlec.network.activations",
    "softmax": "nnlec.network.activations",
}
