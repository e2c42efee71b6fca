"""`nnlec page`: a network as one HTML file to play with."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.inputs import input_row
from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import (
    OutputOptions,
    TruthOptions,
    decimals_option,
    language_option,
    parameter_option,
    significant_option,
    single_option,
)
from nnlec.cli.output import OutputFile, write_text
from nnlec.rendering import speaking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlec.network.losses import LossExample
    from nnlec.network.network import Network


@click.command(cls=ModalCommand)
@network_argument()
@single_option("-i", "--input", "values", metavar="VALUES", help="The input that the page begins with (default: ones).")
@single_option(
    "--label", metavar="NAME_OR_INDEX", help="The right class: the page has the loss and a step of learning."
)
@single_option("--target", metavar="VALUES", help="The target g, in place of a label.")
@single_option("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else that of its kind).")
@parameter_option
@single_option("--rate", metavar="R", default="0.1", help="The rate of a step (default: 0.1).")
@language_option
@significant_option
@decimals_option
@outside_option
@single_option("-o", "--output", "file", type=OutputFile(), metavar="FILE", help="Write to FILE, as net.html.")
def page(network: str, values: str | None, rate: str, **given: Any) -> None:
    """Write NETWORK as one HTML file to play with: edit any number, and every figure follows.

    The page needs no server and sends nothing. Its figures are those that `nnlec forward` prints, to the last digit.
    It takes layers of every kind, with up to 4,096 weights each. `nnlec guide page` tells more.

    \b
    Examples:
      nnlec page configs/lecture.yaml -i 1,2.8,-3.1,4.2 -o net.html
      nnlec page configs/neuron.yaml -i 2,-1,0.5 --label 1 -o net.html
    """
    from nnlec.cli.commands.step import rate_of
    from nnlec.rendering.page import write
    from nnlec.rendering.page.content import PageExample, content

    truth = TruthOptions(**{key: given.pop(key) for key in TruthOptions._fields})
    output = OutputOptions(**given)
    rate_of(rate)
    loaded = network_at(network)
    inputs = input_row(loaded, values) if values is not None else (1.0,) * loaded.n_in
    compared = _loss(loaded, truth)
    example = PageExample(inputs, output.rounding, Path(network).name, compared, rate.strip())
    formula = compared.loss.formula if compared else None
    with speaking(output.language):
        written = write(content(loaded, example), formula, output.language)
    write_text(written, output.file)


def _loss(network: Network, truth: TruthOptions) -> LossExample | None:
    if not truth.given:
        return None
    from nnlec.cli.loss_example import example_after
    from nnlec.network.trace import exact_trace

    zeros: Sequence[Decimal] = (Decimal(0),) * network.n_in
    return example_after(exact_trace(network, zeros), truth)
