"""`nnlec forward`: a network applied to one example, with its working, or to a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.inputs import input_row
from nnlec.cli.many_options import ManyOptions, resume_option, threads_option, worker_options
from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import (
    OutputOptions,
    TruthOptions,
    carried,
    carry_option,
    emit,
    error_context,
    exact_option,
    parameter_option,
    single_option,
    steps_option,
    worked_options,
)
from nnlec.cli.table_options import table_options, take_table_options, writing_options
from nnlec.errors import NnlecError, unknown

if TYPE_CHECKING:
    from nnlec.network.network import Network
    from nnlec.network.trace import ExactTrace
    from nnlec.rendering.document import Document


@click.command(cls=ModalCommand)
@network_argument()
@click.argument("data", nargs=-1, type=click.Path(), metavar="[DATA]...")
@single_option(
    "-i", "--input", "values", metavar="VALUES", help="The input: 2.8,-3.1,4.2, or x1=2.8,..., or digit.png."
)
@single_option("--row", type=click.IntRange(1), metavar="N", help="Work this row out, counted from 1.")
@single_option("--where", metavar="NAME=VALUE", help="Work the row out that has this in a column, as id=7.")
@carry_option("the next layer is given")
@single_option("--label", metavar="NAME_OR_INDEX", help="The right class, and at the end the loss.")
@single_option("--target", metavar="VALUES", help="The target g, and at the end the loss.")
@single_option("--loss", "name", metavar="NAME", help="Which loss (default: the network's, else that of its kind).")
@parameter_option
@steps_option
@click.option(
    "--weights/--no-weights",
    default=None,
    help="Show the matrices of weights, or none (default: those that fit whole).",
)
@single_option("--layer", metavar="LAYER", help="This layer alone: its name, or its number from 1; of a table, or all.")
@single_option(
    "--unit",
    metavar="UNIT",
    help="This unit alone: its number from 1, or an output's name; of maps, channel,row,column as 2,1,1.",
)
@exact_option
@click.option("--logits", is_flag=True, help="Write the last pre-activation instead of the output.")
@click.option("--predict", is_flag=True, help="Add the prediction and, for classifiers, its probability.")
@single_option(
    "--top-k",
    metavar="K",
    type=click.IntRange(1),
    help="Add the K likeliest classes and their probabilities, as prediction, probability, prediction_2, ...",
)
@click.option("--keep", is_flag=True, help="Let the input columns pass through as well.")
@table_options
@writing_options
@threads_option
@worker_options
@resume_option
@outside_option
@worked_options
def forward(
    network: str,
    values: str | None,
    row: int | None,
    where: str | None,
    predict: bool,
    top_k: int | None,
    **given: Any,
) -> int | None:
    """Work the forward pass of NETWORK layer by layer: x^T W, its activation, the output.

    With the bias in the first row of W the input may start with the lecture's leading 1.

    With DATA (files, or - for standard input) every row of a table is an example: CSV in, CSV out. Inputs are found
    by name where the network names them, by position otherwise. They are consumed; all other columns pass through
    unchanged, and the outputs stand to their right. With -o FOLDER/ each file gets a file of results of its name.

    \b
    Examples:
      nnlec forward configs/lecture.yaml --input 1,2.8,-3.1,4.2
      nnlec forward configs/lecture.yaml -i 2.8,-3.1,4.2 --carry rounded
      nnlec forward configs/animals.yaml configs/animals.csv --predict
    """
    tables = take_table_options(given)
    many = ManyOptions(**{key: given.pop(key) for key in ManyOptions._fields})
    truth = TruthOptions(**{key: given.pop(key) for key in TruthOptions._fields})
    part = {key: given.pop(key) for key in ("carry", "layer", "unit")}
    of_table = {key: given.pop(key) for key in ("logits", "keep", "exact")}
    output = OutputOptions(**given)
    if values is None and not tables.wanted:
        raise click.UsageError("give --input VALUES, or DATA: a table's files, or one piped in")
    if row is not None and where is not None:
        raise click.UsageError("give --row or --where, not both")
    loaded = network_at(network)
    if row is not None or where is not None:
        from nnlec.cli.tables import row_of_table

        example = row_of_table(loaded, tables, row, where or "")
        work_out(loaded, example, output, truth, **part)
        return None
    if values is None:
        from nnlec.cli.tables import forward_table

        layers = layers_named(loaded, part["layer"])
        if layers and (predict or top_k):
            raise click.UsageError("--layer writes numbers of layers: give it without --predict and --top-k")
        return forward_table(loaded, tables, output, many, layers=layers, predict=top_k or int(predict), **of_table)
    work_out(loaded, input_row(loaded, values), output, truth, **part)
    return None


def work_out(
    network: Network,
    row: Sequence[float],
    output: OutputOptions,
    truth: TruthOptions,
    *,
    carry: str = "full",
    layer: str | None = None,
    unit: str | None = None,
) -> None:
    """One example with its working, and its loss where the truth is given."""
    from nnlec.network.trace import exact_trace
    from nnlec.rendering.records import forward_record, forward_row

    def described() -> Document:
        from nnlec.rendering.explain.forward import describe_cell, describe_forward

        return describe_cell(trace, *cell, output.style) if cell else describe_forward(trace, output.style)

    cell = picked(network, layer, unit)
    kept = carried(output, carry)
    if cell is not None:
        whole = network.layers[cell[0]].has_maps  # a cell stands in its map
        trace = exact_trace(network, row, kept, until=(cell[0], None) if whole else cell)
        emit(output, described, dict)
        return
    trace = exact_trace(network, row, kept)
    if truth.given:
        _with_loss(trace, output, truth)
        return
    emit(
        output,
        described,
        lambda: forward_record(trace),
        lambda record: [forward_row(record)],
    )


def _with_loss(trace: ExactTrace, output: OutputOptions, truth: TruthOptions) -> None:
    from nnlec.cli.loss_example import example_after
    from nnlec.rendering.explain.forward import describe_forward
    from nnlec.rendering.explain.loss import describe_loss
    from nnlec.rendering.records import forward_record, forward_row, loss_record

    example = example_after(trace, truth)
    emit(
        output,
        lambda: (*describe_forward(trace, output.style), *describe_loss(example, output.style, trace.carry)),
        lambda: {**forward_record(trace), "loss": loss_record(example, trace.carry)},
        lambda record: [forward_row(record)],
    )


def picked(network: Network, layer: str | None, unit: str | None) -> tuple[int, int | None] | None:
    """Which layer, and which unit of it, --layer and --unit name; both counted from 0.

    Raises `NnlecError` where there is no such layer or unit.
    """
    if layer is None:
        return None
    names = [of.name for of in network.layers]
    with error_context("--layer"):
        index = _numbered("layer", layer, names)
    if unit is None:
        return index, None
    last, shape = index == len(names) - 1, network.layers[index].out_shape
    with error_context("--unit"):
        if len(shape) > 1 and not (last and unit in network.output_names):
            return index, _placed(unit, shape)
        units = network.output_names if last else [str(j + 1) for j in range(network.layers[index].n_out)]
        return index, _numbered("unit", unit, units)


def layers_named(network: Network, layer: str | None) -> tuple[int, ...]:
    """The places of the layers whose numbers a table gets; none for the usual outputs."""
    if layer == "all" and layer not in [of.name for of in network.layers]:
        return tuple(range(len(network.layers)))
    cell = picked(network, layer, None)
    return () if cell is None else (cell[0],)


def _placed(given: str, shape: Sequence[int]) -> int:
    """Which number of maps of that shape `2,1,3` is: each index is counted from 1."""
    axes = ("channel", "frame", "row", "column") if len(shape) == 4 else ("channel", "row", "column")
    order = ", ".join(axes if len(shape) > 2 else ("channel", "place"))
    sizes = " x ".join(map(str, shape))
    parts = [part.strip() for part in given.split(",")]
    if len(parts) != len(shape) or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        example = ",".join("1" * len(shape))
        raise NnlecError(f"{given!r}, expected {order} of {sizes}, counted from 1", hint=f"as {example}")
    place = [int(part) - 1 for part in parts]
    if not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
        raise NnlecError(f"{given!r} is not in {sizes} ({order}), counted from 1")
    return sum(at * prod(shape[axis + 1 :]) for axis, at in enumerate(place))


def _numbered(what: str, given: str, names: Sequence[str]) -> int:
    """Where a name stands, or what a number counted from 1 says."""
    if given in names:
        return names.index(given)
    if given.isascii() and given.isdigit() and 0 < len(given) < 10 and 1 <= int(given) <= len(names):
        return int(given) - 1
    raise unknown(what, given, names)
