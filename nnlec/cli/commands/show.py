"""`nnlec show`: what a network is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.modal import ModalCommand, refuse_misplaced
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import OutputOptions, decimal_comma_option, emit, language_option, letters_option, output_options
from nnlec.cli.output import write_text
from nnlec.cli.places import NO_PICTURE
from nnlec.rendering import speaking

if TYPE_CHECKING:
    from nnlec.network.network import Network


@click.command(cls=ModalCommand)
@network_argument()
@outside_option
@decimal_comma_option
@language_option
@letters_option
@output_options
def show(network: str, **given: Any) -> None:
    """List NETWORK's layers, shapes, activations, parameters, inputs and classes; a small one is drawn too.

    \b
    Examples:
      nnlec show configs/lecture.yaml
      nnlec show configs/digits.yaml --format json
    """
    from nnlec.rendering.explain.network import describe_network
    from nnlec.rendering.records import network_record

    loaded, output = network_at(network), OutputOptions(**given)
    drawn = output.file is None and output.chosen("table") in ("table", "plain")
    with speaking(output.language):
        picture = _picture(loaded, output) if drawn else ""
    if not picture:
        refuse_misplaced(click.get_current_context(), NO_PICTURE)
    emit(output, document=lambda: describe_network(loaded), record=lambda: network_record(loaded))
    write_text(picture, None)


def _picture(network: Network, output: OutputOptions) -> str:
    """The network in characters, below a blank line; nothing where it does not fit on the page as a whole."""
    from rich.cells import cell_len

    from nnlec.rendering.diagrams import MOST_UNITS

    if max(network.n_in, *(layer.n_out for layer in network.layers)) > MOST_UNITS:
        return ""
    from nnlec.rendering.diagrams import plain, text
    from nnlec.rendering.explain.diagram import draw

    picture = draw(network, output.style)
    if output.decimal_comma:
        from nnlec.rendering.decimal_comma import drawn_with_commas

        picture = drawn_with_commas(picture)
    if output.chosen("table") == "plain":
        return f"\n{plain.write(picture, width=output.page.width)}"
    drawn = text.write(picture, unicode=output.page.unicode)
    wide = max(map(cell_len, drawn.splitlines())) > (output.page.width or 100)
    return "" if wide else f"\n{drawn}"
