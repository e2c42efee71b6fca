"""`step` on a batch, the rows of a table; and several steps, from a batch or from one example."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from nnlec.cli.loss_example import parameters_given
from nnlec.cli.options import emit
from nnlec.cli.progress import shown_steps
from nnlec.cli.stepping import StepRun, save_network, warn_of_decisions
from nnlec.cli.table_options import TableOptions, split_names
from nnlec.cli.tables import summarized
from nnlec.errors import NnlecError
from nnlec.network.descent import descend
from nnlec.network.exact_batch import exact_batch_step
from nnlec.network.gradient import gradients_of, moved_layer
from nnlec.network.losses import loss
from nnlec.network.meaning import loss_name
from nnlec.rendering.explain.step_batch import describe_batch, describe_descent
from nnlec.rendering.records.step import step_record
from nnlec.rendering.records.step_batch import (
    batch_record,
    batch_rows,
    descent_record,
    descent_rows,
    exact_batch_record,
)
from nnlec.tables.step import GradientSum, plan_batch

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.descent import Descent
    from nnlec.network.gradient import Gradients
    from nnlec.network.losses import Loss
    from nnlec.network.network import Network
    from nnlec.network.step import ExactStep
    from nnlec.tables.step import BatchSums

MOST_KEPT = 64 << 20
"""Bytes of a table that are kept for further steps; a larger one is read again for each."""


class TrainingRows:
    """The rows of a table, which are read in one pass, and again for each step where they are many."""

    def __init__(self, tables: TableOptions, network: Network, loss: Loss, target: str) -> None:
        self._tables = tables
        self._target = split_names(target, "--target-column")
        self._network = network
        self.loss = loss
        self.status = 0
        self._kept: list[tuple[Array, Array]] | None = []
        self._size = 0
        self._read = False

    def sums(self, network: Network) -> BatchSums:
        """The gradients of every row, added up."""
        total = GradientSum(network, self.loss)
        self.through(total.take)
        return total.sums

    def through(self, take: Callable[[Array, Array], None]) -> None:
        """Hands over every block of inputs and targets."""
        if self._read and self._kept is not None:
            for inputs, targets in self._kept:
                take(inputs, targets)
        else:
            self._read_through(take)

    def _read_through(self, take: Callable[[Array, Array], None]) -> None:
        if self._read and "-" in self._tables.paths:
            raise NnlecError("the table is too long to be kept, and cannot be read again", where="standard input")

        def taken(inputs: Array, targets: Array) -> None:
            take(inputs, targets)
            self._keep(inputs, targets)

        plan: dict[str, Any] = {"loss": self.loss, "target": self._target, "columns": self._tables.names}
        self.status, rows = summarized(self._tables, partial(plan_batch, network=self._network, take=taken, **plan))
        rows.end()
        self._read = True
        if not rows.rows:
            raise NnlecError("no rows to learn from", where=self._tables.paths[0])

    def _keep(self, inputs: Array, targets: Array) -> None:
        if self._kept is None or self._read:
            return
        self._size += inputs.nbytes + targets.nbytes
        self._kept = [*self._kept, (inputs, targets)] if self._size <= MOST_KEPT else None


def step_on_batch(run: StepRun, tables: TableOptions, *, target_column: str | None, per: str) -> int:
    """One step, or several, from the rows of a table; the exit status."""
    if target_column is None:
        raise click.UsageError("give --target-column NAMES, the column that holds the truth")
    name = loss_name(run.truth.name, run.network, labelled=run.network.kind != "regression")
    chosen = loss(name or "cross-entropy", parameters_given(run.truth.parameters))
    warn_of_decisions(run.network)
    batch = TrainingRows(tables, run.network, chosen, target_column)
    if run.exact:
        return _exact_step(run, batch, per)
    saved, output = run.saved, run.shown
    first: list[BatchSums] = []

    def measure(network: Network) -> tuple[Gradients, float, float]:
        found = batch.sums(network)
        if not first:
            first.append(found)
        return found.gradients, found.loss, found.weight

    descent = _descent(run, measure, per_mean=per == "mean")
    record = batch_record(run.network, first[0], descent, float(run.rate), chosen, per)
    emit(
        output,
        lambda: describe_batch(record, run.network, run.style),
        lambda: record,
        lambda _: batch_rows(record),
    )
    save_network(descent.network, saved, run)
    return batch.status


def _exact_step(run: StepRun, batch: TrainingRows, per: str) -> int:
    """One step on a batch with every digit; the exit status."""
    saved = run.saved
    step = exact_batch_step(
        run.network, batch.loss, batch.through, run.rate, per_mean=per == "mean", keep_biases=run.keep_biases
    )
    record = exact_batch_record(run.network, step, float(run.rate), batch.loss, per)
    emit(run.shown, lambda: describe_batch(record, run.network, run.style), lambda: record)
    save_network(step.network, saved, run)
    return batch.status


def step_again(run: StepRun, step: ExactStep) -> None:
    """Further steps after the first one, all from the same example."""
    inputs = np.array([[float(x) for x in step.before.inputs]])
    target = np.array([[float(g) for g in step.example.target]])
    changed = partial(moved_layer, rate=float(run.rate), biases=not run.keep_biases) if step.new_upstream else None

    def measure(network: Network) -> tuple[Gradients, float, float]:
        gradients, losses = gradients_of(network, step.example.loss, inputs, target, changed)
        return gradients, float(losses[0]), 1.0

    saved, output = run.saved, run.shown
    descent = _descent(run, measure, per_mean=False)
    further = descent_record(descent, inputs)
    emit(
        output,
        lambda: describe_descent(run.network, step.example.loss, descent, float(run.rate), further, run.style),
        lambda: {**step_record(step), "then": further},
        lambda _: descent_rows(descent),
    )
    save_network(descent.network, saved, run)


def _descent(run: StepRun, measure: Callable[[Network], tuple[Gradients, float, float]], *, per_mean: bool) -> Descent:
    steps = 1 + (run.further or 0)
    with shown_steps(steps) as told:
        return descend(
            run.network,
            measure,
            float(run.rate),
            steps,
            per_mean=per_mean,
            biases=not run.keep_biases,
            told=told,
        )
