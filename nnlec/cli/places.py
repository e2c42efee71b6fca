"""Where an option has a meaning: the kinds of runs, and how errors and the help call them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from nnlec.cli.many_options import is_folder
from nnlec.filetypes import TABLES, by_suffix
from nnlec.named import NamedTuple
from nnlec.rendering import RENDERERS

Params = Mapping[str, Any]

EXAMPLE, TABLE, SUMMARY, CLASS = "one example", "a table", "the mean or sum of a table", "a table of students"
ROW = "one row of a table"
RANDOM = "random rows"
NO_PICTURE = "a network that is too large for it"
"""What a run is about, its mode, as an error calls it."""


class CommandLine(NamedTuple):
    """A command line: its parameters, the mode and the format of the output; each "" where it is open yet."""

    params: Params
    mode: str = ""
    format: str = ""


class Place(NamedTuple):
    """Where options have a meaning: how an error and the help call it, and what a run is instead ("": it is there).

    One whose `short` is "" is explained by the help itself. A `later` option may still bring the run there.
    """

    words: str
    short: str
    instead: Callable[[CommandLine], str]
    later: bool = False


def _in_mode(words: str, short: str, *modes: str) -> Place:
    return Place(words, short, lambda run: "" if run.mode in ("", *modes) else run.mode)


def _in_format(words: str, short: str, *formats: str) -> Place:
    return Place(words, short, lambda run: "" if run.format in ("", *formats) else run.format)


def _with(words: str, short: str, instead: str, *names: str) -> Place:
    """Where one of these parameters is given."""
    return Place(words, short, lambda run: "" if any(run.params[name] for name in names) else instead, later=True)


def _without(words: str, short: str, instead: str, *names: str) -> Place:
    """Where none of these parameters is given."""
    return Place(words, short, lambda run: instead if any(run.params[name] for name in names) else "")


def _example(options: str) -> Place:
    return _in_mode(f"one example ({options})", "one example", EXAMPLE)


def formats_read(params: Params) -> set[str]:
    """The formats of the tables read."""
    kinds = map(by_suffix, params["data"] if "data" in params else filter(None, [params["table"]]))
    return {params["input_format"]} if params["input_format"] else {kind.name if kind else "csv" for kind in kinds}


def _no_picture(run: CommandLine) -> str:
    if run.format not in ("", "table", "plain"):
        return run.format
    return "a file" if run.params["file"] else NO_PICTURE if run.mode == NO_PICTURE else ""


def _no_cells(run: CommandLine) -> str:
    formats = formats_read(run.params)
    others = {name for name, made_of in TABLES.items() if made_of != "cells"}
    return " and ".join(sorted(formats)) if formats and formats <= others else ""


def _no_commas(run: CommandLine) -> str:
    """A run that neither reads cells nor writes on paper."""
    if run.mode == EXAMPLE:
        return PAPER.instead(run)
    unread = _no_cells(run)
    return unread if unread and (run.mode == TABLE or PAPER.instead(run)) else ""


def _is_worksheet(run: CommandLine) -> bool:
    from nnlec.cli.worksheet_format import is_worksheet

    return is_worksheet(run.params["network"])


PAPER = _in_format(f"paper formats ({', '.join(RENDERERS)})", "paper formats", *RENDERERS)
SHOWN = Place(
    f"{PAPER.words} or a table written as csv or tsv",
    "paper formats, csv and tsv tables",
    lambda run: "" if run.mode in ("", TABLE) and run.format in ("csv", "tsv") else PAPER.instead(run),
)
FIGURES = Place(
    f"{SHOWN.words} or --carry rounded",
    f"{SHOWN.short}, --carry rounded",
    lambda run: "" if run.params["carry"] == "rounded" else SHOWN.instead(run),
)
TEXT = _in_format("text (the formats table and plain)", "text", "table", "plain")
TOLD = Place(
    f"{TEXT.words}, and what is said of pages in a folder",
    TEXT.short,
    lambda run: "" if is_folder(run.params["file"]) else TEXT.instead(run),
)
IN_CHARACTERS = _in_format("a drawing without coordinates (the formats text and plain)", "text", "text", "plain")
SIZED = _in_format("pictures (the formats svg and tikz) and the format plain", "", "svg", "tikz", "plain")
SAID = _with("words alone (--plain)", "with --plain", "other output", "plain")
LAID_OUT = Place(
    "a terminal or words alone (--plain)",
    "",
    lambda run: "" if run.params["plain"] or sys.stdout.isatty() else "Markdown",
    later=True,
)
LIST = _without("the list (no NAME)", "", "a file, which is printed as it is", "name")
LATEX = _in_format("the format latex", "LaTeX", "latex")
TIKZ = _in_format("the format tikz", "TikZ", "tikz")
SEPARATED = _in_format("tables written as csv or tsv", "csv and tsv", "csv", "tsv")
CELLS = Place("tables read as csv or tsv", "csv and tsv", _no_cells)
COMMAS = Place(
    f"tables read as csv or tsv, or {PAPER.words}",
    "csv and tsv tables, paper formats",
    _no_commas,
)
TYPED_INPUT, ONE_SOFTMAX = _example("--input"), _example("--logits")
ONE_INPUT = _in_mode("one example (--input, --row or --where)", "one example", EXAMPLE, ROW)
READ = _in_mode("a table (DATA)", "table", TABLE, ROW)
ONE_LOSS = _example("--logits, --probabilities, or NETWORK and --input")
DATA = _in_mode("a table (DATA)", "table", TABLE)
TRUTH = _in_mode("a table (DATA and --target-column)", "table", TABLE, SUMMARY)
RANDOM_ROWS = _in_mode("random rows (no DATA and no --input)", "random rows", RANDOM)
ROWS = _in_mode("a table written row by row (--per-row)", "table", TABLE)
LAYERS = Place(
    f"one example (--input, --row or --where) on paper ({', '.join(RENDERERS)}), or a table",
    "one example, paper formats; table",
    lambda run: "" if run.mode == TABLE else ONE_INPUT.instead(run) or PAPER.instead(run),
)
NO_CHART = _without("figures (no --picture)", "", "a picture", "picture")
WHOLE = Place(
    "the whole pass (no --layer)", "", lambda run: "one layer of it" if run.params["layer"] is not None else ""
)
BATCH = _in_mode("a batch (--rows TABLE)", "batch", SUMMARY)
ONE_STEP = _without("one step (no --then)", "one step", "several", "further")
WITH_TRUTH = _with(
    "a loss (--label or --target)", "with --label or --target", "a forward pass alone", "label", "target"
)
LAYER = _with("one layer (--layer)", "with --layer", "all layers", "layer")
SKIP = Place(
    "rows without results (--on-bad skip or blank)",
    "with --on-bad skip or blank",
    lambda run: "" if run.params["on_bad"] in ("skip", "blank") else "a run that stops at them",
    later=True,
)
FOLDER = Place(
    "results in a folder (-o FOLDER/)",
    "with -o FOLDER/",
    lambda run: "" if run.mode == "" or is_folder(run.params["file"]) else "one table",
    later=True,
)
ONE_TABLE = Place(
    "one table (no -o FOLDER/)", "", lambda run: "results in a folder" if is_folder(run.params["file"]) else ""
)
ONE_PROCESS = _without("one process (no --workers, --scheduler)", "", "several", "workers", "scheduler")
FROM_NETWORK = _with(
    "a network (--network, or NETWORK and --input)", "with a network", "a loss without one", "network", "values"
)
FROM_TABLE = _with("predictions (--predictions)", "with --predictions", "a network's own", "predictions")
OF_NETWORKS = _without(
    "networks (no --predictions)", "without --predictions", "predictions, which no network makes", "predictions"
)
NETWORK = _with("a NETWORK", "with NETWORK", "scores or probabilities alone", "network")
SCORES = _without(
    "scores or probabilities (--logits, --probabilities)",
    "without NETWORK",
    "a network, which names its classes itself",
    "network",
)
LOSS = _with(
    "the loss (--loss), a step, or --answers",
    "loss, step",
    "other figures",
    "loss",
    "answers",
    "delta",
    "gradient",
    "after",
)
RIGHT_CLASS = _with("a loss (--label, --target or --answers)", "loss", "other figures", "label", "target", "answers")
WORKSHEET = Place(
    "a folder of worksheets (nnlec worksheet)",
    "with a folder of worksheets",
    lambda run: "" if _is_worksheet(run) else "a network alone",
)
OWN_INPUT = Place(
    "an input of one's own (no folder of worksheets)",
    "",
    lambda run: "a worksheet, which brings it" if _is_worksheet(run) else "",
)
_ANSWERS = "an answers file, which brings them"
TYPED = Place(
    "figures typed (without --answers)",
    "without --answers",
    lambda run: _ANSWERS if run.params["answers"] is not None else "",
)
GIVEN_SCORES = Place(
    f"{TYPED.words} or scores without a NETWORK",
    "",
    lambda run: TYPED.instead(run) if run.params["network"] else "",
)
GIVEN_PROBABILITIES = Place(
    f"{TYPED.words} or probabilities without scores",
    "",
    lambda run: TYPED.instead(run) if run.params["network"] or run.params["logits"] else "",
)
SHEET = Place(
    "one sheet of figures, or a page for each (-o FOLDER/)",
    "one sheet, pages",
    lambda run: "" if run.mode in ("", EXAMPLE) or is_folder(run.params["file"]) else run.mode,
)
CLASS_FILE = _with("an answers file (--answers)", "with --answers", "figures typed", "answers")
PICTURE = Place("the picture in a terminal table (no -o)", "picture", _no_picture)
CURVE = _with("a curve (--plot NAME)", "with --plot", "a list", "plot")
ACTIVATIONS = Place(
    "activations",
    "activations",
    lambda run: "" if run.params["what"] == "activations" else run.params["what"] or "all lists",
)
DRAWN_NETWORK = _with("a network that is drawn (--shape)", "with --shape", "the network given", "shape")
STEP_TOPIC = Place(
    "a step of learning (--topic step)",
    "with --topic step",
    lambda run: "" if run.params["topic"] == "step" else f"the topic {run.params['topic']}",
    later=True,
)
ALL_FILES = _with("all files (--all)", "with --all", "one: redirect it, nnlec example lecture > FILE", "copy_all")
