"""`nnlec evaluate`: how good a network is, in one pass over a table."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.evaluation import Measuring, evaluate_table
from nnlec.cli.modes import ModalCommand
from nnlec.cli.networks import network_at, outside_option
from nnlec.cli.options import Choice, OutputOptions, output_options, single_option
from nnlec.cli.table_options import table_options, take_table_options


@click.command(cls=ModalCommand)
@click.argument("network", type=click.Path())
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@single_option("--target-column", metavar="NAMES", help="The column of labels, or the columns of target numbers.")
@single_option("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else that of its kind).")
@single_option("--base", type=Choice(["e", "2", "10"]), default="e", help="Base of the logarithm.")
@single_option("--top-k", metavar="K", type=click.IntRange(1), help="Count a row as right among the K likeliest too.")
@single_option(
    "--threshold",
    metavar="P",
    help="Decide for the second class, or for a label, above P (default: 0.5); sweep: a table from 0.05 to 0.95.",
)
@single_option("--by", metavar="NAME", help="Measure each group of rows too: those with the same value in this column.")
@single_option("--weights-column", metavar="NAME", help="The column that says how much each row counts.")
@click.option("--full", is_flag=True, help="Show every figure that JSON has: log loss, ROC AUC, calibration, ...")
@outside_option
@table_options
@output_options
def evaluate(network: str, target_column: str | None, name: str | None, base: str, **given: Any) -> int:
    """Measure NETWORK on a table with a target column: loss, accuracy, confusion, or errors of a regression.

    A label is the name of a class, or (where no class is named by a number) its index from 0. Of a network that ends
    in softmax or sigmoid the loss is computed from the logits before it. No result depends on the order of the rows.

    \b
    Examples:
      nnlec evaluate configs/iris.yaml configs/iris.csv --target-column species
      nnlec evaluate configs/rain.yaml configs/rain.csv --target-column rain
    """
    tables = take_table_options(given)
    if target_column is None:
        raise click.UsageError("give --target-column NAME: the column of the labels or target numbers")
    if not tables.wanted:
        raise click.UsageError("give DATA: a table's files, or one piped in")
    options = {"base": base} if base != "e" else {}
    measuring = Measuring(**{key: given.pop(key) for key in Measuring._fields})
    return evaluate_table(network_at(network), tables, target_column, name, options, measuring, OutputOptions(**given))
