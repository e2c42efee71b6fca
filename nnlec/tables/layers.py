"""`forward --layer` on a table: what a layer, or every layer, makes of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlec.network.network import Network
from nnlec.tables.columns import InputColumns, input_columns
from nnlec.tables.header import Header
from nnlec.tables.rows import Rows, Selection

if TYPE_CHECKING:
    from nnlec.tables.plan import Column


@dataclass(frozen=True)
class LayersPlan:
    """The outputs, or the `pre_activations`, of the layers at these places, with one array of new columns for each.

    Their units are h1, h2, ..., the last layer's are the network's outputs; of several layers each unit has the
    layer's name before it: hidden.h1. With `exact` every number is the double nearest to the exact one.
    """

    network: Network
    inputs: InputColumns
    layers: tuple[int, ...]
    pre_activations: bool
    exact: bool
    passthrough: tuple[int, ...]
    passthrough_names: tuple[str, ...]

    @property
    def selection(self) -> Selection:
        """The inputs, and what passes through."""
        return Selection(self.inputs.columns, passthrough=self.passthrough)

    @property
    def added(self) -> tuple[str, ...]:
        """The names of the units."""
        several = len(self.layers) > 1
        return tuple(
            f"{self.network.layers[index].name}.{name}" if several else name
            for index in self.layers
            for name in unit_names(self.network, index)
        )

    def compute(self, rows: Rows) -> tuple[Column, ...]:
        """The new columns of a block."""
        inputs = self.inputs.rows(rows.numbers)
        if self.exact:
            from nnlec.tables.exact import layer_columns

            return layer_columns(self.network, inputs, self.layers, pre_activations=self.pre_activations)
        found = self.network.every_layer(inputs, self.layers[-1], pre_activations=self.pre_activations)
        return tuple(found[index] for index in self.layers)

    def end(self) -> None:
        """Each row was computed by itself: there is nothing to add."""


def unit_names(network: Network, index: int) -> tuple[str, ...]:
    """The names of a layer's units: h1, h2, ..., or those of the outputs."""
    if index == len(network.layers) - 1:
        return network.output_names
    return tuple(f"h{unit}" for unit in range(1, network.layers[index].n_out + 1))


def plan_layers(
    header: Header,
    network: Network,
    *,
    layers: tuple[int, ...],
    pre_activations: bool,
    columns: Sequence[str],
    keep: bool,
    exact: bool = False,
) -> LayersPlan:
    """The inputs are consumed unless `keep`; every other column passes through."""
    inputs = input_columns(network, header, columns)
    passing = header.passing(() if keep else inputs.columns, inputs.by_column)
    return LayersPlan(network, inputs, layers, pre_activations, exact, *passing)
