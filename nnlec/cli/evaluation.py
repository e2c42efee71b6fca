"""`evaluate` on a table: what is measured, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nnlec.cli.options import OutputOptions, emit
from nnlec.cli.table_options import TableOptions, split_names
from nnlec.cli.tables import summarized
from nnlec.errors import NnlecError

if TYPE_CHECKING:
    from nnlec.network.network import Network
    from nnlec.network.parameters import ParameterValue


class Measuring(NamedTuple):
    """Options about what is measured."""

    top_k: int | None = None
    threshold: str | None = None
    by: str | None = None
    weights_column: str | None = None
    full: bool = False

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
    network: Network,
    tables: TableOptions,
    target_column: str,
    name: str | None,
    options: Mapping[str, ParameterValue],
    measuring: Measuring,
    output: OutputOptions,
) -> int:
    """`evaluate`; the exit status."""
    from nnlec.network.losses import loss
    from nnlec.network.meaning import usual_loss
    from nnlec.rendering.explain.evaluation import describe_evaluation
    from nnlec.rendering.records.evaluation import evaluation_record, evaluation_rows
    from nnlec.tables.evaluate import plan_evaluate
    from nnlec.tables.measures import Settings

    chosen = name or usual_loss(network)
    if chosen is None and options:
        hint = "choose one with --loss"
        raise NnlecError("no loss is measured that takes it", where=f"--{min(options)}", hint=hint)
    planned = partial(
        plan_evaluate,
        network=network,
        loss=loss(chosen, options) if chosen is not None else None,
        target=split_names(target_column, "--target-column"),
        columns=tables.names,
        threshold=measuring.at,
        settings=Settings(measuring.top_k, measuring.threshold == "sweep"),
        weights=measuring.weights_column,
        by=measuring.by,
    )
    status, result = summarized(tables, planned)
    record = evaluation_record(result, measuring.by)
    emit(
        output,
        document=lambda: describe_evaluation(record, output.style, full=measuring.full),
        record=lambda: record,
        rows=evaluation_rows,
    )
    return status
