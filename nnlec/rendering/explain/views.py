"""Which document says what a result is, by its type; what describes it is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nnlec.rendering.document import Cell, Document, Number, Prose, Table, UserName
from nnlec.rendering.explain.figures import Style
from nnlec.text import counted

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network
    from nnlec.network.passes import Trace

MOST_WORK = 300_000
"""Multiplications in an example whose working is shown: it is computed anew, in decimal numbers."""

_FUNCTION = 100
"""Multiplications that take as long as a function of one number."""

_MOST_ROWS, _MOST_COLUMNS = 20, 12


def described(result: object) -> Document:
    """What is shown of a result. Raises `TypeError` for what is none."""
    for kind in type(result).__mro__:
        describe = VIEWS.get(f"{kind.__module__}.{kind.__qualname__}")
        if describe is not None:
            return describe(result)
    raise TypeError(f"{type(result).__name__} is no result that is shown")


def _network(network: Network) -> Document:
    from nnlec.rendering.explain.network import describe_network

    return describe_network(network)


def _trace(trace: Trace) -> Document:
    """One example with its working, where that is no long computation; else rows of outputs."""
    network = trace.network
    functions = sum(layer.n_out for layer in network.layers if not layer.activation.is_identity) + 3 * network.n_out
    work = sum(layer.multiplications for layer in network.layers) + _FUNCTION * functions
    if len(trace.inputs) == 1 and work <= MOST_WORK:
        return _exact_trace(network.exact_trace(trace.inputs))
    return tuple(_rows(trace))


def _rows(trace: Trace) -> Iterator[Table | Prose]:
    """The first rows: their outputs, or probabilities, and what they predict."""
    from nnlec.arithmetic.numbers import decimal_of

    network, style = trace.network, Style()
    probabilities = trace.probabilities
    numbers: Array = trace.output if probabilities is None else probabilities
    names = network.output_names if probabilities is None else network.class_names
    shown = [
        style.rounding.texts(map(decimal_of, column)) for column in numbers[:_MOST_ROWS, :_MOST_COLUMNS].T.tolist()
    ]
    columns: list[list[Cell]] = [[Number(str(n)) for n in range(1, min(len(numbers), _MOST_ROWS) + 1)]]
    columns += [[Number(text) for text in column] for column in shown]
    heads = ["row", *map(UserName, names[:_MOST_COLUMNS])]
    if trace.prediction is not None:
        heads.append("prediction")
        columns.append([*map(UserName, trace.prediction[:_MOST_ROWS])])
    yield Table(tuple(heads), tuple(zip(*columns, strict=True)))
    for left_out, what in ((len(numbers) - _MOST_ROWS, "rows"), (len(names) - _MOST_COLUMNS, "outputs")):
        if left_out > 0:
            yield Prose(f"cut here: {left_out:,} more {what} are not shown")
    if len(numbers) == 1:
        yield Prose("this network is too large to be worked out here; `nnlec forward --layer` shows a part of it")


def _exact_trace(trace: Any) -> Document:
    from nnlec.rendering.explain.forward import describe_forward

    return describe_forward(trace, Style())


def _step(step: Any) -> Document:
    from nnlec.rendering.explain.step import describe_step

    return describe_step(step, None, Style())


def _verdict(verdict: Any) -> Document:
    from nnlec.rendering.explain.check import describe_check

    return describe_check(verdict)


def _comparison(found: Any) -> Document:
    from nnlec.rendering.explain.differences import describe_differences
    from nnlec.rendering.records.differences import differences_record

    first, second = (*found.networks, None)[:2]
    rows = counted(len(found.pairs[0].item.numbers), "row")
    return describe_differences(differences_record(found, first, second, rows), None)


def _evaluation(evaluation: Any) -> Document:
    from nnlec.rendering.explain.evaluation import describe_evaluation
    from nnlec.rendering.records.evaluation import evaluation_record

    return describe_evaluation(evaluation_record(evaluation), Style())


VIEWS: dict[str, Callable[[Any], Document]] = {
    "nnlec.network.network.Network": _network,
    "nnlec.network.passes.Trace": _trace,
    "nnlec.network.trace.ExactTrace": _exact_trace,
    "nnlec.network.step.ExactStep": _step,
    "nnlec.grading.verdict.Verdict": _verdict,
    "nnlec.grading.differences.Comparison": _comparison,
    "nnlec.tables.metrics.Evaluation": _evaluation,
}
"""The full name of a type -> what is shown of one."""
