"""`nnlec softmax`: logits to probabilities, of one example with its working, or of a table."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.modal import ModalCommand
from nnlec.cli.options import (
    OutputOptions,
    carried,
    carry_option,
    emit,
    error_context,
    exact_option,
    single_option,
    steps_option,
    worked_options,
)
from nnlec.cli.table_options import table_options, take_table_options, writing_options
from nnlec.cli.value_names import class_names


@click.command(cls=ModalCommand)
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@single_option("--logits", metavar="VALUES", help="The scores f, as -0.2,0.3 or dog=-0.2,cat=0.3.")
@single_option("--classes", metavar="NAMES", help="A name for each score, as dog,cat.")
@carry_option("is computed with")
@steps_option
@exact_option
@table_options
@writing_options
@worked_options
def softmax(logits: str | None, classes: str | None, carry: str, exact: bool, **given: Any) -> int | None:
    """Turn scores f into probabilities s = e^f / sum e^f.

    With DATA (files, or - for standard input) every row of a table holds scores: in the columns of --columns or
    --classes, else in all columns that hold numbers. All columns pass through, the scores too (a loss is best taken
    from them), and the probabilities stand to their right as P(name).

    \b
    Examples:
      nnlec softmax --logits -0.2,0.3,-0.1 --classes dog,tiger,cat
      nnlec softmax --logits dog=-0.2,tiger=0.3 --format json
      nnlec forward configs/animals.yaml configs/animals.csv | nnlec softmax
    """
    from nnlec.arithmetic.numbers import decimal_of
    from nnlec.models.values import parse_values
    from nnlec.network.activations import exact_softmax_of
    from nnlec.network.meaning import expect_several
    from nnlec.rendering.explain.softmax import describe_softmax
    from nnlec.rendering.records import softmax_record, softmax_row

    tables = take_table_options(given)
    output = OutputOptions(**given)
    if logits is None:
        if not tables.wanted:
            raise click.UsageError("give --logits VALUES, or DATA: a table's files, or one piped in")
        from nnlec.cli.tables import softmax_table

        return softmax_table(tables, classes=classes, exact=exact, output=output)
    with error_context("--logits"):
        values = parse_values(logits)
    expect_several(len(values.numbers), "--logits")
    names = class_names(values, classes)
    kept = carried(output, carry)
    worked = exact_softmax_of(tuple(map(decimal_of, values.numbers)), kept)
    emit(
        output,
        lambda: describe_softmax(worked, names, output.style, kept),
        lambda: softmax_record(worked, names),
        lambda record: [softmax_row(record)],
    )
    return None
