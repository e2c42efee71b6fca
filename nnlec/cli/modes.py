"""Which options have a meaning where: one table, from which errors, help, the guide and completion are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nnlec.cli import places as at
from nnlec.cli.many_options import is_folder
from nnlec.cli.options import OutputOptions
from nnlec.cli.places import EXAMPLE, RANDOM, ROW, SUMMARY, TABLE, Params, Place, formats_read
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
        **dict.fromkeys(("delimiter", "header"), (*table, at.CELLS)),
        "decimal_comma": (at.COMMAS,),
        "bad_rows": (*table, at.SKIP),
    }


def _writing(rows: Place) -> dict[str, tuple[Place, ...]]:
    """The options about writing tables, where those that are written stand in `rows`."""
    return {**dict.fromkeys(("prefix", "suffix"), (rows,)), "escape_formulas": (rows, at.SEPARATED)}


def _showing(figures: Place) -> dict[str, tuple[Place, ...]]:
    """The options about how a result is shown, where numbers are shown in `figures`."""
    return {
        **dict.fromkeys(("decimals", "significant"), (figures,)),
        **dict.fromkeys(("standalone", "beamer"), (at.LATEX,)),
        **dict.fromkeys(("plain", "width"), (at.TEXT,)),
    }


def _working(example: Place) -> dict[str, tuple[Place, ...]]:
    """The options about the working of an example: how much of it, its words and letters, its figures."""
    return {
        **dict.fromkeys(("show_all", "steps"), (example, at.PAPER)),
        **dict.fromkeys(("language", "notation", "letters"), (at.PAPER,)),
        **_showing(at.FIGURES),
    }


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
    output = OutputOptions(**{key: params[key] for key in OutputOptions._fields if key in params})
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


MODES: dict[str, Modes] = {
    "forward": Modes(
        {
            "values": (at.TYPED_INPUT,),
            **dict.fromkeys(("row", "where"), (at.READ,)),
            "carry": (at.ONE_INPUT,),
            **dict.fromkeys(("label", "target"), (at.ONE_INPUT, at.WHOLE)),
            **dict.fromkeys(("name", "parameters"), (at.ONE_INPUT, at.WITH_TRUTH)),
            "weights": (at.ONE_INPUT, at.PAPER),
            "layer": (at.LAYERS,),
            "unit": (at.ONE_INPUT, at.PAPER, at.LAYER),
            **dict.fromkeys(("logits", "predict", "top_k", "keep"), (at.DATA,)),
            **_reading(at.READ),
            "on_bad": (at.DATA,),
            "bad_rows": (at.READ, at.SKIP, at.ONE_TABLE),
            "threads": (at.DATA, at.ONE_PROCESS),
            **dict.fromkeys(("workers", "scheduler", "resume"), (at.DATA, at.FOLDER)),
            **_writing(at.DATA),
            **_working(at.ONE_INPUT),
        },
        _forward_mode,
        _output_format,
        piped=TABLE,
    ),
    "softmax": Modes(
        {
            **dict.fromkeys(("logits", "carry"), (at.ONE_SOFTMAX,)),
            **_reading(at.DATA),
            **_writing(at.DATA),
            **_working(at.ONE_SOFTMAX),
        },
        _either("logits"),
        _output_format,
        piped=TABLE,
    ),
    "loss": Modes(
        {
            **dict.fromkeys(("values", "logits", "probabilities", "carry"), (at.ONE_LOSS,)),
            **dict.fromkeys(("target_column", "given_as", "reduction", "per_row"), (at.TRUTH,)),
            "allow_outside": (at.FROM_NETWORK,),
            **_reading(at.TRUTH),
            **_writing(at.ROWS),
            **_working(at.ONE_LOSS),
        },
        _loss_mode,
        _output_format,
    ),
    "step": Modes(
        {
            **_working(at.TYPED_INPUT),
            **dict.fromkeys(("values", "label", "target", "carry", "upstream", "layer"), (at.TYPED_INPUT,)),
            "steps": (at.TYPED_INPUT,),
            "unit": (at.TYPED_INPUT, at.LAYER),
            "exact": (at.PAPER, at.ONE_STEP),
            **dict.fromkeys(("target_column", "per"), (at.BATCH,)),
            **_reading(at.BATCH),
        },
        lambda params: SUMMARY if params["table"] is not None else EXAMPLE if params["values"] is not None else "",
        _step_format,
    ),
    "evaluate": Modes(
        {
            **dict.fromkeys(("logits", "labels", "numbers", "classes"), (at.FROM_TABLE,)),
            **dict.fromkeys(("table", "allow_outside"), (at.OF_NETWORKS,)),
            "language": (at.PAPER,),
            "threads": (at.OF_NETWORKS, at.ONE_PROCESS),
            "disagreements": (at.OF_NETWORKS, at.ONE_PROCESS),
            **_reading(),
            "bad_rows": (at.SKIP, at.ONE_PROCESS),
            **_showing(at.PAPER),
            **dict.fromkeys(("full", "decimals", "significant"), (at.NO_CHART, at.PAPER)),
            **dict.fromkeys(("plain", "width"), (at.NO_CHART, at.TEXT)),
        },
        lambda _: SUMMARY,
        _output_format,
    ),
    "stats": Modes({**_reading(), **_showing(at.PAPER), "language": (at.PAPER,)}, lambda _: SUMMARY, _output_format),
    "check": Modes(
        {
            "values": (at.NETWORK, at.OWN_INPUT),
            "variant": (at.NETWORK, at.WORKSHEET),
            **dict.fromkeys(("layers", "outputs", "delta", "gradient", "after"), (at.NETWORK, at.TYPED)),
            **dict.fromkeys(("rate", "keep_biases"), (at.NETWORK, at.LOSS)),
            "logits": (at.GIVEN_SCORES,),
            "probabilities": (at.GIVEN_PROBABILITIES,),
            **dict.fromkeys(("exponentials", "loss"), (at.TYPED,)),
            **dict.fromkeys(("label", "target"), (at.LOSS,)),
            "loss_function": (at.RIGHT_CLASS,),
            "language": (at.PAPER,),
            "decimal_comma": (at.PAPER,),
            "classes": (at.SCORES,),
            "allow_outside": (at.NETWORK,),
            "chosen": (at.CLASS_FILE,),
            **_showing(at.PAPER),
            **dict.fromkeys(("decimals", "significant"), (at.SHEET, at.PAPER)),
            **dict.fromkeys(("plain", "width"), (at.TOLD,)),
        },
        lambda params: EXAMPLE if params["answers"] is None else "",
        _check_format,
    ),
    "worksheet": Modes({"activation": (at.DRAWN_NETWORK,), "rate": (at.STEP_TOPIC,), "width": (at.SAID,)}),
    "draw": Modes(
        {"standalone": (at.TIKZ,), "plain": (at.IN_CHARACTERS,), "width": (at.SIZED,)}, format=_picture_format
    ),
    "page": Modes(dict.fromkeys(("name", "parameters", "rate"), (at.WITH_TRUTH,))),
    "show": Modes(
        {**_showing(at.PICTURE), "letters": (at.PICTURE,), **dict.fromkeys(("decimal_comma", "language"), (at.PAPER,))},
        format=_output_format,
    ),
    "compare": Modes(
        {
            "values": (at.TYPED_INPUT,),
            "columns": (at.DATA,),
            "seed": (at.RANDOM_ROWS,),
            "language": (at.PAPER,),
            **_showing(at.PAPER),
        },
        lambda params: TABLE if params["data"] else EXAMPLE if params["values"] is not None else RANDOM,
        lambda params, _: _output_format(params, SUMMARY),
    ),
    "convert": Modes({"width": (at.SAID,)}),
    "list": Modes(
        {"plot": (at.ACTIVATIONS,), "parameters": (at.CURVE,), **dict.fromkeys(("plain", "width"), (at.TEXT,))},
        format=lambda params, mode: _output_format({**params, "file": params["output"]}, mode),
    ),
    "example": Modes({"output": (at.ALL_FILES,), "plain": (at.LIST,), "width": (at.LIST, at.SAID)}),
    "guide": Modes({"width": (at.LAID_OUT,)}),
}
"""The command -> where its options have a meaning."""

READING, OUTPUT = _reading().keys(), ("format", "file", "output", *_showing(at.PAPER))
"""The options about reading tables, and about the output."""
