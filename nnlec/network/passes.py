"""Every number of a forward pass over some rows, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlec.shown import in_a_notebook
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.layers import Layer
    from nnlec.network.network import Network


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One layer at work on some rows: what came in, x^T W, and g(x^T W)."""

    layer: Layer
    inputs: Array
    pre_activation: Array
    output: Array


@dataclass(frozen=True, eq=False)
class Trace:
    """Every number of a forward pass, layer by layer."""

    network: Network
    layers: tuple[LayerTrace, ...]

    def __repr__(self) -> str:
        return f"<Trace of {counted(len(self.inputs), 'row')} through {self.network!r}>"

    _repr_mimebundle_ = in_a_notebook

    @property
    def inputs(self) -> Array:
        return self.layers[0].inputs

    @property
    def output(self) -> Array:
        return self.layers[-1].output

    @property
    def logits(self) -> Array:
        """The scores before the last squashing, where the network ends in softmax or sigmoid; else its output."""
        return self.network.logits_of(self.layers[-1].pre_activation, self.output)

    @property
    def probabilities(self) -> Array | None:
        """(rows, classes), or None where the network is no classifier."""
        return self.network.probabilities(self.logits)

    @property
    def prediction(self) -> tuple[str, ...] | None:
        """The class of each row, or None for a regressor and for several labels."""
        return self.network.predictions(self.logits)
