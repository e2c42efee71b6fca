"""`nnlec worksheet`: sheets with blanks for a class, each with other numbers, and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnlec.cli.modal import ModalCommand
from nnlec.cli.networks import network_argument, network_at, outside_option
from nnlec.cli.options import (
    Choice,
    OutputOptions,
    decimal_comma_option,
    error_context,
    paper_options,
    plain_options,
    single_option,
    written_plainly,
)
from nnlec.cli.output import write_text
from nnlec.errors import NnlecError, unknown

if TYPE_CHECKING:
    from nnlec.grading.steps import Wording
    from nnlec.grading.worksheets import Spec

TOPIC_NAMES = ("forward", "softmax", "loss", "step", "conv")
"""Those of `TOPICS`, which need numpy to be read."""

CREDITS = ("0", "10", "20", "25", "30", "40", "50", "60", "70", "75", "80", "90", "100")
"""Marks that Moodle knows, in percent."""

MOST_UNITS = 64


@click.command(cls=ModalCommand)
@network_argument(required=False)
@single_option("--shape", metavar="SIZES", help="Draw a network too: 3-4-2 has 3 inputs, 4 hidden units, 2 outputs.")
@single_option("--activation", metavar="NAME", default="relu", help="That of its hidden layers (default: relu).")
@single_option(
    "--topic", type=Choice(list(TOPIC_NAMES)), default="forward", help="What is asked for (default: forward)."
)
@single_option("--variants", metavar="N", type=click.IntRange(1, 1000), default=1, help="How many sheets (default: 1).")
@single_option("--seed", metavar="WORD", default="0", help="The same seed gives the same sheets (default: 0).")
@single_option(
    "--decimals", metavar="N", type=click.IntRange(0, 8), help="Decimals of every figure (default: as the topic needs)."
)
@single_option("--rate", metavar="R", default="0.1", help="The rate of a step (default: 0.1).")
@single_option(
    "--carry",
    metavar="HOW",
    type=Choice(["full", "rounded"]),
    default="full",
    help="What is gone on with: full, unrounded numbers; rounded, the figures as written.",
)
@single_option(
    "--blank", metavar="WHICH", default="every", help="Blanks: every figure, the results alone, or this many of them."
)
@single_option("--without", metavar="WISHES", help="Wishes for nice numbers that are dropped, as ties,carry.")
@single_option(
    "--credit-carried",
    metavar="PERCENT",
    type=Choice(list(CREDITS)),
    default="0",
    help="Moodle: the mark for a figure that was rounded on the way, where it differs (default: 0).",
)
@decimal_comma_option
@paper_options
@outside_option
@plain_options
@single_option("-o", "--output", "folder", metavar="FOLDER", type=click.Path(), help="A new folder for all files.")
def worksheet(network: str | None, folder: str | None, plain: bool, width: int | None, **given: Any) -> None:
    """Make worksheets: the numbers of each drawn anew until they are nice, blanks to fill, a key with every step.

    With NETWORK the inputs are drawn, and with --shape its weights too. The folder gets a sheet and a key for each
    variant as LaTeX, HTML and Markdown, all sheets and all keys in one file each for printing, answers.csv, files for
    Moodle, Canvas, Numbas and QTI 2.1, and manifest.json. `nnlec guide worksheets` tells more.

    \b
    Examples:
      nnlec worksheet configs/lecture.yaml --variants 3 --seed 7 -o sheets
      nnlec worksheet --shape 2-2-2 --topic step --decimals 1 -o steps
    """
    from nnlec.cli.worksheets import PAGE, Worksheets, expect_new, write_worksheets
    from nnlec.rendering.document import Name, Steps

    if not folder:
        raise click.UsageError("give -o FOLDER, a new folder for the sheets")
    if (network is None) == (given["shape"] is None):
        raise click.UsageError("give NETWORK, or --shape SIZES to draw one")
    expect_new(folder)
    page = PAGE._replace(decimal_comma=given.pop("decimal_comma"), language=given.pop("language"))
    paper = OutputOptions(notation=given.pop("notation"), letters=given.pop("letters"))
    called = (("notation", paper.notation), ("letters", paper.letters)) if paper.names_its_notation else ()
    spec = _spec(network, paper.wording, **given)
    sheets = Worksheets(spec, given["variants"], int(given["credit_carried"]), page, paper.style.notation, called)
    told = write_worksheets(sheets, folder)
    said = tuple((Name(line),) for line in told)
    write_text(written_plainly((Steps(said),), width) if plain else "".join(f"{line}\n" for line in told), None)


def _spec(network: str | None, wording: Wording, **given: Any) -> Spec:
    from nnlec.cli.commands.step import rate_of
    from nnlec.grading.worksheets import TOPICS, Spec
    from nnlec.network.activations import activation

    topic, rate = TOPICS[given["topic"]], rate_of(given["rate"])
    if rate == 0:
        raise NnlecError("a step of rate 0 leaves every weight as it is", where="--rate", hint="as 0.1 or 0.3")
    with error_context("--activation"):
        named = activation(given["activation"])
    loaded = network_at(network) if network is not None else None
    shape = _shape(given["shape"], topic.name) if network is None else ()
    places = topic.places if given["decimals"] is None else given["decimals"]
    return Spec(
        topic.name,
        loaded,
        shape,
        places,
        given["seed"],
        rate,
        _without(given["without"]),
        named.name,
        _blank(given["blank"]),
        given["carry"] == "rounded",
        wording,
    )


def _shape(text: str, topic: str) -> tuple[int, ...]:
    """The sizes typed. Raises `NnlecError` for what is no shape of the topic."""
    parts = text.split("-")
    where, hint = "--shape", {"conv": "as 4-2, a picture of 4 x 4 and a kernel of 2 x 2"}.get(topic, "as 3-4-2")
    if not all(part.isascii() and part.isdigit() and 0 < len(part) < 4 for part in parts):
        raise NnlecError(f"{text!r}, expected sizes with dashes between them", where=where, hint=hint)
    sizes = tuple(map(int, parts))
    if not all(1 <= size <= MOST_UNITS for size in sizes):
        raise NnlecError(f"{text}, expected sizes from 1 to {MOST_UNITS}", where=where)
    if topic in ("softmax", "loss"):
        if sizes[-1] < 2:
            raise NnlecError(f"{text}: softmax needs two scores or more", where=where, hint="as 3")
    elif topic == "conv":
        if len(sizes) != 2 or sizes[1] > sizes[0]:
            raise NnlecError(f"{text}, expected the side of a picture and of a kernel in it", where=where, hint=hint)
    elif len(sizes) < 2:
        raise NnlecError(f"{text}, expected the inputs and the outputs at least", where=where, hint=hint)
    return sizes


def _without(text: str | None) -> frozenset[str]:
    from nnlec.grading.worksheets import WISHES

    known = [wish.name for wish in WISHES if wish.name != "finite"]
    names = [name.strip() for name in text.split(",")] if text is not None else []
    for name in names:
        if name not in known:
            raise unknown("wish", name, known).at("--without")
    return frozenset(names)


def _blank(text: str) -> str | int:
    if text in ("every", "results"):
        return text
    if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0:
        return int(text)
    raise NnlecError(f"{text!r}, expected every, results, or how many", where="--blank")
