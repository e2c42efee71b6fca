"""`nnlec stats`: what the layers of a network give for the rows of a table."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.commands.forward import picked
from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import OutputOptions, language_option, output_options, single_option
from nnlec.cli.table_options import table_options, take_table_options
from nnlec.cli.tables import stats_table


@click.command(cls=ModalCommand)
@network_argument()
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@single_option("--layer", metavar="LAYER", help="The units of this layer, one by one: its name, or its number from 1.")
@outside_option
@table_options
@language_option
@output_options
def stats(network: str, layer: str | None, **given: Any) -> int:
    """Look inside NETWORK while it works on a table: the outputs of each layer, one line a layer.

    Least, mean and largest output, standard deviation, the share of zeros, units that are 0 for every row (dead), and
    units that are within 1 % of a bound of their activation for every row (saturated). No result depends on the order
    of the rows.

    \b
    Examples:
      nnlec stats configs/iris.yaml configs/iris.csv --columns 1,2,3,4
      nnlec stats configs/iris.yaml configs/iris.csv --columns 1,2,3,4 --layer 1
    """
    tables = take_table_options(given)
    if not tables.wanted:
        raise click.UsageError("give DATA: a table's files, or one piped in")
    loaded = network_at(network)
    cell = picked(loaded, layer, None)
    return stats_table(loaded, tables, None if cell is None else cell[0], OutputOptions(**given))
