"""`nnlec show`: what a network is made of."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.networks import network_at, outside_option
from nnlec.cli.options import Paper, emit, paper_options


@click.command(short_help="List what a network is made of.")
@click.argument("network", type=click.Path())
@outside_option
@paper_options
def show(network: str, **paper: Any) -> None:
    """List NETWORK's layers, shapes, activations, parameters, inputs and classes.

    \b
    Examples:
      nnlec show configs/lecture.yaml
      nnlec show configs/digits.yaml --format json
    """
    from nnlec.records import network_record
    from nnlec.working import describe_network

    loaded = network_at(network)
    emit(Paper(**paper), document=lambda: describe_network(loaded), record=lambda: network_record(loaded))
