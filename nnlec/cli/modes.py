"""Which options have a meaning where: one table, from which errors, help, the guide and completion are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nnlec.cli.many_options import is_folder
from nnlec.filetypes import TABLES, by_suffix
from nnlec.rendering import RENDERERS

Params = Mapping[str, Any]

EXAMPLE, TABLE, SUMMARY, CLASS = "one example", "a table", "the mean or sum of a table", "a table of students"
ROW = "one row of a table"
RANDOM = "random rows"
NO_PICTURE = "a network that is too large for it"
"""What a run is about, its mode, as an error calls it."""


class Run(NamedTuple):
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
    instead: Callable[[Run], str]
    later: bool = False


class Modes(NamedTuple):
    """Where the options of a command have a meaning, and what its parameters say about a run.

    An option has a meaning where all its places are. One that is not listed has one everywhere. `format` is that of
    the output in a mode, as far as it is known; `piped` is the mode of a run that nothing else decides.
    """

    places: Mapping[str, tuple[Place, ...]] = {}
    mode: Callable[[Params], str] = lambda _: EXAMPLE
    format: Callable[[Params, str], str] = lambda *_: ""
    piped: str = ""


def _in_mode(words: str, short: str, *modes: str) -> Place:
    return Place(words, short, lambda run: "" if run.mode in ("", *modes) else run.mode)


def _in_format(words: str, short: str, *formats: str) -> Place:
    return Place(words, short, lambda run: "" if run.format in ("", *formats) else run.format)


def _with(words: str, short: str, instead: str, *names: str) -> Place:
    """Where one of these parameters is given."""
    return Place(words, short, lambda run: "" if any(run.params[name] for name in names) else instead, later=True)


def _example(options: str) -> Place:
    return _in_mode(f"one example ({options})", "one example", EXAMPLE)


def _read_as(params: Params) -> set[str]:
    """The formats of the tables read."""
    kinds = map(by_suffix, params["data"] if "data" in params else filter(None, [params["table"]]))
    return {params["input_format"]} if params["input_format"] else {kind.name if kind else "csv" for kind in kinds}


def _no_picture(run: Run) -> str:
    if run.format not in ("", "table"):
        return run.format
    return "a file" if run.params["file"] else NO_PICTURE if run.mode == NO_PICTURE else ""


def _no_cells(run: Run) -> str:
    formats = _read_as(run.params)
    others = {name for name, made_of in TABLES.items() if made_of != "cells"}
    return " and ".join(sorted(formats)) if formats and formats <= others else ""


def _is_worksheet(run: Run) -> bool:
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
LATEX = _in_format("the format latex", "LaTeX", "latex")
TIKZ = _in_format("the format tikz", "TikZ", "tikz")
SEPARATED = _in_format("tables written as csv or tsv", "csv and tsv", "csv", "tsv")
CELLS = Place("tables read as csv or tsv", "csv and tsv", _no_cells)
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
NO_CHART = Place("figures (no --picture)", "", lambda run: "a picture" if run.params["picture"] else "")
WHOLE = Place(
    "the whole pass (no --layer)", "", lambda run: "one layer of it" if run.params["layer"] is not None else ""
)
BATCH = _in_mode("a batch (--rows TABLE)", "batch", SUMMARY)
ONE_STEP = Place("one step (no --then)", "one step", lambda run: "several" if run.params["further"] else "")
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
ONE_PROCESS = Place(
    "one process (no --workers, --scheduler)",
    "",
    lambda run: "several" if run.params["workers"] or run.params["scheduler"] else "",
)
FROM_NETWORK = _with(
    "a network (--network, or NETWORK and --input)", "with a network", "a loss without one", "network", "values"
)
FROM_TABLE = _with("predictions (--predictions)", "with --predictions", "a network's own", "predictions")
OF_NETWORKS = Place(
    "networks (no --predictions)",
    "without --predictions",
    lambda run: "predictions, which no network makes" if run.params["predictions"] else "",
)
NETWORK = _with("a NETWORK", "with NETWORK", "scores or probabilities alone", "network")
SCORES = Place(
    "scores or probabilities (--logits, --probabilities)",
    "without NETWORK",
    lambda run: "a network, which names its classes itself" if run.params["network"] else "",
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


def _reading(*table: Place) -> dict[str, tuple[Place, ...]]:
    """The options about reading tables, where those that are read stand in `table`."""
    plain = ("columns", "drop", "tsv", "input_format", "on_bad", "allow_nonfinite", "engine")
    return {
        **dict.fromkeys(plain, table),
        **dict.fromkeys(("delimiter", "decimal_comma", "header"), (*table, CELLS)),
        "bad_rows": (*table, SKIP),
    }


def _writing(rows: Place) -> dict[str, tuple[Place, ...]]:
    """The options about writing tables, where those that are written stand in `rows`."""
    return {**dict.fromkeys(("prefix", "suffix"), (rows,)), "escape_formulas": (rows, SEPARATED)}


def _showing(figures: Place) -> dict[str, tuple[Place, ...]]:
    """The options about how a result is shown, where numbers are shown in `figures`."""
    return {
        **dict.fromkeys(("decimals", "significant"), (figures,)),
        **dict.fromkeys(("standalone", "beamer"), (LATEX,)),
    }


def _working(example: Place) -> dict[str, tuple[Place, ...]]:
    """The options about the working of an example."""
    return dict.fromkeys(("show_all", "steps"), (example, PAPER))


def _either(example: str) -> Callable[[Params], str]:
    """The mode of a command that has an example where an option is given, and a table where DATA is."""

    def mode(params: Params) -> str:
        return TABLE if params["data"] else EXAMPLE if params[example] is not None else ""

    return mode


def _forward_mode(params: Params) -> str:
    of_row = params["row"] is not None or params["where"] is not None
    if of_row and (params["data"] or params["values"] is None):
        return ROW
    return _either("values")(params)


def _loss_mode(params: Params) -> str:
    if params["values"] is not None and params["target_column"] is None:
        return EXAMPLE
    if not params["data"] and any(params[name] is not None for name in ("logits", "probabilities")):
        return EXAMPLE
    if params["data"] or params["target_column"] is not None:
        return TABLE if params["per_row"] or params["reduction"] == "none" else SUMMARY
    return ""


def _output_format(params: Params, mode: str) -> str:
    from nnlec.cli.options import OUTPUT_KEYS, OutputOptions

    output = OutputOptions(**{key: params[key] for key in OUTPUT_KEYS if key in params})
    if mode == TABLE and is_folder(output.file):
        read = _read_as(params)  # each file is written as it is read
        own = read.pop() if len(read) == 1 else "csv"
        return output.format or ("tsv" if params["tsv"] and own == "csv" else own)
    table = "tsv" if params.get("tsv") else "csv"
    return output.chosen(table if mode == TABLE else "table" if mode else "")


def _check_format(params: Params, mode: str) -> str:
    if params["answers"] is not None and is_folder(params["file"]):
        return _output_format({**params, "file": None}, "") or "html"
    return _output_format(params, mode)


def _step_format(params: Params, mode: str) -> str:
    from nnlec.cli.stepping import saves_network

    return _output_format({**params, "file": None} if saves_network(params["file"]) else params, mode)


def _picture_format(params: Params, mode: str) -> str:
    from nnlec.rendering.diagrams import format_of

    named = format_of(params["file"]) or "" if params["file"] else ""
    return params["format"] or named or ("text" if mode else "")


MODES: dict[str, Modes] = {
    "forward": Modes(
        {
            "values": (TYPED_INPUT,),
            **dict.fromkeys(("row", "where"), (READ,)),
            "carry": (ONE_INPUT,),
            **dict.fromkeys(("label", "target"), (ONE_INPUT, WHOLE)),
            **dict.fromkeys(("name", "parameters"), (ONE_INPUT, WITH_TRUTH)),
            "weights": (ONE_INPUT, PAPER),
            "layer": (LAYERS,),
            "unit": (ONE_INPUT, PAPER, LAYER),
            **dict.fromkeys(("logits", "predict", "top_k", "keep"), (DATA,)),
            **_reading(READ),
            "on_bad": (DATA,),
            "bad_rows": (READ, SKIP, ONE_TABLE),
            **dict.fromkeys(("workers", "scheduler", "resume"), (DATA, FOLDER)),
            **_writing(DATA),
            **_working(ONE_INPUT),
            **_showing(FIGURES),
        },
        _forward_mode,
        _output_format,
        piped=TABLE,
    ),
    "softmax": Modes(
        {
            "logits": (ONE_SOFTMAX,),
            **_reading(DATA),
            **_writing(DATA),
            **_working(ONE_SOFTMAX),
            **_showing(SHOWN),
        },
        _either("logits"),
        _output_format,
        piped=TABLE,
    ),
    "loss": Modes(
        {
            **dict.fromkeys(("values", "logits", "probabilities"), (ONE_LOSS,)),
            **dict.fromkeys(("target_column", "given_as", "reduction", "per_row"), (TRUTH,)),
            "allow_outside": (FROM_NETWORK,),
            **_reading(TRUTH),
            **_writing(ROWS),
            **_working(ONE_LOSS),
            **_showing(SHOWN),
        },
        _loss_mode,
        _output_format,
    ),
    "step": Modes(
        {
            "values": (TYPED_INPUT,),
            **dict.fromkeys(("label", "target", "carry", "upstream", "steps"), (TYPED_INPUT,)),
            "layer": (TYPED_INPUT,),
            "unit": (TYPED_INPUT, LAYER),
            "exact": (PAPER, ONE_STEP),
            **dict.fromkeys(("target_column", "per"), (BATCH,)),
            **_reading(BATCH),
            **_showing(FIGURES),
            "show_all": (TYPED_INPUT, PAPER),
        },
        lambda params: SUMMARY if params["table"] is not None else EXAMPLE if params["values"] is not None else "",
        _step_format,
    ),
    "evaluate": Modes(
        {
            **dict.fromkeys(("logits", "labels", "numbers", "classes"), (FROM_TABLE,)),
            **dict.fromkeys(("table", "allow_outside"), (OF_NETWORKS,)),
            "disagreements": (OF_NETWORKS, ONE_PROCESS),
            **_reading(),
            "bad_rows": (SKIP, ONE_PROCESS),
            **_showing(PAPER),
            **dict.fromkeys(("full", "decimals", "significant"), (NO_CHART, PAPER)),
        },
        lambda _: SUMMARY,
        _output_format,
    ),
    "stats": Modes({**_reading(), **_showing(PAPER)}, lambda _: SUMMARY, _output_format),
    "check": Modes(
        {
            "values": (NETWORK, OWN_INPUT),
            "variant": (NETWORK, WORKSHEET),
            **dict.fromkeys(("layers", "outputs", "delta", "gradient", "after"), (NETWORK, TYPED)),
            **dict.fromkeys(("rate", "keep_biases"), (NETWORK, LOSS)),
            "logits": (GIVEN_SCORES,),
            "probabilities": (GIVEN_PROBABILITIES,),
            **dict.fromkeys(("exponentials", "loss"), (TYPED,)),
            **dict.fromkeys(("label", "target"), (LOSS,)),
            "loss_function": (RIGHT_CLASS,),
            "classes": (SCORES,),
            "allow_outside": (NETWORK,),
            "chosen": (CLASS_FILE,),
            **_showing(PAPER),
            **dict.fromkeys(("decimals", "significant"), (SHEET, PAPER)),
        },
        lambda params: EXAMPLE if params["answers"] is None else "",
        _check_format,
    ),
    "worksheet": Modes({"activation": (DRAWN_NETWORK,), "rate": (STEP_TOPIC,)}),
    "draw": Modes({"standalone": (TIKZ,)}, format=_picture_format),
    "show": Modes({**_showing(PICTURE)}, format=_output_format),
    "compare": Modes(
        {"values": (TYPED_INPUT,), "columns": (DATA,), "seed": (RANDOM_ROWS,), **_showing(PAPER)},
        lambda params: TABLE if params["data"] else EXAMPLE if params["values"] is not None else RANDOM,
        lambda params, _: _output_format(params, SUMMARY),
    ),
    "convert": Modes(),
    "list": Modes({"plot": (ACTIVATIONS,), "parameters": (CURVE,)}),
    "example": Modes({"output": (ALL_FILES,)}),
    "guide": Modes(),
}
"""The command -> where its options have a meaning."""

READING, OUTPUT = _reading().keys(), ("format", "file", "output", *_showing(PAPER))
"""The options about reading tables, and about the output."""
