"""`evaluate` on a table: what is measured, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nnlec.cli.many_options import ManyOptions
from nnlec.cli.options import OutputOptions, emit
from nnlec.cli.output import write_text
from nnlec.cli.table_options import TableOptions, split_names
from nnlec.cli.tables import expect_no_blanks, second_table, summarized
from nnlec.errors import NnlecError
from nnlec.rendering import speaking

if TYPE_CHECKING:
    from nnlec.network.network import Network
    from nnlec.network.parameters import ParameterValue
    from nnlec.rendering.document import Document
    from nnlec.tables.compare import Disagreement
    from nnlec.tables.evaluate import EvaluatePlan
    from nnlec.tables.header import Header
    from nnlec.tables.plan import LabelledPlan, Mergeable
    from nnlec.tables.predictions import Predicted

Result = TypeVar("Result", bound="Mergeable")


class Compared(NamedTuple):
    """What is compared with the target: networks by name, or the columns of a table of predictions."""

    networks: Mapping[str, Network] = {}
    given: Predicted = "probabilities"
    classes: str | None = None


class Measuring(NamedTuple):
    """Options about what is measured: against which columns, with which loss, which figures."""

    target_column: str
    loss: str | None
    parameters: Mapping[str, ParameterValue]
    top_k: int | None = None
    threshold: str | None = None
    by: str | None = None
    weights_column: str | None = None
    full: bool = False
    disagreements: str | None = None
    picture: str | None = None

    @property
    def at(self) -> float | None:
        """The threshold; raises `NnlecError` for what is none."""
        if self.threshold is None or self.threshold == "sweep":
            return None
        try:
            found = float(self.threshold)
        except ValueError:
            found = -1.0
        if not 0 <= found <= 1:
            raise NnlecError(f"{self.threshold!r} is no threshold, expected 0 to 1, or sweep", where="--threshold")
        return found


def evaluate_table(
    compared: Compared, measuring: Measuring, tables: TableOptions, output: OutputOptions, many: ManyOptions
) -> int:
    """`evaluate`; the exit status."""
    from nnlec.rendering.explain.evaluation import describe_evaluation, titled
    from nnlec.rendering.records.evaluation import evaluation_record, evaluation_rows

    if len(compared.networks) > 1:
        return _compared(compared.networks, measuring, tables, output, many)
    (network,) = compared.networks.values() or (None,)
    planned = partial(_planned(compared, network, measuring), **_settings(tables, measuring))
    status, result = _of_files(tables, planned, many)
    if result is None:
        return status
    record = evaluation_record(result, measuring.by)
    if measuring.picture is not None:
        _draw(measuring.picture, record, output)
        return status
    measured = next(iter(compared.networks), "predictions")

    def document() -> Document:
        shown = describe_evaluation(record, output.style, full=measuring.full)
        return titled(shown, measured) if output.chosen("table") == "html" else shown

    emit(output, document, lambda: record, evaluation_rows)
    return status


def _compared(
    networks: Mapping[str, Network],
    measuring: Measuring,
    tables: TableOptions,
    output: OutputOptions,
    many: ManyOptions,
) -> int:
    """Several networks side by side; the exit status."""
    from nnlec.rendering.explain.evaluation import describe_comparison
    from nnlec.rendering.records.evaluation import comparison_record, comparison_rows
    from nnlec.tables.compare import plan_compare

    if measuring.picture is not None:
        raise NnlecError("a picture is of one network, not of several", where="--picture")
    if measuring.full:
        raise NnlecError("one network is shown in full, not several", where="--full", hint="-f json has every figure")
    if measuring.disagreements is not None and any(each.kind == "regression" for each in networks.values()):
        raise NnlecError("numbers are never the same, classes are", where="--disagreements")
    settings = _settings(tables, measuring)
    plans = [partial(_planned(Compared(), network, measuring), **settings) for network in networks.values()]
    with _disagreements(measuring.disagreements, tuple(networks), output) as tell:
        status, result = _of_files(tables, partial(plan_compare, plans=plans, tell=tell), many)
    if result is None:
        return status
    record = comparison_record(result, tuple(networks), measuring.by)
    emit(output, lambda: describe_comparison(record, output.style), lambda: record, comparison_rows)
    return status


def _of_files(
    tables: TableOptions, planned: Callable[[Header], LabelledPlan[Result]], many: ManyOptions
) -> tuple[int, Result | None]:
    """The exit status and the result, by one process or by many; None where files failed."""
    if not many.shared:
        return summarized(tables, planned)
    from nnlec.cli.many.summary import summarize_files

    expect_no_blanks(tables)
    return summarize_files(tables, planned, many)


@contextmanager
def _disagreements(
    path: str | None, networks: tuple[str, ...], output: OutputOptions
) -> Iterator[Callable[[list[Disagreement]], None] | None]:
    """Writes the rows in which networks differ: row, truth, and what each says."""
    if path is None:
        yield None
        return
    with second_table(path, output.file, "--disagreements", ("row", "truth", *networks)) as lines:
        yield lambda rows: lines.writerows((row, truth, *said) for row, truth, said in rows)


def _draw(picture: str, record: Mapping[str, Any], output: OutputOptions) -> None:
    from nnlec.rendering.charts import write

    if output.chosen("svg") != "svg":
        raise NnlecError(f"a picture is written as svg, not as {output.chosen('svg')}", where="--picture")
    with speaking(output.language):
        drawn = write(picture, record)
    write_text(drawn, output.file)


def _settings(tables: TableOptions, measuring: Measuring) -> dict[str, Any]:
    from nnlec.tables.measures import Settings

    return {
        "target": split_names(measuring.target_column, "--target-column"),
        "columns": tables.names,
        "threshold": measuring.at,
        "settings": Settings(measuring.top_k, measuring.threshold == "sweep", measuring.picture == "predicted"),
        "weights": measuring.weights_column,
        "by": measuring.by,
    }


def _planned(compared: Compared, network: Network | None, measuring: Measuring) -> Callable[..., EvaluatePlan]:
    """The plan of a network or of predictions, its loss chosen."""
    from nnlec.network.losses import loss
    from nnlec.network.meaning import usual_loss
    from nnlec.tables.evaluate import plan_evaluate
    from nnlec.tables.predictions import plan_predictions

    name, options = measuring.loss, measuring.parameters
    if network is None:
        if (name or options) and compared.given == "labels":
            raise NnlecError("labels alone have no loss", where=_where(measuring))
        classes = split_names(compared.classes, "--classes")
        return partial(plan_predictions, given=compared.given, name=name, options=options, classes=classes)
    chosen = name or usual_loss(network)
    if chosen is None and options:
        hint = "choose one with --loss"
        raise NnlecError("no loss is measured that takes it", where=_where(measuring), hint=hint)
    return partial(plan_evaluate, network=network, loss=loss(chosen, options) if chosen is not None else None)


def _where(measuring: Measuring) -> str:
    """The option about a loss that was given."""
    return "--loss" if measuring.loss else "--base" if "base" in measuring.parameters else "-p"
