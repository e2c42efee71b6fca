"""`nnlec evaluate`: how good a network is, in one pass over a table."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.networks import network_at, outside_option
from nnlec.cli.options import Paper, once, paper_options
from nnlec.cli.tables import evaluate_table, table_options, take_tables


@click.command()
@click.argument("network", type=click.Path())
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@once(
    "--target-column", metavar="NAMES", help="The column of the truth: labels or numbers; several for several outputs."
)
@once("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else that of its kind).")
@click.option("--base", type=click.Choice(["e", "2", "10"]), default="e", help="Base of the logarithm.")
@outside_option
@table_options
@paper_options
def evaluate(network: str, target_column: str | None, name: str | None, base: str, **given: Any) -> int:
    """Measure NETWORK on a table with a column of the truth: loss, accuracy, confusion, or errors of a regression.

    A label is the name of a class, or its index from 0. Of a network that ends in softmax or sigmoid the loss is
    taken from the logits beneath. The mean is the same for any order and any chunking of the rows.

    \b
    Examples:
      nnlec evaluate configs/iris.yaml configs/iris.csv --target-column species
      nnlec evaluate configs/rain.yaml configs/rain.csv --target-column rain --format json
    """
    tables = take_tables(given)
    if target_column is None:
        raise click.UsageError("give --target-column NAME: the column that holds the truth")
    if not tables.wanted:
        raise click.UsageError("give DATA: a table's files, or one piped in")
    options = {"base": base} if base != "e" else {}
    return evaluate_table(network_at(network), tables, target_column, name, options, Paper(**given))
