"""The --input of a command: numbers as they are typed, or a file that holds one example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlec.cli.options import error_context
from nnlec.cli.value_names import in_order_of

if TYPE_CHECKING:
    from nnlec.network.network import Network


def input_row(network: Network, text: str) -> tuple[float, ...]:
    """An example as the network takes it. Raises `NnlecError`, at --input, for what does not fit."""
    with error_context("--input"):
        if "." in text and "=" not in text:
            from nnlec.models.example_files import is_example_file, read_example

            if is_example_file(text):
                return network.accept_row(read_example(text, network.layers[0].in_shape))
        from nnlec.models.values import parse_values

        return network.accept_row(in_order_of(parse_values(text), network.input_names))
