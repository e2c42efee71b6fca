"""`nnlec forward`: a network applied to one example, on paper."""

from __future__ import annotations

from typing import Any

import click

from nnlec.cli.options import Paper, arranged, emit, once, paper_options, placed, steps_option


@click.command(short_help="Work a forward pass layer by layer.")
@click.argument("network", type=click.Path())
@once("-i", "--input", "values", metavar="VALUES", help="The input, as 2.8,-3.1,4.2 or x1=2.8,x2=-3.1,x3=4.2.")
@click.option(
    "--carry",
    metavar="HOW",
    type=click.Choice(["full", "rounded"]),
    default="full",
    help="full: every digit goes from layer to layer; rounded: the printed figures do, as with a pencil.",
)
@steps_option
@paper_options
def forward(network: str, values: str | None, carry: str, **paper: Any) -> None:
    """Work the forward pass of NETWORK layer by layer: x^T W, its activation, the output.

    With the bias in the first row of W the input may start with the lecture's leading 1.

    \b
    Examples:
      nnlec forward configs/lecture.yaml --input 1,2.8,-3.1,4.2
      nnlec forward configs/lecture.yaml --input 2.8,-3.1,4.2 --decimals 1 --carry rounded
    """
    from nnlec.exact import exact_trace
    from nnlec.loaders import load_network
    from nnlec.loaders.vector import parse_values
    from nnlec.records import forward_record
    from nnlec.working import describe_forward

    if values is None:
        raise click.UsageError("give --input VALUES")
    asked = Paper(**paper)
    loaded = load_network(network)
    with placed("--input"):
        row = loaded.accept_row(arranged(parse_values(values), loaded.input_names))
    kept = asked.rounding.value if carry == "rounded" else None
    emit(
        asked,
        document=lambda: describe_forward(exact_trace(loaded, row, kept), asked.style),
        record=lambda: forward_record(loaded.trace(row)),
    )
