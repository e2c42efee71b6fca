"""`step` on one example: what is computed, how it is written, and the network after it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from os.path import splitext
from typing import TYPE_CHECKING

from nnlec.cli.options import OutputOptions, TruthOptions, emit
from nnlec.cli.output import expect_writable, write_text
from nnlec.errors import NnlecError, NnlecWarning
from nnlec.named import NamedTuple
from nnlec.system import forget_input

if TYPE_CHECKING:
    from decimal import Decimal

    from nnlec.network.losses import LossExample
    from nnlec.network.network import Network
    from nnlec.network.trace import ExactTrace
    from nnlec.rendering.explain.figures import Style

NETWORK_SUFFIXES = (".yaml", ".yml")


class StepRun(NamedTuple):
    """The network and where it came from, how far the step goes, and what the options say."""

    network: Network
    path: str
    rate: Decimal
    truth: TruthOptions
    output: OutputOptions
    carry: str = "full"
    layer: str | None = None
    unit: str | None = None
    keep_biases: bool = False
    upstream: str = "old"
    further: int | None = None
    save: str | None = None
    exact: bool = False

    @property
    def style(self) -> Style:
        """How the working is explained; exactly: every digit of a decimal that ends."""
        style = self.output.style
        return style._replace(rounding=style.rounding._replace(fixed=False, ending=True)) if self.exact else style

    @property
    def shown(self) -> OutputOptions:
        """Where the working goes: not to the file that -o names for the network."""
        return self.output._replace(file=None) if self._saves_by_output else self.output

    @property
    def saved(self) -> str | None:
        """The file for the network after the step; over the one it came from only where it is named in the same words.

        Raises `NnlecError` where two are named, and for one that cannot be written.
        """
        if self._saves_by_output and self.save is not None:
            raise NnlecError("the network is written once: give -o FILE.yaml or --save FILE", where="--save")
        file = self.output.file if self._saves_by_output else self.save
        if file is None:
            return None
        if not saves_network(file):
            raise NnlecError("a network is written as YAML", where=file, hint="name the file .yaml")
        if file == self.path:
            forget_input(file)
        expect_writable(file)
        return file

    @property
    def _saves_by_output(self) -> bool:
        return saves_network(self.output.file)


def saves_network(file: str | None) -> bool:
    """Whether an output file's suffix is that of networks."""
    return file is not None and splitext(file)[1].lower() in NETWORK_SUFFIXES


def step_on_example(run: StepRun, row: Sequence[float]) -> None:
    """One step, or several, from one example."""
    from nnlec.cli.commands.forward import picked
    from nnlec.cli.loss_example import example_after
    from nnlec.network.quotient import check_gradients
    from nnlec.network.step import exact_step
    from nnlec.rendering.explain.step import describe_layer, describe_step, unit_names
    from nnlec.rendering.records.step import step_record, step_rows

    def example(trace: ExactTrace) -> LossExample:
        return example_after(trace, run.truth)

    warn_of_decisions(run.network)
    saved, output = run.saved, run.shown
    cell = picked(run.network, run.layer, run.unit)
    keep = run.style.rounding.value if run.carry == "rounded" else None
    new = run.upstream == "new"
    step = exact_step(run.network, row, example, run.rate, keep, keep_biases=run.keep_biases, new_upstream=new)
    if run.further is not None:
        from nnlec.cli.stepping_batch import step_again

        step_again(run, step)
        return
    if cell is not None:
        emit(output, lambda: describe_layer(step, *cell, run.style), lambda: step_record(step))
    else:
        emit(
            output,
            lambda: describe_step(step, None if keep or new else check_gradients(step, example), run.style),
            lambda: step_record(step),
            lambda _: step_rows(step, unit_names(run.network)),
        )
    save_network(step.network, saved, run)


def warn_of_decisions(network: Network) -> None:
    """Warns of activations through which nothing is learned: their derivative is 0 everywhere."""
    from nnlec.notation.formula import names_in

    for layer in network.layers:
        derivative = layer.activation.kind.derivative
        if derivative is not None and not layer.activation.is_identity and not names_in(derivative.formula):
            what = f"the derivative of {layer.activation.name} is 0 everywhere: nothing is learned through {layer.name}"
            warnings.warn(NnlecWarning(what), stacklevel=2)


def save_network(network: Network, path: str | None, run: StepRun) -> None:
    """Writes the network to the file that `StepRun.saved` allows, if one is named."""
    if path is None:
        return
    from nnlec.models.yaml_file.rewrite import rewritten

    steps = 1 + (run.further or 0)
    told = f"After {'a step' if steps == 1 else f'{steps:,} steps'} of rate {run.rate}, nnlec step."
    text = rewritten(run.path, network, told)
    write_text(text, path)
