"""`nnlec show`: what a network is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.networks import network_at, outside_option
from nnlec.cli.options import Paper, emit, page, paper_options
from nnlec.cli.output import write_text

if TYPE_CHECKING:
    from nnlec.network.network import Network


@click.command()
@click.argument("network", type=click.Path())
@outside_option
@paper_options
def show(network: str, **paper: Any) -> None:
    """List NETWORK's layers, shapes, activations, parameters, inputs and classes; a small one is drawn too.

    \b
    Examples:
      nnlec show configs/lecture.yaml
      nnlec show configs/digits.yaml --format json
    """
    from nnlec.rendering.explain import describe_network
    from nnlec.rendering.records import network_record

    loaded, asked = network_at(network), Paper(**paper)
    emit(asked, document=lambda: describe_network(loaded), record=lambda: network_record(loaded))
    if asked.output is None and asked.format in (None, "table"):
        write_text(_picture(loaded, asked), None)


def _picture(network: Network, asked: Paper) -> str:
    """The network in characters, below a blank line; nothing where it does not fit on the page as a whole."""
    from nnlec.rendering.diagrams import text
    from nnlec.rendering.explain.diagram import MOST_UNITS, draw

    sheet = page(to_file=False)
    if max(network.n_in, *(layer.n_out for layer in network.layers)) > MOST_UNITS:
        return ""
    picture = text.write(draw(network, asked.style), unicode=sheet.unicode)
    wide = max(map(len, picture.splitlines())) > (sheet.width or 100)
    return "" if wide else f"\n{picture}"
