"""`nnlec draw`: the network as a picture."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import (
    COLUMNS,
    Choice,
    OutputOptions,
    decimal_comma_option,
    decimals_option,
    language_option,
    letters_option,
    plain_option,
    significant_option,
    single_option,
)
from nnlec.cli.output import OutputFile, write_text
from nnlec.errors import NnlecError
from nnlec.rendering import speaking
from nnlec.rendering.diagrams import DIAGRAMS, MOST_UNITS, MOST_WEIGHTS, SUFFIXES, format_of
from nnlec.rendering.diagrams.size import Size


def _columns(width: Size) -> int:
    least, most = COLUMNS
    if width.unit or width.number % 1 or not least <= width.number <= most:
        raise click.UsageError(f"with --plain, --width is a whole number of columns from {least} to {most}")
    return int(width.number)


@click.command(cls=ModalCommand)
@network_argument()
@single_option("-i", "--input", "values", metavar="VALUES", help="An input whose numbers are written into the circles.")
@outside_option
@click.option("--standalone", is_flag=True, help="A whole LaTeX document, not a picture to \\input.")
@click.option(
    "--weights/--no-weights",
    default=None,
    help=f"Write the weights, or the shapes and values alone (default: up to {MOST_WEIGHTS} weights a layer).",
)
@click.option("--all", "show_all", is_flag=True, help="Draw every unit of large layers.")
@single_option(
    "--width",
    metavar="SIZE",
    type=Size.read,
    help="How wide the picture is: 12cm, 600 (pixels) or 80%; with --plain, lines of at most N columns.",
)
@plain_option
@decimal_comma_option
@letters_option
@language_option
@significant_option
@decimals_option
@single_option(
    "-o", "--output", "file", type=OutputFile(), metavar="FILE", help="Write to FILE: .svg, .tex (TikZ) or .txt."
)
@single_option("-f", "--format", metavar="NAME", type=Choice(list(DIAGRAMS)), help=f"One of {', '.join(DIAGRAMS)}.")
def draw(
    network: str, values: str | None, standalone: bool, weights: bool | None, width: Size | None, **given: Any
) -> None:
    """Draw NETWORK as the lecture does: circles in layers, the bias unit 1, a weight on every edge.

    Edges of positive weights are blue and solid, of negative ones red and dashed. Layers of more than ten units are
    drawn by their first and last ones, and where there are too many weights none is written, which is said. In a
    terminal the weights stand as the matrix between two layers.

    \b
    Examples:
      nnlec draw configs/lecture.yaml
      nnlec draw configs/lecture.yaml --input 1,2.8,-3.1,4.2 --decimals 1 -f svg
    """
    from nnlec.cli.inputs import input_row
    from nnlec.network.trace import exact_trace
    from nnlec.rendering.explain import diagram

    output = OutputOptions(**given)
    chosen = _format(output)
    if chosen == "plain" and width is not None:
        output, width = output._replace(width=_columns(width)), None
    loaded = network_at(network)
    trace = None
    if values is not None:
        trace = exact_trace(loaded, input_row(loaded, values))
    most = sys.maxsize if output.show_all else MOST_UNITS
    with speaking(output.language):
        picture = diagram.draw(loaded, output.style, trace, most, weights)
        if output.decimal_comma:
            from nnlec.rendering.decimal_comma import drawn_with_commas

            picture = drawn_with_commas(picture)
        text = import_module(DIAGRAMS[chosen]).write(picture, **_given_to(chosen, output, width, standalone=standalone))
    write_text(text, output.file)


def _given_to(chosen: str, output: OutputOptions, width: Size | None, *, standalone: bool) -> dict[str, Any]:
    given: dict[str, dict[str, Any]] = {
        "text": {"unicode": output.page.unicode},
        "plain": {"width": output.page.width},
        "svg": {"width": width},
        "tikz": {"standalone": standalone, "width": width},
    }
    return given.get(chosen, {})


def _format(output: OutputOptions) -> str:
    chosen = output.format or (format_of(output.file) if output.file is not None else "text")
    if chosen is None:
        suffixes = ", ".join(SUFFIXES)
        raise NnlecError(
            f"no format is known by this suffix, expected {suffixes}", where=output.file or "", hint="or give -f"
        )
    return "plain" if output.plain and chosen == "text" else chosen
