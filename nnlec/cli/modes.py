"""Which options have a meaning where: one table, from which errors, help, the guide and completion are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nnlec.cli.many_options import is_folder
from nnlec.cli.places import (
    ACTIVATIONS,
    ALL_FILES,
    BATCH,
    CELLS,
    CLASS_FILE,
    COMMAS,
    CURVE,
    DATA,
    DRAWN_NETWORK,
    EXAMPLE,
    FIGURES,
    FOLDER,
    FROM_NETWORK,
    FROM_TABLE,
    GIVEN_PROBABILITIES,
    GIVEN_SCORES,
    IN_CHARACTERS,
    LAID_OUT,
    LATEX,
    LAYER,
    LAYERS,
    LIST,
    LOSS,
    NETWORK,
    NO_CHART,
    OF_NETWORKS,
    ONE_INPUT,
    ONE_LOSS,
    ONE_PROCESS,
    ONE_SOFTMAX,
    ONE_STEP,
    ONE_TABLE,
    OWN_INPUT,
    PAPER,
    PICTURE,
    RANDOM,
    RANDOM_ROWS,
    READ,
    RIGHT_CLASS,
    ROW,
    ROWS,
    SAID,
    SCORES,
    SEPARATED,
    SHEET,
    SIZED,
    SKIP,
    STEP_TOPIC,
    SUMMARY,
    TABLE,
    TEXT,
    TIKZ,
    TOLD,
    TRUTH,
    TYPED,
    TYPED_INPUT,
    WHOLE,
    WITH_TRUTH,
    WORKSHEET,
    Params,
    Place,
    formats_read,
)
from nnlec.named import NamedTuple


class Modes(NamedTuple):
    """Where the options of a command have a meaning, and what its parameters say about a run.

    An option has a meaning where all its places are. One that is not listed has one everywhere. `format` is that of
    the output in a mode, as far as it is known; `piped` is the mode of a run that nothing else decides.
    """

    places: Mapping[str, tuple[Place, ...]] = {}
    mode: Callable[[Params], str] = lambda _: EXAMPLE
    format: Callable[[Params, str], str] = lambda *_: ""
    piped: str = ""


def _reading(*table: Place) -> dict[str, tuple[Place, ...]]:
    """The options about reading tables, where those that are read stand in `table`."""
    plain = ("columns", "drop", "tsv", "input_format", "on_bad", "allow_nonfinite", "engine")
    return {
        **dict.fromkeys(plain, table),
        **dict.fromkeys(("delimiter", "header"), (*table, CELLS)),
        "decimal_comma": (COMMAS,),
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
        **dict.fromkeys(("plain", "width"), (TEXT,)),
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
        read = formats_read(params)  # each file is written as it is read
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
    chosen = params["format"] or named or ("text" if mode else "")
    return "plain" if params["plain"] and chosen == "text" else str(chosen)


def _list_format(params: Params, mode: str) -> str:
    return _output_format({**params, "file": params["output"]}, mode)


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
            "threads": (DATA, ONE_PROCESS),
            **dict.fromkeys(("workers", "scheduler", "resume"), (DATA, FOLDER)),
            **_writing(DATA),
            **_working(ONE_INPUT),
            **_showing(FIGURES),
            **dict.fromkeys(("language", "notation", "letters"), (PAPER,)),
        },
        _forward_mode,
        _output_format,
        piped=TABLE,
    ),
    "softmax": Modes(
        {
            **dict.fromkeys(("logits", "carry"), (ONE_SOFTMAX,)),
            **_reading(DATA),
            **_writing(DATA),
            **_working(ONE_SOFTMAX),
            **dict.fromkeys(("language", "notation", "letters"), (PAPER,)),
            **_showing(FIGURES),
        },
        _either("logits"),
        _output_format,
        piped=TABLE,
    ),
    "loss": Modes(
        {
            **dict.fromkeys(("values", "logits", "probabilities", "carry"), (ONE_LOSS,)),
            **dict.fromkeys(("target_column", "given_as", "reduction", "per_row"), (TRUTH,)),
            "allow_outside": (FROM_NETWORK,),
            **_reading(TRUTH),
            **_writing(ROWS),
            **_working(ONE_LOSS),
            **dict.fromkeys(("language", "notation", "letters"), (PAPER,)),
            **_showing(FIGURES),
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
            **dict.fromkeys(("language", "notation", "letters"), (PAPER,)),
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
            "language": (PAPER,),
            "threads": (OF_NETWORKS, ONE_PROCESS),
            "disagreements": (OF_NETWORKS, ONE_PROCESS),
            **_reading(),
            "bad_rows": (SKIP, ONE_PROCESS),
            **_showing(PAPER),
            **dict.fromkeys(("full", "decimals", "significant"), (NO_CHART, PAPER)),
            **dict.fromkeys(("plain", "width"), (NO_CHART, TEXT)),
        },
        lambda _: SUMMARY,
        _output_format,
    ),
    "stats": Modes({**_reading(), **_showing(PAPER), "language": (PAPER,)}, lambda _: SUMMARY, _output_format),
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
            "language": (PAPER,),
            "decimal_comma": (PAPER,),
            "classes": (SCORES,),
            "allow_outside": (NETWORK,),
            "chosen": (CLASS_FILE,),
            **_showing(PAPER),
            **dict.fromkeys(("decimals", "significant"), (SHEET, PAPER)),
            **dict.fromkeys(("plain", "width"), (TOLD,)),
        },
        lambda params: EXAMPLE if params["answers"] is None else "",
        _check_format,
    ),
    "worksheet": Modes({"activation": (DRAWN_NETWORK,), "rate": (STEP_TOPIC,), "width": (SAID,)}),
    "draw": Modes({"standalone": (TIKZ,), "plain": (IN_CHARACTERS,), "width": (SIZED,)}, format=_picture_format),
    "page": Modes(dict.fromkeys(("name", "parameters", "rate"), (WITH_TRUTH,))),
    "show": Modes(
        {**_showing(PICTURE), "letters": (PICTURE,), **dict.fromkeys(("decimal_comma", "language"), (PAPER,))},
        format=_output_format,
    ),
    "compare": Modes(
        {
            "values": (TYPED_INPUT,),
            "columns": (DATA,),
            "seed": (RANDOM_ROWS,),
            "language": (PAPER,),
            **_showing(PAPER),
        },
        lambda params: TABLE if params["data"] else EXAMPLE if params["values"] is not None else RANDOM,
        lambda params, _: _output_format(params, SUMMARY),
    ),
    "convert": Modes({"width": (SAID,)}),
    "list": Modes(
        {"plot": (ACTIVATIONS,), "parameters": (CURVE,), **dict.fromkeys(("plain", "width"), (TEXT,))},
        format=_list_format,
    ),
    "example": Modes({"output": (ALL_FILES,), "plain": (LIST,), "width": (LIST, SAID)}),
    "guide": Modes({"width": (LAID_OUT,)}),
}
"""The command -> where its options have a meaning."""

READING, OUTPUT = _reading().keys(), ("format", "file", "output", *_showing(PAPER))
"""The options about reading tables, and about the output."""
