"""`nnlec evaluate`: how good a network is, in one pass over a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.evaluation import Compared, Measuring, evaluate_table
from nnlec.cli.many_options import ManyOptions, threads_option, worker_options
from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import (
    Choice,
    OutputOptions,
    language_option,
    output_options,
    parameter_option,
    single_option,
)
from nnlec.cli.table_options import table_options, take_table_options

if TYPE_CHECKING:
    from nnlec.tables.predictions import Predicted


@click.command(cls=ModalCommand)
@network_argument(required=False)
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@single_option("--target-column", metavar="NAMES", help="The column of labels, or the columns of target numbers.")
@single_option(
    "--predictions", metavar="FILE", type=click.Path(), help="Measure the predictions in this table instead."
)
@click.option("--logits", is_flag=True, help="The columns hold scores (default: probabilities).")
@click.option("--labels", is_flag=True, help="The column holds predicted labels.")
@click.option("--numbers", is_flag=True, help="The columns hold predicted numbers.")
@single_option("--classes", metavar="NAMES", help="The class of each column; of one column, both classes.")
@single_option("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else that of its kind).")
@single_option("--base", type=Choice(["e", "2", "10"]), default="e", help="Base of the logarithm.")
@parameter_option
@single_option("--top-k", metavar="K", type=click.IntRange(1), help="Count a row as right among the K likeliest too.")
@single_option(
    "--threshold",
    metavar="P",
    help="Decide for the second class, or for a label, above P (default: 0.5); sweep: a table from 0.05 to 0.95.",
)
@single_option("--by", metavar="NAME", help="Measure each group of rows too: those with the same value in this column.")
@single_option("--weights-column", metavar="NAME", help="The column that says how much each row counts.")
@click.option("--full", is_flag=True, help="Show every figure that JSON has: log loss, ROC AUC, calibration, ...")
@single_option(
    "--picture",
    type=Choice(["confusion", "reliability", "roc", "predicted"]),
    metavar="NAME",
    help="Draw this as SVG: confusion, reliability, roc or predicted.",
)
@single_option("--disagreements", metavar="FILE", help="Write the rows that networks put in different classes here.")
@click.option(
    "--data", "table", multiple=True, type=click.Path(), metavar="FILE", help="The table of several NETWORKs."
)
@outside_option
@table_options
@threads_option
@worker_options
@language_option
@output_options
def evaluate(
    network: str | None,
    predictions: str | None,
    table: tuple[str, ...],
    target_column: str | None,
    name: str | None,
    base: str,
    **given: Any,
) -> int:
    """Measure NETWORK on a table with a target column: loss, accuracy, confusion, or errors of a regression.

    A label is the name of a class, or (where no class is named by a number) its index from 0. Of a network that ends
    in softmax or sigmoid the loss is computed from the logits before it. No result depends on the order of the rows.

    With --data several networks are set side by side. With --predictions the table has the predictions of any program.

    \b
    Examples:
      nnlec evaluate configs/iris.yaml configs/iris.csv --target-column species
      nnlec evaluate configs/rain.yaml configs/rain.csv --target-column rain
    """
    from nnlec.cli.loss_example import parameters_given

    tables = take_table_options(given)
    many = ManyOptions(given.pop("workers"), given.pop("scheduler"))
    kinds: list[Predicted] = ["logits", "labels", "numbers"]
    asked = [kind for kind in kinds if given.pop(kind)]
    classes, parameters = given.pop("classes"), parameters_given(given.pop("parameters"))
    if base != "e":
        parameters["base"] = base
    if len(asked) > 1:
        raise click.UsageError(f"--{asked[0]} and --{asked[1]} do not go together")
    if (network is None) == (predictions is None):
        raise click.UsageError("give a NETWORK, or --predictions FILE, the table that has them")
    if target_column is None:
        raise click.UsageError("give --target-column NAME: the column of the labels or target numbers")
    options = {key: given.pop(key) for key in Measuring._fields if key in given}
    measuring = Measuring(target_column=target_column, loss=name, parameters=parameters, **options)
    networks: tuple[str, ...] = () if network is None else (network,)
    if predictions is not None:
        tables = tables._replace(data=(predictions,))
    elif table:
        networks = (*networks, *tables.data)
        tables = tables._replace(data=table)
    if len(set(networks)) < len(networks):
        raise click.UsageError("a network is given twice, expected once")
    if measuring.disagreements is not None and len(networks) < 2:
        raise click.UsageError("--disagreements is for several networks: nnlec evaluate a.yaml b.yaml --data t.csv")
    if not tables.wanted:
        raise click.UsageError("give DATA: a table's files, or one piped in")
    loaded = {path: network_at(path) for path in networks}
    compared = Compared(loaded, asked[0] if asked else "probabilities", classes)
    return evaluate_table(compared, measuring, tables, OutputOptions(**given), many)
