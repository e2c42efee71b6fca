"""`nnlec list`: what can be chosen, as tables, and the curve of an activation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.modal import ModalCommand
from nnlec.cli.options import Choice, OutputOptions, emit, plain_options, single_option
from nnlec.cli.output import OutputFile, write_text
from nnlec.rendering import DATA, RENDERERS, ROWS, SUFFIXES, write_data

if TYPE_CHECKING:
    from nnlec.rendering import Record
    from nnlec.rendering.document import Document

_LISTS = ("activations", "losses", "layers", "metrics", "formats", "engines")
_FORMATS = [*RENDERERS, *DATA]


@click.command(cls=ModalCommand)
@click.argument("what", metavar="[WHAT]", required=False, type=Choice(_LISTS))
@single_option("--plot", metavar="NAME", help="Draw the curve of one.")
@click.option(
    "-p", "--parameter", "parameters", metavar="NAME=VALUE", multiple=True, help="A parameter of what is drawn."
)
@plain_options
@single_option("-o", "--output", type=OutputFile(), metavar="FILE", help="Write to FILE; its suffix sets the format.")
@single_option("-f", "--format", metavar="NAME", type=Choice(_FORMATS), help=f"One of {', '.join(_FORMATS)}.")
def list(
    what: str | None,
    plot: str | None,
    parameters: tuple[str, ...],
    output: str | None,
    format: str | None,
    plain: bool,
    width: int | None,
) -> None:
    """List activations, losses, layers, metrics, formats or engines, or all: formula, range, parameters, defaults.

    \b
    Examples:
      nnlec list
      nnlec list activations
      nnlec list losses --format json
      nnlec list activations --plot gelu
      nnlec list activations --plot leaky_relu -p alpha=0.3 -f svg
    """
    shown = OutputOptions(format, output, plain=plain, width=width)
    if plot is not None:
        _plot(plot, parameters, shown)
        return
    if format == "svg":
        raise click.UsageError("-f svg goes with --plot NAME")
    from nnlec.rendering.document import Heading

    if what is not None:
        emit(shown, document=lambda: _document(what), record=lambda: _record(what))
        return
    emit(
        shown,
        document=lambda: tuple(block for name in _LISTS for block in (Heading(name, 2), *_document(name))),
        record=lambda: {name: part for each in _LISTS for name, part in _record(each).items()},
    )


def _plot(name: str, parameters: tuple[str, ...], output: OutputOptions) -> None:
    from nnlec.cli.loss_example import parameters_given
    from nnlec.network.activations import activation
    from nnlec.rendering.curves import write_points, write_svg
    from nnlec.rendering.curves import write_text as write_characters
    from nnlec.rendering.document.plot import curve_of

    chosen = output.chosen("table")
    curve = curve_of(activation(name, parameters_given(parameters)))
    if chosen == "svg":
        text = write_svg(curve)
    elif chosen in DATA:
        points = [point for piece in curve.pieces for point in piece]
        text = "".join(write_data({"name": curve.name, "formula": curve.formula, "points": points}, chosen))
    elif chosen == "table":
        text = write_characters(curve, output.page)
    elif chosen == "plain":
        text = write_points(curve, output.page)
    else:
        raise click.UsageError(f"a curve is not drawn as {chosen}, but as svg or in the terminal")
    write_text(text, output.file)


def _document(what: str) -> Document:
    from nnlec.rendering.explain.listing import describe_activations, describe_layers, describe_losses, describe_names

    formulas = {"activations": describe_activations, "losses": describe_losses, "layers": describe_layers}
    if what in formulas:
        return formulas[what]()
    heads, rows = _NAMES[what]
    words = [
        {key: value if isinstance(value, str) else " ".join(value) for key, value in row.items()} for row in rows()
    ]
    return describe_names(heads, [[word or _NOTHING.get(key, "") for key, word in row.items()] for row in words])


def _record(what: str) -> Record:
    if what in _NAMES:
        return {what: _NAMES[what][1]()}
    from nnlec.network.activations import ACTIVATIONS
    from nnlec.network.layers import LAYERS
    from nnlec.network.losses import LOSSES
    from nnlec.rendering.records.registries import activation_record, layer_kind_record, loss_kind_record

    match what:
        case "activations":
            return {what: [activation_record(kind) for kind in ACTIVATIONS.values()]}
        case "losses":
            return {what: [loss_kind_record(kind) for kind in LOSSES.values()]}
        case _:
            return {what: [layer_kind_record(kind) for kind in LAYERS.values()]}


def _metrics() -> Sequence[dict[str, Any]]:
    from nnlec.tables.measures import METRICS

    return [{"name": kind.name, "figures": kind.figures.replace("`", "")} for kind in METRICS.values()]


def _formats() -> Sequence[dict[str, Any]]:
    uses = {"a worked example": RENDERERS, "the numbers of a worked example": DATA, "a table": ROWS}
    return [
        {
            "name": name,
            "for": ", ".join(use for use, names in uses.items() if name in names),
            "suffixes": [suffix for suffix, chosen in SUFFIXES.items() if chosen == name],
        }
        for name in dict.fromkeys(name for names in uses.values() for name in names)
    ]


def _engines() -> Sequence[dict[str, Any]]:
    from nnlec.tables.engines import ENGINES

    return [{"name": name, "needs": package, "extra": extra} for name, (_, package, extra) in ENGINES.items()]


_NAMES: dict[str, tuple[Sequence[str], Callable[[], Sequence[dict[str, Any]]]]] = {
    "metrics": (("metric", "figures"), _metrics),
    "formats": (("format", "for", "suffix"), _formats),
    "engines": (("engine", "needs", "extra"), _engines),
}
"""What has names alone and no formulas: the columns, and the rows."""

_NOTHING = {"needs": "nothing more"}
