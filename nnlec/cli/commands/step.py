"""`nnlec step`: one step of learning, with its working; a batch of a table; several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.inputs import input_row
from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import (
    Choice,
    OutputOptions,
    TruthOptions,
    carry_option,
    error_context,
    parameter_option,
    single_option,
    steps_option,
    worked_options,
)
from nnlec.cli.table_options import table_options, take_table_options
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from decimal import Decimal


@click.command(cls=ModalCommand)
@network_argument()
@single_option(
    "-i", "--input", "values", metavar="VALUES", help="The input: 2.8,-3.1,4.2, or x1=2.8,..., or digit.png."
)
@single_option("--label", metavar="NAME_OR_INDEX", help="The right class.")
@single_option("--target", metavar="VALUES", help="The target g.")
@single_option("--rate", metavar="R", help="How far the step goes: new w = w - R x dL/dw; 0 shows the gradients alone.")
@single_option("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else that of its kind).")
@parameter_option
@carry_option("is computed with")
@click.option("--keep-biases", is_flag=True, help="Leave the biases as they are.")
@single_option(
    "--upstream",
    metavar="WEIGHTS",
    type=Choice(["old", "new"]),
    default="old",
    help="Which weights delta goes down through: old, before the update; new, as older programs do (no gradient).",
)
@click.option("--exact", is_flag=True, help="Show every digit of a decimal that ends.")
@steps_option
@single_option("--layer", metavar="LAYER", help="This layer alone: its name, or its number from 1.")
@single_option("--unit", metavar="UNIT", help="This unit alone: its number from 1, or an output's name.")
@single_option("--rows", "table", metavar="TABLE", type=click.Path(), help="Step on a batch: every row of this table.")
@single_option("--target-column", metavar="NAMES", help="The column of labels, or the columns of true numbers.")
@single_option(
    "--per",
    type=Choice(["sum", "mean"]),
    default="mean",
    help="Whether the rows' gradients are added up, or their mean is taken (default).",
)
@single_option("--then", "further", metavar="N", type=click.IntRange(1), help="N further steps, and how L goes down.")
@single_option("--save", metavar="FILE", help="Write the network after the step here, as YAML.")
@table_options
@outside_option
@worked_options
def step(
    network: str,
    values: str | None,
    rate: str | None,
    table: str | None,
    **given: Any,
) -> int:
    """One step of learning: predict, give feedback, update.

    The prediction, its loss term by term, and from the last layer to the first the gradient of each weight and each
    new weight. Every printed line is true as printed. Each gradient is checked against a difference quotient.

    With --rows every row of a table is an example, and the step is that of the whole batch.

    \b
    Examples:
      nnlec step configs/lecture.yaml -i 2.8,-3.1,4.2 --label y2 --rate 0.01
      nnlec step configs/animals.yaml -i 4,1,0,0,0.4 --label cat --rate 0.1
      nnlec step configs/step-decimals.yaml -i 2,3 --target 1 --rate 0.05 --then 9
    """
    tables = take_table_options(given)
    truth = TruthOptions(**{key: given.pop(key) for key in TruthOptions._fields})
    options = {
        key: given.pop(key) for key in ("carry", "layer", "unit", "keep_biases", "upstream", "further", "save", "exact")
    }
    batch = {key: given.pop(key) for key in ("target_column", "per")}
    output = OutputOptions(**given)
    if rate is None:
        raise click.UsageError("give --rate R, how far the step goes: 0.1, or 0 for the gradients alone")
    if (values is None) == (table is None):
        raise click.UsageError("give --input VALUES, one example, or --rows TABLE, a batch")
    loaded = network_at(network)
    length = rate_of(rate)
    from nnlec.cli.stepping import StepRun, step_on_example

    run = StepRun(loaded, network, length, truth, output, **options)
    if table is not None:
        from nnlec.cli.stepping_batch import step_on_batch

        return step_on_batch(run, tables._replace(data=(table,)), **batch)
    if not truth.given:
        raise click.UsageError("give the feedback: --label NAME_OR_INDEX or --target VALUES")
    step_on_example(run, input_row(loaded, values or ""))
    return 0


def rate_of(text: str) -> Decimal:
    """The rate as it is typed. Raises `NnlecError` for what is no number, and for a negative one."""
    from nnlec.arithmetic.numbers import decimal_of
    from nnlec.models.values import parse_values

    with error_context("--rate"):
        values = parse_values(text)
        if len(values.numbers) != 1 or values.names:
            raise NnlecError(f"{text!r} is no single number")
        if values.numbers[0] < 0:
            raise NnlecError(
                f"{text} is negative, expected 0 or more", hint="a step goes against the gradient by itself"
            )
    return decimal_of(values.numbers[0])
