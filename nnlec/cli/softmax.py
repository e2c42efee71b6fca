"""`nnlec softmax`: logits to probabilities, on paper."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.options import Paper, class_names, emit, once, paper_options, placed, steps_option


@click.command(short_help="Turn scores into probabilities.")
@once("--logits", metavar="VALUES", help="The scores f, as -0.2,0.3 or dog=-0.2,cat=0.3.")
@once("--classes", metavar="NAMES", help="A name for each score, as dog,cat.")
@steps_option
@paper_options
def softmax(logits: str | None, classes: str | None, **paper: Any) -> None:
    """Turn scores f into probabilities s = e^f / sum e^f.

    \b
    Examples:
      nnlec softmax --logits -0.2,0.3,0.8,-0.1,0.4 --classes dog,tiger,ostrich,cat,horse
      nnlec softmax --logits dog=-0.2,tiger=0.3 --format json
    """
    from nnlec.loaders.vector import parse_values
    from nnlec.numerals import decimal_of
    from nnlec.records import softmax_record
    from nnlec.working import describe_softmax

    if logits is None:
        raise click.UsageError("give --logits VALUES")
    with placed("--logits"):
        values = parse_values(logits)
    names = class_names(values, classes)
    emit(
        Paper(**paper),
        document=lambda: describe_softmax(tuple(map(decimal_of, values.numbers)), names, Paper(**paper).style),
        record=lambda: softmax_record(values.numbers, names),
    )
