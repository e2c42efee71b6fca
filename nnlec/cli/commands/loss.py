"""`nnlec loss`: the loss of one prediction, with its working, or of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_at, outside_option
from nnlec.cli.options import (
    Choice,
    OutputOptions,
    TruthOptions,
    carried,
    carry_option,
    emit,
    exact_option,
    parameter_option,
    single_option,
    steps_option,
    worked_options,
)
from nnlec.cli.table_options import table_options, take_table_options, writing_options

if TYPE_CHECKING:
    from nnlec.cli.loss_example import LossOptions


@click.command(cls=ModalCommand)
@click.argument("data", nargs=-1, type=click.Path(), metavar="[NETWORK | DATA...]")
@single_option("-i", "--input", "values", metavar="VALUES", help="Compare what NETWORK gives for this input.")
@single_option(
    "--logits", "--outputs", metavar="VALUES", help="The scores or outputs f, as -0.2,0.3 or dog=-0.2,cat=0.3."
)
@single_option("--probabilities", metavar="VALUES", help="Given probabilities s instead of scores.")
@single_option("--label", metavar="NAME_OR_INDEX", help="The right class: its name, or its index counted from 0.")
@single_option(
    "--target", metavar="VALUES", help="The target g: one-hot, any distribution, or a regression's true values."
)
@single_option("--classes", metavar="NAMES", help="A name for each class, as dog,cat.")
@single_option("--network", type=click.Path(), metavar="FILE", help="Take classes and loss from this network file.")
@single_option("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else cross-entropy).")
@single_option("--base", type=Choice(["e", "2", "10"]), metavar="BASE", help="Base of the logarithm: e, 2 or 10.")
@parameter_option
@single_option("--target-column", metavar="NAMES", help="The column of labels, or the columns of true numbers.")
@single_option(
    "--given",
    "given_as",
    type=Choice(["logits", "probabilities"]),
    help="What the predictions are, where their names leave it open.",
)
@single_option(
    "--reduction",
    type=Choice(["mean", "sum", "none"]),
    metavar="HOW",
    help="Mean (by class weights where given), sum, or none: every row with its loss.",
)
@click.option("--per-row", is_flag=True, help="The same as --reduction none.")
@carry_option("is computed with")
@steps_option
@exact_option
@outside_option
@table_options
@writing_options
@worked_options
def loss(**given: Any) -> int | None:
    """Compare a prediction with the truth: g, s, each term, and L = -sum g log s.

    With NETWORK and --input the forward pass is shown, and its loss at the end.

    With DATA (files, or - for standard input) every row of a table is compared with its --target-column, or with
    the one --label or --target given. Predictions are the columns of --columns, --classes or --network, else all
    numbers; where a table has both `dog` and the P(dog) that softmax adds, the loss is taken from the logits `dog`.

    \b
    Examples:
      nnlec loss --logits dog=-0.2,tiger=0.3,cat=-0.1 --label cat
      nnlec loss --probabilities 0.10,0.18,0.31,0.11,0.20 --label 3
      nnlec forward configs/animals.yaml configs/animals.csv |
        nnlec loss --target-column label
    """
    from nnlec.cli.loss_example import LossOptions, example_of
    from nnlec.rendering.explain.loss import describe_loss
    from nnlec.rendering.records import loss_record, loss_row

    tables = take_table_options(given)
    output = OutputOptions(**{key: given.pop(key) for key in OutputOptions._fields if key in given})
    of_table = {key: given.pop(key) for key in ("target_column", "given_as", "exact")}
    reduction, per_row = given.pop("reduction"), given.pop("per_row")
    if per_row and reduction not in (None, "none"):
        raise click.UsageError("--per-row and --reduction do not go together")
    of_table["reduction"] = "none" if per_row else reduction or "mean"
    values, carry = given.pop("values"), given.pop("carry")
    options = LossOptions(**given)
    if values is not None:
        _after_forward(values, tables.data, options, output, carry)
        return None
    of_scores = options.logits is not None or options.probabilities is not None
    if tables.data or of_table["target_column"] is not None or (options.truth and not of_scores and tables.wanted):
        from nnlec.cli.tables import loss_table

        if (of_table["target_column"] is not None) + (options.label is not None) + (options.target is not None) != 1:
            what = "give --target-column NAME, the column that holds the truth, or one --label or --target"
            raise click.UsageError(what)
        if not tables.wanted:
            raise click.UsageError("give DATA: a table's files, or one piped in")
        return loss_table(options, tables, output, **of_table)
    example, kept = example_of(options), carried(output, carry)
    emit(
        output,
        lambda: describe_loss(example, output.style, kept),
        lambda: loss_record(example, kept),
        lambda _: [loss_row(example, kept)],
    )
    return None


def _after_forward(
    values: str, named: tuple[str, ...], options: LossOptions, output: OutputOptions, carry: str
) -> None:
    from nnlec.cli.commands.forward import work_out
    from nnlec.cli.inputs import input_row

    networks = (*named, *([options.network] if options.network else []))
    if len(networks) != 1:
        raise click.UsageError("--input is the input of one NETWORK: nnlec loss net.yaml --input 1,2 --label cat")
    if options.logits is not None or options.probabilities is not None or options.classes is not None:
        raise click.UsageError("a NETWORK with --input gives its scores and classes itself")
    if not options.truth:
        raise click.UsageError("give either --label NAME_OR_INDEX or --target VALUES")
    base = () if options.base is None else (f"base={options.base}",)
    truth = TruthOptions(options.label, options.target, options.name, (*options.parameters, *base))
    network = network_at(networks[0])
    work_out(network, input_row(network, values), output, truth, carry=carry)
